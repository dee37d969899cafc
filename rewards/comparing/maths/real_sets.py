"""Sets of real numbers: intervals, unions, inequalities in one variable. Two are compared by what they contain."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from rewards.comparing.maths.decimals import CONTEXT, Complex, Value, are_near, complex_of
from rewards.comparing.maths.nodes import Apply, Group, MathError, Node, Relation, Symbol
from rewards.comparing.maths.values import is_variable, real_of, sign_of, symbols_of, value_of

_OPERATIONS = ("union", "intersection", "without")
_FIELDS = ("fieldR", "fieldZ", "fieldN", "fieldQ")
_ORDERS: Mapping[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    ">": lambda order: order > 0,
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
    "!=": bool,
    "=": lambda order: not order,
}
_NEAR = Fraction(1, 10**6)
_IRRATIONAL = Fraction(CONTEXT.sqrt(Decimal("0.5772")))  # no multiple of it is an end that people write
_MAX_DENOMINATOR = 10**6


def is_real_set(node: Node) -> bool:
    """Whether a tree can only be a set of real numbers, not also a point or a list."""
    if isinstance(node, Group):
        return len(node.items) == 2 and (node.opening, node.closing) in (("[", ")"), ("(", "]"))
    if isinstance(node, Symbol):
        return node.name in _FIELDS
    if isinstance(node, Relation):
        signs = set(node.signs)
        return signs <= _ORDERS.keys() and signs != {"="} and len(symbols_of(_in_one_variable(node))) == 1
    return isinstance(node, Apply) and node.name in _OPERATIONS


def are_same_set(left: Node, right: Node) -> bool:
    """Whether both contain the same numbers: asked at every end, near it, between the ends, and beyond."""
    ends = {_exact(end) for node in (left, right) for end in _ends(node)}
    points = [*_ends(left), *_ends(right), *_between(sorted(ends))]
    return all(_contains(left, point) == _contains(right, point) for point in points)


def _between(ends: list[Fraction]) -> Iterator[Value]:
    low, high = (ends[0], ends[-1]) if ends else (Fraction(0), Fraction(0))
    yield from (low - 1, high + 1, low - 1_000, high + 1_000, Fraction(0))
    for end in ends:
        yield from (-end, end - _NEAR, end + _NEAR, round(end) + Fraction(0))
    for one, other in itertools.pairwise((low - 2, *ends, high + 2)):
        yield (one + other) / 2
        yield complex_of(one + (other - one) * _IRRATIONAL)
    draw = random.Random(len(ends))  # points to test at, no secret
    for _ in range(24):
        yield low - 2 + (high - low + 4) * Fraction(draw.randrange(10**6), 10**6)


def _exact(value: Value) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(value.re)


def _ends(node: Node) -> Iterator[Value]:
    if isinstance(node, Group):
        ends = [real_of(value_of(item)) for item in node.items if _infinite(item) == 0]
        if len(ends) == 2 and node.opening in ("(", "[") and sign_of(ends[0], ends[1]) > 0:
            raise MathError("an interval from above to below")
        yield from ends
    elif isinstance(node, Apply) and node.name in _OPERATIONS:
        for item in node.items:
            yield from _ends(item)
    elif isinstance(node, Relation):
        for side in node.sides:
            if not symbols_of(side) and _infinite(side) == 0:
                yield real_of(value_of(side))


def _contains(node: Node, point: Value) -> bool:
    if isinstance(node, Group):
        return _in_group(node, point)
    if isinstance(node, Symbol):
        return _in_field(node.name, point)
    if isinstance(node, Apply) and node.name in _OPERATIONS:
        first, second = (_contains(item, point) for item in node.items)
        return {"union": first or second, "intersection": first and second, "without": first and not second}[node.name]
    if isinstance(node, Relation):
        return _holds(node, point)
    return sign_of(point, real_of(value_of(node))) == 0


def _in_field(field: str, point: Value) -> bool:
    exact = _exact(point)
    ratio = exact.limit_denominator(_MAX_DENOMINATOR) if isinstance(point, Complex) else exact
    if field == "fieldR" or not are_near(point, ratio):
        return field == "fieldR"
    return field == "fieldQ" or (ratio.denominator == 1 and (field == "fieldZ" or ratio > 0))


def _in_group(node: Group, point: Value) -> bool:
    if node.opening in ("\\{", ""):
        return any(sign_of(point, real_of(value_of(item))) == 0 for item in node.items)
    if len(node.items) != 2:
        raise MathError("no interval")
    above, below = _side(point, node.items[0]), _side(point, node.items[1])
    return (above > 0 or (above == 0 and node.opening == "[")) and (below < 0 or (below == 0 and node.closing == "]"))


def _side(point: Value, end: Node) -> int:
    """-1, 0 or 1: where a point lies from an end."""
    infinite = _infinite(end)
    return -infinite if infinite else sign_of(point, real_of(value_of(end)))


def _infinite(node: Node) -> int:
    if isinstance(node, Apply) and node.name == "neg":
        return -_infinite(node.items[0])
    return int(isinstance(node, Symbol) and node.name == "inf")


def _in_one_variable(relation: Relation) -> Relation:
    """The relation with a quantity such as `f(x)`, where it bounds only that, as a variable."""
    free = [side for side in relation.sides if symbols_of(side)]
    if len(free) != 1 or not _is_product(free[0]):
        return relation
    return Relation(tuple(Symbol("f") if side is free[0] else side for side in relation.sides), relation.signs)


def _is_product(node: Node) -> bool:
    """Whether a tree is a variable, or variables side by side, as `f(x)` is read."""
    if isinstance(node, Apply) and node.name == "*":
        return all(map(_is_product, node.items))
    return is_variable(node)


def _holds(relation: Relation, point: Value) -> bool:
    relation = _in_one_variable(relation)
    (name,) = symbols_of(relation)
    for left, sign, right in zip(relation.sides, relation.signs, relation.sides[1:], strict=False):
        try:
            order = _order(left, right, {name: point})
        except MathError:
            return False
        if not _ORDERS[sign](order):
            return False
    return True


def _order(left: Node, right: Node, point: dict[str, Value]) -> int:
    if _infinite(left):
        return _infinite(left)
    if _infinite(right):
        return -_infinite(right)
    return sign_of(real_of(value_of(left, point)), real_of(value_of(right, point)))
