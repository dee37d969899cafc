"""A tiny policy learns an agent's task over many turns: base, SFT on noisy turns, then RFT in the world itself.

    python benchmarks/agents/train.py --seed 1                   # dense reward: final_state and milestones
    python benchmarks/agents/train.py --seed 1 --reward sparse --sft 60    # final_state alone, after little SFT

The world is a cart of six items in which two are to be bought; 8 of the 30 ordered pairs are held out. The policy and
its trainings are those of `rft run PROJECT --on local`. Prints one JSON object: the mean final-state success on
held-out pairs, each with its standard error over pairs (the completions of a pair are not independent), and the codes
of the audit's findings beforehand.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from estimators.platforms.local.agents import AgentOverlay, evaluate, make_policy, rft_settings, run_rft, run_sft
from rewards import excess_calls, final_state, milestones, weighted
from rewards.audit.trajectories import audit_environment
from rewards.evaluation import estimate
from rewards.rollouts import Record, row_of
from rewards.rows import rollout_of
from rewards.trajectories import Environment, State, Task, ToolError, call, environment, say

ITEMS = ("tea", "milk", "rice", "salt", "figs", "oats")
NOISE = 0.35
SPARSE = final_state()
DENSE = weighted({"state": (final_state(), 0.5), "way": (milestones(), 0.5), "calls": (excess_calls(2, limit=6), -0.1)})


def add(state: State, item: str) -> str:
    """Add an item.

    Args:
        item: Name of the item.
    """
    if item not in ITEMS:
        raise ToolError("no such item")
    state["cart"].append(item)
    return "cart " + " ".join(state["cart"])


def drop(state: State, item: str) -> str:
    """Drop an item.

    Args:
        item: Name of the item.
    """
    if item not in state["cart"]:
        raise ToolError("not in the cart")
    state["cart"].remove(item)
    return "cart " + " ".join(state["cart"])


def world(seed: int, reward: Any) -> Environment:
    """The cart with its tasks."""
    pairs = [(first, second) for first in ITEMS for second in ITEMS if first != second]
    random.Random(f"{seed}/pairs").shuffle(pairs)
    held_out = {frozenset(pair) for pair in pairs[:4]}  # 8 ordered pairs: a goal is held out in both orders
    tasks = [
        Task(
            f"{first}-{second}",
            f"buy {first} and {second}",
            {"cart": []},
            {"state": {"cart": [first, second]}, "milestones": [{"cart": [first]}, {"cart": [second]}]},
            gold=(call("add", item=first), call("add", item=second), say("done")),
            split="test" if frozenset((first, second)) in held_out else "train",
        )
        for first, second in pairs
    ]
    return environment("cart", tools=[add, drop], tasks=tasks, reward=reward, max_turns=6)


def success(records: list[Record]) -> dict[str, float]:
    """The mean of the final state's success, with its standard error over tasks."""
    judge, values = final_state(), []
    for record in records:
        rollout = rollout_of(row_of(record))
        values.append(float(judge(rollout.sample, rollout.completion).value == 1))
    found = estimate(values, [str(record["row_id"]) for record in records])
    return {"mean": round(found.mean, 3), "se": round(found.standard_error, 3), "n": found.count}


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sft", type=int, default=250)
    parser.add_argument("--rft", type=int, default=20)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--reward", choices=["dense", "sparse"], default="dense")
    args = parser.parse_args()
    began, cpu = time.perf_counter(), time.process_time()
    made = world(args.seed, DENSE if args.reward == "dense" else SPARSE)
    asked = {"max_steps": args.rft, "learning_rate": args.lr}
    overlay = AgentOverlay(sft_steps=args.sft, sft_noise=NOISE, rft=asked, eval_samples=16)
    settings, seed = rft_settings({}, overlay), args.seed
    result: dict[str, Any] = {
        "settings": vars(args),
        "audit": sorted(finding.code for finding in audit_environment(made).findings),
    }
    with tempfile.TemporaryDirectory() as folder:
        base, sft, rft = (Path(folder, name) for name in ("base", "sft", "rft"))
        result["parameters"] = make_policy(made, overlay, base / "model", seed=seed)
        run_sft(made, overlay, model=base / "model", out=sft, seed=seed)
        log = run_rft(made, overlay, settings, model=sft / "model", out=rft, seed=seed)
        for path in (base, sft, rft):
            result[path.name] = success(evaluate(made, overlay, settings, model=path / "model", seed=seed))
    result["zero_std"] = [round(row["critic/rewards/zero_std_groups"], 2) for row in log.rows]
    result["seconds"], result["cpu_s"] = round(time.perf_counter() - began), round(time.process_time() - cpu)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
