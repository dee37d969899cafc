"""Delete the resources of a deployment, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable

from lambda_package.deploy.apply import in_account, owner_of_function, owner_of_log_group, owner_of_role
from lambda_package.deploy.cloud import Cloud, Session
from lambda_package.deploy.config import DeployConfig
from lambda_package.deploy.plan import POLICY_NAME


def destroy(config: DeployConfig, session: Session, *, sleep: Callable[[float], None] = time.sleep) -> list[str]:
    """Delete the function (with versions, alias and permissions), role and log group; returns the deleted ARNs.

    Only what carries the tag of this deployment is deleted; what is gone already is passed over, so that it can be run
    again after a failure. Raises `DeployError` where AWS refuses.
    """
    cloud = Cloud(session, sleep)
    config = in_account(config, cloud)
    replies = {}
    if owner_of_function(config, cloud) == config.name:
        replies[config.function_arn] = cloud.find("lambda", "delete_function", FunctionName=config.function_name)
    if owner_of_role(config, cloud) == config.name:
        cloud.find("iam", "delete_role_policy", RoleName=config.role_name, PolicyName=POLICY_NAME)
        replies[config.role_arn] = cloud.find("iam", "delete_role", RoleName=config.role_name)
    if owner_of_log_group(config, cloud) == config.name:
        replies[config.log_group_arn] = cloud.find("logs", "delete_log_group", logGroupName=config.log_group)
    return [arn for arn, reply in replies.items() if reply is not None]
