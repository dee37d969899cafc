"""The cost of training billed by tokens, and ranges of US dollars."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Usd(NamedTuple):
    """A range of US dollars; both ends are equal for a single price."""

    low: float
    high: float

    def times(self, amount: float) -> Usd:
        """The cost multiplied by a quantity.

        >>> Usd(0.5, 1.0).times(4)
        Usd(low=2.0, high=4.0)
        """
        return Usd(self.low * amount, self.high * amount)

    def plus(self, other: Usd) -> Usd:
        """The sum of both."""
        return Usd(self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        low, high = f"{self.low:,.2f}", f"{self.high:,.2f}"
        return f"{low} USD" if low == high else f"{low} to {high} USD"


def price_in_words(price: Usd | None) -> str:
    """A price in decimal notation, without an exponent.

    >>> price_in_words(Usd(0.000035, 0.000035)), price_in_words(Usd(22, 28)), price_in_words(None)
    ('0.000035', '22 to 28', 'an unknown price')
    """
    if price is None:
        return "an unknown price"
    low, high = (f"{value:.8f}".rstrip("0").rstrip(".") for value in price)
    return low if low == high else f"{low} to {high}"


@dataclass(frozen=True, slots=True)
class TrainingTokens:
    """Tokens billed for SFT on Bedrock: all tokens of the data, per epoch. `low` and `high` are per epoch.

    Those of `pictures` are among them; those of `uncounted` media, such as videos, are not.
    """

    low: int
    high: int
    epochs: int
    price: Usd | None = None
    model: str = ""
    pictures: int = 0
    uncounted: int = 0

    @property
    def usd(self) -> Usd | None:
        """The cost of training, None without a price.

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
        """The computation of the cost, as text."""
        counted = f"{self.low:,}" if self.low == self.high else f"{self.low:,} to {self.high:,}"
        seen = f", {self.pictures:,} pictures among them," if self.pictures else ""
        unseen = f" and what {self.uncounted:,} videos or documents cost" if self.uncounted else ""
        work = f"{counted} tokens{seen}{unseen} x {self.epochs} epochs"
        return work if self.price is None else f"{work} at {price_in_words(self.price)} per 1,000"


def tokens_of_file(path: Path, *, epochs: int, price: Usd | None, model: str) -> TrainingTokens:
    """What a model is billed for training on a file of rows: their text, and each picture by its size."""
    from datagen.describe_file import card
    from datagen.images.facts import tokens_of_any_picture

    found = card(path)
    low, high = tokens_of_any_picture(model)
    return TrainingTokens(
        found.tokens.low + found.pictures * low,
        found.tokens.high + found.pictures * high,
        epochs,
        price,
        model,
        found.pictures,
        found.other_media,
    )
