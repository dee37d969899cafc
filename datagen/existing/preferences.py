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


_RANKED = (
    *(("conversation_a", "conversation_b"), ("response_a", "response_b"), ("answer_a", "answer_b")),
    *(("response1", "response2"), ("response_1", "response_2"), ("response_0", "response_1")),
    ("human_ref_A", "human_ref_B"),
)
_STRENGTHS = ("overall_preference", "preference_strength")  # HelpSteer's, below 0 where the first is better
_FIRST = ("a", "1", "model_a", "model_1", "response_a", "response_1", "response1")
_SECOND = ("b", "2", "model_b", "model_2", "response_b", "response_2", "response2")
_WINNERS = ("winner", "preference", "preferred", "better_response")


def is_ranked(row: Mapping[str, Any]) -> bool:
    """Whether a row holds two answers, and which of them is better."""
    return _pair_of(row) is not None and _verdict(row)[0] != ""


def _pair_of(row: Mapping[str, Any]) -> tuple[str, str] | None:
    return next((pair for pair in _RANKED if all(row.get(key) for key in pair)), None)


def ranked(row: Mapping[str, Any]) -> Conversation:
    """Two answers of which a person or a model prefers one: Chatbot Arena, HelpSteer, SHP, SafeRLHF."""
    pair, (key, better) = _pair_of(row), _verdict(row)
    if pair is None or better is None:
        raise FormatError(f"{key} is {text_of(row.get(key))}, which prefers neither answer, so that they are no pair")
    prompt = next(({"prompt": row[name]} for name in ("context", "history") if row.get(name)), {})
    told = {"chosen": row[pair[better]], "rejected": row[pair[1 - better]]}
    found = chosen({**rest_of(row, *pair, *(("context", "history") if prompt else ())), **prompt, **told})
    found.shape = "two answers and the better one"
    return found


def _verdict(row: Mapping[str, Any]) -> tuple[str, int | None]:
    """The key that says which answer is better, and which one it is; None where it says that neither is."""
    if "winner_model_a" in row and "winner_model_b" in row:
        wins = [row[f"winner_model_{side}"] in (1, True, "1") for side in "ab"]
        return "winner_model_a", wins.index(True) if sum(wins) == 1 else None
    if key := next((key for key in _STRENGTHS if isinstance(row.get(key), int | float)), ""):
        return key, None if row[key] == 0 else int(row[key] > 0)
    if row.get("better_response_id") in (0, 1):
        return "better_response_id", int(row["better_response_id"])
    if "human_ref_A" in row and row.get("labels") in (0, 1):
        return "labels", 1 - int(row["labels"])  # 1 where the first is better
    if key := next((key for key in _WINNERS if isinstance(row.get(key), str)), ""):
        said = row[key].strip().lower()
        return key, 0 if said in _FIRST else 1 if said in _SECOND else None
    return "", None


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
