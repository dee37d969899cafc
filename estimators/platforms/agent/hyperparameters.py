"""The hyperparameters of an agentic RFT job with the values that AWS documents, not those of one template.

Source: AWS, "Hyperparameters reference" of multi-turn RL (sagemaker/latest/dg/model-customize-mtrl-hyperparams), read
2026-11-29; of its last rows, those of the optimiser, only the first were to be had. Names of the evaluation: SDK v3
3.27, `MultiTurnRLEvaluator`.
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
    """The values that a hyperparameter may have: some, or a range with its ends."""

    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = True

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
        "global_batch_size": Domain(values=(32, 64, 128)),
        "group_size": Domain(low=2, high=32),
        "advantage_method": Domain(values=tuple(METHODS)),
        "loss_fn": Domain(values=("importance_sampling", "ppo", "cispo")),
        "clip_low_threshold": Domain(low=0, high=1, whole=False),
        "clip_high_threshold": Domain(low=1, high=10, whole=False),
        "temperature": Domain(low=0, high=2, whole=False),
        "sampling_top_p": Domain(low=0, high=1, whole=False),
        "sampling_max_tokens": Domain(low=512, high=8192),
        "max_epochs": Domain(low=1, high=30),
        "max_steps": Domain(low=1, high=1000),
        "val_every": Domain(low=0, high=100),
        "lora_rank": Domain(low=16, high=64),
        "lora_alpha": Domain(low=16, high=128),
        "learning_rate": Domain(low=1e-12, high=1e-2, whole=False),
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


def domain_findings(given: Mapping[str, Any]) -> Iterator[JobFinding]:
    """An error for each value outside its domain, a warning for each name that we do not know."""
    for name, value in given.items():
        if name not in TRAINING:
            message = f"we know no hyperparameter {name!r} of agentic RFT; {did_you_mean(name, TRAINING)}"
            yield JobFinding("hyperparameter-unknown", "warning", message, "it is sent as it is; check its name")
        elif not TRAINING[name].holds(value):
            message = f"{name} must be {TRAINING[name]}, got {value!r}"
            yield JobFinding("hyperparameter", "error", message, "change it in rft.set")
