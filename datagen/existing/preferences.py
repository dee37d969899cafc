"""Rows with a better and a worse answer, and answers that are marked as unwanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datagen.errors import FormatError
from datagen.existing.conversation import (
    Conversation,
    reply_of,
    rest_of,
    system_of,
    text_of,
    transcript,
    turns_of,
    with_tools,
)
from datagen.existing.turns import Turn
from datagen.formats.translate import openai_turns
from rewards.parsing.references import structured

_ASKED = ("prompt", "conversations", "messages", "question", "instruction", "query", "input")


def candidates(row: Mapping[str, Any], turns: list[Turn], labelled: list[Any]) -> Conversation:
    """Nova's pair: a last turn with two labelled candidates."""
    labels = {str(item.get("preferenceLabel")).lower(): item for item in labelled if isinstance(item, Mapping)}
    if set(labels) != {"preferred", "non-preferred"}:
        raise FormatError(f"candidates are labelled {sorted(labels)}, expected preferred and non-preferred")
    system = row.get("system")
    prompt = openai_turns(system if isinstance(system, list) else [], turns)
    good, bad = (
        openai_turns([], [{"role": "assistant", "content": labels[label].get("content", [])}])[-1]
        for label in ("preferred", "non-preferred")
    )
    return Conversation(
        "preference pair", prompt, None, good, bad, extra=rest_of(row, "messages", "system", "schemaVersion")
    )


def chosen(row: Mapping[str, Any]) -> Conversation:
    """`chosen` and `rejected`, as texts or conversations, beside their prompt or with it."""
    rejected = transcript(structured(row["rejected"]))
    others = rejected[1:] if isinstance(rejected, list) and all(isinstance(one, str) for one in rejected) else []
    before, good = reply_of(transcript(structured(row["chosen"])))
    worse_before, bad = reply_of(rejected[0] if others else rejected)
    key = next((key for key in _ASKED if row.get(key)), "")
    asked = turns_of(transcript(structured(row[key]))) if key else []
    if key == "instruction" and row.get("input"):
        asked[-1]["content"] = f"{asked[-1]['content']}\n\n{text_of(row['input'])}"
    if asked and asked[-1]["role"] == "assistant" and asked[-1]["content"] == good["content"]:
        asked = asked[:-1]
    prompt = _joined(asked, before)
    if worse_before and _joined(asked, worse_before) != prompt:
        raise FormatError("chosen and rejected answer different prompts, so that they are no pair")
    if not prompt:
        raise FormatError("chosen and rejected need a prompt and an answer each")
    used = (key, "chosen", "rejected", "system", "tools", *(("input",) if key == "instruction" else ()))
    messages = [*system_of(row.get("system")), *prompt]
    found = Conversation("chosen and rejected", messages, None, good, bad, extra=rest_of(row, *used))
    if others:
        found.lost["rejected[1:]"] = others
    return with_tools(found, structured(row.get("tools")))


def _joined(asked: list[Turn], before: list[Turn]) -> list[Turn]:
    """The prompt and the turns before an answer, without what both say."""
    if not before or before == asked:
        return asked or before
    said = [turn.get("content") for turn in before]
    if all(turn.get("content") in said for turn in asked):
        return before
    return [*asked, *before]


def preferred(row: Mapping[str, Any]) -> Conversation:
    """OpenAI's preference pairs."""
    inner = structured(row["input"])
    turns = inner["messages"] if isinstance(inner, Mapping) and "messages" in inner else inner
    (before, good), (worse_before, bad) = (
        reply_of(structured(row[key])) for key in ("preferred_output", "non_preferred_output")
    )
    if before != worse_before:
        raise FormatError("the two outputs differ before their last turn, so that they are no pair")
    rest = rest_of(row, "input", "preferred_output", "non_preferred_output")
    if isinstance(inner, Mapping):
        rest |= {f"input.{key}": value for key, value in inner.items() if key not in ("messages", "tools")}
    found = Conversation("OpenAI preference pair", [*turns_of(turns), *before], None, good, bad, extra=rest)
    return with_tools(found, inner.get("tools") if isinstance(inner, Mapping) else None)


def is_unwanted(row: Mapping[str, Any]) -> bool:
    """Whether a row shows what is not wanted, as KTO's do.

    >>> [is_unwanted({"label": label}) for label in (False, "false", True, 0, None)]
    [True, True, False, False, False]
    """
    marks = (row.get(key) for key in ("label", "kto_tag"))
    return any(mark is False or (isinstance(mark, str) and mark.lower() == "false") for mark in marks)
