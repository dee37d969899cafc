"""Plan a SageMaker training job: the exact `CreateTrainingJob` request for a Nova recipe. No AWS call, no boto3.

Two flavours are equal to what AWS's own SDKs send: `v2` (the PyTorch estimator) and `v3` (ModelTrainer). They differ
in how the recipe channel is addressed, in three switches, and in the hyperparameter `model_type`, which only v2 sends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Literal

from estimators.config import LaunchConfig
from estimators.images import image_for
from estimators.job_names import job_name
from estimators.plan import JobPlan, Upload, upload_bytes
from estimators.planning.checks import data_findings, media_findings, plan_findings, target_of
from estimators.planning.cost import ceiling
from estimators.planning.data import Data, Located, data_type_for, file_name, locate
from estimators.planning.placeholders import filled
from estimators.planning.recipe_facts import RecipeFacts, read_facts
from recipes import Platform, Recipe, resolved_yaml
from recipes.model.graders import GRADER, METRICS

Flavour = Literal["v2", "v3"]

RECIPE_FILE: Final = "recipe.yaml"
RECIPE_PATH: Final = f"/opt/ml/input/data/recipe/{RECIPE_FILE}"


def plan_job(
    recipe: Recipe | bytes,
    *,
    config: LaunchConfig,
    data: Data | None,
    flavour: Flavour = "v2",
    name: str | None = None,
    attempt: int = 1,
    digests: Mapping[str, str] | None = None,
) -> JobPlan:
    """The plan of the job in `recipe`.

    Bytes are resolved YAML and used as they are; in a typed recipe the placeholders of AWS's official file are filled
    with what is known here (`filled`). `data` is None for evaluations on AWS's own benchmarks. `digests` are those of
    inputs the job cannot show itself, such as `{"grader": ...}`; they become tags. Without `name` the job is called
    after the recipe and a digest of the request, so that the same inputs are the same job; raise `attempt` to run them
    again. Raises `PlanError` for a recipe without model type or replicas.

    >>> from recipes import nova_lite_2_sft_lora
    >>> plan = plan_job(nova_lite_2_sft_lora(), config=LaunchConfig(), data=Data("s3://my-data/train.jsonl"))
    >>> plan.request["ResourceConfig"]
    {'InstanceType': 'ml.p5.48xlarge', 'InstanceCount': 4, 'VolumeSizeInGB': 30}
    >>> [finding.message for finding in plan.findings]
    ['<account-id> is not known yet', '<execution-role> is not known yet', '<bucket> is not known yet']
    """
    located = _located(read_facts(_bytes_of(recipe)), data, config)
    content = recipe if isinstance(recipe, bytes) else _filled(recipe, located, config)
    facts = read_facts(content)
    stored = upload_bytes(content, config.key("recipes", hashlib.sha256(content).hexdigest()[:16], RECIPE_FILE))
    uploads = [item.upload for item in located if item.upload]
    data_type = data.s3_data_type if data and data.s3_data_type else data_type_for(facts.method)
    channels = _channels(located, stored.uri, data_type, flavour)
    tags = _tags(facts, stored, located, config, digests or {})
    request = _request(facts, channels, config, tags, flavour)
    # The name is of the inputs, not of the SDK that sends them: the same job under either flavour.
    same = _request(facts, _channels(located, stored.uri, data_type, "v2"), config, tags, "v2")
    request["TrainingJobName"] = name or job_name(facts.name, same, attempt)
    return JobPlan(
        platform="sagemaker",
        operation="CreateTrainingJob",
        method=facts.method,
        name=request["TrainingJobName"],
        region=config.region,
        request=request,
        recipe=content,
        uploads=(*uploads, stored),
        tags=tags,
        cost=ceiling(config.instance_type, facts.replicas, config.max_run_s / 3600),
        findings=(
            *plan_findings(request, content, facts, config, Platform.SAGEMAKER),
            *(data_findings(data.train, target_of(facts)) if data else ()),
            *(media_findings(data.train, config.bucket) if data else ()),
        ),
    )


def _bytes_of(recipe: Recipe | bytes) -> bytes:
    return recipe if isinstance(recipe, bytes) else resolved_yaml(recipe)


def _located(facts: RecipeFacts, data: Data | None, config: LaunchConfig) -> list[Located]:
    """Where each channel's data lies, or will lie once it is uploaded."""
    channels = data.channels() if data else ()
    return [Located(channel, *locate(source, file_name(facts, channel), config)) for channel, source in channels]


def _filled(recipe: Recipe, located: list[Located], config: LaunchConfig) -> bytes:
    train = located[0].uri if located else ""
    return filled(recipe, platform=Platform.SAGEMAKER, train=train, config=config)


def _request(
    facts: RecipeFacts, channels: list[dict[str, Any]], config: LaunchConfig, tags: Mapping[str, str], flavour: Flavour
) -> dict[str, Any]:
    image = config.image or image_for(facts.method, facts.model_type, platform="sagemaker", region=config.region)
    request: dict[str, Any] = {
        "AlgorithmSpecification": {
            "TrainingImage": image or f"<{facts.method} image for {config.region}>",
            "TrainingInputMode": "File",
        },
        "RoleArn": config.role(),
        "InputDataConfig": channels,
        "OutputDataConfig": _output(config, flavour),
        "ResourceConfig": {
            "InstanceType": config.instance_type,
            "InstanceCount": facts.replicas,
            "VolumeSizeInGB": config.volume_gb,
            **({"TrainingPlanArn": config.training_plan_arn} if config.training_plan_arn else {}),
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": config.max_run_s},
        "HyperParameters": hyperparameters(facts, flavour),
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    }
    if config.vpc:
        request["VpcConfig"] = {
            "Subnets": list(config.vpc.subnets),
            "SecurityGroupIds": list(config.vpc.security_group_ids),
        }
    if flavour == "v2":
        request["ProfilerConfig"] = {"DisableProfiler": True}
        request["RemoteDebugConfig"] = {"EnableRemoteDebug": False}
    return request


def hyperparameters(facts: RecipeFacts, flavour: Flavour) -> dict[str, str]:
    """The hyperparameters that Nova's containers read in addition to the recipe file.

    A checkpoint in S3 is the `base_model_location`, a model's name the `base_model`.
    """
    found = {"model_type": facts.model_type} if flavour == "v2" else {}
    if facts.model:
        found["base_model_location" if facts.model.startswith("s3://") else "base_model"] = facts.model
    if GRADER in facts.graders:
        found["reward_lambda_arn"] = facts.graders[GRADER]
    if METRICS in facts.graders:
        found["eval_lambda_arn"] = facts.graders[METRICS]
    return found | {"sagemaker_recipe_local_path": RECIPE_PATH}


def _output(config: LaunchConfig, flavour: Flavour) -> dict[str, str]:
    output = {"S3OutputPath": config.output()}
    if config.output_kms_key:
        output["KmsKeyId"] = config.output_kms_key
    if flavour == "v3":
        output["CompressionType"] = "GZIP"
    return output


def _channels(located: list[Located], recipe_uri: str, data_type: str, flavour: Flavour) -> list[dict[str, Any]]:
    # v2 addresses the folder, v3 the file; the container finds the same file either way.
    address = recipe_uri.removesuffix(f"/{RECIPE_FILE}") if flavour == "v2" else recipe_uri
    channels = [_channel(item.channel, item.uri, data_type) for item in located]
    return [*channels, _channel("recipe", address, "S3Prefix") | {"InputMode": "File"}]


def _channel(name: str, uri: str, data_type: str) -> dict[str, Any]:
    source = {"S3DataType": data_type, "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _tags(
    facts: RecipeFacts, recipe: Upload, located: list[Located], config: LaunchConfig, digests: Mapping[str, str]
) -> dict[str, str]:
    found = {"rftkit:run": facts.name, "rftkit:recipe": recipe.sha256}
    found |= {f"rftkit:{item.channel}": item.upload.sha256 for item in located if item.upload}
    found |= {f"rftkit:{name}": digest for name, digest in digests.items()}
    return {**config.tags, **found}
