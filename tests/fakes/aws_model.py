"""AWS in memory: services with state, reached through real boto3 clients, judged by botocore's own models.

A `FakeService` has one method per operation (`create_training_job`), which gets the request as keywords and returns the
reply. Around it, every request is refused that the model refuses (unknown members, enums, patterns, lengths), every
reply is checked against the model too, and an operation nobody wrote answers `NotImplementedByFake`, never a silent OK.

The hook is botocore's `before-send`, so serialisation, signing, retries and error parsing are the real ones; there is
no socket.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar
from xml.sax.saxutils import escape

import boto3
import botocore.session
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.model import OperationModel, Shape

from rewards.aws import refuse_page
from tests.fakes.shapes import reply_problems, request_problems, service_loader, service_model

# Errors any AWS service may answer, beside those its model declares for the operation.
COMMON_ERRORS = frozenset(
    {"AccessDeniedException", "ExpiredTokenException", "ThrottlingException", "ValidationException", "InternalFailure"}
)


class AwsError(Exception):
    """What the service answers instead of a reply."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


@dataclass
class Fault:
    """The next `times` calls of an operation answer `error`."""

    operation: str
    error: AwsError
    times: int = 1


@dataclass
class FakeService:
    """State of one service in one region. Subclasses name the service and define its operations."""

    service: ClassVar[str]

    region: str = "us-east-1"
    account: str = "123456789012"
    asked_in: str = ""  # the region of the client that asks
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def arn(self, resource: str, service: str | None = None) -> str:
        return f"arn:aws:{service or self.service}:{self.region}:{self.account}:{resource}"

    def count(self, operation: str) -> int:
        """How often an operation was asked for."""
        return sum(name == operation for name, _ in self.calls)

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to one request; raises `AwsError` where AWS would refuse it."""
        self.calls.append((operation, request))
        self._raise_fault(operation)
        problems = request_problems(self.service, operation, request)
        if problems:
            raise AwsError("ValidationException", f"{len(problems)} validation errors detected: {'; '.join(problems)}")
        handler = getattr(self, xform_name(operation), None)
        if handler is None:
            raise AwsError("NotImplementedByFake", f"{self.service} {operation}", 501)
        reply: dict[str, Any] = handler(**request) or {}
        wrong = reply_problems(self.service, operation, reply)
        assert not wrong, f"the fake's own reply breaks the model: {wrong}"
        return reply

    def _raise_fault(self, operation: str) -> None:
        for fault in self.faults:
            if fault.operation == operation and fault.times > 0:
                fault.times -= 1
                raise fault.error


class FakeAws:
    """Stands in for a `boto3.Session`: real clients whose requests to the given services stay in this process.

    `session` is the real session behind it, for libraries that insist on one.
    """

    def __init__(self, *services: FakeService, region: str = "us-east-1", attempts: int = 1):
        self.services = {service.service: service for service in services}
        self.region_name = region
        self.session = _new_session(region)
        self._config = Config(retries={"total_max_attempts": attempts, "mode": "standard"})
        self._clients: dict[str, Any] = {}
        for service in services:
            attach(self.session, service)

    def process(self) -> boto3.Session:
        """A new process: a session of its own, the same account."""
        session = _new_session(self.region_name)
        for service in self.services.values():
            attach(session, service)
        return session

    def client(self, name: str, *, region_name: str | None = None) -> Any:
        key = f"{name} in {region_name or self.region_name}"
        if key not in self._clients:
            self._clients[key] = self.session.client(name, region_name=region_name, config=self._config)
        return self._clients[key]


def _new_session(region: str) -> boto3.Session:
    """A real session with invented credentials. Sessions share the parsed models, which take most of the time."""
    core = botocore.session.Session()
    core.register_component("data_loader", service_loader())
    made = boto3.Session("testing", "testing", region_name=region, botocore_session=core)
    made.events.register("before-parse", refuse_page)  # as every session of ours has it
    return made


def attach(session: boto3.Session, service: FakeService) -> None:
    """Let `service` answer what every later client of this session sends to it."""
    asked = threading.local()
    model = service_model(service.service)
    name = model.service_id.hyphenize()

    def remember(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        asked.request, asked.region = dict(params), context["client_region"]

    def send(event_name: str, request: Any, **_: Any) -> AWSResponse:
        operation = model.operation_model(event_name.rsplit(".", 1)[-1])
        try:
            service.asked_in = asked.region
            status, headers, body = _encode(operation, service.answer(operation.name, asked.request))
        except AwsError as error:
            status, headers, body = _encode_error(operation, error)
        request.url = "https://answered.invalid/"  # botocore asks every hook; moto answers for AWS's hosts only
        return AWSResponse(request.url, status, headers, _Raw(body))

    session.events.register(f"before-parameter-build.{name}", remember)
    session.events.register(f"before-send.{name}", send)


class _Raw(io.BytesIO):
    """The part of urllib3's response that botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _encode(operation: OperationModel, reply: Mapping[str, Any]) -> tuple[int, dict[str, str], bytes]:
    shape = operation.output_shape
    if operation.service_model.protocol == "query":
        inner = "" if shape is None else f"<{operation.name}Result>{_xml(shape, reply)}</{operation.name}Result>"
        return 200, {}, f"<{operation.name}Response>{inner}</{operation.name}Response>".encode()
    if shape is None:
        return 200, {}, b""
    headers = {}
    document = {}
    body: bytes | None = None
    status = operation.http.get("responseCode", 200)
    for name, value in reply.items():
        member = shape.members[name]
        place = member.serialization.get("location")
        if place in ("header", "headers"):
            headers[member.serialization.get("name", name)] = str(value)
        elif place == "statusCode":
            status = value
        elif shape.serialization.get("payload") == name and member.type_name == "blob":
            body = value if isinstance(value, bytes) else value.encode()
        else:
            document[member.serialization.get("name", name)] = _json_value(member, value)
    payload = json.dumps(document).encode() if body is None else body
    return status, headers | {"content-length": str(len(payload))}, payload


def _json_value(shape: Shape, value: Any) -> Any:
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        members = shape.members
        return {members[k].serialization.get("name", k): _json_value(members[k], v) for k, v in value.items()}
    if shape.type_name == "list":
        return [_json_value(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {key: _json_value(shape.value, item) for key, item in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value


def _xml(shape: Shape, value: Any) -> str:
    """The inside of an element, as the query protocol of IAM and STS writes it."""
    if shape.type_name == "structure":
        return "".join(f"<{name}>{_xml(shape.members[name], item)}</{name}>" for name, item in value.items())
    if shape.type_name == "list":
        return "".join(f"<member>{_xml(shape.member, item)}</member>" for item in value)
    if shape.type_name == "boolean":
        return str(value).lower()
    return escape(value.isoformat() if isinstance(value, datetime) else str(value))


def _encode_error(operation: OperationModel, error: AwsError) -> tuple[int, dict[str, str], bytes]:
    declared = {shape.metadata.get("error", {}).get("code", shape.name) for shape in operation.error_shapes}
    known = declared | {shape.name for shape in operation.error_shapes} | COMMON_ERRORS | {"NotImplementedByFake"}
    assert error.code in known, f"{operation.name} does not answer {error.code}; it answers {sorted(known)}"
    if operation.service_model.protocol == "query":
        inner = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        return error.status, {}, f"<ErrorResponse><Error>{inner}</Error></ErrorResponse>".encode()
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    return error.status, {"x-amzn-errortype": error.code, "content-length": str(len(body))}, body


def moment(second: int) -> datetime:
    """A time of day on a fixed date, so that no test depends on the clock."""
    return datetime.fromtimestamp(1_764_000_000 + second, tz=UTC)


__all__ = ["AwsError", "FakeAws", "FakeService", "Fault", "attach", "moment"]
