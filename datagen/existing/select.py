"""Select rows by the pass rate of the base model: rows with pass rate 0 or 1 give no learning signal.

All completions of such a prompt get the same score, so that a group has no spread and no gradient. The rate comes from
rollouts of the base model (`rft eval answers`, `rft grade`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from datagen.errors import ConfigError, FormatError
from datagen.formats import compact, read_jsonl
from datagen.splits.files import prompt_of
from rewards.rollouts import read_records, row_of
from rewards.writing import drafting_text

BANDS: Mapping[str, tuple[float, float]] = {"hard": (0.0, 1 / 3), "medium": (1 / 3, 2 / 3), "easy": (2 / 3, 1.0)}
"""Names for parts of the open interval between never and always right; each holds its upper end."""
ALL_BINS = ("never", "hard", "medium", "easy", "always", "not measured")


class Measured(NamedTuple):
    """The line of a row, its value of the key that rows are kept evenly by, and its pass rate, if it was tried."""

    line: int
    group: str
    rate: float | None

    @property
    def bin(self) -> str:
        """One of `ALL_BINS`."""
        return bin_of(self.rate)


@dataclass(slots=True)
class Selected:
    """How many rows are in each bin and were kept of it, and the same within each group of a key."""

    out: Path
    rows_read: int
    bins: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    groups: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def rows_written(self) -> int:
        """How many rows were kept."""
        return sum(self.kept.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """What to keep: rates from `low` to `high`, of those `rows` in the shares of `mix`, evenly over the values of `by`.

    A completion passes from the score `pass_at` on.
    """

    low: float = 0.0
    high: float = 1.0
    pass_at: float = 1.0
    mix: Mapping[str, float] = field(default_factory=dict)
    rows: int | None = None
    by: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise ConfigError(f"a band is two rates from 0 to 1, the lower first, got {self.low:g} and {self.high:g}")
        if unknown := sorted(set(self.mix) - set(BANDS)):
            raise ConfigError(f"the mix names {unknown[0]!r}; known are {', '.join(BANDS)}")
        if self.mix and (min(self.mix.values()) < 0 or not sum(self.mix.values()) > 0):
            raise ConfigError(f"the shares of a mix are at least 0 and not all 0, got {dict(self.mix)}")
        if self.rows is not None and self.rows < 1:
            raise ConfigError(f"at least one row must be kept, got {self.rows}")


def bin_of(rate: float | None) -> str:
    """The name of a rate.

    >>> [bin_of(rate) for rate in (0, 0.2, 0.5, 0.7, 1, None)]
    ['never', 'hard', 'medium', 'easy', 'always', 'not measured']
    """
    if rate is None:
        return "not measured"
    if rate in (0, 1):
        return "always" if rate else "never"
    return next(name for name, (_, high) in BANDS.items() if rate <= high)


def select(path: Path, rollouts: Path, out: Path, choice: Choice, *, seed: str = "0") -> Selected:
    """Write the rows of `path` that `choice` keeps, in their order.

    A rollout belongs to the row of its `row_id`, else to the one with its prompt. Raises `FormatError` where no rollout
    has a score, or none belongs to a row.
    """
    rows = list(_measured(path, _tries(rollouts, choice.pass_at), choice.by))
    if all(row.rate is None for row in rows):
        raise FormatError(f"{rollouts}: no rollout belongs to a row of {path}, by row_id or by prompt")
    kept = {row.line: row for row in _chosen(rows, choice, seed)}
    result = Selected(out, len(rows), Counter(row.bin for row in rows), Counter(row.bin for row in kept.values()))
    if choice.by:
        for name, group in _grouped(rows).items():
            result.groups[name] = Counter(row.bin for row in group)
    with drafting_text(out) as file:
        file.writelines(compact(row) + "\n" for line, row in read_jsonl(path) if line in kept)
    return result


def _tries(rollouts: Path, pass_at: float) -> dict[str, list[bool]]:
    """Whether each completion passed, by row id and by prompt."""
    tries: dict[str, list[bool]] = defaultdict(list)
    for _, record in read_records(rollouts):
        score = record.get("score")
        if isinstance(score, int | float) and not isinstance(score, bool):
            for key in _keys(record.get("row_id"), row_of(record)):
                tries[key].append(score >= pass_at)
    if not tries:
        raise FormatError(f"{rollouts}: no rollout has a score; run rft grade {rollouts}")
    return tries


def _keys(name: object, row: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(name, str | int):
        yield f"id {name}"
    if prompt := prompt_of(row):
        yield f"prompt {prompt}"


def _measured(path: Path, tries: Mapping[str, list[bool]], by: str) -> Iterator[Measured]:
    groups: dict[str, str] = {"": ""}  # each name once, however many rows have it
    for line, row in read_jsonl(path):
        passed = next((tries[key] for key in _keys(row.get("id"), row) if key in tries), [])
        group = _group(row, by) if by else ""
        yield Measured(line, groups.setdefault(group, group), sum(passed) / len(passed) if passed else None)


def _chosen(rows: Sequence[Measured], choice: Choice, seed: str) -> list[Measured]:
    fit = [row for row in rows if row.rate is not None and 0 < row.rate < 1 and choice.low <= row.rate <= choice.high]
    wanted = _sizes(fit, choice)
    chosen: list[Measured] = []
    for name, size in wanted.items():
        chosen += _evenly([row for row in fit if row.bin == name], size, seed)
    return chosen


def _sizes(fit: Sequence[Measured], choice: Choice) -> dict[str, int]:
    """Rows of each band: as many as its share allows, or all."""
    there = Counter(row.bin for row in fit)
    if not choice.mix:
        total = choice.rows or len(fit)
        shares = {name: there[name] / max(1, len(fit)) for name in BANDS}
    else:
        whole = sum(choice.mix.values())
        shares = {name: share / whole for name, share in choice.mix.items() if share}
        most = min(int(there[name] / share) for name, share in shares.items())
        total = min(choice.rows or most, most)
    return {name: min(there[name], round(total * share)) for name, share in shares.items()}


def _evenly(rows: Sequence[Measured], size: int, seed: str) -> list[Measured]:
    """So many rows at random, in turn from each value of the key."""
    queues = [
        sorted(group, key=lambda row: Random(f"{seed}/select/{row.line}").random())
        for _, group in sorted(_grouped(rows).items())
    ]
    turns = max(map(len, queues), default=0)
    return [queue[turn] for turn in range(turns) for queue in queues if turn < len(queue)][:size]


def _grouped(rows: Sequence[Measured]) -> dict[str, list[Measured]]:
    groups: dict[str, list[Measured]] = defaultdict(list)
    for row in rows:
        groups[row.group].append(row)
    return groups


def _group(row: Mapping[str, Any], by: str) -> str:
    value: Any = row
    for part in by.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return "-" if value is None else value if isinstance(value, str) else compact(value)
