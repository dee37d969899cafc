"""The `local:` section of an agent's project file, and how a job's hyperparameters are read on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from estimators.platforms.local.overlay import Note

# What a policy of half a million parameters needs in the place of a job's values: dozens of rollouts, not thousands.
SCALED: Final[Mapping[str, Any]] = {"global_batch_size": 4, "max_steps": 20, "learning_rate": 5e-4}
_WHY: Final[Mapping[str, str]] = {
    "global_batch_size": "prompts of a step; those of a job are for a service with many machines",
    "max_steps": "a tiny policy moves in a few steps",
    "learning_rate": "all weights of a tiny policy are trained, not an adapter",
    "advantage_method": "TRL's: the reward less the mean of its group",
    "sampling_max_tokens": "as many as the gold turns take, and half as many again",
}


class AgentOverlay(BaseModel):
    """Settings of a tiny policy in the place of the job's model. Every field is optional."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden: int = Field(96, ge=16, le=1024, multiple_of=16, description="width of the policy")
    layers: int = Field(3, ge=1, le=24, description="layers of the policy")
    sft_steps: int = Field(600, ge=0, description="steps of SFT on the gold turns of training tasks")
    sft_batch: int = Field(16, ge=1, description="conversations of a step of SFT")
    sft_lr: float = Field(2e-3, gt=0, description="highest learning rate of SFT")
    sft_noise: float = Field(0.3, ge=0, lt=1, description="share of gold turns replaced by another task's")
    rft: Mapping[str, JsonValue] = Field(
        default_factory=dict, description="hyperparameters of the job, each with the value to use instead"
    )
    eval_tasks: int = Field(32, ge=1, description="held-out tasks of an evaluation, at most")
    eval_samples: int = Field(4, ge=1, description="rollouts of each of them")
    threads: int = Field(1, ge=1, description="CPU threads of torch")


@dataclass(frozen=True)
class RftSettings:
    """What a local RFT reads of a job's hyperparameters, with a note for each that differs here."""

    max_steps: int
    prompts: int
    group_size: int
    lr: float
    temperature: float
    top_p: float
    clip_low: float
    clip_high: float
    notes: tuple[Note, ...] = ()


def rft_settings(given: Mapping[str, Any], overlay: AgentOverlay) -> RftSettings:
    """The hyperparameters of `rft.set` as a local run takes them; those in `local.rft` win.

    >>> settings = rft_settings({"group_size": 4, "max_steps": 50}, AgentOverlay(rft={"max_steps": 5}))
    >>> settings.group_size, settings.max_steps, [(note.key, note.status) for note in settings.notes][:2]
    (4, 5, [('group_size', 'mapped'), ('max_steps', 'scaled')])
    """
    found = {**given, **SCALED, **overlay.rft}
    return RftSettings(
        max_steps=int(found["max_steps"]),
        prompts=int(found["global_batch_size"]),
        group_size=int(found.get("group_size", 8)),
        lr=float(found["learning_rate"]),
        temperature=float(found.get("temperature", 1.0)),
        top_p=float(found.get("sampling_top_p", 1.0)),
        clip_low=float(found.get("clip_low_threshold", 0.2)),
        clip_high=float(found.get("clip_high_threshold", 1.2)) - 1,
        notes=tuple(_notes(given, found)),
    )


def _notes(given: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Note]:
    read = {"group_size", "temperature", "sampling_top_p", "clip_low_threshold", "clip_high_threshold", *SCALED}
    for key, value in given.items():
        if key not in read:
            yield Note(key, "ignored", value, None, _WHY.get(key, "a local run has nothing of the kind"))
        elif found[key] == value:
            yield Note(key, "mapped", value, value, "")
        else:
            yield Note(key, "scaled", value, found[key], _WHY.get(key, "local.rft says so"))
