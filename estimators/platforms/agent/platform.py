"""The platform `agent`: multi-turn reinforcement fine-tuning on SageMaker (`--on agent`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Final

from estimators import aws
from estimators.aws import Session
from estimators.errors import PlanError
from estimators.findings import JobFinding, refuse
from estimators.leftovers import Leftover, Sleep
from estimators.plan import JobPlan
from estimators.planning import preflight
from estimators.platforms.agent import account, clean
from estimators.platforms.agent.job import AgentJob
from estimators.platforms.agent.launch import launch
from estimators.platforms.agent.plan import AgentConfig, plan_agent, plan_agent_evaluation
from estimators.platforms.platform import Launched, Launching, Platform, Verb, Work


class Agent(Platform):
    """Jobs of `CreateJob` in which an agent of yours talks to the model over SageMaker's Job Runtime."""

    name: ClassVar[str] = "agent"
    Settings: ClassVar[type[AgentConfig]] = AgentConfig
    lacks: ClassVar[Mapping[Verb, str]] = {
        "recipe": "hyperparameters stand in rft.set of the project file",
        "distill": "say --on bedrock, whose teacher answers the prompts",
        "sdk": "leave --sdk out; boto3 sends the document that SDK v3's MultiTurnRLTrainer sends",
    }

    def connect(self, region: str, profile: str | None) -> Session:
        """A boto3 session."""
        return aws.connect(region, profile)

    def plan(self, work: Work) -> JobPlan:
        """The `CreateJob` request of a training, or of an evaluation of the model package `work.checkpoint`."""
        config: AgentConfig = work.settings[self.name]
        if work.data is None:
            raise PlanError("an agentic RFT job needs prompts")
        if work.checkpoint:
            config = config.model_copy(update={"input_model_package": work.checkpoint})
        if work.method == "eval":
            return plan_agent_evaluation(
                work.project, config=config, data=work.data, digests=work.digests, attempt=work.attempt
            )
        if work.method != "rft":
            raise PlanError(f"an agentic job trains by rft, not by {work.method}; its project has `env`, and no sft")
        return plan_agent(
            work.project,
            config=config,
            data=work.data,
            hyperparameters=work.changes,
            digests=work.digests,
            attempt=work.attempt,
        )

    def preflight(self, plan: JobPlan, session: Session) -> Iterable[JobFinding]:
        """Credentials, role, buckets, agent, base model, model package groups, and the quota of one job at a time."""
        return preflight.account_findings(
            plan,
            session,
            service="sagemaker.amazonaws.com",
            needs=account.needs(plan),
            own=[account.agent_findings, _hub_findings, account.group_findings, account.quota_findings],
        )

    def cost(self, plan: JobPlan) -> str:
        """Unknown: AWS publishes no price that this package knows."""
        return "unknown: SageMaker bills agentic RFT by tokens, at a price that we found published nowhere"

    def launch(self, plan: JobPlan, session: Session, how: Launching) -> Launched:
        """Upload the prompts, create the groups that are missing, and create the job."""
        refuse(plan.findings, how.force)
        return launch(plan, session)

    def job(self, name: str, session: Session, plan: JobPlan | None, where: Mapping[str, str]) -> AgentJob:
        """The job, found by its name."""
        return AgentJob(name, session, plan.request["JobCategory"] if plan else None)

    def leftovers(self, run: str, session: Session) -> Iterable[Leftover]:
        """Jobs to stop; where none runs, files, models, groups and the jobs."""
        return clean.leftovers(run, session)

    def remove(self, leftover: Leftover, session: Session, sleep: Sleep) -> None:
        """Stop or delete the resource."""
        clean.remove(leftover, session)


def _hub_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    document = json.loads(plan.request["JobConfigDocument"])
    config = document.get("TrainingConfig") or document["EvaluationConfig"]
    return preflight.hub_model_findings(config["BaseModelArn"], session)


PLATFORM: Final = Agent()
