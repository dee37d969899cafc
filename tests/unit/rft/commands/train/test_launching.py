"""`rft train launch`, and what can be done with a job by its name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from estimators.errors import JobError, RefusedError
from rft.cli import main, rft
from tests.fakes.aws_model import AwsError, Fault
from tests.unit.rft.commands.shell import CHECKPOINT, PLACE, PROJECT, Shell, graded, on_the_cluster


def test_a_launch_sends_what_the_plan_showed(shell: Shell):
    shown = json.loads(shell("train", "plan", "project.yaml", "--checkpoint", CHECKPOINT, "--json").output)
    name = shell.launched()
    assert shell.sagemaker.jobs[name].request == shown["request"]
    kept = shell.folder / "runs" / "tools" / "jobs" / f"{name}.plan.json"
    assert json.loads(kept.read_text()) == shown


def test_a_second_launch_says_that_the_job_is_there(shell: Shell):
    name = shell.launched()
    done = shell("train", "launch", "project.yaml", "--checkpoint", CHECKPOINT, "--yes")
    assert f"Was started before: {name}" in done.output
    assert len(shell.sagemaker.jobs) == 1


def test_a_failed_job_is_launched_again_as_another_attempt(shell: Shell):
    name = shell.launched()
    shell.sagemaker.fail(name, "AlgorithmError")
    again = ("train", "launch", "project.yaml", "--checkpoint", CHECKPOINT, "--yes")
    assert "It has failed; --attempt 2" in shell(*again).output
    assert f"Started {name}-2 " in shell(*again, "--attempt", "2").output
    assert len(shell.sagemaker.jobs) == 2


def test_without_a_yes_nothing_is_started(shell: Shell):
    done = CliRunner().invoke(rft, ["train", "launch", "project.yaml", "--checkpoint", CHECKPOINT], input="n\n")
    assert done.exit_code == 1
    assert shell.sagemaker.jobs == {}


def test_warnings_of_the_account_are_shown_before_the_question(shell: Shell):
    shell.ecr.faults.append(Fault("DescribeImages", AwsError("AccessDeniedException", "not authorized", 400)))
    done = CliRunner().invoke(rft, ["train", "launch", "project.yaml", "--checkpoint", CHECKPOINT], input="n\n")
    assert done.stderr.index("[not-allowed-to-look] DescribeImages") < done.stderr.index("Start tools-rft")


def test_a_code_that_names_no_finding_is_said_so(shell: Shell):
    done = shell("train", "launch", "project.yaml", "--checkpoint", CHECKPOINT, "--yes", "--force", "quotas")
    assert "--force quotas was not needed" in done.stderr


def test_a_baseline_at_zero_blocks_rft_until_it_is_forced(shell: Shell):
    base = graded(shell.folder / "base.jsonl", *[0.0] * 10)
    launch = ("train", "launch", "project.yaml", "--checkpoint", CHECKPOINT, "--baseline", base, "--yes")
    with pytest.raises(RefusedError, match=r"\[baseline-low\].*SFT first"):
        shell(*launch)
    assert shell.connected == 0
    assert shell(*launch, "--force", "baseline-low").exit_code == 0


def test_the_local_run_s_score_is_a_hint(shell: Shell):
    (shell.folder / "runs/tools/eval_sft").mkdir()
    graded(shell.folder / "runs/tools/eval_sft/SFT.sampled.jsonl", *[1.0] * 10)
    done = shell("train", "plan", "project.yaml", "--stage", "rft")
    assert "warning [baseline-high] the SFT model of the local run scores 1.000" in done.output
    assert "baseline" not in shell("train", "plan", "project.yaml", "--stage", "sft").output


def test_an_account_that_is_not_ready_is_refused_with_every_reason(shell: Shell):
    shell.graders.functions.clear()
    shell.aws.client("s3").delete_bucket(Bucket="my-bucket")
    with pytest.raises(RefusedError, match=r"(?s)bucket-missing.*grader-missing"):
        shell("train", "launch", "project.yaml", "--checkpoint", CHECKPOINT, "--yes")
    assert shell.sagemaker.jobs == {}


def test_bedrock_is_launched_and_followed_by_name(shell: Shell):
    (shell.folder / "project.yaml").write_text(f"{PROJECT}bedrock:{PLACE}")
    done = shell("train", "launch", "project.yaml", "--on", "bedrock", "--yes")
    assert done.exit_code == 0, done.output
    [name] = shell.bedrock.jobs
    assert f"{name}: InProgress" in shell("train", "status", name, "--on", "bedrock").output


def test_hyperpod_is_launched_and_followed_by_name(shell: Shell):
    name = on_the_cluster(shell)
    shell.cluster.write(f"{name}-x7k2p-worker-0", "global_step:5 critic/rewards/mean:0.5")
    assert f"{name}: InProgress (2 Pending: ContainerCreating)" in shell("train", "status", name).output
    assert "5/100  reward 0.500" in shell("train", "status", name).output  # 100: the recipe's max_steps
    done = shell("train", "logs", name, "--follow")
    assert done.exit_code == 0
    assert done.stdout == "global_step:5 critic/rewards/mean:0.5\n"


def test_a_job_on_a_cluster_is_found_from_another_machine(shell: Shell):
    name = on_the_cluster(shell)
    where = ("--on", "hyperpod", "--cluster", "my-cluster", "--runs", "nowhere")
    assert f"{name}: InProgress" in shell("train", "status", name, *where).output
    assert shell("train", "stop", name, *where).output == f"{name}: stopped, and off the cluster\n"
    assert shell.cluster.jobs == {}
    assert shell("train", "stop", name, *where).output.endswith("it has ended, or never was there\n")


def test_a_launch_says_how_to_follow_from_anywhere(shell: Shell):
    done = shell("train", "launch", "project.yaml", "--on", "hyperpod", "--checkpoint", "nova-lite-2/prod", "--yes")
    where = "--on hyperpod --cluster my-cluster --namespace kubeflow --tool hyperpod --region us-east-1"
    assert where in done.output


def test_a_bedrock_job_is_stopped(shell: Shell):
    shell("train", "launch", "project.yaml", "--on", "bedrock", "--yes")
    [name] = shell.bedrock.jobs
    assert shell("train", "stop", name).output == f"{name}: Stopping\n"


def test_a_job_that_wrote_nothing_yet_says_where_it_is(shell: Shell):
    name = shell.launched()
    assert "InProgress (Starting), no output yet" in shell("train", "logs", name).stderr
    with pytest.raises(JobError, match="no training job 'nobody'"):
        shell("train", "logs", "nobody")
    with pytest.raises(JobError, match="no training job 'nobody'"):
        shell("train", "metrics", "nobody")


def test_nothing_to_remove_is_said_so(shell: Shell):
    assert "nothing is there" in shell("train", "delete", "tools-rft", "--plan").output
    assert "no custom model 'nobody'" in shell("model", "delete", "nobody", "--yes").output


def test_what_aws_refuses_is_one_line(shell: Shell, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["model", "import", "project.yaml", "--name", "tools", "--checkpoint", "s3://x/y"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("rft: AWS: An error occurred (ValidationException)")


def test_a_profile_that_is_not_there_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    monkeypatch.undo()
    with pytest.raises(SystemExit):
        main(["train", "status", "job", "--profile", "nobody-s"])
    assert "AWS does not know you" in capsys.readouterr().err


def test_cleaning_lists_first_and_removes_then(shell: Shell):
    name = shell.launched()
    assert (
        f"would stop training-job arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}"
        in shell("train", "delete", "tools-rft", "--plan").output
    )
    assert shell.sagemaker.jobs[name].running
    shell("train", "delete", "tools-rft", "--yes")
    assert shell.sagemaker.count("StopTrainingJob") == 1
