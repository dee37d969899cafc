"""SDK v3's MultiTurnRLTrainer builds the planned document. Runs where SDK v3 is installed, which excludes v2."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from estimators.config import Vpc
from estimators.planning.data import Data
from estimators.platforms.agent.plan import AgentConfig, plan_agent

with pytest.MonkeyPatch.context() as env:
    env.setenv("AWS_DEFAULT_REGION", "us-east-1")  # the SDK asks for one when it is imported
    sdk = pytest.importorskip("sagemaker.train.multi_turn_rl_trainer", reason="needs SDK v3")

ACCOUNT = "arn:aws:sagemaker:us-east-1:123456789012"
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-agent"
RUNTIME = "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/desk-aBcDeFgHiJ"
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "agent": [{"agent_arn": LAMBDA}, {"agent_arn": RUNTIME}, {"agent_arn": RUNTIME, "qualifier": "PROD"}],
    "place": [
        {},
        {"output_kms_key": "arn:aws:kms:us-east-1:123456789012:key/k", "accept_eula": True},
        {"vpc": Vpc(subnets=("subnet-1",), security_group_ids=("sg-1",)), "output_uri": "s3://my-bucket/out"},
    ],
    "mlflow": [
        {},
        {"mlflow_arn": f"{ACCOUNT}:mlflow-app/app-1"},
        {"mlflow_arn": f"{ACCOUNT}:mlflow-app/app-1", "mlflow_experiment": "e", "mlflow_run": "r"},
    ],
}
HYPERPARAMETERS: list[dict[str, Any]] = [
    {},
    {"group_size": 8, "max_steps": 50},
    {"group_size": 16, "advantage_method": "rloo", "clip_high_threshold": 2.5, "global_batch_size": 64},
]
MATRIX = [
    ({**agent, **place, **mlflow}, given)
    for agent, place, mlflow in product(*SETTINGS.values())
    for given in HYPERPARAMETERS
]


def theirs(config: AgentConfig, given: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """What the trainer builds of the same settings; what it would look up in an account is given to it."""
    trainer = object.__new__(sdk.MultiTurnRLTrainer)
    groups, channels = document["ModelPackageConfig"], document["InputDataConfig"]
    sources = [channel["DataSource"]["S3DataSource"]["S3Uri"] for channel in channels]
    vpc = config.vpc
    trainer.agent_env = config.agent()
    trainer.bedrock_agentcore_qualifier = config.qualifier
    trainer.training_dataset, trainer.validation_dataset = sources
    trainer.s3_output_path, trainer.kms_key_arn = config.output(), config.output_kms_key
    trainer.output_model_package_group = groups["OutputModelPackageGroupArn"]
    trainer.intermediate_checkpoint_model_package_group = groups["IntermediateCheckpointModelPackageGroupArn"]
    trainer.model, trainer._model_arn, trainer.accept_eula = "nova", config.base_model(), config.accept_eula
    trainer.mlflow_app_arn = config.mlflow_arn
    trainer.mlflow_experiment_name, trainer.mlflow_run_name = config.mlflow_experiment, config.mlflow_run
    trainer.networking = vpc and sdk.VpcConfig(
        subnets=list(vpc.subnets), security_group_ids=list(vpc.security_group_ids)
    )
    trainer._hp_defaults = {}  # of the hub, which nobody asks here; it leaves out what equals them
    trainer._final_hyperparameters = dict(given)
    trainer.sagemaker_session = None
    if not trainer.mlflow_app_arn:  # it would look for the account's default app
        trainer._build_mlflow_config = lambda dry_run=False: None
    built: dict[str, Any] = json.loads(trainer._build_job_config_document())
    return built


@pytest.mark.parametrize(("settings", "given"), MATRIX, ids=map(str, range(len(MATRIX))))
def test_the_document_is_the_trainers(settings: dict[str, Any], given: dict[str, Any]) -> None:
    config = AgentConfig(role_arn="arn:aws:iam::123456789012:role/Exec", bucket="my-bucket", **settings)
    plan = plan_agent("desk", config=config, data=Data(b"{}\n", b"{}\n"), hyperparameters=given)
    text = plan.request["JobConfigDocument"]
    document = json.loads(text)
    built = theirs(config, given, document)
    assert document == built
    assert text == json.dumps(built, indent=2)  # the same order of keys, too


def test_category_version_and_patterns_are_the_sdks() -> None:
    plan = plan_agent("desk", config=AgentConfig(), data=Data(b"{}\n"))
    assert plan.request["JobCategory"] == sdk.JOB_CATEGORY
    assert plan.request["JobConfigSchemaVersion"] == sdk.JOB_CONFIG_SCHEMA_VERSION
    assert sdk.LAMBDA_ARN_PATTERN.match(LAMBDA)
    assert sdk.BEDROCK_AGENT_CORE_ARN_PATTERN.match(RUNTIME)
