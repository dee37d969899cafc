"""The requests of agentic RFT: `CreateJob` for a training and for an evaluation, and the groups that they need.

Sources: botocore 1.44.5, service model `sagemaker`, CreateJob; the document's keys: sagemaker-python-sdk 3.19,
`train/multi_turn_rl_trainer.py` and `train/evaluate/multi_turn_rl_evaluator.py`, whose document is compared with ours
in tests/contract/test_sdk_v3_agents.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from estimators.config import AccountConfig, placeholders_in
from estimators.findings import JobFinding
from estimators.job_names import job_name
from estimators.plan import JobPlan
from estimators.planning.checks import placeholder_findings
from estimators.planning.data import Data, Located, locate
from estimators.planning.hub import HUB, hub_model
from estimators.platforms.agent.hyperparameters import EVALUATION, domain_findings
from estimators.platforms.agent.prompts import prompt_findings

SCHEMA_VERSION: Final = "1.0.0"
MAX_DOCUMENT_CHARS: Final = 262_144  # botocore 1.44.5, JobConfigDocument
Category = Literal["AgentRFT", "AgentRFTEvaluation"]

_LAMBDA: Final = r"arn:aws[a-z\-]*:lambda:[a-z0-9\-]+:\d{12}:function:[a-zA-Z0-9\-_.]+(:\$LATEST|:[a-zA-Z0-9\-_]+)?"
_RUNTIME: Final = r"arn:aws[a-z\-]*:bedrock-agentcore:[a-z0-9\-]+:\d{12}:runtime/[a-zA-Z0-9_\-]+"


class AgentConfig(AccountConfig):
    """The `agent:` section of an agent's project file.

    >>> AgentConfig(region="us-west-2").agent()
    'arn:aws:lambda:us-west-2:<account-id>:function:<agent-function>'
    """

    agent_arn: str | None = Field(
        None,
        pattern=f"^({_LAMBDA}|{_RUNTIME})$",
        description="Lambda function or AgentCore runtime that runs the agent",
        examples=["arn:aws:lambda:us-east-1:123456789012:function:SageMaker-NAME"],
    )
    qualifier: str = Field("DEFAULT", description="AgentCore: the endpoint of the runtime")
    model_type: str = Field("amazon.nova-2-lite-v1:0:256k", description="the base model")
    base_model_version: str | None = Field(
        None, pattern=r"^\d{1,4}\.\d{1,4}\.\d{1,4}$", description="version of the base model; default: the newest"
    )
    input_model_package: str | None = Field(None, description="ARN of the model package to start from; default: none")
    output_group: str | None = Field(None, description="model package group of the trained model; default: by name")
    checkpoint_group: str | None = Field(None, description="group of checkpoints, another one; default: by name")
    accept_eula: bool = Field(False, description="accept the base model's licence, where it asks for that")
    mlflow_arn: str | None = Field(
        None,
        pattern=r"^arn:[a-z0-9\-.]+:sagemaker:[^:]+:[^:]+:mlflow-app/.+$",
        description="MLflow app for the metrics",
    )
    mlflow_experiment: str | None = Field(None, description="MLflow experiment")
    mlflow_run: str | None = Field(None, description="MLflow run")
    max_eval_run_s: int = Field(86_400, ge=60, description="hard stop of an evaluation, in seconds")
    evaluation: Mapping[str, str | int | float] = Field(
        default_factory=dict, description=f"settings of an evaluation: {', '.join(EVALUATION)}"
    )

    def agent(self) -> str:
        """The ARN of the agent, or a placeholder for it."""
        return self.agent_arn or f"arn:aws:lambda:{self.region}:<account-id>:function:<agent-function>"

    def group(self, name: str | None, default: str) -> str:
        """The ARN of a model package group, by its name or ARN."""
        if name and name.startswith("arn:"):
            return name
        return f"arn:aws:sagemaker:{self.region}:{self.role().split(':')[4]}:model-package-group/{name or default}"

    def base_model(self) -> str:
        """The ARN of the base model in SageMaker's hub."""
        version = f"/{self.base_model_version}" if self.base_model_version else ""
        name = hub_model(self.model_type)
        return f"arn:aws:sagemaker:{self.region}:aws:hub-content/{HUB}/Model/{name}{version}"


def plan_agent(
    name: str,
    *,
    config: AgentConfig,
    data: Data,
    hyperparameters: Mapping[str, Any] | None = None,
    digests: Mapping[str, str] | None = None,
    attempt: int = 1,
) -> JobPlan:
    """The plan of an agentic RFT job; `digests` are those of the agent and its world, which a job cannot show itself.

    >>> plan = plan_agent("desk", config=AgentConfig(), data=Data("s3://my-data/train.jsonl"))
    >>> plan.operation, plan.request["JobCategory"], json.loads(plan.request["JobConfigDocument"])["InputDataConfig"][0]
    ('CreateJob', 'AgentRFT', {'ChannelName': 'train', 'DataSource': {'S3DataSource': {'S3DataType': 'S3Prefix', \
'S3Uri': 's3://my-data/train.jsonl'}}})
    """
    given = dict(hyperparameters or {})
    located = [Located(channel, *locate(source, f"{channel}.jsonl", config)) for channel, source in data.channels()]
    document = {
        "AgentConfig": _agent(config),
        "InputDataConfig": [_channel(item) for item in located],
        "OutputDataConfig": _output(config),
        "ModelPackageConfig": _packages(name, config),
        "TrainingConfig": _training(config, given),
        **_network(config),
    }
    findings = [*domain_findings(given), *prompt_findings(data)]
    return _plan(name, "AgentRFT", document, located, config, findings, digests or {}, attempt)


def plan_agent_evaluation(
    name: str,
    *,
    config: AgentConfig,
    data: Data,
    digests: Mapping[str, str] | None = None,
    attempt: int = 1,
) -> JobPlan:
    """The plan of an evaluation with pass@k: of the base model, or of `config.input_model_package`.

    >>> plan = plan_agent_evaluation("desk", config=AgentConfig(), data=Data("s3://my-data/test.jsonl"))
    >>> plan.request["JobCategory"], sorted(json.loads(plan.request["JobConfigDocument"]))[-1]
    ('AgentRFTEvaluation', 'StoppingCondition')
    """
    located = [Located("evaluation", *locate(data.train, "evaluation.jsonl", config))]
    settings = {key: str(value) for key, value in config.evaluation.items()}
    output = _output(config)
    if mlflow := _mlflow(config):
        output["MlflowConfig"] = mlflow
    evaluation: dict[str, Any] = {"BaseModelArn": config.base_model(), "AcceptEula": config.accept_eula}
    document = {
        "AgentConfig": _agent(config),
        "InputDataConfig": [_channel(item) for item in located],
        "OutputDataConfig": output,
        "EvaluationConfig": evaluation | ({"HyperParameters": settings} if settings else {}),
        **(
            {"ModelPackageConfig": {"InputModelPackageArn": package}} if (package := config.input_model_package) else {}
        ),
        "StoppingCondition": {"MaxRuntimeInSeconds": config.max_eval_run_s},
        **_network(config),
    }
    findings = [*prompt_findings(data)]
    return _plan(f"{name}-eval", "AgentRFTEvaluation", document, located, config, findings, digests or {}, attempt)


def group_requests(plan: JobPlan) -> list[dict[str, Any]]:
    """The `CreateModelPackageGroup` requests of a plan. Those of Nova models are restricted: weights stay with AWS."""
    packages = json.loads(plan.request["JobConfigDocument"]).get("ModelPackageConfig", {})
    keys = ("OutputModelPackageGroupArn", "IntermediateCheckpointModelPackageGroupArn")
    return [
        {
            "ModelPackageGroupName": packages[key].rpartition("/")[2],
            "ManagedConfiguration": {"ManagedStorageType": "Restricted"},
            "Tags": plan.request["Tags"],
        }
        for key in keys
        if key in packages
    ]


def _plan(
    name: str,
    category: Category,
    document: Mapping[str, Any],
    located: list[Located],
    config: AgentConfig,
    findings: Sequence[JobFinding],
    digests: Mapping[str, str],
    attempt: int,
) -> JobPlan:
    tags = {
        **config.tags,
        "rftkit:run": name,
        **{f"rftkit:{item.channel}": item.upload.sha256 for item in located if item.upload},
        **{f"rftkit:{key}": digest for key, digest in digests.items()},
    }
    request: dict[str, Any] = {
        "RoleArn": config.role(),
        "JobCategory": category,
        "JobConfigSchemaVersion": SCHEMA_VERSION,
        "JobConfigDocument": json.dumps(document, indent=2),
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    }
    request["JobName"] = job_name(name, request, attempt)
    return JobPlan(
        platform="agent",
        operation="CreateJob",
        method="rft" if category == "AgentRFT" else "eval",
        name=request["JobName"],
        region=config.region,
        request=request,
        uploads=tuple(item.upload for item in located if item.upload),
        tags=tags,
        findings=(*placeholder_findings(request), *findings, *_findings(name, config, request)),
    )


def _agent(config: AgentConfig) -> dict[str, Any]:
    arn = config.agent()
    if ":bedrock-agentcore:" in arn:
        return {"BedrockAgentCoreConfig": {"AgentRuntimeArn": arn, "Qualifier": config.qualifier}}
    return {"CustomAgentLambdaConfig": {"LambdaArn": arn}}


def _channel(item: Located) -> dict[str, Any]:
    return {
        "ChannelName": item.channel,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": item.uri}},
    }


def _output(config: AgentConfig) -> dict[str, Any]:
    return {"S3OutputPath": config.output()} | ({"KmsKeyArn": key} if (key := config.output_kms_key) else {})


def _packages(name: str, config: AgentConfig) -> dict[str, Any]:
    packages = {"OutputModelPackageGroupArn": config.group(config.output_group, f"{name}-agent")}
    if config.input_model_package:
        packages["InputModelPackageArn"] = config.input_model_package
    checkpoints = config.group(config.checkpoint_group, f"{name}-agent-checkpoints")
    return {**packages, "IntermediateCheckpointModelPackageGroupArn": checkpoints}


def _training(config: AgentConfig, given: Mapping[str, Any]) -> dict[str, Any]:
    training: dict[str, Any] = {"BaseModelArn": config.base_model()}
    if mlflow := _mlflow(config):
        training["MlflowConfig"] = mlflow
    training["AcceptEula"] = config.accept_eula
    # All that is set is sent, also where it is a default: the page's defaults and those of Nova's recipe differ.
    return training | ({"HyperParameters": dict(given)} if given else {})


def _mlflow(config: AgentConfig) -> dict[str, str]:
    if not config.mlflow_arn:
        return {}
    named = {"MlflowExperimentName": config.mlflow_experiment, "MlflowRunName": config.mlflow_run}
    return {"MlflowResourceArn": config.mlflow_arn} | {key: value for key, value in named.items() if value}


def _network(config: AgentConfig) -> dict[str, Any]:
    if not config.vpc:
        return {}
    vpc = config.vpc
    return {"VpcConfig": {"SecurityGroupIds": list(vpc.security_group_ids), "Subnets": list(vpc.subnets)}}


def _findings(name: str, config: AgentConfig, request: Mapping[str, Any]) -> Iterator[JobFinding]:
    packages = _packages(name, config)
    if packages["OutputModelPackageGroupArn"] == packages["IntermediateCheckpointModelPackageGroupArn"]:
        fix = "give checkpoint_group another name than output_group"
        yield JobFinding("groups-equal", "error", "the model and its checkpoints would join one group", fix)
    arn = config.agent()
    if not placeholders_in(arn) and arn.split(":")[3] != config.region:
        message = f"the agent runs in {arn.split(':')[3]}, and the job in {config.region}"
        yield JobFinding("agent-region", "error", message, "deploy the agent in the job's region")
    if (length := len(request["JobConfigDocument"])) > MAX_DOCUMENT_CHARS:
        message = f"the job's document has {length:,} characters, and {MAX_DOCUMENT_CHARS:,} are allowed"
        yield JobFinding("document-size", "error", message, "leave settings out")
    if unknown := [key for key in config.evaluation if key not in EVALUATION]:
        message = f"an evaluation has no setting {unknown[0]!r}, only {', '.join(EVALUATION)}"
        yield JobFinding("hyperparameter", "error", message, "leave it out of agent.evaluation")
