"""`rft recipe` as people type it."""

import json
import shlex
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from recipes import dump, load, nova_lite_2_rft_lora, nova_lite_2_sft_lora, replace
from recipes.checking.explain import codes
from recipes.families.all import FAMILIES
from recipes.model.base import keys_of
from rft.commands.recipe import command

ARN = "arn:aws:lambda:us-east-1:123456789012:function:grader"
IMAGE = "708977205387.dkr.ecr.us-east-1.amazonaws.com/nova-fine-tune-repo"


def run(*args: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(command, [str(arg) for arg in args], input=stdin)


def test_list_narrows_by_model_method_and_platform():
    result = run("list", "--model", "nova-2-lite", "--method", "rft", "--on", "hyperpod", "--json")
    assert [row["method"] for row in json.loads(result.output)] == ["rft-lora", "rft-full"]


def test_list_of_nothing_exits_with_1():
    assert run("list", "--method", "rft", "--model", "nova-micro").exit_code == 1


def test_new_writes_a_recipe_that_checks_and_loads(tmp_path: Path):
    file = tmp_path / "rft.yaml"
    run("new", "rft-lora", "--on", "training-job", "--set", "training_config.trainer.max_steps=150", "-o", file)
    assert load(file) == nova_lite_2_rft_lora(max_steps=150)
    assert run("check", file, "--on", "training-job").exit_code == 0


def test_new_lays_a_file_over_the_official_recipe(tmp_path: Path):
    partial = tmp_path / "partial.yaml"
    partial.write_text("run: {name: mine}\n")
    result = run("new", "rft-lora", "--from", partial, "--resolved")
    assert [line.split() for line in result.output.splitlines() if line.startswith("run.name")] == [
        ["run.name", "'mine'", "file"]
    ]


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("sft-lora",), "# Run with: rft train launch PROJECT.yaml --stage sft"),
        (("eval-rft",), '# Run with: PyTorch(training_recipe="RECIPE.yaml"'),
        (("cpt",), "# Run with: hyperpod start-job --recipe training/nova/nova_2_0/nova_lite/CPT/"),
    ],
)
def test_the_header_names_the_command_that_runs_it(args: tuple[str, ...], line: str):
    assert line in run("new", *args).output


def test_check_reads_standard_input_and_exits_with_1_on_errors():
    text = dump(nova_lite_2_rft_lora()).replace("max_steps: 5", "max_steps: five")
    result = run("check", "-", stdin=text)
    assert result.exit_code == 1
    assert "error wrong-value at training_config.trainer.max_steps" in result.output


def test_strict_lets_warnings_fail():
    text = dump(nova_lite_2_rft_lora())
    assert (run("check", "-", stdin=text).exit_code, run("check", "-", "--strict", stdin=text).exit_code) == (0, 1)


def test_a_file_that_is_not_text_is_one_problem(tmp_path: Path):
    file = tmp_path / "rft.yaml"
    file.write_bytes(b"run: {name: \xff\xfe}")
    result = run("check", file)
    assert result.exit_code == 1
    assert "this is not UTF-8 text" in result.output


def test_check_for_machines_holds_every_problem():
    result = run("check", "-", "--json", stdin=dump(nova_lite_2_rft_lora()))
    assert {problem["code"] for problem in json.loads(result.output)["problems"]} == {"placeholder", "no-variance"}


def test_check_weighs_data_grader_and_baseline(tmp_path: Path):
    data, grader = tmp_path / "rft.jsonl", tmp_path / "grader.json"
    data.write_text('{"messages": [{"role": "user", "content": "q"}], "reference_answer": 1}\n' * 20)
    grader.write_text('{"timeout_s": 300, "reserved_concurrency": 4}')
    text = dump(nova_lite_2_rft_lora(reward_lambda_arn=ARN))
    result = run("check", "-", "--data", data, "--reward", grader, "--baseline", "0.99", stdin=text)
    for code in ("few-rows", "fewer-rows-than-batch", "grader-concurrency", "baseline"):
        assert f" {code}" in result.output


@pytest.mark.parametrize(("tag", "found"), [("SM-TJ-SFT-V2-latest", False), ("SM-TJ-RFT-V2-latest", True)])
def test_check_compares_the_image_with_what_aws_publishes(tag: str, found: bool):
    result = run("check", "-", "--image", f"{IMAGE}:{tag}", stdin=dump(nova_lite_2_sft_lora()))
    assert ("image-mismatch" in result.output) == found


def test_explain_knows_keys_and_codes():
    assert "Sample among the k likeliest tokens" in run("explain", "training_config.rollout.generator.top_k").output
    assert "every advantage is 0" in run("explain", "no-variance").output


def test_diff_exits_with_1_where_recipes_differ(tmp_path: Path):
    left, right = tmp_path / "a.yaml", tmp_path / "b.yaml"
    left.write_text(dump(nova_lite_2_rft_lora()))
    right.write_text(dump(replace(nova_lite_2_rft_lora(), {"run.name": "b"})))
    assert "run.name: 'my-rft-run' -> 'b'" in run("diff", left, right).output
    assert (run("diff", left, right).exit_code, run("diff", left, left).exit_code) == (1, 0)


def test_schema_is_a_schema():
    schema = json.loads(run("schema", "rft-lora").output)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_cost_says_what_it_knows_and_what_not():
    output = run("cost", "nova_lite_v2_smtj_p5_p5en_gpu_lora_rft", "--hours", "2").output
    assert "instance-hours             8" in output
    assert "grader seconds per step    unknown" in output


def test_check_says_as_which_recipe_it_checked_and_takes_another(tmp_path: Path):
    file = tmp_path / "sft.yaml"
    file.write_text(dump(nova_lite_2_sft_lora()))
    assert "checked as Nova 2 Lite SFT LoRA (nova_lite_2_0_p5_gpu_lora_sft)" in run("check", file).output
    other = run("check", file, "--as", "sft-full")
    assert "checked as Nova 2 Lite SFT full rank (nova_lite_2_0_p5_gpu_sft)" in other.output
    assert "unknown-key at training_config.peft.lora_tuning" in other.output


def test_notes_do_not_fail_even_where_warnings_do(tmp_path: Path):
    file = tmp_path / "sft.yaml"
    file.write_text(dump(nova_lite_2_sft_lora(overrides={"run.data_s3_path": "", "run.output_s3_path": ""})))
    file.write_text(file.read_text().replace("lr: 1.0e-05", "lr: 1e-5"))
    result = run("check", file, "--strict")
    assert ("yaml-exponent" in result.output, result.exit_code) == (True, 0)


def test_new_says_that_all_weights_are_not_served_on_demand(tmp_path: Path):
    assert "full-rank-on-demand" in run("new", "sft-full", "-o", tmp_path / "a.yaml").output
    assert "full-rank-on-demand" not in run("new", "sft-lora", "-o", tmp_path / "b.yaml").output


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lr_scheduler", "warmup_steps"),
        ("training_config.rollout", "generator"),
        ("grader-name", "SageMaker"),
        ("recipe-one-answer", "nothing to compare"),
        ("data_mixing", "sources"),
    ],
)
def test_explain_knows_blocks_and_the_codes_of_plans(name: str, said: str):
    result = run("explain", name)
    assert (result.exit_code, said in result.output) == (0, True)


@pytest.mark.parametrize("name", ["epochs", "subtask", "baseline", "rollout"])
def test_explain_shows_all_that_goes_by_a_name(name: str):
    shown = json.loads(run("explain", name, "--json").output)
    keys = {path for family in FAMILIES for path in keys_of(family) if path.rpartition(".")[2] == name}
    assert {fact["path"] for fact in shown if "allowed" in fact} == keys
    assert [fact["code"] for fact in shown if "code" in fact] == [code for code in codes() if code == name]


def test_explain_lists_the_subtasks_of_each_benchmark():
    shown = run("explain", "evaluation.subtask").output
    assert "algebra or counting_and_probability or geometry or " in shown
    assert "none (sagemaker-train 1.27.0 (SDK v3), benchmark_evaluator): with the task gpqa" in shown


def test_explain_leads_from_another_trainer_s_name_to_ours():
    with pytest.raises(LookupError, match="did you mean max_steps"):
        raise run("explain", "num_epochs").exception or AssertionError


@pytest.mark.parametrize(
    "name", ["nova_lite_2_0_p5_gpu_rft", "nova_micro_1_0_p5_p4d_gpu_lora_sft", "nova_pro_1_0_p5_48xl_gpu_rft_eval"]
)
def test_what_a_short_file_leaves_out_is_one_line_whose_command_adds_it_all(name: str, tmp_path: Path):
    whole = tmp_path / "whole.yaml"
    run("new", name, "-o", whole)
    short = tmp_path / "short file.yaml"
    kept = [
        line
        for number, line in enumerate(whole.read_text().splitlines())
        if ": " not in line or number % 3 == 0 or "model_" in line
    ]
    short.write_text("\n".join(kept))
    told = run("check", short, "--as", name)
    (line,) = [line for line in told.output.splitlines() if "missing-key" in line]
    problems = json.loads(run("check", short, "--as", name, "--json").output)["problems"]
    lacking = [each["path"] for each in problems if each["code"] == "missing-key"]
    assert len(lacking) > 3
    assert [path for path in lacking if path not in line] == []
    _, tool, *command_line, last = shlex.split(line.rpartition("; ")[2].removesuffix(" adds them"))
    assert tool == "recipe"
    assert run(*command_line, tmp_path / last).exit_code == 0
    assert "missing-key" not in run("check", tmp_path / last).output
