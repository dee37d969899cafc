"""Files that hold a reward: inside packages, named without a name, or written for somebody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_package.errors import BuildError
from lambda_package.packaging.build import build
from lambda_package.packaging.source import entry_files, parse_source
from rewards import Completion, Sample
from rewards.errors import SpecError
from rewards.load import load_reward

SAMPLE = Sample("s1", (), reference="5")
REWARD = """
from rewards import Score
from ..common.text import last
from . import scoring


def reward(sample, completion):
    return Score(scoring.MOST * (last(completion.text) == sample.reference))
"""


def package(folder: Path, most: float = 1.0) -> Path:
    for part in ("mine", "mine/common", "mine/graders"):
        (folder / part).mkdir(parents=True)
        (folder / part / "__init__.py").write_text("")
    (folder / "mine/common/text.py").write_text("def last(text):\n    return text.split()[-1]\n")
    (folder / "mine/graders/scoring.py").write_text(f"MOST = {most}\n")
    file = folder / "mine/graders/app.py"
    file.write_text(REWARD)
    return file


def test_a_reward_within_a_package_imports_by_dots_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = package(tmp_path)
    for place in (tmp_path, file.parent, file.parent.parent):
        monkeypatch.chdir(place)
        for named in (f"{file}:reward", f"{file.relative_to(place)}:reward"):
            assert load_reward(named)(SAMPLE, Completion("it is 5")).value == 1.0


def test_a_package_of_the_same_name_elsewhere_is_another(tmp_path: Path):
    values = [
        load_reward(f"{package(tmp_path / str(most), most)}:reward")(SAMPLE, Completion("5")).value
        for most in (1.0, 0.25, 0.5)
    ]
    assert values == [1.0, 0.25, 0.5]


def test_a_package_may_be_called_as_ours_is(tmp_path: Path):
    file = package(tmp_path)
    named = (tmp_path / "mine").rename(tmp_path / "rewards") / file.relative_to(tmp_path / "mine")
    assert load_reward(f"{named}:reward")(SAMPLE, Completion("5")).value == 1.0
    assert load_reward(f"{named}:reward")(SAMPLE, Completion("6")).value == 0.0


def test_a_file_of_a_package_that_imports_no_dots_still_finds_its_neighbours(tmp_path: Path):
    file = package(tmp_path)
    file.write_text(
        REWARD.replace("from ..common.text import last", "last = str.strip").replace("from . import", "import")
    )
    assert load_reward(f"{file}:reward")(SAMPLE, Completion(" 5 ")).value == 1.0


def test_a_zip_starts_its_imports_above_the_package_too(tmp_path: Path):
    made = build(f"{package(tmp_path)}:reward", tmp_path / "grader.zip")
    assert {"mine/graders/app.py", "mine/graders/scoring.py", "mine/common/text.py"} <= set(made.files)


def test_the_root_that_is_advised_is_one_that_works(tmp_path: Path):
    file = package(tmp_path)
    for init in tmp_path.rglob("__init__.py"):
        init.unlink()
    with pytest.raises(BuildError) as told:
        build(f"{file}:reward", tmp_path / "grader.zip")
    root = str(told.value).rpartition(" ")[2]
    assert "mine/common/text.py" in build(f"{file}:reward", tmp_path / "grader.zip", root=root).files


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("def f(completions, **kwargs):", "a reward function of TRL's"),
        ("def f(prompts, completions, answer):", "a reward function of TRL's"),
        ("def f(data_source, solution_str, ground_truth, extra_info=None):", "a reward function of verl's"),
        ("def f(solution_str, ground_truth):", "a reward function of verl's"),
        ("def f(sample, item):", "an OpenAI python grader"),
    ],
)
def test_a_function_written_for_another_trainer_is_named_as_one(function: str, words: str, tmp_path: Path):
    file = tmp_path / "theirs.py"
    file.write_text(f"import re\n\n\n{function}\n    return [1.0]\n")
    with pytest.raises(SpecError, match=rf"theirs\.py:4: f\(.*\) is {words}"):
        load_reward(f"{file}:f")
    with pytest.raises(BuildError, match=rf"theirs\.py: f\(.*\) is {words}"):
        parse_source(f"{file}:f")


@pytest.mark.parametrize(
    "parameters", ["event, context", "event, ctx", "event, _", "_event, _context", "event, /, context"]
)
def test_a_lambda_handler_is_no_reward_but_is_packaged_as_what_it_is(parameters: str, tmp_path: Path):
    file = tmp_path / "theirs.py"
    file.write_text(f"def grade({parameters}):\n    return []\n")
    with pytest.raises(SpecError, match="is a Lambda handler: name its file with --lambda"):
        load_reward(f"{file}:grade")
    source = parse_source(f"{file}:grade")
    entry = entry_files(source, fallback=0.0, envelope=False, prefetch_from=None)["lambda_function.py"].decode()
    assert "from theirs import grade as lambda_handler" in entry


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def helper(): ...\ndef accuracy_reward(sample, completion): ...\n", "accuracy_reward"),
        ("class Grader:\n    def score(self): ...\nlambda_handler = Grader()\n", "lambda_handler"),
        ("def _reward(): ...\nasync def grade(sample, completion): ...\n", "grade"),
        ("def (", "reward"),
    ],
)
def test_a_file_named_without_a_name_is_told_one(text: str, name: str, tmp_path: Path):
    file = tmp_path / "mine.py"
    file.write_text(text)
    for error, door in ((SpecError, load_reward), (BuildError, parse_source)):
        with pytest.raises(error, match=rf"try '.*mine\.py:{name}'"):
            door(str(file))
