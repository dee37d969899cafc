"""AWS's `hyp` itself takes what we plan: its own init, configure, validate and create run, against a hub in memory.

Runs where sagemaker-hyperpod is installed, in an environment of its own (`make hyp`), as it pins what we pin otherwise.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from click.testing import CliRunner
from moto import mock_aws

from estimators.config import LaunchConfig
from estimators.errors import JobError
from estimators.planning.data import Data
from estimators.platforms.hyperpod.cli import Finished
from estimators.platforms.hyperpod.launch import launch_hyperpod
from estimators.platforms.hyperpod.plan import Cluster, plan_hyperpod
from recipes import Recipe, nova_lite_2_rft_lora_hyperpod, nova_lite_2_sft_lora
from tests.fakes.aws_model import FakeAws
from tests.fakes.fake_sagemaker import FakeSageMaker
from tests.fakes.hub_recipes import MODEL, SPECS

recipe_utils = pytest.importorskip("sagemaker.hyperpod.cli.recipe_utils", reason="needs sagemaker-hyperpod: make hyp")

CONFIG = LaunchConfig(
    role_arn="arn:aws:iam::123456789012:role/Exec",
    bucket="my-bucket",
    grader_arn="arn:aws:lambda:us-east-1:123456789012:function:SageMaker-grader",
)
RECIPES = {"rft": nova_lite_2_rft_lora_hyperpod(max_steps=50), "sft": nova_lite_2_sft_lora(max_steps=50)}
TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ name }}", namespace: "{{ namespace }}"}
data: {steps: "{{ max_steps }}", rate: "{{ learning_rate }}"}
"""


@dataclass
class RealHyp:
    """The real tool in this process, with a hub and a Kubernetes that remember; a cluster's commands end here."""

    made: list[dict[str, Any]] = field(default_factory=list)
    validated: int = 0

    def __call__(self, argv: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Finished:
        if argv[1] in ("set-cluster-context", "list"):
            return Finished(0, json.dumps([entry["metadata"]["name"] for entry in self.made]), "")
        with contextlib.chdir(folder), mock.patch.object(sys, "argv", list(argv)):
            done = CliRunner().invoke(fresh(argv[1]), list(argv[2:]))
        self.validated += argv[1] == "validate" and done.exit_code == 0
        return Finished(done.exit_code, done.output, done.output)


def fresh(verb: str) -> Any:
    """The tool's command as a process of its own has it: made for the folder and arguments that it is started with."""
    from sagemaker.hyperpod.cli.commands import init

    return getattr(importlib.reload(init), {"create": "_default_create"}.get(verb, verb))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    def refuse(*address: Any, **_: Any) -> None:
        raise OSError(f"nothing is looked up here: {address[0]}")

    with mock_aws():
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fake = FakeAws(FakeSageMaker())
        fake.client("s3").create_bucket(Bucket="my-bucket")
        yield fake


@pytest.fixture
def hyp(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> RealHyp:
    from sagemaker.hyperpod.cli.commands import training_recipe

    tool = RealHyp()
    for module in (recipe_utils, training_recipe):
        monkeypatch.setattr(module, "_get_sagemaker_client", lambda: aws.client("sagemaker"))
        monkeypatch.setattr(module, "_get_s3_client", lambda: aws.client("s3"))
        monkeypatch.setattr(module, "_get_k8s_custom_client", lambda: None)
    submitted = lambda api, text: tool.made.extend(yaml.safe_load_all(text))  # noqa: E731 - a stand-in for one call
    monkeypatch.setattr(training_recipe, "_submit_k8s_resources", submitted)
    return tool


def hub(aws: FakeAws, *kinds: tuple[str, bool]) -> None:
    """A hub with the recipes of these techniques and adapters, in this order."""
    s3, recipes = aws.client("s3"), []
    s3.put_object(Bucket="my-bucket", Key="hub/job.yaml", Body=TEMPLATE.encode())
    for technique, lora in kinds:
        key = f"hub/{technique}-{lora}.json"
        s3.put_object(Bucket="my-bucket", Key=key, Body=json.dumps(SPECS[(technique, lora)]).encode())
        recipes.append(
            {
                "Name": key,
                "CustomizationTechnique": technique,
                "Peft": "LORA" if lora else None,
                "SupportedInstanceTypes": ["ml.p5.48xlarge"],
                "HpEksOverrideParamsS3Uri": f"s3://my-bucket/{key}",
                "HpEksPayloadTemplateS3Uri": "s3://my-bucket/hub/job.yaml",
            }
        )
    sagemaker = aws.services["sagemaker"]
    assert isinstance(sagemaker, FakeSageMaker)
    document = json.dumps({"RecipeCollection": recipes})
    sagemaker.hub_contents[("SageMakerPublicHub", "Model", MODEL)] = {"HubContentDocument": document}


def launch(recipe: Recipe, aws: FakeAws, hyp: RealHyp, folder: Path) -> Any:
    cluster, data = Cluster(name="my-cluster", tool="hyp"), Data("s3://my-bucket/t.jsonl")
    plan = plan_hyperpod(recipe, config=CONFIG, cluster=cluster, data=data)
    return plan, launch_hyperpod(plan, aws, folder=folder, run=hyp)


@pytest.mark.parametrize("kind", RECIPES)
def test_the_tool_itself_validates_and_creates_what_is_planned(aws: FakeAws, hyp: RealHyp, tmp_path: Path, kind: str):
    hub(aws, ("RLVR", True), ("SFT", True))
    plan, _ = launch(RECIPES[kind], aws, hyp, tmp_path)
    assert hyp.validated == 1
    [made] = hyp.made
    settings = plan.request["hyp"]["settings"]
    assert made["metadata"] == {"name": plan.name, "namespace": "kubeflow"}
    assert (int(made["data"]["steps"]), float(made["data"]["rate"])) == (50, settings["learning_rate"])
    config = yaml.safe_load((tmp_path / plan.name / "config.yaml").read_text())
    assert {key: config[key] for key in settings} == settings


def test_without_our_numbers_the_tool_refuses_its_own(aws: FakeAws, hyp: RealHyp, tmp_path: Path):
    """Guards the test above, and says when `hyp` has mended what we work around."""
    hub(aws, ("RLVR", True))
    run = {"folder": tmp_path, "environment": {}}
    hyp(["hyp", "init", "hyp-recipe-job", "job", "--model-id", MODEL, "--technique", "RLVR", *INSTANCE], **run)
    in_job = {"folder": tmp_path / "job", "environment": {}}
    assert hyp(["hyp", "configure", "--learning-rate", "7e-07", "--reward-lambda-arn", "arn"], **in_job).status == 0
    refused = hyp(["hyp", "validate"], **in_job)
    assert refused.status == 1
    assert "learning_rate: Expected number, got str" in refused.output


INSTANCE = ("--instance-type", "ml.p5.48xlarge")


def test_the_full_rank_recipe_that_the_tool_takes_first_is_not_started(aws: FakeAws, hyp: RealHyp, tmp_path: Path):
    hub(aws, ("RLVR", False), ("RLVR", True))
    with pytest.raises(JobError, match="chose a full-rank recipe"):
        launch(RECIPES["rft"], aws, hyp, tmp_path)
    assert hyp.made == []


def test_a_hub_without_the_recipe_ends_the_tool_well_and_us_with_an_error(aws: FakeAws, hyp: RealHyp, tmp_path: Path):
    hub(aws, ("SFT", True))
    with pytest.raises(JobError, match="made no project"):
        launch(RECIPES["rft"], aws, hyp, tmp_path)
