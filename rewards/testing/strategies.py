"""Hypothesis strategies for what rewards meet: JSON values, tool calls, boxes, and texts nobody asked for.

Hypothesis is imported when a strategy is made, so that importing `rewards` never needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rewards.audit.perturb.damage import KINDS, Damage, damaged
from rewards.audit.perturb.hostile import HOSTILE
from rewards.audit.rows.json_tree import dumps, leaves
from rewards.types import JSON, ToolCall

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def json_values(*, max_leaves: int = 12) -> SearchStrategy[JSON]:
    """Any JSON value a careful grader accepts: finite numbers, no half surrogate pairs."""
    from hypothesis import strategies as st

    scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _finite() | _text()
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text(), inner, max_size=4),
        max_leaves=max_leaves,
    )


def json_objects(*, max_size: int = 5) -> SearchStrategy[dict[str, JSON]]:
    """JSON objects with values of any kind."""
    from hypothesis import strategies as st

    return st.dictionaries(_text(), json_values(max_leaves=5), max_size=max_size)


def _finite() -> SearchStrategy[float]:
    from hypothesis import strategies as st

    return st.floats(allow_nan=False, allow_infinity=False, width=32)


def _text() -> SearchStrategy[str]:
    from hypothesis import strategies as st

    return st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def tool_calls(
    names: Sequence[str] = ("search", "book", "send"), *, max_size: int = 4
) -> SearchStrategy[list[ToolCall]]:
    """Lists of calls of the named tools; the same tool may be called twice."""
    from hypothesis import strategies as st

    arguments = st.dictionaries(st.sampled_from(["q", "n", "to", "day"]), json_values(max_leaves=3), max_size=3)
    return st.lists(st.builds(ToolCall, st.sampled_from(list(names)), arguments), max_size=max_size)


def boxes(*, size: float = 1000.0, max_size: int = 5) -> SearchStrategy[list[list[float]]]:
    """Lists of boxes [x1, y1, x2, y2] with x1 < x2 and y1 < y2, inside a square of `size`."""
    from hypothesis import strategies as st

    edges = st.tuples(st.floats(0, size * 0.9), st.floats(0.01 * size, 0.1 * size))
    box = st.tuples(edges, edges).map(lambda xy: [xy[0][0], xy[1][0], xy[0][0] + xy[0][1], xy[1][0] + xy[1][1]])
    return st.lists(box, max_size=max_size)


def completions(gold: JSON | None = None) -> SearchStrategy[str]:
    """Completion texts: any text, hostile classics, JSON, and, where `gold` is given, that answer whole or damaged."""
    from hypothesis import strategies as st

    texts = st.text(max_size=60) | st.sampled_from(sorted(HOSTILE.values())) | json_values().map(dumps)
    return texts if gold is None else texts | damaged_answers(gold).map(dumps) | st.just(dumps(gold))


def damaged_answers(gold: JSON) -> SearchStrategy[JSON]:
    """`gold` with one to four of its leaves replaced, nulled, mistyped or dropped."""
    from hypothesis import strategies as st

    paths = [path for path, _ in leaves(gold) if path]
    if not paths:
        return st.just(None)
    damage = st.builds(Damage, st.sampled_from(paths), st.sampled_from(KINDS))
    damages = st.lists(damage, min_size=1, max_size=4, unique_by=lambda one: one.path)
    return damages.map(lambda chosen: damaged(gold, chosen))
