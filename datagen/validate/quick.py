"""The quick look at a row: most rows are good, and these need not be walked through.

`msgspec` checks shape and types while it decodes; the rest is a short pass. The thorough walk finds the same in a row
that passes here: nothing, or a warning that all such rows have (a property test holds the two together). For every
other row the walk has the last word.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from datagen.validate.blocks import ACCOUNT, MAX_IMAGES, S3_URI
from datagen.validate.calls import fits_surely
from datagen.validate.findings import Problem
from datagen.validate.line import read_line, strings_of, strings_written
from datagen.validate.rft import KEYS_OF_RFT, TOOLS_MISSING
from datagen.validate.rules import Target
from datagen.validate.sft import TOOLS_ON_BEDROCK
from datagen.validate.tools import Schemas, walk_functions, walk_tool_config
from datagen.validate.walk import Model, Walk, misspelt_keys
from datagen.validate.words import may_hold_reserved

Text: TypeAlias = str | UnsetType
V = TypeVar("V")
_REMEMBERED = 1000
_RFT_FIELDS = ("id", "reference_answer", "tools")


class _ToolUse(Struct, forbid_unknown_fields=True):
    toolUseId: str  # noqa: N815 -- Converse's own name
    name: str
    input: dict[str, Any]


class _ResultBlock(Struct, forbid_unknown_fields=True):
    text: Text = UNSET
    json: dict[str, Any] | UnsetType = UNSET


class _ToolResult(Struct, forbid_unknown_fields=True):
    toolUseId: str  # noqa: N815
    content: list[_ResultBlock]


class _ReasoningText(Struct, forbid_unknown_fields=True):
    text: str


class _Reasoning(Struct, forbid_unknown_fields=True):
    reasoningText: _ReasoningText  # noqa: N815


class _Location(Struct, forbid_unknown_fields=True):
    uri: str
    bucketOwner: str  # noqa: N815


class _Source(Struct, forbid_unknown_fields=True):
    s3Location: _Location  # noqa: N815


class _Image(Struct, forbid_unknown_fields=True):
    format: Literal["png", "jpeg", "gif"]
    source: _Source


class _Block(Struct, forbid_unknown_fields=True, omit_defaults=True):
    text: Text = UNSET
    image: _Image | UnsetType = UNSET
    toolUse: _ToolUse | UnsetType = UNSET  # noqa: N815
    toolResult: _ToolResult | UnsetType = UNSET  # noqa: N815
    reasoningContent: _Reasoning | UnsetType = UNSET  # noqa: N815


class _Turn(Struct, forbid_unknown_fields=True):
    role: Literal["user", "assistant"]
    content: list[_Block]


class _System(Struct, forbid_unknown_fields=True):
    text: str


class SftRow(Struct, forbid_unknown_fields=True):
    """A text-only Converse row."""

    schemaVersion: Literal["bedrock-conversation-2024"]  # noqa: N815
    messages: list[_Turn]
    system: list[_System] | UnsetType = UNSET
    toolConfig: msgspec.Raw | UnsetType = UNSET  # noqa: N815


class _RftTurn(Struct, forbid_unknown_fields=True):
    role: Literal["system", "user", "assistant"]
    content: str


class RftRow(Struct):
    """An RFT row; keys of its own are looked at apart."""

    id: str
    messages: list[_RftTurn]
    reference_answer: str | dict[str, Any]
    tools: msgspec.Raw | UnsetType = UNSET


_SFT = msgspec.json.Decoder(SftRow)
_RFT = msgspec.json.Decoder(RftRow)


class Accepted(NamedTuple):
    """A row that is good by itself: its id, the optional fields it has, the buckets of its images, and what is said of
    every row like it."""

    id: str
    fields: tuple[str, ...]
    buckets: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


class _Known(NamedTuple):
    """Tool definitions that are good: what each tool takes, and how many strings they are written with."""

    schemas: Schemas
    strings: int


_NO_TOOLS = _Known({}, 0)


class QuickLook:
    """Says of a line whether it is certainly good. Tool definitions repeat from row to row and are looked at once."""

    def __init__(self, target: Target, model: Model) -> None:
        self._target = target
        self._model = model
        self._known: dict[bytes, _Known | None] = {}
        self._harmless: dict[tuple[str, ...], bool] = {}

    def sft(self, line: bytes) -> Accepted | None:
        """What was found, or None where the walk has to look."""
        try:
            row = _SFT.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        tools = _NO_TOOLS if row.toolConfig is UNSET else self._tools(bytes(row.toolConfig))
        if tools is None or row.system == []:
            return None
        seen = _Turns(tools.schemas, [block.text for block in row.system] if row.system is not UNSET else [])
        if not seen.are_good(row.messages, self._model == "nova-2-lite") or not _texts_are_good(seen.texts):
            return None
        head = 3 + (row.toolConfig is not UNSET)
        if row.system is not UNSET:
            head += 1 + 2 * len(row.system)
        if strings_written(line) != head + seen.strings + tools.strings or (
            seen.buckets and self._model == "nova-micro"
        ):
            return None
        fields = seen.fields()
        if row.system is not UNSET:
            fields.append("system")
        if row.toolConfig is not UNSET:
            fields.append("toolConfig")
        warned = self._target is Target.BEDROCK_SFT and row.toolConfig is not UNSET
        return Accepted("", tuple(fields), frozenset(seen.buckets), (TOOLS_ON_BEDROCK,) if warned else ())

    def rft(self, line: bytes) -> Accepted | None:
        """What was found, or None where the walk has to look."""
        try:
            row = _RFT.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        roles = [turn.role for turn in row.messages]
        good = row.id.strip() and "user" in roles and "system" not in roles[1:] and roles[-1] == "user"
        answer = _strings_of_reference(row.reference_answer)
        tools = _NO_TOOLS if row.tools is UNSET else self._tools(bytes(row.tools))
        if not good or answer is None or tools is None or not _texts_are_good([turn.content for turn in row.messages]):
            return None
        known = 4 + (row.tools is not UNSET) + 4 * len(roles) + answer + tools.strings
        if (written := strings_written(line)) != known and written != known + (self._strings_of_others(line) or 0):
            return None
        if row.tools is UNSET:
            return Accepted(row.id, _RFT_FIELDS[:2], problems=(TOOLS_MISSING,))
        return Accepted(row.id, _RFT_FIELDS)

    def _strings_of_others(self, line: bytes) -> int | None:
        """How many strings the row's own keys are written with; None where one may be a misspelt known one."""
        row = msgspec.json.decode(line)
        others = {key: value for key, value in row.items() if key not in KEYS_OF_RFT}
        names = tuple(others)
        if names not in self._harmless:
            if len(self._harmless) >= _REMEMBERED:
                self._harmless.clear()
            self._harmless[names] = not misspelt_keys(row, KEYS_OF_RFT)
        if not self._harmless[names] or "metadata" in row:
            return None
        return strings_of(others)

    def _tools(self, raw: bytes) -> _Known | None:
        """The tools of the row; None where something is wrong with them."""
        if raw not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[raw] = self._read_tools(raw)
        return self._known[raw]

    def _read_tools(self, raw: bytes) -> _Known | None:
        walk = Walk(self._target, self._model)
        row, _, problems = read_line(b'{"tools": %s}' % raw)
        if row is None or problems:
            return None
        if isinstance(row["tools"], dict):
            schemas = walk_tool_config(walk, row["tools"], "toolConfig")
        else:
            schemas = walk_functions(walk, row["tools"], "tools")
        written = strings_written(raw)
        return None if walk.problems or written is None else _Known(schemas, written)


class _Turns:
    """What one pass over the turns of a row gathers: texts, calls, and how many strings they are written with."""

    def __init__(self, schemas: Schemas, texts: list[str]) -> None:
        self.schemas = schemas
        self.texts = texts
        self.called: set[str] = set()
        self.waiting: set[str] = set()
        self.answered = False
        self.reasons = False
        self.strings = 0
        self.images = 0
        self.buckets: set[str] = set()

    def fields(self) -> list[str]:
        """The optional fields that Forge wants in all rows or none."""
        found = (("toolUse", bool(self.called)), ("toolResult", self.answered), ("reasoningContent", self.reasons))
        return [name for name, there in found if there]

    def are_good(self, turns: list[_Turn], may_reason: bool) -> bool:
        """Whether no turn needs the walk."""
        if len(turns) < 2 or len(turns) % 2:
            return False
        for index, turn in enumerate(turns):
            asks = index % 2 == 0
            if turn.role != ("user" if asks else "assistant") or not turn.content:
                return False
            self.strings += 3
            alone, images = True, 0
            for block in turn.content:
                if block.text is not UNSET:
                    if not block.toolUse is block.toolResult is block.reasoningContent is block.image is UNSET:
                        return False
                    self.texts.append(block.text)
                    self.strings += 2
                    alone = False
                elif block.image is not UNSET:
                    images += 1
                    if not asks or not self._takes_image(block):
                        return False
                elif asks:
                    if not self._takes_result(block):
                        return False
                elif not (may_reason and self._takes_reasoning(block)):
                    if not self._takes_use(block):
                        return False
                    alone = False
            if (asks and self.waiting) or (not asks and alone) or images > MAX_IMAGES:
                return False
            self.images += images
        return self.images <= MAX_IMAGES and not (self.images and self.reasons)

    def _takes_image(self, block: _Block) -> bool:
        assert block.image is not UNSET
        place = block.image.source.s3Location
        if not (block.toolUse is block.toolResult is block.reasoningContent is UNSET):
            return False
        if not S3_URI.fullmatch(place.uri) or not ACCOUNT.fullmatch(place.bucketOwner):
            return False
        self.buckets.add(place.uri[5:].partition("/")[0])
        self.strings += 9
        return True

    def _takes_reasoning(self, block: _Block) -> bool:
        if block.reasoningContent is UNSET or not (block.text is block.toolUse is block.toolResult is UNSET):
            return False
        self.texts.append(block.reasoningContent.reasoningText.text)
        self.strings += 4
        self.reasons = True
        return True

    def _takes_use(self, block: _Block) -> bool:
        use = block.toolUse
        if use is UNSET or not (block.text is block.toolResult is block.reasoningContent is UNSET):
            return False
        schema = self.schemas.get(use.name)
        if schema is None or not use.toolUseId.strip() or use.toolUseId in self.called:
            return False
        inside = strings_of(use.input)
        if inside is None or not fits_surely(use.input, schema):
            return False
        self.called.add(use.toolUseId)
        self.waiting.add(use.toolUseId)
        self.strings += 6 + inside
        return True

    def _takes_result(self, block: _Block) -> bool:
        result = block.toolResult
        if result is UNSET or not (block.text is block.toolUse is block.reasoningContent is UNSET):
            return False
        if result.toolUseId not in self.waiting or not result.content:
            return False
        self.waiting.remove(result.toolUseId)
        self.answered = True
        self.strings += 4
        return all(map(self._takes_part, result.content))

    def _takes_part(self, part: _ResultBlock) -> bool:
        if part.text is not UNSET:
            self.texts.append(part.text)
            self.strings += 2
            return part.json is UNSET
        inside = None if part.json is UNSET else strings_of(part.json)
        self.strings += 1 + (inside or 0)
        return inside is not None


def _texts_are_good(texts: list[str]) -> bool:
    return all(map(str.strip, texts)) and not may_hold_reserved("\n".join(texts))


def _strings_of_reference(reference: str | dict[str, Any]) -> int | None:
    """How many strings a reference has; None where it may be calls, JSON text, or empty: those are for the walk."""
    if isinstance(reference, str):
        start = reference.lstrip()[:1]
        return None if start in ("", "{", "[") else 1
    if not reference or not _MAY_BE_CALLS.isdisjoint(reference):
        return None
    return strings_of(reference)


_MAY_BE_CALLS = frozenset({"tool_calls", "function", "toolUse"})
