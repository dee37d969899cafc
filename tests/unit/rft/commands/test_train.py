"""`rft train`, `rft eval` and `rft model` from the shell's side: what they print, and how they end."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result
from moto import mock_aws

from estimators.errors import EstimatorError, JobError, PlanError, RefusedError
from rft.cli import main, rft
from rft.commands import eval as eval_command
from rft.errors import RftError
from rft.evaluations import TASKS
from tests.fakes.aws_model import AwsError, FakeAws, Fault, moment
from tests.fakes.fake_bedrock_models import FakeBedrock
from tests.fakes.fake_bedrock_runtime import FakeBedrockRuntime
from tests.fakes.fake_ecr import FakeEcr
from tests.fakes.fake_hyperpod import FakeCluster
from tests.fakes.fake_iam import FakeIam
from tests.fakes.fake_lambda import FakeFunction, FakeLambda
from tests.fakes.fake_logs import FakeLogs
from tests.fakes.fake_mlflow import mlflow_server
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
        monkeypatch.setattr("estimators.running.run_process", self.cluster)
        monkeypatch.setattr("rft.commands.train_follow.clock", lambda: moment(600))
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


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    with mock_aws():
        yield Shell(tmp_path, monkeypatch)


# --- plan --------------------------------------------------------------------------------------------------------
@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may reach for a name or an address."""

    def refuse(*address: Any, **_: Any) -> None:
        raise AssertionError(f"a plan reached for {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


WAYS = [("sagemaker", "boto3"), ("sagemaker", "pytorch"), ("sagemaker", "model-trainer"), ("bedrock", "boto3")]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("place", "sdk"), [*WAYS, ("hyperpod", "boto3")])
@pytest.mark.parametrize("stage", ["sft", "rft"])
def test_a_complete_plan_is_fine_and_makes_no_call(shell: Shell, place: str, sdk: str, stage: str):
    start = [] if stage == "sft" else ["--checkpoint", "nova-lite-2/prod" if place == "hyperpod" else CHECKPOINT]
    start = [] if place == "bedrock" else start
    done = shell("train", "plan", "project.yaml", "--on", place, "--sdk", sdk, "--stage", stage, *start, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["target"] == place
    assert shell.connected == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["train", "plan", "--on", "bedrock", "--sdk", "pytorch"], "start jobs on SageMaker only"),
        (["train", "plan", "--data", "project.yaml"], "--data goes with --recipe"),
        (["train", "plan", "--recipe", "project.yaml", "--checkpoint", "x"], "leave out --checkpoint"),
        (["eval", "run", "--model", "m", "--pair", "project.yaml", "project.yaml"], "--pair is for --task judge"),
        (["eval", "run", "--model", "m", "--metrics-lambda", "arn"], "goes with --task gen_qa"),
        (["eval", "run", "--model", "m", "--task", "mmlu", "--data", "project.yaml"], "brings its own rows"),
    ],
)
def test_an_option_that_nothing_would_read_is_refused(shell: Shell, options: list[str], said: str):
    done = shell(*options, "project.yaml")
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_plan_for_hyperpod_shows_command_lines(shell: Shell):
    done = shell("train", "plan", "project.yaml", "--on", "hyperpod", "--checkpoint", "nova-lite-2/prod")
    assert done.exit_code == 0
    assert '"start-job"' in done.output


def test_a_project_without_an_account_is_planned_with_placeholders(shell: Shell):
    (shell.folder / "project.yaml").write_text(PROJECT)
    done = shell("train", "plan", "project.yaml")
    assert done.exit_code == 0
    assert "<account-id> is not known yet" in done.output


def test_a_plan_with_something_wrong_ends_with_1(shell: Shell):
    rft_rows(shell.folder / "runs/tools/data/rft/train.jsonl", 3)
    done = shell("train", "plan", "project.yaml")
    assert done.exit_code == 1
    assert "data-rows-too-few" in done.output


def test_two_plans_can_be_told_apart(shell: Shell):
    shell("train", "plan", "project.yaml", "--save", "last.json")
    assert shell("train", "plan", "project.yaml", "--diff", "last.json").output == ""
    changed = shell("train", "plan", "project.yaml", "--diff", "last.json", "--attempt", "2").output
    assert "TrainingJobName" in changed


def test_a_plan_is_compared_with_the_last_launch_line_by_line(shell: Shell):
    assert "nothing was launched" in shell("train", "plan", "project.yaml", "--diff", "LAST").output
    shell.launched()
    project = shell.folder / "project.yaml"
    project.write_text(
        project.read_text().replace("reward: ", "rft: {set: {training_config.trainer.max_steps: 7}}\nreward: ")
    )
    shown = shell("train", "plan", "project.yaml", "--checkpoint", CHECKPOINT, "--diff", "LAST").output
    changed = [line.split() for line in shown.splitlines() if "max_steps" in line]
    assert changed == [["-", "max_steps:", "5"], ["+", "max_steps:", "7"]]


def test_what_is_no_plan_is_said_so(shell: Shell):
    assert shell("train", "plan", "project.yaml", "--diff", "nowhere.json").exit_code == 2
    with pytest.raises(PlanError, match="not a plan"):
        shell("train", "plan", "project.yaml", "--diff", "project.yaml")


def test_a_recipe_of_your_own_is_trained_in_the_project_s_account(shell: Shell):
    CliRunner().invoke(rft, ["recipe", "new", "dpo-lora", "--model", "nova-lite", "-o", "dpo.yaml"])
    rows = shell.folder / "dpo.jsonl"
    rows.write_text("{}\n")
    done = shell("train", "plan", "project.yaml", "--recipe", "dpo.yaml", "--data", str(rows), "--json")
    planned = json.loads(done.output)
    assert planned["method"] == "dpo"
    assert planned["request"]["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataType"] == "Converse"
    assert planned["request"]["RoleArn"].endswith("role/Exec")
    assert done.exit_code == 1  # the row is no preference pair
    assert any(finding["code"].startswith("data-") for finding in planned["findings"])


# --- launch and after --------------------------------------------------------------------------------------------
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


def on_the_cluster(shell: Shell) -> str:
    """Launch RFT on HyperPod; the name of its job."""
    done = shell("train", "launch", "project.yaml", "--on", "hyperpod", "--checkpoint", "nova-lite-2/prod", "--yes")
    assert done.exit_code == 0, done.output
    return next(iter(shell.cluster.jobs)).removesuffix("-x7k2p")


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
    assert "InProgress (Starting), and nothing to show yet" in shell("train", "logs", name).stderr
    with pytest.raises(JobError, match="no training job 'nobody'"):
        shell("train", "logs", "nobody")
    with pytest.raises(JobError, match="no training job 'nobody'"):
        shell("train", "metrics", "nobody")


def test_nothing_to_remove_is_said_so(shell: Shell):
    assert "nothing is there" in shell("train", "clean", "tools-rft", "--plan").output
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


def test_metrics_may_come_from_mlflow(shell: Shell):
    name = shell.launched()
    with mlflow_server({("tools", name): [{"critic/rewards/mean": [(1, 0.25)]}]}) as server:
        done = shell("train", "metrics", name, "--mlflow", server.url, "--experiment", "tools", "--json")
    assert json.loads(done.output) == [{"step": 1, "name": "reward", "value": 0.25}]


def test_mlflow_is_asked_for_the_names_that_the_launched_recipe_has(shell: Shell):
    name = on_the_cluster(shell)
    with mlflow_server({("my-rft-experiment", "my-rft-run"): [{"critic/rewards/mean": [(1, 0.25)]}]}) as server:
        done = shell("train", "metrics", name, "--mlflow", server.url, "--json")
    assert json.loads(done.output) == [{"step": 1, "name": "reward", "value": 0.25}]


def test_a_status_without_cloudwatch_s_metrics_says_so_and_is_a_status(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not yours"}}, "GetMetricStatistics")

    name = shell.launched()
    monkeypatch.setattr("estimators.health.grader_health", refuse)
    done = shell("train", "status", name)
    assert (done.exit_code, f"{name}: InProgress" in done.output) == (0, True)
    assert "[not-allowed-to-look] CloudWatch does not tell how the grader fares: not yours" in done.output


def test_a_grader_s_trouble_stands_under_the_reward(shell: Shell):
    name = shell.launched()
    lines = [f"global_step:{i} critic/rewards/mean:{i / 10}" for i in range(1, 6)]
    shell.logs.write(LOG_GROUP, f"{name}/algo-1", *lines)
    dimensions = [{"Name": "FunctionName", "Value": "SageMaker-tools"}]
    data = {"MetricName": "Throttles", "Dimensions": dimensions, "Timestamp": moment(0), "Value": 3}
    shell.aws.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[data])
    shown = shell("train", "status", name).output
    assert "0.1 to 0.5" in shown
    assert "3 errors and throttles of the grader" in shown
    assert "[grader-throttled]" in shown


def test_status_tells_steps_reward_and_time_left(shell: Shell):
    name = shell.launched()
    lines = ("global_step:1 critic/rewards/mean:0.25", "global_step:2 critic/rewards/mean:0.5")
    shell.logs.write(LOG_GROUP, f"{name}/algo-1", *lines)
    done = shell("train", "status", name)
    assert "2/5  reward 0.500  left about 3 min" in done.output
    assert done.exit_code == 0


def test_the_log_is_followed_to_the_end(shell: Shell):
    name = shell.launched()
    shell.logs.write(LOG_GROUP, f"{name}/algo-1", "hello")
    done = shell("train", "logs", name, "--follow")
    assert done.exit_code == 0
    assert done.stdout == "hello\n"
    assert f"{name}: Completed" in done.stderr


def test_somebody_can_be_told_of_the_end(shell: Shell):
    name = shell.launched()
    tell = f"{sys.executable} -c \"import pathlib, sys; pathlib.Path('told').write_text(' '.join(sys.argv[1:]))\""
    shell("train", "logs", name, "--follow", "--notify", tell)
    assert (shell.folder / "told").read_text() == f"{name} Completed"


def test_a_command_to_tell_that_is_not_there_is_said_so(shell: Shell):
    done = shell("train", "logs", shell.launched(), "--follow", "--notify", "no-such-command")
    assert done.exit_code == 0
    assert "--notify no-such-command: cannot be run: No such file" in done.output


def test_ctrl_c_detaches_and_says_how_to_come_back(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    name = shell.launched()
    monkeypatch.setattr("time.sleep", interrupt)
    done = shell("train", "logs", name, "--follow")
    assert done.exit_code == 0
    assert f"Come back with `rft train logs {name} --follow`" in done.stderr
    assert shell.sagemaker.jobs[name].running


def test_metrics_are_printed_by_step(shell: Shell):
    name = shell.launched()
    shell.logs.write(LOG_GROUP, f"{name}/algo-1", "global_step:1 critic/rewards/mean:0.25")
    assert json.loads(shell("train", "metrics", name, "--json").output) == [
        {"step": 1, "name": "reward", "value": 0.25}
    ]


def test_a_job_is_stopped(shell: Shell):
    assert "Stopping" in shell("train", "stop", shell.launched()).output


def test_cleaning_lists_first_and_removes_then(shell: Shell):
    name = shell.launched()
    assert (
        f"would stop training-job arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}"
        in shell("train", "clean", "tools-rft", "--plan").output
    )
    assert shell.sagemaker.jobs[name].running
    shell("train", "clean", "tools-rft", "--yes")
    assert shell.sagemaker.count("StopTrainingJob") == 1


def test_a_collected_folder_is_a_checkpoint_where_it_was_made(shell: Shell):
    (shell.folder / "sft-output").mkdir()
    (shell.folder / "sft-output" / "checkpoint.json").write_text(
        json.dumps({"uri": CHECKPOINT, "platform": "sagemaker"})
    )
    shown = shell("train", "plan", "project.yaml", "--checkpoint", "sft-output", "--json")
    assert json.loads(shown.output)["request"]["HyperParameters"]["base_model_location"] == CHECKPOINT
    with pytest.raises(RftError, match="it runs only there, so say --on sagemaker"):
        shell("train", "plan", "project.yaml", "--on", "hyperpod", "--checkpoint", "sft-output")
    imported = shell("model", "import", "project.yaml", "--name", "tools", "--checkpoint", "sft-output", "--plan")
    assert CHECKPOINT in imported.output


# --- eval --------------------------------------------------------------------------------------------------------
def evaluated(shell: Shell, task: str, *more: str) -> str:
    done = shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--task", task, "--plan", *more)
    assert done.exit_code == 0, done.output
    assert CHECKPOINT in done.output
    assert shell.connected == 0
    return done.output


def test_every_task_of_the_library_is_offered():
    assert eval_command.TASKS == TASKS


@pytest.mark.parametrize("task", [task for task in TASKS if task != "judge"])
def test_an_evaluation_is_planned_without_a_call_and_without_findings(shell: Shell, task: str):
    assert "Note     error" not in evaluated(shell, task)


def test_gen_qa_is_asked_the_held_out_rows_in_its_own_form(shell: Shell):
    evaluated(shell, "gen_qa")
    shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--task", "gen_qa", "--yes")
    [job] = shell.sagemaker.jobs.values()
    uri = job.request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    assert uri.endswith("/gen_qa.jsonl")
    stored = shell.aws.client("s3").get_object(Bucket="my-bucket", Key=uri.removeprefix("s3://my-bucket/"))
    first = json.loads(stored["Body"].read().splitlines()[0])
    assert first == {"query": "What is 0 + 0?", "response": '{"sum":0}', "metadata": '{"id":"q-0"}'}


def test_metrics_of_your_own_name_their_own_lambda(shell: Shell):
    own = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-metrics"
    shown = evaluated(shell, "gen_qa", "--metrics-lambda", own)
    assert "lambda_type: custom_metrics" in shown
    assert f'"eval_lambda_arn": "{own}"' in shown
    assert "grader-mismatch" not in shown


def test_a_judge_gets_both_answers_to_each_prompt(shell: Shell):
    first, second = (judged(shell.folder / f"{name}.jsonl", name) for name in ("base", "rft"))
    shown = evaluated(shell, "judge", "--pair", first, second)
    assert "/llm_judge.jsonl" in shown
    shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--task", "judge", "--pair", first, second, "--yes")
    [key] = [key for key in shell.stored() if key.endswith("/llm_judge.jsonl")]
    body = shell.aws.client("s3").get_object(Bucket="my-bucket", Key=key)["Body"].read()
    expected = {"prompt": "What is 0 + 0?", "response_A": "base says 0", "response_B": "rft says 0"}
    assert json.loads(body.splitlines()[0]) == expected


def judged(path: Path, name: str) -> str:
    asked = {"role": "user", "content": "?"}
    rows = (
        {"id": f"q-{i}", "messages": [asked, {"role": "assistant", "content": f"{name} says {i}"}], "score": 1}
        for i in range(100)
    )
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


def test_a_judge_without_answers_is_refused(shell: Shell):
    with pytest.raises(RftError, match="give --pair"):
        shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--task", "judge", "--plan")


def test_rows_that_gen_qa_cannot_read_are_found(shell: Shell):
    rows = str(rft_rows(shell.folder / "mine.jsonl"))
    done = shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--task", "gen_qa", "--data", rows, "--plan")
    assert done.exit_code == 1
    assert "[data-missing-key]" in done.output
    assert "file-name" not in done.output  # it is stored under the right one


def test_an_evaluation_is_started(shell: Shell):
    done = shell("eval", "run", "project.yaml", "--model", CHECKPOINT, "--yes")
    assert done.exit_code == 0, done.output
    assert len(shell.sagemaker.jobs) == 1


def graded(path: Path, *scores: float) -> str:
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "an answer"}]
    rows = ({"id": str(i), "messages": messages, "score": score, "kind": "odd"} for i, score in enumerate(scores))
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


def test_models_are_compared_with_interval_slices_and_changed_rows(shell: Shell):
    base, tuned = graded(shell.folder / "base.jsonl", 0, 0.5), graded(shell.folder / "rft.jsonl", 1, 0.5)
    done = shell("eval", "compare", f"base={base}", f"rft={tuned}", "--by", "kind")
    assert done.exit_code == 0
    for expected in ("2 rows", "+0.500", "0: 0 -> 1", "odd"):
        assert expected in done.output
    data = json.loads(shell("eval", "compare", f"base={base}", f"rft={tuned}", "--json").output)
    assert data["models"][1]["against_baseline"]["score"]["wins"] == 1


def test_an_argument_that_names_no_file_or_a_name_twice_is_wrong_use(shell: Shell):
    assert shell("eval", "compare", "base=nowhere.jsonl").exit_code == 2
    base = graded(shell.folder / "base.jsonl", 0)
    assert "two models are called 'a'" in shell("eval", "compare", f"a={base}", f"a={base}").output


def test_a_slice_by_a_key_that_no_row_has_names_the_keys(shell: Shell):
    base = graded(shell.folder / "base.jsonl", 0)
    with pytest.raises(EstimatorError, match=r"no row has the key 'tpye'.*'kind'"):
        shell("eval", "compare", f"a={base}", "--by", "tpye")


def test_answers_of_a_deployed_model_are_collected(shell: Shell):
    rows = str(rft_rows(shell.folder / "rows.jsonl", 3))
    arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/0123456789ab"
    done = shell("eval", "answers", rows, "--model", arn, "-o", "out.jsonl")
    assert done.exit_code == 0
    assert done.output.startswith("3 answers, ")


# --- model -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "operation"),
    [
        (("import", "project.yaml", "--name", "tools", "--checkpoint", CHECKPOINT), "CreateCustomModel"),
        (("deploy", "project.yaml", "--name", "tools"), "CreateCustomModelDeployment"),
        (("deploy", "project.yaml", "--name", "tools", "--units", "1"), "CreateProvisionedModelThroughput"),
    ],
)
def test_a_model_s_request_is_shown_without_a_call(shell: Shell, arguments: tuple[str, ...], operation: str):
    done = shell("model", *arguments, "--plan")
    assert json.loads(done.output)["operation"] == operation
    assert shell.connected == 0


def test_a_model_comes_and_goes(shell: Shell):
    imported = shell("model", "import", "project.yaml", "--name", "tools", "--checkpoint", CHECKPOINT)
    deployed = shell("model", "deploy", "project.yaml", "--name", "tools")
    assert imported.output.strip() in shell.bedrock.models
    answer = shell("model", "invoke", deployed.output.strip(), "Hello?")
    assert answer.output == "echo Hello?\n"
    assert shell("model", "delete", "tools", "--yes").output.count("deleted") == 2
    assert (shell.bedrock.models, shell.bedrock.deployments) == ({}, {})


def test_a_model_on_reserved_units_comes_and_goes(shell: Shell):
    shell("model", "import", "project.yaml", "--name", "tools", "--checkpoint", CHECKPOINT)
    deployed = shell("model", "deploy", "project.yaml", "--name", "tools", "--units", "1")
    assert list(shell.bedrock.provisioned) == [deployed.output.strip()]
    assert shell("model", "deploy", "project.yaml", "--name", "tools", "--commitment", "OneMonth").exit_code == 2
    assert shell("model", "delete", "tools", "--yes").output.count("deleted") == 2


def test_a_bill_is_reckoned_from_inputs(shell: Shell):
    rows = str(sft_rows(shell.folder / "rows.jsonl"))
    shown = json.loads(shell("model", "cost", "nova-micro", "--data", rows, "--queries", "10", "--json").output)
    assert [item["name"] for item in shown["once"]] == ["SFT on Bedrock"]
    assert [item["name"] for item in shown["monthly"]] == ["storage", "on demand", "provisioned"]
    assert shown["break_even"] is None
    own = shell("model", "cost", "nova-micro", "--queries", "10", "--price", "unit=20").output
    assert "provisioned costs less than on demand from " in own
    assert shell.connected == 0


@pytest.mark.parametrize("arguments", [(), ("--queries", "1", "--price", "unit=much")])
def test_a_bill_without_inputs_or_with_a_price_that_is_none_is_wrong_use(shell: Shell, arguments: tuple[str, ...]):
    assert shell("model", "cost", "nova-micro", *arguments).exit_code == 2


def test_a_model_that_is_not_there_cannot_be_deployed(shell: Shell):
    done = shell("model", "deploy", "project.yaml", "--name", "nobody")
    assert done.exit_code == 2
    assert "import it first" in done.output
