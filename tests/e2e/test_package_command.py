"""`rft package` as a person uses it: from a file to an account and back, each step with its exit status."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rft.cli import rft
from rft.templates import TEMPLATES, write_project
from tests.unit.lambda_package.deploy.account import ACCOUNT, Account, account

EXAMPLES = Path(__file__).parents[2] / "examples"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/training"
REWARD = "from rewards import json_parse\nreward = json_parse()\n"
FOREIGN = """
def lambda_handler(event, context):
    return [
        {"id": row.get("id", ""), "aggregate_reward_score": float("{" in str(row["messages"][-1:])), "metrics_list": []}
        for row in event
    ]
"""
ROW = {"id": "a", "messages": [{"role": "user", "content": "Answer in JSON."}], "reference_answer": {"x": 4}}


def package(*arguments: str) -> Result:
    return CliRunner().invoke(rft, ["package", *arguments], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reward.py").write_text(REWARD)
    (tmp_path / "rft.jsonl").write_text(json.dumps(ROW) + "\n")
    (tmp_path / "event.json").write_text(
        json.dumps([{**ROW, "messages": [{"role": "assistant", "content": '{"x": 4}'}]}])
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def built(folder: Path) -> Path:
    assert package("build", "reward.py:reward").exit_code == 0
    return folder / "grader.zip"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with account() as standing:
        for verbs in ("deploying", "proving"):
            monkeypatch.setattr(f"rft.commands.package.{verbs}.session_of", lambda region, profile: standing.aws)
        yield standing


def test_build_says_what_it_made_and_what_comes_next(folder: Path):
    result = package("build", "reward.py:reward", "-o", "my.zip")
    assert "my.zip: " in result.output
    assert "next: rft package verify my.zip --data rft.jsonl" in result.output


def test_build_for_machines_names_every_file(folder: Path):
    report = json.loads(package("build", "reward.py:reward", "--arch", "arm64", "--json").output)
    assert "lambda_function.py" in report["files"]
    assert report["size_bytes"] < 100_000


def test_verify_passes_and_recommends_with_arithmetic(built: Path):
    result = package("verify", "grader.zip", "--data", "rft.jsonl")
    assert result.exit_code == 0, result.output
    assert "recommended for the steps of AWS's recipe for training jobs" in result.output
    assert "timeout 300 s >=" in result.output
    assert result.output.rstrip().endswith("grader.zip passed")


def test_verify_reads_batch_and_concurrency_from_the_recipe(built: Path):
    from recipes import dump, nova_lite_2_rft_lora

    Path("rft.yaml").write_text(dump(nova_lite_2_rft_lora()))
    result = package("verify", "grader.zip", "--data", "rft.jsonl", "--recipe", "rft.yaml", "--json")
    recommended = json.loads(result.output)["recommended"]
    assert recommended["reserved_concurrency"] == 12  # lambda_concurrency_limit of the training-job recipe


def test_verify_fails_with_status_1_and_plain_words(folder: Path):
    Path("grader.py").write_text("import sys\nsys.exit(1)\ndef lambda_handler(event, context): ...\n")
    assert package("build", "grader.py:lambda_handler").exit_code == 0
    result = package("verify", "grader.zip", "--data", "rft.jsonl")
    assert result.exit_code == 1
    assert "the process ended in the middle: sys.exit" in result.output
    assert "recommended" not in result.output  # numbers of a grader that does not work would mislead
    assert result.output.rstrip().endswith("must not be deployed")


def test_a_zip_for_another_machine_is_not_called_bad(folder: Path):
    Path("fast.so").write_bytes(b"\x7fELF")
    assert package("build", "reward.py:reward", "--arch", "arm64", "--include", "fast.so").exit_code == 0
    result = package("verify", "grader.zip", "--data", "rft.jsonl")
    assert result.exit_code == 1
    assert result.output.rstrip().endswith("was not verified: it is for another machine than this")


def test_a_finished_handler_is_built_verified_and_deployed(folder: Path, aws: Account):
    Path("grader.py").write_text(FOREIGN)
    assert package("build", "grader.py:lambda_handler").exit_code == 0
    report = json.loads(package("verify", "grader.zip", "--data", "rft.jsonl", "--json").output)
    assert report["measured"]["warm_s"] > 0
    assert {check["name"] for check in report["checks"]} >= {"size", "cold start", "contract", "warm"}
    assert package("deploy", "grader.zip", "--name", "mine", "--on", "sagemaker").exit_code == 0
    reply = aws.aws.client("lambda").invoke(FunctionName="SageMaker-mine", Payload=Path("event.json").read_bytes())
    assert json.loads(reply["Payload"].read())[0]["aggregate_reward_score"] == 1.0


def test_invoke_prints_the_answer_of_a_zip(built: Path):
    result = package("invoke", "grader.zip", "event.json")
    assert result.exit_code == 0
    assert '"aggregate_reward_score": 1.0' in result.output


def test_invoke_of_a_zip_that_fails_ends_with_status_1(folder: Path):
    Path("grader.py").write_text("def lambda_handler(event, context):\n    raise ValueError('no gold')\n")
    package("build", "grader.py:lambda_handler")
    result = package("invoke", "grader.zip", "event.json")
    assert result.exit_code == 1
    assert "no gold (ValueError)" in result.output


def test_a_deployed_function_is_invoked_by_its_arn(built: Path, aws: Account):
    deploy("--on", "bedrock", "--training-role", ROLE)
    arn = json.loads(Path("grader.deployment.json").read_text())["arn_for_jobs"]
    result = package("invoke", arn, "event.json")
    assert result.exit_code == 0
    assert '"aggregate_reward_score": 1.0' in result.output


def test_a_plan_touches_nothing_and_needs_nobody(built: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    result = package("deploy", "grader.zip", "--name", "mine", "--on", "hyperpod", "--plan")
    assert result.exit_code == 0
    assert "1. logs:CreateLogGroup" in result.output
    assert "<account-id>" in result.output
    assert "policy for the VPC endpoint" in result.output
    assert not Path("grader.deployment.json").exists()


def test_a_plan_for_machines_holds_calls_policies_and_notes(built: Path):
    result = package("deploy", "grader.zip", "--name", "mine", "--on", "sagemaker", "--plan", "--json")
    report = json.loads(result.output)
    assert [call["operation"] for call in report["calls"]][-1] == "PutFunctionConcurrency"
    assert "for whoever deploys" in report["policies"]


def test_deploy_records_what_stands_and_destroy_removes_it(built: Path, aws: Account):
    before = aws.state()
    result = deploy("--on", "hyperpod", "--training-role", ROLE)
    assert result.exit_code == 0
    manifest = json.loads(Path("grader.deployment.json").read_text())
    assert manifest["code_sha256"] == aws.functions.functions["SageMaker-mine"].code_sha256
    assert aws.functions.functions["SageMaker-mine"].reserved == 100  # lambda_concurrency_limit on HyperPod
    listed, state = package("delete", "mine", "--plan").output, aws.state()
    deleted = package("delete", "mine", "--yes").output
    assert deleted.count("deleted arn:aws:") == 3
    assert sorted(listed.replace("would delete", "deleted").splitlines()) == sorted(deleted.splitlines())
    assert state != before  # the plan deleted nothing
    assert aws.state() == before
    assert "nothing in us-east-1 carries the tag of 'mine'" in package("delete", "mine", "--yes").output


def deploy(*options: str) -> Result:
    """A deployment of a zip that another test verified."""
    return package("deploy", "grader.zip", "--name", "mine", *options, "--force", "not-verified")


def test_a_zip_that_nobody_verified_is_not_deployed(built: Path, aws: Account):
    from lambda_package.errors import DeployError

    with pytest.raises(DeployError, match=r"\[not-verified\].*--force not-verified"):
        package("deploy", "grader.zip", "--name", "mine", "--on", "sagemaker")
    assert aws.functions.functions == {}


def test_a_zip_that_failed_is_deployed_only_with_the_code_of_each_finding(folder: Path, aws: Account):
    from lambda_package.errors import DeployError

    Path("grader.py").write_text("def lambda_handler(event, context):\n    return 'nothing'\n")
    package("build", "grader.py:lambda_handler")
    assert package("verify", "grader.zip", "--data", "rft.jsonl").exit_code == 1
    with pytest.raises(DeployError, match=r"\[contract\]"):
        package("deploy", "grader.zip", "--name", "mine", "--on", "sagemaker", "--force", "not-verified")
    assert package("deploy", "grader.zip", "--name", "mine", "--on", "sagemaker", "--force", "contract").exit_code == 0


def test_variables_of_the_build_are_asked_for_and_a_verdict_ends_with_its_zip(
    folder: Path, aws: Account, monkeypatch: pytest.MonkeyPatch
):
    from lambda_package.errors import DeployError, MissingVariableError

    Path("reward.py").write_text(
        "import os\nfrom rewards.types import Score\nW = float(os.environ['WEIGHT'])\n"
        "def reward(s, c): return Score(W * (c.text == s.reference))\n"
    )
    package("build", "reward.py:reward", "--env", "WEIGHT")
    with pytest.raises(MissingVariableError, match="give --env WEIGHT=VALUE"):
        package("verify", "grader.zip", "--data", "rft.jsonl")
    assert package("verify", "grader.zip", "--data", "rft.jsonl", "--env", "WEIGHT=1").exit_code == 0
    monkeypatch.setenv("WEIGHT", "1")
    assert package("deploy", "grader.zip", "--name", "mine", "--on", "sagemaker", "--env", "WEIGHT").exit_code == 0
    assert aws.functions.functions["SageMaker-mine"].settings["Environment"] == {"Variables": {"WEIGHT": "1"}}
    package("build", "reward.py:reward", "--env", "WEIGHT", "--fallback", "-1")
    with pytest.raises(DeployError, match="not-verified"):
        package("deploy", "grader.zip", "--name", "mine", "--on", "sagemaker", "--env", "WEIGHT")


def test_destroy_asks_first(built: Path, aws: Account):
    deploy("--on", "sagemaker")
    result = CliRunner().invoke(rft, ["package", "delete", "mine"], input="n\n")
    assert result.exit_code == 1
    assert "SageMaker-mine" in aws.functions.functions


def test_less_concurrency_than_the_recipe_uses_is_refused(built: Path):
    from lambda_package.errors import CapacityError
    from recipes import dump, nova_lite_2_rft_lora

    Path("rft.yaml").write_text(dump(nova_lite_2_rft_lora()))
    arguments = ("deploy", "grader.zip", "--name", "mine", "--on", "sagemaker", "--recipe", "rft.yaml")
    with pytest.raises(CapacityError, match="less than lambda_concurrency_limit 12"):
        package(*arguments, "--concurrency", "5", "--plan")


@pytest.mark.parametrize("project", sorted(EXAMPLES.glob("*/project.yaml")), ids=lambda path: path.parent.name)
def test_the_zip_of_every_example_passes_verify_on_rows_of_its_own(project: Path, folder: Path):
    if project.parent.name == "w2_extraction":  # its forms are made, into a copy
        from examples.w2_extraction.forms import write_forms

        project = Path(shutil.copytree(project.parent, folder / "w2")) / "project.yaml"
        write_forms(project.parent / "forms.jsonl", 275)
    verified_on_own_rows(project, folder)


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_zip_of_every_template_passes_verify_on_rows_of_its_own(template: str, folder: Path):
    write_project("new", template, folder)
    verified_on_own_rows(folder / "new" / "project.yaml", folder)


def verified_on_own_rows(project: Path, folder: Path) -> None:
    from rft.project import load_project
    from rft.stages.data import make_data, reward_spec

    file = load_project(project)
    make_data(file, folder / "data")
    rows = (folder / "data" / "rft" / "test.jsonl").read_text().splitlines(keepends=True)[:20]
    (folder / "rows.jsonl").write_text("".join(rows))
    assert package("build", reward_spec(file), "-o", "example.zip").exit_code == 0
    result = package("verify", "example.zip", "--data", "rows.jsonl")
    assert result.exit_code == 0, result.output
