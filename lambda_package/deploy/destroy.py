"""Delete the resources of a deployment, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from lambda_package.deploy.apply import in_account, owner_of_function, owner_of_log_group, owner_of_role
from lambda_package.deploy.cloud import Cloud, Session
from lambda_package.deploy.config import DeployConfig
from lambda_package.deploy.image import owner_of_repository
from lambda_package.deploy.layers import delete_layers, own_names, published
from lambda_package.deploy.plan import POLICY_NAME


def standing(config: DeployConfig, session: Session) -> list[str]:
    """The ARNs that `destroy` would delete. Only looks."""
    cloud = Cloud(session, time.sleep)
    config = in_account(config, cloud)
    owned = {
        config.function_arn: owner_of_function,
        config.role_arn: owner_of_role,
        config.repository_arn: owner_of_repository,
        config.log_group_arn: owner_of_log_group,
    }
    found = [arn for arn, owner_of in owned.items() if owner_of(config, cloud) == config.name]
    layers = _layers_of_function(config, cloud) if config.function_arn in found else set()
    return [*(str(version["LayerVersionArn"]) for _, version in published(layers, config, cloud)), *found]


def destroy(config: DeployConfig, session: Session, *, sleep: Callable[[float], None]) -> list[str]:
    """Delete the function with its layers, role, images and log group; returns the deleted ARNs.

    Only what carries the tag of this deployment is deleted; what is gone already is passed over, so that it can be run
    again after a failure. Raises `DeployError` where AWS refuses.
    """
    cloud = Cloud(session, sleep)
    config = in_account(config, cloud)
    replies: dict[str, Mapping[str, Any] | None] = {}
    if owner_of_function(config, cloud) == config.name:
        replies |= {arn: {} for arn in delete_layers(_layers_of_function(config, cloud), config, cloud)}
        replies[config.function_arn] = cloud.find("lambda", "delete_function", FunctionName=config.function_name)
    if owner_of_role(config, cloud) == config.name:
        cloud.find("iam", "delete_role_policy", RoleName=config.role_name, PolicyName=POLICY_NAME)
        replies[config.role_arn] = cloud.find("iam", "delete_role", RoleName=config.role_name)
    if owner_of_repository(config, cloud) == config.name:
        repository = {"repositoryName": config.repository, "force": True}
        replies[config.repository_arn] = cloud.find("ecr", "delete_repository", **repository)
    if owner_of_log_group(config, cloud) == config.name:
        replies[config.log_group_arn] = cloud.find("logs", "delete_log_group", logGroupName=config.log_group)
    return [arn for arn, reply in replies.items() if reply is not None]


def _layers_of_function(config: DeployConfig, cloud: Cloud) -> set[str]:
    """The names of the layers that the function has and this deployment may have published."""
    function = cloud.find("lambda", "get_function_configuration", FunctionName=config.function_name) or {}
    return own_names([str(layer["Arn"]) for layer in function.get("Layers") or []], config)
