"""A project's training recipes: the preset of each method, with the project's changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import recipes


def sft_recipe(project: str, changes: Mapping[str, Any]) -> recipes.Recipe:
    """The SFT recipe, for a training job or a cluster.

    >>> sft_recipe("tools", {"run.replicas": 2}).run.replicas
    2
    """
    return recipes.nova_lite_2_sft_lora(name=f"{project}-sft", overrides=changes)


def rft_recipe(
    project: str, changes: Mapping[str, Any], *, grader: str, checkpoint: str | None = None
) -> recipes.Recipe:
    """The RFT recipe for a training job, with the grader's ARN in both places and the starting checkpoint."""
    return recipes.nova_lite_2_rft_lora(
        name=f"{project}-rft", reward_lambda_arn=grader, overrides=_from(checkpoint, changes)
    )


def rft_recipe_for_clusters(
    project: str, changes: Mapping[str, Any], *, grader: str, checkpoint: str | None = None
) -> recipes.Recipe:
    """The RFT recipe for a cluster, whose keys differ: `changes` must fit the recipe in use."""
    return recipes.nova_lite_2_rft_lora_hyperpod(
        name=f"{project}-rft", reward_lambda_arn=grader, overrides=_from(checkpoint, changes)
    )


def _from(checkpoint: str | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {**changes, **({"run.model_name_or_path": checkpoint} if checkpoint else {})}
