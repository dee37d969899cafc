"""What is said of unknown, missing and wrong keys."""

import pytest

from recipes import Platform, check, dump, keys_of, official, to_mapping
from recipes.editing.detect_family import blocks_of
from recipes.editing.structure import OTHER_NAMES, meant
from recipes.families.all import FAMILIES

RFT, RFT_POD = official("nova_lite_v2_smtj_p5_p5en_gpu_lora_rft"), official("nova_lite_2_0_p5_gpu_lora_rft")
SFT = dump(official("nova_lite_2_0_p5_gpu_lora_sft").recipe())


def problems(text: str, code: str) -> list[str]:
    return [str(problem) for problem in check(text) if problem.code == code]


def test_a_misspelt_key_names_the_closest_and_its_line():
    (found,) = problems(SFT.replace("  replicas:", "  replica:"), "unknown-key")
    assert (
        found
        == "error unknown-key at run.replica (line 9): Nova 2 Lite SFT LoRA has no such key; did you mean run.replicas?"
    )


def test_a_missing_key_names_the_official_value():
    (found,) = problems(SFT.replace("  save_top_k: 5", "#"), "missing-key")
    assert "training_config.save_top_k" in found
    assert "the official value is 5" in found


def test_a_file_that_names_no_model_is_an_error():
    errors = [problem for problem in check("run: {name: a}") if problem.severity == "error"]
    assert [problem.path for problem in errors] == ["run.model_type", "run.model_name_or_path"]


def test_the_lora_ratio_is_spelt_differently_on_hyperpod():
    text = dump(RFT.recipe()).replace("lora_plus_lr_ratio", "loraplus_lr_ratio")
    (problem,) = [problem for problem in check(text) if problem.code == "other-platform-key"]
    assert problem.fix == "did you mean training_config.trainer.peft.lora_tuning.lora_plus_lr_ratio?"


def test_a_hyperpod_recipe_for_a_training_job_is_judged_as_one():
    found = {problem.path: problem.code for problem in check(dump(RFT_POD.recipe()), platform=Platform.SAGEMAKER)}
    assert found["run.rollout_worker_replicas"] == "other-platform-key"
    assert found["training_config.trainer.kl_loss_coef"] == "missing-key"


def test_a_key_of_newer_pages_is_a_warning_and_stays_in_the_file():
    text = dump(RFT.recipe()).replace(
        "lambda_concurrency_limit: 12", "lambda_concurrency_limit: 12\n        lambda_batch_size: 128"
    )
    (problem,) = [problem for problem in check(text) if problem.code == "documented-only"]
    assert (problem.path.rpartition(".")[2], problem.severity) == ("lambda_batch_size", "warning")


def test_an_unknown_interpolation_is_refused():
    (found,) = problems(SFT.replace("name: my-lora-sft-run", 'name: "${env:HOME}"', 1), "unknown-interpolation")
    assert "run.name" in found


def test_a_quoted_number_is_not_a_number():
    (found,) = problems(SFT.replace("max_length: 32768", 'max_length: "32768"'), "wrong-value")
    assert "'32768' is not allowed; allowed: integer from 1 to 131072" in found


@pytest.mark.parametrize(
    ("key", "written", "fix"),
    [
        ("max_length: 32768", '"32768"', "write 32768 without quotes"),
        ("max_length: 32768", "3.2768e4", "write 32768"),
        ("max_length: 32768", "32768.0", "write 32768"),
        ("reasoning_enabled: true", '"True"', "write true without quotes"),
        ("max_length: 32768", '"999999999"', ""),
        ("max_length: 32768", "1.5", ""),
        ("max_length: 32768", '"true"', ""),
    ],
)
def test_what_a_value_in_quotes_stands_for_is_said_where_the_key_takes_it(key: str, written: str, fix: str):
    text = SFT.replace(key, f"{key.partition(':')[0]}: {written}", 1)
    (found,) = [problem for problem in check(text) if problem.code == "wrong-value"]
    assert found.fix == fix


def test_a_dotted_key_is_not_a_path():
    mapping = {**to_mapping(RFT.recipe()), "run.name": "a"}
    assert '"run.name"' in {problem.path for problem in check(mapping)}


def test_a_scalar_where_a_block_belongs_is_one_problem():
    mapping = {**to_mapping(RFT.recipe()), "run": 5}
    assert [problem.path for problem in check(mapping) if problem.severity == "error"] == ["run"]


def test_no_key_of_one_family_is_a_block_of_another():
    """Else the same flat paths could not serve all families."""
    keys = {path for family in FAMILIES for path in keys_of(family)}
    assert keys & frozenset().union(*map(blocks_of, FAMILIES)) == set()


def test_a_block_or_a_key_that_stands_elsewhere_is_told_its_place():
    """Whatever the recipe: a name that it has once is found again where it was indented too little."""
    for family in FAMILIES:
        known = [path for path in (*keys_of(family), *blocks_of(family)) if path]
        names = [path.rpartition(".")[2] for path in known]
        once = [path for path in known if "." in path and names.count(path.rpartition(".")[2]) == 1]
        others = {other for named in OTHER_NAMES.values() for other in named}
        assert once
        for path in once:
            name = path.rpartition(".")[2]
            if name not in others:
                assert meant(name, family) == path


def test_all_weights_are_null_with_and_without_quotes_as_the_official_file_and_the_page_write_them():
    text = dump(official("nova_lite_2_0_p5_gpu_sft").recipe())
    assert 'peft_scheme: "null"' in text or "peft_scheme: 'null'" in text
    bare = text.replace('"null"', "null").replace("'null'", "null")
    assert [problem for problem in check(bare) if problem.severity == "error"] == []


def test_a_placeholder_is_one_that_stands_in_the_file():
    text = "".join(line for line in SFT.splitlines(keepends=True) if "my-bucket-name" not in line)
    assert problems(SFT, "placeholder")
    assert not problems(text, "placeholder")
