"""A job before it is launched: the exact request, its uploads, its cost and its findings.

A plan is a value. It is printed, compared, stored as JSON and tested; launching it is one thin function elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from estimators.errors import PlanError
from estimators.findings import JobFinding
from estimators.images import Method
from estimators.token_cost import TrainingTokens, Usd
from recipes.checking.estimates import Estimate
from recipes.checking.prices import Price


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to store in S3 before the job starts: either `content`, or the file at `path`."""

    uri: str
    sha256: str
    size_bytes: int
    path: Path | None = None
    content: bytes | None = None

    def read(self) -> bytes:
        """The content as bytes."""
        if self.content is not None:
            return self.content
        assert self.path is not None, "an upload has content or a path"
        return self.path.read_bytes()


def upload_bytes(content: bytes, uri: str) -> Upload:
    """An upload of bytes in memory.

    >>> upload_bytes(b"{}", "s3://b/k").sha256[:8]
    '44136fa3'
    """
    return Upload(uri, hashlib.sha256(content).hexdigest(), len(content), content=content)


def upload_file(path: Path, uri: str) -> Upload:
    """An upload of a file. `uri` may contain `{sha256}`, which becomes the first 16 digits of the content's digest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Upload(uri.format(sha256=digest[:16]), digest, path.stat().st_size, path=path)


@dataclass(frozen=True, slots=True)
class JobPlan:
    """Everything a launch will do, and nothing else.

    `request` is passed to the API call `operation` of the platform unchanged. `tags` are in the request too; they carry
    the digests of grader, data and recipe, so that a job can be traced to its inputs.
    """

    platform: str
    operation: str
    method: Method
    name: str
    region: str
    request: Mapping[str, Any]
    recipe: bytes = b""
    uploads: tuple[Upload, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    cost: Estimate | TrainingTokens | None = None
    findings: tuple[JobFinding, ...] = ()

    def to_json(self) -> str:
        """The plan as JSON text, stable byte for byte for equal plans; bytes of the recipe appear as its text."""
        return json.dumps(_jsonable(self), indent=2, sort_keys=True, ensure_ascii=False)


def plan_from_json(text: str) -> JobPlan:
    """The plan that `to_json` wrote. Raises `PlanError` for any other text."""
    try:
        return _plan_from(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlanError(f"not a plan that `rft train plan --save` or a launch wrote: {error!r}") from error


def _plan_from(data: Mapping[str, Any]) -> JobPlan:
    return JobPlan(
        **{key: data[key] for key in ("platform", "operation", "method", "name", "region", "request", "tags")},
        recipe=data["recipe"].encode(),
        uploads=tuple(_upload_from(entry) for entry in data["uploads"]),
        cost=_cost_from(data["cost"]),
        findings=tuple(JobFinding(**entry) for entry in data["findings"]),
    )


def _jsonable(plan: JobPlan) -> dict[str, Any]:
    data = asdict(plan)
    data["recipe"] = plan.recipe.decode()
    for entry in data["uploads"]:
        entry["path"] = None if entry["path"] is None else entry["path"].as_posix()
        entry["content"] = None if entry["content"] is None else entry["content"].decode()
    return data


def _cost_from(entry: Mapping[str, Any] | None) -> Estimate | TrainingTokens | None:
    if entry is None:
        return None
    price = entry["price"]
    if "epochs" in entry:
        return TrainingTokens(**{**entry, "price": Usd(*price) if price else None})
    return Estimate(**{**entry, "price": Price(*price) if price else None})


def _upload_from(entry: Mapping[str, Any]) -> Upload:
    path, content = entry["path"], entry["content"]
    return Upload(
        uri=entry["uri"],
        sha256=entry["sha256"],
        size_bytes=entry["size_bytes"],
        path=None if path is None else Path(path),
        content=None if content is None else content.encode(),
    )
