"""Bedrock's pricing: training and inference tokens, storage per month, model units and RFT per hour.

Prices are the dated ones of token_prices.json, each with its source there, unless you give your own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, get_args

from estimators.errors import PlanError
from estimators.token_cost import Usd, price_in_words
from recipes.checking.prices import ModelPrices, PriceFile, parse_prices

Priced = Literal["train", "store", "input", "output", "unit", "rft"]

HOURS_PER_MONTH: Final = 730  # 8,760 hours a year


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """One model's prices: `train`, `input`, `output` per 1,000 tokens, `store` per month, `unit` and `rft` per hour."""

    model: str
    train: Usd | None = None
    store: Usd | None = None
    input: Usd | None = None
    output: Usd | None = None
    unit: Usd | None = None
    rft: Usd | None = None
    read: str = ""
    sources: tuple[str, ...] = ()

    def with_own(self, own: Mapping[str, float]) -> TokenPrices:
        """The same with your prices in place of the table's. Raises `PlanError` for an unknown name.

        >>> TokenPrices("nova-micro").with_own({"unit": 20}).unit
        Usd(low=20, high=20)
        """
        names = get_args(Priced)
        unknown = sorted(set(own) - set(names))
        if unknown:
            raise PlanError(f"no price is called {', '.join(map(repr, unknown))}; there are {', '.join(names)}")
        changes: dict[str, Any] = {name: Usd(value, value) for name, value in own.items()}
        return replace(self, **changes)


@cache
def token_prices() -> Mapping[str, TokenPrices]:
    """The dated table, by the model's name (as `rft recipe` has it)."""
    text = files("estimators").joinpath("token_prices.json").read_text("utf-8")
    return model_prices(parse_prices(text, "token_prices.json"))


def model_prices(table: PriceFile | None) -> Mapping[str, TokenPrices]:
    """The prices by model: the file's, or ours where it has none."""
    if table is None or table.models is None:
        return token_prices()
    return {entry.model: _of_entry(entry, table.read) for entry in table.models}


def _of_entry(entry: ModelPrices, read: str) -> TokenPrices:
    found = {name: getattr(entry, name) for name in get_args(Priced)}
    prices = {name: Usd(*pair) for name, pair in found.items() if pair}
    return TokenPrices(entry.model, **prices, read=read, sources=tuple(entry.sources))


@dataclass(frozen=True, slots=True)
class Traffic:
    """A month's inference traffic."""

    queries: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Item:
    """One billed item: its name, its computation, and the dollars if the price is known."""

    name: str
    basis: str
    usd: Usd | None


def monthly_bill(prices: TokenPrices, traffic: Traffic, *, units: int = 1) -> tuple[Item, ...]:
    """The monthly cost of a custom model: storage, and on-demand or provisioned inference."""
    hours = units * HOURS_PER_MONTH
    return (
        Item("storage", "one custom model", prices.store),
        Item("on demand", _on_demand_basis(prices, traffic), on_demand(prices, traffic)),
        Item(
            "provisioned",
            f"{units} model unit{'s' * (units > 1)} x {HOURS_PER_MONTH} h at {price_in_words(prices.unit)}",
            _of(prices.unit, hours),
        ),
    )


def on_demand(prices: TokenPrices, traffic: Traffic) -> Usd | None:
    """A month's on-demand inference, billed per token; None without both prices.

    >>> on_demand(token_prices()["nova-micro"], Traffic(22_000, 800, 60))
    Usd(low=0.8008, high=0.8008)
    """
    total = _answers(prices, traffic)
    return None if total is None else Usd(round(total.low, 10), round(total.high, 10))


def break_even(prices: TokenPrices, traffic: Traffic, *, units: int = 1) -> tuple[int, int] | None:
    """Queries per month from which provisioned units are cheaper than on demand: lower and upper bound.

    >>> own = TokenPrices("m", input=Usd(1, 1), output=Usd(1, 1), unit=Usd(2, 4))
    >>> break_even(own, Traffic(1, 500, 500))
    (1460, 2920)
    """
    one = _answers(prices, replace(traffic, queries=1))  # not rounded: it is about to be multiplied by millions
    provisioned = _of(prices.unit, units * HOURS_PER_MONTH)
    if one is None or provisioned is None or one.low <= 0:
        return None
    return -int(-provisioned.low // one.high), -int(-provisioned.high // one.low)


def _answers(prices: TokenPrices, traffic: Traffic) -> Usd | None:
    if prices.input is None or prices.output is None:
        return None
    read = prices.input.times(traffic.queries * traffic.input_tokens / 1_000)
    return read.plus(prices.output.times(traffic.queries * traffic.output_tokens / 1_000))


def _of(price: Usd | None, amount: float) -> Usd | None:
    return None if price is None else price.times(amount)


def _on_demand_basis(prices: TokenPrices, traffic: Traffic) -> str:
    read = f"{traffic.input_tokens:,} in at {price_in_words(prices.input)}"
    written = f"{traffic.output_tokens:,} out at {price_in_words(prices.output)}"
    return f"{traffic.queries:,} x ({read}, {written} per 1,000)"
