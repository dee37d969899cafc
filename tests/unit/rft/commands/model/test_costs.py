"""`rft model cost`: the bill of a model."""

from __future__ import annotations

import json

import pytest

from recipes.errors import FactsError
from tests.unit.estimators.rows import sft_rows
from tests.unit.rft.commands.shell import Shell


def test_a_bill_is_reckoned_from_inputs(shell: Shell):
    rows = str(sft_rows(shell.folder / "rows.jsonl"))
    shown = json.loads(shell("model", "cost", "nova-micro", "--data", rows, "--queries", "10", "--json").output)
    assert [item["name"] for item in shown["once"]] == ["SFT on Bedrock"]
    assert [item["name"] for item in shown["monthly"]] == ["storage", "on demand", "provisioned"]
    assert shown["break_even"] is None
    own = shell("model", "cost", "nova-micro", "--queries", "10", "--price", "unit=20").output
    assert "provisioned costs less than on demand from " in own
    assert shell.connected == 0


PRICES = """read: 2026-11-28
prices: [{instance_type: ml.p5.48xlarge, low: 40, high: 40, basis: ours, sources: [contract 7]}]
models: [{model: nova-lite, train: [0.002, 0.002], sources: [contract 7]}]
"""


def test_a_bill_is_reckoned_from_your_own_table(shell: Shell):
    (shell.folder / "prices.yaml").write_text(PRICES, encoding="utf-8")
    sized = ("--rows", "1000", "--row-tokens", "500", "--hours", "2", "--prices", "prices.yaml", "--json")
    shown = json.loads(shell("model", "cost", "nova-lite", *sized).output)
    assert {item["name"]: item["usd"] for item in shown["once"]} == {
        "SFT on Bedrock": [1.0, 1.0],  # 1,000 x 500 tokens at 0.002 per 1,000
        "RFT on Bedrock": None,
        "SageMaker job": [80.0, 80.0],  # 2 h at 40
    }
    other = json.loads(shell("model", "cost", "nova-pro", *sized).output)  # which the table lacks
    assert [item["usd"] for item in other["once"]] == [None, None, [80.0, 80.0]]
    both = json.loads(shell("model", "cost", "nova-pro", *sized, "--price", "train=0.004").output)
    assert both["once"][0]["usd"] == [2.0, 2.0]


def test_a_table_of_prices_with_a_mistake_is_refused_in_one_line(shell: Shell):
    (shell.folder / "prices.yaml").write_text(PRICES.replace("nova-lite", "nova-light"), encoding="utf-8")
    with pytest.raises(FactsError, match=r"^prices.yaml:3: models\[0\].model: no model 'nova-light'; [^\n]*$"):
        shell("model", "cost", "nova-lite", "--rows", "1", "--row-tokens", "1", "--prices", "prices.yaml")


@pytest.mark.parametrize("arguments", [(), ("--queries", "1", "--price", "unit=much")])
def test_a_bill_without_inputs_or_with_a_price_that_is_none_is_wrong_use(shell: Shell, arguments: tuple[str, ...]):
    assert shell("model", "cost", "nova-micro", *arguments).exit_code == 2
