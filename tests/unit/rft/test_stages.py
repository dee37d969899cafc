"""A changed setting runs again exactly the stages that read it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from estimators.platforms.local.base import BASE_FOLDER
from rft.errors import ProjectError
from rft.pipeline import digest_of
from rft.project import load_project
from rft.stages import local_stages
from rft.stages.local import policy_of

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


def with_policy(project: Path, model: object) -> Path:
    settings = yaml.safe_load(project.read_text("utf-8"))
    settings["local"]["model"] = model
    project.write_text(yaml.safe_dump(settings), "utf-8")
    return project


def test_a_folder_is_trained_where_it_is_and_another_one_trains_again(project: Path) -> None:
    before = inputs_of(project)
    policy = Path(shutil.copytree(BASE_FOLDER, project.parent / "mine"))
    (policy / "generation_config.json").write_text("{}", "utf-8")
    after = inputs_of(with_policy(project, "mine"))
    assert {name for name in before if before[name] != after[name]} == {"sft", "eval_sft"}
    assert policy_of(load_project(project), project.parent / "run") == policy


def test_a_gguf_file_is_converted_by_a_stage_of_its_own_that_depends_on_its_bytes(project: Path) -> None:
    gguf = project.parent / "small.gguf"
    gguf.write_bytes(b"GGUF one")
    root = project.parent / "run"
    stages = {stage.name: stage for stage in local_stages(load_project(with_policy(project, "small.gguf")), root)}
    assert [*stages][:5] == ["data", "check", "package", "policy", "sft"]
    assert "policy" in stages["sft"].after
    assert "policy" in stages["eval_sft"].after
    assert policy_of(load_project(project), root) == root / "policy" / "model"
    before = inputs_of(project)
    gguf.write_bytes(b"GGUF two")
    after = inputs_of(project)
    assert {name for name in before if before[name] != after[name]} == {"policy"}


def test_a_policy_that_is_not_here_is_told_with_its_line(project: Path) -> None:
    file = load_project(with_policy(project, "nowhere"))
    line = project.read_text("utf-8").splitlines().index("  model: nowhere") + 1
    with pytest.raises(ProjectError, match=rf"project.yaml:{line}: local.model: no policy 'nowhere' here"):
        local_stages(file, project.parent / "run")
