"""Specifications: their errors teach, and files are opened as rewards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rewards import Completion, Sample, SpecError, from_spec, load_reward, to_spec
from rewards.components.tools import ToolCalls


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("tool_cals", "no reward 'tool_cals'; did you mean 'tool_calls'"),
        ({"a": {}, "b": {}}, "one name with its parameters below it"),
        (["json_parse"], "one name with its parameters"),
        ({"json_parse": {"rot": "any"}}, "json_parse: .*unexpected keyword argument 'rot'"),
        ({"json_parse": {"root": "list"}}, "root must be one of any, object, array, got 'list'"),
        ({"weighted": {"parts": {"a": {"reward": "json_parse", "weight": 0}}}}, "weight of 'a' must be finite"),
        ({"weighted": {"parts": ["json_parse"]}}, "parts must be a mapping"),
        ({"tool_calls": {"values": {"text": "lower"}}}, "no text normaliser 'lower'"),
        ({"clipped": {"reward": {"jsn": {}}}}, "no reward 'jsn'"),
        ({"schema_valid": {"schema": {"if": 1}}}, "#/if must be an object or a boolean, got 1"),
        ({"has_tags": {"tags": ["<a>"]}}, "without brackets"),
    ],
)
def test_a_wrong_specification_says_what_would_be_right(spec: object, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        from_spec(spec)  # type: ignore[arg-type]


def test_a_function_of_ones_own_has_no_specification() -> None:
    with pytest.raises(SpecError, match="name its file instead"):
        to_spec(lambda sample, completion: None)  # type: ignore[arg-type,return-value]


def test_a_yaml_file_is_opened_as_the_reward_it_specifies(tmp_path: Path) -> None:
    path = tmp_path / "reward.yaml"
    path.write_text("tool_calls:\n  tool_credit: 0.5\n  calls: {unwrap: plan, calls: tools}\n")
    reward = load_reward(path)
    assert isinstance(reward, ToolCalls)
    assert (reward.tool_credit, reward.calls.unwrap) == (0.5, "plan")


REWARD_FILE = """
from neighbour import LIMIT
from rewards import Score

def short(sample, completion, /):
    return Score(float(len(completion.text) <= LIMIT))

number = 3
"""


@pytest.fixture
def reward_file(tmp_path: Path) -> Path:
    (tmp_path / "neighbour.py").write_text("LIMIT = 4\n")
    path = tmp_path / "reward.py"
    path.write_text(REWARD_FILE)
    return path


def test_a_python_file_may_import_its_neighbours(reward_file: Path) -> None:
    reward = load_reward(f"{reward_file}:short")
    assert reward(Sample("s", ()), Completion("four")).value == 1.0


@pytest.mark.parametrize(
    ("name", "message"),
    [("shrt", "did you mean 'short'"), ("number", "is no reward: it must be callable"), ("Score", "is no reward")],
)
def test_a_name_that_is_no_reward_is_refused(reward_file: Path, name: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load_reward(f"{reward_file}:{name}")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("reward.yaml", "a: [", "is not YAML"),
        ("reward.json", "{", "is not JSON"),
        ("reward.toml", "", "file.py:name or reward.yaml"),
        ("missing.yaml", None, "cannot read"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_specification_error(
    tmp_path: Path, file: str, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / file).write_text(text)
    with pytest.raises(SpecError, match=message):
        load_reward(tmp_path / file)


@pytest.mark.parametrize("name", ["exact_match", "tool_calls", "weighted"])
def test_a_component_that_is_not_called_is_said_to_make_a_reward(name: str, tmp_path: Path) -> None:
    (tmp_path / "r.py").write_text(f"from rewards import {name}\n\nreward = {name}\n")
    with pytest.raises(SpecError, match=re.escape(f"it makes a reward: reward = {name}(...)")):
        load_reward(f"{tmp_path / 'r.py'}:reward")
