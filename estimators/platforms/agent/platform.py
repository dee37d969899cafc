"""The platform `agent`: multi-turn reinforcement fine-tuning on SageMaker (`--on agent`). Plans only, so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from estimators.errors import PlanError
from estimators.monitoring.follow import Job
from estimators.plan import JobPlan
from estimators.platforms.agent.plan import AgentConfig, plan_agent
from estimators.platforms.platform import Launched, Launching, Platform, Verb, Work, lacking

_CLI: Final = "aws sagemaker {0} --job-name NAME --job-category AgentRFT"


class Agent(Platform):
    """Jobs of `CreateJob` in which an agent of yours talks to the model over SageMaker's Job Runtime."""

    name: ClassVar[str] = "agent"
    Settings: ClassVar[type[AgentConfig]] = AgentConfig
    lacks: ClassVar[Mapping[Verb, str]] = {
        "run": "add --plan, and send its request with `aws sagemaker create-job`",
        "recipe": "hyperparameters stand in rft.set of the project file",
        "evaluate": "`rft run PROJECT --on agent --plan` shows the request of the evaluation too",
        "launch": "send the planned request with `aws sagemaker create-job --cli-input-json`",
        "sdk": "SDK v3's MultiTurnRLTrainer sends the same document",
        "follow": f"run `{_CLI.format('describe-job')}`; its log group is /aws/sagemaker/Job/AgentRFT",
        "collect": f"run `{_CLI.format('describe-job')}`, which names the model package",
        "clean": f"run `{_CLI.format('delete-job')}`",
    }

    def plan(self, work: Work) -> JobPlan:
        """The `CreateJob` request of a training."""
        if work.data is None:
            raise PlanError("an agentic RFT job needs prompts to train on")
        if work.method != "rft":
            raise PlanError(f"an agentic job trains by rft, not by {work.method}; leave the other stage out")
        return plan_agent(
            work.project,
            config=work.settings[self.name],
            data=work.data,
            hyperparameters=work.changes,
            digests=work.digests,
            attempt=work.attempt,
        )

    def cost(self, plan: JobPlan) -> str:
        """Unknown: AWS publishes no price that this package knows."""
        return "unknown: SageMaker bills agentic RFT by tokens, at a price that we found published nowhere"

    def launch(self, plan: JobPlan, session: object, how: Launching) -> Launched:
        """Not yet: see `lacks`."""
        raise lacking(self, "launch")

    def job(self, name: str, session: object, plan: JobPlan | None, where: Mapping[str, str]) -> Job:
        """Not yet: see `lacks`."""
        raise lacking(self, "follow")


PLATFORM: Final = Agent()
