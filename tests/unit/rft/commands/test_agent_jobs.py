"""An agent's project on SageMaker: launched, followed, stopped, collected, evaluated and cleaned up like any other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from click.testing import Result

from estimators.errors import JobError, PlanError, RefusedError
from rft.errors import StageError
from tests.fakes.aws_model import AwsError, Fault
from tests.fakes.fake_lambda import FakeFunction
from tests.unit.rft.commands.shell import Shell

AGENT = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-desk"
PLACE = f"""
  role_arn: arn:aws:iam::123456789012:role/Exec
  bucket: my-bucket
  agent_arn: {AGENT}
"""
PROJECT = "desk/project.yaml"
LAUNCH = ("train", "launch", PROJECT, "--on", "agent", "--yes")


def with_agent(shell: Shell) -> None:
    """The template's project in an account that has its agent and the base model."""
    assert shell("init", "desk", "--template", "agent").exit_code == 0
    project = shell.folder / PROJECT
    project.write_text(project.read_text("utf-8").replace("agent:\n", f"agent:{PLACE}", 1))
    settings = {"Role": "arn:aws:iam::123456789012:role/Agent"}
    shell.graders.functions["SageMaker-desk"] = FakeFunction(settings, b"zip", ["x86_64"], {})
    shell.sagemaker.hub_contents["SageMakerPublicHub", "Model", "nova-textgeneration-lite-v2"] = {
        "HubContentDocument": "{}"
    }


@pytest.fixture
def desk(shell: Shell) -> Shell:
    with_agent(shell)
    return shell


def launched(desk: Shell, *more: str) -> str:
    before = set(desk.sagemaker.agent_jobs)
    done = desk(*LAUNCH, *more)
    assert done.exit_code == 0, done.output
    ((_, name),) = set(desk.sagemaker.agent_jobs) - before
    return name


def until_the_end(desk: Shell, job: str) -> Result:
    return desk("train", "logs", job, "--follow")


def document(desk: Shell, category: str) -> dict[str, Any]:
    ((_, job),) = [(key, job) for key, job in desk.sagemaker.agent_jobs.items() if key[0] == category]
    return job.document


def test_a_launch_stores_the_prompts_makes_restricted_groups_and_starts_the_planned_job_once(desk: Shell):
    job = launched(desk)
    assert job.startswith("desk-")
    groups = desk.sagemaker.created_groups
    assert {name: each["ManagedConfiguration"] for name, each in groups.items()} == {
        name: {"ManagedStorageType": "Restricted"} for name in ("desk-agent", "desk-agent-checkpoints")
    }
    uri = document(desk, "AgentRFT")["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    key = uri.removeprefix("s3://my-bucket/")
    rows = desk.aws.client("s3").get_object(Bucket="my-bucket", Key=key)["Body"].read().splitlines()
    assert json.loads(rows[0]).keys() == {"prompt"}
    again = desk(*LAUNCH)
    assert f"Was started before: {job}" in again.output
    assert len(desk.sagemaker.agent_jobs) == 1


def test_status_counts_steps_then_tokens(desk: Shell):
    job = launched(desk)
    desk("train", "status", job)
    assert re.search(r"InProgress \(Training, step [12]0 of 50\)", desk("train", "status", job).output)
    assert until_the_end(desk, job).exit_code == 0
    done = desk("train", "status", job)
    assert (done.exit_code, "Billed   48,000 tokens" in done.output) == (0, True)


def test_the_log_is_that_of_the_jobs_category(desk: Shell):
    job = launched(desk)
    desk.logs.write("/aws/sagemaker/Job/AgentRFT", f"{job}/algo-1", "rollout 1", "rollout 2")
    assert desk("train", "logs", job).output.splitlines() == ["rollout 1", "rollout 2"]


def test_a_job_is_found_from_a_machine_without_its_plan(desk: Shell):
    job = launched(desk)
    for plan in (desk.folder / "runs/desk/jobs").iterdir():
        plan.unlink()
    assert f"{job}: InProgress" in desk("train", "status", job, "--on", "agent").output
    with pytest.raises(JobError, match="no agentic RFT job 'other'"):
        desk("train", "status", "other", "--on", "agent")


def test_a_job_is_stopped_once(desk: Shell):
    job = launched(desk)
    assert "Stopping" in desk("train", "stop", job).output
    assert "Stopped" in desk("train", "stop", job).output
    assert desk.sagemaker.count("StopJob") == 1


def test_another_job_under_way_is_named_before_anything_is_stored(desk: Shell):
    first = launched(desk)
    with pytest.raises(RefusedError, match=rf"one agentic RFT training at a time.*{first}.*rft train stop {first}"):
        desk(*LAUNCH, "--attempt", "2")
    assert len(desk.sagemaker.agent_jobs) == 1
    desk.sagemaker.one_at_a_time = False  # where AWS has raised the quota
    assert launched(desk, "--attempt", "2", "--force", "one-job-at-a-time") == f"{first}-2"


def test_a_raised_quota_is_read_and_its_end_is_said(desk: Shell):
    quotas = desk.aws.services["service-quotas"]
    quotas.values["Maximum number of concurrent multi-turn reinforcement fine tuning jobs"] = 2  # type: ignore[attr-defined]
    desk.sagemaker.one_at_a_time = False
    launched(desk)
    launched(desk, "--attempt", "2")
    with pytest.raises(RefusedError, match="quota of 2 of these jobs"):
        desk(*LAUNCH, "--attempt", "3")


def test_the_quota_is_said_where_the_job_of_somebody_else_came_first(desk: Shell):
    refused = AwsError("ResourceLimitExceeded", "The account-level service limit is 1")
    desk.sagemaker.faults.append(Fault("CreateJob", refused))
    with pytest.raises(JobError, match=r"may run one agentic RFT training at a time.*nothing was started"):
        desk(*LAUNCH)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda desk: desk.graders.functions.clear(), r"\[agent-missing\] there is no agent"),
        (lambda desk: desk.sagemaker.hub_contents.clear(), r"\[model-missing\]"),
        (lambda desk: desk.sagemaker.groups.add("desk-agent"), r"\[group-storage\].*'desk-agent'"),
    ],
)
def test_what_is_missing_in_the_account_is_said_before_anything_is_stored(desk: Shell, broken: Any, words: str):
    broken(desk)
    with pytest.raises(RefusedError, match=words):
        desk(*LAUNCH)
    assert desk.sagemaker.agent_jobs == {}


def test_collect_keeps_the_model_and_an_evaluation_starts_from_it(desk: Shell):
    job = launched(desk)
    until_the_end(desk, job)
    package = desk.sagemaker.arn("model-package/desk-agent/1")
    assert f"Checkpoint  {package}" in desk("train", "collect", job, "-o", "trained").output
    evaluate = ("eval", "run", PROJECT, "--on", "agent", "--model")
    done = desk(*evaluate, "trained", "--yes")
    assert done.exit_code == 0, done.output
    found = document(desk, "AgentRFTEvaluation")
    assert found["ModelPackageConfig"] == {"InputModelPackageArn": package}
    assert found["EvaluationConfig"]["HyperParameters"]["pass_k_values"] == "1,2,4,8"
    shown = desk(*evaluate, "base", "--plan")
    assert '"ModelPackageConfig"' not in shown.output.replace("\\", "")
    (name,) = [name for category, name in desk.sagemaker.agent_jobs if category == "AgentRFTEvaluation"]
    desk("train", "status", name)
    assert re.search(r"InProgress \(Evaluating, (16|32) of 64 rollouts\)", desk("train", "status", name).output)


def test_a_job_without_outputs_says_so(desk: Shell):
    with pytest.raises(JobError, match="there is nothing under s3://my-bucket/rftkit/output/"):
        desk("train", "collect", launched(desk), "-o", "out")


def test_run_audits_then_trains_then_evaluates_and_repeats_nothing(desk: Shell, monkeypatch: pytest.MonkeyPatch):
    s3 = desk.aws.client("s3")

    def leave_results(seconds: float) -> None:
        for _, name in desk.sagemaker.agent_jobs:
            s3.put_object(Bucket="my-bucket", Key=f"rftkit/output/{name}/pass_at_k.json", Body=b"{}")

    monkeypatch.setattr("time.sleep", leave_results)
    done = desk("run", PROJECT, "--on", "agent", "--yes")
    assert done.exit_code == 0, done.output
    assert [category for category, _ in desk.sagemaker.agent_jobs] == ["AgentRFT", "AgentRFTEvaluation"]
    root = desk.folder / "runs/desk"
    assert json.loads((root / "check/audit.json").read_text())["passed"]
    assert list((root / "agent-eval/files").rglob("pass_at_k.json"))
    again = desk("run", PROJECT, "--on", "agent", "--yes")
    assert again.output.count("unchanged") == 3
    assert len(desk.sagemaker.agent_jobs) == 2


def test_a_world_that_must_not_train_is_never_paid_for(desk: Shell):
    world = desk.folder / "desk/env.py"
    broken = world.read_text("utf-8").replace("(final_state(), 0.6)", "(final_state(), -0.6)")
    world.write_text(broken)
    with pytest.raises(StageError, match="must not train an agent: agent-"):
        desk("run", PROJECT, "--on", "agent", "--yes")
    assert desk.sagemaker.agent_jobs == {}


def test_a_failed_job_says_why_and_how_to_run_it_again(desk: Shell, monkeypatch: pytest.MonkeyPatch):
    def fails(seconds: float) -> None:
        for category, name in desk.sagemaker.agent_jobs:
            desk.sagemaker.fail_agent_job(name, f"{category} rollouts failed")

    monkeypatch.setattr("time.sleep", fails)
    with pytest.raises(StageError, match=r"is failed: AgentRFT rollouts failed; --attempt 2"):
        desk("run", PROJECT, "--on", "agent", "--yes")


def test_clean_stops_first_and_then_removes_all_that_the_run_left(desk: Shell):
    desk.launched()  # of another run, and of another platform
    job = launched(desk)
    stop = f"stop job {desk.sagemaker.arn(f'job/AgentRFT/{job}')}"
    assert desk("train", "delete", "desk", "--plan").output.splitlines() == [f"would {stop}"]
    assert f"done: {stop}" in desk("train", "delete", "desk", "--yes").output
    desk("train", "status", job)
    desk("train", "status", job)
    key = f"rftkit/output/{job}/rollouts.jsonl"
    desk.aws.client("s3").put_object(Bucket="my-bucket", Key=key, Body=b"{}")
    desk.sagemaker.packages.add(desk.sagemaker.arn("model-package/desk-agent-checkpoints/1"))
    kinds = [line.split()[2] for line in desk("train", "delete", "desk", "--plan").output.splitlines()]
    assert kinds == ["object", "model-package-group", "model-package", "model-package-group", "job"]
    assert desk("train", "delete", "desk", "--yes").exit_code == 0
    assert (desk.sagemaker.agent_jobs, desk.sagemaker.groups, desk.sagemaker.packages) == ({}, set(), set())
    assert key not in desk.stored()
    assert len(desk.sagemaker.jobs) == 1
    assert "nothing is there" in desk("train", "delete", "desk", "--yes").output


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("ExpiredTokenException", "credentials have expired"),
        ("AccessDeniedException", "you may not call"),
        ("ThrottlingException", "slow down"),
    ],
)
@pytest.mark.parametrize("operation", ["CreateJob", "DescribeModelPackageGroup", "CreateModelPackageGroup"])
def test_what_aws_refuses_while_launching_is_said_and_a_second_launch_goes_on(
    desk: Shell, operation: str, code: str, means: str
):
    # The preflight asks for both groups too, and goes on without an answer.
    looks = 3 if operation == "DescribeModelPackageGroup" else 1
    desk.sagemaker.faults.append(Fault(operation, AwsError(code, "said AWS"), times=looks))
    with pytest.raises(JobError, match=means):
        desk(*LAUNCH)
    assert desk.sagemaker.agent_jobs == {}
    assert launched(desk)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("train", "launch", PROJECT, "--yes"), "runs with --on agent, not with --on sagemaker"),
        ((*LAUNCH, "--stage", "sft"), "--stage is not for an agent's project"),
        (("eval", "run", PROJECT, "--on", "agent", "--model", "base", "--task", "mmlu"), "--task is not for an agent"),
        (("eval", "run", PROJECT, "--on", "agent", "--model", "s3://b/c"), "name a model package's ARN"),
    ],
)
def test_options_that_mean_nothing_are_refused(desk: Shell, args: tuple[str, ...], words: str):
    done = desk(*args)
    assert (done.exit_code, words in done.output) == (2, True), done.output


def test_a_changed_agent_is_another_job_and_the_same_name_with_another_document_is_refused(desk: Shell):
    job = launched(desk)
    ((_, kept),) = desk.sagemaker.agent_jobs.items()
    kept.request["JobConfigDocument"] = json.dumps({**kept.document, "AgentConfig": {}})
    with pytest.raises(JobError, match=f"a job named '{job}' exists with another AgentConfig"):
        desk(*LAUNCH)
    agent = desk.folder / "desk/agent.py"
    agent.write_text(agent.read_text("utf-8") + "\n# another\n")
    assert job not in desk("train", "plan", PROJECT, "--on", "agent").output


def test_rows_of_a_plain_project_are_no_prompts(shell: Shell):
    project = shell.folder / "project.yaml"
    project.write_text(f"{project.read_text()}\nagent:{PLACE}")
    done = shell("train", "plan", "project.yaml", "--on", "agent")
    assert "train, line 1: no 'prompt'" in done.output
    with pytest.raises(PlanError, match="trains by rft, not by sft"):
        shell("train", "plan", "project.yaml", "--on", "agent", "--stage", "sft")
