"""A table of prices is taken as it is written, or refused with file, line and key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes import estimate, nova_lite_2_rft_lora
from recipes.catalogue.officials import MODELS
from recipes.checking.prices import instance_prices, parse_prices, price_table
from recipes.errors import FactsError

AMOUNT = st.floats(1e-6, 1e6)
RANGE = st.tuples(AMOUNT, AMOUNT).map(sorted)
INSTANCE = "{instance_type: ml.p5.48xlarge, low: 10, high: 20, basis: ours, sources: [bill]}"
MODEL = "{model: nova-lite, train: [1, 2], sources: [bill]}"


def written(**sections: Any) -> str:
    return json.dumps({"read": "2026-11-28", **sections})


@given(RANGE, st.sampled_from(["ml.p5.48xlarge", "ml.p5en.48xlarge"]))
def test_an_estimate_is_the_price_of_the_file_times_the_hours(ends: list[float], kind: str):
    low, high = ends
    entry = {"instance_type": kind, "low": low, "high": high, "basis": "ours", "sources": ["bill"]}
    table = instance_prices(parse_prices(written(prices=[entry]), "p"))
    sized = estimate(nova_lite_2_rft_lora(), hours=2.5, prices=table)
    assert sized.usd == ((4 * 2.5 * low, 4 * 2.5 * high) if kind == sized.instance_type else None)


@given(st.dictionaries(st.sampled_from(["train", "store", "input", "output", "unit", "rft"]), RANGE))
def test_every_price_of_a_model_comes_back_and_no_other(ranges: dict[str, list[float]]):
    found = parse_prices(written(models=[{"model": "nova-pro", **ranges, "sources": ["bill"]}]), "p").models
    assert found is not None
    shown = found[0].model_dump(exclude_none=True, exclude={"model", "sources"})
    assert shown == {name: tuple(ends) for name, ends in ranges.items()}


def test_a_section_that_the_file_lacks_stays_ours():
    assert instance_prices(parse_prices(f"read: 2026-11-28\nmodels: [{MODEL}]", "p")) == price_table()
    assert instance_prices(None) == price_table()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prices: []", "p:1: read: is missing"),
        ("read: 2026-13-01\nprices: []", "p:1: read: write the day as 2026-11-28, got '2026-13-01'"),
        ("read: 2026-11-28", "p:1: no prices in it"),
        ("read: 2026-11-28\ncurrency: EUR\nprices: []", "p:2: currency: "),
        ("read: 2026-11-28\nmodel: []", "p:2: model: unknown key; did you mean 'models'?"),
        (f"read: 2026-11-28\nprices:\n- {INSTANCE.replace('low', 'lwo')}", "prices[0].lwo: unknown key"),
        (f"read: 2026-11-28\nprices:\n- {INSTANCE.replace('10', '30')}", "p:3: prices[0].high: must be at least low"),
        (f"read: 2026-11-28\nprices:\n- {INSTANCE.replace('10', '0')}", "p:3: prices[0].low: "),
        (f"read: 2026-11-28\nprices:\n- {INSTANCE.replace('10', '.inf')}", "p:3: prices[0].low: "),
        (f"read: 2026-11-28\nprices:\n- {INSTANCE.replace('10', 'ten')}", "p:3: prices[0].low: "),
        (f"read: 2026-11-28\nprices:\n- {INSTANCE}\n- {INSTANCE}", "p:4: prices[1].instance_type: "),
        (
            f"read: 2026-11-28\nmodels:\n- {MODEL.replace('lite', 'lit')}",
            "p:3: models[0].model: no model 'nova-lit'; ",
        ),
        (f"read: 2026-11-28\nmodels:\n- {MODEL.replace('1, 2', '2, 1')}", "models[0].train: the lower end comes first"),
        (f"read: 2026-11-28\nmodels:\n- {MODEL.replace('[bill]', '[]')}", "p:3: models[0].sources: "),
        ("- 1", "p:1: "),
        ("{", "p:"),
    ],
)
def test_what_is_wrong_is_told_by_file_line_and_key(text: str, told: str):
    with pytest.raises(FactsError) as raised:
        parse_prices(text, "p")
    assert told in str(raised.value)


@given(st.sampled_from(MODELS), st.lists(st.sampled_from(MODELS), max_size=3))
def test_a_model_with_two_prices_is_refused(model: Any, others: list[Any]):
    names = [model.name, *(other.name for other in others), model.name]
    entries = [{"model": name, "sources": ["bill"]} for name in names]
    with pytest.raises(FactsError, match="has a price already"):
        parse_prices(written(models=entries), "p")
