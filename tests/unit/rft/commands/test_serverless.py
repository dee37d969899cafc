"""`--on serverless`: SFT, then RFT from its model, followed, collected and cleaned up like any other job."""

from __future__ import annotations

import json

import pytest

from estimators.errors import JobError, PlanError, RefusedError
from tests.fakes.aws_model import AwsError, FakeService, Fault
from tests.unit.rft.commands.shell import Shell, with_serverless

LAUNCH = ("train", "launch", "project.yaml", "--on", "serverless", "--yes")


def launched(shell: Shell, *more: str) -> str:
    before = set(shell.sagemaker.jobs)
    done = shell(*LAUNCH, *more)
    assert done.exit_code == 0, done.output
    return next(iter(set(shell.sagemaker.jobs) - before))


def until_the_end(shell: Shell, job: str) -> str:
    return shell("train", "logs", job, "--follow").output


def test_rft_starts_from_the_model_that_sft_made(shell: Shell):
    with_serverless(shell)
    sft = launched(shell, "--stage", "sft")
    until_the_end(shell, sft)
    done = shell("train", "collect", sft, "-o", "sft")
    package = shell.sagemaker.arn("model-package/tools/1")
    assert f"Checkpoint  {package}" in done.output
    rft = launched(shell, "--checkpoint", "sft")
    assert shell.sagemaker.jobs[rft].request["ModelPackageConfig"]["SourceModelPackageArn"] == package
    assert len([key for key in shell.sagemaker.hub_contents if key[1] == "JsonDoc"]) == 1


def test_a_second_launch_starts_nothing_and_registers_nothing(shell: Shell):
    with_serverless(shell)
    job = launched(shell)
    done = shell(*LAUNCH)
    assert f"Was started before: {job}" in done.output
    assert len(shell.sagemaker.jobs) == 1


def test_status_shows_the_steps_and_then_the_tokens(shell: Shell):
    with_serverless(shell)
    job = launched(shell)
    shell("train", "status", job)
    assert "epoch 1 of 1, step 1 of 6" in shell("train", "status", job).output
    until_the_end(shell, job)
    assert "Billed   48,000 tokens" in shell("train", "status", job).output
    assert json.loads(shell("train", "status", job, "--json").output)["cost"] == "48,000 tokens"


def test_a_job_is_stopped_once(shell: Shell):
    with_serverless(shell)
    job = launched(shell)
    assert "Stopping" in shell("train", "stop", job).output
    assert "Stopped" in shell("train", "stop", job).output


def test_clean_removes_its_job_and_its_model_once(shell: Shell):
    with_serverless(shell)
    shell.launched()
    job = launched(shell, "--stage", "sft")
    until_the_end(shell, job)
    listed = shell("train", "delete", "tools-sft", "--plan").output.splitlines()
    assert listed == [f"would delete model-package {shell.sagemaker.arn('model-package/tools/1')}"]
    assert shell("train", "delete", "tools-sft", "--yes").exit_code == 0
    assert shell.sagemaker.packages == set()


def test_what_is_missing_in_the_account_is_said_before_anything_is_stored(shell: Shell):
    with_serverless(shell)
    shell.sagemaker.groups.clear()
    shell.sagemaker.hub_contents.clear()
    with pytest.raises(RefusedError, match=r"(?s)\[model-missing\].*\[group-missing\].*create-model-package-group"):
        shell(*LAUNCH)
    assert shell.sagemaker.jobs == {}


LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function"
EVALUATE = ("eval", "run", "project.yaml", "--on", "serverless")


def test_a_model_is_evaluated_by_the_grader_that_trained_it(shell: Shell):
    with_serverless(shell)
    rows = shell.folder / "mine.jsonl"
    rows.write_text('{"query": "2 + 2?", "response": "4"}\n')
    package = shell.sagemaker.arn("model-package/tools/1")
    done = shell(*EVALUATE, "--model", package, "--data", "mine.jsonl", "--yes")
    assert done.exit_code == 0, done.output
    ((name, job),) = shell.sagemaker.jobs.items()
    assert job.request["ServerlessJobConfig"]["EvaluationType"] == "CustomScorerEvaluation"
    assert job.request["ModelPackageConfig"]["SourceModelPackageArn"] == package
    assert [key[1] for key in shell.sagemaker.hub_contents] == ["Model", "JsonDoc"]  # the grader, registered
    until_the_end(shell, name)
    assert "Billed   48,000 tokens" in shell("train", "status", name).output
    folder = f"rftkit/output/{name}/output/output/{name}/eval_results"
    found = {"results": {"all": {"aggregate_reward_score": 0.75}}}
    body = json.dumps(found).encode()
    shell.aws.client("s3").put_object(Bucket="my-bucket", Key=f"{folder}/results_1.json", Body=body)
    collected = shell("train", "collect", name, "-o", "evaluated")
    assert collected.exit_code == 0, collected.output
    assert "Result      all aggregate_reward_score: 0.75\n" in collected.output


def test_a_base_model_is_evaluated_on_a_benchmark_without_group_and_rows(shell: Shell):
    with_serverless(shell)
    shell.sagemaker.groups.clear()
    done = shell(*EVALUATE, "--model", "nova-lite-2/prod", "--task", "mmlu", "--yes")
    assert done.exit_code == 0, done.output
    (job,) = shell.sagemaker.jobs.values()
    assert "InputDataConfig" not in job.request
    assert "ModelPackageConfig" not in job.request


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--task", "rft_eval"), "say --task gen_qa"),
        (("--task", "judge", "--data", "mine.jsonl"), "say --on sagemaker"),
        (
            ("--task", "gen_qa", "--metrics-lambda", "arn:aws:lambda:us-east-1:123456789012:function:m"),
            "a Lambda of metrics",
        ),
    ],
)
def test_what_serverless_does_not_evaluate_says_what_to_do_instead(shell: Shell, more: tuple[str, ...], words: str):
    with_serverless(shell)
    (shell.folder / "mine.jsonl").write_text("{}\n")
    with pytest.raises(PlanError, match=words):
        shell(*EVALUATE, "--model", "nova-lite-2/prod", *more, "--plan")


def test_a_hub_that_is_not_there_is_named(shell: Shell):
    with_serverless(shell)
    shell.sagemaker.hubs.clear()
    with pytest.raises(JobError, match="no hub 'my-hub'"):
        shell(*LAUNCH)
    assert shell.sagemaker.jobs == {}


def test_an_expired_token_while_the_grader_is_registered_is_said_so(shell: Shell):
    with_serverless(shell)
    shell.sagemaker.faults.append(Fault("ImportHubContent", AwsError("ExpiredTokenException", "it has expired")))
    with pytest.raises(JobError, match="credentials have expired"):
        shell(*LAUNCH)


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("ExpiredTokenException", "credentials have expired"),
        ("AccessDeniedException", "you may not call"),
        ("ThrottlingException", "slow down"),
    ],
)
@pytest.mark.parametrize("verb", ["status", "logs", "stop", "collect"])
@pytest.mark.parametrize("on", ["sagemaker", "serverless", "bedrock", "agent"])
def test_what_aws_refuses_is_said_and_never_that_there_is_no_such_job(
    shell: Shell, on: str, verb: str, code: str, means: str
):
    fake: FakeService = shell.sagemaker
    operation = "DescribeJob" if on == "agent" else "DescribeTrainingJob"
    if on == "bedrock":
        fake, operation = shell.bedrock, "GetModelCustomizationJob"
    fake.faults.append(Fault(operation, AwsError(code, "said AWS"), times=9))
    with pytest.raises(JobError, match=means) as raised:
        shell("train", verb, "some-job", "--on", on)
    assert "no " not in str(raised.value).split("(")[0]
