"""The bridge from trainer to grader: rollouts to a Nova event, results to rewards, both validated.

The grader gets the event that a Lambda would get, so a violation of the contract shows up locally.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from estimators.platforms.local.errors import GraderContractError
from rewards.evaluation import has_zero_std
from rewards.reward_tree import without_markers
from rewards.rollouts import Record, graded_by_lambda, rollout_record, row_of

Event: TypeAlias = list[dict[str, Any]]
Grader: TypeAlias = Callable[[Event], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Graded:
    """One rollout's reward and the grader's metrics."""

    reward: float
    listed: tuple[Mapping[str, Any], ...] = ()

    @property
    def metrics(self) -> dict[str, float | None]:
        """The metrics by name; None for one that was not measured."""
        return without_markers({entry["name"]: float(entry["value"]) for entry in self.listed})


def records_of(rows: Sequence[Mapping[str, Any]], texts: Sequence[str], **facts: Any) -> list[Record]:
    """Completions of training rows as rollout records, numbered within their row though it repeats.

    >>> [record["id"] for record in records_of([{"id": "7", "messages": []}] * 2, ["a", "b"])]
    ['7-0', '7-1']
    """
    seen: Counter[str] = Counter()
    records: list[Record] = []
    for row, text in zip(rows, texts, strict=True):
        name = str(row["id"])
        turn = {"role": "assistant", "content": text}
        records.append(rollout_record(row, [turn], row_id=name, sample=seen[name], **facts))
        seen[name] += 1
    return records


def event_of(records: Sequence[Mapping[str, Any]]) -> Event:
    """Rollout records as a Lambda event."""
    return [row_of(record) for record in records]


def grade(grader: Grader, event: Event, *, batch_size: int) -> list[Graded]:
    """Call the grader on `batch_size` samples at a time; raises GraderContractError on the first violation."""
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
    return Graded(score, tuple(_metrics(result.get("metrics_list") or [], name)))


def _metrics(listed: Any, name: str) -> Iterator[Mapping[str, Any]]:
    for metric in listed:
        if not isinstance(metric, Mapping) or not isinstance(metric.get("name"), str):
            raise GraderContractError(
                f"metrics_list of sample {name!r} must hold objects with a name, got {metric!r:.80}"
            )
        _number(metric.get("value"), f"metric {metric['name']!r} of sample {name!r}")
        yield metric


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise GraderContractError(f"{what} must be a finite number, got {value!r:.80}")
    return float(value)


def zero_std_groups(rewards: Sequence[float], group: int) -> float:
    """Share of groups with zero reward std, in [0, 1]: the prompts without a learning signal in this step.

    >>> zero_std_groups([1, 1, 0, 1], 2)
    0.5
    """
    groups = [rewards[start : start + group] for start in range(0, len(rewards), group)]
    return sum(has_zero_std(min(one), max(one)) for one in groups) / len(groups)


def means(graded: Sequence[Graded]) -> dict[str, float]:
    """Mean of each metric over the rollouts for which it was measured."""
    values: dict[str, list[float]] = {}
    for one in graded:
        for name, value in one.metrics.items():
            if value is not None:
                values.setdefault(name, []).append(value)
    return {name: math.fsum(listed) / len(listed) for name, listed in values.items()}


@dataclass
class GraderReward:
    """A grader as TRL's reward function. TRL passes dataset columns as lists and takes metrics through `log_metric`.

    `keep` is given the graded rollouts of each step, with `facts` such as the seed; `end` is the token that ends a
    completion, and `digest` that of the grader.
    """

    grader: Grader
    group: int
    batch_size: int
    keep: Callable[[Sequence[Record]], None] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    end: int | None = None
    digest: str = ""
    __name__: str = field(default="grader", init=False)

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Sequence[Mapping[str, str]]],
        row: Sequence[str],
        log_metric: Callable[[str, float], None],
        trainer_state: Any = None,
        completion_ids: Sequence[Sequence[int]] | None = None,
        **_: Any,
    ) -> list[float]:
        """Rewards in the order of the completions."""
        step = None if trainer_state is None else trainer_state.global_step + 1
        texts = [turns[-1]["content"] for turns in completions]
        records = records_of([json.loads(text) for text in row], texts, step=step, **self.facts)
        if completion_ids is not None:
            lengths = [length_of(ids, self.end) for ids in completion_ids]
            records = [{**record, **length} for record, length in zip(records, lengths, strict=True)]
        try:
            graded = grade(self.grader, event_of(records), batch_size=self.batch_size)
        except BaseException:
            self._keep(records)  # ungraded: what the grader could not judge is what one wants to see
            raise
        pairs = zip(records, graded, strict=True)
        self._keep([graded_by_lambda(record, one.reward, one.listed, grader=self.digest) for record, one in pairs])
        rewards = [one.reward for one in graded]
        log_metric("zero_std_groups", zero_std_groups(rewards, self.group))
        for name, value in means(graded).items():
            log_metric(f"metric/{name}", value)
        return rewards

    def _keep(self, records: Sequence[Record]) -> None:
        if self.keep is not None:
            self.keep(records)


def length_of(tokens: Sequence[int], end: int | None) -> Record:
    """The length and the finish reason of a completion, as fields of a rollout record.

    >>> length_of([5, 6, 2], end=2), length_of([5, 6], end=2)["finish_reason"]
    ({'tokens': {'completion': 3}, 'finish_reason': 'stop'}, 'length')
    """
    return {"tokens": {"completion": len(tokens)}, "finish_reason": "stop" if end in tokens else "length"}
