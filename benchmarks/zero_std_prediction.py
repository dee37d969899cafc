"""How well zero-std groups of 16 are predicted from groups of 4: simulated policies, several seeds each.

    python benchmarks/zero_std_prediction.py            # root mean square error in points, by kind and by prompts
    python benchmarks/zero_std_prediction.py --json     # for machines

Each prompt draws 16 scores by its own chances; the prediction sees the first 4, the truth is the share of all 16.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from random import Random
from statistics import fmean

from rft.lab.groups import Group, Rollout
from rft.lab.zero_std import ZeroStd

SAVED, PREDICTED = 4, 16
Chances = list[tuple[float, float]]  # scores, and their chances for one prompt


def right_or_wrong(p: float) -> Chances:
    """One prompt that is solved with the chance p."""
    return [(0.0, 1 - p), (1.0, p)]


def format_and_content(random: Random) -> Chances:
    """0.2 for the format, 0.8 for the content."""
    p, f = random.betavariate(0.4, 0.6), random.betavariate(8, 1)
    return [(0.0, (1 - f) * (1 - p)), (0.2, f * (1 - p)), (0.8, (1 - f) * p), (1.0, f * p)]


def ten_scores(random: Random) -> Chances:
    """Partial credit in tenths."""
    return [(tenth / 10, random.gammavariate(0.15, 1) + 1e-9) for tenth in range(10)]


POLICIES: dict[str, Callable[[Random], Chances]] = {
    "prompts of every kind": lambda random: right_or_wrong(random.random()),
    "easy and hard prompts": lambda random: right_or_wrong(random.betavariate(0.3, 0.5)),
    "hard prompts": lambda random: right_or_wrong(random.betavariate(1, 9)),
    "easy prompts": lambda random: right_or_wrong(random.betavariate(5, 2)),
    "half beyond reach": lambda random: right_or_wrong(random.choice([0.0, 0.5])),
    "most solved": lambda random: right_or_wrong(0.5 if random.random() < 0.3 else 1.0),
    "normal log-odds": lambda random: right_or_wrong(1 / (1 + math.exp(-random.gauss(0, 2)))),
    "decided, or of every kind": lambda random: right_or_wrong(random.choice([0.0, 1.0, random.random()])),
    "format and content": format_and_content,
    "ten scores": ten_scores,
}


def error(policy: str, prompts: int, seed: int) -> float:
    """The predicted share of zero-std groups minus the true one, in points."""
    random, saved, whole = Random(f"{policy}/{prompts}/{seed}"), ZeroStd(), 0
    for _ in range(prompts):
        scores, chances = zip(*POLICIES[policy](random), strict=True)
        drawn = random.choices(scores, chances, k=PREDICTED)
        whole += len(set(drawn)) == 1
        saved.add(Group(0, None, [Rollout(score) for score in drawn[:SAVED]]))
    return 100 * (saved.predicted((PREDICTED,))[PREDICTED].zero_std_groups - whole / prompts)


def main() -> None:
    """Print the errors."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--prompts", type=int, nargs="+", default=[300, 1000, 3000])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    errors = {
        policy: {
            prompts: math.sqrt(fmean(error(policy, prompts, seed) ** 2 for seed in range(options.seeds)))
            for prompts in options.prompts
        }
        for policy in POLICIES
    }
    if options.json:
        print(json.dumps(errors, indent=2))
        return
    print(f"{'prompts':<28}" + "".join(f"{prompts:>8,}" for prompts in options.prompts))
    for policy, found in errors.items():
        print(f"{policy:<28}" + "".join(f"{value:>8.1f}" for value in found.values()))


if __name__ == "__main__":
    main()
