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


def test_an_agent_written_with_the_sdk_talks_to_the_local_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    import requests
    from sagemaker.train.rft import make_inference_headers, sagemaker_rft_handler

    from rft.agents.job_runtime import JobRuntime
    from rft.agents.serving import asked_of, run_rollouts

    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "NO_PROXY": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)

    @sagemaker_rft_handler
    def agent(payload: dict[str, Any]) -> dict[str, Any]:
        where = payload["metadata"]
        if payload["instance"]["prompt"] == "broken":
            raise OSError("no disk")
        headers = {**make_inference_headers(where), "Authorization": "Bearer x"}
        body = {"messages": [{"role": "user", "content": payload["instance"]["prompt"]}]}
        said = [requests.post(f"{where['endpoint']}/sample", json=body, headers=headers, timeout=9) for _ in range(2)]
        assert [reply.json()["choices"][0]["message"]["content"] for reply in said] == ["hm", "hm"]
        return {"reward": [0.25, 0.75]}

    runtime = JobRuntime(lambda *_: {"role": "assistant", "content": "hm"})
    done, broken = run_rollouts(lambda event, _: agent(event), runtime, asked_of(["t1", "broken"], 1))
    assert (done["score"], done["turn_rewards"], done["reason"]) == (1.0, [0.25, 0.75], "")
    assert (broken["score"], broken["reason"]) == (0.0, "the rollout failed: OSError: no disk")
    assert runtime.trajectories["broken-0"].state == "rewarded"  # the SDK says failed, and then gives 0
