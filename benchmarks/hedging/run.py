"""Who pays hedging: every component and combination, in 10,000 belief games of each kind of answer that it can judge.

    python benchmarks/hedging/run.py            # the table of docs/rewards.md; exit 1 where a declaration is wrong
    python benchmarks/hedging/run.py --all      # every world of every reward

A game is profitable where an answer of more items than any reference believed in earns more than every answer that is
not longer.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from games import Outcome, World, play, worlds

from rewards import (
    REWARDS,
    AnswerFormat,
    Comparison,
    Reward,
    box_count,
    box_iou,
    clipped,
    expression,
    field_f1,
    gated,
    label_match,
    minimum,
    numeric_match,
    parameters,
    product,
    regex_match,
    sequence,
    text_similarity,
    tool_calls,
    tool_choice,
    weighted,
)
from rewards.errors import HedgingWarning
from rewards.hedging import Hedging, hedging_of

GAMES = 10_000
_WITHOUT_DEFAULTS = (
    "has_tags", "overlong", "schema_valid", "excess_calls", "excess_turns", "on_turns", "judge", "rubric",
)  # fmt: skip
_COMBINATORS = ("best_of", "clipped", "expression", "gated", "minimum", "product", "weighted")
"""Components that need a parameter: five read no reference, `on_turns` is as its reward, and a judge or a rubric is
what its model is. Combinators follow."""


class Played(NamedTuple):
    """One reward in one world."""

    name: str
    reward: Reward
    world: World
    outcome: Outcome


def components() -> dict[str, Reward]:
    """Every registered component with its defaults, and with what changes its meaning."""
    plain = {name: REWARDS[name]() for name in REWARDS if name not in (*_WITHOUT_DEFAULTS, *_COMBINATORS)}
    near, unordered, loose = Comparison(near=0.5), Comparison(ordered=False), Comparison(abs_tol=1.0)
    return {
        **plain,
        "tool_calls(values=Comparison(near=0.5))": tool_calls(values=near),
        "tool_calls(values=Comparison(abs_tol=1))": tool_calls(values=loose),
        "tool_calls(key_credit=0.5)": tool_calls(key_credit=0.5),
        "sequence(stages=…)": sequence(stages=[["f", "g"]]),
        "field_f1(values=Comparison(ordered=False))": field_f1(values=unordered),
        'exact_match(AnswerFormat(key="items"))': REWARDS["exact_match"](AnswerFormat(key="items")),
        'text_similarity(method="tokens")': text_similarity(method="tokens"),
        "text_similarity(floor=0.6)": text_similarity(floor=0.6),
        "label_match(multi=True)": label_match(multi=True),
        'label_match(separator="/")': label_match(separator="/"),
        'label_match(multi=True, separator="/")': label_match(multi=True, separator="/"),
        "numeric_match(abs_tol=1)": numeric_match(abs_tol=1),
        "regex_match(part=True)": regex_match(part=True),
        "box_count(crowd=1)": box_count(crowd=1),
        "box_iou(threshold=0.5)": box_iou(threshold=0.5),
    }


def combinations() -> dict[str, Reward]:
    """The combinations that the docs show, and each combinator over parts that never pay alone."""
    choice, arguments, order, calls = tool_choice(), parameters(), sequence(), tool_calls()
    both: Mapping[str, Reward] = {"order": order, "arguments": arguments}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HedgingWarning)
        return {
            "0.4 tool_choice + 0.4 parameters + 0.2 sequence": weighted(
                {"tools": (choice, 0.4), "arguments": (arguments, 0.4), "order": (order, 0.2)}
            ),
            "0.3 box_count + 0.7 box_iou": weighted({"count": (box_count(), 0.3), "boxes": (box_iou(), 0.7)}),
            "tool_calls - 0.1 tool_choice": weighted({"calls": (calls, 1.0), "tools": (choice, -0.1)}),
            "gated(tool_calls, by=json_parse, threshold=0.75)": gated(
                calls, by=REWARDS["json_parse"](), threshold=0.75
            ),
            "gated(parameters, by=tool_choice, threshold=1)": gated(arguments, by=choice, threshold=1.0),
            "gated(parameters, by=tool_choice, threshold=0.5)": gated(arguments, by=choice, threshold=0.5),
            "product of parameters and sequence": product(both),
            "product of box_count and box_iou": product({"count": box_count(), "boxes": box_iou()}),
            "best_of parameters and sequence": REWARDS["best_of"](both),
            "minimum of parameters and sequence": minimum(both),
            "minimum of two lists": minimum(_two_lists()),
            "product of two lists": product(_two_lists()),
            "clipped(tool_calls, high=0.5)": clipped(calls, high=0.5),
            "clipped(tool_calls, low=0.3)": clipped(calls, low=0.3),
            "expression: tools * (0.2 + 0.8 * arguments)": expression(
                "tools * (0.2 + 0.8 * arguments)", {"tools": choice, "arguments": arguments}
            ),
            "expression: sqrt(calls)": expression("sqrt(calls)", {"calls": calls}),
            "expression: calls ** 2": expression("calls ** 2", {"calls": calls}),
        }


def _two_lists() -> dict[str, Reward]:
    return {key: label_match(AnswerFormat(key=key), multi=True) for key in ("causes", "remedies")}


def played(rewards: Mapping[str, Reward], games: int = GAMES, among: Sequence[World] | None = None) -> Iterator[Played]:
    """Each reward in each world whose references it can judge by. One that reads none leaves nothing to believe."""
    compared = {name: reward for name, reward in rewards.items() if hedging_of(reward) is not Hedging.NO_REFERENCE}
    for world in among or worlds():
        for name, reward in compared.items():
            outcome = play(reward, world, games)
            if outcome is not None:
                yield Played(name, reward, world, outcome)


def table(found: list[Played]) -> str:
    """The rewards that pay in some world, each in the one that pays most, as Markdown."""
    lines = ["| reward | longer answers have more | profitable games of 10,000 | largest gain |", "|---|---|---|---|"]
    for name in dict.fromkeys(each.name for each in found):
        worst = max((each for each in found if each.name == name), key=lambda each: each.outcome.profitable)
        if worst.outcome.profitable:
            outcome = worst.outcome
            where = f"{worst.world.item} ({worst.world.name})"
            lines.append(f"| {_code(name)} | {where} | {outcome.profitable:,} | {outcome.largest_gain:.2f} |")
    return "\n".join(lines)


def _code(name: str) -> str:
    return name if " " in name.partition("(")[0] else f"`{name}`"


def main() -> None:
    """Print the table, and leave with 1 where a reward that is declared never to pay does."""
    found = list(played({**components(), **combinations()}))
    if "--all" in sys.argv:
        for name, reward, world, outcome in found:
            print(f"{name:<52} {world.name:<30} {outcome.profitable:>6,} {hedging_of(reward)}")
    else:
        print(table(found))
    wrong = [each for each in found if each.outcome.profitable and hedging_of(each.reward).never_pays]
    for name, _, world, outcome in wrong:
        print(f"{name} is declared never to pay, and does in {world.name}: {outcome.example}", file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
