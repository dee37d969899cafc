"""A deployment plan: every API call with its request and every policy, before any change is made."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_package.deploy.config import ALIAS, Consumer, DeployConfig
from lambda_package.deploy.image import Image, image_of, repository_policy_request, repository_request
from lambda_package.deploy.layers import Layer, layer_of
from lambda_package.deploy.policies import (
    Document,
    deployer_policy,
    endpoint_policy,
    execution_policy,
    execution_trust,
    invoke_policy,
    repository_policy,
    training_trust,
)
from lambda_package.errors import DeployError
from lambda_package.packaging.build import MAX_ZIP_BYTES
from lambda_package.packaging.members import is_image
from lambda_package.packaging.sbom import handler_in, target_in

POLICY_NAME = "grader"
PERMISSION_ID = "training-role"


@dataclass(frozen=True, slots=True)
class Call:
    """One call to AWS; `why` explains it to the reader of the plan."""

    service: str
    operation: str
    request: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class DeployPlan:
    """The desired state of the account, and the calls that create it."""

    config: DeployConfig
    code: bytes
    """The zip; empty where there is an image."""
    code_sha256: str
    """Of the zip, as Lambda writes it; that of an image is known when it is in ECR."""
    settings: Mapping[str, Any]
    """Runtime, handler, limits: what UpdateFunctionConfiguration can set."""
    architecture: str
    image: Image | None = None
    layers: tuple[Layer | str, ...] = ()
    """Zips to publish and ARNs, in the order in which they are unpacked."""

    @property
    def calls(self) -> tuple[Call, ...]:
        """The mutating calls for an account without the function; the code is shown as its hash."""
        return tuple(_calls(self))

    @property
    def policies(self) -> Mapping[str, Document]:
        """Policy documents by purpose; the last ones must be attached by a person."""
        documents = {
            "trust of the execution role": execution_trust(self.config),
            "permissions of the execution role": execution_policy(self.config),
            "for the training role: permission to invoke": invoke_policy(self.config),
            "for the training role: trust": training_trust(self.config),
            "for whoever deploys": deployer_policy(self.config, image=self.image is not None),
        }
        if self.image:
            documents["of the image repository"] = repository_policy(self.config)
        if self.config.consumer == Consumer.HYPERPOD:
            documents["for the VPC endpoint"] = endpoint_policy(self.config)
        return documents

    @property
    def notes(self) -> tuple[str, ...]:
        """Manual steps and remarks."""
        return tuple(_notes(self))

    def create_request(self) -> dict[str, Any]:
        """The request of CreateFunction."""
        request = {**self.settings, "Code": self.code_location, "Architectures": [self.architecture]}
        return {**request, "PackageType": self.package_type, "Tags": self.config.tags}

    @property
    def package_type(self) -> str:
        """Lambda's word for the kind of package."""
        return "Image" if self.image else "Zip"

    @property
    def code_location(self) -> dict[str, Any]:
        """The code location of the request: inline, in S3, or in ECR."""
        if self.image:
            return {"ImageUri": self.image.uri(self.config)}
        if not self.config.bucket:
            return {"ZipFile": self.code}
        return {"S3Bucket": self.config.bucket, "S3Key": self.s3_key}

    @property
    def s3_key(self) -> str:
        """The zip's S3 key, which holds its digest."""
        return f"rftkit/graders/{hashlib.sha256(self.code).hexdigest()}.zip"

    def permission(self, qualifier: str | None) -> dict[str, Any]:
        """The request of AddPermission for the training role on one qualifier.

        No source condition: a call by a role carries neither `aws:SourceArn` nor `aws:SourceAccount`, so one would shut
        the role out. Those conditions stand in the trust policies, where a service assumes the role.
        """
        request = {
            "FunctionName": self.config.function_name,
            "StatementId": PERMISSION_ID,
            "Action": "lambda:InvokeFunction",
            "Principal": self.config.training_role,
        }
        return request if qualifier is None else {**request, "Qualifier": qualifier}

    @property
    def qualifiers(self) -> tuple[str | None, ...]:
        """Where the training role gets its permission: on the alias for Bedrock, on the unqualified function else."""
        if self.config.training_role is None:
            return ()
        return (ALIAS,) if self.config.consumer == Consumer.BEDROCK else (None,)


def plan_deploy(package: str | Path, config: DeployConfig) -> DeployPlan:
    """Plan the deployment of a zip, or of an image's build context. Reads it, makes no call; raises `ZipError`."""
    path = Path(package)
    target, image = target_in(path), image_of(path) if is_image(path) else None
    if image and config.layers:
        raise DeployError("the function of an image has no layers; build what they bring into the image")
    code = b"" if image else path.read_bytes()
    if len(code) > MAX_ZIP_BYTES and not config.bucket:
        raise DeployError(
            f"{path} is {len(code) / 2**20:.0f} MB, a direct upload takes 50; name a bucket with --bucket"
        )
    settings: dict[str, Any] = {
        "FunctionName": config.function_name,
        "Description": f"Grader for reinforcement fine-tuning ({config.name}), deployed by rftkit",
        **({} if image else {"Runtime": target.runtime.value, "Handler": handler_in(path)}),
        "Role": config.role_arn,
        "Timeout": config.timeout_s,
        "MemorySize": config.memory_mb,
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": config.log_group},
    }
    if config.environment:
        settings["Environment"] = {"Variables": dict(config.environment)}
    architecture = target.architecture.value
    layers = tuple(
        layer
        if layer.startswith("arn:")
        else layer_of(Path(layer), config, runtime=target.runtime.value, architecture=architecture)
        for layer in config.layers
    )
    if layers:
        settings["Layers"] = [layer if isinstance(layer, str) else f"<{layer.name}>" for layer in layers]
    digest = "" if image else base64.b64encode(hashlib.sha256(code).digest()).decode()
    return DeployPlan(config, code, digest, settings, architecture, image, layers)


def _calls(plan: DeployPlan) -> Iterator[Call]:
    config = plan.config
    name = {"FunctionName": config.function_name}
    yield Call("logs", "CreateLogGroup", log_group_request(config), "a log group of its own, so that it can expire")
    why = f"keep logs for {config.retention_days} days, unless the group was there before"
    yield Call("logs", "PutRetentionPolicy", retention_request(config), why)
    yield Call("iam", "CreateRole", role_request(config), "the role the function runs as")
    yield Call("iam", "PutRolePolicy", role_policy_request(config), "write its log" + _judge_words(config))
    bytes_of_zip = f"<{len(plan.code)} bytes, SHA-256 {plan.code_sha256}>"
    for layer in plan.layers:
        yield from [] if isinstance(layer, str) else _layer_calls(layer, config)
    if plan.image:
        yield from _image_calls(plan.image, config)
    elif config.bucket:
        upload = {"Bucket": config.bucket, "Key": plan.s3_key, "Body": bytes_of_zip}
        yield Call("s3", "PutObject", upload, "a direct upload takes 50 MB")
    code = plan.code_location if config.bucket or plan.image else {"ZipFile": bytes_of_zip}
    shown = {**plan.create_request(), "Code": code}
    yield Call("lambda", "CreateFunction", shown, "or UpdateFunctionCode and UpdateFunctionConfiguration")
    sha256 = plan.code_sha256 or "<SHA-256 of the image>"
    yield Call("lambda", "PublishVersion", {**name, "CodeSha256": sha256}, "a version that never changes")
    alias = {**name, "Name": ALIAS, "FunctionVersion": "<version>"}
    yield Call("lambda", "CreateAlias", alias, "or UpdateAlias: a name for the version in use")
    limit = {**name, "ReservedConcurrentExecutions": config.concurrency}
    yield Call("lambda", "PutFunctionConcurrency", limit, "no fewer than the recipe's lambda_concurrency_limit")
    for qualifier in plan.qualifiers:
        yield Call("lambda", "AddPermission", plan.permission(qualifier), "the training role may invoke it")


def _layer_calls(layer: Layer, config: DeployConfig) -> Iterator[Call]:
    content = f"<{len(layer.code)} bytes>"
    if config.bucket:
        upload = {"Bucket": config.bucket, "Key": layer.s3_key, "Body": content}
        yield Call("s3", "PutObject", upload, "a direct upload takes 50 MB")
    shown = layer.content(config) if config.bucket else {"ZipFile": content}
    why = "unless a version with these bytes is there"
    yield Call("lambda", "PublishLayerVersion", {**layer.request, "Content": shown}, why)


def _image_calls(image: Image, config: DeployConfig) -> Iterator[Call]:
    yield Call("ecr", "CreateRepository", repository_request(config), "a repository for the images of this function")
    why = "Lambda may pull them, for this function"
    yield Call("ecr", "SetRepositoryPolicy", repository_policy_request(config), why)
    yield Call("ecr", "GetAuthorizationToken", {}, "for docker login, where the image is not there yet")
    command = {"command": " ".join(image.build_command(config))}
    yield Call("docker", "buildx build", command, "builds and pushes it; without Docker here, the command is told")


def log_group_request(config: DeployConfig) -> dict[str, Any]:
    """The request of CreateLogGroup."""
    return {"logGroupName": config.log_group, "tags": config.tags}


def retention_request(config: DeployConfig) -> dict[str, Any]:
    """The request of PutRetentionPolicy."""
    return {"logGroupName": config.log_group, "retentionInDays": config.retention_days}


def role_request(config: DeployConfig) -> dict[str, Any]:
    """The request of CreateRole."""
    return {
        "RoleName": config.role_name,
        "AssumeRolePolicyDocument": json.dumps(execution_trust(config)),
        "Description": f"Execution role of {config.function_name}",
        "Tags": [{"Key": key, "Value": value} for key, value in config.tags.items()],
    }


def role_policy_request(config: DeployConfig) -> dict[str, Any]:
    """The request of PutRolePolicy."""
    document = json.dumps(execution_policy(config))
    return {"RoleName": config.role_name, "PolicyName": POLICY_NAME, "PolicyDocument": document}


def _judge_words(config: DeployConfig) -> str:
    return f" and invoke {len(config.judge_models)} judge model(s)" if config.judge_models else ", and nothing else"


def _notes(plan: DeployPlan) -> Iterator[str]:
    config = plan.config
    if config.training_role is None:
        yield "no --training-role: attach the policy shown to the role of your jobs, or name the role and deploy again"
    if config.consumer == Consumer.BEDROCK:
        yield f"give Bedrock the alias: {config.alias_arn}"
    else:
        yield f"put into the recipe, without an alias, which both SageMaker SDKs refuse: {config.function_arn}"
        yield f"set lambda_concurrency_limit in the recipe to {config.concurrency} or less"
    if config.consumer == Consumer.HYPERPOD:
        yield (
            f"the cluster's VPC needs an interface endpoint for com.amazonaws.{config.region}.lambda "
            "with the cluster's security group and the endpoint policy shown"
        )
