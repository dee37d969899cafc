"""The local Job Runtime answers botocore's client as the service does: its states, its errors, its model."""

from __future__ import annotations

import json
import math
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from rft.agents.job_runtime import JOB_ARN, JobRuntime, served, shape_problems, status_of

boto3 = pytest.importorskip("boto3")
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

BODY = json.dumps({"model": "policy", "messages": [{"role": "user", "content": "?"}]})


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


def answer(trajectory: str, messages: Any, tools: Any) -> dict[str, Any]:
    if messages[-1]["content"] == "break":
        raise OSError("the model is gone")
    return {"role": "assistant", "content": f"{trajectory}: {len(messages)}"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runtime(clock: Clock) -> JobRuntime:
    made = JobRuntime(answer, token_s=60, now=clock)
    made.open("t")
    return made


@pytest.fixture
def address(runtime: JobRuntime) -> Iterator[str]:
    server = served(runtime)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(address: str) -> Any:
    return boto3.client(
        "sagemakerjobruntime",
        region_name="us-east-1",
        endpoint_url=address,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


IDS = {"JobArn": JOB_ARN, "TrajectoryId": "t"}


def refused(call: Any, **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**{**IDS, **params})
    reply = caught.value.response
    return reply["Error"]["Code"], reply["ResponseMetadata"]["HTTPStatusCode"], reply["Error"]["Message"]


def test_a_trajectory_goes_from_open_to_complete_to_rewarded(client: Any, runtime: JobRuntime) -> None:
    reply = json.loads(client.sample(**IDS, Body=BODY)["Body"].read())
    assert reply["choices"][0] == {
        "index": 0, "message": {"role": "assistant", "content": "t: 1"}, "finish_reason": "stop",
    }  # fmt: skip
    client.complete_rollout(**IDS, Status="ready")
    client.update_reward(**IDS, Rewards=[0.5])
    found = runtime.close("t")
    assert (found.state, found.rewards, found.turns, found.failed) == ("rewarded", [0.5], 1, False)
    assert [said["role"] for said in found.messages] == ["user", "assistant"]


def test_nothing_goes_back(client: Any) -> None:
    client.sample(**IDS, Body=BODY)
    assert refused(client.update_reward, Rewards=[1.0])[:2] == ("ConflictException", 409)
    client.complete_rollout(**IDS)
    code, status, message = refused(client.complete_rollout)
    assert (code, status) == ("ConflictException", 409)
    assert "Cannot transition trajectory" in message  # by which SDK v3 knows that it was processed already
    assert refused(client.sample, Body=BODY)[:2] == ("ValidationException", 400)
    client.update_reward(**IDS, Rewards=[1.0])
    code, _, message = refused(client.update_reward, Rewards=[1.0])
    assert (code, "not in valid status" in message) == ("ConflictException", True)


def test_the_same_client_token_is_the_same_request(client: Any, runtime: JobRuntime) -> None:
    client.sample(**IDS, Body=BODY)
    for _ in range(2):
        client.complete_rollout(**IDS, ClientToken="a")
    for _ in range(2):
        client.update_reward(**IDS, Rewards=[1.0], ClientToken="b")
    assert runtime.trajectories["t"].rewards == [1.0]


@pytest.mark.parametrize(
    ("params", "code", "status"),
    [
        ({"TrajectoryId": "other"}, "ResourceNotFoundException", 404),
        ({"JobArn": JOB_ARN + "s"}, "ResourceNotFoundException", 404),
        ({"JobArn": "arn:aws:sagemaker:us-east-1:1:job/x"}, "ValidationException", 400),
        ({"Body": "no JSON"}, "ValidationException", 400),
        ({"Body": json.dumps({"messages": "hello"})}, "ValidationException", 400),
        ({"Body": json.dumps({"messages": [{"content": "break"}]})}, "InternalServiceError", 500),
    ],
)
def test_an_error_has_its_code_and_its_status(client: Any, params: dict[str, Any], code: str, status: int) -> None:
    assert refused(client.sample, **{"Body": BODY, **params})[:2] == (code, status)
    assert status_of(code) == status


def test_a_reward_is_one_number_or_one_for_each_turn(client: Any) -> None:
    for _ in range(3):
        client.sample(**IDS, Body=BODY)
    client.complete_rollout(**IDS)
    assert refused(client.update_reward, Rewards=[1.0, 0.0])[0] == "ValidationException"
    assert refused(client.update_reward, Rewards=[])[0] == "ValidationException"
    client.update_reward(**IDS, Rewards=[0.0, 0.25, 0.75])


def test_a_token_expires(client: Any, clock: Clock) -> None:
    clock.time = 61
    assert refused(client.sample, Body=BODY) == (
        "AccessDeniedException", 403, "The security token included in the request is expired",
    )  # fmt: skip


def test_each_so_manieth_call_is_throttled(client: Any, runtime: JobRuntime) -> None:
    runtime.throttle_every = 2
    client.sample(**IDS, Body=BODY)
    assert refused(client.sample, Body=BODY)[:2] == ("ThrottlingException", 429)
    client.sample(**IDS, Body=BODY)


def test_what_is_left_open_has_failed_with_reward_0(runtime: JobRuntime) -> None:
    found = runtime.close("t")
    assert (found.failed, found.rewards) == (True, [0.0])


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        ("/sample", {}, BODY, 403),
        ("/samples", {"Authorization": "Bearer x"}, BODY, 404),
        ("/complete-rollout", {"Authorization": "Bearer x"}, "[]", 400),
        ("/complete-rollout", {"Authorization": "Bearer x"}, "{", 400),
        ("/complete-rollout", {"Authorization": "Bearer x"}, json.dumps({**IDS, "Status": "done"}), 400),
        ("/complete-rollout", {"Authorization": "Bearer x"}, json.dumps(IDS), 200),
    ],
)
def test_plain_http_is_judged_as_a_clients(
    address: str, path: str, headers: dict[str, str], body: str, status: int
) -> None:
    request = urllib.request.Request(address + path, body.encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    if status == 200:
        assert opener.open(request).status == 200
        return
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(request)
    assert caught.value.code == status
    assert set(json.loads(caught.value.read())) == {"Message"}
    assert caught.value.headers["x-amzn-ErrorType"]


def test_concurrent_rollouts_do_not_mix(runtime: JobRuntime) -> None:
    for number in range(40):
        runtime.open(f"c{number}")

    def roll(number: int) -> None:
        ids = {"JobArn": JOB_ARN, "TrajectoryId": f"c{number}"}
        for _ in range(3):
            runtime.call("Sample", {**ids, "Body": BODY.encode()})
        runtime.call("CompleteRollout", ids)
        runtime.call("UpdateReward", {**ids, "Rewards": [number, 0.0, 0.0]})

    threads = [threading.Thread(target=roll, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [runtime.close(f"c{n}").rewards[0] for n in range(40)] == list(range(40))
    assert runtime.close("c7").messages[-1]["content"] == "c7: 1"


def test_the_model_of_the_service_is_what_requests_are_judged_by() -> None:
    assert shape_problems("UpdateReward", {**IDS, "Rewards": [1.0]}) == []
    assert "Missing required parameter" in shape_problems("UpdateReward", IDS)[0]
    assert "must be one of ready, failed" in shape_problems("CompleteRollout", {**IDS, "Status": "x"})[0]
    assert "1 to 256 characters, got 300" in shape_problems("CompleteRollout", {**IDS, "TrajectoryId": "x" * 300})[0]
    assert "must match arn:aws" in shape_problems("CompleteRollout", {**IDS, "JobArn": "x"})[0]
    assert math.isinf(JobRuntime(answer).token_s)
