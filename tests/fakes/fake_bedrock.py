"""Bedrock as a teacher sees it: Converse over HTTP with a quota, and batch jobs with a state."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, ClassVar

from tests.fakes.aws_model import AwsError, FakeService, moment
from tests.fakes.shapes import request_problems


class ModelServer(ThreadingHTTPServer):
    """Answers Converse and chat completions with the same text; refuses every call that `refuses` names first.

    `refuses` maps the number of a call, from 1, to a status and an error code. With `raw` each call is answered with
    these bytes; the header promises `missing_bytes` more.
    """

    def __init__(
        self,
        refuses: dict[int, tuple[int, str]] | None = None,
        *,
        raw: bytes | None = None,
        charset: str = "utf-8",
        missing_bytes: int = 0,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.raw = raw
        self.charset = charset
        self.missing_bytes = missing_bytes
        self.refuses = refuses or {}
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def model_server(refuses: dict[int, tuple[int, str]] | None = None, **more: Any) -> Iterator[ModelServer]:
    server = ModelServer(refuses, **more)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


ANSWER = '{"samples": [{"question": "What does it say?", "answer": {"Type": "lookup"}}]}'


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.bodies.append(body)
            self.server.paths.append(self.path)
            self.server.headers.append(dict(self.headers))
            refusal = self.server.refuses.get(len(self.server.bodies))
        if self.server.raw is not None:
            self.send_response(200)
            self.send_header("Content-Type", f"application/json; charset={self.server.charset}")
            self.send_header("Content-Length", str(len(self.server.raw) + self.server.missing_bytes))
            self.end_headers()
            self.wfile.write(self.server.raw)
        elif refusal:
            self._reply(refusal[0], {"message": refusal[1]}, {"x-amzn-ErrorType": refusal[1], "Retry-After": "0"})
        elif self.path.endswith("/converse"):
            self._reply(200, converse_response(ANSWER))
        else:
            choice = {"message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
            self._reply(200, {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 5}})

    def _reply(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            **(headers or {}),
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


def converse_response(text: str) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 7, "outputTokens": 5, "totalTokens": 12},
        "metrics": {"latencyMs": 1},
    }


@dataclass
class BatchBedrock(FakeService):
    """The batch side of Bedrock: jobs run when `finish` is called; `s3` holds inputs and outputs.

    A job of less than 100 records, or with a line that is none, fails as a whole. A record whose input Converse would
    refuse, by botocore's model of it, has an error in place of an answer, as has one that `finish` leaves unanswered.
    """

    service: ClassVar[str] = "bedrock"

    s3: Any = None
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def create_model_invocation_job(self, **request: Any) -> dict[str, str]:
        arn = self.arn(f"model-invocation-job/{request['clientRequestToken'][:12]}")
        if arn not in self.jobs:
            lines = self._lines(request["inputDataConfig"]["s3InputDataConfig"]["s3Uri"])
            self.jobs[arn] = {"request": request, "status": "Submitted", "lines": lines, "looks": 0}
        return {"jobArn": arn}

    def get_model_invocation_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803 -- Bedrock's own name
        if jobIdentifier not in self.jobs:
            raise AwsError("ResourceNotFoundException", "The provided job identifier is not found", 404)
        job = self.jobs[jobIdentifier]
        job["looks"] += 1
        running = ("Submitted", "Validating", "InProgress")[min(job["looks"], 3) - 1]
        status = running if job["status"] == "Submitted" else job["status"]
        kept = {key: value for key, value in job["request"].items() if key != "tags"}
        message = {"message": job["message"]} if "message" in job else {}
        return {**kept, **message, "jobArn": jobIdentifier, "status": status, "submitTime": moment(0)}

    def finish(self, *, status: str = "Completed", answered: float = 1.0, seed: str = "1") -> None:
        """End every job: answers for a share of the records, in another order than they came."""
        for arn, job in self.jobs.items():
            if job["status"] == "Submitted":
                self._finish(arn, job, status, answered, seed)

    def _finish(self, arn: str, job: dict[str, Any], status: str, answered: float, seed: str) -> None:
        try:
            records = [json.loads(line) for line in job["lines"]]
        except ValueError as error:
            job.update(status="Failed", message=f"malformed input: {error}")
            return
        if len(records) < 100 or any(set(record) != {"recordId", "modelInput"} for record in records):
            job.update(status="Failed", message=f"{len(records)} records; at least 100 of recordId and modelInput")
            return
        lines = []
        for record in records:
            problems = request_problems("bedrock-runtime", "Converse", {"modelId": "m", **record["modelInput"]})
            if problems:
                lines.append({**record, "error": {"errorCode": 400, "errorMessage": "; ".join(problems)}})
            elif Random(f"{seed}/{record['recordId']}").random() < answered:
                lines.append({**record, "modelOutput": converse_response(ANSWER)})
            elif status == "PartiallyCompleted":
                lines.append({**record, "error": {"errorCode": 500, "errorMessage": "Internal error"}})
        Random(f"{seed}/{arn}").shuffle(lines)
        place = job["request"]["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"]
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        body = "\n".join(map(json.dumps, lines)).encode()
        self.s3.put_object(Bucket=bucket, Key=f"{prefix}x/input.jsonl.out", Body=body)
        self.s3.put_object(Bucket=bucket, Key=f"{prefix}x/manifest.json.out", Body=b"{}")
        job["status"] = status

    def _lines(self, uri: str) -> list[str]:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        text: str = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return text.split("\n")
