"""`rft judge`: whether a judge is fit to be a reward."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from rft.command_line import INPUT_FILE, OUTPUT_FILE, Group, json_option


@click.group(cls=Group)
def command() -> None:
    """Prove a judge before it is a reward."""


@command.command()
@click.argument("answers", type=INPUT_FILE)
@click.option("--reward", required=True, help="file.py:name or reward.yaml, with a judge or a rubric in it.")
@click.option("--verdicts", type=OUTPUT_FILE, required=True, help="Recorded verdicts; --ask appends to it.")
@click.option("--ask", is_flag=True, help="Ask the model for the verdicts that are missing. Costs money.")
@click.option("--base-url", help="Ask an OpenAI-compatible server: the address up to /v1. Needs --model.")
@click.option("--model", help="Ask this model instead of the reward's; its verdicts are recorded apart.")
@click.option("--key-env", default="", help="Environment variable that holds the server's key.")
@click.option("--label", default="label", show_default=True, help="Where a person's label stands in a row.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1), help="How often each is asked.")
@click.option("--seed", default=1, show_default=True, help="Seed of the intervals; same seed, same intervals.")
@click.option(
    "--usd-per-million", nargs=2, type=click.FloatRange(min=0), help="Price of a million tokens: read, written."
)
@json_option
def calibrate(
    answers: Path,
    reward: str,
    verdicts: Path,
    ask: bool,
    base_url: str | None,
    model: str | None,
    key_env: str,
    label: str,
    rounds: int,
    seed: int,
    usd_per_million: tuple[float, float] | None,
    as_json: bool,
) -> None:
    """Measure a judge on ANSWERS, rollouts that people have labelled: agreement, noise, biases, attacks, cost.

    Without --ask nothing is asked and the recorded verdicts have to be complete. Exit 1 where something stands against
    training with this judge.
    """
    from rewards.grading.grade import opened
    from rft.judging import OpenAIJudge, RecordedJudge, read_labelled, requests_of
    from rft.judging import calibrate as calibrated
    from rft.judging.calibrate import judges_of, with_model
    from rft.judging.text import lines_of

    if base_url and not model:
        raise click.UsageError("--base-url needs --model, the name of the model that the server is to ask")
    if key_env and not base_url:
        raise click.UsageError("--key-env is the key of the server at --base-url; Bedrock takes AWS credentials")
    made, labelled = opened(reward), read_labelled(answers, label)
    made = with_model(made, model) if model else made  # before any digest: verdicts of two models are never mixed
    judges = judges_of(made)
    server = OpenAIJudge(base_url, judges[0].model_id, key_env, judges[0].timeout_s) if base_url else None
    recorded = RecordedJudge(verdicts, (server or judges[0].live_client()) if ask else None)
    missing = recorded.missing(requests_of(made, labelled, rounds))
    if missing and not ask:
        raise click.UsageError(
            f"{missing:,} verdicts are not in {verdicts}; --ask asks {judges[0].model_id} for them, at its price"
        )
    found = calibrated(made, labelled, recorded, rounds=rounds, seed=seed)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2))
    else:
        click.echo("\n".join(lines_of(found, usd_per_million)))
    sys.exit(bool(found.findings))
