"""SageMaker's Job Runtime on localhost: what an agent calls while it is trained, with its states and its errors.

Requests are judged by botocore's service model `sagemakerjobruntime`, and errors have its codes and statuses, so the
client that an agent uses on AWS cannot tell the difference. A trajectory is open, then complete or failed, then
rewarded; nothing goes back. AWS documents no message texts: ours hold the words by which SDK v3 3.19 knows an ended
trajectory (train/rft/feedback.py).
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final, Literal, TypeAlias

State: TypeAlias = Literal["open", "ready", "failed", "rewarded"]
Answer: TypeAlias = Callable[[str, Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]], Mapping[str, Any]]
"""The model: from the trajectory's id, the messages and the tools to the assistant's next message."""

REGION: Final = "us-east-1"
JOB_ARN: Final = f"arn:aws:sagemaker:{REGION}:000000000000:job/AgentRFT/local"
MAX_BODY_BYTES: Final = 16 * 2**20
_PATHS: Final = {"/sample": "Sample", "/complete-rollout": "CompleteRollout", "/update-reward": "UpdateReward"}


class RuntimeRefusal(Exception):  # noqa: N818  it is an answer, not an error of ours
    """An error that the service answers, by its name in the model."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Recorded:
    """What the runtime knows of one trajectory."""

    state: State = "open"
    messages: list[dict[str, Any]] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    turns: int = 0
    failed: bool = False
    rewards: list[float] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    expires: float = math.inf


class JobRuntime:
    """The service: trajectories by id, a model that answers, and faults to try an agent with.

    `throttle_every` refuses each so-manieth call of Sample, `token_s` is how long a trajectory's token is good.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        throttle_every: int = 0,
        token_s: float = math.inf,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.answer, self.throttle_every, self.token_s, self.now = answer, throttle_every, token_s, now
        self.trajectories: dict[str, Recorded] = {}
        self._lock = threading.Lock()
        self._calls = 0

    def open(self, trajectory: str) -> None:
        """Begin a trajectory, as the trainer does before it calls the agent."""
        self.trajectories[trajectory] = Recorded(expires=self.now() + self.token_s)

    def close(self, trajectory: str) -> Recorded:
        """What is known at the end; one that the agent left open has failed, with reward 0."""
        with self._lock:
            found = self.trajectories[trajectory]
            if found.state == "open":
                found.state, found.failed = "failed", True
            if found.failed or not found.rewards:
                found.failed, found.rewards = True, [0.0]
            return found

    def call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The reply to an operation of the service. Raises `RuntimeRefusal` as the service does."""
        problems = shape_problems(operation, params)
        if problems:
            raise RuntimeRefusal("ValidationException", "; ".join(problems))
        if params["JobArn"] != JOB_ARN:
            raise RuntimeRefusal("ResourceNotFoundException", f"job {params['JobArn']} does not exist")
        with self._lock:
            found = self.trajectories.get(params["TrajectoryId"])
        if found is None:
            raise RuntimeRefusal("ResourceNotFoundException", f"trajectory {params['TrajectoryId']} does not exist")
        if self.now() > found.expires:
            raise RuntimeRefusal("AccessDeniedException", "The security token included in the request is expired")
        if operation == "Sample":
            return self._sample(params, found)
        with self._lock:
            return self._complete(params, found) if operation == "CompleteRollout" else self._reward(params, found)

    def _sample(self, params: Mapping[str, Any], found: Recorded) -> dict[str, Any]:
        with self._lock:
            self._calls += 1
            if self.throttle_every and self._calls % self.throttle_every == 0:
                raise RuntimeRefusal("ThrottlingException", "Rate exceeded")
        if found.state != "open":
            raise RuntimeRefusal("ValidationException", f"trajectory is not in valid status for Sample: {found.state}")
        body = _body(params["Body"])
        said = dict(self.answer(params["TrajectoryId"], body["messages"], body.get("tools") or ()))
        with self._lock:
            found.messages = [*body["messages"], said]
            found.tools = list(body.get("tools") or found.tools)
            found.turns += 1
        reason = "tool_calls" if said.get("tool_calls") else "stop"
        choice = {"index": 0, "message": said, "finish_reason": reason}
        return {"id": f"{params['TrajectoryId']}-{found.turns}", "object": "chat.completion", "choices": [choice]}

    def _complete(self, params: Mapping[str, Any], found: Recorded) -> dict[str, Any]:
        token, status = params.get("ClientToken"), params.get("Status", "ready")
        if token and found.tokens.get("complete") == token:
            return {}
        if found.state != "open":
            raise RuntimeRefusal("ConflictException", f"Cannot transition trajectory from {found.state} to {status}")
        found.state, found.failed = status, status == "failed"
        if token:
            found.tokens["complete"] = token
        return {}

    def _reward(self, params: Mapping[str, Any], found: Recorded) -> dict[str, Any]:
        token, rewards = params.get("ClientToken"), [float(value) for value in params["Rewards"]]
        if token and found.tokens.get("reward") == token:
            return {}
        if found.state not in ("ready", "failed"):
            raise RuntimeRefusal("ConflictException", f"trajectory is not in valid status for rewards: {found.state}")
        if len(rewards) not in (1, found.turns) or not all(map(math.isfinite, rewards)):
            wanted = f"one finite number, or one for each of {found.turns} turns"
            raise RuntimeRefusal("ValidationException", f"Rewards must hold {wanted}, got {rewards!r:.200}")
        found.state, found.rewards = "rewarded", rewards
        if token:
            found.tokens["reward"] = token
        return {}


class _Handler(BaseHTTPRequestHandler):
    """HTTP around a `JobRuntime`: rest-json, as the service speaks it."""

    runtime: ClassVar[JobRuntime]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        try:
            reply, status, code = self._reply(), 200, ""
        except RuntimeRefusal as refusal:
            reply, status, code = {"Message": refusal.message}, status_of(refusal.code), refusal.code
        except Exception as error:  # noqa: BLE001  whatever a model raises, the agent sees a server's fault
            reply, status, code = {"Message": f"{type(error).__name__}: {error}"[:1000]}, 500, "InternalServiceError"
        content = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if code:
            self.send_header("x-amzn-ErrorType", code)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the agent's own output is what a person wants to see."""

    def _reply(self) -> dict[str, Any]:
        size = int(self.headers.get("Content-Length") or 0)
        if size > MAX_BODY_BYTES:
            raise RuntimeRefusal("ValidationException", f"a request has at most {MAX_BODY_BYTES:,} bytes")
        content = self.rfile.read(size)
        path = self.path.partition("?")[0]
        operation = _PATHS.get(path)
        if operation is None:
            raise RuntimeRefusal("ResourceNotFoundException", f"no operation at {path!r}; known: {', '.join(_PATHS)}")
        if not self.headers.get("Authorization"):
            raise RuntimeRefusal("AccessDeniedException", "Missing Authentication Token")
        return self.runtime.call(operation, self._params(operation, content))

    def _params(self, operation: str, content: bytes) -> dict[str, Any]:
        headers = {"JobArn": "X-Amzn-SageMaker-Job-Arn", "TrajectoryId": "X-Amzn-SageMaker-Trajectory-Id"}
        found = {name: self.headers[header] for name, header in headers.items() if self.headers.get(header)}
        if operation == "Sample":
            return {**found, "Body": content}
        try:
            body = json.loads(content or b"{}")
        except ValueError as error:
            raise RuntimeRefusal("ValidationException", f"the body is not JSON: {error}") from None
        if not isinstance(body, dict):
            raise RuntimeRefusal("ValidationException", "the body must be a JSON object")
        return {**found, **body}


def served(runtime: JobRuntime, port: int = 0) -> ThreadingHTTPServer:
    """The runtime behind a socket of this machine alone; the caller starts and closes it."""
    handler = type("Handler", (_Handler,), {"runtime": runtime})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    return server


@cache
def _service() -> Any:
    from botocore.session import get_session

    return get_session().get_service_model("sagemakerjobruntime")


def status_of(code: str) -> int:
    """The HTTP status of an error, by the service model."""
    return int(_service().shape_for(code).metadata["error"]["httpStatusCode"])


def shape_problems(operation: str, params: Mapping[str, Any]) -> list[str]:
    """What in a request breaks the service's model: members, types, and the patterns, lengths and choices of text."""
    from botocore.validate import ParamValidator

    shape = _service().operation_model(operation).input_shape
    report = ParamValidator().validate(dict(params), shape)
    if report.has_errors():
        return [report.generate_report()]
    return [problem for name, value in params.items() for problem in _text_problems(name, value, shape.members[name])]


def _text_problems(name: str, value: Any, shape: Any) -> list[str]:
    if shape.type_name != "string":
        return []
    known = shape.metadata
    if "enum" in known and value not in known["enum"]:
        return [f"{name} must be one of {', '.join(known['enum'])}, got {value!r}"]
    if not known.get("min", 0) <= len(value) <= known.get("max", math.inf):
        return [f"{name} must have {known.get('min', 0)} to {known['max']} characters, got {len(value)}"]
    if "pattern" in known and not re.fullmatch(known["pattern"], value):
        return [f"{name} must match {known['pattern']}, got {value!r:.200}"]
    return []


def _body(content: bytes) -> dict[str, Any]:
    """An OpenAI-shaped request of a chat completion."""
    try:
        body = json.loads(content)
    except ValueError as error:
        raise RuntimeRefusal("ValidationException", f"the body is not JSON: {error}") from None
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
        raise RuntimeRefusal("ValidationException", "the body needs `messages`, a list of objects")
    return dict(body)
