"""The tree of a written answer: what `reading` makes and `values` computes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias


class MathError(ValueError):
    """A text that is no mathematics we read, or a value that does not exist."""


class TooMuchError(MathError):
    """A value that takes too long to compute, wherever it is asked for."""


@dataclass(frozen=True, slots=True)
class Number:
    """A literal, exactly; `decimals` counts the digits behind its point."""

    value: Fraction
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable or a constant, such as `x`, `a_3`, `pi`, `e` or `i`."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation or a function of its arguments: `+`, `*`, `^`, `sin` …"""

    name: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A quantity with its unit, `%` and `°` among them."""

    item: Node
    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words, folded: `odd`, `no solution`."""

    words: str


@dataclass(frozen=True, slots=True)
class Group:
    """Several items: `(1, 2)`, `[1, 2)`, `{1, 2}`, or without brackets `1, 2`, with `opening` and `closing` empty."""

    opening: str
    items: tuple[Node, ...]
    closing: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of items."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain such as `1 < x <= 3` or `x = 5`: one sign less than sides."""

    sides: tuple[Node, ...]
    signs: tuple[str, ...]


Node: TypeAlias = "Number | Symbol | Apply | Unit | Text | Group | Matrix | Relation"


def children_of(node: Node) -> tuple[Node, ...]:
    """The trees inside a tree."""
    if isinstance(node, (Apply, Group)):
        return node.items
    if isinstance(node, Unit):
        return (node.item,)
    if isinstance(node, Relation):
        return node.sides
    if isinstance(node, Matrix):
        return tuple(item for row in node.rows for item in row)
    return ()


def is_deeper(node: Node, levels: int) -> bool:
    """Whether a tree has more than so many levels."""
    level = [node]
    for _ in range(levels):
        level = [child for each in level for child in children_of(each)]
    return bool(level)
