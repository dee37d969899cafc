"""The zip has to grade as the source does: what the build could not trace comes to light before it is deployed."""

from pathlib import Path
from textwrap import dedent

import pytest

from lambda_package import verify as verifying
from lambda_package.checks import Check, Status
from lambda_package.errors import BuildError
from lambda_package.packaging.build import build
from lambda_package.packaging.record import record_of
from lambda_package.same_as_source import SAME_AS_SOURCE
from rewards.audit import case_of

ROWS = [
    case_of({"id": str(index), "messages": [{"role": "user", "content": "?"}], "reference_answer": text}, index)
    for index, text in enumerate(["4", "a", "b"])
]
SCORE = "from rewards.types import Score\n"
HALF = {"reward.py": SCORE + "def reward(s, c): return Score(0.5)\n"}


def written(folder: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return f"{folder / 'reward.py'}:reward"


def compared(
    folder: Path, files: dict[str, str], environment: dict[str, str] | None = None, **options: object
) -> Check:
    package = build(written(folder, files), folder / "grader.zip", **options)  # type: ignore[arg-type]
    checks = verifying.verify(package.path, ROWS, environment=environment).checks
    (found,) = [c for c in checks if c.name == SAME_AS_SOURCE]
    return found


def test_a_plain_reward_grades_alike(tmp_path: Path):
    found = compared(tmp_path, {"reward.py": SCORE + "def reward(s, c): return Score(float(c.text == s.reference))\n"})
    assert (found.status, found.detail) == (Status.OK, "9 answers get the grades that the source gives")


def test_an_optional_import_that_stays_behind_is_a_problem_and_named(tmp_path: Path):
    code = """
    try:
        import yaml
    except ImportError:
        yaml = None
    def reward(s, c): return Score(1.0 if yaml else 0.25)
    """
    found = compared(tmp_path, {"reward.py": SCORE + dedent(code)})
    assert found.status is Status.PROBLEM
    assert "0.25" in found.detail
    assert "'yaml' (reward.py, line 4) is not in the zip" in found.detail


PLUGINS = {
    "plugins/__init__.py": "",
    "plugins/a.py": "from helpers import HALF\ndef g(s, c): return HALF\n",
    "helpers.py": "HALF = 0.5\n",
    "reward.py": SCORE
    + """
import importlib, pkgutil, plugins
MODULES = [importlib.import_module("plugins." + m.name) for m in pkgutil.iter_modules(plugins.__path__)]
def reward(s, c): return Score(sum(m.g(s, c) for m in MODULES))
""",
}


def test_plugins_found_while_running_are_missed_and_named_by_the_build(tmp_path: Path):
    package = build(written(tmp_path, PLUGINS), tmp_path / "grader.zip")
    assert any("loads modules by names worked out later" in note for note in package.notes)
    assert compared(tmp_path, PLUGINS).status is Status.PROBLEM


def test_a_folder_that_is_included_brings_what_its_modules_import(tmp_path: Path):
    assert compared(tmp_path, PLUGINS, include=["plugins"]).status is Status.OK


def test_a_reward_that_changes_from_start_to_start_cannot_be_compared(tmp_path: Path):
    code = "import os\ndef reward(s, c): return Score(int.from_bytes(os.urandom(4)) / 2**32)\n"
    assert compared(tmp_path, {"reward.py": SCORE + code}).status is Status.WARNING


def test_environment_variables_reach_both(tmp_path: Path):
    code = 'import os\nW = float(os.environ["WEIGHT"])\ndef reward(s, c): return Score(W)\n'
    assert compared(tmp_path, {"reward.py": SCORE + code}, environment={"WEIGHT": "0.5"}).status is Status.OK


def test_a_zip_without_the_record_of_its_build_is_not_compared(tmp_path: Path):
    package = build(
        written(tmp_path, {"reward.py": SCORE + "def reward(s, c): return Score(0.5)\n"}), tmp_path / "a.zip"
    )
    package.path.with_suffix(".build.json").unlink()
    (found,) = [c for c in verifying.verify(package.path, ROWS).checks if c.name == SAME_AS_SOURCE]
    assert found.status is Status.WARNING


def test_a_record_does_not_outlive_its_zip(tmp_path: Path):
    package = build(
        written(tmp_path, {"reward.py": SCORE + "def reward(s, c): return Score(0.5)\n"}), tmp_path / "a.zip"
    )
    assert record_of(package.path) is not None
    package.path.write_bytes(package.path.read_bytes() + b"\0")
    assert record_of(package.path) is None


PACKAGE = {
    "pkg/__init__.py": "",
    "pkg/helpers.py": "def same(a, b): return float(a == b)\n",
    "pkg/reward.py": SCORE + "from .helpers import same\ndef reward(s, c): return Score(same(c.text, s.reference))\n",
}


def test_a_real_package_is_shipped_from_its_root(tmp_path: Path):
    written(tmp_path, PACKAGE)
    grader = f"{tmp_path / 'pkg' / 'reward.py'}:reward"
    package = build(grader, tmp_path / "grader.zip")
    assert package.files == build(grader, tmp_path / "named.zip", root=tmp_path).files
    assert {"pkg/__init__.py", "pkg/reward.py", "pkg/helpers.py"} <= set(package.files)
    (found,) = [c for c in verifying.verify(package.path, ROWS).checks if c.name == SAME_AS_SOURCE]
    assert found.status is Status.OK


def test_the_handler_may_be_a_function_of_the_user_s(tmp_path: Path):
    code = 'def grade(e, c): return [{"id": str(s.get("id")), "aggregate_reward_score": 0.5} for s in e]\n'
    grader = written(tmp_path, {"app.py": code, "reward.py": ""}).replace("reward.py:reward", "app.py:grade")
    package = build(grader, tmp_path / "grader.zip", handler="app.grade")
    assert "lambda_function.py" not in package.files
    (found,) = [c for c in verifying.verify(package.path, ROWS).checks if c.name == SAME_AS_SOURCE]
    assert found.status is Status.OK


def test_a_helper_with_the_name_of_a_standard_module_is_refused(tmp_path: Path):
    files = {"json.py": "x = 1\n", "reward.py": SCORE + "import json\nreward = lambda s, c: Score(0.5)\n"}
    with pytest.raises(BuildError, match=r"json\.py would hide the module 'json'"):
        build(written(tmp_path, files), tmp_path / "grader.zip")


def test_a_name_that_rewards_does_not_have_is_refused_with_its_line(tmp_path: Path):
    files = {"reward.py": SCORE + "from rewards import wieghted\nreward = wieghted({})\n"}
    with pytest.raises(BuildError, match=r"line 2: rewards has no 'wieghted'; did you mean 'weighted'\?"):
        build(written(tmp_path, files), tmp_path / "grader.zip")


def test_the_sdk_of_aws_is_there_as_in_aws_s_runtime(tmp_path: Path):
    pytest.importorskip("boto3")
    code = "import boto3\nCLIENT = boto3.client('bedrock-runtime')\ndef reward(s, c): return Score(0.5)\n"
    found = compared(tmp_path, {"reward.py": SCORE + code}, environment={"AWS_EC2_METADATA_DISABLED": "true"})
    assert found.status is Status.OK
