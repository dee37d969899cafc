"""Secrets are planted wherever a command may meet one, and then looked for in all that it prints and leaves behind."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from moto import mock_aws

from tests.faults.client import ROOT, Rft
from tests.faults.commands import CALLS, Elsewhere
from tests.unit.rft.commands.shell import CHECKPOINT, Shell

SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIACANARYCANARY0001",
    "AWS_SECRET_ACCESS_KEY": "canary/aws+secret/0002",
    "AWS_SESSION_TOKEN": "canary-aws-session-0003",
    "OPENAI_API_KEY": "canary-openai-0004",
    "HTTPS_PROXY": "http://me:canary-proxy-0005@127.0.0.1:9",
    "GRADER_TOKEN": "canary-grader-0006",
    "HF_TOKEN": "canary-hub-0007",
    "TEACHER_KEY": "canary-teacher-0008",
}
WORDS = ("AKIACANARYCANARY0001", *(f"canary{rest}" for rest in (
    "/aws+secret/0002", "-aws-session-0003", "-openai-0004", "-proxy-0005", "-grader-0006", "-hub-0007", "-teacher-0008"
)))  # fmt: skip
FORMS = [form for word in WORDS for form in (word.encode(), base64.b64encode(word.encode()).rstrip(b"=")[:-1])]


def secrets_in(data: bytes) -> list[bytes]:
    """The planted words that stand in the bytes, as they are, in base64, or in a member of a zip."""
    found = [form for form in FORMS if form in data]
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found += [form for name in archive.namelist() for form in secrets_in(archive.read(name))]
    return found


def leaks_in(folder: Path) -> dict[str, list[bytes]]:
    files = {path: secrets_in(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
    return {path.relative_to(folder).as_posix(): found for path, found in files.items() if found}


@pytest.fixture
def folder(inputs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(inputs, tmp_path / "work"))


def test_a_secret_is_found_wherever_it_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b", f"x{SECRETS['HF_TOKEN']}x")
    (tmp_path / "c").write_bytes(b"x" + base64.b64encode(SECRETS["TEACHER_KEY"].encode()))
    assert sorted(leaks_in(tmp_path)) == ["a.zip", "c"]


@pytest.mark.parametrize("command", [name for name, call in CALLS.items() if not isinstance(call, Elsewhere)])
def test_no_command_tells_what_the_environment_holds(command: str, rft: Rft, folder: Path) -> None:
    call = CALLS[command]
    assert not isinstance(call, Elsewhere)
    done = rft(call.args, folder, environment=SECRETS)
    assert done["status"] in (0, 1), done
    assert secrets_in((done["out"] + done["err"]).encode()) == []
    assert leaks_in(folder) == {}


READS_ITS_TOKEN = """
import os
from rewards import Score

TOKEN = os.environ["GRADER_TOKEN"]

def reward(sample, completion):
    return Score(float(bool(TOKEN)))
"""
HERE = "--account 123456789012 --region us-east-1"
PACKAGE = {
    "build": "build r.py:reward -o g.zip --env GRADER_TOKEN",
    "build, given the value": f"build r.py:reward -o g.zip --env GRADER_TOKEN={SECRETS['GRADER_TOKEN']}",
    "verify": "verify g.zip --env GRADER_TOKEN",
    "invoke": f"invoke g.zip event.json --env GRADER_TOKEN={SECRETS['GRADER_TOKEN']}",
    "deploy": f"deploy g.zip --name g --on sagemaker {HERE} --plan --env GRADER_TOKEN",
    "deploy, for machines": f"deploy g.zip --name g --on sagemaker {HERE} --plan --json --env GRADER_TOKEN",
}


def test_the_value_of_a_graders_variable_is_in_no_file_and_no_output(rft: Rft, folder: Path) -> None:
    (folder / "r.py").write_text(READS_ITS_TOKEN)
    for name, args in PACKAGE.items():
        done = rft(f"package {args}", folder, environment=SECRETS)
        assert done["status"] == 0, (name, done)
        assert secrets_in((done["out"] + done["err"]).encode()) == [], name
        assert leaks_in(folder) == {}, name
    without = rft("package verify g.zip", folder)
    assert without["status"] == 2
    assert "--env GRADER_TOKEN=VALUE" in without["err"]


class Server(HTTPServer):
    """A model that answers, refuses with what it was sent, or sends on; it keeps the keys that it saw."""

    def __init__(self, how: str) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.how, self.seen = how, list[str]()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Conversation(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        how, key = self.server.how, self.headers.get("Authorization", "")
        self.server.seen.append(key)
        self.rfile.read(int(self.headers["Content-Length"]))
        reply = {"choices": [{"message": {"content": "[]"}, "finish_reason": "stop"}], "usage": {}}
        body = json.dumps({"error": {"message": f"a wrong key: {key}"}} if how == "refuses" else reply).encode()
        self.send_response(200 if how == "answers" else 401 if how == "refuses" else 307)
        if how not in ("answers", "refuses"):
            self.send_header("Location", how)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize("how", ["answers", "refuses", "another port", "another host", "another scheme"])
def test_a_teachers_key_goes_to_the_teacher_and_nowhere_else(how: str, rft: Rft, folder: Path) -> None:
    other = Server("answers")
    port = other.server_port
    to = {
        "another port": other.url,
        "another host": f"http://localhost:{port}",
        "another scheme": f"https://127.0.0.1:{port}",
    }
    teacher = Server(to.get(how, how))
    taught = folder / "taught"
    (taught / "documents").mkdir(parents=True)
    (taught / "documents" / "a.md").write_text("# Rules\n\nA rule of some length.\n")
    (taught / "system.txt").write_text("Answer.")
    (taught / "reward.py").write_text("from rewards import exact_match\n\nreward = exact_match()\n")
    (taught / "project.yaml").write_text(
        "name: taught\nreward: reward.py:reward\ndata:\n  system: system.txt\n  documents: documents\n"
        f"  teacher: {{kind: openai, url: '{teacher.url}', model: m, key_env: TEACHER_KEY}}\n"
    )
    environment = {**SECRETS, "HTTPS_PROXY": None, "NO_PROXY": "*"}
    for args in (
        "data plan taught/project.yaml",
        "data make taught -o made2",
        "run taught --plan",
        "run taught --until data",
    ):
        done = rft(args, folder, environment=environment)
        assert done["status"] in (0, 1, 2), done
        assert "bug of rftkit" not in done["err"]
        assert secrets_in((done["out"] + done["err"]).encode()) == [], args
        assert leaks_in(folder) == {}, args
    assert set(teacher.seen) == {f"Bearer {SECRETS['TEACHER_KEY']}"}
    assert other.seen == []
    for server in (teacher, other):
        server.shutdown()
        server.server_close()


IN_AN_ADDRESS = [
    f"http://h.example/v1?key={WORDS[-1]}",
    f"http://me:{WORDS[-1]}@h.example",
    f"http://h.example#{WORDS[-1]}",
]
WITH_ITS_ADDRESS = {
    "data make": "data make demo -o made2",
    "data plan": "data plan demo",
    "run": "run demo --plan",
    "data vary": "data vary few.jsonl --config vary.yaml -o varied.jsonl",
    "recipe check": "recipe check recipe.yaml",
    "recipe check, for machines": "recipe check recipe.yaml --json",
    "recipe check, as SARIF": "recipe check recipe.yaml --sarif checked.sarif",
    "recipe new": "recipe new rft-lora --set run.mlflow_tracking_uri={} -o new.yaml",
    "agent serve": "agent serve desk --model {}",
}
TEACHER = "teacher: {{kind: openai, url: '{}', model: m}}"


@pytest.mark.parametrize("address", IN_AN_ADDRESS, ids=["a query", "a password", "a fragment"])
@pytest.mark.parametrize("name", WITH_ITS_ADDRESS)
def test_an_address_with_a_key_is_refused_and_not_repeated(name: str, address: str, rft: Rft, folder: Path) -> None:
    args = WITH_ITS_ADDRESS[name]
    (folder / "vary.yaml").write_text(f"{TEACHER.format(address)}\npersonas: [a child]\n")
    project = (folder / "demo/project.yaml").read_text()
    (folder / "demo/project.yaml").write_text(re.sub("teacher: .*", TEACHER.format(address), project))
    recipe = (folder / "recipe.yaml").read_text()
    (folder / "recipe.yaml").write_text(recipe.replace("run:\n", f"run:\n  mlflow_tracking_uri: {address}\n", 1))
    assert rft("init desk --template agent", folder)["status"] == 0
    done = rft(args.format(address), folder)
    assert done["status"] == (1 if name.startswith("recipe check") else 2), done
    assert "h.example" in done["out"] + done["err"] + "".join(path.read_text() for path in folder.glob("*.sarif"))
    assert secrets_in((done["out"] + done["err"]).encode()) == []
    assert set(leaks_in(folder)) == {"demo/project.yaml", "vary.yaml", "recipe.yaml"}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    with mock_aws():
        for name in SECRETS.keys() - {"HTTPS_PROXY"}:
            monkeypatch.setenv(name, SECRETS[name])
        yield Shell(tmp_path, monkeypatch)


@pytest.mark.parametrize("args", [
    "train plan project.yaml --save plan.json", "train plan project.yaml --on bedrock --save plan.json",
    "train plan project.yaml --on hyperpod --save plan.json", "train plan project.yaml --stage sft --json",
    f"train launch project.yaml --checkpoint {CHECKPOINT} --yes",
])  # fmt: skip
def test_no_plan_and_no_launch_holds_a_credential(args: str, shell: Shell) -> None:
    done = shell(*args.split())
    assert done.exit_code in (0, 1), done.output
    assert secrets_in(done.output.encode()) == []
    assert leaks_in(shell.folder) == {}
    uploaded = shell.stored() if "launch" in args else []
    assert [key for key in uploaded if secrets_in(stored(shell, key))] == []


def stored(shell: Shell, key: str) -> bytes:
    data: bytes = shell.aws.client("s3").get_object(Bucket="my-bucket", Key=key)["Body"].read()
    return data


def test_a_proxy_that_fails_is_named_without_its_password(folder: Path) -> None:
    environment = {**os.environ, **SECRETS, "PYTHONPATH": str(ROOT), "AWS_EC2_METADATA_DISABLED": "true"}
    command = [sys.executable, "-m", "rft", "train", "status", "job", "--on", "sagemaker", "--region", "us-east-1"]
    done = subprocess.run(command, cwd=folder, env={**environment, "AWS_MAX_ATTEMPTS": "1"}, capture_output=True)
    assert done.returncode == 2, done
    assert b"127.0.0.1:9" in done.stderr
    assert secrets_in(done.stdout + done.stderr) == []
