"""Arithmetic over named scores, written as text: for a total that a weighted sum cannot say.

The grammar is that of the OpenAI multi-grader's `calculate_output`: + - * / **, min, max, abs, floor, ceil, sqrt,
exp, log. The range is computed by interval arithmetic when the reward is built, and an expression that could divide
by zero or overflow for some scores is refused then: no completion can make it raise.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from rewards.errors import SpecError
from rewards.hedging import Hedging, hedging_of, of_minimum, of_sum, warned
from rewards.reward_tree import Bounds, bounds_of, check_names, scores_of
from rewards.types import Completion, Reward, Sample, Score

_GROWING: dict[str, Callable[[float], float]] = {
    "floor": lambda x: float(math.floor(x)),
    "ceil": lambda x: float(math.ceil(x)),
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
}
_CHOOSING: dict[str, Callable[..., float]] = {"min": min, "max": max}
_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS = (*_GROWING, *_CHOOSING, "abs")


def expression(formula: str, parts: Mapping[str, Reward]) -> Expression:
    """The value of `formula` over the scores of named parts; `bounds_of` gives its range.

    Raises SpecError for unknown names, anything that is not arithmetic, and formulas that are not finite on the whole
    range.

    >>> from rewards import bounds_of, json_parse, tool_choice
    >>> reward = expression("tools * (0.2 + 0.8 * form ** 2)", {"tools": tool_choice(), "form": json_parse()})
    >>> bounds_of(reward)
    Bounds(low=0.0, high=1.0)
    """
    check_names(parts)
    reward = Expression(formula, dict(parts))
    _ = reward.bounds
    return warned(reward, "a graded score may be added, multiplied, raised to 1 or more, or chosen by `max`")


@dataclass(frozen=True)
class Expression:
    """See `expression`."""

    name: ClassVar[str] = "expression"
    formula: str
    parts: Mapping[str, Reward]
    _tree: ast.expr = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tree", _parsed(self.formula, tuple(self.parts)))

    @property
    def children(self) -> Mapping[str, Reward]:
        """The parts."""
        return self.parts

    @property
    def bounds(self) -> Bounds:
        """By interval arithmetic: never too narrow, and too wide where one name stands more than once."""
        try:
            bounds = _interval(self._tree, {name: bounds_of(reward) for name, reward in self.parts.items()})
        except SpecError:
            raise
        except (ArithmeticError, ValueError) as error:
            raise SpecError(f"{self.formula!r} has no finite value for some scores of its parts: {error}") from None
        if not all(map(math.isfinite, bounds)):
            raise SpecError(f"{self.formula!r} has no finite value for some scores of its parts")
        return bounds

    @property
    def hedging(self) -> Hedging:
        """Never pays where no part does and the formula is convex in those that read the reference."""
        return _hedging(self._tree, self.parts)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge each part and calculate."""
        scores = scores_of(self.parts, sample, completion)
        value = _value(self._tree, {name: score.value for name, score in scores.items()})
        return Score(float(value), parts=scores)


def _parsed(formula: str, names: tuple[str, ...]) -> ast.expr:
    if len(formula) > 1000:
        raise SpecError(f"a formula has at most 1,000 characters, got {len(formula):,}")
    try:
        tree = ast.parse(formula.strip(), mode="eval").body
    except SyntaxError as error:
        raise SpecError(f"cannot read the formula {formula!r}: {error.msg}") from None
    _check(tree, names, formula)
    return tree


def _check(node: ast.expr, names: tuple[str, ...], formula: str) -> None:
    for child in _operands(node, names, formula):
        _check(child, names, formula)


def _operands(node: ast.expr, names: tuple[str, ...], formula: str) -> list[ast.expr]:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and math.isfinite(value):
            return []
        case ast.Name(id=name) if name in names:
            return []
        case ast.Name(id=name):
            raise SpecError(f"{formula!r} names {name!r}, which is no part; parts: {', '.join(names)}")
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return [left, right]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if _takes(name, len(args)):
            return args
    raise SpecError(
        f"{ast.unparse(node)!r} is not allowed in a formula; "
        f"allowed: numbers, parts, + - * / **, {', '.join(_FUNCTIONS)}"
    )


def _takes(function: str, count: int) -> bool:
    return count >= 2 if function in _CHOOSING else function in _FUNCTIONS and count == 1


def _value(node: ast.expr, scores: Mapping[str, float]) -> float:
    match node:
        case ast.Name(id=name):
            return scores[name]
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]  # `_operands` admits numbers only
        case ast.UnaryOp(op=op, operand=operand):
            return -_value(operand, scores) if isinstance(op, ast.USub) else _value(operand, scores)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, scores), _value(right, scores))
        case ast.Call(func=ast.Name(id=name), args=args):
            values = [_value(argument, scores) for argument in args]
            function = _CHOOSING.get(name) or _GROWING.get(name) or abs
            return function(*values)
    raise AssertionError(f"{ast.dump(node)} passed the check")


def _interval(node: ast.expr, ranges: Mapping[str, Bounds]) -> Bounds:
    match node:
        case ast.Name(id=name):
            return ranges[name]
        case ast.Constant(value=value):
            return Bounds(float(value), float(value))  # type: ignore[arg-type]  # `_operands` admits numbers only
        case ast.UnaryOp(op=op, operand=operand):
            low, high = _interval(operand, ranges)
            return Bounds(-high, -low) if isinstance(op, ast.USub) else Bounds(low, high)
        case ast.BinOp(left=left, op=op, right=right):
            return _interval_of_operator(op, _interval(left, ranges), _interval(right, ranges))
        case ast.Call(func=ast.Name(id=name), args=args):
            return _interval_of_function(name, [_interval(argument, ranges) for argument in args])
    raise AssertionError(f"{ast.dump(node)} passed the check")


def _interval_of_operator(op: ast.operator, left: Bounds, right: Bounds) -> Bounds:
    if isinstance(op, ast.Sub):
        return Bounds(left.low - right.high, left.high - right.low)
    if isinstance(op, ast.Mult) and _may_both_turn(left, right):
        raise SpecError(
            f"a formula may not multiply [{left.low:g}, {left.high:g}] by [{right.low:g}, {right.high:g}]: "
            "two scores below 0 multiply to a good one; use max(x, 0)"
        )
    if isinstance(op, ast.Div) and right.low <= 0 <= right.high:
        raise ValueError(f"the divisor ranges over [{right.low:g}, {right.high:g}], which contains 0; use max(x, 0.1)")
    if isinstance(op, ast.Pow):
        return _interval_of_power(left, right)
    corners = [_OPERATORS[type(op)](a, b) for a in left for b in right]
    return Bounds(min(corners), max(corners))


def _interval_of_power(base: Bounds, exponent: Bounds) -> Bounds:
    fixed = exponent.low == exponent.high
    if base.low < 0 and not (fixed and exponent.low.is_integer() and exponent.low >= 0):
        raise ValueError("a base that can be negative needs a whole exponent of at least 0")
    if base.low <= 0 and exponent.low < 0:
        raise ValueError("a base that can be 0 needs an exponent of at least 0")
    corners = [a**b for a in base for b in exponent]
    if base.low < 0 < base.high:
        corners.append(0.0**exponent.low)
    return Bounds(min(corners), max(corners))


def _interval_of_function(name: str, arguments: list[Bounds]) -> Bounds:
    if name in _CHOOSING:
        choose = _CHOOSING[name]
        return Bounds(choose(b.low for b in arguments), choose(b.high for b in arguments))
    low, high = arguments[0]
    if name == "abs":
        return Bounds(0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))
    return Bounds(_GROWING[name](low), _GROWING[name](high))


def _may_both_turn(left: Bounds, right: Bounds) -> bool:
    """Whether both factors vary and can fall below 0. A constant is a weight, which may be negative."""
    return left.low < 0 and right.low < 0 and left.low < left.high and right.low < right.high


def _hedging(node: ast.expr, parts: Mapping[str, Reward]) -> Hedging:
    match node:
        case ast.Name(id=name):
            return hedging_of(parts[name])
        case ast.BinOp(left=left, op=op, right=right):
            operands, keeps = [left, right], _operator_keeps(op, left, right, parts)
        case ast.UnaryOp(op=op, operand=operand):
            operands, keeps = [operand], not isinstance(op, ast.USub)
        case ast.Call(func=ast.Name(id=name), args=operands):
            keeps = name in ("max", "exp") or (name == "min" and _minimum_keeps(operands, parts))
        case _:
            return Hedging.NO_REFERENCE
    found = of_sum(_hedging(operand, parts) for operand in operands)
    return found if keeps or found is Hedging.NO_REFERENCE or not found.never_pays else Hedging.CAN_PAY


def _operator_keeps(op: ast.operator, left: ast.expr, right: ast.expr, parts: Mapping[str, Reward]) -> bool:
    """Whether an operator rises with, and is convex in, what reads the reference."""
    low, least = _range(left, parts).low, _range(right, parts).low
    right_is_fixed = _hedging(right, parts) is Hedging.NO_REFERENCE
    match op:
        case ast.Add():
            return True
        case ast.Sub():
            return right_is_fixed
        case ast.Mult():
            return low >= 0 and least >= 0
        case ast.Div():
            return right_is_fixed and least > 0
        case _:
            return right_is_fixed and low >= 0 and least >= 1


def _minimum_keeps(operands: list[ast.expr], parts: Mapping[str, Reward]) -> bool:
    """Whether only one operand is graded, and nothing cuts off its best."""
    found = [_hedging(operand, parts) for operand in operands]
    highs = [_range(operand, parts).high for operand in operands]
    graded = [high for high, hedging in zip(highs, found, strict=True) if hedging is not Hedging.NO_REFERENCE]
    return min(highs) >= max(graded, default=min(highs)) and of_minimum(found).never_pays


def _range(node: ast.expr, parts: Mapping[str, Reward]) -> Bounds:
    return _interval(node, {name: bounds_of(reward) for name, reward in parts.items()})
