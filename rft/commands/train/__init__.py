"""`rft train`: plan, launch and clean up training jobs, and follow those under way."""

from __future__ import annotations

import click

from rft.command_line import Group
from rft.commands.train.following import collect, logs, metrics, stop
from rft.commands.train.guard import guard
from rft.commands.train.launching import delete, launch, plan
from rft.commands.train.state import status


@click.group(cls=Group)
def command() -> None:
    """Plan, launch and follow training jobs on SageMaker, HyperPod and Bedrock."""


for _verb in (plan, launch, status, logs, metrics, guard, stop, collect, delete):
    command.add_command(_verb)
