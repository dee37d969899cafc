"""Makes the nodes of a tree from what the reader has read: numbers, products, units, conditions."""

from __future__ import annotations

from fractions import Fraction

from rewards.comparing.maths.nodes import Apply, MathError, Node, Number, Relation, Symbol, Text, Unit
from rewards.comparing.maths.values import symbols_of


def conditions(items: tuple[Node, ...], joints: set[str]) -> Node | None:
    """Inequalities in one variable joined by the word "or", as a union, or by "and"; None for any other list."""
    names = {frozenset(symbols_of(item)) for item in items}
    signs = {sign for item in items if isinstance(item, Relation) for sign in item.signs}
    if len(joints) != 1 or "" in joints or len(names) != 1 or len(min(names)) != 1 or signs <= {"="}:
        return None
    found = items[0]
    for item in items[1:]:
        found = Apply(min(joints), (found, item))
    return found if all(isinstance(item, Relation) for item in items) else None


def times(left: Node, right: Node) -> Node:
    r"""Two factors side by side; a whole number before a fraction of whole numbers below 1 is a mixed number.

    A number before a fraction of words has a unit, `60\frac{\text{mi}}{\text{h}}`. The minus of a number is that of
    the whole.
    """
    if isinstance(left, Apply) and left.name == "neg" and isinstance(left.items[0], Number):
        return Apply("neg", (times(left.items[0], right),))
    if isinstance(left, Number) and isinstance(right, Apply) and right.name == "/":
        top, bottom = right.items
        if isinstance(top, Text) and isinstance(bottom, Text):
            return Unit(left, folded(" ".join([top.words, "per", bottom.words])))
        if left.decimals == 0 and isinstance(top, Number) and isinstance(bottom, Number) and top.value < bottom.value:
            return Apply("+", (left, right))
    return joined("*", left, right)


def joined(name: str, left: Node, right: Node) -> Node:
    """A sum or product of any number of items, so that a long one is not a deep tree."""
    first = left.items if isinstance(left, Apply) and left.name == name else (left,)
    return Apply(name, (*first, right))


def product(items: list[Node]) -> Node:
    """The product of one or more items."""
    return items[0] if len(items) == 1 else Apply("*", tuple(items))


def number(text: str) -> Number:
    """A literal such as `1.50`, with how many decimals it has."""
    whole, _, decimals = text.partition(".")
    return Number(Fraction(int(whole + decimals or "0"), 10 ** len(decimals)), len(decimals))


def repeating(number: Number, digits: str) -> Number:
    """A number behind whose decimals `digits` go on for ever; raises MathError where they are none."""
    if not (digits.isascii() and digits.isdigit()):
        raise MathError(f"cannot read \\overline{{{digits}}}")
    return Number(number.value + Fraction(int(digits), (10 ** len(digits) - 1) * 10**number.decimals))


def subscripted(node: Node, raw: str) -> Node:
    """A letter with an index, or a number with its base; raises MathError for anything else."""
    if isinstance(node, Symbol):
        return Symbol(f"{node.name}_{raw}")
    if isinstance(node, Number) and raw.isascii() and raw.isdigit():
        return Apply("base", (node, number(raw)))
    raise MathError(f"cannot read the index {raw!r}")


def folded(text: str) -> str:
    """Words in lower case, one space between them, without marks around."""
    return " ".join(text.casefold().split()).strip(" .,;:!?()")
