"""What is declared never to pay hedging has no profitable belief game, and what can pay it is on the page."""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from itertools import combinations
from pathlib import Path
from types import ModuleType

import pytest

from rewards import (
    REWARDS,
    Comparison,
    Reward,
    best_of,
    box_iou,
    clipped,
    expression,
    field_f1,
    gated,
    json_parse,
    judge,
    keyword_jaccard,
    label_match,
    minimum,
    overlong,
    parameters,
    product,
    repetition,
    sequence,
    text_similarity,
    tool_calls,
    tool_choice,
    weighted,
)
from rewards.audit import lift
from rewards.audit.checks.contract import hedged_combinators, hedged_components
from rewards.errors import HedgingWarning
from rewards.hedging import Hedging, hedging_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "hedging"
GAMES = 1_000


def loaded(name: str) -> ModuleType:
    """The script beside the wheel: benchmarks are no package."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up, and the one imports the other
    spec.loader.exec_module(module)
    return module


games = loaded("games")
sys.modules["games"] = games
run = loaded("run")
WORLDS = {world.name: world for world in games.worlds()}
PLAYED: dict[str, Reward] = {**run.components(), **run.combinations()}
PAGE = (ROOT / "docs" / "rewards.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("### What pays hedging") : PAGE.index("### Why the right tool comes first")]
ROWS = dict(re.findall(r"^\| `?([^|`]+)`? \| [^|]+ \| ([\d,]+) \| [\d.]+ \|$", SECTION, flags=re.MULTILINE))


def profitable(reward: Reward, world: str, played: int = GAMES) -> int:
    outcome = games.play(reward, WORLDS[world], played)
    return outcome.profitable if outcome else 0


def test_every_registered_reward_is_played_but_those_without_a_reference_and_a_judge() -> None:
    played = {reward.name for reward in PLAYED.values()}  # type: ignore[attr-defined]  # every reward of the library has one
    without = {"has_tags", "overlong", "schema_valid", "excess_calls", "excess_turns", "on_turns", "judge", "rubric"}
    assert REWARDS.keys() - played == without
    unknown = [name for name, reward in PLAYED.items() if hedging_of(reward) is Hedging.UNKNOWN]
    assert ("judge", *unknown) == (
        "judge",
        "code_tests",
        "instruction_constraints",
        "milestones",
        "sql_result",
    )  # and the page says why
    assert hedging_of(judge("x")) is Hedging.UNKNOWN
    said = "`judge`, `code_tests`, `sql_result`, `milestones` and `instruction_constraints` declare nothing"
    assert said in PAGE.replace("\n", " ")


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_declared_never_to_pay_hedging_pays_it_in_no_game(world: str) -> None:
    found = [each.name for each in run.played(PLAYED, GAMES, [WORLDS[world]]) if each.outcome.profitable]
    assert [name for name in found if hedging_of(PLAYED[name]).never_pays] == []


PARTS: dict[str, list[Reward]] = {
    "calls": [tool_choice(), parameters(), tool_calls(key_credit=0.5), sequence()],
    "arguments of a call": [parameters(), tool_calls(tool_credit=0.0)],
    "fields and a list": [field_f1(), field_f1(values=Comparison(ordered=False))],
    "boxes": [box_iou(), box_iou(threshold=0.5), REWARDS["box_count"]()],
    "labels": [label_match(multi=True), keyword_jaccard()],
}


@pytest.mark.parametrize("world", PARTS)
@pytest.mark.filterwarnings("ignore::rewards.errors.HedgingWarning")
def test_a_combination_of_two_parts_keeps_what_it_declares(world: str) -> None:
    for left, right in combinations(PARTS[world], 2):
        both = {"a": left, "b": right}
        made = [
            weighted({"a": (left, 0.3), "b": (right, 2.0)}),
            product(both),
            minimum(both),
            best_of(both),
            gated(left, by=right, threshold=1.0),
            gated(left, by=right, threshold=0.4),
            clipped(weighted({"a": (left, 1.0), "b": (right, 1.0)})),
            *(expression(formula, both) for formula in ("a * (0.2 + 0.8 * b)", "max(a, b) ** 2", "a * b * b", "a - b")),
        ]
        assert [reward for reward in made if hedging_of(reward).never_pays and profitable(reward, world, 200)] == []


BREAKING = {
    "minimum": (lambda: minimum({"a": tool_choice(), "b": sequence()}), "product"),
    "gated": (lambda: gated(parameters(), by=tool_choice(), threshold=0.5), "take threshold=1"),
    "clipped": (lambda: clipped(tool_calls(), high=0.5), "take high=1"),
    "weighted": (lambda: weighted({"a": (tool_calls(), 1.0), "b": (tool_choice(), -0.1)}), "subtract what reads no"),
    "expression": (lambda: expression("sqrt(a)", {"a": tool_calls()}), "raised to 1 or more"),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_combinator_that_breaks_what_its_parts_keep_says_so_when_built_and_in_the_audit(name: str) -> None:
    build, remedy = BREAKING[name]
    with pytest.warns(HedgingWarning, match=rf"{name} can pay an answer that names more .*: .*{remedy}") as found:
        reward = build()
    assert found[0].filename == __file__
    (finding,) = hedged_combinators(lift(reward))
    assert (finding.code, finding.severity, finding.evidence) == (
        "contract-hedging",
        "warning",
        {"combinators": [name]},
    )


PAYING = {name: reward for name, reward in run.components().items() if hedging_of(reward) is Hedging.CAN_PAY}


@pytest.mark.parametrize("name", PAYING)
def test_the_audit_names_every_component_that_pays_hedging(name: str) -> None:
    reward = weighted({"near": (PAYING[name], 0.5), "form": (json_parse(), 0.5)})
    (finding,) = hedged_components(lift(reward))
    assert (finding.code, finding.severity) == ("contract-hedging-part", "note")
    assert finding.evidence == {"components": [getattr(PAYING[name], "name", "")]}


def test_sound_combinations_are_built_without_a_warning() -> None:
    form, calls, label = json_parse(), tool_calls(), label_match()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sound = [
            gated(calls, by=form, threshold=0.75),
            minimum({"calls": calls, "form": form, "label": label}),
            minimum({"label": label, "exact": REWARDS["exact_match"]()}),
            product({"tools": tool_choice(), "arguments": parameters()}),
            weighted(
                {"calls": (calls, 0.9), "long": (overlong(9, buffer_chars=1), -0.1), "again": (repetition(), -0.1)}
            ),
            clipped(weighted({"calls": (calls, 1.0), "long": (overlong(9, buffer_chars=1), -0.5)})),
            expression("min(calls, form) + 0.1 * form - 0.2 * form", {"calls": calls, "form": form}),
        ]
        pays_already = minimum({"near": text_similarity(), "calls": calls})
        own = weighted({"own": (lambda sample, completion: form(sample, completion), -1.0), "calls": (calls, 1.0)})
    assert all(hedging_of(reward).never_pays for reward in sound)
    assert all(hedged_combinators(lift(reward)) == [] for reward in (*sound, pays_already, own))
    assert all(hedged_components(lift(reward)) == [] for reward in (*sound, own))
    assert (hedging_of(pays_already), hedging_of(own)) == (Hedging.CAN_PAY, Hedging.UNKNOWN)


def test_the_page_names_every_component_that_can_pay_and_no_reward_that_cannot() -> None:
    can_pay = [name for name, reward in run.components().items() if hedging_of(reward) is Hedging.CAN_PAY]
    assert [name for name in can_pay if name not in ROWS] == []
    assert [name for name in ROWS if hedging_of(PLAYED[name]) is not Hedging.CAN_PAY] == []


@pytest.mark.parametrize(("name", "world"), [("keyword_jaccard", "labels"), ("coverage", "boxes")])
def test_the_page_shows_the_measured_number(name: str, world: str) -> None:
    assert ROWS[name] == f"{profitable(PLAYED[name], world, run.GAMES):,}"
