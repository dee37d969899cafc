"""Overrides, layers and differences."""

import pytest

from recipes import OverrideError, RftFullHyperpod, RftLora, UnknownRecipeError, difference, load, official, replace
from recipes.catalogue.find import choose
from recipes.catalogue.layers import Layer, layered, parse_override, values_in
from recipes.errors import RecipeFileError

STEPS, LENGTH = "training_config.trainer.max_steps", "training_config.max_length"
RFT = official("nova_lite_v2_smtj_p5_p5en_gpu_lora_rft")
MICRO = official("nova_micro_1_0_p5_p4d_gpu_lora_sft")


def test_a_later_layer_wins():
    made = layered(
        RFT, file={"training_config": {"max_length": 4096, "trainer": {"max_steps": 7}}}, overrides={STEPS: 9}
    )
    assert made.recipe == replace(RftLora(), {LENGTH: 4096, STEPS: 9})
    assert (made.layers[LENGTH], made.layers[STEPS]) == (Layer.FILE, Layer.OVERRIDE)


def test_what_the_official_file_changes_is_the_preset_layer():
    made = layered(MICRO)
    assert made.layers["run.model_type"] is Layer.PRESET
    assert made.layers[LENGTH] is Layer.DEFAULT


def test_the_table_shows_resolved_values_and_where_they_point():
    rows = {row[0]: row[1:] for row in layered(RFT, overrides={STEPS: 9}).rows()}
    assert rows["training_config.trainer.save_steps"] == ("9 (from training_config.trainer.max_steps)", "default")


def test_a_file_with_an_unknown_key_is_refused_with_the_closest():
    with pytest.raises(OverrideError, match=r"did you mean training_config\.max_length"):
        layered(RFT, file={"training_config": {"max_lenght": 4096}})


def test_a_partial_block_keeps_the_rest_of_the_family():
    """Nova 1.0 SFT of all weights decays to 5e-7; the part alone would say 1e-6."""
    run = "{name: a, model_type: amazon.nova-lite-v1:0:300k, model_name_or_path: nova-lite/prod}"
    model = "{peft: {peft_scheme: null}, optim: {sched: {warmup_steps: 5}}}"
    recipe = load(f"run: {run}\ntraining_config: {{model: {model}}}")
    assert recipe == replace(type(recipe)(), {"run.name": "a", "training_config.model.optim.sched.warmup_steps": 5})


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (f"{STEPS}=150", 150),
        ("training_config.trainer.optim_config.lr=7e-7", 7e-7),
        ("training_config.reasoning_effort=null", None),
        ("training_config.rollout.generator.set_random_seed=false", False),
        ("run.name=007", "007"),
        ("run.data_s3_path=s3://bucket/a.jsonl", "s3://bucket/a.jsonl"),
    ],
)
def test_overrides_are_typed_by_their_key(written: str, value: object):
    assert parse_override(written, RftLora()) == (written.partition("=")[0], value)


@pytest.mark.parametrize("written", ["no equals sign", f"{STEPS}=many", "training_config.trainer.max_step=1", "run=1"])
def test_an_override_that_does_not_fit_is_refused(written: str):
    with pytest.raises(OverrideError):
        parse_override(written, RftLora())


def test_an_override_may_add_a_key_of_newer_pages():
    recipe = replace(RftLora(), {"training_config.trainer.adaptive_curriculum.enable": True})
    assert recipe.training_config.trainer.adaptive_curriculum is not None
    assert recipe.training_config.trainer.adaptive_curriculum.selection_pool_multiplier == 8


def test_replace_names_every_problem_at_once():
    with pytest.raises(OverrideError) as error:
        replace(RftLora(), {STEPS: "many", LENGTH: -1})
    assert STEPS in str(error.value)
    assert LENGTH in str(error.value)


def test_values_in_a_text_that_is_no_mapping_are_refused():
    with pytest.raises(RecipeFileError, match=r"partial\.yaml"):
        values_in("- a", "partial.yaml")


def test_equal_recipes_do_not_differ():
    assert difference(RftLora(), RftLora()) == []


def test_recipes_of_different_kinds_show_what_one_of_them_lacks():
    changes = {change.path: str(change) for change in difference(RftLora(), RftFullHyperpod())}
    assert changes["training_config.trainer.kl_loss_coef"] == "training_config.trainer.kl_loss_coef: 0.001 -> (absent)"
    assert changes["run.output_s3_path"] == "run.output_s3_path: (absent) -> ''"


@pytest.mark.parametrize(
    ("method", "model", "words"),
    [
        ("rft-lra", "", "did you mean rft-lora"),
        ("ppo", "", "nova-lite, nova-micro, nova-pro"),
        ("rft-lora", "nova-micro", "there is rft-lora for nova-2-lite on hyperpod; nova-2-lite on sagemaker"),
    ],
)
def test_a_choice_that_cannot_be_made_says_what_there_is(method: str, model: str, words: str):
    with pytest.raises(UnknownRecipeError, match=words):
        choose(method, model=model)
