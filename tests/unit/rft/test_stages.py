"""A changed setting runs again exactly the stages that read it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from rft.pipeline import digest_of
from rft.project import load_project
from rft.stages import local_stages

EXAMPLE = Path(__file__).parents[3] / "examples" / "regulatory_tools"
RECIPE_KEY = "training_config.max_length"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "project")) / "project.yaml"


def inputs_of(project: Path) -> dict[str, str]:
    file = load_project(project)
    return {stage.name: digest_of(stage.inputs()) for stage in local_stages(file, project.parent / "run")}


@pytest.mark.parametrize(
    ("section", "value", "readers"),
    [
        (("local", "sft", "training_config.max_steps"), 7, {"sft"}),
        (("local", "rft", "training_config.trainer.max_steps"), 7, {"rft"}),
        (("local", "eval_samples"), 3, {"eval_sft", "eval_rft"}),
        (("local", "rft", "training_config.rollout.generator.max_new_tokens"), 180, {"rft", "eval_sft", "eval_rft"}),
        (("sft", "set", RECIPE_KEY), 4096, {"sft"}),
        (("rft", "set", RECIPE_KEY), 4096, {"rft"}),
        (("seed",), 11, {"data", "sft", "rft", "eval_sft", "eval_rft"}),
    ],
)
def test_only_the_stages_that_read_a_setting_depend_on_it(
    project: Path, section: tuple[str, ...], value: object, readers: set[str]
):
    before = inputs_of(project)
    settings = yaml.safe_load(project.read_text("utf-8"))
    *path, last = section
    place = settings
    for name in path:
        place = place[name]
    place[last] = value
    project.write_text(yaml.safe_dump(settings), "utf-8")
    after = inputs_of(project)
    assert {name for name in before if before[name] != after[name]} == readers
