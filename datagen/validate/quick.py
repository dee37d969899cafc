"""The quick look at a row: most rows are good, and these need not be walked through.

`msgspec` checks shape and types while it decodes; the rest is a short pass. The thorough walk finds the same in a row
that passes here: nothing, or the few warnings that are common in good rows, such as reserved words (a property test
holds the two together). For every other row the walk has the last word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from datagen.validate.blocks import ACCOUNT, MAX_IMAGES, S3_URI
from datagen.validate.calls import fits_surely
from datagen.validate.findings import Problem
from datagen.validate.line import read_line, strings_of, strings_written
from datagen.validate.rft import A_TOOL_TURN, KEYS_OF_RFT, TOOLS_MISSING
from datagen.validate.rules import Target
from datagen.validate.sft import TOOLS_ON_BEDROCK
from datagen.validate.tools import Schemas, walk_functions, walk_tool_config
from datagen.validate.walk import Model, Walk, misspelt_keys
from datagen.validate.words import may_hold_reserved
from rewards.parsing.tool_calls import native_call, native_calls
from rewards.types import ToolCall

Text: TypeAlias = str | UnsetType
K = TypeVar("K")
V = TypeVar("V")
_REMEMBERED = 1000
_RFT_FIELDS = ("id", "reference_answer", "tools")
_READ_OF_RFT = frozenset(KEYS_OF_RFT)
_WITHOUT_TOOLS = (TOOLS_MISSING,)


class _ToolUse(Struct, forbid_unknown_fields=True, gc=False):
    toolUseId: str  # noqa: N815 -- Converse's own name
    name: str
    input: dict[str, Any]


class _ResultBlock(Struct, forbid_unknown_fields=True, gc=False):
    text: Text = UNSET
    json: dict[str, Any] | UnsetType = UNSET


class _ToolResult(Struct, forbid_unknown_fields=True, gc=False):
    toolUseId: str  # noqa: N815
    content: list[_ResultBlock]


class _ReasoningText(Struct, forbid_unknown_fields=True, gc=False):
    text: str


class _Reasoning(Struct, forbid_unknown_fields=True, gc=False):
    reasoningText: _ReasoningText  # noqa: N815


class _Location(Struct, forbid_unknown_fields=True, gc=False):
    uri: str
    bucketOwner: str  # noqa: N815


class _Source(Struct, forbid_unknown_fields=True, gc=False):
    s3Location: _Location  # noqa: N815


class _Image(Struct, forbid_unknown_fields=True, gc=False):
    format: Literal["png", "jpeg", "gif"]
    source: _Source


class _Block(Struct, forbid_unknown_fields=True, gc=False):
    text: Text = UNSET
    image: _Image | UnsetType = UNSET
    toolUse: _ToolUse | UnsetType = UNSET  # noqa: N815
    toolResult: _ToolResult | UnsetType = UNSET  # noqa: N815
    reasoningContent: _Reasoning | UnsetType = UNSET  # noqa: N815


class _Turn(Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["user", "assistant"]
    content: list[_Block]


class _System(Struct, forbid_unknown_fields=True, gc=False):
    text: str


class SftRow(Struct, forbid_unknown_fields=True, gc=False):
    """A text-only Converse row."""

    schemaVersion: Literal["bedrock-conversation-2024"]  # noqa: N815
    messages: list[_Turn]
    system: list[_System] | UnsetType = UNSET
    toolConfig: msgspec.Raw | UnsetType = UNSET  # noqa: N815


class _RftTurn(Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | UnsetType | None = UNSET
    tool_calls: list[dict[str, Any]] | UnsetType | None = UNSET
    tool_call_id: str | UnsetType | None = UNSET


class RftRow(Struct, gc=False):
    """An RFT row; keys of its own are looked at apart."""

    id: str
    messages: list[_RftTurn]
    reference_answer: str | dict[str, Any]
    tools: msgspec.Raw | UnsetType = UNSET


_SFT = msgspec.json.Decoder(SftRow)
_RFT = msgspec.json.Decoder(RftRow)
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Accepted(NamedTuple):
    """A row that the walk need not see: its id, the optional fields it has, the buckets of its images, and the warnings
    that the walk would give."""

    id: str
    fields: tuple[str, ...]
    buckets: frozenset[str] = frozenset()
    problems: Sequence[Problem] = ()


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
        self._accepted: dict[tuple[object, ...], Accepted] = {}

    def sft(self, line: bytes) -> Accepted | None:
        """What was found, or None where the walk has to look."""
        try:
            row = _SFT.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        system, config = row.system, row.toolConfig
        tools = _NO_TOOLS if config is UNSET else self._tools(bytes(config))
        if tools is None or system == []:
            return None
        turns = _Turns(tools.schemas, self._model == "nova-2-lite")
        texts, head = turns.texts, 3 + tools.strings
        if system is not UNSET:
            texts += [block.text for block in system]
            head += 1 + 2 * len(system)
        if config is not UNSET:
            head += 1
        if not turns.are_good(row.messages) or not all(map(str.strip, texts)):
            return None
        if strings_written(line) != head + turns.strings or (turns.buckets and self._model == "nova-micro"):
            return None
        if may_hold_reserved("\n".join(texts)):
            return Accepted("", turns.fields(row), turns.buckets, self._words_in_sft(row))
        has = (turns.buckets, system is UNSET, config is UNSET, not turns.called, turns.answered, turns.reasons)
        accepted = self._accepted.get(has)
        if accepted is None:
            warned = config is not UNSET and self._target is Target.BEDROCK_SFT
            accepted = Accepted("", turns.fields(row), turns.buckets, (TOOLS_ON_BEDROCK,) if warned else ())
            _remember(self._accepted, has, accepted)
        return accepted

    def _words_in_sft(self, row: SftRow) -> list[Problem]:
        """Reserved words where the walk finds them, in its order."""
        walk = Walk(self._target, self._model)
        for index, part in enumerate(row.system or []):
            walk.words(part.text, f"system[{index}].text")
        if row.toolConfig is not UNSET and self._target is Target.BEDROCK_SFT:
            walk.problems.append(TOOLS_ON_BEDROCK)
        for index, turn in enumerate(row.messages):
            for number, block in enumerate(turn.content):
                _words_in_block(walk, block, f"messages[{index}].content[{number}]")
        return walk.problems

    def rft(self, line: bytes) -> Accepted | None:
        """What was found, or None where the walk has to look."""
        try:
            row = _RFT.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        turns = row.messages
        roles = [turn.role for turn in turns]
        if "user" not in roles or "system" in roles[1:] or roles[-1] == "assistant" or not row.id.strip():
            return None
        tools = _NO_TOOLS if row.tools is UNSET else self._tools(bytes(row.tools))
        if tools is None:
            return None
        answer = _strings_of_reference(row.reference_answer, tools.schemas)
        said = _strings_of_turns(turns, tools.schemas)
        if answer is None or said is None:
            return None
        known = 4 + (row.tools is not UNSET) + said + answer + tools.strings
        if (written := strings_written(line)) != known and written != known + (self._strings_of_others(line) or 0):
            return None
        problems = self._warnings_in_rft(row, roles)
        return Accepted(row.id, _RFT_FIELDS[:2] if row.tools is UNSET else _RFT_FIELDS, problems=problems)

    def _warnings_in_rft(self, row: RftRow, roles: Sequence[str]) -> Sequence[Problem]:
        """What the walk warns of in a row that is good otherwise, in its order."""
        first = () if row.tools is not UNSET else _WITHOUT_TOOLS
        if "tool" not in roles and not may_hold_reserved("\n".join([turn.content or "" for turn in row.messages])):
            return first
        walk = Walk(self._target, self._model, list(first))
        for index, turn in enumerate(row.messages):
            if turn.role == "tool":
                walk.add("role-tool", f"messages[{index}].role", A_TOOL_TURN)
            if turn.content:
                walk.words(turn.content, f"messages[{index}].content")
        return walk.problems

    def _strings_of_others(self, line: bytes) -> int | None:
        """How many strings the row's own keys are written with; None where one may be a misspelt known one."""
        row = _KEYS.decode(line)
        names = tuple(row)
        if names not in self._harmless:
            _remember(self._harmless, names, not misspelt_keys(row, KEYS_OF_RFT))
        if not self._harmless[names] or "metadata" in row:
            return None
        strings = 0
        for key in row.keys() - _READ_OF_RFT:
            inside = strings_of(msgspec.json.decode(row[key]))
            if inside is None:
                return None
            strings += 1 + inside
        return strings

    def _tools(self, raw: bytes) -> _Known | None:
        """The tools of the row; None where something is wrong with them."""
        if raw not in self._known:
            _remember(self._known, raw, self._read_tools(raw))
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


def _remember(memory: dict[K, V], key: K, value: V) -> None:
    if len(memory) >= _REMEMBERED:
        memory.clear()
    memory[key] = value


class _Turns:
    """What one pass over the turns of a row gathers: texts, calls, and how many strings they are written with.

    A key that is not counted shows in the number of strings, so that a block of two kinds needs no look of its own.
    """

    answered = False
    reasons = False
    strings = 0
    images = 0
    called: frozenset[str] = frozenset()  # most rows call nothing, so that these are not made for each
    waiting: frozenset[str] = frozenset()
    buckets: frozenset[str] = frozenset()

    def __init__(self, schemas: Schemas, may_reason: bool) -> None:
        self.schemas = schemas
        self.may_reason = may_reason
        self.texts: list[str] = []

    def fields(self, row: SftRow) -> tuple[str, ...]:
        """The optional fields that Forge wants in all rows or none."""
        found = (
            ("toolUse", bool(self.called)),
            ("toolResult", self.answered),
            ("reasoningContent", self.reasons),
            ("system", row.system is not UNSET),
            ("toolConfig", row.toolConfig is not UNSET),
        )
        return tuple([name for name, there in found if there])

    def are_good(self, turns: list[_Turn]) -> bool:
        """Whether no turn needs the walk."""
        if len(turns) < 2 or len(turns) % 2:
            return False
        strings, asks = 3 * len(turns), False
        for turn in turns:
            asks = not asks
            if (turn.role == "user") is not asks or not turn.content:
                return False
            alone, images = True, 0
            for block in turn.content:
                text = block.text
                if text is not UNSET:
                    self.texts.append(text)
                    strings += 2
                    alone = False
                elif block.image is not UNSET:
                    images += 1
                    if not asks or not self._takes_image(block.image):
                        return False
                elif asks:
                    if not self._takes_result(block.toolResult):
                        return False
                elif block.toolUse is not UNSET:
                    if not self._takes_use(block.toolUse):
                        return False
                    alone = False
                elif not self._takes_reasoning(block.reasoningContent):
                    return False
            if (asks and self.waiting) or (not asks and alone) or images > MAX_IMAGES:
                return False
            self.images += images
        self.strings += strings
        return self.images <= MAX_IMAGES and not (self.images and self.reasons)

    def _takes_image(self, image: _Image) -> bool:
        place = image.source.s3Location
        if not S3_URI.fullmatch(place.uri) or not ACCOUNT.fullmatch(place.bucketOwner):
            return False
        self.buckets |= {place.uri[5:].partition("/")[0]}
        self.strings += 9
        return True

    def _takes_reasoning(self, reasoning: _Reasoning | UnsetType) -> bool:
        if reasoning is UNSET or not self.may_reason:
            return False
        self.texts.append(reasoning.reasoningText.text)
        self.strings += 4
        self.reasons = True
        return True

    def _takes_use(self, use: _ToolUse) -> bool:
        schema = self.schemas.get(use.name)
        if schema is None or not use.toolUseId.strip() or use.toolUseId in self.called:
            return False
        inside = strings_of(use.input)
        if inside is None or not fits_surely(use.input, schema):
            return False
        self.called |= {use.toolUseId}
        self.waiting |= {use.toolUseId}
        self.strings += 6 + inside
        return True

    def _takes_result(self, result: _ToolResult | UnsetType) -> bool:
        if result is UNSET or result.toolUseId not in self.waiting or not result.content:
            return False
        self.waiting -= {result.toolUseId}
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


def _words_in_block(walk: Walk, block: _Block, path: str) -> None:
    if block.text is not UNSET:
        walk.words(block.text, f"{path}.text")
    elif block.reasoningContent is not UNSET:
        walk.words(block.reasoningContent.reasoningText.text, f"{path}.reasoningContent.reasoningText.text")
    elif block.toolResult is not UNSET:
        for index, part in enumerate(block.toolResult.content):
            if part.text is not UNSET:
                walk.words(part.text, f"{path}.toolResult.content[{index}].text", of_a_tool=True)


def _strings_of_turns(turns: list[_RftTurn], schemas: Schemas) -> int | None:
    """How many strings the turns of a prompt are written with; None where one needs the walk."""
    strings = 4 * len(turns)
    for index, turn in enumerate(turns):
        if turn.content:
            if not turn.content.strip():
                return None
        elif turn.content == "" or not turn.tool_calls:
            return None
        else:
            strings -= 1 if turn.content is None else 2
        if turn.tool_call_id is not UNSET:
            strings += 1 if turn.tool_call_id is None else 2
        if turn.tool_calls is not UNSET:
            inside = strings_of(turn.tool_calls)  # type: ignore[arg-type]  # it came from JSON
            if inside is None or not _are_answered(turn.tool_calls or [], turns[index + 1 :], schemas):
                return None
            strings += 1 + inside
    return strings


def _are_answered(calls: list[dict[str, Any]], later: list[_RftTurn], schemas: Schemas) -> bool:
    """Whether calls in a prompt can be read, fit the tools of the row, and have their results behind them."""
    if not all(_fits(native_call(call), schemas) for call in calls):
        return False
    answered = {turn.tool_call_id for turn in later if turn.role == "tool"}
    return not later or all(type(call.get("id")) is str and call["id"] in answered for call in calls)


def _fits(call: ToolCall, schemas: Schemas) -> bool:
    """Whether a call was read and, where the row declares tools, surely is one of them."""
    if not call.name:
        return False
    return not schemas or (call.name in schemas and _fits_schema(call.arguments, schemas[call.name]))


def _fits_schema(arguments: Mapping[str, Any], schema: Any) -> bool:
    return isinstance(schema, dict) and fits_surely(arguments, schema)


def _strings_of_reference(reference: str | dict[str, Any], schemas: Schemas) -> int | None:
    """How many strings a reference has; None where it is empty, broken JSON text, or holds a call that may not fit."""
    strings: int | None = 1
    value: Any = reference
    if isinstance(reference, str):
        start = reference.lstrip()[:1]
        if start not in ("{", "["):
            return 1 if start else None
        try:
            value = json.loads(reference)
        except (ValueError, RecursionError):
            return None
    else:
        strings = strings_of(reference)
    if not reference or strings is None:
        return None
    if isinstance(value, dict) and _MAY_BE_CALLS.isdisjoint(value):
        return strings
    return strings if all(not call.name or _fits(call, schemas) for call in native_calls(value) or ()) else None


_MAY_BE_CALLS = frozenset({"tool_calls", "function", "toolUse"})
