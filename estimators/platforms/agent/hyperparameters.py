"""The hyperparameters of an agentic RFT job with the values that AWS documents, not those of one template.

Source: AWS, "Multi-turn reinforcement fine-tuning", hyperparameters, read 2026-11-28; names of the evaluation: SDK v3
3.19, `MultiTurnRLEvaluator`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from estimators.findings import JobFinding
from rewards.did_you_mean import did_you_mean
from rewards.trajectories import METHODS


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that a hyperparameter may have, and its default where AWS documents one."""

    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = True
    default: Any = None

    def holds(self, value: Any) -> bool:
        """Whether `value` is in the domain.

        >>> Domain(low=2, high=32).holds(8), Domain(low=2, high=32).holds(64), Domain(low=0, high=1).holds(True)
        (True, False, False)
        """
        if self.values:
            return value in self.values and not isinstance(value, bool)
        is_number = isinstance(value, int if self.whole else int | float) and not isinstance(value, bool)
        return is_number and self.low <= value <= self.high

    def __str__(self) -> str:
        if self.values:
            return f"one of {', '.join(map(str, self.values))}"
        return f"{'an integer' if self.whole else 'a number'} from {self.low:g} to {self.high:g}"


TRAINING: Final[Mapping[str, Domain]] = MappingProxyType(
    {
        "advantage_method": Domain(values=tuple(METHODS)),
        "global_batch_size": Domain(values=(32, 64, 128)),
        "group_size": Domain(low=2, high=32, default=8),
        "max_epochs": Domain(low=1, high=30),
        "max_steps": Domain(low=1, high=1000, default=50),
        "sampling_max_tokens": Domain(low=512, high=8192),
        "clip_low": Domain(low=0, high=1, whole=False),
        "clip_high": Domain(low=1, high=10, whole=False),
    }
)
EVALUATION: Final = (
    "eval_group_size",
    "sampling_temperature",
    "top_p",
    "max_tokens",
    "pass_k_values",
    "success_threshold",
)


def changed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those that differ from their default: SageMaker takes a template's value for every other.

    >>> changed({"group_size": 8, "max_steps": 20})
    {'max_steps': 20}
    """
    return {name: value for name, value in given.items() if name not in TRAINING or value != TRAINING[name].default}


def domain_findings(given: Mapping[str, Any]) -> Iterator[JobFinding]:
    """A finding for each value outside its domain, and for each name that AWS does not document."""
    for name, value in given.items():
        if name not in TRAINING:
            message = f"an agentic RFT job has no hyperparameter {name!r}; {did_you_mean(name, TRAINING)}"
            yield JobFinding("hyperparameter", "error", message, "leave it out of rft.set")
        elif not TRAINING[name].holds(value):
            message = f"{name} must be {TRAINING[name]}, got {value!r}"
            yield JobFinding("hyperparameter", "error", message, "change it in rft.set")
