"""An agent's project on this machine: audited, taught gold turns, reinforced over real rollouts, reported, resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rewards.rollouts import read_records
from rft.cli import rft

pytest.importorskip("trl")
pytestmark = pytest.mark.train

WORLD = '''
from rewards import final_state, invalid_calls, milestones, weighted
from rewards.trajectories import Environment, State, Task, ToolError, call, environment, say, split_of

ITEMS = ("tea", "milk", "rice", "salt", "figs")


def add(state: State, item: str) -> str:
    """Put an item into the cart.

    Args:
        item: Name of the item.
    """
    if item not in ITEMS:
        raise ToolError(f"no item {item!r}")
    state["cart"].append(item)
    return "cart " + " ".join(state["cart"])


def load_environment() -> Environment:
    tasks = [
        Task(
            f"{first}-{second}",
            "buy what is on my list",
            {"cart": []},
            {"state": {"cart": [first, second]}, "milestones": [{"cart": [first]}, {"cart": [second]}]},
            gold=(say("What is on the list?"), call("add", item=first), call("add", item=second), say("done")),
            user={"list": f"{first} and {second}"},
            split=split_of(f"{min(first, second)} {max(first, second)}", test=0.3),
        )
        for first in ITEMS
        for second in ITEMS
        if first != second
    ]
    parts = {"state": (final_state(), 0.5), "way": (milestones(), 0.5), "invalid": (invalid_calls(), -0.1)}
    return environment("cart", tools=[add], tasks=tasks, reward=weighted(parts), max_turns=5)
'''
PROJECT = """
name: cart
env: env.py:load_environment
rft: {set: {group_size: 4, global_batch_size: 32, max_steps: 50}}
local:
  hidden: 64
  layers: 2
  sft_steps: 150
  sft_noise: 0.0
  eval_tasks: 6
  eval_samples: 2
  rft: {max_steps: 2, global_batch_size: 2}
"""
STAGES = ("check", "base", "eval_base", "sft", "eval_sft", "rft", "eval_rft", "report")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cart")
    (made / "env.py").write_text(WORLD, encoding="utf-8")
    (made / "agent.py").write_text("def handler(event, context=None):\n    return {}\n", encoding="utf-8")
    (made / "project.yaml").write_text(PROJECT, encoding="utf-8")
    return made


def run(folder: Path, *more: str) -> Result:
    args = ["run", str(folder / "project.yaml"), "--runs", str(folder / "runs"), *more]
    return CliRunner().invoke(rft, args, catch_exceptions=False)


def calls_made(record: dict[str, Any]) -> int:
    """Calls that the world took."""
    return len(record["trajectory"]["turns"][-1]["state"]["cart"])


@pytest.fixture(scope="module")
def done(folder: Path) -> Result:
    return run(folder)


def summary(folder: Path, stage: str) -> Any:
    return json.loads((folder / "runs/cart" / stage / "summary.json").read_text("utf-8"))


def records(folder: Path, stage: str) -> list[dict[str, Any]]:
    return [record for _, record in read_records(folder / "runs/cart" / stage / "rollouts.jsonl")]


def test_the_policy_learns_from_gold_turns_to_ask_and_to_call_as_its_base_does_not(folder: Path, done: Result) -> None:
    assert done.exit_code == 0, done.output
    base, taught = (list(map(calls_made, records(folder, stage))) for stage in ("eval_base", "eval_sft"))
    assert sum(base) == 0
    assert sum(calls > 0 for calls in taught) >= len(taught) / 4  # two items to buy; which ones takes more steps
    assert summary(folder, "eval_sft")["score"]["rows"] == 6


def test_every_rollout_of_the_training_is_in_the_file_turn_by_turn(folder: Path, done: Result) -> None:
    found = records(folder, "rft")
    assert [record["step"] for record in found] == [1] * 8 + [2] * 8  # 2 prompts of 4 rollouts a step
    assert all(len(record["turn_rewards"]) == len(record["trajectory"]["turns"]) for record in found)
    assert all(abs(sum(record["turn_rewards"]) - record["score"]) < 1e-6 for record in found)
    assert len(records(folder, "eval_rft")) == 2 * 6


def test_the_report_shows_all_three_and_how_the_hyperparameters_were_read(folder: Path, done: Result) -> None:
    page = (folder / "runs/cart/report/report.html").read_text("utf-8")
    for said in ("cart: base, SFT, RFT", "max_steps", "a tiny policy moves in a few steps", "zero_std_groups"):
        assert said in page


def test_a_second_run_repeats_nothing_and_a_changed_step_only_what_follows(folder: Path, done: Result) -> None:
    assert run(folder).output.count("unchanged") == len(STAGES)
    project = folder / "project.yaml"
    project.write_text(PROJECT.replace("max_steps: 2,", "max_steps: 1,"), encoding="utf-8")
    again = run(folder)
    assert again.output.count("unchanged") == 5, again.output
    assert len(records(folder, "rft")) == 8


def test_equal_inputs_give_equal_rollouts(folder: Path, done: Result) -> None:
    project = folder / "project.yaml"
    project.write_text(PROJECT.replace("max_steps: 2,", "max_steps: 1,"), encoding="utf-8")
    run(folder)
    before = (folder / "runs/cart/rft/rollouts.jsonl").read_bytes()
    project.write_text(PROJECT, encoding="utf-8")
    run(folder)
    assert (folder / "runs/cart/rft/rollouts.jsonl").read_bytes().startswith(before)


def test_a_world_that_must_not_train_stops_the_run(folder: Path, tmp_path: Path) -> None:
    for file in folder.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "env.py").write_text(WORLD.replace("(final_state(), 0.5)", "(final_state(), -0.5)"), encoding="utf-8")
    with pytest.raises(Exception, match="must not train an agent"):
        run(tmp_path)
    assert run(tmp_path, "--plan").output.count("would run") == len(STAGES)
