"""The platform `local`: this machine (`--on local`). It trains in the calling process, so there is no job to find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from estimators.monitoring.follow import Job
from estimators.plan import JobPlan
from estimators.platforms.local.overlay import Overlay
from estimators.platforms.platform import Launched, Launching, Platform, Verb, Work, lacking

_RUN: Final = "`rft run PROJECT --on local` trains on this machine"


class Local(Platform):
    """Trains a small policy in place of Nova, in the stages of `rft run`; its folders are under RUNS."""

    name: ClassVar[str] = "local"
    Settings: ClassVar[type[Overlay]] = Overlay
    lacks: ClassVar[Mapping[Verb, str]] = {
        "plan": "`rft run PROJECT --on local --plan` shows what would be done on this machine",
        "recipe": f"{_RUN}, by the recipes of the project; its changes are under sft and rft",
        "distill": "say --on bedrock, whose teacher answers the prompts",
        "evaluate": "`rft run PROJECT --on local` evaluates on this machine; `rft eval compare` reads what it wrote",
        "launch": _RUN,
        "sdk": _RUN,
        "follow": "a local run shows its progress itself; Ctrl-C stops it, and the same command goes on",
        "collect": "a local run leaves everything in its folder, below RUNS",
        "clean": "delete its folder below RUNS",
    }

    def plan(self, work: Work) -> JobPlan:
        """A local run is no job."""
        raise lacking(self, "plan")

    def launch(self, plan: JobPlan, session: Any, how: Launching) -> Launched:
        """A local run is no job."""
        raise lacking(self, "launch")

    def job(self, name: str, session: Any, plan: JobPlan | None, where: Mapping[str, str]) -> Job:
        """A local run is no job."""
        raise lacking(self, "follow")


PLATFORM: Final = Local()
