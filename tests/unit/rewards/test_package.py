"""`rewards` loads a module when one of its names is asked for, and not before."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import rewards
from rewards import arithmetic, combinators, components

SOURCE = ast.parse(Path(str(rewards.__file__)).read_text(encoding="utf-8"))


def names_for_type_checkers() -> dict[str, str]:
    """Name -> module, from the block that only type checkers read."""
    (block,) = [node for node in SOURCE.body if isinstance(node, ast.If)]
    statements = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module).removeprefix("rewards.") for node in statements for alias in node.names}


def test_type_checkers_and_the_interpreter_find_the_same_names_in_the_same_modules() -> None:
    assert names_for_type_checkers() == rewards._HOMES
    assert sorted(rewards._HOMES) == sorted(rewards.__all__) == sorted(dir(rewards))


@pytest.mark.parametrize("name", rewards.__all__)
def test_no_public_name_is_hidden_by_a_module_of_that_name(name: str) -> None:
    assert not (Path(str(rewards.__file__)).parent / f"{name}.py").exists()


@pytest.mark.parametrize("name", rewards.REWARDS)
def test_every_registered_reward_is_exported(name: str) -> None:
    assert name in rewards.__all__
    assert getattr(rewards, name) is rewards.REWARDS[name]


def test_every_component_is_registered() -> None:
    modules = [import_module(f"rewards.components.{found.name}") for found in pkgutil.iter_modules(components.__path__)]
    made = [
        cls for module in [*modules, combinators, arithmetic] for cls in vars(module).values() if inspect.isclass(cls)
    ]
    named = {cls.name for cls in made if isinstance(cls.__dict__.get("name"), str)}
    assert named == set(rewards.REWARDS) - {"rubric"}  # which is made of others


def test_importing_the_package_loads_none_of_its_modules() -> None:
    code = "import sys, rewards; print([name for name in sys.modules if name.startswith('rewards.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'no_such_reward'"):
        rewards.no_such_reward  # noqa: B018  # the lookup is the test
