"""Between the trainer and the grader: rollouts become one Nova event, results become rewards, both checked strictly.

What training sees here is what a Lambda would see, so a grader that breaks its contract fails at home.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from estimators.platforms.local.errors import GraderContractError
from rewards.rows import with_completion

Event: TypeAlias = list[dict[str, Any]]
Grader: TypeAlias = Callable[[Event], Sequence[Mapping[str, Any]]]

SAME_REWARD = (
    1e-6  # rewards of a group closer than this teach nothing; a float32 std is not exactly 0 for equal rewards
)


@dataclass(frozen=True)
class Graded:
    """One rollout's reward and the metrics the grader listed beside it."""

    reward: float
    metrics: Mapping[str, float]


def event_of(rows: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> Event:
    """Training rows with the assistant's turn appended, under ids that are unique though a row repeats.

    >>> event_of([{"id": "7", "messages": []}] * 2, ["a", "b"])[1]
    {'id': '7-1', 'messages': [{'role': 'assistant', 'content': 'b'}]}
    """
    seen: Counter[str] = Counter()
    event: Event = []
    for row, text in zip(rows, texts, strict=True):
        event.append({**with_completion(row, text), "id": f"{row['id']}-{seen[row['id']]}"})
        seen[row["id"]] += 1
    return event


def grade(grader: Grader, event: Event, *, batch_size: int) -> list[Graded]:
    """Call the grader on `batch_size` samples at a time; raises GraderContractError naming the first broken promise."""
    graded: list[Graded] = []
    for start in range(0, len(event), batch_size):
        samples = event[start : start + batch_size]
        graded += _checked(grader(json.loads(json.dumps(samples))), samples)
    return graded


def _checked(results: Any, samples: Event) -> list[Graded]:
    if not isinstance(results, list) or len(results) != len(samples):
        got = f"{len(results)} results" if isinstance(results, list) else f"{type(results).__name__} {results!r:.80}"
        raise GraderContractError(f"the grader must return a list of {len(samples)} results, got {got}")
    return [_result(result, sample["id"]) for result, sample in zip(results, samples, strict=True)]


def _result(result: Any, name: str) -> Graded:
    if not isinstance(result, Mapping) or result.get("id") != name:
        raise GraderContractError(f"result for sample {name!r} must be an object with that id, got {result!r:.120}")
    score = _number(result.get("aggregate_reward_score"), f"aggregate_reward_score of sample {name!r}")
    return Graded(score, dict(_metrics(result.get("metrics_list") or [], name)))


def _metrics(listed: Any, name: str) -> Iterator[tuple[str, float]]:
    for metric in listed:
        if not isinstance(metric, Mapping) or not isinstance(metric.get("name"), str):
            raise GraderContractError(
                f"metrics_list of sample {name!r} must hold objects with a name, got {metric!r:.80}"
            )
        yield metric["name"], _number(metric.get("value"), f"metric {metric['name']!r} of sample {name!r}")


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise GraderContractError(f"{what} must be a finite number, got {value!r:.80}")
    return float(value)


def same_reward_share(rewards: Sequence[float], group: int) -> float:
    """Share of the groups whose rewards are all equal, in [0, 1]: the prompts a step learned nothing from.

    >>> same_reward_share([1, 1, 0, 1], 2)
    0.5
    """
    groups = [rewards[start : start + group] for start in range(0, len(rewards), group)]
    return sum(max(one) - min(one) < SAME_REWARD for one in groups) / len(groups)


def means(graded: Sequence[Graded]) -> dict[str, float]:
    """Mean of each metric over the rollouts that have it."""
    names = dict.fromkeys(name for one in graded for name in one.metrics)
    values = {name: [one.metrics[name] for one in graded if name in one.metrics] for name in names}
    return {name: math.fsum(listed) / len(listed) for name, listed in values.items()}


@dataclass
class GraderReward:
    """A grader as TRL's reward function. TRL passes dataset columns as lists and takes metrics through `log_metric`."""

    grader: Grader
    group: int
    batch_size: int
    __name__: str = field(default="grader", init=False)

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Sequence[Mapping[str, str]]],
        row: Sequence[str],
        log_metric: Callable[[str, float], None],
        **_: Any,
    ) -> list[float]:
        """Rewards in the order of the completions."""
        event = event_of([json.loads(text) for text in row], [turns[-1]["content"] for turns in completions])
        graded = grade(self.grader, event, batch_size=self.batch_size)
        rewards = [one.reward for one in graded]
        log_metric("same_reward_share", same_reward_share(rewards, self.group))
        for name, value in means(graded).items():
            log_metric(f"metric/{name}", value)
        return rewards
