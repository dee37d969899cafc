"""Teachers behind an address, against a server that throttles and fails as the real ones do."""

from __future__ import annotations

import json
import sys

import pytest

from datagen.errors import BusyError, ConfigError, RefusedError
from datagen.teachers.aws import aws_client
from datagen.teachers.bedrock import BedrockTeacher, lifecycle, read_converse
from datagen.teachers.command import CommandTeacher
from datagen.teachers.openai import OpenAITeacher
from datagen.types import Document, Passage, Request
from tests.fakes.fake_bedrock import ANSWER, model_server

REQUEST = Request(Passage(Document("a.md", "text", "0"), 0, 0, 4), 2, "seed", system="Be exact.", prompt="Write.")


@pytest.fixture
def bedrock(monkeypatch):
    """A teacher of the given server; pauses of botocore are skipped."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def teacher(server):
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        return BedrockTeacher(aws_client("bedrock-runtime", region="us-east-1", workers=4), "us.amazon.nova-pro-v1:0")

    return teacher


def test_converse_is_asked_with_prompt_limits_and_a_trace(bedrock):
    with model_server() as server:
        answer = bedrock(server)(REQUEST)
    assert (answer.text, answer.stop_reason, answer.input_tokens, answer.output_tokens) == (ANSWER, "end_turn", 7, 5)
    (body,) = server.bodies
    assert body["messages"] == [{"role": "user", "content": [{"text": "Write."}]}]
    assert body["system"] == [{"text": "Be exact."}]
    assert body["inferenceConfig"] == {"maxTokens": 4096, "temperature": 0.0}
    assert body["requestMetadata"] == {"passage": REQUEST.passage.id}


def test_a_throttled_call_is_repeated_until_it_is_answered(bedrock):
    with model_server({1: (429, "ThrottlingException"), 2: (503, "ServiceUnavailableException")}) as server:
        assert bedrock(server)(REQUEST).text == ANSWER
    assert len(server.bodies) == 3


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "ValidationException", RefusedError),
        (403, "AccessDeniedException", RefusedError),
        (424, "ModelErrorException", BusyError),
    ],
)
def test_failures_of_bedrock_are_worth_a_repetition_or_not(bedrock, status, code, error):
    with model_server(dict.fromkeys(range(1, 20), (status, code))) as server, pytest.raises(error, match=code):
        bedrock(server)(REQUEST)


def test_chat_completions_are_asked_with_the_key_of_the_environment(monkeypatch):
    monkeypatch.setenv("TEACHER_KEY", "secret")
    with model_server() as server:
        answer = OpenAITeacher(f"{server.url}/v1", "some-model", key_env="TEACHER_KEY")(REQUEST)
    assert (answer.text, answer.input_tokens, answer.output_tokens) == (ANSWER, 7, 5)
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == "Bearer secret"
    assert [turn["role"] for turn in server.bodies[0]["messages"]] == ["system", "user"]


@pytest.mark.parametrize(
    ("status", "error"), [(429, BusyError), (500, BusyError), (401, RefusedError), (404, RefusedError)]
)
def test_failures_of_a_server_are_worth_a_repetition_or_not(status, error):
    with model_server({1: (status, "x")}) as server, pytest.raises(error, match=str(status)):
        OpenAITeacher(server.url, "m")(REQUEST)


def test_a_server_that_is_not_there_may_come_back():
    with pytest.raises(BusyError, match="refused"):
        OpenAITeacher("http://127.0.0.1:9", "m")(REQUEST)


COMPLETION = {"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}
PARTS = {"choices": [{"message": {"content": [{"type": "text", "text": "fi"}, {"type": "text", "text": "ne"}]}}]}
READABLE = {
    "no usage": (json.dumps(COMPLETION), "fine"),
    "usage of null": (json.dumps(COMPLETION | {"usage": None}), "fine"),
    "usage of words": (json.dumps(COMPLETION | {"usage": {"prompt_tokens": "many"}}), "fine"),
    "content in parts": (json.dumps(PARTS), "fine"),
    "no content": (json.dumps({"choices": [{"message": {"content": None}}]}), ""),
    "a byte order mark": ("\ufeff" + json.dumps(COMPLETION), "fine"),
    "Latin-1 instead of UTF-8": (json.dumps(COMPLETION).replace("fine", "f\xefn").encode("latin-1"), "f\ufffdn"),
    "no choices": ('{"error": "later"}', '{"error": "later"}'),
    "a list": ("[1]", "[1]"),
    "choices of null": ('{"choices": null}', '{"choices": null}'),
}


@pytest.mark.parametrize("name", READABLE)
@pytest.mark.parametrize("charset", ["utf-8", "x-no-such-charset"])
def test_a_reply_in_any_form_is_an_answer_that_can_be_kept(name, charset):
    body, text = READABLE[name]
    with model_server(raw=body if isinstance(body, bytes) else body.encode(), charset=charset) as server:
        assert OpenAITeacher(server.url, "m")(REQUEST).text == text


@pytest.mark.parametrize(
    ("body", "missing"),
    [(b"<html>Sign in</html>", 0), (b'{"choices": [{"mess', 0), (b'{"choices": [', 100), (b"\xff\xfe", 0), (b"", 0)],
    ids=["a page", "cut JSON", "a cut body", "bytes", "nothing"],
)
def test_a_reply_that_is_none_is_kept_and_asked_for_again(body, missing):
    with (
        model_server(raw=body, missing_bytes=missing) as server,
        pytest.raises(BusyError) as caught,
    ):
        OpenAITeacher(server.url, "m")(REQUEST)
    assert caught.value.raw == body.decode("utf-8", "replace")


def test_the_address_of_a_server_is_no_part_of_the_identity():
    assert OpenAITeacher("http://a/v1", "m").identity == OpenAITeacher("http://b:8000/v1", "m").identity
    assert OpenAITeacher("http://a/v1", "m").identity != OpenAITeacher("http://a/v1", "n").identity


@pytest.mark.parametrize("response", [None, [], {}, {"output": None}, {"output": {"message": {"content": "x"}}}])
def test_a_converse_response_of_another_form_is_kept_whole(response):
    assert read_converse(response).stop_reason == "unreadable"


def test_a_program_may_write_any_bytes():
    script = "import sys; sys.stdout.buffer.write(b'\\xff fine')"
    assert CommandTeacher((sys.executable, "-I", "-c", script))(REQUEST).text == "\ufffd fine"


@pytest.mark.parametrize(("script", "error"), [("exit(75)", BusyError), ("exit('bad key')", RefusedError)])
def test_a_program_says_by_its_status_whether_to_ask_again(script, error):
    with pytest.raises(error, match="ended with"):
        CommandTeacher((sys.executable, "-I", "-c", script))(REQUEST)


def test_a_program_that_does_not_exist_is_a_refusal():
    with pytest.raises(RefusedError, match="cannot be run"):
        CommandTeacher(("/no/such/program",))(REQUEST)


class Models:
    """The control side of Bedrock, as far as the life of a model goes."""

    def __init__(self, status):
        self.status = status
        self.asked = []

    def get_foundation_model(self, *, modelIdentifier):  # noqa: N803 -- Bedrock's own name
        self.asked.append(modelIdentifier)
        return {"modelDetails": {"modelLifecycle": {"status": self.status}}}


def test_a_profile_is_looked_up_by_its_model():
    models = Models("ACTIVE")
    assert lifecycle(models, "us.amazon.nova-pro-v1:0") == "ACTIVE"
    assert lifecycle(models, "amazon.nova-pro-v1:0") == "ACTIVE"
    assert models.asked == ["amazon.nova-pro-v1:0"] * 2


def test_a_model_past_its_life_is_refused():
    with pytest.raises(ConfigError, match="is END_OF_LIFE; choose an active model"):
        lifecycle(Models("END_OF_LIFE"), "us.amazon.nova-premier-v1:0")
