"""Every threshold of an audit in one place, with the reason for its default."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, Literal, TypeAlias

from rewards.audit.rows.forgiven import Forgiven
from rewards.audit.rows.spans import span_of
from rewards.did_you_mean import did_you_mean
from rewards.errors import RewardError

Consumer: TypeAlias = Literal["nova", "open-weight", "batch", "input", "trajectories", "byo-metrics"]
WRAPPED: tuple[Consumer, ...] = ("batch", "input", "trajectories")
"""Send an object with the list of rows under this key."""
RECORDS: Final = "byo-metrics"
"""Sends one record a call, with a `process_type`: an evaluation with metrics of your own."""
Order: TypeAlias = Literal["free", "fixed"]

LAMBDA_PAYLOAD_BYTES = 6 * 1024 * 1024  # "Lambda quotas", synchronous invocation payload, read 2026-11


class AuditConfigError(RewardError, ValueError):
    """A setting of the audit that does not exist, or a value it cannot have."""


@dataclass(frozen=True, slots=True)
class StepPlan:
    """The training step the grader must keep up with; the defaults are those of AWS's Nova RFT recipes."""

    samples: int = 64
    """Answers graded in one step; global_batch_size of the recipe for training jobs."""
    batch: int = 128
    """Answers in one Lambda call: lambda_batch_size."""
    concurrency: int = 12
    """Calls in flight: lambda_concurrency_limit."""
    timeout_s: float = 300.0
    """Lambda timeout of the deployed grader."""
    max_new_tokens: int = 6000
    """Longest answer, in tokens; six bytes of JSON a token is the estimate for ordinary text."""


@dataclass(frozen=True, slots=True)
class AuditConfig:
    """How strict and how thorough an audit is. All scores are compared after mapping the bounds to [0, 1]."""

    seed: int = 0
    """Same seed, same rows, same grader: same findings."""
    bounds: tuple[float, float] = (0.0, 1.0)
    """Lowest and highest score the grader may give; the highest is what a right answer must get."""
    consumer: Consumer | None = None
    """Who asks, and in which shape; not declared: a bare list as Nova sends it, else the shape that is answered."""
    order: Order | None = None
    """Whether the order of list items (tool calls) is declared free, fixed, or not declared."""
    ignore: tuple[str, ...] = ()
    """Parts of the answer that are not graded on purpose: a path such as `Query analysis.Type`, or its last key."""
    answer: str = ""
    """Where the answer stands in a completion, such as `tag:answer`; empty: found from the right answers."""
    forgiven_share: float = 0.0
    """Share of itself by which a number may be off on purpose: 0.05 where the task allows five percent."""
    forgiven_amount: float = 0.0
    """Amount by which a number may be off on purpose: 0.5 where the task allows half a degree."""
    tolerance: float = 1e-9
    """Scores closer than this are equal."""
    noise: float = 0.0
    """Standard deviation of repeated scores, as a share of the range; measured where a grader is found to be noisy."""
    repeats: int = 1
    """Times each answer is graded; the mean counts. Set by itself for a noisy grader."""
    wrong_max: float = 0.95
    """No grossly wrong answer may score this much."""
    wrong_mean_max: float = 0.7
    """The mean over all attacks with grossly wrong answers must stay below this."""
    constant_max: float = 0.3
    """What the best constant answer may earn on the rows that it is not the right answer of."""
    zero_std_groups_max: float = 0.5
    """Share of groups whose scores are all equal that is tolerated."""
    saturated_max: float = 0.8
    """Share of answers at the maximum, in saved rollouts, above which a warning is given."""
    inversion_max: float = 0.0
    """Share of ordered pairs (one has strictly more mistakes) ranked the wrong way that is tolerated."""
    call_max_s: float = 5.0
    """Seconds one ordinary call may take. A model as judge needs more."""
    timeout_s: float = 10.0
    """A call that takes longer is stopped, and counts as failed."""
    batch: int = 64
    """Rows in one call."""
    gold_rows: int = 5000
    """Right answers that are checked, at most."""
    attack_rows: int = 40
    """Rows the attacks are tried on."""
    constant_rows: int = 48
    """Rows a candidate for the best constant answer is tried on."""
    law_examples: int = 200
    """Examples Hypothesis tries for each law."""
    audit_s: float = 45.0
    """Seconds a grader may take in all. A slower one is asked fewer answers, the most telling first; 0: no limit."""
    search_calls: int = 4000
    """Answers tried by the search of the grader's own code, at most; 0 leaves it out."""
    search_s: float = 30.0
    """Seconds the search takes, at most; a grader that is asked within them gets the same answers every time."""
    groups: int = 32
    """Prompts for which a group of answers is simulated."""
    group_size: int = 8
    """Answers in a simulated group."""
    hostile_bytes: int = 262_144
    """Size of the large hostile completions."""
    step: StepPlan = StepPlan()
    """The training step the cost is projected to."""

    def __post_init__(self) -> None:
        low, high = self.bounds
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise AuditConfigError(f"bounds must be two finite numbers, the lower first, got {self.bounds!r}")
        for off in (self.forgiven_share, self.forgiven_amount):
            if not 0 <= off < math.inf:
                raise AuditConfigError(f"what is forgiven must be finite and not negative, got {off!r}")
        if self.answer:
            span_of(self.answer)

    @property
    def forgiven(self) -> Forgiven:
        """How far off a number may be on purpose."""
        return Forgiven(self.forgiven_amount, self.forgiven_share)

    @property
    def is_training(self) -> bool:
        """Whether a training job asks, which also sends raw rows before and those of `rft_eval` after."""
        return self.consumer in (None, "nova", "open-weight")

    def share(self, value: float) -> float:
        """Where `value` lies between the bounds: 0 at the lowest score, 1 at the highest.

        >>> AuditConfig(bounds=(-1, 1)).share(0.5)
        0.75
        """
        low, high = self.bounds
        return (value - low) / (high - low)


def with_settings(config: AuditConfig, settings: Sequence[str]) -> AuditConfig:
    """`config` with `NAME=VALUE` settings applied, as they come from a command line.

    >>> with_settings(AuditConfig(), ["constant_max=0.15", "bounds=-1,1"]).bounds
    (-1.0, 1.0)
    """
    for setting in settings:
        name, _, text = setting.partition("=")
        config = replace(config, **{name: _value(config, name, text)})  # type: ignore[arg-type]  # parsed as the old value
    return config


def _value(config: AuditConfig, name: str, text: str) -> object:
    known = [field.name for field in fields(config) if isinstance(getattr(config, field.name), int | float | tuple)]
    if name not in known:
        raise AuditConfigError(f"the audit has no setting {name!r}; {did_you_mean(name, known)}")
    try:
        return _parsed(getattr(config, name), text)
    except ValueError as error:
        raise AuditConfigError(f"{name} cannot be {text!r}: {error}") from error


def _parsed(old: object, text: str) -> object:
    if isinstance(old, tuple):
        items = tuple(text.split(",")) if text else ()
        if not old or isinstance(old[0], str):
            return items
        if len(items) != len(old):
            raise ValueError(f"{len(old)} numbers with a comma between are wanted")
        return tuple(float(item) for item in items)
    return int(text) if isinstance(old, int) else float(text)
