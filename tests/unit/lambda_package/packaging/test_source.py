"""What a user names as a grader, and the entry point made of it."""

import json
from pathlib import Path

import pytest

from lambda_package.errors import BuildError
from lambda_package.packaging.source import entry_files, parse_source
from rewards import REWARDS, load_reward, to_spec
from tests.property.test_rewards_laws import CASES


@pytest.mark.parametrize("name", sorted(REWARDS))
def test_the_entry_of_a_specification_makes_an_equal_reward(name: str, tmp_path: Path):
    (tmp_path / "reward.json").write_text(json.dumps(to_spec(CASES[name].reward)))
    source = parse_source(str(tmp_path / "reward.json"))
    made: dict[str, object] = {}
    exec(entry_files(source, fallback=0.0, envelope=False, prefetch_from=None)["lambda_function.py"], made)
    assert made["_reward"] == load_reward(tmp_path / "reward.json")


def test_a_parameter_that_is_not_finite_is_refused_with_the_file(tmp_path: Path):
    (tmp_path / "reward.yaml").write_text("numeric_match: {units: {m: .inf}}\n")
    with pytest.raises(BuildError, match=r"reward\.yaml: .*inf"):
        parse_source(str(tmp_path / "reward.yaml"))


def test_a_specification_with_an_unknown_name_is_refused_with_the_closest(tmp_path: Path):
    (tmp_path / "reward.yaml").write_text("json_pars\n")
    with pytest.raises(BuildError, match="did you mean 'json_parse'"):
        parse_source(str(tmp_path / "reward.yaml"))
