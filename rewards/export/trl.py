"""TRL: a reward function of GRPOTrainer and its relatives.

Called as `f(prompts=, completions=, **columns)`, with one entry for each completion in every column of the data set;
returns one number or None each. Source: trl 1.16.0, trl/trainer/grpo_trainer.py, `_calculate_rewards`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rewards.components.judge import prefetch
from rewards.evaluation import estimate, judged
from rewards.parsing.json_text import layers_of
from rewards.reward_tree import signals_in
from rewards.rows import CONVERSATION, column_reference, rollout_of
from rewards.types import Reward, Rollout

_logger = logging.getLogger(__name__)
_NO_COLUMNS = frozenset({"completion_ids", "environments", "log_extra", "trainer_state", *CONVERSATION} - {"system"})
"""What TRL passes beside the columns of the data set, and columns with another conversation than the graded one."""


def as_trl(
    reward: Reward, *, name: str = "reward", reference: str = "reference_answer", json_reference: bool = False
) -> TrlReward:
    """`reward` as a TRL reward function, logged as `name`; the parts go to TRL's log under `name`/part.

    `reference` names the column of references, which is JSON text if `json_reference` says so; the other columns
    are read as the keys of a row (`rewards.rows`), so what is no field of a sample is its metadata. A sample that
    cannot be judged gives None, which TRL leaves out of the group's statistics.

    >>> from rewards import exact_match
    >>> as_trl(exact_match())(prompts=["2 + 2?"], completions=["4"], reference_answer=["4"])
    [1.0]
    """
    return TrlReward(reward, name, reference, json_reference)


@dataclass(frozen=True)
class TrlReward:
    """See `as_trl`."""

    reward: Reward
    name: str
    reference: str
    json_reference: bool

    @property
    def __name__(self) -> str:
        """What TRL calls the reward in its log."""
        return self.name

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """The score of each completion."""
        columns = {name: column for name, column in columns.items() if name not in _NO_COLUMNS}
        if self.reference not in columns:
            raise ValueError(f"the data set needs a column {self.reference!r}; it has {', '.join(sorted(columns))}")
        rollouts = [
            self._rollout(index, *pair, columns) for index, pair in enumerate(zip(prompts, completions, strict=True))
        ]
        prefetch(self.reward, rollouts)
        scores = [judged(self.reward, rollout).score for rollout in rollouts]
        if log_metric:
            _log([signals_in(score) for score in scores if score], self.name, log_metric)
        return [None if score is None else score.value for score in scores]

    def _rollout(self, index: int, prompt: Any, completion: Any, columns: dict[str, Any]) -> Rollout:
        row = {name: column[index] for name, column in columns.items()}
        reference = row.pop(self.reference)
        row |= {"prompt": prompt, "completion": completion}
        row["reference_answer"] = column_reference(reference, self.json_reference)
        if not self.json_reference and _holds_null(reference):
            _warn_of_nulls(self.reference)
        return rollout_of(row, index=index)


def _log(signals: list[dict[str, float | None]], name: str, log_metric: Callable[[str, float], None]) -> None:
    """The mean of each signal over the completions for which it was measured; none where it was measured for none."""
    for signal in signals[0] if signals else ():
        measured = [value for each in signals if (value := each[signal]) is not None]
        if measured:
            log_metric(f"{name}/{signal}", estimate(measured).mean)


def _holds_null(reference: Any) -> bool:
    """Whether an object in a reference has a null; one beyond the limits is refused by the reward anyway."""
    try:
        objects = [item for layer in layers_of(reference) for item in layer if isinstance(item, dict)]
    except ValueError:
        return False
    return any(value is None for item in objects for value in item.values())


@cache
def _warn_of_nulls(column: str) -> None:
    _logger.warning(
        "column %r holds objects with nulls: datasets keeps rows in Arrow, which writes null for each key that only "
        "other rows have, and a reward cannot tell it from a null that is meant; keep the column as JSON text, and "
        "declare it by json_reference=True",
        column,
    )
