"""`rft run --on PLATFORM`: SFT, RFT and their evaluation as jobs, each paid for once, whatever stops the run."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from estimators.errors import RefusedError
from rewards.types import JSON
from rft.cli import rft
from rft.errors import ProjectError, StageError
from rft.pipeline import Stage, read_manifest
from tests.unit.estimators.rows import rft_rows, sft_rows
from tests.unit.rft.commands.shell import Shell, with_serverless
from tests.unit.rft.commands.test_prices import OURS

ESCROW = "s3://customer-escrow-123456789012-smtj-abc"
CLUSTER_ESCROW = "s3://customer-escrow-123456789012-hp-abc"
JOBS: dict[str, tuple[str, ...]] = {
    "sagemaker": ("sagemaker-sft", "sagemaker-rft", "sagemaker-eval"),
    "serverless": ("serverless-sft", "serverless-rft", "serverless-eval"),
    "bedrock": ("bedrock-sft", "bedrock-rft"),
    "hyperpod": ("hyperpod-sft", "hyperpod-rft", "hyperpod-eval"),
}


def data_of_the_run(out: Path) -> dict[str, JSON]:
    for stage in ("sft", "rft"):
        (out / stage).mkdir(parents=True)
    sft_rows(out / "sft" / "train.jsonl")
    rft_rows(out / "rft" / "train.jsonl")
    rft_rows(out / "rft" / "test.jsonl")
    return {"train": 100}


@pytest.fixture(autouse=True)
def prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data is made at once; what checks and packages the grader has tests of its own."""
    stages = [Stage("data", (), lambda: 1, data_of_the_run)]
    stages += [Stage(name, (), lambda: 1, nothing) for name in ("check", "package")]
    monkeypatch.setattr("rft.job_stages.prepared_stages", lambda file, root: stages)


def nothing(out: Path) -> dict[str, JSON]:
    return {}


@pytest.fixture
def account(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """An account whose jobs leave what jobs leave, as soon as somebody waits for them."""
    with_serverless(shell)
    monkeypatch.setattr("time.sleep", lambda seconds: leave_outputs(shell))
    return shell


def leave_outputs(shell: Shell) -> None:
    s3 = shell.aws.client("s3")
    for name in shell.sagemaker.jobs:
        key = f"rftkit/output/{name}/output/output.tar.gz"
        s3.put_object(Bucket="my-bucket", Key=key, Body=archive({"checkpoint_s3_bucket": f"{ESCROW}/{name}"}))
    for release in shell.cluster.jobs:  # a cluster's outputs are files, in a folder with the suffix of the tool's
        manifest = json.dumps({"checkpoint_s3_bucket": f"{CLUSTER_ESCROW}/{release}"}).encode()
        s3.put_object(Bucket="my-bucket", Key=f"rftkit/output/{release}/manifest.json", Body=manifest)
    for job in shell.bedrock.jobs.values():
        folder = f"rftkit/output/model-customization-job-{job.arn.rsplit('/', 1)[-1]}"
        s3.put_object(Bucket="my-bucket", Key=f"{folder}/step_metrics.csv", Body=b"step_number\n")


def archive(manifest: dict[str, Any]) -> bytes:
    buffer, text = io.BytesIO(), json.dumps(manifest).encode()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    return buffer.getvalue()


def started(shell: Shell) -> list[str]:
    """The base names of the jobs, in the order in which they were started."""
    releases = [name.removesuffix("-x7k2p") for name in shell.cluster.jobs]
    names = [*shell.sagemaker.jobs, *releases, *(job.request["jobName"] for job in shell.bedrock.jobs.values())]
    return [name.rsplit("-", 1)[0] for name in names]


def run(shell: Shell, on: str, *more: str) -> Any:
    return shell("run", "project.yaml", "--on", on, "--yes", *more)


@pytest.mark.parametrize("on", JOBS)
def test_sft_then_rft_from_its_model_then_nothing_again(account: Shell, on: str):
    done = run(account, on)
    assert done.exit_code == 0, done.output
    assert started(account) == [f"tools-{stage.split('-')[1]}" for stage in JOBS[on]]
    for stage in JOBS[on]:
        assert read_manifest(account.folder / "runs" / "tools" / stage), done.output
    sft = json.loads((account.folder / "runs" / "tools" / JOBS[on][0] / "checkpoint.json").read_text())
    assert sft["uri"] in asked_last(account, on, "rft")
    again = run(account, on)
    assert again.output.count("unchanged") == 3 + len(JOBS[on])
    assert len(started(account)) == len(JOBS[on])


def test_a_run_shows_its_costs_at_the_prices_of_a_file(account: Shell):
    (account.folder / "mine.yaml").write_text(OURS)
    assert run(account, "sagemaker", "--prices", "mine.yaml").output.count("(our contract; read 2026-11-29)") == 2


def asked_last(shell: Shell, on: str, method: str) -> str:
    """What the job of this method was asked for, as text, its recipe included."""
    kept = list((shell.folder / "runs/tools/jobs").glob(f"tools-{method}-*.plan.json"))
    return kept[0].read_text()


@pytest.mark.parametrize("on", JOBS)
def test_a_run_that_is_stopped_goes_on_with_the_job_under_way(account: Shell, monkeypatch: pytest.MonkeyPatch, on: str):
    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("time.sleep", stop)
        stopped = CliRunner().invoke(rft, ["run", "project.yaml", "--on", on, "--yes"])
    assert stopped.exit_code != 0
    assert "keeps running; the same command goes on with it" in stopped.output
    assert started(account) == ["tools-sft"]
    assert run(account, on).exit_code == 0
    assert len(started(account)) == len(JOBS[on])


def test_a_failed_job_runs_again_as_another_attempt_and_sft_is_not_paid_for_twice(
    account: Shell, monkeypatch: pytest.MonkeyPatch
):
    run(account, "sagemaker", "--until", "sft")
    assert started(account) == ["tools-sft"]

    def fail(seconds: float) -> None:
        for name in account.sagemaker.jobs:
            if name.startswith("tools-rft"):
                account.sagemaker.fail(name, "the grader answered 500")

    with monkeypatch.context() as patch:
        patch.setattr("time.sleep", fail)
        with pytest.raises(StageError, match=r"tools-rft-\w+ is failed: the grader answered 500; --attempt 2"):
            run(account, "sagemaker", "--until", "rft")
    assert run(account, "sagemaker", "--until", "rft", "--attempt", "2").exit_code == 0
    assert [name.endswith("-2") for name in account.sagemaker.jobs] == [False, False, True]


def test_nothing_starts_without_a_yes_and_the_cost_is_shown_first(account: Shell):
    done = CliRunner().invoke(rft, ["run", "project.yaml", "--on", "sagemaker"], input="n\n")
    assert done.exit_code == 1
    assert done.output.count("instance-hours") == 2
    assert started(account) == []


def test_a_grader_that_is_not_deployed_is_found_before_sft_is_paid_for(account: Shell):
    account.graders.functions.clear()
    with pytest.raises(RefusedError, match="grader-missing"):
        run(account, "sagemaker")
    assert started(account) == []


@pytest.mark.parametrize("on", ["sagemaker", "serverless", "hyperpod", "local"])
def test_a_typo_in_the_recipe_is_found_before_the_first_stage(account: Shell, on: str):
    write(account, lambda project: project | {"rft": {"set": {"training_config.trainer.max_step": 7}}})
    line = next(n for n, text in enumerate(Path("project.yaml").read_text().splitlines(), 1) if "max_step" in text)
    with pytest.raises(ProjectError, match=rf"project\.yaml:{line}: rft\.set: .*max_step: .*max_steps"):
        run(account, on)
    assert not (account.folder / "runs" / "tools" / "check").exists()
    assert started(account) == []


def test_what_bedrock_does_not_use_of_the_project_is_said(account: Shell):
    write(account, lambda project: project | {"rft": {"set": {"training_config.trainer.max_steps": 7}}})
    done = account("train", "plan", "project.yaml", "--on", "bedrock")
    assert (
        "[setting-unused] the project sets training_config.trainer.max_steps, which Bedrock does not use" in done.output
    )


def write(shell: Shell, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    file = shell.folder / "project.yaml"
    file.write_text(yaml.safe_dump(change(yaml.safe_load(file.read_text()))))
