"""`rft model`: import, deploy, invoke, delete, cost."""

from __future__ import annotations

import json

import pytest

from recipes.errors import FactsError
from tests.unit.estimators.rows import sft_rows
from tests.unit.rft.commands.shell import CHECKPOINT, Shell


@pytest.mark.parametrize(
    ("arguments", "operation"),
    [
        (("import", "project.yaml", "--name", "tools", "--checkpoint", CHECKPOINT), "CreateCustomModel"),
        (("deploy", "project.yaml", "--name", "tools"), "CreateCustomModelDeployment"),
        (("deploy", "project.yaml", "--name", "tools", "--units", "1"), "CreateProvisionedModelThroughput"),
    ],
)
def test_a_model_s_request_is_shown_without_a_call(shell: Shell, arguments: tuple[str, ...], operation: str):
    done = shell("model", *arguments, "--plan")
    assert json.loads(done.output)["operation"] == operation
    assert shell.connected == 0


def test_a_model_comes_and_goes(shell: Shell):
    imported = shell("model", "import", "project.yaml", "--name", "tools", "--checkpoint", CHECKPOINT)
    deployed = shell("model", "deploy", "project.yaml", "--name", "tools")
    assert imported.output.strip() in shell.bedrock.models
    answer = shell("model", "invoke", deployed.output.strip(), "Hello?")
    assert answer.output == "echo Hello?\n"
    listed = shell("model", "delete", "tools", "--plan").output
    assert len(shell.bedrock.models) == 1
    deleted = shell("model", "delete", "tools", "--yes").output
    assert (deleted.count("deleted"), listed.replace("would delete", "deleted")) == (2, deleted)
    assert shell("model", "delete", "tools", "--plan").output.startswith("there is no custom model 'tools'")
    assert (shell.bedrock.models, shell.bedrock.deployments) == ({}, {})


def test_a_model_on_reserved_units_comes_and_goes(shell: Shell):
    shell("model", "import", "project.yaml", "--name", "tools", "--checkpoint", CHECKPOINT)
    deployed = shell("model", "deploy", "project.yaml", "--name", "tools", "--units", "1")
    assert list(shell.bedrock.provisioned) == [deployed.output.strip()]
    assert shell("model", "deploy", "project.yaml", "--name", "tools", "--commitment", "OneMonth").exit_code == 2
    assert shell("model", "delete", "tools", "--yes").output.count("deleted") == 2


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


def test_a_model_that_is_not_there_cannot_be_deployed(shell: Shell):
    done = shell("model", "deploy", "project.yaml", "--name", "nobody")
    assert done.exit_code == 2
    assert "import it first" in done.output
