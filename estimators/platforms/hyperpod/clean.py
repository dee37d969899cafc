"""A run's jobs on a cluster: found by the labels that `hyperpod start-job` gives to every pod, and taken off it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from estimators.aws import Session
from estimators.errors import JobError
from estimators.leftovers import Leftover
from estimators.platforms.hyperpod.cli import Runner, output_of
from estimators.platforms.hyperpod.job import ClusterJob
from estimators.platforms.hyperpod.plan import JOB_LABEL, RUN_LABEL, Cluster

_VALUE: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")  # Kubernetes: "Labels and Selectors"


def leftovers(run: str, session: Session, runner: Runner) -> Iterator[Leftover]:
    """The run's jobs on the cluster that kubectl is connected to, in every namespace; finished ones too. Reads only."""
    if not _VALUE.fullmatch(run):
        return
    pods = ["kubectl", "get", "pods", "--all-namespaces", "--selector", f"{RUN_LABEL}={run}", "--output", "json"]
    text = output_of(pods, runner, environment=_environment(session))
    try:
        found = {
            (pod["metadata"]["namespace"], pod["metadata"]["labels"][JOB_LABEL]) for pod in json.loads(text)["items"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise JobError(f"kubectl did not answer with a list of labelled pods but with {text[:80]!r}") from error
    yield from (Leftover("hyperpod", "cluster-job", f"{namespace}/{job}", "cancel") for namespace, job in sorted(found))


def remove(leftover: Leftover, session: Session, runner: Runner) -> None:
    """Cancel the job, which frees its instances; one that is gone already is no error."""
    namespace, job = leftover.id.split("/")
    ClusterJob(job, Cluster(namespace=namespace), session, runner).stop()


def _environment(session: Session) -> dict[str, str]:
    return {"AWS_REGION": session.region_name} if session.region_name else {}
