"""`rft explain`: what a code means that some command printed."""

from __future__ import annotations

import json

import click

from rft.command_line import Command, json_option


@click.command(cls=Command)
@click.argument("code", required=False)
@json_option
def command(code: str | None, as_json: bool) -> None:
    """Say what CODE means and what to do: of an audit, a data file, a recipe, a plan, a job or a package.

    Without CODE every code is listed. Keys of recipes are explained by `rft recipe explain`.
    """
    from rewards.did_you_mean import did_you_mean
    from rft.explain import all_codes, explained

    facts = explained(code) if code is not None else [fact for name in all_codes() for fact in explained(name)]
    if not facts:
        raise click.UsageError(f"no command prints a code {code!r}; {did_you_mean(str(code), all_codes())}")
    if as_json:
        click.echo(json.dumps([fact._asdict() for fact in facts], indent=2))
        return
    for fact in facts:
        if code is None:
            click.echo(f"{fact.code:<28} {fact.reason}")
            continue
        for name, value in fact._asdict().items():
            if value:
                click.echo(f"{name:<9} {value}")
        click.echo()
