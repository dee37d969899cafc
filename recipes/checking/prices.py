"""Dated prices: ours, in the tables of the packages, and yours, in a file of the same form that replaces them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from recipes.catalogue.officials import MODELS
from recipes.errors import FactsError
from recipes.problems import shown
from rewards.did_you_mean import did_you_mean
from rewards.yaml_text import YamlProblem, YamlText, dotted, read_yaml_text, yaml_text_of


class Price(NamedTuple):
    """USD for one instance-hour: a range, what it is the price of, and when it was read."""

    low: float
    high: float
    basis: str
    read: str


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"write the day as 2026-11-28, got {shown(text)}") from None


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(f"the lower end comes first, got {list(pair)}")
    return pair


def _model_name(name: str) -> str:
    known = [model.name for model in MODELS]
    if name not in known:
        raise ValueError(f"no model {shown(name)}; {did_you_mean(name, known)}")
    return name


Amount = Annotated[float, Field(gt=0)]
Range = Annotated[tuple[Amount, Amount], Field(strict=False), AfterValidator(_ordered)]
Sources = Annotated[list[str], Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class InstancePrice(_Entry):
    """An instance type's price by the hour."""

    instance_type: str
    low: Amount
    high: Amount
    basis: str
    sources: Sources


class ModelPrices(_Entry):
    """A model's prices: by 1,000 tokens, by the month (`store`) or by the hour (`unit`, `rft`)."""

    model: Annotated[str, AfterValidator(_model_name)]
    train: Range | None = None
    store: Range | None = None
    input: Range | None = None
    output: Range | None = None
    unit: Range | None = None
    rft: Range | None = None
    sources: Sources


class PriceFile(_Entry):
    """A file of prices, read on one day. A section that it has replaces ours as a whole; None leaves ours."""

    read: Annotated[str, AfterValidator(_day)]
    currency: Literal["USD"] = "USD"
    region: str = ""
    unit: str = ""
    note: str = ""
    prices: list[InstancePrice] | None = None
    models: list[ModelPrices] | None = None


@cache
def price_table() -> Mapping[str, Price]:
    """The dated price ranges of prices.json, by instance type."""
    text = files("recipes").joinpath("prices.json").read_text("utf-8")
    return instance_prices(parse_prices(text, "prices.json"))


def instance_prices(table: PriceFile | None) -> Mapping[str, Price]:
    """The prices by instance type: the file's, or ours where it has none."""
    if table is None or table.prices is None:
        return price_table()
    return {entry.instance_type: Price(entry.low, entry.high, entry.basis, table.read) for entry in table.prices}


def read_prices(path: Path) -> PriceFile:
    """The prices in a file of yours, as `parse_prices`."""
    return parse_prices(yaml_text_of(path), path)


def parse_prices(text: str, where: object) -> PriceFile:
    """The prices in a text of YAML or JSON. Raises `FactsError` with every problem: file, line, key.

    >>> text = "{read: 2026-11-28, models: [{model: nova-lite, train: [0.002, 0.002], sources: [my bill]}]}"
    >>> found = parse_prices(text, "prices.yaml").models[0]
    >>> found.train, found.rft
    ((0.002, 0.002), None)
    """
    read = read_yaml_text(text)
    if read.errors:
        raise FactsError("\n".join(problem.at(where) for problem in read.errors))
    try:
        table = PriceFile.model_validate(read.value)
    except ValidationError as error:
        raise FactsError("\n".join(_told(detail, read).at(where) for detail in error.errors())) from None
    problems = [YamlProblem("price", what, read.line_of(at), dotted(at)) for at, what in _contradictions(table)]
    if problems:
        raise FactsError("\n".join(problem.at(where) for problem in problems))
    return table


def _contradictions(table: PriceFile) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if table.prices is None and table.models is None:
        yield (), "no prices in it; write prices (of instances), models, or both"
    for index, entry in enumerate(table.prices or ()):
        if entry.low > entry.high:
            yield ("prices", index, "high"), f"must be at least low, {entry.low:g}, got {entry.high:g}"
    instances = [entry.instance_type for entry in table.prices or ()]
    models = [entry.model for entry in table.models or ()]
    for section, key, names in (("prices", "instance_type", instances), ("models", "model", models)):
        for index, name in enumerate(names):
            if name in names[:index]:
                yield (section, index, key), f"{name!r} has a price already, at {section}[{names.index(name)}]"


def _told(detail: ErrorDetails, read: YamlText) -> YamlProblem:
    at = detail["loc"]
    return YamlProblem("price", _message(detail), read.line_of(at), dotted(at))


def _message(detail: ErrorDetails) -> str:
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "extra_forbidden":
        section = {1: PriceFile, 3: InstancePrice if detail["loc"][0] == "prices" else ModelPrices}[len(detail["loc"])]
        return f"unknown key; {did_you_mean(detail['loc'][-1], section.model_fields)}"
    said = detail["msg"]
    if detail["type"] == "value_error":
        return said.removeprefix("Value error, ")
    return f"{said[0].lower()}{said[1:]}, got {shown(detail['input'])}"
