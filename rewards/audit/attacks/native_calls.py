"""Attacks specific to native tool calls: ids, text next to the calls, and arguments sent as text."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from rewards.audit.checks.reward_hacking import Attack, Make
from rewards.audit.rows.cases import Case
from rewards.audit.rows.data_profile import World, calls_in
from rewards.audit.rows.json_tree import dumps
from rewards.types import JSON

_ID = "call_0"


def _native(change: Callable[[dict[str, JSON], list[dict[str, JSON]]], JSON]) -> Make:
    """An attack on an answer with native calls: from its object and its calls."""

    def attack(world: World, case: Case, rng: Random) -> str | None:
        calls = calls_in(case.tree, world.calls)
        if case.spelling == "text" or not calls or not isinstance(case.tree, dict):
            return None
        return dumps(change(case.tree, calls))

    return attack


def _with_calls(change: Callable[[dict[str, JSON]], dict[str, JSON]]) -> Make:
    """An attack that rewrites each native call."""
    return _native(lambda tree, calls: {**tree, "tool_calls": [change(call) for call in calls]})


def _with_arguments(change: Callable[[str], str]) -> Make:
    """An attack that sends arguments as another text than their JSON, where the grader looks at arguments."""
    attack = _with_calls(lambda call: {**call, "arguments": change(dumps(call.get("arguments")))})
    return lambda world, case, rng: attack(world, case, rng) if world.arguments_are_graded else None


def _only_as_text(tree: dict[str, JSON], calls: list[dict[str, JSON]]) -> JSON:
    return {"content": dumps(tree), "tool_calls": []}


def _calls_of_another_and_right_text(world: World, case: Case, rng: Random) -> str | None:
    """The right calls written as text beside the calls of another row."""
    other = next((text for text in world.others(case, 8) if text.startswith('{"tool_calls":[{')), None)
    if case.spelling == "text" or other is None or not calls_in(case.tree, world.calls):
        return None
    right = dumps({"tool_calls": list(calls_in(case.tree, world.calls))})
    return f'{{"content":{dumps(right)},{other[1:]}'


NATIVE_ATTACKS: tuple[Attack, ...] = (
    Attack("first call again under its id", "subtle", _native(
        lambda tree, calls: {**tree, "tool_calls": [{**call, "id": _ID} for call in (calls[0], *calls)]}
    )),
    Attack("no call but the right one as text", "form", _native(_only_as_text)),
    Attack("calls of another row, right ones as text", "gross", _calls_of_another_and_right_text),
    Attack("arguments as text inside text", "gross", _with_arguments(lambda text: dumps(text))),
    Attack("arguments cut short", "gross", _with_arguments(lambda text: text[:-1])),
    Attack("arguments twice", "gross", _with_arguments(lambda text: text * 2)),
    Attack("junk beside the calls", "form", _native(lambda tree, calls: {**tree, "content": "zqx and so on. " * 200})),
    Attack("one id for all calls", "form", _with_calls(lambda call: {**call, "id": _ID})),
)  # fmt: skip
