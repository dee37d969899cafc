"""Hypothesis examples for the laws: right answers, damaged, broken or rewritten. They shrink.

Each function returns None if the data has no such example.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from rewards.audit.perturb.damage import KINDS, Damage, Damaged, cut_text, graded_leaves
from rewards.audit.rows.cases import Answer, Case
from rewards.audit.rows.data_profile import World, calls_in
from rewards.audit.rows.json_tree import Path, at, dumps, pattern, put, same
from rewards.audit.rows.messages import Spelling
from rewards.types import JSON

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def _with_tree(world: World) -> list[Case]:
    return [case for case in world.few if case.tree is not None and graded_leaves(world, case)]


def draw_damaged(world: World) -> SearchStrategy[Damaged] | None:
    """Right answers with one to four mistakes at graded leaves."""
    from hypothesis import strategies as st

    cases = _with_tree(world)
    if not cases:
        return None

    @st.composite
    def answers(draw: st.DrawFn) -> Damaged:
        case = draw(st.sampled_from(cases))
        places = st.sampled_from(graded_leaves(world, case))
        damage = st.builds(Damage, places, st.sampled_from(KINDS))
        return Damaged(case, tuple(draw(st.lists(damage, min_size=1, max_size=4, unique_by=lambda one: one.path))))

    return answers()


def draw_broken(world: World) -> SearchStrategy[Answer] | None:
    """Right answers with a piece of text cut out or replaced, and unrelated texts."""
    from hypothesis import strategies as st

    if not world.few:
        return None

    @st.composite
    def texts(draw: st.DrawFn) -> Answer:
        case = draw(st.sampled_from(world.few))
        gold = case.gold or ""
        start, length = draw(st.integers(0, len(gold))), draw(st.integers(0, 20))
        cut = cut_text(gold, start, length, draw(st.text(max_size=8)))
        return Answer(case, draw(st.sampled_from([cut, draw(st.text(max_size=30))])))

    return texts()


class Rewritten(NamedTuple):
    """The same answer in another notation."""

    case: Case
    text: str
    how: str


_STYLES: dict[str, Callable[[JSON], str]] = {
    "line end behind": lambda tree: dumps(tree) + "\n",
    "space behind separators": lambda tree: json.dumps(tree, ensure_ascii=False),
    "indented by 2": lambda tree: json.dumps(tree, ensure_ascii=False, indent=2),
    "indented by a tab": lambda tree: json.dumps(tree, ensure_ascii=False, indent="\t"),
    "Windows line ends": lambda tree: json.dumps(tree, ensure_ascii=False, indent=1).replace("\n", "\r\n"),
    "white space around": lambda tree: f" \n{dumps(tree)}\n ",
}


def draw_white_space(world: World) -> SearchStrategy[Rewritten] | None:
    """Right answers with other white space between the tokens."""
    from hypothesis import strategies as st

    cases = _with_tree(world)
    if not cases:
        return None
    return st.builds(
        lambda case, how: Rewritten(case, _STYLES[how](case.tree), how),
        st.sampled_from(cases),
        st.sampled_from(list(_STYLES)),
    )


def draw_key_order(world: World) -> SearchStrategy[Rewritten] | None:
    """Right answers with the keys of every object shuffled."""
    from hypothesis import strategies as st

    cases = _with_tree(world)
    if not cases:
        return None
    return st.builds(
        lambda case, number: Rewritten(case, dumps(_shuffled(case.tree, Random(number))), "keys shuffled"),
        st.sampled_from(cases),
        st.integers(0, 1000),
    )


def _shuffled(tree: JSON, rng: Random) -> JSON:
    if isinstance(tree, dict):
        keys = rng.sample(list(tree), len(tree))
        return {key: _shuffled(tree[key], rng) for key in keys}
    return [_shuffled(child, rng) for child in tree] if isinstance(tree, list) else tree


def draw_call_order(world: World) -> SearchStrategy[Rewritten] | None:
    """Right answers whose calls are in another order."""
    from hypothesis import strategies as st

    cases = [case for case in _with_tree(world) if _has_order(world, case)]
    if not cases or world.calls is None:
        return None
    path = world.calls.path

    def reordered(case: Case, number: int) -> Rewritten:
        items = list(calls_in(case.tree, world.calls))
        moved: list[JSON] = list(reversed(items)) if number == 0 else list(Random(number).sample(items, len(items)))
        return Rewritten(case, dumps(put(case.tree, path, moved)), "calls in another order")

    return st.builds(reordered, st.sampled_from(cases), st.integers(0, 20))


def draw_list_order(world: World) -> SearchStrategy[Rewritten] | None:
    """Right answers with a list of graded texts, or their lines, in reverse."""
    from hypothesis import strategies as st

    found = [one for case in world.few for one in _reversed_lists(world, case)]
    return st.sampled_from(found) if found else None


def _reversed_lists(world: World, case: Case) -> list[Rewritten]:
    if case.lines:
        return [Rewritten(case, "\n".join(reversed(case.lines)), "the lines reversed")]
    found = []
    for path in dict.fromkeys(path[:-1] for path in graded_leaves(world, case) if isinstance(path[-1], int)):
        items = at(case.tree, path)
        if isinstance(items, list) and all(isinstance(one, str) for one in items) and items != items[::-1]:
            found.append(Rewritten(case, dumps(put(case.tree, path, items[::-1])), f"{pattern(path)} reversed"))
    return found


def _has_order(world: World, case: Case) -> bool:
    items = calls_in(case.tree, world.calls)
    name = world.calls.name if world.calls else ""
    return len(items) > 1 and items[0][name] != items[-1][name]


class Respelt(NamedTuple):
    """A row, and the same row with its native calls in another API's format."""

    case: Case
    other: Case


def draw_other_spelling(world: World) -> SearchStrategy[Respelt] | None:
    """Rows with native calls in OpenAI's format, with arguments changed from text to an object or back."""
    from hypothesis import strategies as st

    other: dict[Spelling, Spelling] = {"openai": "openai objects", "openai objects": "openai"}
    cases = [case for case in _with_tree(world)[:20] if case.spelling in other]
    twins = [Respelt(case, replace(case, spelling=other[case.spelling])) for case in cases]
    return st.sampled_from(twins) if twins else None


def draw_bool_int(world: World) -> SearchStrategy[Rewritten] | None:
    """Answers with 1 for true, 0 for false, or the reverse."""
    from hypothesis import strategies as st

    found = [one for case in _with_tree(world)[:20] for one in _swapped(world, case)]
    return st.sampled_from(found) if found else None


def draw_planted_bool(world: World) -> SearchStrategy[Rewritten] | None:
    """For data with neither true nor 1: answers with 1, for rows in which a text was replaced by true."""
    from hypothesis import strategies as st

    found = any(_swapped(world, case) for case in _with_tree(world)[:20])
    planted = [one for case in _with_tree(world)[:5] for one in _planted(world, case)]
    return st.sampled_from(planted) if planted and not found else None


def _swapped(world: World, case: Case) -> list[Rewritten]:
    found = []
    for path in graded_leaves(world, case):
        leaf = at(case.tree, path)
        if isinstance(leaf, bool):
            found.append(Rewritten(case, dumps(put(case.tree, path, int(leaf))), f"{leaf} -> {int(leaf)}"))
        elif isinstance(leaf, int) and leaf in (0, 1):
            found.append(Rewritten(case, dumps(put(case.tree, path, bool(leaf))), f"{leaf} -> {bool(leaf)}"))
    return found


def _planted(world: World, case: Case) -> list[Rewritten]:
    inside = _reference_path(case)
    if inside is None:
        return []
    name = world.calls.name if world.calls else None
    found = []
    for path in graded_leaves(world, case):
        if isinstance(at(case.tree, path), str) and path[-1] != name:
            tree = put(case.tree, path, True)
            row = {**case.row, "reference_answer": at(tree, inside)}
            twin = replace(case, row=row, gold=dumps(tree), tree=tree)
            found.append(Rewritten(twin, dumps(put(tree, path, 1)), f"{pattern(path)}: true -> 1"))
    return found[:3]


def _reference_path(case: Case) -> Path | None:
    """Where in the right answer the reference stands as it is: it is the answer, or the list of its calls."""
    tree = case.tree
    if isinstance(tree, dict) and "tool_calls" in tree and same(tree["tool_calls"], case.reference):
        return ("tool_calls",)
    return () if tree is not None and same(tree, case.reference) else None
