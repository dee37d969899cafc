"""What `rft audit --env` names: a world of ours, an environment of verifiers, or a server of OpenEnv."""

from __future__ import annotations

from pathlib import Path

from rewards.audit.trajectories.foreign.openenv import world_of_server
from rewards.audit.trajectories.foreign.verifiers import is_verifiers, world_of_verifiers
from rewards.errors import SpecError
from rewards.reward_tree import Bounds
from rewards.trajectories import Environment
from rewards.trajectories.load import made_by


def load_world(where: str, bounds: Bounds | None = None) -> Environment:
    """The world at an address `http://…`, or that a function of a file returns.

    `bounds` are those of a foreign world's reward, in place of what it says itself. Raises SpecError for anything else.
    """
    if where.startswith(("http://", "https://")):
        return world_of_server(where, bounds)
    if Path(where).is_dir():
        kind = "a task of Harbor's" if (Path(where) / "task.toml").is_file() else "a folder"
        raise SpecError(f"{where} is {kind}, which runs in a container; name env.py, or a server's http:// address")
    made = made_by(where)
    if isinstance(made, Environment):
        return made
    if is_verifiers(made):
        return world_of_verifiers(made, Path(where.partition(":")[0]).stem, bounds)
    raise SpecError(
        f"{where} must return an Environment, as `environment(...)` of rewards.trajectories makes it, or an "
        f"environment of verifiers, got {made!r:.100}"
    )
