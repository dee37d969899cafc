"""Groups of rollouts out of files of any length: numbers only, and in memory that does not grow with the files."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from statistics import fmean
from struct import Struct
from typing import Final, NamedTuple, Self

from rewards.evaluation import has_zero_std
from rewards.grading.spill import HELD, Spilled
from rewards.rollouts import Record, RolloutFileError, completion_turns, group_of, prompt_of, read_records, said_in
from rewards.rollouts.record import digest_of
from rewards.types import JSON

UNKNOWN: Final = math.nan
_HEAD: Final = Struct("QqQ")
_FIXED: Final = 7  # numbers of a rollout in front of its parts
_DIGEST_SHIFT: Final = 11  # 53 bits of a digest, which a float holds exactly
_by_all = itemgetter(0, 1, 2, 3, 4, 5, 6)


class Rollout(NamedTuple):
    """The numbers of one rollout; `UNKNOWN` (NaN) where the file does not tell.

    `cut` is 1 where the completion was cut at the token limit, `digest` the same for equal completions, `line` the
    place in the file; `parts` are in the order of `Rollouts.parts`.
    """

    score: float
    digest: float = 0.0
    sample: float = UNKNOWN
    chars: float = UNKNOWN
    tokens: float = UNKNOWN
    cut: float = UNKNOWN
    line: float = 0.0
    parts: tuple[float, ...] = ()


@dataclass(slots=True)
class Group:
    """The rollouts of one prompt at one training step of one file, in an order that is not that of their lines."""

    prompt: int
    step: int | None
    rollouts: list[Rollout]
    file: int = 0
    repeats: list[list[float]] = field(default_factory=list)
    """Scores of completions that were graded more than once."""

    @property
    def scores(self) -> list[float]:
        """The score of each rollout."""
        return [rollout.score for rollout in self.rollouts]

    @property
    def has_zero_std(self) -> bool:
        """Whether all scores are equal, so that every advantage is 0."""
        scores = self.scores
        return has_zero_std(min(scores), max(scores))


@dataclass(slots=True)
class _Packed:
    """A group as it is kept: the numbers of its rollouts one behind the other."""

    prompt: int = 0
    step: int = 0
    file: int = 0
    numbers: array[float] = field(default_factory=lambda: array("d"))

    def packed(self) -> bytes:
        return _HEAD.pack(self.prompt, self.step, self.file) + self.numbers.tobytes()

    @classmethod
    def of_packed(cls, packed: bytes) -> Self:
        prompt, step, file = _HEAD.unpack_from(packed)
        return cls(prompt, step, file, array("d", packed[_HEAD.size :]))


class Rollouts:
    """The graded rollouts of files, by group; each file is a run of its own, so its groups are too.

    `rows` counts all rollouts, `ungradable` those without a score because their row cannot be judged.
    """

    def __init__(self, *, held: int = HELD) -> None:
        self.rows = 0
        self.ungradable = 0
        self.files: list[str] = []
        self._places: dict[str, int] = {}
        self._groups = Spilled(_Packed, _Packed.packed, _Packed.of_packed, held=held)

    @classmethod
    def read(cls, paths: Iterable[Path], *, held: int = HELD) -> Self:
        """The rollouts of the files. Raises `RolloutFileError` naming file and line of what is no graded rollout."""
        found = cls(held=held)
        for path in paths:
            found.add_records(str(path), read_records(path))
        found.check()
        return found

    def check(self) -> None:
        """Raise `RolloutFileError` where no rollout has a score."""
        if self.rows == self.ungradable:
            raise RolloutFileError(f"{', '.join(self.files)}: no rollout has a score")

    @property
    def parts(self) -> list[str]:
        """Names of the parts, in the order of `Rollout.parts`."""
        return list(self._places)

    def add_records(self, name: str, records: Iterable[tuple[int, Record]]) -> None:
        """Take the records of one more file, with their lines, into account."""
        self.files.append(name)
        for line, record in records:
            self.rows += 1
            if "ungradable" in record:
                self.ungradable += 1
            else:
                self._add(f"{name}:{line}", line, record)

    def __iter__(self) -> Iterator[Group]:
        width = len(self._places)
        for packed in self._groups:
            yield _group(packed, width)

    def _add(self, where: str, line: int, record: Record) -> None:
        numbers = self._numbers(where, line, record)
        prompt, step, file = prompt_of(record), record.get("step"), len(self.files) - 1
        entry = self._groups[group_of(record) ^ file * _FILE & _64_BITS]
        entry.prompt, entry.step, entry.file = prompt, step if isinstance(step, int) else _NO_STEP, file
        entry.numbers.extend(numbers)

    def _numbers(self, where: str, line: int, record: Record) -> list[float]:
        score = record.get("score")
        if not isinstance(score, int | float) or isinstance(score, bool):
            raise RolloutFileError(
                f"{where}: no number under 'score'; grade it first: rft grade FILE --reward R -o GRADED; "
                "what another trainer saved: rft rollouts convert FILE -o ROLLOUTS"
            )
        turns, tokens, sample = completion_turns(record), record.get("tokens"), record.get("sample")
        reason = record.get("finish_reason")
        parts = self._in_order(record.get("parts"))
        return [
            float(len(parts)),
            float(score),
            float(digest_of(turns) >> _DIGEST_SHIFT),
            UNKNOWN if not isinstance(sample, int) else float(sample),
            float(len(said_in(record))),
            _number(tokens.get("completion")) if isinstance(tokens, dict) else UNKNOWN,
            UNKNOWN if reason is None else float(reason == "length"),
            float(line),
            *parts,
        ]

    def _in_order(self, parts: JSON) -> list[float]:
        if not isinstance(parts, dict):
            return []
        places = self._places
        if parts.keys() != places.keys():
            for name in parts:
                places.setdefault(name, len(places))
        return [_number(parts.get(name, 0.0)) for name in places]


_FILE: Final = 0x9E3779B97F4A7C15  # an odd constant: groups of different files get different keys
_64_BITS: Final = (1 << 64) - 1
_NO_STEP: Final = -(1 << 62)


def _number(value: JSON) -> float:
    return float(value) if isinstance(value, int | float) else UNKNOWN


def _group(packed: _Packed, width: int) -> Group:
    numbers, at, found = packed.numbers.tolist(), 0, list[Rollout]()
    while at < len(numbers):
        own = int(numbers[at])
        first = at + 1 + _FIXED
        parts = numbers[first : first + own] + [0.0] * (width - own)  # a part that was not reported earned 0
        score, digest, sample, chars, tokens, cut, line = numbers[at + 1 : first]
        found.append(Rollout(score, digest, sample, chars, tokens, cut, line, tuple(parts)))
        at = first + own
    found.sort(key=_by_all)
    step = None if packed.step == _NO_STEP else packed.step
    rollouts, repeats = _without_repeats(found)
    return Group(packed.prompt, step, rollouts, packed.file, repeats)


def _without_repeats(rollouts: list[Rollout]) -> tuple[list[Rollout], list[list[float]]]:
    """One rollout of each `sample`: the same completion under the same number is one that was graded again."""
    keys = {(rollout.sample, rollout.digest) for rollout in rollouts}
    if len(keys) == len(rollouts) or any(rollout.sample != rollout.sample for rollout in rollouts):
        return rollouts, []
    same: dict[tuple[float, float], list[Rollout]] = {}
    for rollout in rollouts:
        same.setdefault((rollout.sample, rollout.digest), []).append(rollout)
    repeats = [[rollout.score for rollout in several] for several in same.values() if len(several) > 1]
    return [_mean(several) for several in same.values()], repeats


def _mean(several: list[Rollout]) -> Rollout:
    first = several[0]
    if len(several) == 1:
        return first
    parts = tuple(fmean(values) for values in zip(*(rollout.parts for rollout in several), strict=True))
    return first._replace(score=fmean(rollout.score for rollout in several), parts=parts)


def top_parts(names: Sequence[str]) -> list[int]:
    """Places of the parts that are not below another one.

    >>> top_parts(["content", "content/count", "format"])
    [0, 2]
    """
    return [place for place, name in enumerate(names) if "/" not in name]
