"""The platform `hyperpod`: jobs on a SageMaker HyperPod cluster (`--on hyperpod`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar, Final

from estimators import aws
from estimators.aws import Session
from estimators.findings import JobFinding
from estimators.leftovers import Leftover, Sleep
from estimators.plan import JobPlan
from estimators.planning import preflight
from estimators.planning.cost import cost_in_words
from estimators.planning.presets import rft_recipe_for_clusters, sft_recipe
from estimators.platforms.hyperpod import clean, cli
from estimators.platforms.hyperpod.account import cluster_findings
from estimators.platforms.hyperpod.job import ClusterJob
from estimators.platforms.hyperpod.launch import launch_hyperpod, planned_job
from estimators.platforms.hyperpod.plan import Cluster, plan_hyperpod
from estimators.platforms.platform import SFT_CHECKPOINT, Launched, Launching, Platform, Verb, Work
from recipes import Recipe


class HyperPod(Platform):
    """Jobs that `hyperpod` or `hyp` starts on a cluster; `kubectl` and CloudWatch show them."""

    name: ClassVar[str] = "hyperpod"
    Settings: ClassVar[type[Cluster]] = Cluster
    lacks: ClassVar[Mapping[Verb, str]] = {
        "distill": "say --on bedrock, whose teacher answers the prompts",
        "sdk": "leave --sdk out; the cluster's own tool starts its jobs",
    }

    options: ClassVar[Mapping[str, str]] = {
        "cluster": "the cluster's name",
        "namespace": "the job's Kubernetes namespace",
        "tool": "what started the job: hyperpod or hyp",
        "output_uri": "the recipe's output_s3_path",
    }

    def connect(self, region: str, profile: str | None) -> Session:
        """A boto3 session, for uploads and CloudWatch."""
        return aws.connect(region, profile)

    def plan(self, work: Work) -> JobPlan:
        """The command lines of the cluster's tool, and the files they read."""
        return plan_hyperpod(
            work.recipe or _recipe(work),
            config=work.settings["sagemaker"],
            cluster=work.settings[self.name],
            data=work.data,
            attempt=work.attempt,
            digests=work.digests,
        )

    def preflight(self, plan: JobPlan, session: Session) -> Iterable[JobFinding]:
        """Credentials, buckets, image, cluster, grader and base model; the job has no role of its own."""
        return preflight.account_findings(plan, session, own=[cluster_findings])

    def cost(self, plan: JobPlan) -> str:
        """The cost until the hard stop of a training job of this kind; a cluster has no hard stop."""
        if plan.cost is None:
            return "unknown"
        hours = cost_in_words(plan.cost)
        return f"{hours}, if it takes that long: a cluster has no hard stop, and bills idle instances too"

    def launch(self, plan: JobPlan, session: Session, how: Launching) -> Launched:
        """Upload the data, write the files into its folder, and run the commands."""
        return launch_hyperpod(plan, session, folder=how.folder / plan.name, run=cli.run_process, force=how.force)

    def job(self, name: str, session: Session, plan: JobPlan | None, where: Mapping[str, str]) -> ClusterJob:
        """The job, on the cluster that `where` or the plan names."""
        run = cli.run_process
        job = planned_job(plan, session, run) if plan else ClusterJob(name, Cluster(), session, run)
        said = {("name" if key == "cluster" else key): value for key, value in where.items() if key != "output_uri"}
        cluster = job.cluster.model_copy(update=said)
        return replace(job, cluster=cluster, output=where.get("output_uri") or job.output)

    def address(self, plan: JobPlan) -> Mapping[str, str]:
        """Cluster, namespace and tool."""
        cluster = plan.request["cluster"]
        return {"cluster": cluster["name"], "namespace": cluster["namespace"], "tool": cluster["tool"]}

    def leftovers(self, run: str, session: Session) -> Iterable[Leftover]:
        """The run's jobs that `hyperpod start-job` put on the cluster; `hyp` labels none."""
        return clean.leftovers(run, session, cli.run_process)

    def remove(self, leftover: Leftover, session: Session, sleep: Sleep) -> None:
        """Cancel the job."""
        clean.remove(leftover, session, cli.run_process)


def _recipe(work: Work) -> Recipe:
    if work.method == "sft":
        return sft_recipe(work.project, work.changes)
    grader, checkpoint = work.settings["sagemaker"].grader(), work.checkpoint or SFT_CHECKPOINT
    return rft_recipe_for_clusters(work.project, work.changes, grader=grader, checkpoint=checkpoint)


PLATFORM: Final = HyperPod()
