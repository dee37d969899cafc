"""`rft data`: make training data, check it, repair it, look at it; each family of commands has a file."""

from __future__ import annotations

import click

from rft.command_line import Group
from rft.commands.data.checking import check, fix
from rft.commands.data.converting import convert, select
from rft.commands.data.making import export, make, plan
from rft.commands.data.pictures import images, label, merge, sheet
from rft.commands.data.splitting import card, diversity, split
from rft.commands.data.varying import dialogues, vary


@click.group(cls=Group)
def command() -> None:
    """Make, check, fix and split training data."""


for _verb in (
    *(plan, make, export, dialogues, vary),
    *(check, fix, convert, select, split, card, diversity),
    *(images, sheet, label, merge),
):
    command.add_command(_verb)
