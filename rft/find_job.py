"""Finds a job again by its name: where the command line says, else where the plan that a launch kept says."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimators.aws import Session
    from estimators.monitoring.follow import Job
    from estimators.plan import JobPlan
    from estimators.platforms.hyperpod.job import ClusterJob
    from rft.training_plans import Place

DEFAULT_REGION = "us-east-1"


class Whereabouts(NamedTuple):
    """What the command line says of where a job runs; None leaves it to the kept plan, and to the defaults."""

    place: Place | None = None
    region: str | None = None
    profile: str | None = None
    cluster: str | None = None
    namespace: str | None = None
    tool: str | None = None
    output_uri: str | None = None
    runs: Path = Path("runs")


def kept_plan(job: str, runs: Path) -> JobPlan | None:
    """The plan that a launch from this folder left in `RUNS/NAME/jobs`; None where it was launched from elsewhere."""
    from estimators.plan import plan_from_json

    found = sorted(runs.glob(f"*/jobs/{job}.plan.json"))
    return plan_from_json(found[0].read_text(encoding="utf-8")) if found else None


def job_by_name(name: str, where: Whereabouts) -> Job:
    """The job of this name, to be watched, stopped or collected. Makes no call."""
    from estimators import aws
    from estimators.platforms.bedrock.job import CustomizationJob
    from estimators.platforms.sagemaker.job import TrainingJob

    plan = kept_plan(name, where.runs)
    session = aws.connect(where.region or (plan.region if plan else DEFAULT_REGION), where.profile)
    place = where.place or (plan.target if plan else "sagemaker")
    if place == "bedrock":
        return CustomizationJob(name, session)
    if place == "hyperpod":
        return _cluster_job(name, where, plan, session)
    return TrainingJob(name, session)


def following(plan: JobPlan) -> str:
    """The command line that follows the plan's job, from any machine.

    >>> from estimators import Data, LaunchConfig, plan_job
    >>> from recipes import nova_lite_2_sft_lora
    >>> plan = plan_job(nova_lite_2_sft_lora(), config=LaunchConfig(), data=Data("s3://b3/t.jsonl"), name="my-job")
    >>> following(plan)
    'rft train logs my-job --follow --region us-east-1'
    """
    words = ["rft", "train", "logs", plan.name, "--follow"]
    if plan.target != "sagemaker":
        words += ["--on", plan.target]
    if plan.target == "hyperpod":
        cluster = plan.request["cluster"]
        words += ["--cluster", cluster["name"], "--namespace", cluster["namespace"], "--tool", cluster["tool"]]
    return shlex.join([*words, "--region", plan.region])


def _cluster_job(name: str, where: Whereabouts, plan: JobPlan | None, session: Session) -> ClusterJob:
    from estimators.platforms.hyperpod import cli as running
    from estimators.platforms.hyperpod.job import ClusterJob
    from estimators.platforms.hyperpod.launch import planned_job
    from estimators.platforms.hyperpod.plan import Cluster

    known = plan is not None and plan.target == "hyperpod"
    run = running.run_process
    job = planned_job(plan, session, run) if plan and known else ClusterJob(name, Cluster(), session, run)
    said = {"name": where.cluster, "namespace": where.namespace, "tool": where.tool}
    cluster = job.cluster.model_copy(update={key: value for key, value in said.items() if value is not None})
    return replace(job, cluster=cluster, output=where.output_uri or job.output)
