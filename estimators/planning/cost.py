"""The cost of a job: instance-hours or tokens, times a dated price range; unknown without a known price.

Instance-hours and their prices are computed in `recipes.checking.estimates`, tokens and theirs in
`estimators.planning.bedrock_pricing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from estimators.planning.bedrock_pricing import Item, TokenPrices, model_prices
from estimators.token_cost import TrainingTokens, Usd, price_in_words
from recipes.checking.estimates import Estimate
from recipes.checking.prices import Price, PriceFile, instance_prices, price_table


def ceiling(
    instance_type: str, instances: int, max_hours: float, *, prices: Mapping[str, Price] | None = None
) -> Estimate:
    """The cost of a job that runs until its hard stop.

    >>> ceiling("ml.p5.48xlarge", 4, 120.0).instance_hours
    480.0
    """
    table = price_table() if prices is None else prices
    return Estimate(instance_type, instances, hours=max_hours, price=table.get(instance_type))


def billed(instance_type: str, instances: int, billable_s: int) -> Estimate:
    """The cost of a finished job from SageMaker's `BillableTimeInSeconds`, which is per instance."""
    return ceiling(instance_type, instances, billable_s / 3600)


def at_prices(cost: Estimate | TrainingTokens | None, table: PriceFile | None) -> Estimate | TrainingTokens | None:
    """The same hours or tokens at the prices of a table of yours; None leaves ours.

    >>> from recipes.checking.prices import parse_prices
    >>> entry = "{instance_type: ml.p5.48xlarge, low: 30, high: 30, basis: contract, sources: [mine]}"
    >>> mine = parse_prices(f"{{read: 2026-11-29, prices: [{entry}]}}", "mine.yaml")
    >>> cost_in_words(at_prices(ceiling("ml.p5.48xlarge", 1, 2.0), mine))
    '1 x ml.p5.48xlarge for 2 h = 2 instance-hours = 60 to 60 USD (contract; read 2026-11-29)'
    """
    if cost is None or table is None:
        return cost
    if isinstance(cost, Estimate):
        return replace(cost, price=instance_prices(table).get(cost.instance_type))
    found = model_prices(table).get(cost.model)
    return replace(cost, price=found.train if found else None)


def cost_in_words(cost: Estimate | TrainingTokens) -> str:
    """One line for people.

    >>> cost_in_words(Estimate("ml.example", 4, hours=2.0))
    '4 x ml.example for 2 h = 8 instance-hours; price unknown'
    """
    if isinstance(cost, TrainingTokens):
        return str(cost)
    total = f"{cost.instances} x {cost.instance_type} for {cost.hours:.3g} h = {cost.instance_hours:.3g} instance-hours"
    if cost.usd is None or cost.price is None:
        return f"{total}; price unknown"
    low, high = cost.usd
    return f"{total} = {low:,.0f} to {high:,.0f} USD ({cost.price.basis}; read {cost.price.read})"


def training_bill(
    prices: TokenPrices,
    tokens: TrainingTokens | None,
    *,
    hours: float | None,
    instance_type: str,
    instances: int,
    hourly: Mapping[str, Price] | None = None,
) -> tuple[Item, ...]:
    """The cost of a training by each technique with known prices.

    SFT on Bedrock is billed by the token and RFT there by the hour; on SageMaker every technique is billed by the
    instance-hour (Amazon Bedrock pricing, "Model customization").
    """
    bill = [Item("SFT on Bedrock", tokens.basis, tokens.usd)] if tokens else []
    if hours:
        job = ceiling(instance_type, instances, hours, prices=hourly)
        rft = prices.rft.times(hours) if prices.rft else None
        basis = cost_in_words(job).partition(" = ")[0]
        bill += [
            Item("RFT on Bedrock", f"{hours:g} h at {price_in_words(prices.rft)}", rft),
            Item("SageMaker job", f"{basis} at {_hourly(job)}", Usd(*job.usd) if job.usd else None),
        ]
    return tuple(bill)


def _hourly(job: Estimate) -> str:
    if job.price is None:
        return price_in_words(None)
    return f"{price_in_words(Usd(job.price.low, job.price.high))} ({job.price.basis})"
