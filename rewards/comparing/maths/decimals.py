"""Complex arithmetic with 50 decimal digits, for values that are no fractions: roots, powers, logarithms, angles."""

from __future__ import annotations

from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction
from functools import cache
from typing import NamedTuple, TypeAlias

from rewards.comparing.maths.nodes import MathError

DIGITS = 50
CONTEXT = Context(DIGITS, ROUND_HALF_EVEN, -999_999, 999_999, 1, 0, [], [InvalidOperation, DivisionByZero, Overflow])
_EQUAL, _CANCELLED, _MAX_ANGLE = Decimal("1e-30"), Decimal("1e-38"), Decimal("1e9")
_ZERO, _ONE, _TWO = Decimal(0), Decimal(1), Decimal(2)


class Complex(NamedTuple):
    """A complex number in decimals."""

    re: Decimal
    im: Decimal = _ZERO


Value: TypeAlias = "Fraction | Complex"


def complex_of(value: Value) -> Complex:
    """A value in decimals."""
    if isinstance(value, Complex):
        return value
    return Complex(CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator)))


def are_near(left: Value, right: Value) -> bool:
    """Whether two values are the same number: fractions exactly, others in their first 30 digits.

    >>> are_near(root(Complex(Decimal(4)), 2), Fraction(2)), are_near(Fraction(1, 3), Fraction(33, 100))
    (True, False)
    """
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left == right
    a, b = complex_of(left), complex_of(right)
    with localcontext(CONTEXT):
        return magnitude(Complex(a.re - b.re, a.im - b.im)) <= _EQUAL * max(magnitude(a), magnitude(b))


def magnitude(value: Complex) -> Decimal:
    """The absolute value."""
    if not value.im:
        return value.re.copy_abs()
    with localcontext(CONTEXT):
        return CONTEXT.sqrt(value.re * value.re + value.im * value.im)


def add(left: Complex, right: Complex) -> Complex:
    """The sum, in which what cancels out is exactly zero."""
    return Complex(_sum(left.re, right.re), _sum(left.im, right.im))


def multiply(left: Complex, right: Complex) -> Complex:
    """The product."""
    with localcontext(CONTEXT):
        if not left.im and not right.im:
            return Complex(left.re * right.re)
        return Complex(_sum(left.re * right.re, -left.im * right.im), _sum(left.re * right.im, left.im * right.re))


def inverse(value: Complex) -> Complex:
    """One over the value."""
    with localcontext(CONTEXT):
        size = value.re * value.re + value.im * value.im
        if not size:
            raise MathError("division by zero")
        return Complex(value.re / size, -value.im / size)


def exponential(value: Complex) -> Complex:
    """e to the value."""
    size = CONTEXT.exp(value.re)
    if not value.im:
        return Complex(size)
    sine, cosine = sine_cosine(value.im)
    return Complex(CONTEXT.multiply(size, cosine), CONTEXT.multiply(size, sine))


def logarithm(value: Complex) -> Complex:
    """The natural logarithm, its principal value."""
    size = magnitude(value)
    if not size:
        raise MathError("the logarithm of zero")
    return Complex(CONTEXT.ln(size), _angle(value))


def power(base: Complex, exponent: Complex) -> Complex:
    """`base` to the `exponent`, its principal value."""
    if not magnitude(base):
        if exponent.re > 0:
            return Complex(_ZERO)
        raise MathError("zero to a power that is not positive")
    if not base.im and not exponent.im and (base.re > 0 or exponent.re == exponent.re.to_integral_value()):
        return Complex(CONTEXT.power(base.re, exponent.re))
    return exponential(multiply(exponent, logarithm(base)))


def root(value: Complex, degree: int) -> Complex:
    """The root: of a negative number with an odd degree the real one, else the principal value."""
    if degree == 2 and not value.im:
        size = CONTEXT.sqrt(value.re.copy_abs())
        return Complex(size) if value.re >= 0 else Complex(_ZERO, size)
    part = complex_of(Fraction(1, degree))
    if not value.im and value.re < 0 and degree % 2:
        return Complex(power(Complex(value.re.copy_negate()), part).re.copy_negate())
    return power(value, part)


def sine_cosine(angle: Decimal) -> tuple[Decimal, Decimal]:
    """Sine and cosine of a real angle in radians, by their series."""
    if angle.copy_abs() > _MAX_ANGLE:
        raise MathError("the angle is too large")
    with localcontext(CONTEXT) as context:
        context.prec += 20
        turn = 2 * pi()
        angle -= turn * (angle / turn).to_integral_value()
        small, square = angle / 16, (angle / 16) ** 2
        sine = term = small
        for n in range(1, 80):
            term *= -square / ((2 * n) * (2 * n + 1))
            sine += term
            if term.copy_abs() < Decimal(10) ** -(context.prec + 2):
                break
        cosine = (1 - sine * sine).sqrt()
        for _ in range(4):
            sine, cosine = 2 * sine * cosine, cosine * cosine - sine * sine
    return _cleared(sine), _cleared(cosine)


def arctangent(value: Decimal) -> Decimal:
    """The angle of a slope, from its series after halving the angle."""
    with localcontext(CONTEXT) as context:
        context.prec += 20
        halvings = 0
        while value.copy_abs() > Decimal("0.05"):
            value /= 1 + (1 + value * value).sqrt()
            halvings += 1
        total = term = value
        square = value * value
        for n in range(1, 80):
            term *= -square
            total += term / (2 * n + 1)
            if term.copy_abs() < Decimal(10) ** -(context.prec + 2):
                break
        return context.multiply(total, Decimal(2**halvings))


@cache
def pi() -> Decimal:
    """The circle's constant, by Machin's formula."""
    with localcontext(CONTEXT) as context:
        context.prec += 30
        return 4 * (4 * _arctangent_of_inverse(5) - _arctangent_of_inverse(239))


def _arctangent_of_inverse(slope: int) -> Decimal:
    total = term = _ONE / slope
    for n in range(1, 100):
        term /= -slope * slope
        total += term / (2 * n + 1)
    return total


def _angle(value: Complex) -> Decimal:
    if not value.im:
        return _ZERO if value.re > 0 else CONTEXT.plus(pi())
    if not value.re:
        half = CONTEXT.divide(pi(), _TWO)
        return half if value.im > 0 else half.copy_negate()
    with localcontext(CONTEXT):
        angle = arctangent(value.im / value.re)
        if value.re < 0:
            angle += pi() if value.im > 0 else -pi()
        return +angle


def _sum(left: Decimal, right: Decimal) -> Decimal:
    total = CONTEXT.add(left, right)
    largest = max(left.copy_abs(), right.copy_abs())
    return _ZERO if total.copy_abs() < CONTEXT.multiply(largest, _CANCELLED) else total


def _cleared(value: Decimal) -> Decimal:
    """The sine or cosine at 50 digits; zero where only the error of the angle is left."""
    return _ZERO if value.copy_abs() < _CANCELLED else CONTEXT.plus(value)
