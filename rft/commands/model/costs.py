"""`rft model cost`: what it costs to customise a Nova model, to keep it and to ask it, by technique and by tariff."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import INPUT_FILE, Command, json_option, prices_option

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
@click.option("--epochs", type=COUNT, default=1, show_default=True, help="How often each row is trained on.")
@click.option("--instance-type", default="ml.p5.48xlarge", show_default=True, help="Instance type of a SageMaker job.")
@click.option("--instances", type=COUNT, default=1, show_default=True, help="How many a SageMaker job has.")
@click.option(
    "--hours", type=click.FloatRange(0, min_open=True), help="Hours that a SageMaker job or Bedrock's RFT runs."
)
@click.option("--queries", type=COUNT, help="Answers a month.")
@click.option("--input-tokens", type=COUNT, default=1000, show_default=True, help="Of a query.")
@click.option("--output-tokens", type=COUNT, default=100, show_default=True, help="Of an answer.")
@click.option("--units", type=COUNT, default=1, show_default=True, help="Provisioned model units.")
@click.option(
    "--price", "own", multiple=True, metavar="NAME=USD", help="Yours: train, store, input, output, unit, rft."
)
@prices_option
@json_option
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
    prices: Path | None,
    as_json: bool,
) -> None:
    """What it costs to train MODEL by each technique, and to keep and to ask it for a month. Makes no call.

    Prices are a dated table with its sources; what it does not hold is unknown, unless you give it with --price, or a
    table of your own with --prices.
    """
    from estimators.planning.bedrock_pricing import Traffic, break_even, model_prices, monthly_bill
    from estimators.planning.cost import training_bill
    from recipes.checking.prices import instance_prices, read_prices

    table = read_prices(prices) if prices else None
    priced = _priced(model, model_prices(table)).with_own(dict(map(_price, own)))
    tokens = _tokens(priced, data, rows, row_tokens, epochs)
    once = training_bill(
        priced, tokens, hours=hours, instance_type=instance_type, instances=instances, hourly=instance_prices(table)
    )
    traffic = Traffic(queries, input_tokens, output_tokens) if queries else None
    monthly = monthly_bill(priced, traffic, units=units) if traffic else ()
    even = break_even(priced, traffic, units=units) if traffic else None
    if not once and not monthly:
        raise click.UsageError("nothing to estimate: pass --data, or --rows with --row-tokens, --hours or --queries")
    if as_json:
        bill = {"once": [asdict(item) for item in once], "monthly": [asdict(item) for item in monthly]}
        click.echo(json.dumps({"model": model, **bill, "break_even": even, "prices": asdict(priced)}, indent=2))
        return
    for line in _lines(once, monthly, even, priced):
        click.echo(line)


def _priced(model: str, table: Mapping[str, TokenPrices]) -> TokenPrices:
    """The model's prices; all unknown where the table has none of it."""
    from estimators.planning.bedrock_pricing import TokenPrices

    return table.get(model) or TokenPrices(model)


def _price(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise click.UsageError(f"--price {text!r}: write NAME=USD, such as unit=20") from None


def _tokens(
    prices: TokenPrices, data: Path | None, rows: int | None, row_tokens: int | None, epochs: int
) -> TrainingTokens | None:
    from estimators.token_cost import TrainingTokens, tokens_of_file

    if data:
        return tokens_of_file(data, epochs=epochs, price=prices.train, model=prices.model)
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
    yield f"Prices of {prices.model}, read {prices.read or 'nowhere'}"
    yield from (f"  {source}" for source in prices.sources)
