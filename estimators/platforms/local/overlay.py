"""The overlay: settings for a policy of one million parameters in place of a recipe's values for Nova.

The recipe is the file that would be sent to AWS. The overlay lists every setting that a local run replaces; each
becomes a note that is printed, stored and reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from estimators.errors import PlanError
from rewards.did_you_mean import did_you_mean

Status = Literal["mapped", "scaled", "ignored"]
Step = Literal["sft", "rft", "eval"]


@dataclass(frozen=True)
class Note:
    """The treatment of one recipe key: used unchanged, replaced, or ignored."""

    key: str
    status: Status
    recipe_value: Any
    local_value: Any
    why: str


@dataclass(frozen=True)
class Overlay:
    """The `local:` section of project.yaml: replacements for a recipe's values. Every field is optional.

    >>> Overlay(rft={"training_config.trainer.max_steps": 40}).lora_rank
    16
    """

    sft: Mapping[str, Any] = field(default_factory=dict)
    """Dotted keys of the SFT recipe, each with the value to use instead."""
    rft: Mapping[str, Any] = field(default_factory=dict)
    """Dotted keys of the RFT recipe, each with the value to use instead."""
    model: str | None = None
    """The policy: a folder written by save_pretrained, a .gguf file, or a name that this machine knows, such as
    SmolLM2-135M-Instruct; the built-in one of a million parameters where missing."""
    seed: int = 0
    """Seed of weights, order and sampling."""
    sft_rows: int | None = None
    """Use only the first rows of the SFT file (all where missing)."""
    rft_rows: int | None = None
    """Use only the first rows of the RFT file (all where missing)."""
    lora_rank: int = 16
    """Rank of the adapter where the recipe asks for LoRA; Nova's recipes name no rank."""
    drop_system_prompt: bool = True
    """Leave the system prompt out: it is long, and a tiny base cannot read instructions."""
    threads: int = 1
    """CPU threads of torch. More than one slows a tiny model down as soon as anything else runs."""
    eval_samples: int = 1
    """Sampled completions per prompt in an evaluation, beside the greedy one."""
    eval_temperature: float = 1.0
    """Temperature of the sampled completions."""

    def part(self, step: Step) -> dict[str, Any]:
        """The part of the overlay that `step` reads, so that no other change makes that step run again.

        >>> Overlay(rft={"training_config.trainer.max_steps": 40}).part("sft") == Overlay().part("sft")
        True
        """
        return {name: value for name, value in asdict(self).items() if name in (*_READ_BY_ALL, *_READ_BY[step])}


_READ_BY_ALL = ("seed", "drop_system_prompt", "threads")
_READ_BY: Mapping[Step, tuple[str, ...]] = {
    "sft": ("sft", "sft_rows", "lora_rank"),
    "rft": ("rft", "rft_rows", "lora_rank"),
    "eval": ("eval_samples", "eval_temperature"),
}


def overlay_from(section: Mapping[str, Any]) -> Overlay:
    """Parse the `local:` section of a project file; raises PlanError naming each unknown key and the closest one."""
    known = [item.name for item in fields(Overlay)]
    problems = [f"{key!r} ({did_you_mean(key, known)})" for key in section if key not in known]
    if problems:
        raise PlanError(f"unknown keys in local: {', '.join(problems)}")
    return Overlay(**section)
