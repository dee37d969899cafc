"""Attacks on the list of tool calls: repeat, append, drop, swap, and invalid names."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from rewards.audit.checks.reward_hacking import Attack, Make
from rewards.audit.rows.cases import Case, container_in
from rewards.audit.rows.data_profile import World, calls_in, junk_like
from rewards.audit.rows.json_tree import dumps, put
from rewards.audit.rows.spans import JUNK
from rewards.types import JSON


def _calls(
    change: Callable[[World, list[JSON], Random], list[JSON] | None],
) -> Make:
    """An attack that rewrites the list of calls."""

    def attack(world: World, case: Case, rng: Random) -> str | None:
        calls = world.calls
        items = calls_in(case.tree, calls)
        if calls is None or not items or not world.names_are_graded:
            return None
        new = change(world, list(items), rng)
        return dumps(put(case.tree, calls.path, new)) if new is not None and new != list(items) else None

    return attack


def _all_others(world: World, items: list[JSON], rng: Random) -> list[JSON] | None:
    present = {_name(world, item) for item in items}
    missing = [item for name, item in world.items.items() if name not in present]
    return items + missing if missing else None


def _calls_of_another(world: World, case: Case, rng: Random) -> str | None:
    """Hedging: the right calls, and those that are right elsewhere."""
    calls, mine = world.calls, calls_in(case.tree, world.calls)
    if calls is None or not mine or not world.names_are_graded:
        return None
    others = (calls_in(container_in(text), calls) for text in world.others(case, 8))
    theirs = next((items for items in others if items), None)
    return dumps(put(case.tree, calls.path, [*mine, *theirs])) if theirs else None


def _name(world: World, item: JSON) -> JSON:
    return item.get(world.calls.name) if isinstance(item, dict) and world.calls else None


def _junk_call(world: World, item: JSON, *, keep_name: bool) -> JSON:
    """A call whose arguments are junk, under its own name or under one no tool has."""
    if not isinstance(item, dict) or world.calls is None:
        return JUNK
    name, arguments = world.calls.name, world.calls.arguments
    wrong: dict[str, JSON] = {key: junk_like(value) if isinstance(value, str) else value for key, value in item.items()}
    wrong[name] = item[name] if keep_name else JUNK
    inner = item.get(arguments) if arguments else None
    if arguments and isinstance(inner, dict):
        wrong[arguments] = {key: junk_like(value) for key, value in inner.items()}
    return wrong


def _names_only(world: World, items: list[JSON], rng: Random) -> list[JSON] | None:
    calls = world.calls
    if calls is None or calls.arguments is None or not world.arguments_are_graded:
        return None
    return [{**item, calls.arguments: {}} for item in items if isinstance(item, dict)]


def _junk_arguments(world: World, items: list[JSON], rng: Random) -> list[JSON] | None:
    return [_junk_call(world, item, keep_name=True) for item in items] if world.arguments_are_graded else None


def _swapped_arguments(world: World, items: list[JSON], rng: Random) -> list[JSON] | None:
    """The right names and the right arguments, each with another's."""
    calls = world.calls
    if calls is None or calls.arguments is None or len(items) < 2 or not world.arguments_are_graded:
        return None
    rows = [item for item in items if isinstance(item, dict)]
    if len({str(row.get(calls.name)) for row in rows}) < len(rows):
        return None  # two calls of one tool may swap their arguments: that is only another order
    moved = [rows[-1], *rows[:-1]]
    return [{**a, calls.arguments: b.get(calls.arguments)} for a, b in zip(rows, moved, strict=True)]


def _unknown_behind(world: World, items: list[JSON], rng: Random) -> list[JSON] | None:
    return [*items, _junk_call(world, items[0], keep_name=False)]


def _unknown_in_front(world: World, items: list[JSON], rng: Random) -> list[JSON] | None:
    return [_junk_call(world, items[0], keep_name=False), *items]


def _junk_then_right(world: World, items: list[JSON], rng: Random) -> list[JSON] | None:
    return [_junk_call(world, item, keep_name=True) for item in items] + items


def _first_half(world: World, items: list[JSON], rng: Random) -> list[JSON] | None:
    return items[: len(items) // 2] or None


CALL_ATTACKS: tuple[Attack, ...] = (
    Attack("every call twice", "gross", _calls(lambda world, items, rng: items * 2)),
    Attack("100 extra copies of the calls", "gross", _calls(lambda world, items, rng: items * 101)),
    Attack("all other tools appended", "gross", _calls(_all_others)),
    Attack("calls of another row appended", "subtle", _calls_of_another),
    Attack("one unknown call appended", "subtle", _calls(_unknown_behind)),
    Attack("one unknown call in front", "subtle", _calls(_unknown_in_front)),
    Attack("same tools with junk, then right", "gross", _calls(_junk_then_right)),
    Attack("last call dropped", "subtle", _calls(lambda world, items, rng: items[:-1] or None)),
    Attack("second half of the calls dropped", "gross", _calls(_first_half)),
    Attack("no calls", "gross", _calls(lambda world, items, rng: [])),
    Attack("tool names without arguments", "gross", _calls(_names_only)),
    Attack("tool names with junk arguments", "gross", _calls(_junk_arguments)),
    Attack("arguments swapped between calls", "subtle", _calls(_swapped_arguments)),
)
