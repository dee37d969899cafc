"""Plan a serverless customization job: `CreateTrainingJob` with a `ServerlessJobConfig` and no instances of yours.

SageMaker chooses machines and recipe; the flat settings of its hub's recipe can be set. Sources: botocore 1.44.8,
service model `sagemaker`; sagemaker-python-sdk @a248126, whose trainers send the same request without `compute`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pydantic import Field

from datagen.validate import Target
from estimators.arns import grader_findings
from estimators.config import AccountConfig, placeholders_in
from estimators.findings import JobFinding
from estimators.images import Method
from estimators.job_names import job_name
from estimators.plan import JobPlan
from estimators.planning.checks import data_findings, media_findings, placeholder_findings, unused_settings
from estimators.planning.data import Data, Located, data_type_for, locate
from estimators.planning.hub import HUB, PLACES, hub_model, hub_name_of, hub_settings, is_lora, technique_of
from estimators.planning.permissions import GRADER_TAG
from estimators.planning.recipe_facts import method_of
from recipes import Recipe, to_mapping

# In the hub's recipe for training jobs, which serverless jobs follow, these are no settings.
_FIXED: Final = frozenset({"number_generation"})
_TARGETS: Final[Mapping[Method, Target]] = {"sft": Target.TRAINING_JOB_SFT, "rft": Target.RFT, "dpo": Target.DPO}
PACKAGE: Final = ":model-package/"
_EVALUATOR_VERSION: Final = "1.0.0"

Rewarded = Literal["RLVR", "RLAIF"]


class ServerlessConfig(AccountConfig):
    """The `serverless:` section of a project file.

    >>> ServerlessConfig(role_arn="arn:aws:iam::123456789012:role/Exec", model_package_group="tools").group()
    'arn:aws:sagemaker:us-east-1:123456789012:model-package-group/tools'
    """

    model_package_group: str | None = Field(None, description="group, by name or ARN, that the trained model joins")
    evaluator_arn: str | None = Field(
        None,
        pattern=r"^arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]+:(\d{12}|aws):hub-content/.+$",
        description="evaluator that judges; default: grader_arn, registered in `hub`",
        examples=["arn:aws:sagemaker:us-east-1:123456789012:hub-content/HUB/JsonDoc/NAME/1.0.0"],
    )
    hub: str | None = Field(None, description="hub of your own where a launch registers grader_arn as an evaluator")
    rft_technique: Rewarded = Field("RLVR", description="RLVR (a function judges) or RLAIF (a model judges)")
    judge_model: str | None = Field(None, description="RLAIF: Bedrock's id of the model that judges")
    base_model_version: str | None = Field(
        None,
        pattern=r"^\d{1,4}\.\d{1,4}\.\d{1,4}$",
        description="version of the base model; default: the newest",
    )
    sequence_length: str | None = Field(None, pattern=r"^\d+K$", description="1K to 128K; default: SageMaker's choice")
    accept_eula: bool = Field(False, description="accept the base model's licence, where it asks for that")
    max_run_s: int | None = Field(None, ge=1, description="hard stop in seconds; default: SageMaker's 24 hours")
    mlflow_arn: str | None = Field(
        None,
        pattern=r"^arn:aws[a-z\-]*:sagemaker:.+:mlflow-.+$",
        description="MLflow app or server for the metrics",
    )
    mlflow_experiment: str | None = Field(None, description="MLflow experiment")
    mlflow_run: str | None = Field(None, description="MLflow run")

    def account(self) -> str:
        """The account of the role, or a placeholder for it."""
        return self.role().split(":")[4]

    def group(self) -> str:
        """The ARN of the model package group, or a placeholder for it."""
        name = self.model_package_group or "<model-package-group>"
        if name.startswith("arn:"):
            return name
        return f"arn:aws:sagemaker:{self.region}:{self.account()}:model-package-group/{name}"

    def evaluator(self) -> str:
        """The ARN of the evaluator: the given one, or the one under which the launch registers the grader."""
        if self.evaluator_arn:
            return self.evaluator_arn
        name = f"rftkit-{hashlib.sha256(self.grader().encode()).hexdigest()[:16]}"
        place = f"hub-content/{self.hub or '<hub>'}/JsonDoc/{name}/{_EVALUATOR_VERSION}"
        return f"arn:aws:sagemaker:{self.region}:{self.account()}:{place}"

    def base_model(self, model: str) -> str:
        """The ARN of a model of the public hub, by its name there."""
        version = f"/{self.base_model_version}" if self.base_model_version else ""
        return f"arn:aws:sagemaker:{self.region}:aws:hub-content/{HUB}/Model/{model}{version}"

    def around(self) -> dict[str, Any]:
        """What is the same in every request: network and metrics, where they are set."""
        found: dict[str, Any] = {}
        if self.mlflow_arn:
            named = {"MlflowExperimentName": self.mlflow_experiment, "MlflowRunName": self.mlflow_run}
            found["MlflowConfig"] = {"MlflowResourceArn": self.mlflow_arn} | {k: v for k, v in named.items() if v}
        if self.vpc:
            vpc = self.vpc
            found["VpcConfig"] = {"Subnets": list(vpc.subnets), "SecurityGroupIds": list(vpc.security_group_ids)}
        return found


def plan_serverless(
    recipe: Recipe,
    *,
    config: ServerlessConfig,
    data: Data,
    changes: Mapping[str, Any] | None = None,
    checkpoint: str | None = None,
    attempt: int = 1,
    digests: Mapping[str, str] | None = None,
) -> JobPlan:
    """The plan of a serverless job with the settings of `recipe`.

    `changes` are the recipe keys that the project sets; each that SageMaker does not let be set is a finding.
    `checkpoint` is the ARN of a model package to start from, which an earlier serverless job made.

    >>> from recipes import nova_lite_2_sft_lora
    >>> plan = plan_serverless(nova_lite_2_sft_lora(), config=ServerlessConfig(), data=Data("s3://my-data/train.jsonl"))
    >>> plan.request["ServerlessJobConfig"]["CustomizationTechnique"], plan.request["HyperParameters"]["lora_alpha"]
    ('SFT', '64')
    """
    mapping = to_mapping(recipe)
    method = method_of(mapping)
    located = [Located(channel, *locate(source, f"{channel}.jsonl", config)) for channel, source in data.channels()]
    model = hub_model(mapping["run"]["model_type"])
    registers = method == "rft" and config.rft_technique == "RLVR"
    tags = job_tags(mapping["run"]["name"], model, located, config, digests or {}, registers=registers)
    request = _request(mapping, method, model, located, config, tags, checkpoint)
    request["TrainingJobName"] = job_name(mapping["run"]["name"], request, attempt)
    return JobPlan(
        platform="serverless",
        operation="CreateTrainingJob",
        method=method,
        name=request["TrainingJobName"],
        region=config.region,
        request=request,
        uploads=tuple(item.upload for item in located if item.upload),
        tags=tags,
        findings=(
            *placeholder_findings(request),
            *_findings(method, config, checkpoint),
            *unused_settings(changes or {}, lambda path: _can_be_set(path, method), "a serverless job"),
            *data_findings(data.train, _TARGETS[method]),
            *media_findings(data.train, config.bucket),
        ),
    )


def evaluator_request(plan: JobPlan) -> dict[str, Any] | None:
    """The `ImportHubContent` request that registers the plan's grader as its evaluator; None where one is given.

    Its name is a digest of the grader's ARN, so a second registration is the same evaluator.
    """
    grader, arn = plan.tags.get(GRADER_TAG), plan.request["ServerlessJobConfig"].get("EvaluatorArn")
    if grader is None or arn is None:
        return None
    hub, _, name, version = arn.split(":hub-content/")[1].split("/")
    content = {"Reference": grader, "EvaluatorType": "RewardFunction"}
    return {
        "HubName": hub,
        "HubContentType": "JsonDoc",
        "HubContentName": name,
        "HubContentVersion": version,
        "DocumentSchemaVersion": "2.0.0",
        "HubContentDocument": json.dumps({"SubType": "AWS/Evaluator", "JsonContent": json.dumps(content)}),
        "HubContentSearchKeywords": [
            "method:lambda",
            "@subtype:aws/evaluator",
            "@evaluatortype:rewardfunction",
            "@contenttype:byolambda",
        ],
    }


def _request(
    mapping: Mapping[str, Any],
    method: Method,
    model: str,
    located: list[Located],
    config: ServerlessConfig,
    tags: Mapping[str, str],
    checkpoint: str | None,
) -> dict[str, Any]:
    package = {"ModelPackageGroupArn": config.group()}
    if checkpoint:
        package["SourceModelPackageArn"] = checkpoint
    request: dict[str, Any] = {
        "HyperParameters": _hyperparameters(mapping, method, config),
        "RoleArn": config.role(),
        "InputDataConfig": [_channel(item, data_type_for(method)) for item in located],
        "OutputDataConfig": {"S3OutputPath": config.output()}
        | ({"KmsKeyId": config.output_kms_key} if config.output_kms_key else {}),
        "ServerlessJobConfig": _serverless(mapping, method, model, config),
        "ModelPackageConfig": package,
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    }
    if config.max_run_s:
        request["StoppingCondition"] = {"MaxRuntimeInSeconds": config.max_run_s}
    return request | config.around()


def _serverless(mapping: Mapping[str, Any], method: Method, model: str, config: ServerlessConfig) -> dict[str, Any]:
    found: dict[str, Any] = {
        "BaseModelArn": config.base_model(model),
        "JobType": "FineTuning",
        "CustomizationTechnique": config.rft_technique if method == "rft" else technique_of(method),
    }
    if config.accept_eula:
        found["AcceptEula"] = True
    if is_lora(mapping):
        found["Peft"] = "LORA"
    if method == "rft" and (config.evaluator_arn or config.rft_technique == "RLVR"):
        found["EvaluatorArn"] = config.evaluator()
    return found | ({"SequenceLength": config.sequence_length} if config.sequence_length else {})


def _hyperparameters(mapping: Mapping[str, Any], method: Method, config: ServerlessConfig) -> dict[str, str]:
    found = {key: value for key, value in hub_settings(mapping, method, places=False).items() if key not in _FIXED}
    if method == "rft" and config.rft_technique == "RLAIF" and config.judge_model:
        found["judge_model_id"] = f"bedrock/{config.judge_model}"
    return {key: str(value) for key, value in found.items()}


def _channel(item: Located, data_type: str) -> dict[str, Any]:
    source = {"S3DataType": data_type, "S3Uri": item.uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": item.channel, "DataSource": {"S3DataSource": source}}


def job_tags(
    run: str,
    model: str,
    located: list[Located],
    config: ServerlessConfig,
    digests: Mapping[str, str],
    *,
    registers: bool,
) -> dict[str, str]:
    """The tags of a job; `registers` says whether its launch registers the grader as an evaluator."""
    found = {
        "rftkit:run": run,
        # As the SDK's trainers tag their jobs.
        "sagemaker-sdk:jumpstart-model-id": model,
        "sagemaker-sdk:jumpstart-hub-name": HUB,
        **{f"rftkit:{item.channel}": item.upload.sha256 for item in located if item.upload},
        **{f"rftkit:{name}": digest for name, digest in digests.items()},
    }
    if registers and not config.evaluator_arn and config.grader_arn:
        found[GRADER_TAG] = config.grader_arn
    return {**config.tags, **found}


def own_grader_findings(config: ServerlessConfig) -> Iterator[JobFinding]:
    """Findings about the ARN of the grader that a launch registers."""
    if not config.evaluator_arn and not placeholders_in(config.grader()):
        yield from grader_findings(config.grader(), region=config.region)


def _findings(method: Method, config: ServerlessConfig, checkpoint: str | None) -> Iterator[JobFinding]:
    if method == "rft" and config.rft_technique == "RLVR":
        yield from own_grader_findings(config)
    if method == "rft" and config.rft_technique == "RLAIF" and not (config.evaluator_arn or config.judge_model):
        fix = "write judge_model, or the evaluator_arn of a reward prompt, into the section serverless"
        yield JobFinding("judge-missing", "error", "RLAIF needs a model that judges", fix)
    if checkpoint and PACKAGE not in checkpoint and not placeholders_in(checkpoint):
        fix = "give the model package that the serverless SFT made: the folder of its `rft train collect`"
        message = f"a serverless job starts from a model package, not from {checkpoint!r}"
        yield JobFinding("checkpoint-platform", "error", message, fix)


def _can_be_set(path: str, method: Method) -> bool:
    name = hub_name_of(path, method)
    return name is not None and name not in _FIXED and path not in PLACES
