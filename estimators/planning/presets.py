"""The recipes that a project trains by: the preset of its method, with the project's changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import recipes


def sft_recipe(project: str, changes: Mapping[str, Any]) -> recipes.Recipe:
    """The recipe of SFT, for a training job or a cluster.

    >>> sft_recipe("tools", {"run.replicas": 2}).run.replicas
    2
    """
    return recipes.nova_lite_2_sft_lora(name=f"{project}-sft", overrides=changes)


def rft_recipe(
    project: str, changes: Mapping[str, Any], *, grader: str, checkpoint: str | None = None
) -> recipes.Recipe:
    """The recipe of RFT for a training job: the grader's ARN in both places, and the checkpoint to start from."""
    return recipes.nova_lite_2_rft_lora(
        name=f"{project}-rft", reward_lambda_arn=grader, overrides=_from(checkpoint, changes)
    )


def rft_recipe_for_clusters(
    project: str, changes: Mapping[str, Any], *, grader: str, checkpoint: str | None = None
) -> recipes.Recipe:
    """The same for a cluster, whose recipes have other keys: `changes` must fit the one in use."""
    return recipes.nova_lite_2_rft_lora_hyperpod(
        name=f"{project}-rft", reward_lambda_arn=grader, overrides=_from(checkpoint, changes)
    )


def _from(checkpoint: str | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {**changes, **({"run.model_name_or_path": checkpoint} if checkpoint else {})}
