"""Whether two formulas have one value: exactly, or at points that are drawn by the names of their variables."""

from __future__ import annotations

from fractions import Fraction
from zlib import crc32

from rewards.comparing.maths.decimals import Value, are_near
from rewards.comparing.maths.nodes import Apply, MathError, Node, Number, Relation, Symbol, TooMuchError, children_of
from rewards.comparing.maths.values import real_of, sign_of, symbols_of, value_of

_TRIALS, _NEEDED, _DECIMALS = 4, 3, 6
_FLOAT = Fraction(1, 2**52)
_SIGN_PATTERNS = ((1, -1, 1, -1), (1, 1, -1, -1), (-1, 1, -1, 1), (-1, -1, 1, 1), (1, -1, -1, 1), (-1, 1, 1, -1))


def same_value(left: Node, right: Node) -> bool:
    """Whether two trees have one value, or one is a long decimal fraction that the other rounds to."""
    names = sorted(symbols_of(left) | symbols_of(right))
    if not names:
        one, other = value_of(left), value_of(right)
        return are_near(one, other) or _rounds_to(left, one, other) or _rounds_to(right, other, one)
    return all(are_near(one, other) for one, other in _at_points(names, left, right))


def is_multiple(left: Relation, right: Relation) -> bool:
    """Whether one equation is the other times a number that is not zero."""
    first, second = (Apply("+", (relation.sides[0], Apply("neg", relation.sides[1:]))) for relation in (left, right))
    values = _at_points(sorted(symbols_of(left) | symbols_of(right)), first, second)
    if not all(is_nonzero(value) for pair in values for value in pair):
        return False
    shares = [over(one, other) for one, other in values]
    return all(are_near(share, shares[0]) for share in shares)


def _at_points(names: list[str], *nodes: Node) -> list[tuple[Value, ...]]:
    """The values of trees at seeded points; raises MathError where fewer than three points have all of them."""
    found: list[tuple[Value, ...]] = []
    counts = any(map(_counts, nodes))
    for trial in range(2 * _TRIALS):
        point = {name: _whole(name, trial) if counts else _seeded(name, trial) for name in names}
        try:
            found.append(tuple(value_of(node, point) for node in nodes))
        except TooMuchError:
            raise
        except MathError:
            continue
        if len(found) == _TRIALS:
            break
    if len(found) < _NEEDED:
        raise MathError("no value at enough points")
    return found


def _seeded(name: str, trial: int) -> Fraction:
    """A point for a variable, the same for the same name: between -3 and 3, not zero, below zero in half of them."""
    drawn = crc32(f"{name}/{trial}".encode())
    pattern = _SIGN_PATTERNS[crc32(name.encode()) % len(_SIGN_PATTERNS)]
    return pattern[trial % len(pattern)] * Fraction(1 + drawn % 299, 100)


def _counts(node: Node) -> bool:
    """Whether a tree holds a factorial or a binomial of variables, which have values at whole numbers only."""
    counting = isinstance(node, Apply) and node.name in ("!", "binom") and bool(symbols_of(node))
    return counting or any(map(_counts, children_of(node)))


def _whole(name: str, trial: int) -> Fraction:
    """A point for a variable that counts: from 2 to 13, no two trials alike."""
    return Fraction(2 + (crc32(name.encode()) + 5 * trial) % 12)


def _rounds_to(node: Node, written: Value, exact: Value) -> bool:
    """Whether `node` is a decimal fraction of six or more decimals that `exact` rounds to, or its floating-point number
    as programs print it: 2/3 is 0.6666666666666666."""
    while isinstance(node, Apply) and node.name == "neg":
        node = node.items[0]
    if not isinstance(node, Number) or node.decimals < _DECIMALS or not isinstance(written, Fraction):
        return False
    half, exact = Fraction(1, 2 * 10**node.decimals), real_of(exact)
    if not isinstance(exact, Fraction) or 10**node.decimals % exact.denominator:  # else the decimals can say it exactly
        half = max(half, abs(written) * _FLOAT)
    return sign_of(exact, written - half) >= 0 and sign_of(exact, written + half) <= 0


def is_nonzero(value: Value) -> bool:
    """Whether a value can be told from zero."""
    return not are_near(value, Fraction(0))


def over(left: Value, right: Value) -> Value:
    """One value over another; raises MathError where that is none."""
    return value_of(Apply("/", (Symbol("left"), Symbol("right"))), {"left": left, "right": right})
