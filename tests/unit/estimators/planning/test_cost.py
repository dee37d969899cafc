"""Costs are reckoned once, from dated prices, and AWS's own published example comes out to the cent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from estimators.errors import PlanError
from estimators.plan import plan_from_json
from estimators.planning.bedrock_pricing import (
    HOURS_PER_MONTH,
    TokenPrices,
    Traffic,
    break_even,
    monthly_bill,
    on_demand,
    token_prices,
)
from estimators.planning.cost import training_bill
from estimators.planning.data import Data
from estimators.platforms.bedrock.plan import BedrockConfig, plan_customization
from estimators.platforms.registry import platform_of
from estimators.token_cost import TrainingTokens, Usd
from tests.unit.estimators.rows import sft_rows

MICRO = token_prices()["nova-micro"]
prices = st.floats(1e-5, 10).map(lambda value: Usd(value, value))
counts = st.integers(1, 10_000)


def test_the_published_table_of_the_text_to_sql_model_comes_out():
    """AWS Machine Learning Blog, 16 April 2026: 8.00 or 65.15 once, 1.95 and 0.616 + 0.184 (rounded down) a month."""
    tokens = TrainingTokens(2_000 * 800, 2_000 * 800, 5, MICRO.train)
    once = training_bill(MICRO, tokens, hours=4, instance_type="ml.g5.48xlarge", instances=1)
    monthly = monthly_bill(MICRO, Traffic(22_000, 800, 60))
    shown = {item.name: item.usd and round(item.usd.low, 2) for item in (*once, *monthly)}
    assert shown == {
        "SFT on Bedrock": 8.00,
        "RFT on Bedrock": None,
        "SageMaker job": 65.15,
        "storage": 1.95,
        "on demand": 0.80,
        "provisioned": None,
    }


def test_every_price_is_a_range_with_a_date_and_a_source():
    for model in token_prices().values():
        assert model.read.startswith("20")
        assert model.sources
        known = [price for price in (model.train, model.store, model.input, model.output, model.unit) if price]
        assert all(0 < price.low <= price.high for price in known)


@given(prices, prices, prices, counts, counts)
def test_from_the_break_even_on_units_cost_no_more(read: Usd, written: Usd, unit: Usd, inputs: int, outputs: int):
    own = TokenPrices("m", input=read, output=written, unit=unit)
    even = break_even(own, Traffic(1, inputs, outputs))
    assert even is not None
    first, _ = even
    month = unit.low * HOURS_PER_MONTH
    at, before = (on_demand(own, Traffic(queries, inputs, outputs)) for queries in (first, max(1, first - 1)))
    assert at is not None
    assert before is not None
    assert at.low >= month * (1 - 1e-6)
    assume(first > 1)
    assert before.low <= month * (1 + 1e-6)


@given(counts, counts, counts)
def test_twice_the_queries_cost_twice_as_much(queries: int, inputs: int, outputs: int):
    one, two = (on_demand(MICRO, Traffic(times * queries, inputs, outputs)) for times in (1, 2))
    assert one is not None
    assert two is not None
    assert two.low == pytest.approx(2 * one.low)


def test_a_price_of_your_own_takes_the_place_of_the_table_s():
    own = MICRO.with_own({"unit": 20, "rft": 50})
    assert monthly_bill(own, Traffic(1, 1, 1), units=2)[2].usd == Usd(20 * 2 * 730, 20 * 2 * 730)
    [rft, _] = training_bill(own, None, hours=3, instance_type="ml.p5.48xlarge", instances=4)
    assert rft.usd == Usd(150, 150)


def test_a_price_that_nobody_knows_is_named():
    with pytest.raises(PlanError, match=r"no price is called 'units'; there are train, store"):
        MICRO.with_own({"units": 20})


# --- in a plan ---------------------------------------------------------------------------------------------------
def bedrock(base: str, path: Path) -> str:
    config = BedrockConfig(bucket="my-bucket", base_model=base)
    plan = plan_customization("sft", name="tools", config=config, data=Data(sft_rows(path)))
    assert plan_from_json(plan.to_json()) == plan
    return platform_of(plan.platform).cost(plan)


def test_a_plan_for_bedrock_counts_its_tokens(tmp_path: Path):
    micro = bedrock("amazon.nova-micro-v1:0:128k", tmp_path / "train.jsonl")
    assert "tokens x 2 epochs at 0.001 per 1,000 = " in micro
    lite = bedrock("amazon.nova-2-lite-v1:0:256k", tmp_path / "train.jsonl")
    assert lite.endswith("what nova-2-lite costs per 1,000 tokens is unknown")


def test_what_is_billed_by_the_hour_is_said_so():
    plan = plan_customization("rft", name="tools", config=BedrockConfig(), data=Data("s3://my-bucket/t.jsonl"))
    assert "by the hour" in platform_of(plan.platform).cost(plan)
