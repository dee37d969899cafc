"""Whether two answers are equal: a rule per kind of answer; what cannot be read is compared as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from rewards.comparing.maths.decimals import are_near
from rewards.comparing.maths.nodes import (
    Apply,
    Group,
    MathError,
    Matrix,
    Node,
    Number,
    Relation,
    Symbol,
    Text,
    Unit,
    children_of,
)
from rewards.comparing.maths.points import is_multiple, is_nonzero, over, same_value
from rewards.comparing.maths.real_sets import are_same_set, is_real_set
from rewards.comparing.maths.units import common_name
from rewards.comparing.maths.values import is_variable, symbols_of, value_of

_MAX_ITEMS = 40
_NAMING = ("*", "/", "abs", "prime", "ratio")


@dataclass(frozen=True, slots=True)
class Answer:
    """A written answer: its text without styling, and its tree where it could be read."""

    text: str
    tree: Node | None


NO_ANSWER = Answer("", None)


def are_equal(answer: Answer, reference: Answer) -> bool:
    r"""Whether an answer is the reference, in whatever form.

    >>> from rewards.comparing.maths import answer_of
    >>> pairs = [("1/2", r"\frac{1}{2}"), ("x>3", r"(3,\infty)"), ("2, 1", r"\{1,2\}"), ("(1,2)", "(2,1)")]
    >>> [are_equal(answer_of(one), answer_of(other)) for one, other in pairs]
    [True, True, True, False]
    """
    if answer.text == reference.text:
        return bool(answer.text)
    if answer.tree is None or reference.tree is None:
        return bool(answer.text) and _squeezed(answer.text) == _squeezed(reference.text)
    try:
        return _same(answer.tree, reference.tree)
    except (MathError, RecursionError):
        return answer.tree == reference.tree


def _squeezed(text: str) -> str:
    return re.sub(r"\\(?:text|textbf|mathrm|mbox|,|;|!|left|right)\b|(?<!\\)\\ |[\s{}$.]", "", text).casefold()


def _same(left: Node, right: Node) -> bool:
    """Whether two trees are the same answer."""
    if left == right:
        return True
    for rule in _RULES:
        verdict = rule(left, right)
        if verdict is not None:
            return verdict
    return same_value(left, right)


def _by_words(left: Node, right: Node) -> bool | None:
    if not isinstance(left, Text) and not isinstance(right, Text):
        return None
    return _words(left) == _words(right) is not None


def _by_relation(left: Node, right: Node) -> bool | None:
    """Chains and equations that give no single value: side by side, turned round, or as a multiple of each other."""
    named = [_named(node) for node in (left, right)]
    if not isinstance(left, Relation) or not isinstance(right, Relation):
        return None if all(named) else _without_names(left, right, named)
    if _same_chain(left, right) or _same_chain(left, _turned(right)):
        return True
    if is_real_set(left) and is_real_set(right):
        return are_same_set(left, right)
    first, second = named
    if first and second:
        (name, value), (other, other_value) = first, second
        if not isinstance(name, Symbol) or not isinstance(other, Symbol) or name == other:
            return _same(value, other_value)
    if left.signs == right.signs == ("=",):
        return is_multiple(left, right)
    return False if first and second else _without_names(left, right, named)


def _without_names(left: Node, right: Node, named: list[tuple[Node, Node] | None]) -> bool | None:
    bare = [pair[1] if pair else node for pair, node in zip(named, (left, right), strict=True)]
    if bare[0] is left and bare[1] is right:
        return None
    return _same(bare[0], bare[1])


def _by_sets(left: Node, right: Node) -> bool | None:
    if not is_real_set(left) and not is_real_set(right):
        return None
    return are_same_set(left, right) if _may_be_set(left) and _may_be_set(right) else False


def _by_items(left: Node, right: Node) -> bool | None:
    """Lists and sets in any order; tuples in theirs, also against a bare list; a list of one is its item."""
    if (
        not isinstance(left, Group)
        and not isinstance(right, Group)
        and not _is_twofold(left)
        and not _is_twofold(right)
    ):
        return None
    if _is_twofold(left) or _is_twofold(right):
        return _same_in_any_order(listed(left), listed(right))
    left, right = _by_name(left, right), _by_name(right, left)
    if (_is_ordered(left) and (_is_ordered(right) or _is_bare(right))) or (_is_bare(left) and _is_ordered(right)):
        return _same_in_order(left, right)
    if _is_ordered(left) or _is_ordered(right):
        return False
    return _same_in_any_order(listed(left), listed(right))


def _by_name(node: Node, other: Node) -> Node:
    """`y = 2, x = 3` beside a tuple in the order of the letters, since that is the order of a point's coordinates."""
    if not (_is_bare(node) and _is_ordered(other) and isinstance(node, Group)):
        return node
    named = [_named(item) for item in node.items]
    names = [pair[0].name for pair in named if pair and isinstance(pair[0], Symbol) and len(pair[0].name) == 1]
    if len(names) < len(node.items) or len(set(names)) < len(names):
        return node
    ordered = [item for _, item in sorted(zip(names, node.items, strict=True), key=lambda pair: pair[0])]
    return Group("", tuple(ordered), "")


def _by_matrix(left: Node, right: Node) -> bool | None:
    if not isinstance(left, Matrix) and not isinstance(right, Matrix):
        return None
    rows = [_rows(left), _rows(right)]
    if [len(row) for row in rows[0]] != [len(row) for row in rows[1]]:
        return False
    return all(
        _same(one, other) for row, others in zip(*rows, strict=True) for one, other in zip(row, others, strict=True)
    )


def _by_ratio(left: Node, right: Node) -> bool | None:
    ratios = [node.items if isinstance(node, Apply) and node.name == "ratio" else () for node in (left, right)]
    if not any(ratios):
        return None
    if all(ratios):
        if len(ratios[0]) != len(ratios[1]):
            return False
        if all(map(_same, *ratios)):
            return True
        first, second = ([value_of(item) for item in items] for items in ratios)
        if not all(map(is_nonzero, [*first, *second])):
            return False
        return all(are_near(over(one, first[0]), over(two, second[0])) for one, two in zip(first, second, strict=True))
    items, other = (ratios[0], right) if ratios[0] else (ratios[1], left)
    return len(items) == 2 and _same(Apply("/", items), other)


def _by_base(left: Node, right: Node) -> bool | None:
    """A number with its base is its digits: `204_5` is `204` and not 54."""
    based = [node.items if isinstance(node, Apply) and node.name == "base" else None for node in (left, right)]
    if based[0] is None and based[1] is None:
        return None
    if based[0] and based[1]:
        return based[0] == based[1]
    items, other = (based[0], right) if based[0] else (based[1], left)
    return bool(items) and items is not None and items[0] == other


def _by_unit(left: Node, right: Node) -> bool | None:
    """Quantities: equal units, or one of them without; a percentage is its number or the hundredth of it."""
    if not isinstance(left, Unit) and not isinstance(right, Unit):
        return None
    names = [common_name(node.name) if isinstance(node, Unit) else "" for node in (left, right)]
    items = [node.item if isinstance(node, Unit) else node for node in (left, right)]
    if all(names) and names[0] != names[1]:
        return False
    if _same(items[0], items[1]):
        return True
    if names.count("%") != 1:
        return False
    hundredth = Apply("/", (items[names.index("%")], Number(Fraction(100))))
    return _same(hundredth, items[1 - names.index("%")])


_RULES: tuple[Callable[[Node, Node], bool | None], ...] = (
    _by_words,
    _by_relation,
    _by_sets,
    _by_matrix,
    _by_items,
    _by_ratio,
    _by_base,
    _by_unit,
)


def _named(node: Node) -> tuple[Node, Node] | None:
    """The name and the value of `x = 5`, `(x, y) = (1, 2)`, `x = 3 + 4 = 7`, `x \\in S` or `1/3 \\approx 0.33`."""
    if not isinstance(node, Relation) or not set(node.signs) <= {"=", "~", "in"}:
        return None
    sides = list(node.sides)
    named = _is_name(sides[0])
    if not named and len(sides) == 2 and node.signs == ("=",) and symbols_of(node):
        return (sides[1], sides[0]) if _is_name(sides[1]) else None
    last = next((n for n, sign in enumerate(node.signs) if sign == "~" and (n or not named)), len(sides) - 1)
    return sides[0], sides[last]


def _is_name(node: Node) -> bool:
    r"""Whether a side only names a quantity, such as `x`, `f(x)`, `|AB|` or `\frac{NO}{BO}`."""
    if isinstance(node, Apply) and node.name == "*" and len(node.items) == 2 and isinstance(node.items[1], Number):
        return isinstance(node.items[0], Symbol)
    if isinstance(node, Group) or (isinstance(node, Apply) and node.name in _NAMING):
        return bool(node.items) and all(map(_is_name, node.items))
    return isinstance(node, Text) or is_variable(node)


def _same_chain(left: Relation, right: Relation) -> bool:
    return left.signs == right.signs and all(map(_same_or_unread, left.sides, right.sides))


def _same_or_unread(left: Node, right: Node) -> bool:
    try:
        return _same(left, right)
    except MathError:
        return left == right


def _turned(relation: Relation) -> Relation:
    turn: Mapping[str, str] = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    return Relation(relation.sides[::-1], tuple(turn.get(sign, sign) for sign in relation.signs[::-1]))


def _may_be_set(node: Node) -> bool:
    if isinstance(node, Group):
        return (len(node.items) == 2 and bool(node.opening)) or node.opening == "\\{" or not node.items
    return is_real_set(node)


def _is_ordered(node: Node) -> bool:
    return isinstance(node, Group) and node.opening in ("(", "[")


def _is_bare(node: Node) -> bool:
    return isinstance(node, Group) and not node.opening


def _is_twofold(node: Node) -> bool:
    return (isinstance(node, Apply) and node.name in ("pm", "mp")) or any(map(_is_twofold, children_of(node)))


def _same_in_order(left: Node, right: Node) -> bool:
    assert isinstance(left, Group)
    assert isinstance(right, Group)
    brackets = not left.opening or not right.opening or (left.opening, left.closing) == (right.opening, right.closing)
    return brackets and len(left.items) == len(right.items) and all(map(_same, left.items, right.items))


def _same_in_any_order(left: list[Node], right: list[Node]) -> bool:
    if max(len(left), len(right)) > _MAX_ITEMS:
        raise MathError("too many items")
    if len(left) == len(right) == 1:
        return _same(left[0], right[0])
    return all(any(_same_or_unread(one, other) for other in right) for one in left) and all(
        any(_same_or_unread(one, other) for one in left) for other in right
    )


def listed(node: Node) -> list[Node]:
    r"""The items of a list or set, `1 \pm 2` as both of its values; of anything else itself."""
    if isinstance(node, Group) and node.opening in ("", "\\{"):
        return [one for item in node.items for one in listed(item)]
    if _is_twofold(node):
        return [_with_sign(node, upper=True), _with_sign(node, upper=False)]
    return [node]


def _with_sign(node: Node, *, upper: bool) -> Node:
    """The tree with the upper, or the lower, of its double signs."""
    if isinstance(node, Apply):
        items = tuple(_with_sign(item, upper=upper) for item in node.items)
        if node.name in ("pm", "mp"):
            plus = upper == (node.name == "pm")
            if len(items) == 1:
                return items[0] if plus else Apply("neg", items)
            return Apply("+", items if plus else (items[0], Apply("neg", items[1:])))
        return Apply(node.name, items)
    if isinstance(node, Group):
        return Group(node.opening, tuple(_with_sign(item, upper=upper) for item in node.items), node.closing)
    if isinstance(node, Unit):
        return Unit(_with_sign(node.item, upper=upper), node.name)
    if isinstance(node, Relation):
        return Relation(tuple(_with_sign(side, upper=upper) for side in node.sides), node.signs)
    return node


def _rows(node: Node) -> tuple[tuple[Node, ...], ...]:
    """The rows of a matrix; a tuple is a column."""
    if isinstance(node, Group) and node.items and all(map(_is_ordered, node.items)):
        return tuple(item.items for item in node.items if isinstance(item, Group))
    if isinstance(node, Matrix):
        return node.rows if len(node.rows) > 1 else tuple((item,) for row in node.rows for item in row)
    return tuple((item,) for item in node.items) if isinstance(node, Group) else ((node,),)


def _words(node: Node) -> str | None:
    """What a tree says as words: a text, or letters side by side."""
    if isinstance(node, Text):
        return node.words
    if isinstance(node, Symbol):
        return node.name.casefold()
    if isinstance(node, Apply) and node.name == "*":
        parts = [_words(item) for item in node.items]
        return None if None in parts else "".join(map(str, parts))
    return None
