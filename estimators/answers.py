"""Completions of a deployed model for the rows of a file: Bedrock Converse calls, resumable, as rollout records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

from datagen.errors import FormatError
from datagen.formats import read_jsonl
from estimators.aws import Session
from estimators.converse import assistant_turn, converse_request
from estimators.errors import JobError, OutputError
from rewards.aws import code_of, message_of
from rewards.errors import RowError
from rewards.rollouts import FINISH_REASONS, Record, read_records, rollout_record
from rewards.rows import split_turns
from rewards.writing import appending

__all__ = ["Usage", "answer_rows", "assistant_turn", "converse_request", "usage_of"]


class Usage(NamedTuple):
    """Completions in the file, and their token counts."""

    completions: int
    input_tokens: int
    output_tokens: int


def answer_rows(
    rows: Path,
    model: str,
    session: Session,
    *,
    out: Path,
    max_tokens: int,
    temperature: float = 0.0,
    workers: int = 8,
    on_completion: Callable[[int, int], None] = lambda done, of: None,
) -> Usage:
    """Append a completion to `out` for every row of an RFT file that has none there yet.

    `model` is the ARN of a deployment, a provisioned model or an inference profile. `on_completion` is told how many of
    how many rows are completed. Raises `JobError` where Bedrock refuses; what was completed until then is kept.
    """
    wanted = list(_rows(rows))
    client = session.client("bedrock-runtime")
    settings = {"maxTokens": max_tokens, "temperature": temperature}
    with appending(out) as file:
        completed = {record.get("row_id") for _, record in read_records(out)}
        todo = [row for row in wanted if str(row["id"]) not in completed]
        for done, record in enumerate(
            _ask_all(client, model, todo, settings, workers), start=len(wanted) - len(todo) + 1
        ):
            file.write(f"{json.dumps(record)}\n".encode())
            file.flush()
            on_completion(done, len(wanted))
    return usage_of(out)


def usage_of(out: Path) -> Usage:
    """Token usage of the completions in a file."""
    tokens: list[Any] = [record.get("tokens", {}) for _, record in read_records(out)]
    prompt, completion = (sum(counts.get(name, 0) for counts in tokens) for name in ("prompt", "completion"))
    return Usage(len(tokens), prompt, completion)


def _ask_all(
    client: Any, model: str, rows: Iterable[Mapping[str, Any]], settings: Mapping[str, Any], workers: int
) -> Iterator[Record]:
    """Records as they arrive. After an error no further row is asked; those under way are waited for."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        asked = [pool.submit(_ask, client, model, row, settings) for row in rows]
        try:
            for future in as_completed(asked):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _ask(client: Any, model: str, row: Mapping[str, Any], settings: Mapping[str, Any]) -> Record:
    from botocore.exceptions import ClientError

    try:
        reply = client.converse(**converse_request(row, model, settings))
    except ClientError as error:
        raise JobError(f"{code_of(error)}: {message_of(error)}; run it again to go on where it stopped") from error
    usage, reason = reply["usage"], reply["stopReason"]
    return rollout_record(
        row,
        [assistant_turn(reply)],
        row_id=str(row["id"]),
        sample=0,
        model=model,
        temperature=settings.get("temperature"),
        tokens={"prompt": usage["inputTokens"], "completion": usage["outputTokens"]},
        finish_reason=FINISH_REASONS.get(reason, reason),
        seconds=reply["metrics"]["latencyMs"] / 1000,
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows to ask for, in any shape of `rewards.rows`. Raises `OutputError` naming the line of one that is none."""
    try:
        for number, row in read_jsonl(path):
            if "id" not in row:
                raise OutputError(f"{path}:{number}: a row needs an 'id', by which its completion is found again")
            try:
                split_turns(row)
            except RowError as error:
                raise OutputError(f"{path}:{number}: {error}") from error
            yield row
    except FormatError as error:
        raise OutputError(str(error)) from error
