"""Start planned HyperPod jobs through the cluster's command-line tools."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from estimators.aws import Session
from estimators.findings import refuse
from estimators.plan import JobPlan
from estimators.planning.recipe_facts import read_facts
from estimators.platforms.hyperpod.cli import Runner, output_of
from estimators.platforms.hyperpod.hyp import settled
from estimators.platforms.hyperpod.job import ClusterJob
from estimators.platforms.hyperpod.plan import Cluster
from estimators.platforms.platform import Launched
from estimators.uploads import upload_all
from rewards.writing import write_text

_NAME: Final = re.compile(r"^NAME:\s*(\S+)", re.MULTILINE)  # Helm's report of a new release


def launch_hyperpod(
    plan: JobPlan,
    session: Session,
    *,
    folder: Path,
    run: Runner,
    force: Collection[str] = (),
) -> Launched:
    """Upload the data, write the plan's files into `folder`, and run its commands, unless the job is there already.

    Raises `RefusedError` for blocking findings and `JobError` with the command's own words where one fails.
    """
    refuse(plan.findings, force)
    upload_all(plan.uploads, session)
    for name, text in plan.request["files"].items():
        write_text(folder / name, text)
    job = planned_job(plan, session, run)
    job.connect()
    found = job.release()
    if found:
        return Launched(found, found, started=False)
    _clear(plan, folder)
    outputs = [_run(plan, entry, folder, run) for entry in plan.request["commands"][1:]]
    name = _NAME.search(outputs[-1])
    return Launched(plan.name, name.group(1) if name else plan.name, started=True)


def planned_job(plan: JobPlan, session: Session, run: Runner) -> ClusterJob:
    """The job of a plan, with its cluster, steps, grader and output path."""
    facts = read_facts(plan.recipe)
    return ClusterJob(
        plan.name,
        Cluster(**plan.request["cluster"]),
        session,
        run,
        steps=facts.steps,
        grader_arn=next(iter(facts.graders.values()), None),
        output=facts.output,
    )


def _clear(plan: JobPlan, folder: Path) -> None:
    """Remove what an earlier launch left half done: `hyp init` asks before it fills a folder a second time."""
    for name in {str(entry["folder"]) for entry in plan.request["commands"]} - {""}:
        shutil.rmtree(folder / name, ignore_errors=True)


def _run(plan: JobPlan, entry: Mapping[str, object], folder: Path, run: Runner) -> str:
    argv, where = entry["argv"], folder / str(entry["folder"])
    assert isinstance(argv, list), "a command line is a list"
    where.mkdir(parents=True, exist_ok=True)
    output = output_of(argv, run, folder=where, environment=plan.request["environment"])
    if "hyp" in plan.request:
        settled(argv, folder / plan.name, plan.request["hyp"])
    return output
