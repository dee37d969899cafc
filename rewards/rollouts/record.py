"""The rollout record: one completion of one data row, with what is known of how it was made and what it is worth.

A record is the data row itself, the completion's turns at the end of its `messages`, and the fields below beside them.
So whatever reads rows reads records. docs/rollouts.md is the page, `schema` the JSON Schema.
"""

from __future__ import annotations

import json
import marshal
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeAlias

from rewards.errors import RewardError
from rewards.parsing.messages import is_model_turn
from rewards.parsing.references import structured
from rewards.reward_tree import metrics_in, parts_in, without_markers
from rewards.rows import CONVERSATION, GOLD, ground_truth_of, split_turns, with_completion
from rewards.types import JSON, LARGEST, Score

VERSION: Final = 1
VERSION_KEY: Final = "rollout_version"
FINISH_REASONS: Final = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls"}
"""Converse's `stopReason` in OpenAI's words, which records use; any other reason is kept as it is."""

_LOGGED: Final = frozenset({"input", "output"})

Record: TypeAlias = dict[str, JSON]


class RolloutFileError(RewardError, ValueError):
    """A file of rollouts cannot be read; the message names the line and what to do."""


class Kind(NamedTuple):
    """What a field holds: in words, as a test, and as a JSON Schema."""

    wanted: str
    holds: Callable[[JSON], bool]
    schema: dict[str, JSON]


class Field(NamedTuple):
    """A field of the record: its kind and what it means."""

    kind: Kind
    meaning: str


def is_number(value: JSON) -> bool:
    """True for a number that a trainer's float32 can hold; a boolean is none, and neither is NaN, which JSON lacks."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _is_integer(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63


def _are_numbers(value: JSON) -> bool:
    return isinstance(value, dict) and all(map(is_number, value.values()))


def _are_numbers_or_null(value: JSON) -> bool:
    return isinstance(value, dict) and all(number is None or is_number(number) for number in value.values())


_NUMBER_OR_NULL: Final[dict[str, JSON]] = {"type": ["number", "null"]}
_VERSION: Final = Kind(str(VERSION), lambda value: value == VERSION, {"const": VERSION})
_TEXT: Final = Kind("text", lambda value: isinstance(value, str), {"type": "string"})
_INTEGER: Final = Kind("an integer of 64 bits", _is_integer, {"type": "integer"})
_NUMBER: Final = Kind("a number", is_number, {"type": "number"})
_NUMBERS: Final = Kind("an object of numbers", _are_numbers, {"type": "object", "additionalProperties": _NUMBER.schema})
_METRICS: Final = Kind(
    "an object of numbers and nulls",
    _are_numbers_or_null,
    {"type": "object", "additionalProperties": _NUMBER_OR_NULL},
)

FIELDS: Final[Mapping[str, Field]] = {
    VERSION_KEY: Field(_VERSION, "version of this format"),
    "row": Field(_INTEGER, "place of the rollout in the file that was graded, from 1"),
    "row_id": Field(_TEXT, "`id` of the data row; completions with one `row_id` are one group"),
    "sample": Field(_INTEGER, "number of the completion within its prompt, from 0"),
    "completion_turns": Field(_INTEGER, "how many of the last `messages` are the completion; 1 where absent"),
    "model": Field(_TEXT, "name or ARN of the model that wrote the completion"),
    "step": Field(_INTEGER, "training step whose policy wrote it, from 1"),
    "seed": Field(_INTEGER, "seed of the sampling"),
    "temperature": Field(_NUMBER, "sampling temperature; 0 is greedy"),
    "tokens": Field(_NUMBERS, "number of tokens of the `prompt` and of the `completion`"),
    "finish_reason": Field(_TEXT, "`stop`, `length` (cut at the token limit), `tool_calls`, or what the service said"),
    "seconds": Field(_NUMBER, "seconds that the completion took"),
    "score": Field(_NUMBER, "what the completion is worth"),
    "parts": Field(_NUMBERS, "scores that took part in it, by name; nested names are joined by `/`"),
    "metrics": Field(_METRICS, "numbers that were only recorded, by name; null where one was not measured"),
    "reason": Field(_TEXT, "why it scored so"),
    "grader": Field(_TEXT, "digest of the reward with every module and file that it uses, or of the Lambda zip"),
    "ungradable": Field(_TEXT, "why the row cannot be judged; there is no score then"),
    "unreadable": Field(_TEXT, "why the line holds no rollout; there is nothing else then"),
}
_GRADE: Final = frozenset({"row", "score", "parts", "metrics", "reason", "grader", "ungradable", "unreadable"})
_ADOPTED: Final = frozenset(FIELDS) - {VERSION_KEY, "row", "grader", "unreadable"}
_LEGACY: Final = frozenset({"row_id", "sample", "truncated", "usage", "score", "metrics"})


def json_text(value: JSON | Mapping[str, JSON]) -> str:
    """`value` as JSON text. What a table can hold and JSON cannot is text in it: bytes in base64, dates and times.

    >>> from datetime import date
    >>> json_text({"bytes": b"PNG", "made": date(2026, 11, 28)})
    '{"bytes": "UE5H", "made": "2026-11-28"}'
    """
    return json.dumps(value, default=_text_of)


def _text_of(value: object) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


_canonical: Final = json.JSONEncoder(
    sort_keys=True, default=_text_of
).encode  # made once: a third of the time of json.dumps
_NOT_OF_THE_PROMPT: Final = frozenset({*FIELDS, "id", "messages", GOLD})


def schema() -> dict[str, JSON]:
    """The JSON Schema (draft 2020-12) of a record. Keys that it does not name are those of the data row.

    >>> sorted(schema()["required"])
    ['rollout_version']
    """
    described: dict[str, JSON] = {
        name: {"description": field.meaning, **field.kind.schema} for name, field in FIELDS.items()
    }
    turns: JSON = {"description": "the prompt, and the turns of the completion behind it", "type": "array"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"rftkit rollout, version {VERSION}",
        "type": "object",
        "properties": {**described, "messages": turns},
        "required": [VERSION_KEY],
        "anyOf": [{"required": ["messages"]}, {"required": ["unreadable"]}],
        "not": {"required": ["score", "ungradable"]},
    }


def rollout_record(
    row: Mapping[str, Any], completion: Sequence[Mapping[str, Any]], *, row_id: str, sample: int, **facts: Any
) -> Record:
    """A record of `completion` (its turns) for a data row; `facts` are fields such as `model`; None is not known.

    >>> row = {"id": "q7", "messages": [{"role": "user", "content": "2 + 2?"}]}
    >>> record = rollout_record(row, [{"role": "assistant", "content": "4"}], row_id="q7", sample=1, model="base")
    >>> record["id"], record["row_id"], record["sample"], len(record["messages"])
    ('q7-1', 'q7', 1, 2)
    """
    known = {name: value for name, value in facts.items() if value is not None}
    if len(completion) > 1:
        known["completion_turns"] = len(completion)
    first, *others = completion
    asked = with_completion(row, first)
    turns = asked["messages"]
    assert isinstance(turns, list), "with_completion makes a list"
    turns += [dict(turn) for turn in others]
    name = "-".join(str(part) for part in (row_id, known.get("step"), sample) if part is not None)
    named: Record = {**_own_keys(asked), "id": name, "messages": turns}
    return {VERSION_KEY: VERSION, **named, "row_id": row_id, "sample": sample, **known}


def record_of(value: JSON) -> Record:
    """Any row that ends in the model's turn as a record: a record as it is, rows of older files converted.

    Of a plain row, keys that have a name of ours and a fitting value are taken as that field. All of them are kept in
    its `metadata` too, where a reward finds them as before.
    Raises `RolloutFileError` for what is no rollout, saying what to do.
    """
    if not isinstance(value, dict):
        raise RolloutFileError(f"a rollout is a JSON object, got {type(value).__name__}")
    if VERSION_KEY in value:
        return _checked(value)
    if "messages" not in value and "row" in value and ("signals" in value or "prompt" in value):
        raise RolloutFileError(
            "a grade written by an older `rft grade -o`, which kept no completion; "
            "run `rft grade ROLLOUTS --reward REWARD -o OUT` again"
        )
    if "row_id" in value and ("truncated" in value or "usage" in value):
        return _of_older_version(value)
    if not isinstance(value.get("messages"), list):
        return _of_another_framework(value)
    return _of_row(value)


def _of_row(row: Record) -> Record:
    if FIELDS.keys().isdisjoint(row):
        return {VERSION_KEY: VERSION, **row}
    facts = {name: row[name] for name in FIELDS if name in _ADOPTED and name in row}
    if _is_integer(facts.get("row_id")):
        facts["row_id"] = str(facts["row_id"])
    known = {name: fact for name, fact in facts.items() if FIELDS[name].kind.holds(fact)}
    return {VERSION_KEY: VERSION, **_own_keys(row), **known}


def row_of(record: Mapping[str, JSON]) -> Record:
    """The data row of a record with the completion at the end of `messages`, as any reader of rows takes it."""
    return {key: value for key, value in record.items() if key not in FIELDS}


def prompt_turns(record: Mapping[str, JSON]) -> list[JSON]:
    """The turns before the completion."""
    turns, of_completion = _split(record)
    return turns[: len(turns) - of_completion]


def completion_turns(record: Mapping[str, JSON]) -> list[JSON]:
    """The turns of the completion; none where the record does not end in one."""
    turns, of_completion = _split(record)
    return turns[len(turns) - of_completion :]


def group_of(record: Mapping[str, JSON]) -> int:
    """A number of 64 bits that the completions of one prompt in one training step share: see `prompt_of`."""
    step = record.get("step")
    return prompt_of(record) if step is None else digest_of([prompt_of(record), step])


def prompt_of(record: Mapping[str, JSON]) -> int:
    """A number of 64 bits that the completions of one prompt share: of the row's id where `row_id` tells it, else of
    all that the row asks with: turns with their pictures and documents, reference, tools, metadata, keys of its own.

    >>> picture = lambda uri: {"messages": [{"role": "user", "content": [{"image": uri}]}, {"role": "assistant"}]}
    >>> prompt_of(picture("0.jpg")) == prompt_of(picture("1.jpg"))
    False
    """
    row_id = record.get("row_id")
    if row_id is not None:
        return digest_of(["row_id", row_id])
    return asked_digest(record)


def asked_digest(record: Mapping[str, JSON]) -> int:
    """A number of 64 bits for all that a record asks with, whatever its ids."""
    asked = asked_of(record)
    try:
        return _digest_of_marshalled(marshal.dumps(asked, 2))
    except ValueError:  # a value that JSON does not have, as a table can hold
        return digest_of(asked)


@lru_cache(maxsize=16)  # whole prompts are kept: a thousand long ones took 100 MB
def _digest_of_marshalled(asked: bytes) -> int:
    """Completions of one prompt mostly stand together: what was asked is put in order once for all of them."""
    return digest_of(marshal.loads(asked))  # noqa: S302  our own bytes, of a line above


def asked_of(record: Mapping[str, JSON]) -> JSON:
    """All that keeps the prompt of a record apart from other prompts, whatever the ids of the rows."""
    asked: Record = {key: value for key, value in record.items() if key not in _NOT_OF_THE_PROMPT and value is not None}
    metadata = asked.get("metadata")
    if isinstance(metadata, dict):
        asked["metadata"] = {key: value for key, value in metadata.items() if key not in FIELDS}
    return [prompt_turns(record), asked]


def graded(record: Mapping[str, JSON], score: Score, *, grader: str = "") -> Record:
    """`record` with its grade in place of an earlier one."""
    metrics: Record = {**metrics_in(score)}
    parts: Record = {**parts_in(score)}
    grade: Record = {"score": score.value, "parts": parts, "metrics": metrics, "reason": score.reason}
    return {**ungraded(record), **grade, **({"grader": grader} if grader else {})}


def graded_by_lambda(
    record: Mapping[str, JSON], score: float, metrics_list: Iterable[Mapping[str, Any]], *, grader: str
) -> Record:
    """`record` with the grade that a Lambda gave it: markers of what was not measured become null, and the fallback
    score of a row that could not be judged becomes `ungradable`."""
    listed = [(str(metric["name"]), float(metric["value"]), metric.get("type")) for metric in metrics_list]
    numbers = without_markers({name: value for name, value, _ in listed})
    kinds = {name: kind for name, _, kind in listed}
    parts: Record = {name: value for name, value in numbers.items() if kinds[name] == "Reward"}
    metrics: Record = {name: value for name, value in numbers.items() if kinds[name] != "Reward"}
    made: Record = {**ungraded(record), **({"grader": grader} if grader else {})}
    if metrics.get("ungradable"):
        late = bool(metrics.get("timed_out"))
        why = "the grader ran out of time" if late else "the grader could not judge this row"
        return {**made, "ungradable": why, "metrics": {"timed_out": float(late)}}
    for fault in ("ungradable", "timed_out"):  # 0 for a row that was judged
        metrics.pop(fault, None)
    return {**made, "score": score, "parts": parts, "metrics": metrics}


def ungraded(record: Mapping[str, JSON]) -> Record:
    """`record` without a grade."""
    return {key: value for key, value in record.items() if key not in _GRADE}


def signals_of_record(record: Mapping[str, JSON]) -> dict[str, float | None]:
    """Parts and metrics of a graded record together, as `signals_in` gives those of a score."""
    signals: dict[str, float | None] = {}
    for kind in ("parts", "metrics"):
        numbers = record.get(kind)
        for name, value in numbers.items() if isinstance(numbers, dict) else ():
            signals[name] = float(value) if isinstance(value, int | float) else None
    return signals


def _split(record: Mapping[str, JSON]) -> tuple[list[JSON], int]:
    turns, count = record.get("messages"), record.get("completion_turns", 1)
    turns = turns if isinstance(turns, list) else []
    if not turns or not is_model_turn(turns[-1]):
        return turns, count if isinstance(count, int) and "completion_turns" in record else 0
    return turns, count if isinstance(count, int) else 1


def _of_another_framework(row: Record) -> Record:
    """A record with the conversation under `messages` and the ground truth under `reference_answer`."""
    if row.keys() >= _LOGGED and row.keys().isdisjoint(CONVERSATION):
        raise RolloutFileError(
            "a log of another trainer, with 'input' and 'output'; `rft rollouts convert FILE -o rollouts.jsonl` makes "
            "rollouts of it"
        )
    prompt, completion = split_turns(row)
    turns: list[JSON] = [dict(turn) for turn in (prompt if completion is None else [*prompt, completion])]
    asked = row.get("responses_create_params")
    tools: Record = {"tools": asked["tools"]} if isinstance(asked, dict) and "tools" in asked else {}
    last = row.get("completion")
    several: Record = {"completion_turns": len(last)} if isinstance(last, list) and len(last) > 1 else {}
    kept = {key: value for key, value in row.items() if key not in CONVERSATION}
    return {**_of_row({**tools, **kept, "messages": turns, "reference_answer": ground_truth_of(row)}), **several}


def _own_keys(row: Mapping[str, Any]) -> Record:
    """The row without keys of our names; those go to its `metadata`, which a reward reads like the root of the row."""
    taken = {key: row[key] for key in FIELDS if key in row}
    kept: Record = {key: value for key, value in row.items() if key not in FIELDS}
    if taken:
        metadata = structured(kept.get("metadata"))
        kept["metadata"] = {**(metadata if isinstance(metadata, dict) else {}), **taken}
    return kept


def _checked(record: Record) -> Record:
    version = record[VERSION_KEY]
    if version != VERSION or version is True:
        raise RolloutFileError(
            f"{VERSION_KEY} is {version!r}, this rftkit reads {VERSION}; install the version that wrote the file"
        )
    for name in FIELDS.keys() & record.keys():
        if not FIELDS[name].kind.holds(record[name]):
            raise RolloutFileError(f"{name!r} must be {FIELDS[name].kind.wanted}, got {record[name]!r:.80}")
    return record


def _of_older_version(row: Record) -> Record:
    """Local evaluations and `rft eval answers` of rftkit 0.1 wrote `truncated` and Bedrock's `usage`, and mixed parts
    with metrics."""
    record: Record = {VERSION_KEY: VERSION, **{key: value for key, value in row.items() if key not in _LEGACY}}
    record["row_id"] = str(row["row_id"])
    if isinstance(row.get("sample"), int):
        record["sample"] = row["sample"]
    if row.get("truncated") is not None:
        record["finish_reason"] = "length" if row["truncated"] else "stop"
    usage = row.get("usage")
    if isinstance(usage, dict):
        record["tokens"] = {"prompt": usage.get("inputTokens", 0), "completion": usage.get("outputTokens", 0)}
    score, metrics = row.get("score"), row.get("metrics")
    if isinstance(score, bool) or not isinstance(score, int | float):
        return record
    listed = [{"name": name, "value": value} for name, value in metrics.items()] if isinstance(metrics, dict) else []
    return graded_by_lambda(record, float(score), listed, grader="")


def digest_of(value: JSON) -> int:
    """64 bits of the JSON text of `value`, whatever the order of its keys."""
    return int.from_bytes(blake2b(_canonical(value).encode(), digest_size=8).digest(), "big")
