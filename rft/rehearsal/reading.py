"""From files of rollouts to judged groups, and back to what was written: the completions that show the trick."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import nlargest
from pathlib import Path
from typing import Final, NamedTuple

from rewards.errors import UngradableError
from rewards.reward_tree import score_of
from rewards.rollouts import (
    Record,
    RolloutFileError,
    completion_turns,
    graded,
    prompt_of,
    prompt_turns,
    read_records,
    row_of,
)
from rewards.rows import completion_of, rollout_of, sample_of
from rewards.types import Reward, Sample
from rft.lab import Rollouts
from rft.rehearsal.groups import TRUTH, Judged, judged_groups, range_of
from rft.rehearsal.tricks import TRICK, tricks_in
from rft.rehearsal.truth import Truth, with_truth

SHOWN_CHARS: Final = 300
_SAMPLES: Final = 200


class Example(NamedTuple):
    """A completion that earned more than it was worth."""

    file: str
    line: int
    step: int | None
    score: float
    truth: float | None
    tricks: tuple[str, ...]
    completion: str


@dataclass(frozen=True)
class Evidence:
    """What files of rollouts hold: the groups in order of steps, the names of their parts, and the range that scores
    were mapped from."""

    rollouts: Rollouts
    groups: list[Judged]
    names: list[str]
    scale: tuple[float, float]

    @property
    def ungradable(self) -> float:
        """Share of the rollouts that the grader could not judge; they are in no group."""
        return self.rollouts.ungradable / self.rollouts.rows


def read_evidence(paths: Sequence[Path], truth: Truth | None, reward: Reward | None = None) -> Evidence:
    """The rollouts of all `paths` as those of one training, each with what it is worth by `truth`; with `reward` they
    are graded by it first. Raises `RolloutFileError` for a file without graded rollouts."""
    rollouts = Rollouts()
    for path in paths:
        records = read_records(path)
        records = _graded(records, reward) if reward is not None else records
        rollouts.add_records(str(path), with_truth(records, truth))
    if not rollouts.rows:
        raise RolloutFileError(f"{', '.join(rollouts.files)}: no rollouts")
    names = [name for name in rollouts.parts if name != TRUTH]
    scale = range_of(rollouts)
    return Evidence(rollouts, judged_groups(rollouts, rollouts.parts, scale), names, scale)


def rows_in(path: Path) -> list[Record]:
    """The data rows of the first rollouts of a file, each once, without a completion."""
    found: dict[int, Record] = {}
    for (_, record), _ in zip(read_records(path), range(_SAMPLES), strict=False):
        found.setdefault(prompt_of(record), {**row_of(record), "messages": prompt_turns(record)})
    return list(found.values())


def samples_in(path: Path) -> list[Sample]:
    """The same as samples, those that can be read."""
    found = []
    for index, row in enumerate(rows_in(path)):
        with suppress(ValueError):
            found.append(sample_of(row, index=index))
    return found


def _graded(records: Iterator[tuple[int, Record]], reward: Reward) -> Iterator[tuple[int, Record]]:
    for line, record in records:
        rollout = rollout_of(row_of(record), index=line)
        try:
            yield line, graded(record, score_of(reward, rollout.sample, rollout.completion))
        except UngradableError as error:
            yield line, {**record, "ungradable": str(error)}


def examples(evidence: Evidence, count: int = 3, *, since: int | None = None) -> list[Example]:
    """The rollouts, from the step `since` on, that earned most beyond what they are worth; without a true metric, those
    of a known trick that earned most. None twice."""
    best = nlargest(count * 8, _candidates(evidence, since))
    wanted = {(file, line): (step, score, truth) for _, file, line, step, score, truth in best}
    said: dict[tuple[str, int], tuple[str, tuple[str, ...]]] = {}
    for file in {file for file, _ in wanted}:
        for line, record in read_records(Path(file)):
            if (file, line) in wanted:
                tricks = tuple(name for name, found in tricks_in(record).items() if found)
                said[file, line] = completion_of(completion_turns(record)).text, tricks
    return list(_different(wanted, said))[:count]


def _different(
    wanted: Mapping[tuple[str, int], tuple[int, float, float]],
    said: Mapping[tuple[str, int], tuple[str, tuple[str, ...]]],
) -> Iterator[Example]:
    seen: set[str] = set()
    for place, (step, score, truth) in wanted.items():
        text, tricks = said[place]
        if text not in seen:
            seen.add(text)
            known = None if math.isnan(truth) else truth
            yield Example(*place, step or None, score, known, tricks, _cut(text))


def _candidates(evidence: Evidence, since: int | None) -> Iterator[tuple[float, str, int, int, float, float]]:
    parts = evidence.rollouts.parts
    place = parts.index(TRUTH) if TRUTH in parts else None
    low, high = evidence.scale
    tricks = [at for at, name in enumerate(parts) if name.startswith(TRICK)]
    for group in evidence.rollouts:
        if since is not None and (group.step or 0) < since:
            continue
        for one in group.rollouts:
            truth = one.parts[place] if place is not None else math.nan
            score = (one.score - low) / (high - low)
            beyond = score - truth if place is not None else score * any(one.parts[at] for at in tricks)
            if beyond > 0:
                yield beyond, evidence.rollouts.files[group.file], int(one.line), group.step or 0, one.score, truth


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN_CHARS else f"{flat[:SHOWN_CHARS]}... ({len(text):,} characters)"
