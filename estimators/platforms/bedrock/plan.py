"""Plan a Bedrock model customization job: SFT, RFT with a Lambda grader, or distillation, as the exact request.

Bedrock chooses the machines: there is no recipe and no instance. Source: botocore 1.44.5, service model `bedrock`;
hyperparameters of SFT and their ranges: nova-forge-sdk @a4d5b3d.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from datagen.validate import Target
from estimators.arns import parse_function_arn
from estimators.config import AccountConfig, placeholders_in
from estimators.findings import JobFinding
from estimators.job_names import job_name
from estimators.plan import JobPlan
from estimators.planning.bedrock_pricing import token_prices
from estimators.planning.checks import data_findings, media_findings, placeholder_findings, unused_settings
from estimators.planning.data import Data, local_file, locate
from estimators.token_cost import TrainingTokens, tokens_of_file
from recipes.catalogue.officials import MODELS

_INSTEAD: Final = "set Bedrock's own hyperparameters, under bedrock.sft and bedrock.rft"
Method = Literal["sft", "rft", "distill"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)

# The only region for Nova 2 Lite and Nova 1 ("Customize a model with fine-tuning in Amazon Bedrock", AWS page, read
# 2026-11-29), and the only one that AWS's own tools take (nova-forge-sdk @a4d5b3d).
REGION: Final = "us-east-1"
_TARGETS: Final = {"sft": Target.BEDROCK_SFT, "rft": Target.BEDROCK_RFT, "distill": Target.DISTILLATION}
_TYPES: Final = {"sft": "FINE_TUNING", "rft": "REINFORCEMENT_FINE_TUNING", "distill": "DISTILLATION"}


class SftParameters(BaseModel):
    """Hyperparameters of supervised fine-tuning, sent as strings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochCount: int = Field(2, ge=1, le=5)  # noqa: N815 - AWS's spelling throughout these classes
    batchSize: int = Field(1, ge=1, le=64)  # noqa: N815
    learningRate: float = Field(1e-5, ge=1e-6, le=1e-4)  # noqa: N815
    learningRateWarmupSteps: int = Field(10, ge=0, le=100)  # noqa: N815

    def texts(self) -> dict[str, str]:
        """As Bedrock wants them: decimal numbers without exponent.

        >>> SftParameters().texts()["learningRate"]
        '0.00001'
        """
        return {name: format(Decimal(repr(value)), "f") for name, value in self.model_dump().items()}


class RftParameters(BaseModel):
    """Hyperparameters of reinforcement fine-tuning, sent as numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochCount: int = Field(1, ge=1, le=50)  # noqa: N815
    batchSize: int = Field(128, ge=16, le=512)  # noqa: N815
    learningRate: float = Field(1e-5, ge=1e-7, le=1e-3)  # noqa: N815
    maxPromptLength: int = Field(8192, ge=1)  # noqa: N815
    trainingSamplePerPrompt: int = Field(8, ge=2, le=16)  # noqa: N815
    inferenceMaxTokens: int = Field(2048, ge=1)  # noqa: N815
    reasoningEffort: Literal["low", "medium", "high"] = "medium"  # noqa: N815
    evalInterval: int = Field(10, ge=1, le=100)  # noqa: N815


class BedrockConfig(AccountConfig):
    """The `bedrock:` section of a project file."""

    base_model: str = Field("amazon.nova-2-lite-v1:0:256k", description="model to customise: Bedrock's name, or an ARN")
    teacher: str = Field("amazon.nova-premier-v1:0", description="model to distil from")
    teacher_max_tokens: int = Field(1000, ge=1, description="longest answer of the teacher")
    sft: SftParameters = SftParameters()
    rft: RftParameters = RftParameters()

    def base_model_arn(self) -> str:
        """The ARN of the base model, which may be a custom model of your own.

        >>> BedrockConfig().base_model_arn()
        'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0:256k'
        """
        if self.base_model.startswith("arn:"):
            return self.base_model
        return f"arn:aws:bedrock:{self.region}::foundation-model/{self.base_model}"


def plan_customization(
    method: Method,
    *,
    name: str,
    config: BedrockConfig,
    data: Data,
    changes: Mapping[str, Any] | None = None,
    attempt: int = 1,
    digests: Mapping[str, str] | None = None,
) -> JobPlan:
    """The `CreateModelCustomizationJob` request for a method, with its uploads and findings.

    `changes` are the recipe keys that the project sets; Bedrock follows no recipe, so each of them is a finding.

    Job and model get one name with a digest, and the request a client token made of it: asking twice is one job.

    >>> plan = plan_customization("rft", name="tools", config=BedrockConfig(), data=Data("s3://my-data/train.jsonl"))
    >>> plan.request["customizationConfig"]["rftConfig"]["hyperParameters"]["trainingSamplePerPrompt"]
    8
    """
    located = [(channel, *locate(source, f"{channel}.jsonl", config)) for channel, source in data.channels()]
    uploads = tuple(upload for _, _, upload in located if upload)
    found = {c: u.sha256 for c, _, u in located if u} | dict(digests or {})
    tags = {**config.tags, "rftkit:run": name, **{f"rftkit:{what}": digest for what, digest in found.items()}}
    request = _request(method, {channel: uri for channel, uri, _ in located}, config, tags)
    unique = job_name(name, request, attempt)
    request |= {"jobName": unique, "customModelName": unique, "clientRequestToken": token("customize", unique)}
    return JobPlan(
        platform="bedrock",
        operation="CreateModelCustomizationJob",
        method=method,
        name=unique,
        region=config.region,
        request=request,
        uploads=uploads,
        tags=tags,
        cost=_cost(method, config, data),
        findings=(
            *placeholder_findings(request),
            *unused_settings(changes or {}, lambda path: False, "Bedrock", "warning", fix=_INSTEAD),
            *_findings(method, config, data),
        ),
    )


def _cost(method: Method, config: BedrockConfig, data: Data) -> TrainingTokens | None:
    """The tokens of SFT and their price; None for what is billed by the hour, and where the data is not here."""
    path = local_file(data.train)
    if method != "sft" or path is None:
        return None
    name = next((model.name for model in MODELS if config.base_model == model.model_type), "")
    price = token_prices()[name].train if name in token_prices() else None
    return tokens_of_file(path, epochs=config.sft.epochCount, price=price, model=name)


def token(*parts: str) -> str:
    """A client token that is a digest of `parts`, so that a repeated request has no second effect.

    >>> token("import", "a") == token("import", "a"), token("import", "a") == token("import", "b")
    (True, False)
    """
    return f"rftkit-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in Bedrock's format, sorted by key."""
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def _request(method: Method, data: Mapping[str, str], config: BedrockConfig, tags: Mapping[str, str]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "roleArn": config.role(),
        "baseModelIdentifier": config.base_model_arn(),
        "customizationType": _TYPES[method],
        "trainingDataConfig": {"s3Uri": data["train"]},
        "outputDataConfig": {"s3Uri": config.output()},
        "jobTags": tag_list(tags),
        "customModelTags": tag_list(tags),
        **_parameters(method, config),
    }
    if "validation" in data:
        request["validationDataConfig"] = {"validators": [{"s3Uri": data["validation"]}]}
    if config.output_kms_key:
        request["customModelKmsKeyId"] = config.output_kms_key
    if config.vpc:
        subnets, groups = list(config.vpc.subnets), list(config.vpc.security_group_ids)
        request["vpcConfig"] = {"subnetIds": subnets, "securityGroupIds": groups}
    return request


def _parameters(method: Method, config: BedrockConfig) -> dict[str, Any]:
    if method == "sft":
        return {"hyperParameters": config.sft.texts()}
    if method == "rft":
        grader = {"lambdaGrader": {"lambdaArn": config.grader()}}
        return {
            "customizationConfig": {"rftConfig": {"graderConfig": grader, "hyperParameters": config.rft.model_dump()}}
        }
    teacher = {"teacherModelIdentifier": config.teacher, "maxResponseLengthForInference": config.teacher_max_tokens}
    return {"customizationConfig": {"distillationConfig": {"teacherModelConfig": teacher}}}


def _findings(method: Method, config: BedrockConfig, data: Data) -> list[JobFinding]:
    found = []
    if config.region != REGION:
        message = f"Bedrock customises Nova in {REGION} only, and this is {config.region}"
        found.append(JobFinding("region", "error", message, f"use {REGION}, or --force region if AWS has more by now"))
    if method == "rft" and not placeholders_in(config.grader()):
        parts = parse_function_arn(config.grader())
        if parts and parts.region != config.region:
            message = f"the grader is in {parts.region!r}, the job in {config.region!r}"
            found.append(JobFinding("grader-region", "error", message, "deploy the grader in the job's region"))
    return [*found, *data_findings(data.train, _TARGETS[method]), *media_findings(data.train, config.bucket)]
