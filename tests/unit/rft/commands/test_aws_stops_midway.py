"""Every command that asks AWS more than once, refused at each of its requests: what it is, what helps, and that the
same command goes on to what it would have left undisturbed."""

from __future__ import annotations

import copy
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from botocore.endpoint import Endpoint
from moto import mock_aws

from rft.cli import main
from tests.unit.rft.commands.aws_faults import FAULTS, Answer
from tests.unit.rft.commands.shell import CHECKPOINT, Shell, with_serverless
from tests.unit.rft.commands.test_agent_jobs import with_agent

LAUNCHES = {
    "sagemaker": f"train launch project.yaml --checkpoint {CHECKPOINT} --yes",
    "serverless": "train launch project.yaml --on serverless --stage sft --yes",
    "bedrock": "train launch project.yaml --on bedrock --stage sft --yes",
    "hyperpod": "train launch project.yaml --on hyperpod --checkpoint nova-lite-2/prod --yes",
    "agent": "train launch desk/project.yaml --on agent --yes",
}
IMPORT = f"model import project.yaml --name m --checkpoint {CHECKPOINT}"
DEPLOY = "model deploy project.yaml --name m"
# Each line is tried after those before it; JOB is the job that they started.
FLOWS: dict[str, list[str]] = {
    **{f"launch {on}": [line] for on, line in LAUNCHES.items()},
    **{
        f"{verb} {on}": [line, f"train {verb} JOB"]
        for on, line in LAUNCHES.items()
        for verb in ("status", "metrics", "stop")
        if on != "hyperpod"  # kubectl and hyp are asked, not AWS
    },
    "delete sagemaker": [LAUNCHES["sagemaker"], "train delete tools-rft --yes"],
    "delete agent": [LAUNCHES["agent"], "train delete desk --yes"],
    "collect": [LAUNCHES["serverless"], "train logs JOB --follow", "train collect JOB -o out"],
    "evaluate": ["eval run project.yaml --model nova-lite-2/prod --yes"],
    "import": [IMPORT],
    "deploy": [IMPORT, DEPLOY],
    "reserve": [IMPORT, f"{DEPLOY} --units 1"],
    "delete model": [IMPORT, DEPLOY, "model delete m --yes"],
}  # fmt: skip
# Asked for what helps to know; where nobody tells, nothing is said: estimators/planning/capacity.py.
OPTIONAL = ("sagemaker SearchTrainingPlanOfferings", "service-quotas ListServiceQuotas")
TRIED = ("access denied", "throttled", "outage", "login page", "no network")


class Refusing:
    """Answers the n-th request in AWS's place, and notes all of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self._nth, self._answer = 0, FAULTS["outage"][0]
        ask = Endpoint._do_get_response

        def asked(endpoint: Endpoint, request: Any, operation: Any, context: Any) -> Any:
            self.asked.append(f"{operation.service_model.service_name} {operation.name}")
            if len(self.asked) == self._nth:
                endpoint = copy.copy(endpoint)
                endpoint._event_emitter = _InPlaceOfAws(self._answer, endpoint._event_emitter)
            return ask(endpoint, request, operation, context)

        monkeypatch.setattr(Endpoint, "_do_get_response", asked)

    def from_now(self, nth: int = 0, answer: Answer = FAULTS["outage"][0]) -> None:
        self.asked, self._nth, self._answer = [], nth, answer


class _InPlaceOfAws:
    """What botocore asks before it sends a request; all other events are told as ever."""

    def __init__(self, answer: Answer, events: Any) -> None:
        self._answer, self._events = answer, events

    def emit(self, name: str, **event: Any) -> Any:
        if name.startswith("before-send"):
            return [(self.emit, self._answer(event["request"]))]
        return self._events.emit(name, **event)


@contextmanager
def account(folder: Path) -> Iterator[tuple[Shell, Refusing]]:
    with mock_aws(), pytest.MonkeyPatch.context() as monkeypatch:
        folder.mkdir()
        shell = Shell(folder, monkeypatch)
        with_serverless(shell)
        with_agent(shell)
        yield shell, Refusing(monkeypatch)


def run(shell: Shell, line: str) -> int:
    jobs = [*shell.sagemaker.jobs, *(name for _, name in shell.sagemaker.agent_jobs), *shell.bedrock.jobs]
    with pytest.raises(SystemExit) as end:
        main(shlex.split(line.replace("JOB", jobs[0] if jobs else "")))
    return int(end.value.code or 0)


def standing(shell: Shell) -> dict[str, Any]:
    """What a command has made or removed in the account."""
    return {
        "jobs": sorted(shell.sagemaker.jobs),
        "agents": sorted(shell.sagemaker.agent_jobs),
        "groups": sorted(shell.sagemaker.groups),
        "bedrock": [sorted(each) for each in (shell.bedrock.jobs, shell.bedrock.models, shell.bedrock.deployments)],
        "cluster": len(shell.cluster.jobs),
        "stored": shell.stored() if shell.aws.client("s3").list_objects_v2(Bucket="my-bucket")["KeyCount"] else [],
    }


@pytest.mark.parametrize("flow", FLOWS)
def test_a_command_refused_at_any_request_says_so_and_goes_on_when_asked_again(
    flow: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    *before, line = FLOWS[flow]
    with account(tmp_path / "undisturbed") as (shell, refusing):
        assert [run(shell, each) for each in before] == [0] * len(before)
        refusing.from_now()
        code = run(shell, line)
        asked, wanted = list(refusing.asked), standing(shell)
    assert (code, len(asked) > 0) == (0, True), capsys.readouterr()
    wrong = []
    for number, fault in zip(range(1, len(asked) + 1), cycle(TRIED), strict=False):
        answer, words = FAULTS[fault]
        with account(tmp_path / str(number)) as (shell, refusing):
            for each in before:
                run(shell, each)
            capsys.readouterr()
            refusing.from_now(number, answer)
            code = run(shell, line)
            shown = "".join(capsys.readouterr())
            is_check = "-look]" in shown or asked[number - 1] in OPTIONAL
            is_told = words in shown if code == 2 else code == 0 and is_check
            refusing.from_now()
            again = run(shell, line)
            same = standing(shell) == wanted
        if not is_told or "Traceback" in shown or again != 0 or not same:
            wrong.append((asked[number - 1], fault, code, shown[-500:], again, same))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize(
    ("flow", "nth", "words"),
    [
        ("stop sagemaker", 3, "was told to stop, but its state is not known: you may not call DescribeTrainingJob"),
        ("stop agent", 3, "was told to stop, but its state is not known: you may not call DescribeJob"),
        ("import", 3, "is being made, but cannot be watched: you may not call GetCustomModel"),
        ("deploy", 4, "is being made, but cannot be watched: you may not call GetCustomModelDeployment"),
        ("reserve", 4, "is being made, but cannot be watched: you may not call GetProvisionedModelThroughput"),
    ],
)
def test_what_was_done_before_the_refusal_is_said(
    flow: str, nth: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    *before, line = FLOWS[flow]
    with account(tmp_path / "account") as (shell, refusing):
        for each in before:
            run(shell, each)
        refusing.from_now(nth, FAULTS["access denied"][0])
        assert run(shell, line) == 2
    assert words in capsys.readouterr().err
