"""What Bedrock bills: tokens of training and of answers, storage by the month, model units and RFT by the hour.

Prices are the dated ones of token_prices.json, each with its source there, unless you give your own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, NamedTuple, get_args

from estimators.errors import PlanError

Priced = Literal["train", "store", "input", "output", "unit", "rft"]

HOURS_PER_MONTH: Final = 730  # 8,760 hours a year


class Usd(NamedTuple):
    """A range of US dollars; both ends are the same where the price is one number."""

    low: float
    high: float

    def times(self, amount: float) -> Usd:
        """The cost of so much.

        >>> Usd(0.5, 1.0).times(4)
        Usd(low=2.0, high=4.0)
        """
        return Usd(self.low * amount, self.high * amount)

    def plus(self, other: Usd) -> Usd:
        """Both together."""
        return Usd(self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        low, high = f"{self.low:,.2f}", f"{self.high:,.2f}"
        return f"{low} USD" if low == high else f"{low} to {high} USD"


def price_in_words(price: Usd | None) -> str:
    """A price without an exponent.

    >>> price_in_words(Usd(0.000035, 0.000035)), price_in_words(Usd(22, 28)), price_in_words(None)
    ('0.000035', '22 to 28', 'an unknown price')
    """
    if price is None:
        return "an unknown price"
    low, high = (f"{value:.8f}".rstrip("0").rstrip(".") for value in price)
    return low if low == high else f"{low} to {high}"


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
        """The same with prices of your own in place of the table's. Raises `PlanError` for a name it does not know.

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
    table = json.loads(files("estimators").joinpath("token_prices.json").read_text("utf-8"))
    return {
        entry["model"]: TokenPrices(
            entry["model"],
            **{name: Usd(*entry[name]) if entry[name] else None for name in get_args(Priced)},
            read=table["read"],
            sources=tuple(entry["sources"]),
        )
        for entry in table["models"]
    }


@dataclass(frozen=True, slots=True)
class TrainingTokens:
    """Supervised training on Bedrock: every token of the data, once an epoch. `low` and `high` are of one epoch."""

    low: int
    high: int
    epochs: int
    price: Usd | None = None
    model: str = ""

    @property
    def usd(self) -> Usd | None:
        """What training costs, None without a price.

        >>> TrainingTokens(1_600_000, 1_600_000, 5, Usd(0.001, 0.001)).usd
        Usd(low=8.0, high=8.0)
        """
        if self.price is None:
            return None
        low, high = self.low * self.epochs / 1_000, self.high * self.epochs / 1_000
        return Usd(self.price.low * low, self.price.high * high)

    def __str__(self) -> str:
        if self.usd is None:
            return f"{self.basis}; what {self.model or 'this model'} costs per 1,000 tokens is unknown"
        return f"{self.basis} = {self.usd}"

    @property
    def basis(self) -> str:
        """How the cost is reckoned."""
        counted = f"{self.low:,}" if self.low == self.high else f"{self.low:,} to {self.high:,}"
        work = f"{counted} tokens x {self.epochs} epochs"
        return work if self.price is None else f"{work} at {price_in_words(self.price)} per 1,000"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a model has to answer in a month."""

    queries: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a bill: for what, how it is reckoned, and the dollars where the price is known."""

    name: str
    basis: str
    usd: Usd | None


def monthly_bill(prices: TokenPrices, traffic: Traffic, *, units: int = 1) -> tuple[Item, ...]:
    """Keeping and serving a custom model for a month: storage, then on demand against provisioned units."""
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
    """A month's answers paid by the token, None without both prices.

    >>> on_demand(token_prices()["nova-micro"], Traffic(22_000, 800, 60))
    Usd(low=0.8008, high=0.8008)
    """
    if prices.input is None or prices.output is None:
        return None
    read = prices.input.times(traffic.queries * traffic.input_tokens / 1_000)
    written = prices.output.times(traffic.queries * traffic.output_tokens / 1_000)
    total = read.plus(written)
    return Usd(round(total.low, 10), round(total.high, 10))


def break_even(prices: TokenPrices, traffic: Traffic, *, units: int = 1) -> tuple[int, int] | None:
    """Queries a month from which provisioned units cost less than paying by the token: at the earliest, and surely.

    >>> own = TokenPrices("m", input=Usd(1, 1), output=Usd(1, 1), unit=Usd(2, 4))
    >>> break_even(own, Traffic(1, 500, 500))
    (1460, 2920)
    """
    one = on_demand(prices, replace(traffic, queries=1))
    provisioned = _of(prices.unit, units * HOURS_PER_MONTH)
    if one is None or provisioned is None or one.low <= 0:
        return None
    return -int(-provisioned.low // one.high), -int(-provisioned.high // one.low)


def _of(price: Usd | None, amount: float) -> Usd | None:
    return None if price is None else price.times(amount)


def _on_demand_basis(prices: TokenPrices, traffic: Traffic) -> str:
    read = f"{traffic.input_tokens:,} in at {price_in_words(prices.input)}"
    written = f"{traffic.output_tokens:,} out at {price_in_words(prices.output)}"
    return f"{traffic.queries:,} x ({read}, {written} per 1,000)"
