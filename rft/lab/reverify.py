"""Two graders on the same rollouts: what a training would do differently with the second one."""

from __future__ import annotations

import math
import time
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from itertools import combinations
from pathlib import Path
from statistics import fmean
from struct import Struct
from typing import Any, Final, NamedTuple

from rewards.evaluation import SAME_SCORE
from rewards.grading import Job
from rewards.grading.grade import CHUNK_ROWS, grade_rows, opened
from rewards.grading.group_stats import Running
from rewards.grading.spill import HELD, Spilled
from rewards.rollouts import Record, RolloutFileError, completion_turns, group_of, read_records, read_rows, record_of
from rewards.rollouts.files import Row, json_of
from rewards.rollouts.record import digest_of
from rewards.rows import completion_of

_ENTRY: Final = Struct("qQqqd")
_SHOWN_CHARS: Final = 200


class Judged(NamedTuple):
    """A score of one of the two graders, 0 or 1, for the completion `key` of a group; NaN for ungradable.

    Equal completions of one group pair up in the order of `sample`.
    """

    grader: int
    key: int
    sample: int
    line: int
    score: float


class Pair(NamedTuple):
    """A rollout under both graders, `line` in the file of the first one."""

    line: int
    before: float
    after: float


class Changed(NamedTuple):
    """A rollout by how much its advantage changed; what was said is read from the file afterwards."""

    change: float
    line: int
    before: float
    after: float
    advantage_before: float
    advantage_after: float


@dataclass
class Agreement:
    """Sums over groups that two graders have judged."""

    examples: int = 5
    rollouts: int = 0
    unpaired: int = 0
    ungradable: Counter[int] = field(default_factory=Counter)
    scores: tuple[Running, Running] = field(default_factory=lambda: (Running(), Running()))
    groups: int = 0
    zero_std: Counter[int] = field(default_factory=Counter)
    new_zero_std: int = 0
    pairs: Counter[str] = field(default_factory=Counter)
    advantages: int = 0
    flips: int = 0
    products: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    most: list[Changed] = field(default_factory=list)

    def add(self, judged: Sequence[Judged]) -> None:
        """Take all that both graders said of one group into account."""
        pairs = self._paired(judged)
        for pair in pairs:
            self.scores[0].add(pair.before)
            self.scores[1].add(pair.after)
        self.rollouts += len(pairs)
        if len(pairs) > 1:
            self._add_group(pairs)

    def _paired(self, judged: Sequence[Judged]) -> list[Pair]:
        found: dict[int, tuple[list[Judged], list[Judged]]] = defaultdict(lambda: ([], []))
        for one in sorted(judged, key=lambda one: (one.sample, one.line)):
            found[one.key][one.grader].append(one)
        pairs = []
        for before, after in found.values():
            self.unpaired += abs(len(before) - len(after))
            for a, b in zip(before, after, strict=False):
                unjudged = [one.grader for one in (a, b) if math.isnan(one.score)]
                self.ungradable.update(unjudged)
                if not unjudged:
                    pairs.append(Pair(a.line, a.score, b.score))
        return sorted(pairs)

    def _add_group(self, pairs: Sequence[Pair]) -> None:
        before, after = _advantages([pair.before for pair in pairs]), _advantages([pair.after for pair in pairs])
        flat = not any(before), not any(after)
        self.groups += 1
        self.zero_std.update(grader for grader in (0, 1) if flat[grader])
        self.new_zero_std += flat[1] and not flat[0]
        self.pairs.update(_order(one, other) for one, other in combinations(pairs, 2))
        for pair, a, b in zip(pairs, before, after, strict=True):
            self.advantages += bool(a or b)
            self.flips += a * b < 0
            for place, product in enumerate((a * a, a * b, b * b)):
                self.products[place] += product
            self._keep(Changed(abs(b - a), pair.line, pair.before, pair.after, a, b))

    def _keep(self, changed: Changed) -> None:
        if changed.change <= SAME_SCORE:
            return
        if len(self.most) < self.examples:
            heappush(self.most, changed)
        elif self.most:
            heappushpop(self.most, changed)

    def result(self) -> dict[str, Any]:
        """Agreement in numbers: order of pairs, signs of advantages, ties."""
        pairs, (aa, ab, bb) = self.pairs, self.products
        ranked_before = pairs["same"] + pairs["reversed"] + pairs["new tie"]
        ranked_after = pairs["same"] + pairs["reversed"] + pairs["broken tie"]
        scale = math.sqrt(ranked_before * ranked_after)
        tied_before = pairs["broken tie"] + pairs["tie"]
        return {
            "rollouts": self.rollouts,
            "unpaired": self.unpaired,
            "ungradable": [self.ungradable[0], self.ungradable[1]],
            "mean": [running.mean if running.count else None for running in self.scores],
            "groups": self.groups,
            "zero_std_groups": [self.zero_std[g] / self.groups if self.groups else None for g in (0, 1)],
            "new_zero_std_groups": self.new_zero_std,
            "rank_correlation": (pairs["same"] - pairs["reversed"]) / scale if scale else None,
            "advantage_correlation": ab / math.sqrt(aa * bb) if aa and bb else None,
            "sign_flips": self.flips / self.advantages if self.advantages else None,
            "advantages": self.advantages,
            "new_ties": pairs["new tie"] / ranked_before if ranked_before else None,
            "broken_ties": pairs["broken tie"] / tied_before if tied_before else None,
        }


def _order(one: Pair, other: Pair) -> str:
    before, after = (_sign(a - b) for a, b in ((one.before, other.before), (one.after, other.after)))
    if before and after:
        return "same" if before == after else "reversed"
    return "new tie" if before else "broken tie" if after else "tie"


def _sign(difference: float) -> int:
    return 0 if abs(difference) <= SAME_SCORE else 1 if difference > 0 else -1


def _advantages(scores: Sequence[float]) -> list[float]:
    """Scores minus their mean over their standard deviation; all 0 where they are equal."""
    if max(scores) - min(scores) <= SAME_SCORE:
        return [0.0] * len(scores)
    mean = fmean(scores)
    differences = [score - mean if abs(score - mean) > SAME_SCORE else 0.0 for score in scores]
    deviation = math.sqrt(fmean(difference**2 for difference in differences))
    return [difference / deviation for difference in differences]


class _Said:
    """What the graders said of each group, in memory that does not grow with the files."""

    def __init__(self, held: int) -> None:
        self._groups = Spilled(lambda: array("b"), array.tobytes, lambda packed: array("b", packed), held=held)

    def add(self, group: int, judged: Judged) -> None:
        self._groups[group].frombytes(_ENTRY.pack(*judged))

    def __iter__(self) -> Iterator[list[Judged]]:
        for entry in self._groups:
            yield [Judged(*values) for values in _ENTRY.iter_unpack(entry.tobytes())]


def files_compared(before: Path, after: Path, *, examples: int = 5, held: int = HELD) -> dict[str, Any]:
    """Two files of the same rollouts, each with the scores of its grader. Completions pair up by what was said.

    Raises `RolloutFileError` for a line without a score, and where nothing pairs up.
    """
    said = _Said(held)
    for grader, path in enumerate((before, after)):
        for line, record in read_records(path):
            score = record.get("score")
            if "ungradable" not in record and (not isinstance(score, int | float) or isinstance(score, bool)):
                raise RolloutFileError(
                    f"{path}:{line}: no number under 'score'; grade it first, or name rewards with --on"
                )
            number = float(score) if isinstance(score, int | float) else math.nan
            sample = record.get("sample")
            order = sample if isinstance(sample, int) else line
            said.add(group_of(record), Judged(grader, digest_of(completion_turns(record)), order, line, number))
    return _compared(said, before, f"{before} and {after}", examples)


def rewards_compared(before: str, after: str, rollouts: Path, *, examples: int = 5, held: int = HELD) -> dict[str, Any]:
    """Two rewards on the rollouts of one file, whatever scores it has, and the microseconds that each took for one."""
    said, seconds, count = _Said(held), [0.0, 0.0], 0
    for reward in (before, after):
        opened(reward)  # which is not part of its speed
    for rows in _chunks(read_rows(rollouts)):
        count += len(rows)
        for grader, reward in enumerate((before, after)):
            began = time.perf_counter()
            grades = grade_rows(Job(reward), rows)
            seconds[grader] += time.perf_counter() - began
            for row, grade in zip(rows, grades, strict=True):
                if grade.unreadable:
                    raise RolloutFileError(f"{rollouts}:{row.line}: {grade.unreadable}")
                score = math.nan if grade.score is None else grade.score
                said.add(grade.group, Judged(grader, row.line, row.line, row.line, score))
    found = _compared(said, rollouts, str(rollouts), examples)
    return {**found, "us_a_rollout": [1e6 * spent / count for spent in seconds]}


def _compared(said: _Said, path: Path, names: str, examples: int) -> dict[str, Any]:
    agreement = Agreement(examples)
    for judged in said:
        agreement.add(judged)
    if not agreement.rollouts:
        raise RolloutFileError(
            f"{names}: no rollout has a score of both graders; rollouts pair up by prompt and completion"
        )
    most = sorted(agreement.most, key=lambda changed: (-changed.change, changed.line))
    return {**agreement.result(), "changed_most": _shown(path, most)}


def _shown(path: Path, most: Sequence[Changed]) -> list[dict[str, Any]]:
    """The rollouts that changed, with what was said, read once more."""
    wanted = {changed.line for changed in most}
    rows = (row for row in read_rows(path) if row.line in wanted) if wanted else ()
    records = {row.line: record_of(json_of(row.content)) for row in rows}
    return [
        {
            "line": changed.line,
            "id": _name(records[changed.line], changed.line),
            "score": [changed.before, changed.after],
            "advantage": [changed.advantage_before, changed.advantage_after],
            "completion": completion_of(completion_turns(records[changed.line])).text[:_SHOWN_CHARS],
        }
        for changed in most
    ]


def _name(record: Record, line: int) -> str:
    return str(record.get("id", record.get("row_id", line)))


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def lines_of(found: dict[str, Any], before: str, after: str) -> Iterator[str]:
    """The comparison for people."""
    yield f"{found['rollouts']:,} rollouts judged by both, in {found['groups']:,} groups; A is {before}, B is {after}"
    if found["unpaired"]:
        yield f"  {found['unpaired']:,} rollouts are in one file only"
    yield f"  {'':<26}{'A':>10}{'B':>10}"
    yield f"  {'mean score':<26}{_cells(found['mean'], '.3f')}"
    yield f"  {'zero-std groups':<26}{_cells(found['zero_std_groups'], '.1%')}"
    if any(found["ungradable"]):
        yield f"  {'ungradable':<26}{_cells(found['ungradable'], ',')}"
    if "us_a_rollout" in found:
        yield f"  {'microseconds a rollout':<26}{_cells(found['us_a_rollout'], ',.0f')}"
    yield "within groups"
    yield f"  {'rank correlation':<26}{_cell(found['rank_correlation'], '+z.3f')}  (Kendall's tau-b)"
    yield f"  {'correlation of advantages':<26}{_cell(found['advantage_correlation'], '+z.3f')}"
    yield f"  {'sign flips':<26}{_cell(found['sign_flips'], '.1%')}  of {found['advantages']:,} advantages"
    yield f"  {'new ties':<26}{_cell(found['new_ties'], '.1%')}  of pairs that A ranks"
    yield f"  {'broken ties':<26}{_cell(found['broken_ties'], '.1%')}  of pairs that A ties"
    yield f"  {'new zero-std groups':<26}{found['new_zero_std_groups']:>10,}"
    if found["changed_most"]:
        yield "the rollouts whose advantage changed most"
    for one in found["changed_most"]:
        (old, new), (was, now) = one["score"], one["advantage"]
        yield f"  line {one['line']}, {one['id']}: score {old:.3g} -> {new:.3g}, advantage {was:+z.2f} -> {now:+z.2f}"
        yield f"    {' '.join(one['completion'].split())[:100]}"


def _cells(values: Sequence[float | None], form: str) -> str:
    return "".join(_cell(value, form) for value in values)


def _cell(value: float | None, form: str) -> str:
    return f"{'-' if value is None else format(value, form):>10}"
