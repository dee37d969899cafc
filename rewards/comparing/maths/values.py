"""Computes the value of a tree at a point: exact where it is a fraction, in decimals where not, bounded in work."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, DecimalException
from fractions import Fraction
from functools import reduce
from typing import TypeAlias

from rewards.comparing.maths.decimals import (
    CONTEXT,
    Complex,
    Value,
    add,
    arctangent,
    are_near,
    complex_of,
    exponential,
    inverse,
    logarithm,
    magnitude,
    multiply,
    pi,
    power,
    root,
    sine_cosine,
)
from rewards.comparing.maths.nodes import (
    Apply,
    MathError,
    Node,
    Number,
    Symbol,
    TooMuchError,
    Unit,
    children_of,
)

_MAX_BITS, _MAX_FACTORIAL, _MAX_COSTLY = 8_000, 500, 20
_CONSTANTS = ("pi", "e", "i", "inf")
Point: TypeAlias = Mapping[str, Value]


def is_variable(node: Node) -> bool:
    """Whether a tree is one letter that may stand for anything."""
    return isinstance(node, Symbol) and node.name not in _CONSTANTS


def symbols_of(node: Node) -> frozenset[str]:
    """The variables of a tree."""
    return frozenset(_symbols(node))


def _symbols(node: Node) -> Iterator[str]:
    if isinstance(node, Symbol):
        if is_variable(node):
            yield node.name
    else:
        for child in children_of(node):
            yield from _symbols(child)


def value_of(node: Node, point: Point | None = None) -> Value:
    r"""The value of a tree where its variables are as `point` says; raises MathError where it has none.

    >>> from rewards.comparing.maths.reading import read_answer
    >>> value_of(read_answer(r"\frac{1}{2} + 0.25")), value_of(read_answer("x^2"), {"x": Fraction(3)})
    (Fraction(3, 4), Fraction(9, 1))
    """
    try:
        return _Evaluation(point or {}).of(node)
    except (DecimalException, ArithmeticError) as error:
        raise MathError("no value") from error


def real_of(value: Value) -> Value:
    """A value that is real; raises MathError for another."""
    if isinstance(value, Complex):
        if value.im:
            raise MathError("not a real number")
        return Complex(value.re)
    return value


def sign_of(left: Value, right: Value) -> int:
    """-1, 0 or 1: whether one real value is less than, equal to or greater than another."""
    if are_near(left, right):
        return 0
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return 1 if left > right else -1
    return 1 if complex_of(left).re > complex_of(right).re else -1


class _Evaluation:
    """One walk over a tree, which counts the costly steps."""

    def __init__(self, point: Point) -> None:
        self.point, self.costly = point, 0

    def of(self, node: Node) -> Value:
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Symbol):
            return self.symbol(node.name)
        if isinstance(node, Unit):
            value = self.of(node.item)
            return _product(value, Fraction(1, 100)) if node.name == "%" else value
        if isinstance(node, Apply):
            return self.apply(node)
        raise MathError(f"{type(node).__name__.lower()} is no number")

    def symbol(self, name: str) -> Value:
        if name in self.point:
            return self.point[name]
        if name == "pi":
            return Complex(CONTEXT.plus(pi()))
        if name == "e":
            return Complex(CONTEXT.exp(Decimal(1)))
        if name == "i":
            return Complex(Decimal(0), Decimal(1))
        raise MathError(f"no value for {name}")

    def apply(self, node: Apply) -> Value:
        name, items = node.name, node.items
        if name in ("sin", "cos", "tan", "cot", "sec", "csc"):
            return self.angle_function(name, items[0])
        values = [self.of(item) for item in items]
        if name in _CHAINS:
            return reduce(_CHAINS[name], values)
        if name in _BASIC and len(values) in (1, 2):
            return _BASIC[name](*values)
        if name in _WHOLE:
            return Fraction(_WHOLE[name](*(_integer(value) for value in values)))
        if name in ("min", "max") and values:
            return self.extreme(name, values)
        self.spend()
        if name in _COSTLY and len(values) in (1, 2):
            return _COSTLY[name](*values)
        raise MathError(f"{name} has no value")

    def spend(self) -> None:
        self.costly += 1
        if self.costly > _MAX_COSTLY:
            raise TooMuchError("too much to compute")

    def angle_function(self, name: str, item: Node) -> Value:
        self.spend()
        angle = complex_of(real_of(self.of(item))).re
        if isinstance(item, Unit) and item.name == "\u00b0":
            angle = CONTEXT.divide(CONTEXT.multiply(angle, pi()), Decimal(180))
        sine, cosine = sine_cosine(angle)
        top, bottom = {
            "sin": (sine, Decimal(1)), "cos": (cosine, Decimal(1)), "tan": (sine, cosine), "cot": (cosine, sine),
            "sec": (Decimal(1), cosine), "csc": (Decimal(1), sine),
        }[name]  # fmt: skip
        return _quotient(Complex(top), Complex(bottom))

    def extreme(self, name: str, values: list[Value]) -> Value:
        best = real_of(values[0])
        for value in values[1:]:
            if sign_of(real_of(value), best) == (1 if name == "max" else -1):
                best = value
        return best


def _plus(left: Value, right: Value) -> Value:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _bounded(left + right)
    return add(complex_of(left), complex_of(right))


def _negative(value: Value) -> Value:
    return -value if isinstance(value, Fraction) else Complex(value.re.copy_negate(), value.im.copy_negate())


def _product(left: Value, right: Value) -> Value:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _bounded(left * right)
    return multiply(complex_of(left), complex_of(right))


def _quotient(left: Value, right: Value) -> Value:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        if not right:
            raise MathError("division by zero")
        return _bounded(left / right)
    return multiply(complex_of(left), inverse(complex_of(right)))


def _power(base: Value, exponent: Value) -> Value:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction):
        if not base and exponent <= 0:
            raise MathError("zero to a power that is not positive")
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if exponent.denominator == 1 and bits * abs(exponent.numerator) <= _MAX_BITS:
            return base**exponent.numerator
    return power(complex_of(base), complex_of(exponent))


def _root(value: Value, degree: Value) -> Value:
    whole = _integer(degree)
    if not 1 < whole <= 1_000:
        raise MathError("no such root")
    return root(complex_of(value), whole)


def _logarithm(value: Value, base: Value = Fraction(10)) -> Value:
    return _quotient(logarithm(complex_of(value)), logarithm(complex_of(base)))


def _absolute(value: Value) -> Value:
    return abs(value) if isinstance(value, Fraction) else Complex(magnitude(value))


def _rounded(value: Value, direction: Callable[[Fraction], int]) -> Value:
    value = real_of(value)
    if isinstance(value, Complex) and abs(value.re) > Decimal("1e30"):
        raise MathError("too large to be rounded")
    exact = value if isinstance(value, Fraction) else Fraction(value.re)
    near = round(exact)
    return Fraction(near if are_near(value, Fraction(near)) else direction(exact))


def _arc(value: Value, name: str) -> Value:
    real = complex_of(real_of(value)).re
    half = CONTEXT.divide(pi(), Decimal(2))
    if name == "arctan":
        return Complex(CONTEXT.plus(arctangent(real)))
    rest = CONTEXT.subtract(Decimal(1), CONTEXT.multiply(real, real))
    if rest < 0:
        raise MathError("no such angle")
    arc = arctangent(CONTEXT.divide(real, CONTEXT.sqrt(rest))) if rest else (half if real > 0 else CONTEXT.minus(half))
    return Complex(CONTEXT.plus(arc) if name == "arcsin" else CONTEXT.subtract(half, arc))


def _hyperbolic(value: Value, name: str) -> Value:
    grown, shrunk = exponential(complex_of(value)), exponential(complex_of(_negative(value)))
    twice_sinh, twice_cosh = add(grown, complex_of(_negative(shrunk))), add(grown, shrunk)
    if name == "tanh":
        return _quotient(twice_sinh, twice_cosh)
    return _quotient(twice_sinh if name == "sinh" else twice_cosh, Fraction(2))


def _integer(value: Value) -> int:
    if not isinstance(value, Fraction) or value.denominator != 1:
        raise MathError("not a whole number")
    return value.numerator


def _factorial(number: int) -> int:
    if not 0 <= number <= _MAX_FACTORIAL:
        raise MathError("no factorial, or too large a one")
    return math.factorial(number)


def _choose(top: int, bottom: int) -> int:
    if not 0 <= bottom <= top <= _MAX_FACTORIAL:
        raise MathError("no such binomial, or too large a one")
    return math.comb(top, bottom)


def _bounded(value: Fraction) -> Value:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > 4 * _MAX_BITS:
        return complex_of(value)
    return value


_CHAINS: Mapping[str, Callable[[Value, Value], Value]] = {"+": _plus, "*": _product}
_BASIC: Mapping[str, Callable[..., Value]] = {
    "neg": _negative,
    "/": _quotient,
    "abs": _absolute,
    "floor": lambda value: _rounded(value, math.floor),
    "ceil": lambda value: _rounded(value, math.ceil),
}
_WHOLE: Mapping[str, Callable[..., int]] = {
    "!": _factorial,
    "binom": _choose,
    "gcd": math.gcd,
    "lcm": math.lcm,
}
_COSTLY: Mapping[str, Callable[..., Value]] = {
    "^": _power,
    "root": _root,
    "sqrt": lambda value: _root(value, Fraction(2)),
    "exp": lambda value: exponential(complex_of(value)),
    "ln": lambda value: logarithm(complex_of(value)),
    "log": _logarithm,
    "arcsin": lambda value: _arc(value, "arcsin"),
    "arccos": lambda value: _arc(value, "arccos"),
    "arctan": lambda value: _arc(value, "arctan"),
    "sinh": lambda value: _hyperbolic(value, "sinh"),
    "cosh": lambda value: _hyperbolic(value, "cosh"),
    "tanh": lambda value: _hyperbolic(value, "tanh"),
}
