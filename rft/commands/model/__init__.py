"""`rft model`: from a checkpoint to a model on Bedrock that answers, what that costs, and back to nothing."""

from __future__ import annotations

import click

from rft.command_line import Group
from rft.commands.model.costs import cost
from rft.commands.model.serving import delete, deploy, import_, invoke


@click.group(cls=Group)
def command() -> None:
    """Import, deploy, ask and delete trained models on Bedrock."""


for _verb in (import_, deploy, invoke, delete, cost):
    command.add_command(_verb)
