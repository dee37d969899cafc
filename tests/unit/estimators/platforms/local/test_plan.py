"""A recipe and an overlay become settings, and every key gets a note."""

from dataclasses import replace

import pytest

from estimators.errors import PlanError
from estimators.platforms.local import Note, Overlay, overlay_from, plan_rft, plan_sft
from estimators.platforms.local.plan import leaves
from estimators.platforms.local.rules import RFT_RULES, SFT_RULES
from recipes import nova_lite_2_rft_lora, nova_lite_2_sft_lora, to_mapping

SFT = to_mapping(nova_lite_2_sft_lora())
RFT = to_mapping(nova_lite_2_rft_lora())
STEPS = "training_config.trainer.max_steps"
BATCH = "training_config.global_batch_size"
GROUP = "training_config.rollout.advantage_strategy.number_generation"


def note_of(notes, key: str) -> Note:
    return next(note for note in notes if note.key == key)


@pytest.mark.parametrize(("recipe", "rules"), [(SFT, SFT_RULES), (RFT, RFT_RULES)])
def test_every_key_of_our_recipes_has_a_rule(recipe, rules):
    assert [key for key, _ in leaves(recipe) if key not in rules] == []


@pytest.mark.parametrize(("plan", "recipe"), [(plan_sft, SFT), (plan_rft, RFT)])
def test_every_recipe_key_gets_one_note_with_its_value(plan, recipe):
    assert [(note.key, note.recipe_value) for note in plan(recipe, Overlay()).notes] == list(leaves(recipe))


def test_without_an_overlay_the_recipe_decides():
    plan = plan_sft(SFT, Overlay())
    assert (plan.optimisation.lr, plan.optimisation.max_steps, plan.optimisation.min_lr) == (1e-5, 100, 1e-6)
    assert {note.status for note in plan.notes} == {"mapped", "ignored"}


def test_an_overlay_replaces_the_value_and_says_so():
    plan = plan_rft(RFT, Overlay(rft={STEPS: 40}))
    assert plan.optimisation.max_steps == 40
    note = note_of(plan.notes, STEPS)
    assert (note.status, note.recipe_value, note.local_value) == ("scaled", 5, 40)
    assert note.why


def test_an_overlay_that_repeats_the_recipe_scales_nothing():
    assert note_of(plan_rft(RFT, Overlay(rft={STEPS: 5})).notes, STEPS).status == "mapped"


def test_an_overlay_may_add_a_key_the_recipe_leaves_out():
    plan = plan_rft(RFT, Overlay(rft={"training_config.data.shuffle": True}))
    assert plan.optimisation.shuffle
    assert note_of(plan.notes, "training_config.data.shuffle").recipe_value is None


def test_null_as_scheme_trains_all_weights():
    key = "training_config.peft.peft_scheme"
    assert plan_sft(SFT, Overlay()).optimisation.peft_scheme == "lora"
    assert plan_sft(SFT, Overlay(sft={key: None})).optimisation.peft_scheme is None


def test_an_overlay_key_without_effect_is_refused_with_the_closest_useful_one():
    with pytest.raises(PlanError, match=r"max_step'.*did you mean 'training_config.trainer.max_steps'"):
        plan_rft(RFT, Overlay(rft={"training_config.trainer.max_step": 4}))
    with pytest.raises(PlanError, match=r"run\.replicas"):
        plan_rft(RFT, Overlay(rft={"run.replicas": 1}))


def test_a_recipe_key_nobody_knows_is_noted_not_lost():
    plan = plan_sft({**SFT, "new_section": {"new_key": 3}}, Overlay())
    assert note_of(plan.notes, "new_section.new_key") == Note(
        "new_section.new_key", "ignored", 3, None, "no local counterpart is known"
    )


def test_a_group_of_one_has_nothing_to_compare():
    with pytest.raises(PlanError, match="at least 2"):
        plan_rft(RFT, Overlay(rft={GROUP: 1}))


def test_rollouts_per_step_divide_into_groups():
    with pytest.raises(PlanError, match="64 is not a multiple of number_generation 6"):
        plan_rft(RFT, Overlay(rft={GROUP: 6}))


def test_the_batch_counts_rollouts():
    plan = plan_rft(RFT, Overlay(rft={BATCH: 48, GROUP: 8}))
    assert plan.sampling is not None
    assert plan.optimisation.batch_size // plan.sampling.number_generation == 6


def test_equal_inputs_give_equal_plans():
    assert plan_rft(RFT, Overlay(rft={STEPS: 40})) == plan_rft(RFT, Overlay(rft={STEPS: 40}))


def test_the_overlay_reads_its_section_of_the_project_file():
    assert overlay_from({"seed": 3, "rft": {STEPS: 40}}) == replace(Overlay(), seed=3, rft={STEPS: 40})


def test_an_unknown_key_of_the_section_is_refused_with_the_closest_one():
    with pytest.raises(PlanError, match=r"'sft_row'.*did you mean 'sft_rows'"):
        overlay_from({"sft_row": 3})
