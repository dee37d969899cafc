"""Bedrock as a teacher sees it: Converse over HTTP with a quota, and batch jobs with a state."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any


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


class BatchBedrock:
    """The batch side of Bedrock: jobs run when `finish` is called; `s3` holds inputs and outputs."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        self.jobs: dict[str, dict[str, Any]] = {}

    def create_model_invocation_job(self, **request: Any) -> dict[str, str]:
        source = request["inputDataConfig"]["s3InputDataConfig"]["s3Uri"]
        records = self._lines(source)
        if len(records) < 100:
            raise AssertionError(f"ValidationException: {len(records)} records, at least 100 are needed")
        arn = f"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{request['clientRequestToken'][:12]}"
        self.jobs.setdefault(arn, {**request, "status": "Submitted", "records": records})
        return {"jobArn": arn}

    def get_model_invocation_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803 -- Bedrock's own name
        return self.jobs[jobIdentifier]

    def finish(self, *, status: str = "Completed", answered: float = 1.0, seed: str = "1") -> None:
        """End every job: answers for a share of the records, in another order than they came."""
        for arn, job in self.jobs.items():
            if job["status"] != "Submitted":
                continue
            lines = [
                {
                    "recordId": record["recordId"],
                    "modelInput": record["modelInput"],
                    "modelOutput": converse_response(ANSWER),
                }
                for record in job["records"]
                if Random(f"{seed}/{record['recordId']}").random() < answered
            ]
            Random(f"{seed}/{arn}").shuffle(lines)
            bucket, _, prefix = (
                job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].removeprefix("s3://").partition("/")
            )
            body = "\n".join(map(json.dumps, lines)).encode()
            self.s3.put_object(Bucket=bucket, Key=f"{prefix}x/input.jsonl.out", Body=body)
            self.s3.put_object(Bucket=bucket, Key=f"{prefix}x/manifest.json.out", Body=b"{}")
            job["status"] = status

    def _lines(self, uri: str) -> list[dict[str, Any]]:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return [json.loads(line) for line in body.splitlines()]
