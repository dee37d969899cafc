"""What one training step of a recipe asks of its grader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rewards.audit import StepPlan

# Field of the plan -> key of the recipe; each key occurs once in a recipe.
_KEYS: Mapping[str, str] = {
    "samples": "global_batch_size",
    "batch": "lambda_batch_size",
    "concurrency": "lambda_concurrency_limit",
    "max_new_tokens": "max_new_tokens",
}


def step_plan_of(recipe: Path) -> StepPlan:
    """The step of a recipe file; what the recipe does not say is as in AWS's recipes for training jobs."""
    import recipes

    found = dict(_numbers(recipes.to_mapping(recipes.load(recipe))))
    return replace(StepPlan(), **{name: int(found[key]) for name, key in _KEYS.items() if key in found})


def _numbers(mapping: object) -> Iterator[tuple[str, float]]:
    """Every number of a nested mapping under its last key."""
    for key, value in mapping.items() if isinstance(mapping, dict) else ():
        if isinstance(value, dict):
            yield from _numbers(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield key, value
