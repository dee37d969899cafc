"""Search beyond the list of attacks, guided by the branches that answers take in the grader's own code and by score.

Answers are programs: a base that is wrong (or right) and edits by constants of that code. Those that reach a new branch
or a higher score are changed further. Two oracles: it raises or hangs; a wrong answer is paid as a right one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random
from typing import NamedTuple

from rewards.audit.checks.invariants import mistake_is_free
from rewards.audit.grader import Explorer, explorer_of
from rewards.audit.perturb.damage import graded_leaves
from rewards.audit.perturb.mistakes import places_in
from rewards.audit.perturb.programs import MOST_EDITS, Base, Lexicon, Program, further, lexicon_of, mutated, sweep
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Answer, Case, sample_of
from rewards.audit.rows.data_profile import World, are_near, junk_like, junk_text
from rewards.audit.rows.json_tree import at, dumps, mapped
from rewards.audit.rows.spans import NUMBER, number_in
from rewards.audit.scoring import OutOfTimeError, Scorer, Watched
from rewards.types import JSON

BATCH = 32
ROWS = 400  # whose right answers are watched, for rows that take branches of their own
RARE = 8  # such rows, of which each mistake is tried
JURY = 12  # rows on which an answer must be paid
HALF = 0.5  # of them, at least, and
LEAST = 3  # so many
SHRINKS = 60
TIMEOUTS = 2  # each costs a whole timeout
BY_ROW = frozenset({"leaf", "instead", "only key", "without"})  # edits that leave nothing of a right answer's slip


class SearchFacts(NamedTuple):
    """How many answers were tried with how many constants of the code, and how many branches they took in all."""

    answers: int
    constants: int
    branches: int
    out_of_time: bool


class _Site(NamedTuple):
    """A row, and the text that each base has there."""

    case: Case
    bases: dict[Base, Answer]


@dataclass
class _Search:
    world: World
    scorer: Scorer
    explorer: Explorer
    lexicon: Lexicon
    deadline: float
    clock: Callable[[], float]
    answers: int = 0
    branches: int = 0
    timeouts: int = 0
    best: dict[Base, float] = field(default_factory=dict)
    found: dict[str, Finding] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()

    @property
    def is_over(self) -> bool:
        """Whether the budget is spent."""
        spent = self.answers >= self.scorer.config.search_calls or self.timeouts >= TIMEOUTS
        return spent or self.is_out_of_time

    @property
    def is_out_of_time(self) -> bool:
        """Whether the time is spent, of the search or of the audit."""
        return self.clock() > self.deadline or self.scorer.limit.is_over

    def watched(self, answers: Iterable[Answer]) -> Iterator[tuple[Answer, Watched]]:
        """Answers graded under observation, until the budget is spent."""
        pending = iter(answers)
        size = 4
        while not self.is_over and (batch := list(islice(pending, size))):
            seen = self.scorer.watched(self.explorer, batch)
            size = BATCH
            self.answers += len(batch)
            self.branches += sum(one.new for one in seen)
            self.timeouts += sum(one.graded.fault is not None and one.graded.fault.kind == "timed out" for one in seen)
            yield from zip(batch, seen, strict=True)


def search_code(
    world: World, scorer: Scorer, known: frozenset[str] = frozenset(), clock: Callable[[], float] = time.perf_counter
) -> tuple[SearchFacts | None, list[Finding]]:
    """What the search found; nothing where the grader's code is out of reach. `known` codes are not proved again."""
    explorer = explorer_of(scorer.grader)
    if explorer is None or scorer.config.search_calls == 0:
        return None, []
    constants = explorer.constants()
    deadline = clock() + scorer.config.search_s
    search = _Search(world, scorer, explorer, lexicon_of(constants), deadline, clock, skipped=known)
    with suppress(OutOfTimeError):
        rare = _rare_rows(search)
        _try_mistakes(search, rare[1:])
        sites = [site for case in [*rare, *sample_of(world.cases, 3, f"{scorer.config.seed}/sites")]
                 if (site := _site(search, case)) is not None]  # fmt: skip
        if sites:
            _explore(search, sites)
    facts = SearchFacts(search.answers, len(constants), search.branches, search.is_out_of_time)
    return facts, list(search.found.values())


def _rare_rows(search: _Search) -> list[Case]:
    """The first row, and those whose right answers take a branch that none before them took."""
    cases = sample_of(search.world.cases, ROWS, f"{search.scorer.config.seed}/search")
    seen = search.watched(Answer(case, case.gold or "") for case in cases)
    return [answer.case for answer, one in seen if one.new][:RARE]


def _try_mistakes(search: _Search, cases: Sequence[Case]) -> None:
    """Each mistake in each value of the rows that take a branch of their own: the laws draw few of a thousand rows."""
    for case in cases:
        for place in places_in(search.world, case):
            if search.is_over or "law-mistake-free" in search.skipped:
                return
            violation = mistake_is_free(search.world, search.scorer, place)
            if violation is not None:
                message = f"in a row that takes a branch of its own, {violation.message}"
                search.found.setdefault("mistake", Finding("attack-search", message, example=violation.example))
                return


def _site(search: _Search, case: Case) -> _Site | None:
    """The bases at a row: those that are wrong come from another row, and hold nothing of what is right here."""
    world = search.world
    donor = next((one for one in world.cases if one is not case and _are_apart(one, case)), None)
    if donor is None:
        return None
    whole = case.outer or case
    bases: dict[Base, Answer] = {
        "nothing": Answer(whole, ""),
        "junk": Answer(_in_frame_of(case, donor), _junk(donor)),
        "another answer": Answer(_in_frame_of(case, donor), donor.gold or ""),
        "the right answer": Answer(case, case.gold or ""),
    }
    slip = _slip(search, case)
    if slip is not None:
        bases["a slip"] = Answer(case, slip)
    return _Site(case, bases)


def _in_frame_of(case: Case, donor: Case) -> Case:
    """The row with another row's text around its answer: its own may mention what is right."""
    return replace(case, frame=donor.frame)


def _junk(case: Case) -> str:
    tree = case.tree
    return junk_text(case.gold or "") if tree is None else dumps(mapped(tree, lambda path, leaf: junk_like(leaf)))


def _are_apart(donor: Case, case: Case) -> bool:
    """Whether the answer of one row is certainly wrong for the other."""
    a, b = donor.gold or "", case.gold or ""
    return donor.reference != case.reference and a.casefold() != b.casefold() and not are_near(a, b)


def _slip(search: _Search, case: Case) -> str | None:
    """The right answer with one mistake that costs something; None where there is none that certainly is one."""
    world, scorer = search.world, search.scorer
    if "$optional" in dumps(case.reference) or (case.gold or "").strip() in case.frame.before:
        return None
    right = scorer.value(case, case.gold or "")
    for place in places_in(world, case)[:8]:
        for wrong in place.mistaken()[1:4] if case.tree is None else place.mistaken()[:1]:
            text = place.text_with(wrong.value)
            value = scorer.value(case, text)
            if right is not None and value is not None and value < right - scorer.config.tolerance:
                return text if world.is_wrong(case, text) else None
    return None


def _explore(search: _Search, sites: Sequence[_Site]) -> None:
    """First each constant by itself at the first row, then mutations of what was new."""
    queue: list[tuple[_Site, Program]] = []
    plain: list[tuple[_Site, Program]] = [(site, Program(base)) for site in sites for base in site.bases]
    _tried(search, plain, queue)
    first = sites[0]
    bases: tuple[Base, ...] = ("another answer", "junk", "the right answer", "a slip")
    listed = [(first, Program(base, edits)) for edits in sweep(search.lexicon) for base in bases if base in first.bases]
    half = search.scorer.config.search_calls // 2
    rng = Random(f"{search.scorer.config.seed}/search")
    _tried(search, listed if len(listed) <= half else rng.sample(listed, half), queue)
    queue = queue or plain
    swept: set[str] = set()
    while not search.is_over:
        open_ones = [(site, one) for site, one in queue if _may_grow(one) and str(one) not in swept]
        ahead = max(open_ones, key=lambda entry: len(entry[1].edits), default=None)
        if ahead is not None:
            site, program = ahead
            swept.add(str(program))
            _tried(search, [(site, program.plus(edit)) for edit in further(search.lexicon)], queue)
        picked = [queue[_pick(len(queue), rng)] for _ in range(BATCH)]
        _tried(search, [(rng.choice([site, *sites]), mutated(program, search.lexicon, rng)) for site, program in picked
                        ], queue)  # fmt: skip


def _may_grow(program: Program) -> bool:
    return 0 < len(program.edits) < MOST_EDITS


def _pick(count: int, rng: Random) -> int:
    """An index, of the newest half of the time."""
    return rng.randrange(max(0, count - BATCH), count) if rng.random() < HALF else rng.randrange(count)


def _tried(search: _Search, programs: Sequence[tuple[_Site, Program]], queue: list[tuple[_Site, Program]]) -> None:
    able = [(site, program) for site, program in programs if program.base in site.bases]
    answers = [_answer(site, program) for site, program in able]
    for (site, program), (_, one) in zip(able, search.watched(answers), strict=False):
        share = None if one.graded.value is None else search.scorer.config.share(one.graded.value)
        is_better = share is not None and share > search.best.get(program.base, 0.0) + search.scorer.config.tolerance
        if is_better and share is not None:
            search.best[program.base] = share
        if one.new or is_better:
            queue.append((site, program))
        if one.graded.fault is not None or (one.graded.result is not None and one.graded.result.fault):
            _prove_fault(search, site, program)
        elif share is not None and program.edits:
            _prove_pay(search, site, program, share)


def _answer(site: _Site, program: Program) -> Answer:
    """What the program says at a row, as a whole completion."""
    case, text = site.bases[program.base]
    return Answer(site.case.outer or site.case, program.text(text, case.frame))


def _prove_fault(search: _Search, site: _Site, program: Program) -> None:
    """A finding if the grader fails on this answer without being watched, and not on the right one."""
    if "fault" in search.found or "total-raises" in search.skipped:
        return

    def fault(one: Program) -> str:
        answer = _answer(site, one)
        graded = search.scorer.unwatched([answer])[0]
        return str(graded.fault) if graded.fault else graded.result.fault if graded.result else ""

    if fault(Program("the right answer")) or not fault(program):
        return
    smallest = _shrunk(program, lambda one: one.base in site.bases and bool(fault(one)))
    answer = _answer(site, smallest)
    message = f"{smallest}: {fault(smallest)}"
    example: dict[str, JSON] = {"id": site.case.id, "completion": answer.text}
    search.found["fault"] = Finding("total-search", message, {"edits": len(smallest.edits)}, example)


def _prove_pay(search: _Search, site: _Site, program: Program, share: float) -> None:
    """A finding if this wrong answer is paid in most rows in which it is certainly wrong."""
    config = search.scorer.config
    is_slip = program.base == "a slip"
    if (
        program.base == "the right answer"
        or "pay" in search.found
        or share < (1 - config.tolerance if is_slip else config.wrong_max)
    ):
        return
    if is_slip and any(edit.kind in BY_ROW for edit in program.edits):
        return
    jury = _jury(search, site)
    if not _ballot(search, jury, program).is_carried:
        return
    smallest = _shrunk(program, lambda one: bool(one.edits) and _ballot(search, jury, one).is_carried)
    rows, tried = _ballot(search, jury, smallest)
    paid = len(rows)
    if _ballot(search, jury, Program(smallest.base)).is_carried:
        return  # nothing that the list of attacks does not try
    answer = _answer(site, smallest)
    message = f"{smallest}: paid as a right answer in {paid} of {tried} rows in which it is wrong"
    example: dict[str, JSON] = {"id": site.case.id, "completion": answer.text[:600], "gold": _gold_sent(site)}
    search.found["pay"] = Finding("attack-search", message, {"paid": paid, "tried": tried}, example)


def _gold_sent(site: _Site) -> str:
    return Answer(site.case, site.case.gold or "").sent


def _jury(search: _Search, site: _Site) -> list[_Site]:
    cases = sample_of(search.world.cases, JURY, f"{search.scorer.config.seed}/jury")
    others = [one for case in cases if case is not site.case and (one := _site(search, case)) is not None]
    return [site, *others]


class _Ballot(NamedTuple):
    """The right answers of the rows in which a wrong one was paid, and the number of rows it was tried in."""

    paid: tuple[str, ...]
    tried: int

    @property
    def is_carried(self) -> bool:
        """Whether it is paid in most rows, whatever is right in them."""
        return len(self.paid) >= LEAST and len(self.paid) > HALF * self.tried and len(set(self.paid)) > 1


def _ballot(search: _Search, jury: Sequence[_Site], program: Program) -> _Ballot:
    """Where the answer is paid, of the rows in which it is certainly wrong and the right one is paid."""
    scorer, asked = search.scorer, [site for site in jury if program.base in site.bases]
    answers = [_answer(site, program) for site in asked]
    wrong = [(site, answer) for site, answer in zip(asked, answers, strict=True)
             if search.world.is_wrong(answer.case, answer.text)
             and (program.base == "a slip" or not _mentions(search.world, site.case, answer.text))]  # fmt: skip
    values = scorer.values([answer for _, answer in wrong])
    honest = scorer.values([Answer(site.case, site.case.gold or "") for site, _ in wrong])
    judged = [(site, value, right) for (site, _), value, right in zip(wrong, values, honest, strict=True)
              if value is not None and right]  # fmt: skip
    paid = tuple(site.case.gold or "" for site, value, right in judged if _is_as_good(value, right, scorer, program))
    return _Ballot(paid, len(judged))


def _mentions(world: World, case: Case, text: str) -> bool:
    """Whether everything that is right here is said somewhere, among other things."""
    paths = graded_leaves(world, case)
    right = [at(case.tree, path) for path in paths] if case.tree is not None and paths else [case.gold or ""]
    return all(_is_said(value, text) for value in right)


def _is_said(value: JSON, text: str) -> bool:
    shown = value if isinstance(value, str) else dumps(value)
    number = number_in(shown)
    if number is not None:
        return any(are_near(shown, one) for one in re.findall(NUMBER, text))
    return re.search(rf"(?<!\w){re.escape(shown)}(?!\w)", text, re.IGNORECASE) is not None


def _is_as_good(value: float, right: float, scorer: Scorer, program: Program) -> bool:
    if program.base == "a slip":
        return value >= right - scorer.config.tolerance
    return scorer.config.share(value) >= scorer.config.wrong_max


def _shrunk(program: Program, holds: Callable[[Program], bool]) -> Program:
    """The smallest program for which it still holds."""
    tries = 0
    while tries < SHRINKS:
        for one in program.smaller():
            tries += 1
            if holds(one):
                program = one
                break
        else:
            break
    return program
