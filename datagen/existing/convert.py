"""Convert rows from one shape to another, with a log of what the new shape cannot hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from datagen.errors import ConfigError, FormatError
from datagen.existing.shapes import Columns, Conversation, conversation_of
from datagen.existing.tables import read_rows
from datagen.formats import SCHEMA_VERSION, compact
from datagen.formats.translate import converse_tools, converse_turns
from rewards.comparing.values import canonical
from rewards.parsing.references import structured
from rewards.rows import GOLD, as_text
from rewards.writing import drafting_text

Form: TypeAlias = Literal[
    "sft", "rft", "rft-eval", "gen-qa", "dpo", "distillation", "rft-multiturn", "rft-multiturn-serverless", "openai"
]


class Written(NamedTuple):
    """A row, and what of the conversation it does not hold."""

    row: dict[str, Any]
    lost: dict[str, Any]


@dataclass(slots=True)
class Converted:
    """The result of a conversion: rows by shape, dropped keys by count, and rows that could not be written."""

    out: Path
    log: Path
    rows_read: int = 0
    rows_written: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


def convert(path: Path, out: Path, form: Form, *, columns: Columns | None = None) -> Converted:
    """Write the rows of `path` as rows of `form` to `out`, and a log of what was lost beside it.

    Raises `FormatError` where the file cannot be read, and `ConfigError` where `out` is `path` itself.
    """
    if out.resolve() == path.resolve():
        raise ConfigError(f"{str(out)!r} is the file itself; write the new rows somewhere else")
    result = Converted(out, out.with_name(f"{out.stem}.convert.jsonl"))
    with drafting_text(out) as rows, drafting_text(result.log) as log:
        for line, values in read_rows(path):
            result.rows_read += 1
            try:
                told = conversation_of(values, columns)
                written = written_as(told, form, f"{path.stem}-{line}")
            except FormatError as error:
                result.refused[str(error)] += 1
                log.write(compact({"line": line, "refused": str(error)}) + "\n")
                continue
            result.shapes[told.shape] += 1
            result.rows_written += 1
            result.lost.update(written.lost.keys())
            rows.write(compact(written.row) + "\n")
            if written.lost:
                log.write(compact({"line": line, "new_line": result.rows_written, "lost": written.lost}) + "\n")
    return result


def written_as(told: Conversation, form: Form, default_id: str) -> Written:
    """A conversation as a row of `form`. Raises `FormatError` if a required part is missing.

    >>> told = conversation_of({"instruction": "Name a colour.", "output": "Red", "source": "test"})
    >>> written_as(told, "rft", "row-1").row["reference_answer"], written_as(told, "sft", "row-1").lost
    ('Red', {'source': 'test'})
    """
    return _FORMS[form](told, told.id or default_id)


def _rft(told: Conversation, name: str) -> Written:
    reference = _reference(told)
    if reference is None:
        raise FormatError("no answer to compare with: an RFT row needs a reference")
    row: dict[str, Any] = {"id": name, "messages": told.messages, "reference_answer": reference}
    if told.tools:
        row["tools"] = told.tools
    if told.reply is not None and told.reference is not None and not told.reply.get("tool_calls"):
        row[GOLD] = told.reply.get("content")
    extra = {key: value for key, value in told.extra.items() if key not in row}
    lost = {key: value for key, value in told.extra.items() if key in row}
    return Written({**row, **extra}, {**lost, **_worse(told)})


def _reference(told: Conversation) -> Any:
    """What a grader compares with: the row's own, else its right answer; Nova takes text and objects."""
    if told.reference is not None:
        return told.reference if isinstance(told.reference, str | dict) else compact(told.reference)
    if told.reply is None:
        return None
    calls = told.reply.get("tool_calls")
    return {"tool_calls": calls} if calls else told.reply.get("content")


def _answer(told: Conversation) -> dict[str, Any]:
    if told.reply is not None:
        return told.reply
    if told.reference is None:
        raise FormatError("no answer to learn from")
    calls = told.reference.get("tool_calls") if isinstance(told.reference, Mapping) else None
    if told.tools and isinstance(calls, list) and calls:
        return {"role": "assistant", "content": None, "tool_calls": [_call(*item) for item in enumerate(calls)]}
    return {"role": "assistant", "content": as_text(canonical(told.reference))}


def _call(index: int, call: Any) -> dict[str, Any]:
    """A call of a reference in OpenAI's form, each argument with its first accepted value."""
    outer = call if isinstance(call, dict) else {}
    inner = outer.get("function", outer)
    arguments = canonical(structured(inner.get("arguments", {})))
    function = {"name": inner.get("name"), "arguments": compact(arguments)}
    return {"id": outer.get("id") or f"call-{index}", "type": "function", "function": function}


def _sft(told: Conversation, name: str) -> Written:
    row, lost = _converse([*told.messages, _answer(told)]), dict(told.extra)
    if told.tools:
        row["toolConfig"] = converse_tools(told.tools)
    if told.reply is not None and told.reference is not None:
        lost["reference_answer"] = told.reference
    return Written(row, {**lost, **({"id": told.id} if told.id else {}), **_worse(told)})


def _converse(messages: list[dict[str, Any]]) -> dict[str, Any]:
    system, turns = converse_turns(messages)
    return {"schemaVersion": SCHEMA_VERSION, **({"system": system} if system else {}), "messages": turns}


def _dpo(told: Conversation, name: str) -> Written:
    if told.worse is None or told.reply is None:
        raise FormatError("a preference pair needs a better and a worse answer")
    row = _converse(told.messages)
    pairs = (("preferred", told.reply), ("non-preferred", told.worse))
    candidates = [
        {"content": converse_turns([turn])[1][0]["content"], "preferenceLabel": label} for label, turn in pairs
    ]
    row["messages"].append({"role": "assistant", "candidates": candidates})
    return Written(row, {**told.extra, **_unsaid(told, "tools", "reference")})


def _gen_qa(told: Conversation, name: str) -> Written:
    asked = [turn for turn in told.messages if turn.get("role") != "system"]
    system = [as_text(turn.get("content")) for turn in told.messages if turn.get("role") == "system"]
    response = told.reference if told.reference is not None else _answer(told).get("content")
    row = {"query": as_text(asked[-1].get("content")), "response": as_text(response)}
    if system:
        row["system"] = "\n".join(system)
    row["metadata"] = compact({"id": name, **told.extra})
    lost = {"earlier turns": asked[:-1]} if asked[:-1] else {}
    return Written(row, {**lost, **_unsaid(told, "tools"), **_worse(told)})


def _distillation(told: Conversation, name: str) -> Written:
    return Written(
        _converse(told.messages), {**told.extra, **_unsaid(told, "tools", "reference", "reply"), **_worse(told)}
    )


def _multi_turn(told: Conversation, name: str) -> Written:
    facts = {key: told.extra[key] for key in ("task", "info") if isinstance(told.extra.get(key), str | dict)}
    others = {key: value for key, value in told.extra.items() if key not in facts}
    reference = _reference(told)
    metadata: dict[str, Any] = {
        "prompt": told.messages,
        **({} if reference is None else {"answer": as_text(reference)}),
    }
    if others and "info" not in facts:
        facts["info"], others = others, {}
    return Written(
        {"id": name, "metadata": {**metadata, **facts}}, {**others, **_unsaid(told, "tools"), **_worse(told)}
    )


def _serverless(told: Conversation, name: str) -> Written:
    lost = {**told.extra, **_unsaid(told, "tools", "reference", "reply"), **_worse(told)}
    return Written({"prompt": told.messages}, lost)


def _openai(told: Conversation, name: str) -> Written:
    row: dict[str, Any] = {"messages": [*told.messages, _answer(told)]}
    if told.tools:
        row["tools"] = told.tools
    return Written({**row, **({"id": told.id} if told.id else {}), **told.extra}, _worse(told))


def _unsaid(told: Conversation, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(told, name)) not in (None, [])}


def _worse(told: Conversation) -> dict[str, Any]:
    return _unsaid(told, "worse")


_FORMS: Mapping[str, Callable[[Conversation, str], Written]] = {
    "sft": _sft,
    "rft": _rft,
    "rft-eval": _rft,
    "gen-qa": _gen_qa,
    "dpo": _dpo,
    "distillation": _distillation,
    "rft-multiturn": _multi_turn,
    "rft-multiturn-serverless": _serverless,
    "openai": _openai,
}


def conversations(path: Path, columns: Columns | None = None) -> Iterator[tuple[int, Conversation]]:
    """Line and conversation of each row; `FormatError` with path and line where one has none."""
    for line, values in read_rows(path):
        try:
            yield line, conversation_of(values, columns)
        except FormatError as error:
            raise FormatError(f"{path}:{line}: {error}") from error
