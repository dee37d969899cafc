"""The jobs of an agent's project as plans: its training, and an evaluation of a model that one has made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from estimators.describe import plan_lines
from estimators.plan import JobPlan
from estimators.planning.data import Data
from estimators.platforms.agent.plan import group_requests
from estimators.platforms.platform import Work
from estimators.platforms.registry import platform_of
from rewards.trajectories import Task
from rft.agents.project import AgentProjectFile

ON: Final = "agent"
TRAINED: Final = "<checkpoint of the RFT job>"


def training_of(file: AgentProjectFile, *, attempt: int = 1) -> JobPlan:
    """The plan of the training, with its prompts as uploads; needs no account or network."""
    train, held_out = _prompts(file)
    work = Work(
        project=file.project.name,
        method="rft",
        settings={ON: file.project.agent},
        data=Data(train, held_out),
        changes=file.project.rft.set,
        digests=_digests(file),
        attempt=attempt,
    )
    return platform_of(ON).plan(work)


def evaluation_of(file: AgentProjectFile, *, model: str | None = None, attempt: int = 1) -> JobPlan:
    """The plan of an evaluation on the held-out tasks: of a model package, else of what the project starts from."""
    train, held_out = _prompts(file)
    work = Work(
        project=file.project.name,
        method="eval",
        settings={ON: file.project.agent},
        data=Data(held_out or train),
        checkpoint=model,
        digests=_digests(file),
        attempt=attempt,
    )
    return platform_of(ON).plan(work)


def run_plans(file: AgentProjectFile) -> list[JobPlan]:
    """The jobs of a run as far as they are known before it: the training, and the evaluation of what it makes."""
    return [training_of(file), evaluation_of(file, model=TRAINED)]


def prompt_rows(tasks: Sequence[Task]) -> bytes:
    """The rows of a data set for a job: only the column `prompt` is read, and the agent finds the task by it.

    >>> prompt_rows([Task("t1", "Buy tea.")])
    b'{"prompt": "t1"}\\n'
    """
    return "".join(json.dumps({"prompt": task.id}) + "\n" for task in tasks).encode()


def agent_plan_lines(file: AgentProjectFile) -> Iterator[str]:
    """Both requests with their uploads and findings, the groups that a launch creates, and the quota."""
    plans = run_plans(file)
    yield f"Project  {file.path} (agent {file.project.entry}, world {file.project.env})"
    yield "Quota    one training job and one evaluation job at a time, in an account and region"
    for request in group_requests(plans[0]):
        yield f"Group    CreateModelPackageGroup {json.dumps({k: v for k, v in request.items() if k != 'Tags'})}"
    for plan in plans:
        yield ""
        yield from plan_lines(plan)
        yield "Document"
        yield from plan.request["JobConfigDocument"].splitlines()


def _prompts(file: AgentProjectFile) -> tuple[bytes, bytes | None]:
    """The prompts to train on, which are all where none is set aside, and the held-out ones."""
    world = file.environment()
    train, held_out = world.of("train"), world.of("test")
    return prompt_rows(train or list(world.tasks.values())), prompt_rows(held_out) if held_out else None


def _digests(file: AgentProjectFile) -> Mapping[str, str]:
    files = {"agent": file.agent_file(), "world": file.root / f"{file.project.env.partition('.py:')[0]}.py"}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
