"""A judge behind chat completions, against a server that answers, refuses, fails and stalls as real ones do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rewards import Completion, Sample, SpecError, judge, rubric
from rewards.errors import JudgeError
from rft.cli import rft
from rft.judging import OpenAIJudge, RecordedJudge, requests_of
from rft.judging.calibrate import with_model
from rft.judging.labelled import read_labelled
from tests.unit.rft.judging.test_calibrate import rows

SAMPLE, GOOD = Sample("a", (), reference="Bern"), Completion("Bern")


def chat(score: float, **message: object) -> dict:
    call = {"id": "c1", "type": "function", "function": {"name": "verdict"}}
    call["function"]["arguments"] = json.dumps({"reason": "so", "score": score})  # type: ignore[index]
    said = {"role": "assistant", "content": None, "tool_calls": [call], **message}
    usage = {"prompt_tokens": 70, "completion_tokens": 9}
    return {"choices": [{"message": said, "finish_reason": "tool_calls"}], "usage": usage}


class Server(ThreadingHTTPServer):
    """Answers with what `replies` says of each call, the last for all that follow: a body, a status, or bytes."""

    daemon_threads = True

    def __init__(self, *replies: object) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies, self.bodies, self.headers, self.paths = replies, [], [], []  # type: ignore[var-annotated]
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.headers.append(dict(self.headers))
        self.server.paths.append(self.path)
        reply = self.server.replies[min(len(self.server.bodies), len(self.server.replies)) - 1]
        if reply == "stalls":
            self.server.ended.wait()
            return
        status, missing = 200, 0
        if isinstance(reply, tuple):
            status, reply = reply
        if reply == "cut":
            reply, missing = json.dumps(chat(1)), 50
        data = (reply if isinstance(reply, str) else json.dumps(reply)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) + missing))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def serving(*replies: object) -> Iterator[Server]:
    server = Server(*replies)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr("rft.judging.openai.time.sleep", waited.append)
    return waited


def test_a_judge_asks_a_chat_completion_and_reads_its_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", "secret")
    with serving(chat(0.7)) as server:
        client = OpenAIJudge(server.url, "some-model", "JUDGE_KEY")
        assert judge("Is it right?", client=client)(SAMPLE, GOOD).value == 0.7
        assert client.converse(**judge("x").request("{}"))["usage"] == {"inputTokens": 70, "outputTokens": 9}
    body = server.bodies[0]
    assert server.paths[0] == "/v1/chat/completions"
    assert server.headers[0]["Authorization"] == "Bearer secret"
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("some-model", 500, 0.0)
    assert [turn["role"] for turn in body["messages"]] == ["system", "user"]
    assert json.loads(body["messages"][1]["content"])["answer"] == "Bern"
    assert body["tool_choice"] == {"type": "function", "function": {"name": "verdict"}}
    assert body["tools"][0]["function"]["parameters"]["required"] == ["reason", "score"]


def test_a_rubric_asks_about_each_criterion() -> None:
    with serving(chat(1)) as server:
        reward = rubric({"a": "Names it.", "b": "Is short."}, client=OpenAIJudge(server.url, "m"))
        assert reward(SAMPLE, GOOD).value == 1.0
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ((401, '{"error": {"message": "Incorrect API key"}}'), r"401 .*Incorrect API key"),
        ((404, "no such model"), "404 .*no such model"),
        ((302, ""), "302"),
        ("<html>Sign in</html>", "the reply is a page: '<html>"),
        ('{"choices": [', "the reply is not JSON"),
        ({"choices": []}, "the reply holds no message"),
        ({"error": "overloaded"}, "the reply holds no message: .*overloaded"),
        ([], "the reply holds no message"),
        (chat(1, tool_calls=None, refusal="I cannot grade this."), "the judge refuses: I cannot grade this"),
        ({"choices": [{"message": {"content": "{"}, "finish_reason": "length"}]}, "was cut off.*'length'"),
        ({"choices": [{"message": {}, "finish_reason": "content_filter"}]}, "content_filter"),
        (chat(1, tool_calls=[{"function": {"name": "verdict", "arguments": "{"}}]), "a call that cannot be read"),
        (chat(1, tool_calls=[{}]), "a call that cannot be read"),
        (chat(1, tool_calls=None, content="Score: 1"), "no single verdict"),
        (chat(7), "a number from 0 to 1, got 7"),
    ],
)
def test_what_is_no_verdict_is_an_error_that_names_its_cause(reply: object, cause: str, waits: list[float]) -> None:
    with serving(reply) as server, pytest.raises(JudgeError, match=cause):
        judge("Is it right?", client=OpenAIJudge(server.url, "m"))(SAMPLE, GOOD)
    assert waits == []


@pytest.mark.parametrize("reply", [(429, "slow down"), (500, "x"), (503, "x"), "cut"])
def test_a_busy_server_is_asked_again_later_each_time(reply: object, waits: list[float]) -> None:
    with serving(reply, reply, chat(1)) as server:
        assert judge("Is it right?", client=OpenAIJudge(server.url, "m"))(SAMPLE, GOOD).value == 1.0
    assert waits == [1.0, 2.0]


@pytest.mark.parametrize(("reply", "cause"), [((429, "slow down"), "429 .*slow down"), ("cut", "IncompleteRead")])
def test_a_server_that_stays_busy_is_an_error(reply: object, cause: str, waits: list[float]) -> None:
    with serving(reply) as server, pytest.raises(JudgeError, match=cause):
        OpenAIJudge(server.url, "m", attempts=3).converse(**judge("x").request("{}"))
    assert (len(server.bodies), waits) == (3, [1.0, 2.0])


def test_a_server_that_stalls_or_is_not_there_is_an_error(waits: list[float]) -> None:
    with serving("stalls") as server, pytest.raises(JudgeError, match="timed out"):
        OpenAIJudge(server.url, "m", timeout_s=0.2, attempts=1).converse(**judge("x").request("{}"))
    with pytest.raises(JudgeError, match="refused"):
        OpenAIJudge(server.url, "m", attempts=2).converse(**judge("x").request("{}"))
    assert waits == [1.0]


def test_the_key_is_asked_for_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving((401, "wrong key: secret-1")) as server:
        client = OpenAIJudge(server.url, "m", "JUDGE_KEY")
        monkeypatch.delenv("JUDGE_KEY", raising=False)
        with pytest.raises(JudgeError, match="'JUDGE_KEY', which is not set"):
            client.converse(**judge("x").request("{}"))
        monkeypatch.setenv("JUDGE_KEY", "secret-1")
        with pytest.raises(JudgeError, match="401") as raised:
            client.converse(**judge("x").request("{}"))
    assert "secret-1" not in str(raised.value)


@pytest.mark.parametrize("url", ["ftp://host/v1", "http://me:secret@host/v1", "host/v1", "http://host/v1?key=secret"])
def test_an_address_that_is_none_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(SpecError) as raised:
        OpenAIJudge(url, "m")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("settings", [{"model": ""}, {"timeout_s": 0}, {"attempts": 0}])
def test_settings_that_mean_nothing_are_refused(settings: dict) -> None:
    with pytest.raises(ValueError, match="a judge needs a model"):
        OpenAIJudge("http://host/v1", **{"model": "m", **settings})


@pytest.fixture
def calibrate(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(project)
    begin = ["judge", "calibrate", "labelled.jsonl", "--reward", "reward.py:reward", "--verdicts", "v.jsonl"]
    return lambda *options: CliRunner().invoke(rft, [*begin, "--rounds", "1", *options])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "reward.py").write_text("from rewards import judge\n\nreward = judge('Is it right?', workers=2)\n")
    (tmp_path / "labelled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(2, 2)), encoding="utf-8")
    return tmp_path


def test_a_model_is_part_of_what_a_verdict_is_recorded_under(project: Path) -> None:
    answers, reward = read_labelled(project / "labelled.jsonl"), judge("Is it right?")
    asked = [request for _, request in requests_of(with_model(reward, "other"), answers, 1)]
    assert {request["modelId"] for request in asked} == {"other"}
    with serving(chat(0.5)) as server:
        recorded = RecordedJudge(project / "verdicts.jsonl", OpenAIJudge(server.url, "other"))
        recorded.converse(**asked[0])
    own = next(request for _, request in requests_of(reward, answers, 1))
    assert recorded.missing([(0, asked[0])]) == 0
    assert recorded.missing([(0, own)]) == 1


def test_calibrate_asks_the_named_server_once_and_then_reads_the_file(project: Path, calibrate: Callable) -> None:
    with serving(chat(0.5)) as server:
        first = calibrate("--ask", "--base-url", server.url, "--model", "some-model")
        asked = len(server.bodies)
        again = calibrate("--model", "some-model")
        other = calibrate("--model", "another-model")
    assert (first.exit_code, again.exit_code, again.output) == (1, 1, first.output)
    assert {body["model"] for body in server.bodies} == {"some-model"}
    assert len(server.bodies) == asked == len((project / "v.jsonl").read_text(encoding="utf-8").splitlines())
    assert other.exit_code == 2
    assert "--ask asks another-model" in other.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--base-url", "http://host/v1"), "--base-url needs --model"),
        (("--key-env", "KEY"), "is the key of the server"),
    ],
)
def test_options_that_need_each_other_say_so(calibrate: Callable, options: tuple[str, ...], message: str) -> None:
    found = calibrate(*options)
    assert found.exit_code == 2
    assert message in found.output
