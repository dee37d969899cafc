"""Laws of a single number: a nearer one never costs more than a farther one, and no digit that is read is cut off."""

from __future__ import annotations

from collections.abc import Sequence

from rewards.audit.checks.violation import Violation, example_of, is_full
from rewards.audit.perturb.mistakes import Place, number_at
from rewards.audit.perturb.wrong_numbers import offsets
from rewards.audit.rows.cases import Answer
from rewards.audit.rows.data_profile import World
from rewards.audit.rows.json_tree import pattern
from rewards.audit.rows.spans import JUNK
from rewards.audit.scoring import Scorer

TENTHS = range(1, 10)  # of the last place that the reference has


def nearer_costs_more(world: World, scorer: Scorer, place: Place) -> Violation | None:
    """A number keeps full marks at one distance and loses them at half of it: rounding, not tolerance."""
    found = number_at(place)
    if found is None:
        return None
    value, text_with = found
    moves = [sign * step for step in offsets(value) for sign in (1, -1)]
    numbers = [round(value + move, 6) if isinstance(value, float) else int(value + move) for move in moves]
    return _uneven(scorer, place, value, [(number, text_with(number)) for number in numbers])


def digits_are_cut(world: World, scorer: Scorer, place: Place) -> Violation | None:
    """A number with a digit more than the reference keeps full marks on one side of it and loses them on the other:
    18.9 is 18, and 17.9 is not. Not where whatever stands behind the digits is free, for there no digit more is read;
    nor where the next number keeps them, as of a confidence that may be anything from 0 to 1."""
    value, gold = place.value, place.case.gold or ""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    places = len((gold if place.case.tree is None else str(value)).partition(".")[2]) if value % 1 else 0
    numbers = [round(value + sign * tenth / 10 ** (places + 1), places + 1) for tenth in TENTHS for sign in (1, -1)]
    plain = place.case.tree is None
    texts = [f"{one:.{places + 1}f}" if plain else place.text_with(one) for one in numbers]
    beside = [round(value + sign / 10**places, places) for sign in (1, -1)]
    others = [f"{one:.{places}f}" if plain else place.text_with(one) for one in beside] + [gold + JUNK] * plain
    free = scorer.values([Answer(place.case, text) for text in others])
    if any(one is not None and is_full(one, scorer) for one in free):
        return None
    return _uneven(scorer, place, value, list(zip(numbers, texts, strict=True)))


def _uneven(scorer: Scorer, place: Place, value: float, tried: Sequence[tuple[float, str]]) -> Violation | None:
    """Where of two numbers the farther one keeps full marks, by more than twice the distance."""
    case = place.case
    right, *values = scorer.values([Answer(case, text) for text in (case.gold or "", *(text for _, text in tried))])
    if right is None or not is_full(right, scorer):
        return None
    full = [one for one, got in zip(tried, values, strict=True) if got is not None and is_full(got, scorer)]
    less = [number for (number, text) in tried if (number, text) not in full]
    pairs = [(far, text, near) for far, text in full for near in less if abs(far - value) >= 2 * abs(near - value)]
    if not pairs:
        return None
    far, text, near = pairs[0]
    message = f"{pattern(place.path)}: {far} keeps the full score {right:.6g} of {value}, the nearer {near} does not"
    return Violation(message, example_of(case, text))
