"""The interface of a platform, chosen by `--on NAME`.

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

Verb = Literal["run", "plan", "recipe", "distill", "evaluate", "launch", "sdk", "follow", "collect", "clean"]
Sdk = Literal["boto3", "pytorch", "model-trainer"]

# Where RFT starts while SFT has not made it yet; manifest.json of its output will name it.
SFT_CHECKPOINT = "s3://<checkpoint of the SFT job>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job before a platform is chosen: train a project by `method`, or run the given `recipe`.

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
        """The job's base name, without the digest."""
        return f"{self.project}-{self.method}"


@dataclass(frozen=True, slots=True)
class Launching:
    """Options of a launch: `folder` for its files, and `force` with the codes of accepted findings."""

    folder: Path
    sdk: Sdk = "boto3"
    force: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Launched:
    """A launched job. If an earlier launch had started it, `started` is False and `state` is its current state."""

    name: str
    arn: str
    started: bool
    state: str = ""


class Platform(Protocol):
    """A platform that runs jobs. Subclass it and implement `name`, `Settings`, `plan`, `launch` and `job`.

    `Settings` is the class of the platform's section in the project file: `name:` at its top level, all keys optional.
    `lacks` maps what the platform cannot do to what to do instead, as the end of a sentence. `options` are those that
    find a job again, each with its meaning: a person gives them as `--where KEY=VALUE`. `graded_task` is the evaluation
    task in which the grader scores held-out rows.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[Any]]
    lacks: ClassVar[Mapping[Verb, str]] = {}
    options: ClassVar[Mapping[str, str]] = {}
    graded_task: ClassVar[str] = "rft_eval"

    def connect(self, region: str, profile: str | None) -> Any:
        """The connection that the other methods need, such as a boto3 session; None if none is needed."""
        return None

    def plan(self, work: Work) -> JobPlan:
        """The exact job with its uploads, cost and findings. Makes no call and needs no account."""
        ...

    def preflight(self, plan: JobPlan, session: Any) -> Iterable[JobFinding]:
        """Findings on the plan from the account, by read-only calls."""
        return ()

    def cost(self, plan: JobPlan) -> str:
        """The cost of the plan, or why it is unknown."""
        return "unknown" if plan.cost is None else cost_in_words(plan.cost)

    def launch(self, plan: JobPlan, session: Any, how: Launching) -> Launched:
        """Start the job, or return the one that an earlier launch of the same plan started."""
        ...

    def job(self, name: str, session: Any, plan: JobPlan | None, where: Mapping[str, str]) -> Job:
        """A handle of the job of this name, for status, logs, outputs and stopping. Makes no call.

        `plan` is what the launch kept, where it is known; `where` holds the `options` that were given.
        """
        ...

    def address(self, plan: JobPlan) -> Mapping[str, str]:
        """The values of `options` with which the job is found from a machine without its plan."""
        return {}

    def leftovers(self, run: str, session: Any) -> Iterable[Leftover]:
        """The resources of the run, in deletion order. Read-only."""
        raise lacking(self, "clean")

    def remove(self, leftover: Leftover, session: Any, sleep: Sleep) -> None:
        """Delete a resource and wait until it is deleted; one that is already deleted is no error."""
        raise lacking(self, "clean")


def require(platform: Platform, verb: Verb) -> None:
    """Raise `UnsupportedError` if the platform declares that it lacks the verb."""
    if verb in platform.lacks:
        raise lacking(platform, verb)


def lacking(platform: Platform, verb: Verb) -> UnsupportedError:
    """The error for a verb that the platform lacks, with the alternative."""
    instead = platform.lacks.get(verb, "nothing replaces it; choose another platform with --on")
    return UnsupportedError(f"{platform.name} cannot {_TOLD.get(verb, verb)}: {instead}")


_TOLD: Mapping[str, str] = {
    "run": "take a whole run through its stages",
    "plan": "plan a job",
    "recipe": "take a recipe",
    "distill": "distil a model from a teacher's answers to prompts",
    "evaluate": "run an evaluation job",
    "launch": "launch a job",
    "sdk": "be launched through an SDK of SageMaker's",
    "follow": "show a job",
    "collect": "hand over what a job left",
    "clean": "find what a run left",
}
