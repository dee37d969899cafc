"""Section 4: invariants of a reward, tested with Hypothesis and shrunk to the smallest counterexample.

A law draws an example and returns a violation or None. The audit and `rewards.testing` run the same laws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from rewards.audit.checks.list_order import order_as_declared, order_is_free, order_is_unsaid
from rewards.audit.checks.number_laws import digits_are_cut, nearer_costs_more
from rewards.audit.checks.violation import Violation, example_of, is_full
from rewards.audit.config import AuditConfig
from rewards.audit.perturb.damage import Damaged
from rewards.audit.perturb.examples import (
    Respelt,
    Rewritten,
    draw_bool_int,
    draw_broken,
    draw_call_order,
    draw_damaged,
    draw_key_order,
    draw_list_order,
    draw_other_spelling,
    draw_planted_bool,
    draw_white_space,
)
from rewards.audit.perturb.mistakes import (
    Edited,
    Place,
    draw_claim,
    draw_invention,
    draw_number,
    draw_omission,
    draw_pair,
    draw_place,
    is_derived,
    is_number_like,
)
from rewards.audit.perturb.wrong_numbers import far_numbers
from rewards.audit.perturb.wrong_texts import Wrong
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Answer, Case
from rewards.audit.rows.data_profile import World, in_reference
from rewards.audit.rows.json_tree import dumps, leaves, pattern
from rewards.audit.scoring import OutOfTimeError, Scorer
from rewards.types import JSON

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Law:
    """An invariant over all answers: how to draw an example, and what it violates (None: nothing)."""

    code: str
    claim: str
    draw: Callable[[World], SearchStrategy[Any] | None]
    violation: Callable[[World, Scorer, Any], Violation | None]


def smallest_violation(law: Law, world: World, scorer: Scorer) -> Violation | None:
    """The smallest counterexample that Hypothesis finds within the configured number of examples, or None."""
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis.errors import NoSuchExample

    strategy = law.draw(world)
    if strategy is None:
        return None
    chosen = settings(
        max_examples=scorer.config.law_examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    rng = Random(f"{scorer.config.seed}/{law.code}")

    def is_violated(drawn: Any) -> bool:
        try:
            return law.violation(world, scorer, drawn) is not None
        except OutOfTimeError:  # what was seen to be violated stays so: its answers are known
            return False

    try:
        smallest = find(strategy, is_violated, settings=chosen, random=rng)
    except NoSuchExample:
        return None
    return law.violation(world, scorer, smallest)


def check_laws(world: World, scorer: Scorer) -> list[Finding]:
    """One finding for each violated law, and one for the ungraded JSON paths."""
    findings = list(check_blind(world, scorer.config))
    tried = 0
    for law in LAWS:
        if scorer.limit.is_over:
            break
        tried += 1
        violation = smallest_violation(law, world, scorer)
        if violation is not None:
            findings.append(Finding(law.code, violation.message, example=violation.example))
    scorer.limit.meter.tried("laws", tried, len(LAWS))
    return findings


def check_blind(world: World, config: AuditConfig) -> list[Finding]:
    """A finding for ungraded JSON paths, whose values can be junk at no cost: unintended or allow-listed."""
    names = [name for name in world.blind if not is_ignored(name, config.ignore)]
    if not names:
        return []
    if world.spared:
        return [_blind_finding("law-threshold", names, world, "one at a time, though not all at once")]
    if not world.graded:
        return [_blind_finding("law-all-blind", names, world, "")]
    wanted = [name for name in names if in_reference(world, name) or _is_coordinate(world, name)]
    rest = [name for name in names if name not in wanted]
    found = [_blind_finding("law-blind-reference", wanted, world, "though references have values for them")]
    return [*(found if wanted else []), *([_blind_finding("law-blind", rest, world, "")] if rest else [])]


def _is_coordinate(world: World, name: str) -> bool:
    """Whether this is a number beside a graded one, both judged by what the reference says of other numbers: the y of a
    point in a box."""
    for case in world.few[:8]:
        derived = [p for p, leaf in leaves(case.tree) if is_number_like(leaf) and is_derived(case, leaf)]
        graded = {path[:-1] for path in derived if world.is_graded(path)}
        if any(pattern(path) == name and path[:-1] in graded for path in derived if path):
            return True
    return False


def _blind_finding(code: str, names: Sequence[str], world: World, though: str) -> Finding:
    total = len(world.blind) + len(world.graded)
    shown = ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")
    message = (
        f"{len(names)} of {total} parts of the answer can be junk at no cost{f', {though}' if though else ''}: {shown}"
    )
    return Finding(code, message, {"parts": list(names)})


def is_ignored(name: str, ignore: Sequence[str]) -> bool:
    """Whether a JSON path is allow-listed as ungraded: by itself, by its last key, or by an enclosing container.

    >>> is_ignored("Query analysis.Tools[].Reasoning", ["Reasoning"])
    True
    """
    steps = name.replace("[]", "").split(".")
    return any(name == one or name.startswith((f"{one}.", f"{one}[]")) or one in steps for one in ignore)


def _damage_raises(world: World, scorer: Scorer, answer: Answer) -> Violation | None:
    graded = scorer.graded([answer])[0]
    fault = str(graded.fault) if graded.fault else graded.result.fault if graded.result else ""
    if not fault or _is_ungradable(answer.case, scorer):
        return None
    return Violation(f"{fault} on {answer.text[:60]!r}", {"id": answer.case.id, "completion": answer.sent})


def _is_ungradable(case: Case, scorer: Scorer) -> bool:
    """Whether the row itself is at fault: not even its right answer can be judged."""
    result = scorer.graded([Answer(case, case.gold or "")])[0].result
    return result is None or bool(result.fault)


def _damaged_raises(world: World, scorer: Scorer, drawn: Damaged) -> Violation | None:
    return _damage_raises(world, scorer, Answer(drawn.case, drawn.text))


def _damage_pays(world: World, scorer: Scorer, drawn: Damaged) -> Violation | None:
    worse, right = scorer.values([Answer(drawn.case, drawn.text), Answer(drawn.case, drawn.case.gold or "")])
    if worse is None or right is None or worse <= right + scorer.config.tolerance:
        return None
    message = f"with {drawn}, the score rises from {right:.6g} to {worse:.6g}"
    return Violation(message, example_of(drawn.case, drawn.text))


def _text_damage_pays(world: World, scorer: Scorer, answer: Answer) -> Violation | None:
    worse, right = scorer.values([answer, Answer(answer.case, answer.case.gold or "")])
    if worse is None or right is None or worse <= right + scorer.config.tolerance:
        return None
    message = f"{answer.text[:60]!r} scores {worse:.6g}, the right answer {right:.6g}"
    return Violation(message, example_of(answer.case, answer.text))


def _repair_lowers(world: World, scorer: Scorer, drawn: Damaged) -> Violation | None:
    better = [drawn.repaired(index) for index in range(len(drawn.damages))]
    before, *after = scorer.values([Answer(one.case, one.text) for one in (drawn, *better)])
    for repaired, value in zip(better, after, strict=True):
        if before is not None and value is not None and value < before - scorer.config.tolerance:
            message = f"damaged ({drawn}) it scores {before:.6g}; with one mistake fewer ({repaired}) {value:.6g}"
            return Violation(message, {"id": drawn.case.id, "worse": drawn.text, "better": repaired.text})
    return None


def mistake_is_free(world: World, scorer: Scorer, place: Place) -> Violation | None:
    """A wrong value keeps full marks, at a place where junk throughout does not."""
    return _one_is_free(world, scorer, place, place.mistaken())


def _far_number_is_free(world: World, scorer: Scorer, place: Place) -> Violation | None:
    """A number that is clearly off keeps full marks."""
    value = place.value
    if not isinstance(value, int | float):
        return None
    return _one_is_free(world, scorer, place, list(far_numbers(value, world.forgiven)))


def _one_is_free(world: World, scorer: Scorer, place: Place, wrong: Sequence[Wrong]) -> Violation | None:
    case = place.case
    wrong = [one for one in wrong if world.is_wrong(case, place.text_with(one.value))]
    texts = [case.gold or "", place.junk_text(), *(place.text_with(one.value) for one in wrong)]
    right, junk, *values = scorer.values([Answer(case, text) for text in texts])
    if right is None or junk is None or not is_full(right, scorer):
        return None
    least = right - scorer.config.tolerance
    free = [one for one, value in zip(wrong, values, strict=True) if value is not None and value >= least > junk]
    if not free:
        return None
    before, after = (_shown(value) for value in (place.value, free[0].value))
    message = f"{pattern(place.path)}: {before} -> {after} ({free[0].how}) keeps the full score {right:.6g}"
    return Violation(message, example_of(case, place.text_with(free[0].value)))


def _edit_is_free(world: World, scorer: Scorer, drawn: Edited) -> Violation | None:
    """An answer changed at some places keeps full marks."""
    other, right = scorer.values([Answer(drawn.case, drawn.text), Answer(drawn.case, drawn.case.gold or "")])
    if other is None or right is None or not is_full(right, scorer) or other < right - scorer.config.tolerance:
        return None
    return Violation(f"{drawn.how}: keeps the full score {right:.6g}", example_of(drawn.case, drawn.text))


def _claim_pays(world: World, scorer: Scorer, drawn: Edited) -> Violation | None:
    """Junk that says it is right gets nearly full marks."""
    value = scorer.value(drawn.case, drawn.text)
    if value is None or scorer.config.share(value) < scorer.config.wrong_max:
        return None
    return Violation(f"{drawn.how}: scores {value:.6g}", example_of(drawn.case, drawn.text))


def _damage_is_free(world: World, scorer: Scorer, drawn: Damaged) -> Violation | None:
    """Two mistakes or more, each at a place where junk costs something, keep full marks together."""
    case = drawn.case
    if len(drawn.damages) < 2 or case.tree is None:
        return None
    places = [Place(case, one.path, pattern(one.path)).junk_text() for one in drawn.damages]
    right, worse, *junk = scorer.values([Answer(case, text) for text in (case.gold or "", drawn.text, *places)])
    if right is None or worse is None or not is_full(right, scorer) or worse < right - scorer.config.tolerance:
        return None
    if any(one is not None and one >= right - scorer.config.tolerance for one in junk):
        return None
    return Violation(f"with {drawn}, the full score {right:.6g} is kept", example_of(case, drawn.text))


def _shown(value: JSON, limit: int = 60) -> str:
    """A value as JSON, cut to a length.

    >>> _shown(153.0), _shown(0.25), _shown("x" * 99, 4)
    ('153', '0.25', '"xxx...')
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    text = dumps(value)
    return text if len(text) <= limit else f"{text[:limit]}..."


def _form_matters(world: World, scorer: Scorer, drawn: Rewritten) -> Violation | None:
    other, right = scorer.values([Answer(drawn.case, drawn.text), Answer(drawn.case, dumps(drawn.case.tree))])
    if right is None or (other is not None and abs(other - right) <= scorer.config.tolerance):
        return None
    message = f"{drawn.how}: {other} instead of {right:.6g} for the same answer"
    return Violation(message, {"id": drawn.case.id, "completion": Answer(drawn.case, drawn.text).sent})


def _type_is_ignored(world: World, scorer: Scorer, drawn: Rewritten) -> Violation | None:
    other, right = scorer.values([Answer(drawn.case, drawn.text), Answer(drawn.case, drawn.case.gold or "")])
    if other is None or right is None or other < right - scorer.config.tolerance:
        return None
    if scorer.config.share(right) < 1 - scorer.config.tolerance:
        return None  # a planted boolean that the grader cannot take at all, or a right answer that is none
    message = f"{drawn.how} keeps the full score {right:.6g}"
    return Violation(message, example_of(drawn.case, drawn.text))


def _spelling_matters(world: World, scorer: Scorer, drawn: Respelt) -> Violation | None:
    case, other = drawn
    right, moved = scorer.values([Answer(case, case.gold or ""), Answer(other, case.gold or "")])
    if moved == right:
        return None
    message = f"arguments as in {case.spelling!r} score {right}, the same as in {other.spelling!r} {moved}"
    return Violation(message, {"id": case.id, "row": other.asked(case.gold or "", case.id)})


LAWS: tuple[Law, ...] = (
    Law("total-raises", "no text makes the grader raise", draw_broken, _damage_raises),
    Law("total-raises", "no damaged answer makes the grader raise", draw_damaged, _damaged_raises),
    Law("law-damage-pays", "no damaged answer scores above the right one", draw_damaged, _damage_pays),
    Law("law-damage-pays", "no broken text scores above the right answer", draw_broken, _text_damage_pays),
    Law("law-repair-lowers", "repairing one mistake never lowers the score", draw_damaged, _repair_lowers),
    Law("law-mistake-free", "a wrong value costs something", draw_place, mistake_is_free),
    Law("law-tolerance", "a number that is clearly off costs something", draw_number, _far_number_is_free),
    Law("law-nearness", "a nearer number never costs more than a farther one", draw_number, nearer_costs_more),
    Law("law-nearness", "a digit more than the reference has is no free one", draw_number, digits_are_cut),
    Law("law-omission-free", "leaving a field out costs something", draw_omission, _edit_is_free),
    Law("law-invention-free", "inventing a field costs something", draw_invention, _edit_is_free),
    Law("law-pair-free", "two values changed together cost something", draw_pair, _edit_is_free),
    Law("law-damage-free", "several mistakes cost something", draw_damaged, _damage_is_free),
    Law("attack-claims", "saying that an answer is right does not make it so", draw_claim, _claim_pays),
    Law("law-key-order", "the order of keys is nothing", draw_key_order, _form_matters),
    Law("law-whitespace", "white space between tokens is nothing", draw_white_space, _form_matters),
    Law("law-bool-int", "true is not 1", draw_bool_int, _type_is_ignored),
    Law("law-bool-planted", "true is not 1, in rows with a boolean put in", draw_planted_bool, _type_is_ignored),
    Law(
        "law-call-spelling", "arguments mean the same as text and as an object", draw_other_spelling, _spelling_matters
    ),
    Law("law-call-order", "the order of calls matters as declared", draw_call_order, order_as_declared),
    Law("law-call-order", "the order of listed texts matters as declared", draw_list_order, order_as_declared),
    Law("law-list-order", "a list that is said to be in order is none in another", draw_list_order, order_is_free),
    Law("law-order-unsaid", "whether order matters is said somewhere", draw_list_order, order_is_unsaid),
)
