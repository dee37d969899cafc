"""The project file: every problem at once, each with its line and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from datagen import RowsConfig
from rft.errors import ProjectError
from rft.project import load_project

GOOD = """\
name: demo
reward: reward.py:reward
data:
  documents: documents
  system: system.txt
  teacher: {kind: template, templates: templates.yaml}
"""


def problems_of(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "project.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        load_project(path)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


def test_a_short_project_file_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(GOOD, encoding="utf-8")
    file = load_project(path)
    assert (file.run_name, file.root, file.project.model) == ("demo", tmp_path, "nova-2-lite")


def test_every_problem_is_reported_with_its_line(tmp_path: Path) -> None:
    text = GOOD.replace("name: demo", "name: -demo-").replace("system: system.txt", "sistem: system.txt")
    found = problems_of(tmp_path, text + "sagemaker:\n  region: nowhere\n")
    assert [line.split(":")[0] for line in found] == ["1", "3", "5", "8"]


def test_an_unknown_key_names_the_closest_one(tmp_path: Path) -> None:
    assert "7: sagemakr: unknown key; did you mean 'sagemaker'?" in problems_of(tmp_path, GOOD + "sagemakr: {}\n")


def test_an_unknown_key_of_the_overlay_names_the_closest_one(tmp_path: Path) -> None:
    assert "8: local.lora_renk: unknown key; did you mean 'lora_rank'?" in problems_of(
        tmp_path, GOOD + "local:\n  lora_renk: 4\n"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("role_arn: arn:aws:iam::1234:role/Exec", "should look like 'arn:aws:iam::123456789012:role/NAME', got"),
        ("bucket: My_Bucket", "should look like 'my-bucket', got 'My_Bucket'"),
        ("instance_type: p5.48xlarge", "should look like 'ml.p5.48xlarge', got 'p5.48xlarge'"),
    ],
)
def test_a_value_of_the_wrong_shape_is_shown_one_that_is_right(tmp_path: Path, line: str, said: str) -> None:
    assert any(said in problem for problem in problems_of(tmp_path, f"{GOOD}sagemaker:\n  {line}\n"))


def test_a_key_said_twice_is_refused(tmp_path: Path) -> None:
    assert any("name" in line and "twice" in line for line in problems_of(tmp_path, GOOD + "name: other\n"))


def test_broken_yaml_says_where(tmp_path: Path) -> None:
    assert problems_of(tmp_path, GOOD + "a: [1\n") == [
        "8: this is not YAML: did not find expected ',' or ']', in what begins at line 7"
    ]


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="cannot be read"):
        load_project(tmp_path / "none.yaml")


def test_another_seed_has_a_run_folder_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(GOOD, encoding="utf-8")
    file = load_project(path)
    assert file.with_seed(None) is file
    assert (file.with_seed(3).run_name, file.with_seed(3).project.seed) == ("demo-seed-3", 3)


ROWS = "name: mine\nreward: reward.py:reward\ndata:\n"


def test_a_project_may_start_from_rows(tmp_path):
    (tmp_path / "project.yaml").write_text(f"{ROWS}  train: rows.csv\n  split: {{train: 0.5, test: 0.5}}\n")
    data = load_project(tmp_path / "project.yaml").project.data
    assert isinstance(data, RowsConfig)
    assert data.files() == {"train": "rows.csv"}


def test_a_wrong_key_beside_rows_is_named_with_the_closest_one(tmp_path):
    (tmp_path / "project.yaml").write_text(f"{ROWS}  train: rows.csv\n  tset: more.csv\n")
    with pytest.raises(ProjectError, match=r"project.yaml:5: data.tset: unknown key; did you mean 'test'"):
        load_project(tmp_path / "project.yaml")
