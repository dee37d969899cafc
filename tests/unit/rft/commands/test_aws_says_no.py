"""Every command that asks AWS, under everything that may answer in its place: what it is, what helps, no traceback."""

from __future__ import annotations

import functools
import json
import shlex
from pathlib import Path

import botocore.httpsession
import botocore.loaders
import botocore.session
import pytest

from lambda_package.packaging.build import build
from rft.cli import main
from rft.templates import write_project
from tests.fakes.fake_hyperpod import FakeCluster
from tests.faults.commands import leaves
from tests.unit.estimators.rows import rft_rows, sft_rows
from tests.unit.rft.commands.aws_faults import FAULTS
from tests.unit.rft.commands.shell import CHECKPOINT, PLACE, PROJECT

OWN = f"sagemaker:{PLACE}hyperpod: {{name: my-cluster}}\nbedrock:{PLACE}"
SERVERLESS = f"\nserverless:{PLACE}  hub: my-hub\n  model_package_group: tools\n"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-tools"
AGENT = """
  role_arn: arn:aws:iam::123456789012:role/Exec
  bucket: my-bucket
  agent_arn: arn:aws:lambda:us-east-1:123456789012:function:SageMaker-desk
"""
SERVED = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abc123"
MODEL = "arn:aws:bedrock:us-east-1:123456789012:custom-model/x/abcdefghijkl"
STARTS = {
    "sagemaker": CHECKPOINT,
    "serverless": "arn:aws:sagemaker:us-east-1:123456789012:model-package/tools/1",
    "bedrock": MODEL,
    "hyperpod": "nova-lite-2/prod",
}
COMMANDS = [
    *(f"train {verb} my-job --on sagemaker" for verb in ("status", "logs", "metrics", "stop", "collect")),
    *(f"train {verb} my-job --on {on}" for on in ("serverless", "bedrock") for verb in ("status", "stop", "collect")),
    *(f"train {verb} my-job --on agent" for verb in ("status", "logs", "metrics", "stop", "collect")),
    "train launch desk/project.yaml --on agent --yes",
    "eval run desk/project.yaml --on agent --model base --yes",
    *(f"train guard my-job --once --on {on}" for on in ("sagemaker", "serverless", "bedrock")),
    "train logs my-job --on hyperpod --cluster my-cluster",
    "train metrics my-job --on hyperpod --cluster my-cluster",
    "train collect my-job --on hyperpod --cluster my-cluster --output-uri s3://my-bucket/out",
    *(f"train launch project.yaml --on {on} --checkpoint {start} --yes" for on, start in STARTS.items()),
    "train delete tools --yes",
    "train delete tools --plan",
    "eval run project.yaml --model nova-lite-2/prod --yes",
    f"eval answers rows.jsonl --model {SERVED} -o out.jsonl",
    f"package invoke {FUNCTION} event.json",
    "package deploy grader.zip --name tools --on sagemaker --force not-verified",
    "package delete tools --yes",
    "package delete tools --plan",
    f"audit --lambda {FUNCTION} --data rows.jsonl",
    f"model import project.yaml --name m --checkpoint {CHECKPOINT}",
    "model deploy project.yaml --name m",
    "model deploy project.yaml --name m --units 1",
    f"model invoke {SERVED} hello",
    "model delete m --yes",
    "model delete m --plan",
]  # fmt: skip
ELSEWHERE = {
    "run": "launches as `train launch` does: tests/unit/rft/commands/test_run_on.py",
}

EVERYWHERE = ("access denied", "expired token", "login page")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("project")
    (found / "project.yaml").write_text(PROJECT + OWN + SERVERLESS)
    write_project("desk", "agent", found)
    desk = found / "desk" / "project.yaml"
    desk.write_text(desk.read_text("utf-8").replace("agent:\n", f"agent:{AGENT}", 1))
    data = found / "runs" / "tools" / "data"
    for stage in ("sft", "rft"):
        (data / stage).mkdir(parents=True)
    sft_rows(data / "sft" / "train.jsonl")
    for file in (data / "rft" / "train.jsonl", data / "rft" / "test.jsonl", found / "rows.jsonl"):
        rft_rows(file)
    (found / "event.json").write_text("[]")
    (found / "reward.py").write_text("from rewards import json_parse\n\nreward = json_parse()\n")
    build(f"{found / 'reward.py'}:reward", found / "grader.zip")
    return found


@pytest.fixture
def account(folder: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    # One reader of botocore's models for all sessions: reading them anew is most of a command's time.
    monkeypatch.setattr(botocore.loaders, "create_loader", functools.cache(botocore.loaders.create_loader))
    no_kubectl = FakeCluster(connected=True, missing={"kubectl"})
    monkeypatch.setattr("estimators.platforms.hyperpod.cli.run_process", no_kubectl)
    return monkeypatch


def test_no_command_that_takes_a_profile_is_left_out():
    asking = {name for name, command in leaves() if any(option.name == "profile" for option in command.params)}
    tried = {" ".join(line.split()[:2]) for line in COMMANDS}
    assert asking - tried == ELSEWHERE.keys()


@pytest.mark.parametrize("fault", FAULTS)
def test_what_answers_in_place_of_aws_is_said_with_what_helps(
    fault: str, account: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    answer, words = FAULTS[fault]
    # One place words every refusal, so that most of them need not meet every command: each meets a third of them.
    turn = list(FAULTS).index(fault)
    lines = COMMANDS if fault in EVERYWHERE else COMMANDS[turn % 3 :: 3]
    account.setattr(botocore.httpsession.URLLib3Session, "send", lambda self, request: answer(request))
    wrong = []
    for line in lines:
        with pytest.raises(SystemExit) as end:
            main(shlex.split(line))
        shown = "".join(capsys.readouterr())
        is_told = words in shown and "Traceback" not in shown and "secret" not in shown
        if end.value.code != 2 or not is_told or "no training job" in shown or "there is no custom model" in shown:
            wrong.append((line, end.value.code, shown[-400:]))
    assert wrong == []


def test_a_page_of_ones_own_bucket_is_no_proxy(account: pytest.MonkeyPatch):
    from estimators.aws import connect
    from tests.unit.rft.commands.aws_faults import LOGIN_PAGE, answered

    headers = {"content-type": "text/html", "x-amz-request-id": "1"}
    account.setattr(
        botocore.httpsession.URLLib3Session, "send", lambda self, request: answered(request, 200, LOGIN_PAGE, headers)
    )
    assert connect("us-east-1").client("s3").get_object(Bucket="b", Key="report.html")["ContentType"] == "text/html"


KUBECTL = {
    "error: You must be logged in to the server (Unauthorized)": "connect again",
    "Unable to connect to the server: dial tcp 10.0.0.1:443: i/o timeout": "network",
    'Error from server (Forbidden): pods is forbidden: User "me" cannot list resource "pods"': "permission",
    "The connection to the server localhost:8080 was refused - did you specify the right host or port?": "connect",
}


@pytest.mark.parametrize(("said", "words"), KUBECTL.items())
@pytest.mark.parametrize("verb", ["status", "logs", "metrics"])
def test_what_kubectl_refuses_is_said_with_what_helps(
    verb: str, said: str, words: str, account: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    cluster = FakeCluster(broken={"kubectl get": said})
    account.setattr("estimators.platforms.hyperpod.cli.run_process", cluster)
    with pytest.raises(SystemExit) as end:
        main(["train", verb, "my-job", "--on", "hyperpod", "--region", "us-east-1"])
    shown = capsys.readouterr().err
    assert end.value.code == 2
    assert said in shown
    assert words in shown.removeprefix(said)


@pytest.mark.parametrize(
    "answer", ["<html>Sign in</html>", "", "[]", '{"items": 3}', '{"items": [{}]}', json.dumps("x")]
)
def test_what_is_no_list_of_pods_is_one_line(
    answer: str, account: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from estimators.platforms.hyperpod.cli import Finished

    account.setattr(
        "estimators.platforms.hyperpod.cli.run_process", lambda argv, *, folder, environment: Finished(0, answer, "")
    )
    with pytest.raises(SystemExit) as end:
        main(["train", "status", "my-job", "--on", "hyperpod"])
    shown = capsys.readouterr().err
    assert end.value.code == 2
    assert "did not answer with a list of pods" in shown
    assert "Traceback" not in shown
