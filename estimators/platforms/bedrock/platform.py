"""The platform `bedrock`: model customization jobs (`--on bedrock`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from estimators import aws
from estimators.aws import Session
from estimators.errors import PlanError
from estimators.findings import JobFinding
from estimators.leftovers import Leftover, Sleep
from estimators.plan import JobPlan
from estimators.planning import preflight
from estimators.planning.capacity import customization_findings
from estimators.planning.cost import cost_in_words
from estimators.platforms.bedrock import clean
from estimators.platforms.bedrock.job import CustomizationJob
from estimators.platforms.bedrock.models import launch_customization
from estimators.platforms.bedrock.plan import METHODS, BedrockConfig, plan_customization
from estimators.platforms.platform import Launched, Launching, Platform, Verb, Work


class Bedrock(Platform):
    """Jobs of `CreateModelCustomizationJob`. Bedrock chooses the machines, and shows neither log nor steps."""

    name: ClassVar[str] = "bedrock"
    Settings: ClassVar[type[BedrockConfig]] = BedrockConfig
    lacks: ClassVar[Mapping[Verb, str]] = {
        "recipe": "its hyperparameters are in the project file, under bedrock",
        "evaluate": "collect answers with `rft eval answers`, and compare them with `rft eval compare`",
        "sdk": "leave --sdk out; boto3 starts its jobs",
    }

    def connect(self, region: str, profile: str | None) -> Session:
        """A boto3 session."""
        return aws.connect(region, profile)

    def plan(self, work: Work) -> JobPlan:
        """The `CreateModelCustomizationJob` request."""
        if work.method not in METHODS or work.data is None:
            raise PlanError(f"Bedrock customises by {', '.join(METHODS)}, each with data, not by {work.method}")
        config: BedrockConfig = work.settings[self.name]
        return plan_customization(
            METHODS[METHODS.index(work.method)],
            name=work.name,
            config=config.model_copy(update={"base_model": work.checkpoint} if work.checkpoint else {}),
            data=work.data,
            changes=work.changes,
            attempt=work.attempt,
            digests=work.digests,
        )

    def preflight(self, plan: JobPlan, session: Session) -> Iterable[JobFinding]:
        """Credentials, role, buckets, grader and base model."""
        service = "bedrock.amazonaws.com"
        own = [customization_findings]
        return preflight.account_findings(plan, session, service=service, own=own, missing_model="error")

    def cost(self, plan: JobPlan) -> str:
        """The cost of SFT by tokens; RFT and distillation are billed by the hour."""
        if plan.cost is None:
            return "unknown: Bedrock bills this by the hour, and nobody publishes how long it takes"
        return cost_in_words(plan.cost)

    def launch(self, plan: JobPlan, session: Session, how: Launching) -> Launched:
        """Upload the data and create the job."""
        return launch_customization(plan, session, force=how.force)

    def job(self, name: str, session: Session, plan: JobPlan | None, where: Mapping[str, str]) -> CustomizationJob:
        """The customization job, found by its name."""
        return CustomizationJob(name, session)

    def leftovers(self, run: str, session: Session) -> Iterable[Leftover]:
        """Jobs to stop, and models with their deployments and throughput."""
        return clean.leftovers(run, session)

    def remove(self, leftover: Leftover, session: Session, sleep: Sleep) -> None:
        """Stop or delete the resource."""
        clean.remove(leftover, session, sleep)


PLATFORM: Final = Bedrock()
