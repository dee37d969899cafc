"""`rft schema`: the JSON Schema of a file that people write, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from rft.command_line import OUTPUT_FILE, Command

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@click.command(cls=Command)
@click.argument("what", type=click.Choice(["project", "agent", "reward"]))
@click.option("-o", "--output", type=OUTPUT_FILE, help="Where to write; standard output unless given.")
def command(what: str, output: Path | None) -> None:
    """Write the JSON Schema of a project file, that of an agent, or a reward.yaml, for editors.

    Recipes have `rft recipe schema`.

    The first line `# yaml-language-server: $schema=project.schema.json` of a YAML file makes editors use it.
    """
    from rewards.writing import write_text

    makers = {"project": _project, "agent": _agent, "reward": _reward}
    text = json.dumps(makers[what](), indent=2)
    if output is None:
        click.echo(text)
        return
    write_text(output, text + "\n")
    click.echo(f"Wrote {output}")


def _project() -> dict[str, Any]:
    from rft.project import Project

    return {"$schema": _DIALECT, **Project.model_json_schema()}


def _agent() -> dict[str, Any]:
    from rft.agents.project import AgentProject

    return {"$schema": _DIALECT, **AgentProject.model_json_schema()}


def _reward() -> dict[str, Any]:
    from rft.reward_schema import reward_schema

    return reward_schema()
