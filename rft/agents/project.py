"""The project file of an agent: a world, the file of the agent, and the job that trains it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from estimators.platforms.agent.plan import AgentConfig
from estimators.platforms.local.agents import AgentOverlay
from rewards.trajectories import Environment, load_environment
from rft.project import NAME_PATTERN, Section, TrainingConfig, read_sections, sections_in, validated


class AgentProject(Section):
    """An agent's project: its world, its agent and its job."""

    name: str = Field(pattern=NAME_PATTERN, description="name of jobs and runs", examples=["support-desk"])
    seed: int = Field(0, ge=0, lt=2**31, description="every random choice is derived from it")
    env: str = Field(description="the world, as FILE.py:FUNCTION, relative to the project file")
    entry: str = Field("agent.py:handler", description="the agent: the function that AWS calls for each rollout")
    rft: TrainingConfig = Field(default_factory=TrainingConfig, description="hyperparameters of the job, under `set`")
    agent: AgentConfig = Field(default_factory=AgentConfig, description="account, agent and model of the job")
    local: AgentOverlay = Field(default_factory=AgentOverlay, description="the tiny policy of a run on this machine")


@dataclass(frozen=True)
class AgentProjectFile:
    """An agent's project and the file that it was read from; relative paths in it start at `root`."""

    path: Path
    project: AgentProject
    run_name: str

    @property
    def root(self) -> Path:
        """The folder of the project file."""
        return self.path.parent

    def with_seed(self, seed: int | None) -> AgentProjectFile:
        """The same project with another seed, and a run folder of its own; unchanged for None."""
        if seed is None:
            return self
        project = self.project.model_copy(update={"seed": seed})
        return AgentProjectFile(self.path, project, f"{self.project.name}-seed-{seed}")

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
    project = validated(path, read_sections(path), AgentProject)
    return AgentProjectFile(path, project, project.name)
