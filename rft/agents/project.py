"""The project file of an agent: a world, the file of the agent, and the job that trains it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from estimators.describe import plan_lines
from estimators.plan import JobPlan
from estimators.planning.data import Data
from estimators.platforms.agent.plan import AgentConfig, group_requests, plan_agent, plan_agent_evaluation
from rewards.trajectories import Environment, Task, load_environment
from rft.project import NAME_PATTERN, Section, TrainingConfig, read_sections, sections_in, validated


class AgentProject(Section):
    """An agent's project: its world, its agent and its job."""

    name: str = Field(pattern=NAME_PATTERN, description="name of jobs and runs", examples=["support-desk"])
    seed: int = Field(0, ge=0, lt=2**31, description="every random choice is derived from it")
    env: str = Field(description="the world, as FILE.py:FUNCTION, relative to the project file")
    entry: str = Field("agent.py:handler", description="the agent: the function that AWS calls for each rollout")
    rft: TrainingConfig = Field(default_factory=TrainingConfig, description="hyperparameters of the job, under `set`")
    agent: AgentConfig = Field(default_factory=AgentConfig, description="account, agent and model of the job")


@dataclass(frozen=True)
class AgentProjectFile:
    """An agent's project and the file that it was read from; relative paths in it start at `root`."""

    path: Path
    project: AgentProject

    @property
    def root(self) -> Path:
        """The folder of the project file."""
        return self.path.parent

    def environment(self) -> Environment:
        """The world of the project."""
        return load_environment(f"{self.root / self.project.env}")

    def agent_file(self) -> Path:
        """The file of the agent."""
        return self.root / f"{self.project.entry.partition('.py:')[0]}.py"


def is_agent_project(path: Path) -> bool:
    """Whether a project file names a world; raises `ProjectError` where it is no mapping."""
    return "env" in sections_in(read_sections(path))


def load_agent_project(path: Path) -> AgentProjectFile:
    """Read an agent's project file; raises `ProjectError` with every problem and its line."""
    return AgentProjectFile(path, validated(path, read_sections(path), AgentProject))


def prompt_rows(tasks: list[Task]) -> bytes:
    """The rows of a data set for a job: only the column `prompt` is read, and the agent finds the task by it.

    >>> prompt_rows([Task("t1", "Buy tea.")])
    b'{"prompt": "t1"}\\n'
    """
    return "".join(json.dumps({"prompt": task.id}) + "\n" for task in tasks).encode()


def agent_plans(file: AgentProjectFile) -> tuple[JobPlan, JobPlan]:
    """The plans of the training and of the evaluation, with their data as uploads; needs no account or network."""
    world, project = file.environment(), file.project
    train, held_out = world.of("train"), world.of("test")
    digests = {
        "agent": hashlib.sha256(file.agent_file().read_bytes()).hexdigest(),
        "world": hashlib.sha256((file.root / f"{project.env.partition('.py:')[0]}.py").read_bytes()).hexdigest(),
    }
    validation = prompt_rows(held_out) if held_out else None
    training = plan_agent(
        project.name,
        config=project.agent,
        data=Data(prompt_rows(train or list(world.tasks.values())), validation),
        hyperparameters=project.rft.set,
        digests=digests,
    )
    evaluation = plan_agent_evaluation(
        project.name, config=project.agent, data=Data(validation or prompt_rows(train)), digests=digests
    )
    return training, evaluation


def agent_plan_lines(file: AgentProjectFile) -> Iterator[str]:
    """Both requests with their uploads and findings, the groups that must exist, and the quota."""
    training, evaluation = agent_plans(file)
    yield f"Project  {file.path} (agent {file.project.entry}, world {file.project.env})"
    yield "Quota    one training job and one evaluation job at a time, in an account and region"
    for request in group_requests(training):
        yield f"Group    CreateModelPackageGroup {json.dumps({k: v for k, v in request.items() if k != 'Tags'})}"
    for plan in (training, evaluation):
        yield ""
        yield from plan_lines(plan)
        yield "Document"
        yield from plan.request["JobConfigDocument"].splitlines()
