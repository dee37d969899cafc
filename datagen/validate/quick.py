"""The quick look at a row: most rows are good, and these need not be walked through.

`msgspec` checks shape and types while it decodes; the rest is a short pass. A row that passes here has no problem in
the thorough walk either (a property test holds the two together); for every other row the walk has the last word.
"""

from __future__ import annotations

import math
import re
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from datagen.validate.calls import fits_surely
from datagen.validate.line import read_line
from datagen.validate.rules import Target
from datagen.validate.tools import Schemas, walk_functions, walk_tool_config
from datagen.validate.walk import Model, Walk
from datagen.validate.words import may_hold_reserved
from rewards.types import JSON

Text: TypeAlias = str | UnsetType
V = TypeVar("V")
_REMEMBERED = 1000
_RFT_FIELDS = ("id", "reference_answer", "tools")
_SPACED_KEY = re.compile(rb'"[ \t\r]+:')


class _ToolUse(Struct, forbid_unknown_fields=True):
    toolUseId: str  # noqa: N815 -- Converse's own name
    name: str
    input: dict[str, Any]


class _ResultBlock(Struct, forbid_unknown_fields=True):
    text: str


class _ToolResult(Struct, forbid_unknown_fields=True):
    toolUseId: str  # noqa: N815
    content: list[_ResultBlock]


class _ReasoningText(Struct, forbid_unknown_fields=True):
    text: str


class _Reasoning(Struct, forbid_unknown_fields=True):
    reasoningText: _ReasoningText  # noqa: N815


class _Block(Struct, forbid_unknown_fields=True, omit_defaults=True):
    text: Text = UNSET
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


class RftRow(Struct, forbid_unknown_fields=True):
    """An RFT row without keys of its own."""

    id: str
    messages: list[_RftTurn]
    reference_answer: dict[str, Any]
    tools: msgspec.Raw | UnsetType = UNSET


_SFT = msgspec.json.Decoder(SftRow)
_RFT = msgspec.json.Decoder(RftRow)


class Accepted(NamedTuple):
    """A row that is good by itself: its id, and the optional fields it has."""

    id: str
    fields: tuple[str, ...]


class _Known(NamedTuple):
    """Tool definitions that are good: what each tool takes, and how many keys they are written with."""

    schemas: Schemas
    keys: int


_NO_TOOLS = _Known({}, 0)


class QuickLook:
    """Says of a line whether it is certainly good. Tool definitions repeat from row to row and are looked at once."""

    def __init__(self, target: Target, model: Model) -> None:
        self._target = target
        self._model = model
        self._known: dict[bytes, _Known | None] = {}

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
        head = 2 + (row.system is not UNSET) + len(row.system or ()) + (row.toolConfig is not UNSET)
        if _keys_written(line) != head + seen.keys + tools.keys:
            return None
        fields = seen.fields()
        if row.system is not UNSET:
            fields.append("system")
        if row.toolConfig is not UNSET:
            fields.append("toolConfig")
        return Accepted("", tuple(fields))

    def rft(self, line: bytes) -> Accepted | None:
        """What was found, or None where the walk has to look."""
        try:
            row = _RFT.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        roles = [turn.role for turn in row.messages]
        good = row.id.strip() and "user" in roles and "system" not in roles[1:] and roles[-1] == "user"
        if not good or not row.reference_answer or "tool_calls" in row.reference_answer:
            return None
        if not {"function", "toolUse", "content"}.isdisjoint(row.reference_answer):  # may be calls: for the walk
            return None
        tools = None if row.tools is UNSET else self._tools(bytes(row.tools))
        answer = _keys_of(row.reference_answer)
        if tools is None or answer is None or not _texts_are_good([turn.content for turn in row.messages]):
            return None
        if _keys_written(line) != 4 + 2 * len(roles) + answer + tools.keys:
            return None
        return Accepted(row.id, _RFT_FIELDS)

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
        if row is None or problems or self._target is Target.BEDROCK_SFT:  # which warns of tools
            return None
        if isinstance(row["tools"], dict):
            schemas = walk_tool_config(walk, row["tools"], "toolConfig")
        else:
            schemas = walk_functions(walk, row["tools"], "tools")
        written = _keys_written(raw)
        return None if walk.problems or written is None else _Known(schemas, written)


class _Turns:
    """What one pass over the turns of a row gathers: texts, calls, and how many keys the turns are written with."""

    def __init__(self, schemas: Schemas, texts: list[str]) -> None:
        self.schemas = schemas
        self.texts = texts
        self.called: set[str] = set()
        self.waiting: set[str] = set()
        self.answered = False
        self.reasons = False
        self.keys = 0

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
            self.keys += 2 + len(turn.content)
            alone = True
            for block in turn.content:
                if block.text is not UNSET and block.toolUse is block.toolResult is block.reasoningContent is UNSET:
                    self.texts.append(block.text)
                    alone = False
                elif asks:
                    if not self._takes_result(block):
                        return False
                elif not (may_reason and self._takes_reasoning(block)):
                    if not self._takes_use(block):
                        return False
                    alone = False
            if (asks and self.waiting) or (not asks and alone):
                return False
        return True

    def _takes_reasoning(self, block: _Block) -> bool:
        if block.reasoningContent is UNSET or not (block.text is block.toolUse is block.toolResult is UNSET):
            return False
        self.texts.append(block.reasoningContent.reasoningText.text)
        self.keys += 2
        self.reasons = True
        return True

    def _takes_use(self, block: _Block) -> bool:
        use = block.toolUse
        if use is UNSET or not (block.text is block.toolResult is block.reasoningContent is UNSET):
            return False
        schema = self.schemas.get(use.name)
        if schema is None or not use.toolUseId.strip() or use.toolUseId in self.called:
            return False
        inside = _keys_of(use.input)
        if inside is None or not fits_surely(use.input, schema):
            return False
        self.called.add(use.toolUseId)
        self.waiting.add(use.toolUseId)
        self.keys += 3 + inside
        return True

    def _takes_result(self, block: _Block) -> bool:
        result = block.toolResult
        if result is UNSET or not (block.text is block.toolUse is block.reasoningContent is UNSET):
            return False
        if result.toolUseId not in self.waiting or not result.content:
            return False
        self.waiting.remove(result.toolUseId)
        self.answered = True
        self.texts.extend(part.text for part in result.content)
        self.keys += 2 + len(result.content)
        return True


def _texts_are_good(texts: list[str]) -> bool:
    return all(map(str.strip, texts)) and not may_hold_reserved("\n".join(texts))


def _keys_written(line: bytes) -> int | None:
    """How many keys a JSON text is written with, doubled ones counted twice; too many where a text starts with a colon.

    Together with the keys that a reader found it tells whether one was dropped. None where counting cannot tell.
    """
    if b'\\\\"' in line or ((b'" ' in line or b'"\t' in line or b'"\r' in line) and _SPACED_KEY.search(line)):
        return None
    return line.count(b'":') - line.count(b'\\":')


def _keys_of(value: JSON) -> int | None:
    """How many keys a value has at any depth; None where a number is infinite, which the walk names."""
    if type(value) is dict:
        count = len(value)
        for item in value.values():
            if type(item) in (str, int, bool):
                continue
            inside = _keys_of(item)
            if inside is None:
                return None
            count += inside
        return count
    if type(value) is list:
        inner = [_keys_of(item) for item in value]
        return None if None in inner else sum(filter(None, inner))
    return None if type(value) is float and not math.isfinite(value) else 0
