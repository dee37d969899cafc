"""A job's hyperparameters on this machine: what is read, what is scaled, what is ignored, each with a note."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from estimators.platforms.agent.hyperparameters import TRAINING
from estimators.platforms.local.agents.settings import SCALED, AgentOverlay, rft_settings


@pytest.mark.parametrize("name", TRAINING)
def test_every_hyperparameter_of_a_job_has_one_note(name: str) -> None:
    value = 7
    (note,) = rft_settings({name: value}, AgentOverlay()).notes
    assert (note.key, note.recipe_value) == (name, value)
    assert (note.status == "scaled") == (name in SCALED)
    assert note.why or note.status == "mapped"


def test_what_the_overlay_says_wins_over_the_project_and_over_the_scale() -> None:
    given = {"group_size": 16, "max_steps": 50, "clip_high_threshold": 1.3}
    found = rft_settings(given, AgentOverlay(rft={"max_steps": 3, "group_size": 4}))
    assert (found.max_steps, found.group_size, found.prompts) == (3, 4, SCALED["global_batch_size"])
    assert found.clip_high == pytest.approx(0.3)
    assert [note.status for note in found.notes] == ["scaled", "scaled", "mapped"]


@pytest.mark.parametrize("wrong", [{"hidden": 97}, {"layers": 0}, {"sft_noise": 1}, {"sft_step": 3}, {"eval_tasks": 0}])
def test_a_value_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        AgentOverlay(**wrong)  # type: ignore[arg-type]  # the type is what is wrong with some
