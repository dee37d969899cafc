"""The interface behind `--on NAME`: what every platform can be asked, whoever wrote it.

A platform is one object in one folder (or one file of a package of your own); `estimators.platforms.registry` finds it
by name. What it cannot do it declares in `lacks`, with what to do instead, so that a command never ends in a riddle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from estimators.errors import UnsupportedError
from estimators.findings import JobFinding
from estimators.images import Method
from estimators.leftovers import Leftover, Sleep
from estimators.monitoring.follow import Job
from estimators.plan import JobPlan
from estimators.planning.cost import cost_in_words
from estimators.planning.data import Data
from recipes import Recipe

Verb = Literal["run", "plan", "recipe", "evaluate", "launch", "sdk", "follow", "collect", "clean"]
Sdk = Literal["boto3", "pytorch", "model-trainer"]

# Where RFT starts while SFT has not made it yet; manifest.json of its output will name it.
SFT_CHECKPOINT = "s3://<checkpoint of the SFT job>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a job shall do, before a platform is chosen: train a project by `method`, or run the `recipe` given.

    `settings` holds the sections of the project file, by platform. `changes` are recipe keys of the project, dotted.
    `digests` are those of inputs that a job cannot show itself, such as the grader's.
    """

    project: str
    settings: Mapping[str, Any]
    data: Data | None
    method: Method | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: str | None = None
    recipe: Recipe | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1
    sdk: Sdk = "boto3"

    @property
    def name(self) -> str:
        """What the job is called before it gets its digest."""
        return f"{self.project}-{self.method}"


@dataclass(frozen=True, slots=True)
class Launching:
    """How a plan is launched: `folder` is for files of the launch, `force` names findings that a person accepts."""

    folder: Path
    sdk: Sdk = "boto3"
    force: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Launched:
    """A job that runs or ran. Where an earlier launch had started it, `started` is False and `state` says how it is."""

    name: str
    arn: str
    started: bool
    state: str = ""


class Platform(Protocol):
    """Where jobs run. Inherit from it and write what differs: `name`, `Settings`, `plan`, `launch` and `job`.

    `Settings` is the class of the platform's section in the project file: `name:` at its top level, all keys optional.
    `lacks` maps what the platform cannot do to what to do instead, as the end of a sentence. `options` are those that
    find a job again, each with its meaning: a person gives them as `--where KEY=VALUE`.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[Any]]
    lacks: ClassVar[Mapping[Verb, str]] = {}
    options: ClassVar[Mapping[str, str]] = {}

    def connect(self, region: str, profile: str | None) -> Any:
        """What the other methods reach the platform by, such as a boto3 session; None where nothing is needed."""
        return None

    def plan(self, work: Work) -> JobPlan:
        """The exact job, its uploads, its cost and what is wrong with it. Makes no call and needs no account."""
        ...

    def preflight(self, plan: JobPlan, session: Any) -> Iterable[JobFinding]:
        """What the account says about the plan, by reading calls only."""
        return ()

    def cost(self, plan: JobPlan) -> str:
        """What the plan may cost, or why that is not known."""
        return "unknown" if plan.cost is None else cost_in_words(plan.cost)

    def launch(self, plan: JobPlan, session: Any, how: Launching) -> Launched:
        """Start the job, or find the one that an earlier launch of the same plan started."""
        ...

    def job(self, name: str, session: Any, plan: JobPlan | None, where: Mapping[str, str]) -> Job:
        """The job of this name, to be asked for status, logs and outputs, and to be stopped. Makes no call.

        `plan` is what the launch kept, where it is known; `where` holds the `options` that were given.
        """
        ...

    def address(self, plan: JobPlan) -> Mapping[str, str]:
        """The values of `options` that find the job again from a machine without its plan."""
        return {}

    def leftovers(self, run: str, session: Any) -> Iterable[Leftover]:
        """What the run of this name left, in the order in which it can be removed. Changes nothing."""
        raise lacking(self, "clean")

    def remove(self, leftover: Leftover, session: Any, sleep: Sleep) -> None:
        """Remove one of the leftovers and wait until it is gone; one that is gone already is no error."""
        raise lacking(self, "clean")


def require(platform: Platform, verb: Verb) -> None:
    """Raise `UnsupportedError` where the platform declares that it lacks the verb."""
    if verb in platform.lacks:
        raise lacking(platform, verb)


def lacking(platform: Platform, verb: Verb) -> UnsupportedError:
    """The error for a verb that the platform lacks: it says what to do instead."""
    instead = platform.lacks.get(verb, "nothing replaces it; choose another platform with --on")
    return UnsupportedError(f"{platform.name} cannot {_TOLD.get(verb, verb)}: {instead}")


_TOLD: Mapping[str, str] = {
    "run": "take a whole run through its stages",
    "plan": "plan a job",
    "recipe": "take a recipe",
    "evaluate": "run an evaluation job",
    "launch": "launch a job",
    "sdk": "be launched through an SDK of SageMaker's",
    "follow": "show a job",
    "collect": "hand over what a job left",
    "clean": "find what a run left",
}
