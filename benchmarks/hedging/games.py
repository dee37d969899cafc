"""Belief games: does an answer pay that is longer than any reference the policy believes in?

A policy under training does not know the reference. It has a belief: two to five references, each with a chance. A
hedge is an answer of more items (calls, keys, leaves, boxes, labels, characters) than each of them. A game is
profitable where some hedge earns more, in expectation, than every answer that is none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, combinations_with_replacement, product
from typing import Any, NamedTuple

import numpy as np

from rewards import Completion, Reward, Sample, UngradableError

SEED = 12
MAX_BELIEVED = 5
GAIN = 1e-9
_GAMES_AT_ONCE = 1000


class Sized(NamedTuple):
    """An answer or a reference, and of how many items it is."""

    size: int
    value: Any


@dataclass(frozen=True)
class World:
    """What can be answered, as text, and what can be right."""

    name: str
    item: str
    answers: Sequence[Sized]
    references: Sequence[Sized]


class Outcome(NamedTuple):
    """How many games of a world were profitable for a hedge, and the most that one gained."""

    games: int
    profitable: int
    largest_gain: float
    example: str


def play(reward: Reward, world: World, games: int, seed: int = SEED) -> Outcome | None:
    """The outcome of so many random games; None where the reward cannot judge by this world's references."""
    try:
        scores = _scores(reward, world)
    except UngradableError:
        return None
    sizes, profitable, largest, example = np.array([answer.size for answer in world.answers]), 0, 0.0, ""
    for beliefs, longest in _beliefs(tuple(reference.size for reference in world.references), games, seed):
        expected = beliefs @ scores.T
        hedges = sizes[None, :] > longest[:, None]
        gains = np.where(hedges, expected, -np.inf).max(axis=1) - np.where(hedges, -np.inf, expected).max(axis=1)
        profitable += int((gains > GAIN).sum())
        if gains.max() > max(largest, GAIN):
            largest, game = float(gains.max()), int(gains.argmax())
            example = _shown(world, beliefs[game], int(np.where(hedges[game], expected[game], -np.inf).argmax()))
    return Outcome(games, profitable, largest, example)


def _scores(reward: Reward, world: World) -> Any:
    samples = [Sample(str(index), (), reference=reference) for index, (_, reference) in enumerate(world.references)]
    return np.array(
        [[reward(sample, Completion(text)).value for sample in samples] for _, text in world.answers], dtype=float
    )


@lru_cache(maxsize=32)
def _beliefs(sizes: tuple[int, ...], games: int, seed: int) -> list[tuple[Any, Any]]:
    """The chance of each reference in each game, equal chances in half of them, and the size of the longest."""
    random, count = np.random.default_rng(seed), len(sizes)
    beliefs, longest = np.zeros((games, count)), np.zeros(games)
    for game in range(games):
        believed = random.choice(count, min(int(random.integers(2, MAX_BELIEVED + 1)), count), replace=False)
        beliefs[game, believed] = random.dirichlet(np.ones(len(believed))) if game % 2 else 1 / len(believed)
        longest[game] = max(sizes[reference] for reference in believed)
    parts = [slice(start, start + _GAMES_AT_ONCE) for start in range(0, games, _GAMES_AT_ONCE)]
    return [(beliefs[part], longest[part]) for part in parts]


def _shown(world: World, belief: Any, hedge: int) -> str:
    believed = [
        f"{chance:.2f} {json.dumps(reference.value)}"
        for chance, reference in zip(belief, world.references, strict=True)
        if chance
    ]
    return f"{world.answers[hedge].value} for {'; '.join(believed)}"


def _world(
    name: str,
    item: str,
    things: Iterable[Any],
    *,
    sized: Callable[[Any], int] = len,
    possible: Callable[[Any], bool],
    written: Callable[[Any], str] = json.dumps,
) -> World:
    """The world in which every thing can be answered, and those that are `possible` can be right."""
    answers = [Sized(sized(thing), thing) for thing in things]
    return World(
        name,
        item,
        [Sized(size, written(thing)) for size, thing in answers],
        [Sized(size, thing) for size, thing in answers if possible(thing)],
    )


def _listed(items: Sequence[Any], most: int, choose: Callable[..., Any] = combinations_with_replacement) -> list[Any]:
    return [list(chosen) for count in range(most + 1) for chosen in choose(items, count)]


def _in_order(items: Sequence[Any], count: int) -> Iterable[Any]:
    return product(items, repeat=count)


def _maps(keys: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Every mapping of some of the keys to some of the values."""
    chosen = product((None, *values), repeat=len(keys))
    return [{key: value for key, value in zip(keys, each, strict=True) if value is not None} for each in chosen]


def _leaves(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(_leaves, children)) if children else 1


def _most_arguments(calls: Any) -> int:
    return max((len(call["arguments"]) for call in calls), default=0)


def _most_leaves(rows: Any) -> int:
    return max((len(row) for row in rows["items"]), default=0)


def _call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


_QUOTES = ["the tenant pays all repairs", "the lease ends in June", "we will renew the lease", "the rent is fixed here"]


def _claim(quote: str) -> dict[str, str]:
    return {"claim": f"I know that {quote}.", "quote": quote}


def worlds() -> list[World]:
    """Every world: what items there are to name too many of."""
    calls = _listed([_call(name, x=value) for name in "fg" for value in (0, 1, 2)], 4)
    names = _listed([_call(name) for name in "fgh"], 4, _in_order)
    arguments = _maps("abcd", (0, 1))
    two_calls = [[_call("f", **one), _call("f", **two)] for one, two in combinations(_maps("abc", (0,)), 2)]
    nested = [
        {**({"o": inner} if inner else {}), **outer} for inner in _maps("ab", (0, 1)) for outer in _maps("cd", (0,))
    ]
    lists = _listed((0, 1, 2), 4, _in_order)
    documents = [{"items": items, **rest} for items in _listed((0, 1), 3, _in_order) for rest in _maps("ab", (0, 1))]
    rows = [{"items": rows} for rows in _listed(_maps("ab", (0, 1)), 3)]
    optional = {"$any_of": [0], "$optional": True}
    labels, paths = _listed("abcdef", 5, combinations), _listed(["a/x", "a/y", "b/x", "b/y", "a", "b"], 5, combinations)
    few = _listed("xyz", 3, combinations)
    boxes = [[0, 0, 10, 10], [5, 0, 15, 10], [0, 5, 10, 15], [20, 20, 30, 30], [0, 0, 15, 15], [2, 2, 8, 8]]
    texts = [" ".join(words) for words in _listed(["alpha", "beta", "gamma", "not"], 4, _in_order)]
    return [
        _world("calls", "calls", calls, possible=lambda calls: len(calls) <= 2),
        _world("order of calls", "calls", names, possible=lambda calls: 1 <= len(calls) <= 3),
        _world(
            "arguments of a call",
            "keys",
            [[_call("f", **given)] for given in arguments],
            sized=lambda calls: len(calls[0]["arguments"]),
            possible=lambda calls: 1 <= len(calls[0]["arguments"]) <= 3,
        ),
        _world(
            "arguments of two calls",
            "keys of a call",
            two_calls,
            sized=_most_arguments,
            possible=lambda calls: all(1 <= len(call["arguments"]) <= 2 for call in calls),
        ),
        World(
            "optional arguments of a call",
            "keys",
            [Sized(len(given), json.dumps([_call("f", **given)])) for given in arguments],
            [
                Sized(len(given) + 1, [_call("f", **given, **{other: optional})])
                for given in arguments
                for other in "abcd"
                if other not in given and len(given) <= 2
            ],
        ),
        _world("fields", "leaves", arguments, possible=lambda fields: 1 <= len(fields) <= 3),
        _world("nested fields", "leaves", nested, sized=_leaves, possible=lambda value: 1 <= _leaves(value) <= 2),
        _world(
            "fields and a list", "leaves", documents, sized=_leaves, possible=lambda value: 1 <= _leaves(value) <= 3
        ),
        _world(
            "a list",
            "items",
            [{"items": items} for items in lists],
            sized=_leaves,
            possible=lambda v: 1 <= _leaves(v) <= 2,
        ),
        _world(
            "rows of a list",
            "rows",
            rows,
            sized=lambda value: len(value["items"]),
            possible=lambda value: all(value["items"]) and 1 <= len(value["items"]) <= 2,
        ),
        _world(
            "leaves of rows",
            "leaves of a row",
            [value for value in rows if len(value["items"]) == 2],
            sized=_most_leaves,
            possible=lambda value: _most_leaves(value) == 1,
        ),
        _world("labels", "labels", labels, possible=lambda labels: 1 <= len(labels) <= 3),
        _world(
            "two lists",
            "labels",
            [{"causes": causes, "remedies": remedies} for causes in few for remedies in few],
            sized=lambda lists: max(map(len, lists.values())),
            possible=lambda lists: all(len(labels) == 1 for labels in lists.values()),
        ),
        _world("paths of labels", "labels", paths, possible=lambda labels: 1 <= len(labels) <= 3),
        _world(
            "a text in an argument",
            "characters",
            [[_call("f", x=text)] for text in texts],
            sized=lambda calls: len(calls[0]["arguments"]["x"]),
            possible=lambda calls: 1 <= len(calls[0]["arguments"]["x"].split()) <= 2,
        ),
        _world("boxes", "boxes", _listed(boxes, 4), possible=lambda boxes: 1 <= len(boxes) <= 2),
        _world("a text", "characters", texts, possible=lambda text: 1 <= len(text.split()) <= 2, written=str),
        World(
            "claims",
            "claims",
            [Sized(len(cited), json.dumps([_claim(quote) for quote in cited])) for cited in _listed(_QUOTES, 4)],
            [
                Sized(len(true), {"sources": ". ".join(true), "claims": len(true)})
                for count in (1, 2)
                for true in combinations(_QUOTES, count)
            ],
        ),
        _one_of("one label", ["billing", "refund", "login"]),
        _one_of("one number", ["1", "2", "3", "10"]),
        _one_of("one letter", ["A", "B", "C"]),
    ]


def _one_of(name: str, choices: Sequence[str]) -> World:
    """One of some choices is right, and an answer may name several."""
    several = [list(chosen) for count in (2, 3) for chosen in product(choices, repeat=count)]
    joined = [between.join(chosen) for chosen in several for between in (" ", ", ", " or ", "\n", "/", "-")]
    named = [*joined, *map(json.dumps, several)]
    return World(
        name,
        "answers",
        [*(Sized(1, choice) for choice in choices), *(Sized(2, text) for text in dict.fromkeys(named))],
        [Sized(1, choice) for choice in choices],
    )
