"""How alike two JSON values are: the one comparison that every component uses.

Types are strict (a bool is no number, "5" is not 5, but 1 and 1.0 are the same JSON number), order counts where it
was not declared free, and only equality earns 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rewards.comparing.edit_distance import ALMOST, edit_ratio
from rewards.comparing.matching import best_total
from rewards.comparing.normalise import NORMALISERS, normaliser
from rewards.comparing.numbers import DecimalMark, is_near, read_number
from rewards.limits import MAX_DEPTH, MAX_PAIRS
from rewards.types import JSON

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

_AMOUNTS: Mapping[str, DecimalMark] = {"amount": ".", "amount_comma": ","}
ANY_OF, OPTIONAL = "$any_of", "$optional"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What counts as equal. `fields` declares another comparison for the values under a key, at any depth below it.

    `text` names a normaliser of `rewards.comparing.normalise`; strings whose edit ratio is at least `near` earn
    it, but never 1 (by default only equality earns). Numbers are equal within `abs_tol` or `rel_tol` of the reference;
    there is no credit for being near, since ids and amounts must not earn it. `ordered=False` compares lists as
    multisets. With `text="amount"` a number and a text are equal where they are one amount within the tolerance, such
    as "$1,234.50" and 1234.5.

    >>> Comparison(text="casefold", fields={"amount": Comparison(abs_tol=0.01)}).at("amount").abs_tol
    0.01
    """

    text: str = "nfc"
    near: float = 1.0
    abs_tol: float = 0.0
    rel_tol: float = 0.0
    ordered: bool = True
    fields: Mapping[str, Comparison] = field(default_factory=dict)

    def __post_init__(self) -> None:
        normaliser(self.text)
        if not 0 < self.near <= 1:
            raise ValueError(f"near must lie in (0, 1], got {self.near!r}")
        for tolerance in (self.abs_tol, self.rel_tol):
            if not (math.isfinite(tolerance) and tolerance >= 0):
                raise ValueError(f"a tolerance must be finite and not negative, got {tolerance!r}")

    @property
    def pays_near(self) -> bool:
        """Whether text that is not equal earns something anywhere."""
        return self.near < 1 or any(nested.pays_near for nested in self.fields.values())

    def at(self, key: str) -> Comparison:
        """The comparison for the value under `key`."""
        return self.fields.get(key, self) if self.fields else self


DEFAULT = Comparison()
_KEPT_CHARS = 256
_ABSENT: Any = object()  # no JSON value, and equal to none


def similarity(value: JSON, reference: JSON, how: Comparison = DEFAULT, depth: int = 0) -> float:
    """How alike `value` is to `reference`, in [0, 1]; 1 only where they are equal under `how`.

    A reference `{"$any_of": [...]}` stands for its best accepted value. Numbers and strings earn 0 or 1, lists their
    best alignment over the longer length, objects as `object_similarity` says. Beyond 64 levels it is 0.

    >>> similarity([1, 2, 3], [1, 3]), similarity({"a": 1.0, "b": 2}, {"a": 1}), similarity(True, 1)
    (0.6666666666666666, 0.5, 0.0)
    >>> similarity("Rule 144", {"$any_of": ["17 CFR 230.144", "Rule 144"]})
    1.0
    """
    kind = type(reference)
    if kind is str:
        return 1.0 if value == reference else _of_text(value, reference, how)  # type: ignore[arg-type]  # `kind` narrowed it
    if kind is bool or reference is None:
        return 1.0 if value is reference else 0.0
    if kind is int or kind is float:
        return _of_numbers(value, reference, how)  # type: ignore[arg-type]  # `kind` narrowed it
    if depth >= MAX_DEPTH:
        return 0.0
    if isinstance(reference, dict):
        if ANY_OF in reference:
            accepted = accepted_values(reference)
            return 1.0 if _holds(accepted, value) else _of_best(value, accepted, how, depth + 1)
        return object_similarity(value, reference, how, depth=depth + 1) if isinstance(value, dict) else 0.0
    if isinstance(reference, list) and isinstance(value, list):
        return _of_lists(value, reference, how, depth + 1)
    return 0.0


def object_similarity(
    value: Mapping[str, JSON],
    reference: Mapping[str, JSON],
    how: Comparison = DEFAULT,
    *,
    key_credit: float = 0.0,
    depth: int = 0,
) -> float:
    """In [0, 1]; 1 only where every required key is right, no key is unknown and each optional key is absent or right.

        mean over required keys of [credit + (1 - credit) s], 0 where one is absent
        ------------------------------------------------------------------------------
        (1 + unknown keys) x (1 + sum over optional keys given of (1 - s))

    with s the `similarity` under the key; where no key is required it is 1 or 0. An optional key can only cost, so
    defaults cannot be farmed. More keys than any reference may have never pay, whatever the policy believes: the proof
    is in docs/rewards.md. A reference `{"$any_of": [...]}` stands for its best accepted object.

    >>> object_similarity({"city": "Bern", "days": 3}, {"city": "Bern", "days": 2}, key_credit=0.1)
    0.55
    >>> object_similarity({"city": "Bern", "state": "BE"}, {"city": "Bern"})
    0.5
    """
    if ANY_OF in reference:
        objects = [item for item in accepted_values(dict(reference)) if isinstance(item, dict)]
        scores = [object_similarity(value, item, how, key_credit=key_credit, depth=depth) for item in objects]
        return max(scores, default=0.0)
    earned, required, known, right, wrong, fields, value_of = 0.0, 0, 0, 0, 0.0, how.fields, value.get
    none: Sequence[JSON] = ()
    for key, expected in reference.items():
        given = value_of(key, _ABSENT)
        if type(expected) is str and given == expected:  # the usual case
            right += 1
            continue
        accepted, optional = none, False
        if type(expected) is dict and ANY_OF in expected:
            accepted, optional = accepted_values(expected), expected.get(OPTIONAL) is True
            if given is not _ABSENT and _holds(accepted, given):  # the usual case of several
                known += optional
                right += not optional
                continue
        required += not optional
        if given is _ABSENT:
            continue
        known += 1
        at = fields.get(key, how) if fields else how
        s = (
            _of_best(given, accepted, at, depth + 1)
            if accepted and depth < MAX_DEPTH
            else similarity(given, expected, at, depth)
        )
        if optional:
            wrong += 1.0 - s
        else:
            earned += 1.0 - (1.0 - key_credit) * (1.0 - s)
    earned, required, unknown = earned + right, required + right, len(value) - known - right
    if not required:
        return 0.0 if unknown or wrong else 1.0
    return earned / required / ((1 + unknown) * (1.0 + wrong))


def accepted_values(reference: JSON) -> Sequence[JSON]:
    """The values a reference accepts: the list under `$any_of`, or the reference alone."""
    if isinstance(reference, dict) and ANY_OF in reference:
        accepted = reference[ANY_OF]
        return accepted if isinstance(accepted, list) else [accepted]
    return [reference]


def is_optional(reference: JSON) -> bool:
    """Whether the key that holds `reference` may be absent from an answer."""
    return isinstance(reference, dict) and ANY_OF in reference and reference.get(OPTIONAL) is True


def canonical(reference: JSON) -> JSON:
    """`reference` with the first accepted value in the place of every `$any_of`, and without optional keys: one right
    answer.

    >>> canonical({"rule": {"$any_of": ["144", "17 CFR 230.144"]}, "note": {"$any_of": [""], "$optional": True}})
    {'rule': '144'}
    """
    if isinstance(reference, dict):
        if ANY_OF in reference:
            return next((canonical(accepted) for accepted in accepted_values(reference)), None)
        return {key: canonical(value) for key, value in reference.items() if not is_optional(value)}
    return [canonical(item) for item in reference] if isinstance(reference, list) else reference


def _holds(accepted: Sequence[JSON], value: JSON) -> bool:
    """Whether one of `accepted` is the same text, whole number or truth value: the usual case, and a quick one."""
    kind = type(value)
    if kind is str:
        return value in accepted
    if kind is int or kind is bool:
        for each in accepted:
            if each == value and type(each) is kind:
                return True
    return False


def _of_best(value: JSON, accepted: Sequence[JSON], how: Comparison, depth: int) -> float:
    best = 0.0
    if type(value) is str and how.near == 1.0 and how.text not in _AMOUNTS:  # normalised once for all of them
        left = NORMALISERS[how.text](value)
        for one in accepted:
            if type(one) is str and _normal(how.text, one) == left:
                return 1.0
        accepted = [one for one in accepted if type(one) is dict]
    for reference in accepted:
        best = max(best, similarity(value, reference, how, depth))
        if best == 1.0:
            break
    return best


def _of_text(value: JSON, reference: str, how: Comparison) -> float:
    if how.text in _AMOUNTS and (equal := _of_amounts(value, reference, how)) is not None:
        return equal
    if type(value) is not str:
        return 0.0
    left, right = NORMALISERS[how.text](value), _normal(how.text, reference)
    if left == right or how.near == 1.0:
        return 1.0 if left == right else 0.0
    alike = min(edit_ratio(left, right), ALMOST)
    return alike if alike >= how.near else 0.0


def _normal(name: str, reference: str) -> str:
    """A text of a reference in its normal form, kept where it is short: all answers of a group are compared with it."""
    return _kept(name, reference) if len(reference) <= _KEPT_CHARS else NORMALISERS[name](reference)


@lru_cache(maxsize=1024)
def _kept(name: str, reference: str) -> str:
    return NORMALISERS[name](reference)


@lru_cache(maxsize=1024)
def _kept_amount(reference: str, decimal: DecimalMark) -> Decimal | None:
    return read_number(reference, decimal=decimal)


def _of_numbers(value: JSON, reference: float, how: Comparison) -> float:
    if type(value) is not int and type(value) is not float:
        return _of_amounts(value, reference, how) or 0.0 if how.text in _AMOUNTS else 0.0
    if value == reference:
        return 1.0 if abs(value) != math.inf else 0.0
    if not (how.abs_tol or how.rel_tol):
        return 0.0
    try:
        size = abs(reference)
        tolerance, distance = max(how.abs_tol, how.rel_tol * size), abs(value - reference)
        rounding = 1e-15 * (size + abs(value) + tolerance)
    except OverflowError:  # an integer beyond the range of a float
        return _of_exact_numbers(value, reference, how)
    if abs(distance - tolerance) <= rounding:
        return _of_exact_numbers(value, reference, how)
    return 1.0 if distance < tolerance and size != math.inf else 0.0


def _of_amounts(value: JSON, reference: JSON, how: Comparison) -> float | None:
    """Amounts as text or as numbers, within the tolerance; None where one of them is none."""
    decimal = _AMOUNTS[how.text]
    is_short = type(reference) is str and len(reference) <= _KEPT_CHARS
    right = _kept_amount(str(reference), decimal) if is_short else read_number(reference, decimal=decimal)
    left = None if right is None else read_number(value, decimal=decimal)
    if left is None or right is None:
        return None
    return float(is_near(left, right, abs_tol=how.abs_tol, rel_tol=how.rel_tol))


def _of_exact_numbers(value: float, reference: float, how: Comparison) -> float:
    """In decimal, as the numbers are written: 1.01 is within 0.01 of 1."""
    if not (_is_finite(value) and _is_finite(reference)):
        return 0.0
    exact = _fraction(reference)
    tolerance = max(_fraction(how.abs_tol), _fraction(how.rel_tol) * abs(exact))
    return 1.0 if abs(_fraction(value) - exact) <= tolerance else 0.0


def _fraction(number: float) -> Fraction:
    from fractions import Fraction  # 5 ms that hardly any grader needs

    return Fraction(number if type(number) is int else repr(number))


def _is_finite(number: float) -> bool:
    return type(number) is int or math.isfinite(number)


def _of_lists(value: list[JSON], reference: list[JSON], how: Comparison, depth: int) -> float:
    """The best alignment over the longer length. Beyond `MAX_PAIRS` only what is equal at both ends counts."""
    longest = max(len(value), len(reference))
    if not (value and reference):
        return 1.0 if not longest else 0.0

    def alike(v: JSON, r: JSON) -> float:
        return similarity(v, r, how, depth)

    if how.ordered:
        return ordered_total(value, reference, alike) / longest
    if len(value) * len(reference) > MAX_PAIRS:
        return _equal_ends(value, reference, alike)[0] / longest
    return best_total([[alike(v, r) for r in reference] for v in value]) / longest


def ordered_total(value: Sequence[JSON], reference: Sequence[JSON], alike: Callable[[JSON, JSON], float]) -> float:
    """The largest sum of `alike` over pairs that keep the order. Equal ends are paired at once: no other pairing is
    better. Beyond `MAX_PAIRS` only they count.

    >>> ordered_total([1, 2, 3], [1, 3], similarity)
    2.0
    """
    ends, start, stop_v, stop_r = _equal_ends(value, reference, alike)
    middle_v, middle_r = value[start:stop_v], reference[start:stop_r]
    if len(middle_v) * len(middle_r) > MAX_PAIRS:
        return ends
    above = [0.0] * (len(middle_r) + 1)
    for v in middle_v:
        row = [0.0]
        for column, r in enumerate(middle_r):
            row.append(max(above[column + 1], row[column], above[column] + alike(v, r)))
        above = row
    return ends + above[-1]


def _equal_ends(
    value: Sequence[JSON], reference: Sequence[JSON], alike: Callable[[JSON, JSON], float]
) -> tuple[float, int, int, int]:
    """How many items agree at both ends, and where the middle lies: its start, and its stop in either list."""
    start, stop_v, stop_r = 0, len(value), len(reference)
    while start < min(stop_v, stop_r) and alike(value[start], reference[start]) == 1.0:
        start += 1
    while start < min(stop_v, stop_r) and alike(value[stop_v - 1], reference[stop_r - 1]) == 1.0:
        stop_v, stop_r = stop_v - 1, stop_r - 1
    return float(len(value) - stop_v + start), start, stop_v, stop_r
