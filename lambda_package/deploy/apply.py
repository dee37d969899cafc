"""Apply a deployment plan from any current state of the account. Idempotent."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from lambda_package.deploy.cloud import Cloud, Session
from lambda_package.deploy.config import ACCOUNT_PLACEHOLDER, ALIAS, OWNER_TAG, DeployConfig
from lambda_package.deploy.image import Push, ensure_image, owner_of_repository, push_with_docker
from lambda_package.deploy.layers import delete_layers, ensure_layer, own_names
from lambda_package.deploy.plan import (
    PERMISSION_ID,
    DeployPlan,
    log_group_request,
    retention_request,
    role_policy_request,
    role_request,
)
from lambda_package.deploy.policies import execution_policy, execution_trust
from lambda_package.errors import DeployError

_SETTLE_ATTEMPTS = 60
_SETTLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Deployment:
    """The deployed resources after `apply`: the record that a later run compares with."""

    name: str
    consumer: str
    region: str
    account: str
    function_arn: str
    version: str
    alias_arn: str
    arn_for_jobs: str
    code_sha256: str
    role_arn: str
    log_group: str

    def to_json(self) -> str:
        """As the text of a manifest file."""
        return json.dumps(asdict(self), indent=2) + "\n"


def apply(
    plan: DeployPlan,
    session: Session,
    *,
    sleep: Callable[[float], None],
    push: Push = push_with_docker,
) -> Deployment:
    """Create or update everything in `plan`, wait until it is active, and return what is deployed.

    May be run again after any failure: it goes on from what exists. Raises `DeployError` where AWS refuses, and before
    any change where a resource of that name was not made by this deployment.
    """
    cloud = Cloud(session, sleep)
    plan = _in_account(plan, cloud)
    config = plan.config
    _refuse_strangers(plan, cloud)
    _ensure_log_group(config, cloud)
    _ensure_role(config, cloud)
    plan = _with_code(plan, cloud, push)
    _ensure_function(plan, cloud)
    version = _publish(plan, cloud)
    _ensure_alias(config, version, cloud)
    _ensure_concurrency(config, cloud)
    for qualifier in (None, ALIAS):
        _ensure_permission(plan, qualifier, cloud)
    return Deployment(
        name=config.name,
        consumer=config.consumer,
        region=config.region,
        account=config.account_id,
        function_arn=config.function_arn,
        version=version,
        alias_arn=config.alias_arn,
        arn_for_jobs=config.arn_for_jobs,
        code_sha256=plan.code_sha256,
        role_arn=config.role_arn,
        log_group=config.log_group,
    )


def in_account(config: DeployConfig, cloud: Cloud) -> DeployConfig:
    """`config` with the account of the credentials; raises `DeployError` if it names another one."""
    account = str(cloud.call("sts", "get_caller_identity")["Account"])
    if config.account_id not in (account, ACCOUNT_PLACEHOLDER) and config.account is not None:
        raise DeployError(f"the plan is for account {config.account_id}, the credentials belong to {account}")
    return replace(config, account=account)


def _in_account(plan: DeployPlan, cloud: Cloud) -> DeployPlan:
    config = in_account(plan.config, cloud)
    return replace(plan, config=config, settings={**plan.settings, "Role": config.role_arn})


def _with_code(plan: DeployPlan, cloud: Cloud, push: Push) -> DeployPlan:
    """`plan` with what is known only when it is there: the ARNs of its layers, the digest of its image."""
    settings = dict(plan.settings)
    if plan.layers:
        settings["Layers"] = [
            layer if isinstance(layer, str) else ensure_layer(layer, plan.config, cloud) for layer in plan.layers
        ]
    sha256 = plan.code_sha256
    if plan.image:
        sha256 = ensure_image(plan.image, plan.config, cloud, push).removeprefix("sha256:")
    return replace(plan, settings=settings, code_sha256=sha256)


def owner_of_function(config: DeployConfig, cloud: Cloud) -> str | None:
    """The deployment that created the function: its name, "" if it has no tag of ours, None if there is no function."""
    found = cloud.find("lambda", "get_function", FunctionName=config.function_name)
    return None if found is None else str(found.get("Tags", {}).get(OWNER_TAG, ""))


def owner_of_role(config: DeployConfig, cloud: Cloud) -> str | None:
    """The same for the execution role."""
    found = cloud.find("iam", "get_role", RoleName=config.role_name)
    if found is None:
        return None
    return next((tag["Value"] for tag in found["Role"].get("Tags", []) if tag["Key"] == OWNER_TAG), "")


def owner_of_log_group(config: DeployConfig, cloud: Cloud) -> str | None:
    """The same for the log group."""
    found = cloud.find("logs", "list_tags_for_resource", resourceArn=config.log_group_arn)
    return None if found is None else str(found.get("tags", {}).get(OWNER_TAG, ""))


def _refuse_strangers(plan: DeployPlan, cloud: Cloud) -> None:
    """A log group without our tag may stay: Lambda makes one by itself when a function of that name has run before."""
    config = plan.config
    owners = {
        f"function {config.function_name}": owner_of_function(config, cloud),
        f"role {config.role_name}": owner_of_role(config, cloud),
    }
    if plan.image:
        owners[f"repository {config.repository}"] = owner_of_repository(config, cloud)
    strangers = [what for what, owner in owners.items() if owner is not None and owner != config.name]
    if strangers:
        raise DeployError(
            f"{' and '.join(strangers)} exists and was not made by the deployment {config.name!r} "
            f"(its tag {OWNER_TAG} is missing or another); choose another --name"
        )


def _ensure_log_group(config: DeployConfig, cloud: Cloud) -> None:
    """A log group that somebody else made is written to, and keeps its lines for as long as they chose."""
    cloud.find("logs", "create_log_group", **log_group_request(config))  # None where it exists already
    if owner_of_log_group(config, cloud) == config.name:
        cloud.call("logs", "put_retention_policy", **retention_request(config))


def _ensure_role(config: DeployConfig, cloud: Cloud) -> None:
    found = cloud.find("iam", "get_role", RoleName=config.role_name)
    if found is None:
        cloud.call("iam", "create_role", **role_request(config))
    elif _document(found["Role"]["AssumeRolePolicyDocument"]) != execution_trust(config):
        request = role_request(config)["AssumeRolePolicyDocument"]
        cloud.call("iam", "update_assume_role_policy", RoleName=config.role_name, PolicyDocument=request)
    wanted = role_policy_request(config)
    name = {"RoleName": config.role_name, "PolicyName": wanted["PolicyName"]}
    policy = cloud.find("iam", "get_role_policy", **name)
    if policy is None or _document(policy["PolicyDocument"]) != execution_policy(config):
        cloud.call("iam", "put_role_policy", **wanted)


def _document(value: Any) -> Any:
    """A policy document as a value; IAM sends it as URL-encoded JSON, which boto3 usually decodes."""
    return json.loads(urllib.parse.unquote(value)) if isinstance(value, str) else value


def _ensure_function(plan: DeployPlan, cloud: Cloud) -> None:
    name = {"FunctionName": plan.config.function_name}
    found = cloud.find("lambda", "get_function", **name)
    if found is None:
        _upload(plan, cloud)
        cloud.call("lambda", "create_function", **plan.create_request())
        _settle(plan.config, cloud)
        return
    _settle(plan.config, cloud)
    standing = cloud.call("lambda", "get_function_configuration", **name)
    if (kind := standing.get("PackageType", "Zip")) != plan.package_type:
        raise DeployError(
            f"{plan.config.function_name} is made of a package of the kind {kind}, and Lambda does not change that to "
            f"{plan.package_type}; remove it first: rft package delete {plan.config.name}"
        )
    if standing["CodeSha256"] != plan.code_sha256 or standing["Architectures"] != [plan.architecture]:
        _upload(plan, cloud)
        cloud.call("lambda", "update_function_code", **name, **plan.code_location, Architectures=[plan.architecture])
        _settle(plan.config, cloud)
    changed = _changed(plan.settings, standing)
    if changed:
        cloud.call("lambda", "update_function_configuration", **changed)
        _settle(plan.config, cloud)
        dropped = own_names(_layers_of(standing), plan.config) - own_names(changed.get("Layers", []), plan.config)
        delete_layers(dropped, plan.config, cloud)


def _upload(plan: DeployPlan, cloud: Cloud) -> None:
    if plan.config.bucket and not plan.image:
        cloud.call("s3", "put_object", Bucket=plan.config.bucket, Key=plan.s3_key, Body=plan.code)


def _changed(settings: Mapping[str, Any], standing: Mapping[str, Any]) -> dict[str, Any]:
    """All settings where one differs, none where none does; what the plan no longer has is emptied."""
    layers = _layers_of(standing)
    variables = dict((standing.get("Environment") or {}).get("Variables") or {})
    wanted = {"Environment": {"Variables": {}}, "Layers": [], **settings}
    found = {**standing, "Environment": {"Variables": variables}, "Layers": layers}
    if all(found.get(key) == value for key, value in wanted.items()):
        return {}
    emptied = {key for key, value in (("Environment", variables), ("Layers", layers)) if value and key not in settings}
    return {key: value for key, value in wanted.items() if key in settings.keys() | emptied}


def _layers_of(standing: Mapping[str, Any]) -> list[str]:
    return [str(layer["Arn"]) for layer in standing.get("Layers") or []]


def _settle(config: DeployConfig, cloud: Cloud) -> None:
    """Wait until the function is active and its last update is through; another change before that is refused."""
    for _ in range(_SETTLE_ATTEMPTS):
        found = cloud.call("lambda", "get_function_configuration", FunctionName=config.function_name)
        states = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
        if states == ("Active", "Successful"):
            return
        if "Failed" in states:
            reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or "no reason given"
            raise DeployError(f"{config.function_name} did not become active: {reason}")
        cloud.sleep(_SETTLE_S)
    waited_s = _SETTLE_ATTEMPTS * _SETTLE_S
    raise DeployError(f"{config.function_name} is still {states[0]} after {waited_s:g} s; deploy again to go on")


def _publish(plan: DeployPlan, cloud: Cloud) -> str:
    """A version of exactly this code; Lambda gives the last one back where nothing changed since."""
    request = {"FunctionName": plan.config.function_name, "CodeSha256": plan.code_sha256}
    return str(cloud.call("lambda", "publish_version", **request)["Version"])


def _ensure_alias(config: DeployConfig, version: str, cloud: Cloud) -> None:
    name = {"FunctionName": config.function_name, "Name": ALIAS}
    found = cloud.find("lambda", "get_alias", **name)
    if found is None:
        cloud.call("lambda", "create_alias", **name, FunctionVersion=version)
    elif found["FunctionVersion"] != version:
        cloud.call("lambda", "update_alias", **name, FunctionVersion=version)


def _ensure_concurrency(config: DeployConfig, cloud: Cloud) -> None:
    name = {"FunctionName": config.function_name}
    standing = cloud.call("lambda", "get_function_concurrency", **name).get("ReservedConcurrentExecutions")
    if standing != config.concurrency:
        cloud.call("lambda", "put_function_concurrency", **name, ReservedConcurrentExecutions=config.concurrency)


def _ensure_permission(plan: DeployPlan, qualifier: str | None, cloud: Cloud) -> None:
    """Our statement on this qualifier where the plan has one, and none where an earlier deploy left it."""
    where = {"FunctionName": plan.config.function_name} | ({"Qualifier": qualifier} if qualifier else {})
    found = cloud.find("lambda", "get_policy", **where)
    statements = json.loads(found["Policy"])["Statement"] if found else []
    ours = next((statement for statement in statements if statement["Sid"] == PERMISSION_ID), None)
    wanted = {"AWS": plan.config.training_role} if qualifier in plan.qualifiers else None
    if ours is not None and ours["Principal"] != wanted:
        cloud.call("lambda", "remove_permission", **where, StatementId=PERMISSION_ID)
    if wanted is not None and (ours is None or ours["Principal"] != wanted):
        cloud.call("lambda", "add_permission", **plan.permission(qualifier))
