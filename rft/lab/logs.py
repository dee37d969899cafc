"""What other trainers save of their rollouts, as records of the one rollout file.

TRL writes a table of prompts, completions and one column for each reward function (`log_completions`; trl 1.16,
trainer/grpo_trainer.py); verl one file a step with `input`, `output`, `gts` and `score` (`trainer.rollout_data_dir`,
trainer/ppo/ray_trainer.py), the prompt as its chat template wrote it; verifiers and prime-rl `results.jsonl` with
`prompt`, `completion` and `reward`. Others name the same things alike, so a column is known by its name, whoever wrote
it.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from rewards.did_you_mean import did_you_mean
from rewards.parsing.references import structured
from rewards.rollouts import Record, RolloutFileError, rollout_record
from rewards.rollouts.record import digest_of
from rewards.types import JSON
from rft.lab.chats import turns_of_prompt, without_end

Row: TypeAlias = Mapping[str, Any]
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "prompt": ("prompt", "input", "query", "question", "instruction", "messages"),
    "completion": ("completion", "output", "response", "generation", "prediction", "answer_text"),
    "score": ("score", "reward", "total_reward", "total_score", "final_reward"),
    "step": ("step", "global_step", "global_steps", "train_step", "training_step", "iteration"),
    "reference": ("reference_answer", "ground_truth", "gts", "gt", "answer", "solution", "target", "label"),
    "id": ("row_id", "example_id", "prompt_id", "problem_id", "uid", "id", "index"),
}
"""What a rollout is made of, and the names under which trainers keep it; the first that a row has counts."""
SEVERAL: Final[Mapping[str, str]] = {
    f"{name}s": name for names in NAMES.values() for name in names if not name.endswith("s")
}
_PARTS: Final = ("rewards", "reward_components", "scores", "parts")
_NO_PARTS: Final = frozenset({"advantage", "advantages", "kl", "weight", "epoch", "rank"})


class LogError(RolloutFileError):
    """A file of another trainer's that holds no rollouts as we know them."""


@dataclass(frozen=True)
class Settings:
    """Columns by what they hold, where their names do not tell; weights of rewards that were logged one by one."""

    columns: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Counts:
    """What a conversion met."""

    ungradable: int = 0
    samples: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    """Completions of each prompt in each step, by the id of the prompt."""

    @property
    def rollouts(self) -> int:
        """How many there were, with a score or without."""
        return self.samples.total()

    @property
    def prompts(self) -> int:
        """How many were asked, each in one step or in several."""
        return len({row_id for row_id, _ in self.samples})

    @property
    def steps(self) -> int:
        """In how many steps of a training."""
        return len({step for _, step in self.samples if step is not None})


def records(paths: Iterable[Path], settings: Settings, counts: Counts) -> Iterator[Record]:
    """The rollouts of files in their order, as records; completions of one prompt and step are one group. One without
    a number as its score is ungradable, as TRL saves none where a reward returned None.

    Raises LogError naming file, line and columns where a row holds no completion, and where no row has a score.
    """
    from datagen.existing.tables import read_rows

    weighed = set[str]()
    known: dict[str, None] = {}  # of a table that is empty in a row, a column is missing there
    for path in paths:
        for row in read_rows(path):
            try:
                for one in apart(row.values):
                    known.update(dict.fromkeys(one))
                    record = _record({**known, **one}, settings, counts.samples)
                    weighed.update(record.get("parts") or ())  # type: ignore[arg-type] # an object of numbers
                    counts.ungradable += "ungradable" in record
                    yield record
            except ValueError as error:
                raise LogError(f"{path}:{row.line}: {error}") from error
    if missing := [name for name in settings.weights if name not in weighed]:
        raise LogError(f"no number under {missing[0]!r} to weigh; {did_you_mean(missing[0], list(known))}")
    if counts.ungradable == counts.rollouts:
        raise LogError(
            f"no score: none of {', '.join(map(repr, NAMES['score']))} is a number, and no column is called a reward; "
            f"name the score with --column score=NAME, or what is to be added up with --weights NAME=1; the columns "
            f"are {', '.join(known)}"
        )


def apart(row: Row) -> Iterator[Row]:
    """One row for each completion of a row that holds several, as batches and groups are logged.

    >>> list(apart({"prompt": "2 + 2?", "completions": ["4", "5"], "rewards": [1, 0], "step": 3}))
    [{'prompt': '2 + 2?', 'completion': '4', 'reward': 1, 'step': 3}, {'prompt': '2 + 2?', 'completion': '5', 'reward': 0, 'step': 3}]
    """  # noqa: E501  a line of output
    key = next((key for key in row if SEVERAL.get(key, key) in NAMES["completion"] and _are_several(row[key])), "")
    if not key:
        yield row
        return
    count = len(row[key])
    for place in range(count):
        one: dict[str, Any] = {}
        for name, value in row.items():
            inner = value[place] if isinstance(value, list) and len(value) == count and not _are_turns(value) else value
            if name == key and isinstance(inner, dict):
                one.update({"completion" if each in ("text", "content") else each: inner[each] for each in inner})
            else:
                one[SEVERAL.get(name, name) if inner is not value else name] = inner
        yield one


def _are_several(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and not _are_turns(value)


def _are_turns(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(turn, dict) and "role" in turn for turn in value)


def _record(row: Row, settings: Settings, samples: Counter[tuple[str, int | None]]) -> Record:
    names = _columns(row, settings)
    prompt, completion = _conversation(row, names)
    parts = _parts(row, names, settings)
    asked: Record = {**_rest(row, names, parts), "messages": prompt}
    if names["reference"] is not None:
        asked["reference_answer"] = row[names["reference"]]
    step = _whole(row[names["step"]]) if names["step"] is not None else None
    own = [prompt, asked.get("reference_answer")]  # other columns may be of the completion, such as its advantage
    row_id = str(row[names["id"]]) if names["id"] is not None else f"{digest_of(own):016x}"
    sample = samples[row_id, step]
    samples[row_id, step] += 1
    grade = _grade(row, names["score"], parts, settings.weights)
    return rollout_record(asked, completion, row_id=row_id, sample=sample, step=step, **grade)


def _columns(row: Row, settings: Settings) -> dict[str, str | None]:
    """The column that holds each thing: the one that was named, else the first of a known name that holds no other."""
    for named in settings.columns.values():
        if named not in row:
            raise ValueError(f"no column {named!r}; {did_you_mean(named, list(row))}")
    found: dict[str, str | None] = dict.fromkeys(NAMES) | dict(settings.columns)
    for what, names in NAMES.items():
        free = [name for name in names if name in row and name not in found.values()]
        if found[what] is None:
            found[what] = next((name for name in free if _holds(what, row[name])), None)
        if found[what] is None and what == "completion":  # a model that wrote nothing
            found[what] = next(iter(free), None)
    return found


def _holds(what: str, value: Any) -> bool:
    return _number(value) is not None if what == "score" else value is not None


def _conversation(row: Row, names: Mapping[str, str | None]) -> tuple[list[JSON], list[dict[str, JSON]]]:
    """The turns of the prompt and those of the completion."""
    prompt = _turns(row[names["prompt"]], "user") if names["prompt"] is not None else []
    if names["completion"] is not None:
        said = row[names["completion"]]
        return list(prompt), _turns("" if said is None else said, "assistant")
    if not prompt or prompt[-1].get("role") != "assistant":
        known = ", ".join(map(repr, NAMES["completion"]))
        raise ValueError(
            f"no completion: none of {known}, and the prompt does not end in a turn of the model; name it with "
            f"--column completion=NAME; the columns are {', '.join(row)}"
        )
    return list(prompt[:-1]), prompt[-1:]


def _turns(value: Any, role: str) -> list[dict[str, JSON]]:
    if _are_turns(read := structured(value)):
        return [dict(turn) for turn in read]
    if isinstance(value, str) and role == "assistant":
        value = without_end(value)
    elif isinstance(value, str) and (written := turns_of_prompt(value)):
        return [dict(turn) for turn in written]
    return [{"role": role, "content": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}]


def _grade(row: Row, score: str | None, parts: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, Any]:
    """Score, parts and how the completion ended. With weights the score is the sum of what they name; without them
    it is the one that stands there, else the sum of the parts."""
    cut = row.get("is_truncated", row.get("truncated"))
    ended = row.get("finish_reason", {True: "length", False: "stop"}.get(cut) if isinstance(cut, bool) else None)
    inner = row.get("metrics")
    recorded = {**(inner if isinstance(inner, dict) else {}), "advantage": row.get("advantage")}
    facts = {"parts": parts or None, "metrics": _numbers(recorded) or None, "finish_reason": ended}
    if score is not None and not weights:
        return {"score": _number(row[score]), **facts}
    added = weights.keys() & parts.keys() if weights else parts.keys()
    if added:
        return {"score": sum(parts[name] * weights.get(name, 1.0) for name in sorted(added)), **facts}
    return {"ungradable": "no score was saved", **facts}


def _parts(row: Row, names: Mapping[str, str | None], settings: Settings) -> dict[str, float]:
    """Rewards that were logged one by one: under one key, or, as by TRL, each in a column of its own."""
    for key in _PARTS:
        if isinstance(row.get(key), dict):
            return _numbers(row[key])
    held = {*names.values(), *_NO_PARTS}
    numbers = _numbers({name: value for name, value in row.items() if name not in held})
    called = {name: value for name, value in numbers.items() if _is_reward(name) or name in settings.weights}
    is_the_only_one = "advantage" in row and names["score"] is None and len(numbers) == 1
    return numbers if is_the_only_one else called


def _is_reward(name: str) -> bool:
    """Whether a column is a reward of its own by its name, as TRL's are called as the functions are."""
    return name.casefold().startswith(("reward", "score")) or name.casefold().endswith(("reward", "_func", "score"))


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    read = {name: _number(value) for name, value in values.items()}
    return {name: value for name, value in read.items() if value is not None}


def _number(value: Any) -> float | None:
    """A finite number, or the text of one as CSV keeps it; true and false are 1 and 0."""
    if not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: Any) -> int:
    number = _number(value)
    if number is None or number != int(number):
        raise ValueError(f"a step is a whole number, got {value!r:.80}")
    return int(number)


def _rest(row: Row, names: Mapping[str, str | None], parts: Mapping[str, float]) -> dict[str, Any]:
    """Columns that are read into nothing else: a reward finds them as metadata."""
    read = {*names.values(), *_PARTS, *parts, "metrics", "advantage", "finish_reason", "is_truncated", "truncated"}
    return {key: value for key, value in row.items() if key not in read and value is not None}
