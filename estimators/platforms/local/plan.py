"""The plan of a local run: the settings from a recipe and an overlay, and a note on every key.

Nothing here needs torch, so a plan can be printed, compared and tested anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

from estimators.errors import PlanError
from estimators.platforms.local.overlay import Note, Overlay
from estimators.platforms.local.rules import RFT_RULES, SFT_RULES, Rule
from rewards.did_you_mean import did_you_mean

T = TypeVar("T")


@dataclass(frozen=True)
class Optimisation:
    """Optimiser settings. Lengths in tokens; a batch counts rows in SFT and rollouts in RFT."""

    max_steps: int = 100
    batch_size: int = 32
    max_length: int = 8192
    lr: float = 1e-5
    weight_decay: float = 0.0
    adam_beta1: float = 0.9
    adam_beta2: float = 0.95
    warmup_steps: int = 0
    min_lr: float | None = None  # end of a cosine; without it the rate is constant
    peft_scheme: str | None = None  # "lora", or None for all weights
    lora_alpha: float = 32
    shuffle: bool = False


@dataclass(frozen=True)
class Sampling:
    """Settings of rollouts and their loss (RFT only)."""

    number_generation: int = 2
    max_new_tokens: int = 6000
    temperature: float = 1.0
    top_k: int = 0
    entropy_coef: float = 0.0
    kl_coef: float = 0.0
    clip_ratio_high: float = 0.2
    grader_batch_size: int = 128  # AWS's default of lambda_batch_size; Nova user guide, "RFT on Nova 2.0"


@dataclass(frozen=True)
class LocalPlan:
    """The plan of a local run. `sampling` is set for RFT only; `notes` has one entry per recipe key."""

    method: Literal["sft", "rft"]
    optimisation: Optimisation
    sampling: Sampling | None
    overlay: Overlay
    notes: tuple[Note, ...]


def plan_sft(recipe: Mapping[str, Any], overlay: Overlay) -> LocalPlan:
    """Plan supervised fine-tuning; raises PlanError if the overlay sets a key that has no effect."""
    values, notes = _settings(recipe, overlay.sft, SFT_RULES)
    return LocalPlan("sft", _of(Optimisation, values), None, overlay, notes)


def plan_rft(recipe: Mapping[str, Any], overlay: Overlay) -> LocalPlan:
    """Plan reinforcement fine-tuning; raises PlanError as `plan_sft` does, and if no group of rollouts fits."""
    values, notes = _settings(recipe, overlay.rft, RFT_RULES)
    plan = LocalPlan("rft", _of(Optimisation, values), _of(Sampling, values), overlay, notes)
    problems = list(_group_problems(plan.optimisation, _of(Sampling, values)))
    if problems:
        raise PlanError("; ".join(problems))
    return plan


def leaves(mapping: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key and value of every leaf of a nested mapping, in order.

    >>> list(leaves({"run": {"name": "a", "tags": {}}}))
    [('run.name', 'a'), ('run.tags', {})]
    """
    for name, value in mapping.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _settings(
    recipe: Mapping[str, Any], changes: Mapping[str, Any], rules: Mapping[str, Rule]
) -> tuple[dict[str, Any], tuple[Note, ...]]:
    _refuse_without_effect(changes, rules)
    given = dict(leaves(recipe))
    added = {key: None for key in changes if key not in given}
    notes = tuple(_note(key, value, changes, rules) for key, value in {**given, **added}.items())
    values = {rules[note.key].setting: note.local_value for note in notes if note.status != "ignored"}
    return {str(name): value for name, value in values.items()}, notes


def _refuse_without_effect(changes: Mapping[str, Any], rules: Mapping[str, Rule]) -> None:
    useful = [key for key, rule in rules.items() if rule.setting]
    problems = [f"{key!r} ({did_you_mean(key, useful)})" for key in changes if key not in useful]
    if problems:
        raise PlanError(f"local overlay names keys that have no effect here: {', '.join(problems)}")


def _note(key: str, recipe_value: Any, changes: Mapping[str, Any], rules: Mapping[str, Rule]) -> Note:
    rule = rules.get(key)
    if rule is None:
        return Note(key, "ignored", recipe_value, None, "no local counterpart is known")
    if rule.setting is None:
        return Note(key, "ignored", recipe_value, None, rule.why)
    if key in changes and changes[key] != recipe_value:
        return Note(key, "scaled", recipe_value, changes[key], rule.why_scaled)
    return Note(key, "mapped", recipe_value, recipe_value, rule.why)


def _of(kind: type[T], values: Mapping[str, Any]) -> T:
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]  # T is one of the two dataclasses
    return kind(**{name: value for name, value in values.items() if name in names})


def _group_problems(optimisation: Optimisation, sampling: Sampling) -> Iterator[str]:
    size, group = optimisation.batch_size, sampling.number_generation
    if group < 2:
        yield f"number_generation must be at least 2 to compare completions of one prompt, got {group!r}"
    elif size % group:
        yield f"global_batch_size {size} is not a multiple of number_generation {group}"
    if sampling.temperature <= 0:
        yield f"temperature must be above 0 to explore, got {sampling.temperature!r}"
