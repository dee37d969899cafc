"""Section 2: no completion or row may raise, change the scores of its batch, or take more than linear time."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from rewards.audit.apart import apart
from rewards.audit.checks.contract import UNJOINED
from rewards.audit.config import RECORDS, AuditConfig
from rewards.audit.grader import Grader
from rewards.audit.pace import Allowance
from rewards.audit.perturb.costly import costly_answers, deep_answers
from rewards.audit.perturb.hostile import COSTLY, RARE, Growing, growing_texts, hostile_texts, likely_rows, odd_rows
from rewards.audit.replies import Result, read
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Case
from rewards.audit.rows.messages import Row
from rewards.audit.rows.spans import NO_FRAME
from rewards.types import JSON

SIZES = (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000)  # characters; 8,192 tokens can reach 60 KB
SHORT = 2_000  # characters that must not take long, whatever they are
NOISE_S = 0.02  # below this a duration says nothing on a shared machine
PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.6)  # before growth that looks steep is measured again, and then reported
GIVE_UP_S = 1.0  # beyond this a call is not repeated with a longer text
MOST_ENDED = 2  # kinds of text on which a grader stopped itself: it has a deadline, and each more costs a minute
ENDED = 1.25  # times the seconds of half the length, below which time has stopped growing
SLOPE_MAX = 1.6  # of log time over log size, at both of two successive doublings: 1 is linear, 2 quadratic

Noun: TypeAlias = Literal["completion", "rare completion", "costly completion", "documented row", "odd row"]
CODES: Mapping[Noun, str] = {
    "costly completion": "total-costly",
    "completion": "total-raises",
    "rare completion": "total-rare-text",
    "documented row": "total-event",
    "odd row": "total-odd-row",
}
AS_ANSWER = ", as the answer"
MAX_TIMEOUTS = 3  # each costs a whole timeout; three are proof enough
TEXTS, COSTLY_ONES = 0.35, 0.4  # of the time that is left, for hostile completions, and then for costly ones


def check_total(
    grader: Grader,
    cases: Sequence[Case],
    config: AuditConfig,
    known: Set[str] = frozenset(),
    answers: Sequence[Case] = (),
    limit: Allowance | None = None,
) -> list[Finding]:
    """Grade hostile completions and hostile rows, each between two ordinary rows; then check how time grows.

    What is `known` to be wrong with ordinary rows is not reported again. Of `answers`, which may stand in a frame, the
    first is made hostile within its frame as well, where a parser behind a tag gets to see it. What does not fit into
    `limit` is left out, the likeliest last.
    """
    limit = limit or Allowance()
    case = next((case for case in cases if case.gold), cases[0])
    framed = [one for one in answers if one.frame != NO_FRAME][:1]
    bench = _limited(_Bench(grader, config, known, _neighbours(cases), limit=limit.share(TEXTS)))
    texts = [
        (one, name, text) for one in (case, *framed) for name, text in hostile_texts(one, config.hostile_bytes).items()
    ]
    rows = {_placed(one, name): one.asked(text, f"hostile/{n}") for n, (one, name, text) in enumerate(texts)}
    rare = {_placed(one, name) for one in (case, *framed) for name in RARE}
    found = list(_isolation(bench, {name: row for name, row in rows.items() if name not in rare}, "completion"))
    found += _costly(replace(bench, limit=limit.share(COSTLY_ONES)), answers or [one for one in cases if one.gold])
    found += _odd_rows(replace(bench, limit=Allowance()), [case, *cases])
    found += _growth(grader, [case, *framed], config, limit)
    if not any(one.code == CODES["completion"] for one in found):
        rest = replace(bench, limit=limit)
        found += _isolation(rest, {name: row for name, row in rows.items() if name in rare}, "rare completion")
    return found


def _placed(case: Case, name: str) -> str:
    return name if case.frame == NO_FRAME else name + AS_ANSWER


def _costly(bench: _Bench, cases: Sequence[Case]) -> Iterator[Finding]:
    """Answers that cost a fortune to work out, each in a process with limits; none where that cannot be had."""
    likely, rare = costly_answers(cases), deep_answers(cases)
    if bench.limited is None or not likely:
        return
    limited = replace(bench, grader=bench.limited)
    found = list(
        _isolation(
            limited, {name: case.asked(text, "costly") for name, (case, text) in likely.items()}, "costly completion"
        )
    )
    yield from found or _isolation(
        limited, {name: case.asked(text, "costly") for name, (case, text) in rare.items()}, "rare completion"
    )


def _odd_rows(bench: _Bench, cases: Sequence[Case]) -> Iterator[Finding]:
    """Rows of other shapes, of which AWS documents some for training jobs; a record has none of them."""
    if bench.config.consumer == RECORDS:
        return
    yield from _isolation(bench, likely_rows(cases), "documented row" if bench.config.is_training else "odd row")
    yield from _isolation(bench, odd_rows(cases[0]), "odd row")


@dataclass(frozen=True)
class _Bench:
    """A grader between two ordinary rows, into which hostile ones are put."""

    grader: Grader
    config: AuditConfig
    known: Set[str]
    neighbours: tuple[Row, Row]
    limit: Allowance = field(default_factory=Allowance)
    limited: Grader | None = None
    """The grader where no answer can stop the audit; None where that cannot be had."""


def _limited(bench: _Bench) -> _Bench:
    """The bench with a grader within limits, if that one answers ordinary rows: a pool of threads survives no fork."""
    limited = apart(bench.grader, bench.config.call_max_s)
    if limited is None or not _alone(replace(bench, grader=limited)):
        return bench
    return replace(bench, limited=limited)


class _Trouble(NamedTuple):
    name: str
    message: str
    neighbours: bool


def _isolation(bench: _Bench, hostile: Mapping[str, JSON], noun: Noun) -> Iterator[Finding]:
    alone = _alone(bench)
    troubles: list[_Trouble] = []
    tried = 0
    for name, row in hostile.items():
        if bench.limit.is_over:
            break
        tried += 1
        troubles += _troubles(bench, name, row, alone, noun)
        if sum("timed out" in one.message for one in troubles) >= (1 if noun == "costly completion" else MAX_TIMEOUTS):
            break
    if bench.limit.is_over:
        bench.limit.meter.tried(f"{noun}s", tried, len(hostile))
    raised = [one for one in troubles if not one.neighbours and (noun != "costly completion" or _is_costly(one))]
    moved = [trouble for trouble in troubles if trouble.neighbours]
    hung = any("timed out" in one.message or "exited" in one.message for one in raised)
    code = "total-raises" if hung and noun == "rare completion" else CODES[noun]
    for found, named in ((raised, code), (moved, "total-neighbours")):
        if found:
            first = found[0]  # the likeliest: they are tried in that order
            names: list[JSON] = [trouble.name for trouble in found]
            message = f"{len(found)} of {tried} {noun}s; the likeliest, {first.name!r}: {first.message}"
            yield Finding(named, message, {"names": names[:40]}, {"row": _cut(hostile[first.name])})


def _is_costly(trouble: _Trouble) -> bool:
    """Whether an answer cost more than there is; to raise on it, as on prose, is another finding."""
    return any(sign in trouble.message for sign in ("timed out", "exited", "MemoryError"))


def _neighbours(cases: Sequence[Case]) -> tuple[Row, Row]:
    first, last = cases[0], cases[-1]
    return first.asked(first.gold or "", "left"), last.asked(last.gold or "", "right")


def _alone(bench: _Bench) -> list[Result | None]:
    reply = bench.grader.ask(bench.neighbours)
    return [] if reply.fault else read(reply.payload, bench.neighbours, bench.config.consumer).results


def _troubles(bench: _Bench, name: str, row: JSON, alone: Sequence[Result | None], noun: Noun) -> Iterator[_Trouble]:
    assert isinstance(row, dict)
    left, right = bench.neighbours
    rows = [left, row, right]
    grader = bench.limited if bench.limited is not None and name.removesuffix(AS_ANSWER) in COSTLY else bench.grader
    reply = grader.ask(rows)
    if reply.fault is not None:
        yield _Trouble(name, str(reply.fault), neighbours=False)
        return
    (first, hostile, last), problems = read(reply.payload, rows, bench.config.consumer)
    new = [problem for problem in problems if problem.code not in bench.known]
    if hostile is not None and hostile.fault and "completion" in noun:
        yield _Trouble(name, f"not judged: {hostile.fault}", neighbours=False)
    elif hostile is None and new:
        yield _Trouble(name, new[0].message, neighbours=False)
    elif _are_moved([first, last], alone, bench.config) and not bench.known & UNJOINED:
        lost = noun == "odd row" and None in (first, last)  # results that are missing, after a row nobody sends
        before, after = [_shown(one) for one in alone], [_shown(first), _shown(last)]
        yield _Trouble(name, f"the rows beside it score {after} instead of {before}", neighbours=not lost)


def _are_moved(now: Sequence[Result | None], before: Sequence[Result | None], config: AuditConfig) -> bool:
    """Whether the neighbours score otherwise, by more than a noisy grader's noise."""
    if not config.noise:
        return list(now) != list(before)
    pairs = [(a, b) for a, b in zip(now, before, strict=True) if a is not None and b is not None]
    slack = 6 * config.noise
    return len(pairs) < len(now) or any(abs(config.share(a.value) - config.share(b.value)) > slack for a, b in pairs)


def _shown(result: Result | None) -> float | None:
    return result.value if result else None


def _cut(row: JSON, limit: int = 300) -> JSON:
    """A row short enough for a report: long strings keep their head and their length."""
    if isinstance(row, str) and len(row) > limit:
        return f"{row[:limit]}... ({len(row):,} characters)"
    if isinstance(row, dict):
        return {key: _cut(value, limit) for key, value in row.items()}
    return [_cut(value, limit) for value in row] if isinstance(row, list) else row


def _growth(grader: Grader, cases: Sequence[Case], config: AuditConfig, limit: Allowance) -> Iterator[Finding]:
    """The first kind of text whose time runs away, or else the first whose time grows too fast but stays bearable."""
    bearable: Finding | None = None
    ended = 0
    kinds = [(case, name, family) for case in cases for name, family in growing_texts(case).items()]
    for tried, (case, kind, family) in enumerate(kinds):
        if limit.is_over:
            limit.meter.tried("kinds of growing text", tried, len(kinds))
            break
        name = _placed(case, kind)
        timed = _settled(grader, case, family, config)
        size = SHORT if family.rare else SIZES[-1]
        size = min(size, max(timed.seconds)) if timed.hung else size
        seconds = timed.seconds
        if timed.hung or (not _is_linear(seconds) and _at(size, seconds) > config.call_max_s):
            if size not in seconds or (timed.hung and size == max(seconds)):
                seconds = seconds | _confirmed(grader, case, family, size, config)
            if seconds[size] > config.call_max_s and not _ended_itself(seconds, size):
                yield _too_fast("total-time", name, family, seconds)
                return
            ended += seconds[size] > config.call_max_s
        if not _is_linear(seconds):
            bearable = bearable or _too_fast("total-growth", name, family, seconds)
        if ended == MOST_ENDED:
            break
    if bearable:
        yield bearable


def _settled(grader: Grader, case: Case, family: Growing, config: AuditConfig) -> _Timed:
    """Seconds by size, measured again after a while where they grow too fast: a busy moment is no verdict."""
    timed = _durations(grader, case, family)
    for pause in PAUSES_S[:1] if timed.steady else PAUSES_S:
        if timed.hung or _is_linear(timed.seconds) or max(timed.seconds.values()) > config.call_max_s:
            break
        time.sleep(pause)
        again = _durations(grader, case, family)
        timed = timed._replace(seconds=_faster(timed.seconds, again.seconds), hung=again.hung)
    return timed


def _confirmed(grader: Grader, case: Case, family: Growing, size: int, config: AuditConfig) -> dict[int, float]:
    """Seconds measured for `size` characters, and for half of them where that is too long; infinite for one that a
    limit ended: graders such as `math_verify` stop themselves, so what growth foretells never comes.
    """
    limit_s = 1.2 * max(config.timeout_s, config.call_max_s)
    limited = apart(grader, limit_s) or grader
    found: dict[int, float] = {}
    for length in (size, size // 2):
        run = limited.ask([case.asked(family.text(length), "growth")])
        took_s = run.seconds if run.cpu_s is None else run.cpu_s
        found[length] = math.inf if run.fault and run.fault.kind in ("timed out", "exited") else took_s
        if not config.call_max_s < found[length] < math.inf:
            break
    return found


def _ended_itself(seconds: Mapping[int, float], size: int) -> bool:
    """Whether twice the length took hardly longer: something ends the work after a while.

    >>> _ended_itself({32_000: 5.0, 64_000: 5.1}, 64_000), _ended_itself({32_000: 5.0, 64_000: 9.1}, 64_000)
    (True, False)
    """
    return math.isfinite(seconds[size]) and seconds[size] < ENDED * seconds.get(size // 2, 0.0)


def _too_fast(code: str, name: str, family: Growing, seconds: Mapping[int, float]) -> Finding:
    times = ", ".join(_timed(size, one) for size, one in sorted(seconds.items()))
    longest_s = _at(SIZES[-1], seconds)
    carried = (
        f"; {SIZES[-1]:,} would take about {longest_s:,.3g} s"
        if max(seconds) < SIZES[-1] and math.isfinite(longest_s)
        else ""
    )
    message = f"{name}: time grows faster than length ({times} for so many characters{carried})"
    evidence: dict[str, JSON] = {str(size): one for size, one in sorted(seconds.items()) if math.isfinite(one)}
    head, unit, tail, _ = family
    text = f"{head}{unit[:80]} ... x {max(seconds) // len(unit)} ... {tail[:80]}"
    return Finding(code, message, evidence, {"completion": text})


def _timed(size: int, seconds: float) -> str:
    return f"{size:,}: {seconds:.3g} s" if math.isfinite(seconds) else f"{size:,}: not within the limit"


def _at(size: int, seconds: Mapping[int, float]) -> float:
    """Seconds for `size` characters: measured, or carried on from the last doubling; without end after a single size.

    >>> _at(64_000, {16_000: 0.25, 32_000: 1.0}), _at(64_000, {2_000: 10.0}), _at(2_000, {2_000: 10.0})
    (4.0, inf, 10.0)
    """
    if size in seconds:
        return seconds[size]
    sizes = sorted(seconds)
    if len(sizes) == 1:
        return math.inf
    before, last = sizes[-2:]
    slope = math.log(seconds[last] / max(seconds[before], 1e-9)) / math.log(last / before)
    return float(seconds[last] * (size / last) ** slope)


def _faster(a: Mapping[int, float], b: Mapping[int, float]) -> dict[int, float]:
    return {size: min(one, b.get(size, one)) for size, one in a.items()}


class _Timed(NamedTuple):
    """Seconds by size; whether they are CPU time, which one second look is enough for; whether the last call hung."""

    seconds: dict[int, float]
    steady: bool
    hung: bool = False


def _durations(grader: Grader, case: Case, family: Growing) -> _Timed:
    """The fastest of three runs by size; stops growing where a call fails or takes too long to be repeated.

    Python collects no garbage meanwhile: in a process that holds much, that takes seconds of CPU time now and then.
    """
    with _without_collecting():
        return _measured(grader, case, family)


@contextmanager
def _without_collecting() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _measured(grader: Grader, case: Case, family: Growing) -> _Timed:
    seconds: dict[int, float] = {}
    steady = True
    for size in SIZES:
        row = case.asked(family.text(size), "growth")
        for _ in range(1 if seconds and max(seconds.values()) > 10 * NOISE_S else 3):
            run = grader.ask([row])
            if run.fault and run.fault.kind != "timed out":
                return _Timed(seconds, steady)
            took_s = run.seconds if run.cpu_s is None else run.cpu_s
            seconds[size] = min(took_s, seconds.get(size, took_s))
            steady = steady and run.cpu_s is not None
            if run.fault:
                return _Timed(seconds, steady, hung=True)
            if took_s > GIVE_UP_S:
                break
        if took_s > GIVE_UP_S and len(seconds) > 2:  # two doublings say how it grows
            break
    return _Timed(seconds, steady)


def _is_linear(seconds: Mapping[int, float]) -> bool:
    """Whether no two successive doublings above the noise both grow clearly faster than the size.

    >>> _is_linear({1: 0.1, 2: 0.2, 4: 0.4}), _is_linear({1: 0.1, 2: 0.4, 4: 1.6})
    (True, False)
    """
    sizes = sorted(seconds)
    steep = [
        seconds[b] > NOISE_S and math.log(seconds[b] / max(seconds[a], 1e-9)) / math.log(b / a) > SLOPE_MAX
        for a, b in pairwise(sizes)
    ]
    return not any(a and b for a, b in pairwise(steep)) and not _ran_away(seconds, sizes)


def _ran_away(seconds: Mapping[int, float], sizes: Sequence[int]) -> bool:
    """Whether it took too long to be measured further, and that came at once."""
    last = seconds[sizes[-1]] if sizes else 0.0
    return last > GIVE_UP_S and (len(sizes) == 1 or last > 10 * seconds[sizes[-2]])
