"""A project, an account, and the command line between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rft.cli import rft
from tests.fakes.aws_model import FakeAws, moment
from tests.fakes.fake_bedrock_models import FakeBedrock
from tests.fakes.fake_bedrock_runtime import FakeBedrockRuntime
from tests.fakes.fake_ecr import FakeEcr
from tests.fakes.fake_hyperpod import FakeCluster
from tests.fakes.fake_iam import FakeIam
from tests.fakes.fake_lambda import FakeFunction, FakeLambda
from tests.fakes.fake_logs import FakeLogs
from tests.fakes.fake_quotas import FakeQuotas
from tests.fakes.fake_sagemaker import FakeSageMaker
from tests.fakes.fake_tagging import FakeTagging
from tests.unit.estimators.rows import rft_rows, sft_rows

PROJECT = """
name: tools
reward: reward.py:reward
data: {documents: documents, system: system.txt, teacher: {kind: template, templates: templates.yaml}}
"""
PLACE = """
  role_arn: arn:aws:iam::123456789012:role/Exec
  bucket: my-bucket
  grader_arn: arn:aws:lambda:us-east-1:123456789012:function:SageMaker-tools
"""
CHECKPOINT = "s3://customer-escrow-123456789012-smtj-abc/tools-sft"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class Shell:
    """A folder with a project, an account, and the command line between them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.sagemaker = FakeSageMaker(clusters={"my-cluster": "abcdefghijkl"}, restricted={"ml.p5.48xlarge": 8})
        self.bedrock, self.logs, self.ecr = FakeBedrock(), FakeLogs(), FakeEcr()
        self.graders = FakeLambda()
        settings = {"Role": "arn:aws:iam::123456789012:role/Grader"}
        self.graders.functions["SageMaker-tools"] = FakeFunction(settings, b"zip", ["x86_64"], {})
        self.services = (
            self.sagemaker,
            self.bedrock,
            self.logs,
            self.graders,
            FakeBedrockRuntime(),
            self.ecr,
            FakeIam(trusts={"Exec": ["sagemaker.amazonaws.com", "bedrock.amazonaws.com"]}),
            FakeQuotas(values={"ml.p5.48xlarge for training job usage": 8}),
            FakeTagging(sagemaker=self.sagemaker, bedrock=self.bedrock),
        )
        self.aws = FakeAws(*self.services)
        self.aws.client("s3").create_bucket(Bucket="my-bucket")
        self.connected = 0
        self.cluster = FakeCluster()
        monkeypatch.setattr("estimators.aws.connect", self._connect)
        monkeypatch.setattr("estimators.platforms.hyperpod.cli.run_process", self.cluster)
        monkeypatch.setattr("rft.commands.train.state.clock", lambda: moment(600))
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        monkeypatch.chdir(folder)
        (folder / "project.yaml").write_text(
            f"{PROJECT}sagemaker:{PLACE}hyperpod: {{name: my-cluster}}\nbedrock:{PLACE}"
        )
        data = folder / "runs" / "tools" / "data"
        for stage in ("sft", "rft"):
            (data / stage).mkdir(parents=True)
        sft_rows(data / "sft" / "train.jsonl")
        rft_rows(data / "rft" / "train.jsonl")
        rft_rows(data / "rft" / "test.jsonl")

    def _connect(self, region: str, profile: str | None = None) -> Any:
        self.connected += 1
        return self.aws

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(rft, arguments, catch_exceptions=False)

    def stored(self) -> list[str]:
        """What is in the bucket."""
        return [entry["Key"] for entry in self.aws.client("s3").list_objects_v2(Bucket="my-bucket")["Contents"]]

    def launched(self) -> str:
        """Launch RFT; the name of its job."""
        done = self("train", "launch", "project.yaml", "--checkpoint", CHECKPOINT, "--yes")
        assert done.exit_code == 0, done.output
        return next(iter(self.sagemaker.jobs))


def on_the_cluster(shell: Shell) -> str:
    """Launch RFT on HyperPod; the name of its job."""
    done = shell("train", "launch", "project.yaml", "--on", "hyperpod", "--checkpoint", "nova-lite-2/prod", "--yes")
    assert done.exit_code == 0, done.output
    return next(iter(shell.cluster.jobs)).removesuffix("-x7k2p")


def graded(path: Path, *scores: float) -> str:
    """Write graded completions, one prompt for each score; the file's name as an argument."""
    turn = {"role": "assistant", "content": "a completion"}
    rows = (
        {"id": str(i), "messages": [{"role": "user", "content": str(i)}, turn], "score": score, "kind": "odd"}
        for i, score in enumerate(scores)
    )
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


def with_serverless(shell: Shell) -> None:
    """A project whose section `serverless` is filled, in an account that has what it names."""
    project = shell.folder / "project.yaml"
    own = f"serverless:{PLACE}  hub: my-hub\n  model_package_group: tools\n"
    project.write_text(project.read_text() + f"\n{own}")
    ready_for_serverless(shell)


def ready_for_serverless(shell: Shell) -> None:
    """An account with a hub, the base model and a model package group."""
    shell.sagemaker.hubs.add("my-hub")
    shell.sagemaker.groups.add("tools")
    model = ("SageMakerPublicHub", "Model", "nova-textgeneration-lite-v2")
    shell.sagemaker.hub_contents[model] = {"HubContentDocument": "{}"}
