"""The Kubernetes pods of a job, and the job's state derived from them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from estimators.errors import JobError
from estimators.job_names import TOOL_SUFFIX, belongs_to


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod: `phase` is Pending, Running, Succeeded, Failed or Unknown; `reason` explains a wait or an end."""

    name: str
    phase: str
    created: datetime
    changed: datetime
    reason: str = ""


def release_in(listing: str, job: str) -> str | None:
    """The job's name in a tool's listing, suffix included; None if it is not listed.

    >>> release_in('{"jobs": [{"Name": "rft-0a1b-x7k2p"}]}', "rft-0a1b")
    'rft-0a1b-x7k2p'
    """
    found = re.search(rf"(?<![\w-]){re.escape(job)}{TOOL_SUFFIX}(?![\w-])", listing)
    return found.group() if found else None


def read_pods(text: str, job: str) -> tuple[Pod, ...]:
    """The job's pods in the output of `kubectl get pods --output json`. Raises `JobError` for any other text."""
    try:
        items = json.loads(text)["items"]
        return tuple(_pod(item) for item in items if belongs_to(item["metadata"]["name"], job))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JobError(f"kubectl did not answer with a list of pods but with {text[:80]!r}") from error


def state_of(pods: Sequence[Pod]) -> str:
    """InProgress, Completed or Failed, in SageMaker's words. A failed pod beside others at work may yet be replaced."""
    phases = {pod.phase for pod in pods}
    if phases & {"Pending", "Running", "Unknown"}:
        return "InProgress"
    return "Failed" if "Failed" in phases else "Completed"


def phase_of(pods: Sequence[Pod]) -> str:
    """Pod counts by phase, with the reasons of waiting pods.

    >>> now = datetime(2026, 11, 21, tzinfo=UTC)
    >>> phase_of([Pod("a", "Running", now, now), Pod("b", "Pending", now, now, "ImagePullBackOff")])
    '1 Running, 1 Pending: ImagePullBackOff'
    """
    counts: dict[str, int] = {}
    for pod in pods:
        counts[pod.phase] = counts.get(pod.phase, 0) + 1
    reasons = dict.fromkeys(pod.reason for pod in pods if pod.reason)
    shown = ", ".join(f"{count} {phase}" for phase, count in sorted(counts.items(), reverse=True))
    return f"{shown}: {', '.join(reasons)}" if reasons else shown


def _pod(item: Mapping[str, Any]) -> Pod:
    status, created = item.get("status", {}), _time(item["metadata"]["creationTimestamp"])
    containers = list(_container_states(status))
    times = [_time(state[key]) for state in containers for key in ("startedAt", "finishedAt") if state.get(key)]
    reasons = (state.get("message") or state.get("reason") for state in containers if state.get("exitCode") != 0)
    reason = next((text for text in reasons if text), None) or status.get("message") or status.get("reason") or ""
    return Pod(item["metadata"]["name"], status.get("phase", "Unknown"), created, max([created, *times]), reason)


def _container_states(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What each container waits for, does or ended with."""
    for container in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        yield from container.get("state", {}).values()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
