"""A deployed function, asked by boto3's own client over HTTP: what it does wrong, and what stands in the way."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from rft.cli import main, rft
from rft.graders.deployed import WAITS_S, Deployed, GraderError, deployed

ARN = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-grader"


class Answer(NamedTuple):
    """What the service sends: the status, the body, and headers such as `X-Amz-Function-Error`."""

    body: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def function_error(kind: str, message: str, trace: tuple[str, ...] = ()) -> Answer:
    report = {"errorType": kind, "errorMessage": message, "stackTrace": list(trace)}
    return Answer(report, headers=(("X-Amz-Function-Error", "Unhandled"),))


def refusal(status: int, code: str, message: str = "no") -> Answer:
    return Answer({"Type": "User", "message": message}, status, (("x-amzn-ErrorType", code),))


BUSY = refusal(429, "TooManyRequestsException", "Rate Exceeded.")


class Service(ThreadingHTTPServer):
    """Lambda's Invoke over HTTP: each call gets the next of the `answers`, then those of the `handler`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[Answer] = []
        self.handler: Callable[[list[dict[str, Any]]], Any] = lambda event: []
        self.events: list[Any] = []
        self.paths: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.events.append(event)
        self.server.paths.append(self.path)
        answer = self.server.answers.pop(0) if self.server.answers else Answer(self.server.handler(event))
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in (*answer.headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # the caller no longer waits
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Service]:
    server = Service()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def grader(service: Service, waits: list[float]) -> Deployed:
    return Deployed(deployed(ARN, timeout_s=5).client, ARN, waits.append)


def test_rows_go_out_as_the_event_and_results_come_back(grader: Deployed, service: Service) -> None:
    service.handler = lambda event: [{"id": row["id"]} for row in event]
    assert grader.ask([{"id": "a"}, {"id": "b"}]).payload == [{"id": "a"}, {"id": "b"}]
    assert service.events == [[{"id": "a"}, {"id": "b"}]]
    assert service.paths[0].startswith("/2015-03-31/functions/arn%3Aaws%3Alambda")
    assert grader.name == "SageMaker-grader"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (function_error("ValueError", "no gold", ('  File "/var/task/g.py", line 3, in h\n',)),
         'raised: ValueError: no gold (line 3 of g.py)'),
        (function_error("Sandbox.Timedout", "Task timed out after 3.00 seconds"),
         "timed out: Task timed out after 3.00 seconds"),
        (Answer({"errorMessage": "2026-11-21T00:00:00Z 1 Task timed out after 3.00 seconds"},
                headers=(("X-Amz-Function-Error", "Unhandled"),)),
         "timed out: 2026-11-21T00:00:00Z 1 Task timed out after 3.00 seconds"),
        (function_error("Runtime.ExitError", "RequestId: 1 Error: Runtime exited"),
         "exited: RequestId: 1 Error: Runtime exited"),
        (Answer(b"<html>"), "the reply is no JSON: '<html>'"),
    ],
)  # fmt: skip
def test_what_the_function_does_wrong_is_a_fault(
    grader: Deployed, service: Service, answer: Answer, fault: str
) -> None:
    service.answers = [answer]
    reply = grader.ask([{"id": "a"}])
    assert (reply.payload, str(reply.fault)) == (None, fault)


def test_a_call_of_more_than_6_mb_is_refused_before_it_is_sent(grader: Deployed, service: Service) -> None:
    fault = grader.ask([{"id": "x" * 7_000_000}]).fault
    assert fault is not None
    assert (fault.kind, service.events) == ("refused", [])


def test_a_function_that_never_answers_times_out_and_is_not_asked_again(service: Service) -> None:
    answered = threading.Event()
    service.handler = lambda event: answered.wait(30)
    fault = deployed(ARN, timeout_s=0.2).ask([{"id": "a"}]).fault
    answered.set()
    assert fault is not None
    assert (fault.kind, len(service.events)) == ("timed out", 1)


def test_a_throttled_call_is_made_again_after_ever_longer_waits(
    grader: Deployed, service: Service, waits: list[float]
) -> None:
    service.answers = [BUSY, refusal(503, "ServiceException"), BUSY]
    assert grader.ask([{"id": "a"}]).payload == []
    assert waits == list(WAITS_S[:3])


def test_throttling_without_end_is_an_error_that_says_nothing_about_the_grader(
    grader: Deployed, service: Service, waits: list[float]
) -> None:
    service.answers = [BUSY] * (len(WAITS_S) + 1)
    with pytest.raises(GraderError, match=r"TooManyRequestsException: Rate Exceeded.; still busy after 31.5 s; raise"):
        grader.ask([{"id": "a"}])
    assert waits == list(WAITS_S)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (refusal(403, "AccessDeniedException", "not authorized"), "the caller needs lambda:InvokeFunction on it"),
        (refusal(404, "ResourceNotFoundException", "Function not found"), "Function not found; check name, region"),
        (refusal(403, "ExpiredTokenException", "expired"), "sign in again"),
        (refusal(400, "InvalidParameterValueException", "odd"), "InvalidParameterValueException: odd$"),
    ],
)
def test_what_bars_the_way_is_an_error_with_advice(
    grader: Deployed, service: Service, answer: Answer, message: str
) -> None:
    service.answers = [answer]
    with pytest.raises(GraderError, match=message):
        grader.ask([{"id": "a"}])
    assert len(service.events) == 1


def test_without_credentials_there_is_one_line_and_status_2(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    rows = tmp_path / "rows.jsonl"
    row = {"id": "a", "messages": [{"role": "user", "content": "?"}], "reference_answer": "x"}
    rows.write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["audit", "--lambda", ARN, "--data", str(rows)])
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        "rft: cannot ask 'SageMaker-grader': Unable to locate credentials; "
        "AWS does not know you: sign in, or choose --profile\n"
    )


def test_a_whole_audit_runs_against_a_deployed_function(service: Service, tmp_path: Path) -> None:
    def exact(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"id": row.get("id", "0"), "aggregate_reward_score": right(row)} for row in event]

    def right(row: dict[str, Any]) -> float:
        turns = [turn for turn in row.get("messages") or () if isinstance(turn, dict)]
        content = turns[-1].get("content") if turns else None
        text = content[0].get("text") if isinstance(content, list) and content else content
        return float(isinstance(text, str) and text == row.get("reference_answer"))

    service.handler = exact
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "".join(
            json.dumps({"id": word, "messages": [{"role": "user", "content": "?"}], "reference_answer": word}) + "\n"
            for word in ("ant", "bee", "cow", "dog", "elk")
        ),
        encoding="utf-8",
    )
    fast = [f"--set={setting}" for setting in ("law_examples=10", "hostile_bytes=2000", "attack_rows=3")]
    result = CliRunner().invoke(rft, ["audit", "--lambda", ARN, "--data", str(rows), "--json", *fast])
    report = json.loads(result.output)
    assert report["grader"] == "SageMaker-grader"
    assert [finding["code"] for finding in report["findings"] if finding["severity"] == "error"] == []
    assert result.exit_code == 0
