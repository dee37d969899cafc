"""The platform `sagemaker`: SageMaker training jobs (`--on sagemaker`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from estimators import aws
from estimators.aws import Session
from estimators.config import LaunchConfig
from estimators.errors import JobError
from estimators.findings import JobFinding
from estimators.leftovers import Leftover, Sleep
from estimators.plan import JobPlan
from estimators.planning import preflight
from estimators.planning.capacity import offering_findings, training_plan_findings
from estimators.planning.cost import cost_in_words
from estimators.planning.presets import rft_recipe, sft_recipe
from estimators.platforms.platform import SFT_CHECKPOINT, Launched, Launching, Platform, Sdk, Verb, Work
from estimators.platforms.sagemaker import account, clean
from estimators.platforms.sagemaker import sdk as sdks
from estimators.platforms.sagemaker.job import TrainingJob
from estimators.platforms.sagemaker.launch import launch
from estimators.platforms.sagemaker.plan import Flavour, plan_job
from recipes import Recipe
from rewards.aws import is_absent

_FLAVOURS: Final[Mapping[Sdk, Flavour]] = {"boto3": "v2", "pytorch": "v2", "model-trainer": "v3"}


class SageMaker(Platform):
    """Training jobs of `CreateTrainingJob`, started by boto3 or by either of SageMaker's SDKs."""

    name: ClassVar[str] = "sagemaker"
    Settings: ClassVar[type[LaunchConfig]] = LaunchConfig
    lacks: ClassVar[Mapping[Verb, str]] = {
        "distill": "say --on bedrock, or give a recipe of Nova 1's distillation with --recipe and its --data",
    }

    def connect(self, region: str, profile: str | None) -> Session:
        """A boto3 session."""
        return aws.connect(region, profile)

    def plan(self, work: Work) -> JobPlan:
        """The `CreateTrainingJob` request."""
        config: LaunchConfig = work.settings[self.name]
        return plan_job(
            work.recipe or _recipe(work, config),
            config=config,
            data=work.data,
            flavour=_FLAVOURS[work.sdk],
            attempt=work.attempt,
            digests=work.digests,
        )

    def preflight(self, plan: JobPlan, session: Session) -> Iterable[JobFinding]:
        """Credentials, role, buckets, quota, image, grader and base model."""
        return preflight.account_findings(
            plan,
            session,
            service="sagemaker.amazonaws.com",
            needs=account.needed_by_a_container(plan),
            own=[account.quota_findings, training_plan_findings, offering_findings],
        )

    def cost(self, plan: JobPlan) -> str:
        """The cost until the hard stop."""
        return "unknown" if plan.cost is None else f"at most {cost_in_words(plan.cost)}"

    def launch(self, plan: JobPlan, session: Session, how: Launching) -> Launched:
        """Upload and create the job, by boto3 or through an SDK's estimator."""
        if how.sdk == "boto3":
            return launch(plan, session, force=how.force)
        return _launch_by_sdk(plan, session, how.sdk)

    def job(self, name: str, session: Session, plan: JobPlan | None, where: Mapping[str, str]) -> TrainingJob:
        """The training job, found by its name."""
        return TrainingJob(name, session)

    def leftovers(self, run: str, session: Session) -> Iterable[Leftover]:
        """Jobs to stop, and outputs."""
        return clean.leftovers(run, session)

    def remove(self, leftover: Leftover, session: Session, sleep: Sleep) -> None:
        """Stop or delete the resource."""
        clean.remove(leftover, session)


def _recipe(work: Work, config: LaunchConfig) -> Recipe:
    if work.method == "sft":
        return sft_recipe(work.project, work.changes)
    checkpoint = work.checkpoint or SFT_CHECKPOINT
    return rft_recipe(work.project, work.changes, grader=config.grader(), checkpoint=checkpoint)


def _launch_by_sdk(plan: JobPlan, session: Session, sdk: Sdk) -> Launched:
    """Through the SDK's estimator, unless a job of the plan's name, and so of its content, is there already."""
    job = TrainingJob(plan.name, session)
    earlier = _described(job)
    if earlier is None and sdk == "pytorch":
        sdks.pytorch_estimator(plan, session).fit(wait=False)
    elif earlier is None:
        sdks.model_trainer(plan, session).train(wait=False)
    found = earlier or job.describe()
    return Launched(plan.name, found["TrainingJobArn"], earlier is None, found["TrainingJobStatus"])


def _described(job: TrainingJob) -> Mapping[str, Any] | None:
    """The job, None where there is none; raises `JobError` where AWS does not tell."""
    from botocore.exceptions import ClientError

    try:
        return job.describe()
    except JobError as error:
        if isinstance(error.__cause__, ClientError) and is_absent(error.__cause__):
            return None
        raise


PLATFORM: Final = SageMaker()
