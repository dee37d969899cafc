"""Three worlds, several seeds: is a tiny policy better after SFT than before, and after RFT than after SFT?

    python benchmarks/agents/worlds.py                        # calendar, cart and support desk, seeds 1 to 5
    python benchmarks/agents/worlds.py --worlds cart --seeds 1

The worlds are those of examples/agents and of the template `agent`; policy and trainings are those of `rft run`. Prints
one JSON object for each world and seed: the mean reward on held-out tasks and the share of rollouts that earn all, each
with its 95 % interval over tasks, and what each training gained task by task with its 95 % interval. Exit 1 where an
interval of a gain reaches 0.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, product
from pathlib import Path
from statistics import mean
from typing import Any, Final

from estimators.platforms.local.agents import AgentOverlay, evaluate, make_policy, rft_settings, run_rft, run_sft
from rewards.evaluation import estimate
from rewards.rollouts import Record
from rewards.trajectories import load_environment

ROOT: Final = Path(__file__).resolve().parents[2]
WORLDS: Final[Mapping[str, Path]] = {
    "calendar": ROOT / "examples/agents/calendar.py",
    "cart": ROOT / "examples/agents/cart.py",
    "support": ROOT / "rft/templates/agent/env.py",
}
STAGES: Final = ("base", "sft", "rft")
ALL_OF_IT: Final = 1 - 1e-9


def compared(world: str, overlay: AgentOverlay, *, seed: int) -> dict[str, Any]:
    """Train once and say how the three policies do on held-out tasks."""
    began = time.process_time()
    made, settings = load_environment(WORLDS[world], seed=seed), rft_settings({}, overlay)
    with tempfile.TemporaryDirectory() as folder:
        base, sft, rft = (Path(folder, stage) for stage in STAGES)
        make_policy(made, overlay, base / "model", seed=seed)
        run_sft(made, overlay, model=base / "model", out=sft, seed=seed)
        run_rft(made, overlay, settings, model=sft / "model", out=rft, seed=seed)
        models = {stage: Path(folder, stage, "model") for stage in STAGES}
        played = {stage: evaluate(made, overlay, settings, model=models[stage], seed=seed) for stage in STAGES}
    means = {stage: task_means(records) for stage, records in played.items()}
    return {
        "world": world,
        "seed": seed,
        "reward": {stage: interval(means[stage].values()) for stage in STAGES},
        "earned_all": {stage: round(mean(_earned_all(records)), 3) for stage, records in played.items()},
        "gain": {
            after: interval(means[after][task] - means[before][task] for task in means[before])
            for before, after in pairwise(STAGES)
        },
        "cpu_s": round(time.process_time() - began),
    }


def task_means(records: Sequence[Record]) -> dict[str, float]:
    """The mean reward of each task's rollouts."""
    scores = defaultdict[str, list[float]](list)
    for record in records:
        scores[str(record["row_id"])].append(_score(record))
    return {task: mean(of) for task, of in scores.items()}


def interval(values: Iterable[float]) -> dict[str, float]:
    """The mean of one value a task, and the ends of its 95 % interval."""
    found = estimate(values)
    margin = 1.96 * found.standard_error
    return {"mean": round(found.mean, 3), "low": round(found.mean - margin, 3), "high": round(found.mean + margin, 3)}


def _earned_all(records: Sequence[Record]) -> list[bool]:
    return [_score(record) >= ALL_OF_IT for record in records]


def _score(record: Record) -> float:
    return float(str(record["score"]))


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--sft", type=int, default=600, help="steps of SFT")
    parser.add_argument("--noise", type=float, default=0.15, help="share of its calls that are another task's")
    parser.add_argument("--rft", type=int, default=30, help="steps of RFT")
    parser.add_argument("--prompts", type=int, default=8, help="prompts of a step of RFT, 8 rollouts each")
    parser.add_argument("--tasks", type=int, default=64, help="held-out tasks, 4 rollouts each")
    args = parser.parse_args()
    rft = {"max_steps": args.rft, "global_batch_size": args.prompts}
    overlay = AgentOverlay(sft_steps=args.sft, sft_noise=args.noise, rft=rft, eval_tasks=args.tasks)
    apart = True
    for world, seed in product(args.worlds, args.seeds):
        found = compared(world, overlay, seed=seed)
        apart = apart and all(gain["low"] > 0 for gain in found["gain"].values())
        print(json.dumps(found), flush=True)
    sys.exit(0 if apart else 1)


if __name__ == "__main__":
    main()
