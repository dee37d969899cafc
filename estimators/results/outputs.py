"""Outputs of a finished job: checkpoint, metrics, and evaluation results.

AWS's pages and tools disagree on one key of `manifest.json`; both spellings are read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from estimators.errors import MissingExtraError, OutputError
from estimators.monitoring.follow import Job
from estimators.monitoring.metrics import Point, in_order, read_csv, read_log, write_csv
from estimators.results.graded import GradedRows, graded_rows, read_graded
from rewards import Reward
from rewards.parsing.references import structured
from rewards.reward_tree import MEASURED
from rewards.rollouts import Record, graded_by_lambda, rollout_record, write_records
from rewards.writing import write_text

CHECKPOINT_FILE: Final = "checkpoint.json"
ROLLOUTS_FILE: Final = "rollouts.jsonl"
DETAILS: Final = "details_*.parquet"
RESULTS = "results_*.json"

# "checkpoint_s3_bucket" holds a whole URI, despite its name (AWS, "Monitoring RFT training"); nova-forge-sdk's
# troubleshooting page calls the same key "checkpoint_s3_path".
_CHECKPOINT_KEYS: Final = ("checkpoint_s3_bucket", "checkpoint_s3_path")
_SCORE_NAMES: Final = ("lambda_reward_score", "rft_eval_lambda_metric", "aggregate_reward_score")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A trained model: in AWS's escrow bucket, or on Bedrock its ARN. It runs only on the platform that made it."""

    uri: str
    platform: str


@dataclass(frozen=True, slots=True)
class Outputs:
    """A job's outputs and their folder; of an evaluation the results, and how many `rollouts` there are."""

    folder: Path
    checkpoint: Checkpoint | None
    metrics: tuple[Point, ...]
    rollouts: int = 0
    results: tuple[EvalMetric, ...] = ()


@dataclass(frozen=True, slots=True)
class EvalMetric:
    """One metric of an evaluation, with its standard error if the job reports one.

    `measured` is the share of the rows on which a metric was measured, over which its mean goes; a metric that was
    measured on none is left out.
    """

    task: str
    name: str
    value: float
    standard_error: float | None = None
    measured: float = 1.0


def collect(job: Job, out: Path, *, more: Iterable[Point] = ()) -> Outputs:
    """Download and read a job's outputs. A repeated call downloads nothing again.

    `out` gets the files under `files`, one table of all metrics (`metrics.csv`; `more` are points from elsewhere, such
    as MLflow), `checkpoint.json`, and of an evaluation its graded rollouts (`rollouts.jsonl`). Without a metrics file
    among the outputs the job's log is read instead. Raises `JobError` where the job has left nothing yet, and
    `OutputError` where what it left cannot be read.
    """
    job.fetch(out / "files")
    found = read_outputs(out / "files", job.platform)
    arn = job.model_arn()
    checkpoint = Checkpoint(arn, job.platform) if arn else found.checkpoint
    logged = () if found.metrics else read_log(line.text for line in job.logs())
    points = in_order((*logged, *found.metrics, *more))
    write_csv(out / "metrics.csv", points)
    if checkpoint:
        write_text(out / CHECKPOINT_FILE, f"{json.dumps(asdict(checkpoint), indent=2)}\n")
    return Outputs(found.folder, checkpoint, points, _keep_rollouts(out), tuple(_results(found.folder)))


def read_outputs(folder: Path, platform: str = "sagemaker") -> Outputs:
    """Checkpoint and metrics in a folder of fetched or unpacked outputs."""
    manifests = sorted(folder.rglob("manifest.json"))
    tables = sorted(folder.rglob("*_metrics.csv"))
    points = in_order(point for table in tables for point in read_csv(table))
    return Outputs(folder, read_manifest(manifests[0], platform) if manifests else None, points)


def read_manifest(path: Path, platform: str = "sagemaker") -> Checkpoint:
    """The checkpoint a `manifest.json` names, under either of its keys."""
    manifest = _json(path)
    uri = next((manifest[key] for key in _CHECKPOINT_KEYS if manifest.get(key)), None)
    if not isinstance(uri, str) or not uri.startswith("s3://"):
        raise OutputError(
            f"{path}: no S3 URI under {' or '.join(map(repr, _CHECKPOINT_KEYS))}, keys: {sorted(manifest)}"
        )
    return Checkpoint(uri, platform)


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint recorded by `collect`, from its file or folder."""
    file = path / CHECKPOINT_FILE if path.is_dir() else path
    noted = _json(file)
    uri, platform = noted.get("uri"), noted.get("platform")
    if not isinstance(uri, str) or not isinstance(platform, str):
        raise OutputError(f"{file}: not what `rft train collect` notes of a checkpoint, keys: {sorted(noted)}")
    return Checkpoint(uri, platform)


def read_eval_results(folder: Path) -> tuple[EvalMetric, ...]:
    """The numbers of every `results_*.json` below a folder, by task and metric."""
    found = tuple(_results(folder))
    if not found and not any(folder.rglob(RESULTS)):
        raise OutputError(f"{folder}: no {RESULTS}; is this the output of an evaluation job?")
    return found


def _results(folder: Path) -> Iterator[EvalMetric]:
    return (metric for file in sorted(folder.rglob(RESULTS)) for metric in _eval_metrics(_json(file), file))


def read_judged(path: Path, reward: Reward | None = None, *, keep_rows: bool = True) -> GradedRows:
    """Graded rows of an evaluation job's output folder, or of a file of rollouts; a file may be judged anew."""
    return read_eval_rows(path) if path.is_dir() else read_graded(path, reward, keep_rows=keep_rows)


def read_eval_rows(folder: Path) -> GradedRows:
    """Every graded row of an evaluation, from its Parquet details. Needs pyarrow (extra `local`)."""
    return graded_rows(enumerate(eval_records(folder), 1), None, folder)


def eval_records(folder: Path) -> Iterator[Record]:
    """The details of an evaluation job as graded rollout records. Needs pyarrow (extra `local`).

    The rows come in another order than the data; `specifics` holds the id of the data row. The job does not tell parts
    from metrics, so all numbers are metrics.
    """
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("reading evaluation details needs pyarrow: pip install 'rftkit[local]'") from error
    files = sorted(folder.rglob(DETAILS))
    if not files:
        raise OutputError(f"{folder}: no {DETAILS}; is this the output of an evaluation job?")
    seen: Counter[str] = Counter()
    for file in files:
        for index, row in enumerate(parquet.read_table(file).to_pylist()):
            yield _detail(row, f"{file}:{index}", seen)


def _keep_rollouts(out: Path) -> int:
    """Write what an evaluation has judged as a file of rollouts; returns how many there are."""
    if not any((out / "files").rglob(DETAILS)):
        return 0
    return write_records(out / ROLLOUTS_FILE, eval_records(out / "files"))


def _json(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise OutputError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, Mapping):
        raise OutputError(f"{path}: expected an object, got {type(document).__name__}")
    return document


def _eval_metrics(document: Mapping[str, Any], file: Path) -> Iterator[EvalMetric]:
    results = document.get("results")
    if not isinstance(results, Mapping):
        raise OutputError(f"{file}: no object under 'results'")
    for task, metrics in results.items():
        if not isinstance(metrics, Mapping):
            raise OutputError(f"{file}: no object under {f'results.{task}'!r}")
        for name, value in metrics.items():
            if name.endswith(("_stderr", MEASURED)) or not isinstance(value, (int, float)):
                continue
            measured = metrics.get(f"{name}{MEASURED}")
            if measured is None:
                yield EvalMetric(task, name, float(value), metrics.get(f"{name}_stderr"))
            elif measured > 0:  # the job counts a row on which it was not measured as 0
                yield EvalMetric(task, name, value / measured, measured=float(measured))


def _detail(row: Mapping[str, Any], where: str, seen: Counter[str]) -> Record:
    specifics, numbers = _object(row.get("specifics")), dict(_numbers(_object(row.get("metrics"))))
    row_id = specifics.get("sample_id", specifics.get("original_line"))
    if row_id is None:
        raise OutputError(f"{where}: 'specifics' names neither sample_id nor original_line")
    score = next((numbers.pop(name) for name in _SCORE_NAMES if name in numbers), None)
    if score is None:
        raise OutputError(f"{where}: none of {', '.join(_SCORE_NAMES)} among the metrics {sorted(numbers)}")
    prediction = row.get("predictions")
    text = prediction[0] if isinstance(prediction, list) and prediction else prediction
    asked = {
        "messages": [{"role": "user", "content": str(row.get("full_prompt") or "")}],
        "reference_answer": structured(row.get("gold")),
        "metadata": dict(specifics),
    }
    turn = {"role": "assistant", "content": str(text or "")}
    record = rollout_record(asked, [turn], row_id=str(row_id), sample=seen[str(row_id)])
    seen[str(row_id)] += 1
    return graded_by_lambda(
        record, score, [{"name": name, "value": value} for name, value in numbers.items()], grader=""
    )


def _numbers(metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _numbers(value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield name.removeprefix("lambda_") if name not in _SCORE_NAMES else name, float(value)


def _object(value: Any) -> Mapping[str, Any]:
    """A mapping as it is, or out of the JSON text a Parquet column may hold instead."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}
