"""Bedrock batch inference: the same requests at half the price, completed within hours.

The journal holds the requests of a batch as `batched` until the job ends. What a job did not answer, because it expired
or failed in part, is open again and goes into another job, or where it is too little for one, is asked on demand.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagen.errors import ConfigError, TeacherError
from datagen.teachers.aws import aws_failures
from datagen.teachers.bedrock import BedrockTeacher, converse_body, read_converse
from datagen.teachers.journal import Journal
from datagen.teachers.runner import Patience, Progress, ask
from datagen.tokens import estimate
from datagen.types import Request, digest

FEWEST = 100  # records of one job; Service Quotas "Minimum number of records per batch inference job"
MOST_BYTES = 900_000_000  # of one input file; the quota is 1 GB
_ENDED = frozenset({"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"})


@dataclass(frozen=True, slots=True)
class Batch:
    """Where a batch runs. `bedrock` and `s3` are clients, `place` is ``s3://bucket/prefix`` in the same region.

    `on_demand` is the same model without the batch, for what is too little for a job.
    """

    bedrock: Any
    s3: Any
    on_demand: BedrockTeacher
    role_arn: str
    place: str
    records_per_job: int = 20_000

    @property
    def identity(self) -> str:
        """The same as on demand: an answer is an answer."""
        return self.on_demand.identity


def enough_for_a_batch(requests: Sequence[Request]) -> None:
    """Raise `ConfigError` where a whole run is too little for a job."""
    if len(requests) < FEWEST:
        raise ConfigError(
            f"{len(requests)} requests are too few for a batch job of at least {FEWEST}; ask on demand: kind: bedrock"
        )


def submit(batch: Batch, requests: Sequence[Request], journal: Journal) -> list[str]:
    """Send what the journal neither has nor waits for; returns the new jobs.

    A job that was created and not yet noted when the program died is found again by its token. What is too little for
    a job is left open.
    """
    open_ = _open(batch, requests, journal)
    if len(open_) < FEWEST:
        return []
    jobs = []
    for shard in _shards(open_, batch):
        job = _create(batch, shard, attempt=journal.attempts(shard))
        journal.store_batched({key: open_[key] for key in shard}, job)
        jobs.append(job)
    return jobs


def collect(batch: Batch, requests: Sequence[Request], journal: Journal) -> dict[str, str]:
    """Read the answers of the jobs that have ended; returns the state of every job that was waited for."""
    keyed = {request.key(batch.identity): request for request in requests}
    states: dict[str, str] = {}
    for job, keys in journal.jobs().items():
        with aws_failures():
            details = batch.bedrock.get_model_invocation_job(jobIdentifier=job)
        states[job] = str(details["status"])
        if states[job] in _ENDED:
            _read_job(batch, details, {key: keyed[key] for key in keys if key in keyed}, journal)
    return states


def ask_in_batch(
    batch: Batch,
    requests: Sequence[Request],
    journal: Journal,
    patience: Patience,
    *,
    poll_s: float = 60.0,
    progress: Progress | None = None,
) -> None:
    """Submit, wait for every job, read the answers, and ask the few that are left on demand.

    Raises `TeacherError` where a job failed as a whole.
    """
    _affordable(list(_open(batch, requests, journal).values()), patience)
    submit(batch, requests, journal)
    while True:
        states = collect(batch, requests, journal)
        failed = sorted(job for job, state in states.items() if state == "Failed")
        if failed:
            raise TeacherError(f"batch jobs failed: {'; '.join(_failure(batch, job) for job in failed)}")
        if not set(states.values()) - _ENDED:
            break
        (patience.sleep or time.sleep)(poll_s)
    few = list(_open(batch, requests, journal).values())
    if len(few) < FEWEST:
        ask(batch.on_demand, few, journal, patience, progress=progress)


def _failure(batch: Batch, job: str) -> str:
    with aws_failures():
        message = batch.bedrock.get_model_invocation_job(jobIdentifier=job).get("message")
    return f"{job}: {message or 'Bedrock gives no reason'}"


def _affordable(requests: Sequence[Request], patience: Patience) -> None:
    """A batch cannot be stopped half way, so the questions alone must leave something of the budget."""
    price, limit = patience.price, patience.max_cost_usd
    if price is None or limit is None:
        return
    asking = price.of(sum(estimate(request.system + request.prompt).mid for request in requests), 0) / 2
    if asking >= limit:
        raise TeacherError(f"not sent: the input tokens alone cost about ${asking:.2f} of at most ${limit:.2f}")


def _open(batch: Batch, requests: Sequence[Request], journal: Journal) -> dict[str, Request]:
    """Requests by key that have no answer and are in no job."""
    waiting = {key for keys in journal.jobs().values() for key in keys}
    keyed = {request.key(batch.identity): request for request in requests}
    return {key: request for key, request in keyed.items() if key not in waiting and journal.answer(key) is None}


def _shards(requests: Mapping[str, Request], batch: Batch) -> Iterator[dict[str, str]]:
    """Lines by key, in files that respect the quotas; a rest below the least is spread over the last two."""
    lines = {key: _line(key, request, batch) for key, request in requests.items()}
    keys = list(lines)
    count = max(-(-len(keys) // batch.records_per_job), -(-sum(map(len, lines.values())) * 2 // MOST_BYTES))
    size = -(-len(keys) // count)
    size = min(len(keys), max(size, FEWEST))
    starts = list(range(0, len(keys), size))
    if len(keys) - starts[-1] < FEWEST:
        starts.pop()
    for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
        yield {key: lines[key] for key in keys[start:end]}


def _line(key: str, request: Request, batch: Batch) -> str:
    record = {"recordId": key, "modelInput": converse_body(request, batch.on_demand.temperature)}
    return json.dumps(record, ensure_ascii=False, default=_base64)


def _base64(picture: bytes) -> str:
    """Bytes as JSON has them; on demand botocore does it."""
    return b64encode(picture).decode("ascii")


def _create(batch: Batch, shard: Mapping[str, str], *, attempt: int) -> str:
    """The job of these lines; the token is another one once a job with them has failed, or Bedrock returns that one."""
    name = digest(*shard.values())
    bucket, prefix = _split(batch.place)
    source = f"{prefix}input/{name}.jsonl"
    with aws_failures():
        batch.s3.put_object(Bucket=bucket, Key=source, Body="\n".join(shard.values()).encode())
        job = batch.bedrock.create_model_invocation_job(
            jobName=f"datagen-{name}-{attempt}",
            clientRequestToken=digest(name, attempt),
            roleArn=batch.role_arn,
            modelId=batch.on_demand.model,
            modelInvocationType="Converse",
            inputDataConfig={"s3InputDataConfig": {"s3Uri": f"s3://{bucket}/{source}", "s3InputFormat": "JSONL"}},
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"s3://{bucket}/{prefix}output/{name}/"}},
        )
    return str(job["jobArn"])


def _read_job(batch: Batch, job: Mapping[str, Any], requests: Mapping[str, Request], journal: Journal) -> None:
    bucket, prefix = _split(job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"])
    left, reasons = dict(requests), {}
    with aws_failures():
        for record in _records(batch.s3, bucket, prefix):
            key = record.get("recordId", "")
            if key in left and "modelOutput" in record:  # the order of outputs is not that of inputs
                journal.store(key, left.pop(key), read_converse(record["modelOutput"]))
            elif isinstance(error := record.get("error"), dict):
                reasons[key] = f": {error.get('errorCode', '')} {error.get('errorMessage', '')}"
    for key, request in left.items():
        without = f"job {job['jobArn']} ended as {job['status']} without an answer"
        journal.store_failure(key, request, without + reasons.get(key, ""))


def _records(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """The lines of the job's outputs; one that cannot be read leaves its request without an answer."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if item["Key"].endswith(".jsonl.out"):
                lines = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().split(b"\n")
                yield from filter(None, map(_record, lines))


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line.decode("utf-8", "replace"))
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _split(uri: str) -> tuple[str, str]:
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return bucket, f"{prefix.rstrip('/')}/" if prefix else ""
