"""`rft package`: a reward as a Lambda grader, from file to account, each step proved before the next."""

from __future__ import annotations

import click

from rft.command_line import Group
from rft.commands.package.deploying import delete, deploy
from rft.commands.package.proving import build, invoke, verify


@click.group(cls=Group)
def command() -> None:
    """Build, verify, invoke and deploy a reward as an AWS Lambda grader."""


for _verb in (build, verify, invoke, deploy, delete):
    command.add_command(_verb)
