"""`rft model cost`: what it costs to customise a Nova model, to keep it and to ask it, by technique and by tariff."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import INPUT_FILE, Command

if TYPE_CHECKING:
    from estimators.planning.bedrock_pricing import Item, TokenPrices
    from estimators.token_cost import TrainingTokens

MODELS = ("nova-micro", "nova-lite", "nova-pro", "nova-2-lite")
COUNT = click.IntRange(1)


@click.command(cls=Command)
@click.argument("model", type=click.Choice(MODELS))
@click.option("--data", type=INPUT_FILE, help="Count the tokens of this file.")
@click.option("--rows", type=COUNT, help="Without --data: rows of training data.")
@click.option("--row-tokens", type=COUNT, help="Without --data: tokens of a row.")
@click.option("--epochs", type=COUNT, default=1, show_default=True)
@click.option("--instance-type", default="ml.p5.48xlarge", show_default=True, help="Of a SageMaker job.")
@click.option("--instances", type=COUNT, default=1, show_default=True)
@click.option(
    "--hours", type=click.FloatRange(0, min_open=True), help="How long a SageMaker job or Bedrock's RFT runs."
)
@click.option("--queries", type=COUNT, help="Answers a month.")
@click.option("--input-tokens", type=COUNT, default=1000, show_default=True, help="Of a query.")
@click.option("--output-tokens", type=COUNT, default=100, show_default=True, help="Of an answer.")
@click.option("--units", type=COUNT, default=1, show_default=True, help="Provisioned model units.")
@click.option(
    "--price", "own", multiple=True, metavar="NAME=USD", help="Yours: train, store, input, output, unit, rft."
)
@click.option("--json", "as_json", is_flag=True, help="Print for machines.")
def cost(
    model: str,
    data: Path | None,
    rows: int | None,
    row_tokens: int | None,
    epochs: int,
    instance_type: str,
    instances: int,
    hours: float | None,
    queries: int | None,
    input_tokens: int,
    output_tokens: int,
    units: int,
    own: tuple[str, ...],
    as_json: bool,
) -> None:
    """What it costs to train MODEL by each technique, and to keep and to ask it for a month. Makes no call.

    Prices are a dated table with its sources; what it does not hold is unknown, unless you give it with --price.
    """
    from estimators.planning.bedrock_pricing import Traffic, break_even, monthly_bill, token_prices
    from estimators.planning.cost import training_bill

    prices = token_prices()[model].with_own(dict(map(_price, own)))
    tokens = _tokens(prices, data, rows, row_tokens, epochs)
    once = training_bill(prices, tokens, hours=hours, instance_type=instance_type, instances=instances)
    traffic = Traffic(queries, input_tokens, output_tokens) if queries else None
    monthly = monthly_bill(prices, traffic, units=units) if traffic else ()
    even = break_even(prices, traffic, units=units) if traffic else None
    if not once and not monthly:
        raise click.UsageError("nothing to estimate: pass --data, or --rows with --row-tokens, --hours or --queries")
    if as_json:
        bill = {"once": [asdict(item) for item in once], "monthly": [asdict(item) for item in monthly]}
        click.echo(json.dumps({"model": model, **bill, "break_even": even, "prices": asdict(prices)}, indent=2))
        return
    for line in _lines(once, monthly, even, prices):
        click.echo(line)


def _price(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise click.UsageError(f"--price {text!r}: write NAME=USD, such as unit=20") from None


def _tokens(
    prices: TokenPrices, data: Path | None, rows: int | None, row_tokens: int | None, epochs: int
) -> TrainingTokens | None:
    from estimators.token_cost import TrainingTokens

    if data:
        from datagen.describe_file import card

        counted = card(data).tokens
        return TrainingTokens(counted.low, counted.high, epochs, prices.train, prices.model)
    if rows and row_tokens:
        return TrainingTokens(rows * row_tokens, rows * row_tokens, epochs, prices.train, prices.model)
    return None


def _lines(
    once: Sequence[Item], monthly: Sequence[Item], even: tuple[int, int] | None, prices: TokenPrices
) -> Iterator[str]:
    for title, items in (("Once", once), ("Every month", monthly)):
        if items:
            yield title
            yield from (f"  {item.name:<18}{item.usd or 'unknown'!s:<28}{item.basis}" for item in items)
    if even:
        shown = " to ".join(dict.fromkeys(f"{count:,}" for count in even))
        yield f"  provisioned costs less than on demand from {shown} queries a month"
    yield f"Prices of {prices.model}, read {prices.read}"
    yield from (f"  {source}" for source in prices.sources)
