"""`rft train plan`: what would be sent, without a call."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from click.testing import CliRunner

from estimators.errors import PlanError
from rft.cli import rft
from tests.unit.estimators.rows import rft_rows
from tests.unit.rft.commands.shell import CHECKPOINT, PROJECT, Shell


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may reach for a name or an address."""

    def refuse(*address: Any, **_: Any) -> None:
        raise AssertionError(f"a plan reached for {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


WAYS = [("sagemaker", "boto3"), ("sagemaker", "pytorch"), ("sagemaker", "model-trainer"), ("bedrock", "boto3")]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("platform", "sdk"), [*WAYS, ("hyperpod", "boto3")])
@pytest.mark.parametrize("stage", ["sft", "rft"])
def test_a_complete_plan_is_fine_and_makes_no_call(shell: Shell, platform: str, sdk: str, stage: str):
    start = [] if stage == "sft" else ["--checkpoint", "nova-lite-2/prod" if platform == "hyperpod" else CHECKPOINT]
    start = [] if platform == "bedrock" else start
    done = shell("train", "plan", "project.yaml", "--on", platform, "--sdk", sdk, "--stage", stage, *start, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["platform"] == platform
    assert shell.connected == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["train", "plan", "--data", "project.yaml"], "--data goes with --recipe"),
        (["train", "plan", "--recipe", "project.yaml", "--checkpoint", "x"], "leave out --checkpoint"),
        (["eval", "run", "--model", "m", "--pair", "project.yaml", "project.yaml"], "--pair is for --task judge"),
        (["eval", "run", "--model", "m", "--metrics-lambda", "arn"], "goes with --task gen_qa"),
        (["eval", "run", "--model", "m", "--task", "mmlu", "--data", "project.yaml"], "brings its own rows"),
    ],
)
def test_an_option_that_nothing_would_read_is_refused(shell: Shell, options: list[str], said: str):
    done = shell(*options, "project.yaml")
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_plan_for_hyperpod_shows_command_lines(shell: Shell):
    done = shell("train", "plan", "project.yaml", "--on", "hyperpod", "--checkpoint", "nova-lite-2/prod")
    assert done.exit_code == 0
    assert '"start-job"' in done.output


def test_a_project_without_an_account_is_planned_with_placeholders(shell: Shell):
    (shell.folder / "project.yaml").write_text(PROJECT)
    done = shell("train", "plan", "project.yaml")
    assert done.exit_code == 0
    assert "<account-id> is not known yet" in done.output


def test_a_plan_with_something_wrong_ends_with_1(shell: Shell):
    rft_rows(shell.folder / "runs/tools/data/rft/train.jsonl", 3)
    done = shell("train", "plan", "project.yaml")
    assert done.exit_code == 1
    assert "data-rows-too-few" in done.output


def test_two_plans_can_be_told_apart(shell: Shell):
    shell("train", "plan", "project.yaml", "--save", "last.json")
    same = shell("train", "plan", "project.yaml", "--diff", "last.json")
    assert (same.stdout, same.stderr.startswith("nothing has changed since tools-rft-")) == ("", True)
    changed = shell("train", "plan", "project.yaml", "--diff", "last.json", "--attempt", "2").output
    assert "TrainingJobName" in changed


def test_a_plan_is_compared_with_the_last_launch_line_by_line(shell: Shell):
    assert "nothing was launched" in shell("train", "plan", "project.yaml", "--diff", "LAST").output
    shell.launched()
    project = shell.folder / "project.yaml"
    project.write_text(
        project.read_text().replace("reward: ", "rft: {set: {training_config.trainer.max_steps: 7}}\nreward: ")
    )
    shown = shell("train", "plan", "project.yaml", "--checkpoint", CHECKPOINT, "--diff", "LAST").output
    changed = [line.split() for line in shown.splitlines() if "max_steps" in line]
    assert changed == [["-", "max_steps:", "5"], ["+", "max_steps:", "7"]]


def test_what_is_no_plan_is_said_so(shell: Shell):
    assert shell("train", "plan", "project.yaml", "--diff", "nowhere.json").exit_code == 2
    with pytest.raises(PlanError, match="not a plan"):
        shell("train", "plan", "project.yaml", "--diff", "project.yaml")


def test_a_recipe_of_your_own_is_trained_in_the_project_s_account(shell: Shell):
    CliRunner().invoke(rft, ["recipe", "new", "dpo-lora", "--model", "nova-lite", "-o", "dpo.yaml"])
    rows = shell.folder / "dpo.jsonl"
    rows.write_text("{}\n")
    done = shell("train", "plan", "project.yaml", "--recipe", "dpo.yaml", "--data", str(rows), "--json")
    planned = json.loads(done.output)
    assert planned["method"] == "dpo"
    assert planned["request"]["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataType"] == "Converse"
    assert planned["request"]["RoleArn"].endswith("role/Exec")
    assert done.exit_code == 1  # the row is no preference pair
    assert any(finding["code"].startswith("data-") for finding in planned["findings"])
