"""What a grader does not reach stays at home; what it does reach works."""

import ast
import builtins

import pytest

from lambda_package.packaging.imports import OUR_PACKAGES, offered_names, trace
from lambda_package.packaging.tree_shake import only_reached
from rewards import REWARDS

TYPES = b"""'.'
from __future__ import annotations
import json
import math
from rewards.numbers import one, two as second
LIMIT = 3
_cache = {}
@trace
def used():
    return LIMIT + second()
def lazy():
    from rewards.late import thing
    return thing
class Unused:
    '.'
    value = math.pi
_cache.update(a=1)
"""
NUMBERS = b"def one():\n    return 1\ndef two():\n    return 2\n"


def cut(mine: bytes, **modules: bytes) -> dict[str, str]:
    ours = {f"rewards/{name}.py": data for name, data in {"types": TYPES, "numbers": NUMBERS, **modules}.items()}
    kept = only_reached({"rewards/__init__.py": b"from rewards.types import used, lazy\n", **ours, "mine.py": mine})
    return {name: data.decode() for name, data in kept.items()}


def test_a_definition_is_kept_with_all_that_it_uses_and_no_more():
    kept = cut(b"from rewards import used\n")
    assert kept["rewards/__init__.py"] == "from rewards.types import used\n"
    lines = [line for line in kept["rewards/types.py"].splitlines() if line]
    assert lines == [
        "'.'",
        "from __future__ import annotations",
        "from rewards.numbers import two as second",
        "LIMIT = 3",
        "_cache = {}",
        "@trace",
        "def used():",
        "    return LIMIT + second()",
        "_cache.update(a=1)",  # more than a definition: it may matter
    ]
    assert kept["rewards/numbers.py"] == "\n\ndef two():\n    return 2\n"


def test_lines_stay_where_they_were():
    kept, given = cut(b"from rewards import used\n")["rewards/types.py"].splitlines(), TYPES.decode().splitlines()
    assert len(kept) == len(given)
    moved = [line for line, before in zip(kept, given, strict=True) if line not in ("", before)]
    assert moved == ["from rewards.numbers import two as second"]  # a name fewer, on the line where it was


def test_an_import_inside_a_function_is_followed():
    kept = cut(b"from rewards import lazy\n", late=b"thing = 1\nother = 2\n")
    assert kept["rewards/late.py"] == "thing = 1\n\n"


def test_a_module_that_nobody_reaches_is_left_out():
    assert "rewards/numbers.py" not in cut(b"from rewards import lazy\n")


@pytest.mark.parametrize(
    "mine", [b"import rewards.types\n", b"from rewards import types\n", b"from rewards.types import *\n"]
)
def test_a_module_taken_as_a_whole_stays_whole(mine: bytes):
    assert cut(mine)["rewards/types.py"] == TYPES.decode()


def test_files_that_are_not_ours_stay_as_they_are():
    mine = b"from rewards import used\n\ndef unused():\n    pass\n"
    assert cut(mine)["mine.py"] == mine.decode()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All that any grader could take of us, before it is cut down."""
    folder = tmp_path_factory.mktemp("everything")
    (folder / "reward.py").write_text(f"from rewards import {', '.join(offered_names())}\n")
    traced = trace(["lambda_package.handler", "reward"], folder)
    return {name: path.read_bytes() for name, path in traced.files.items() if is_ours(name)} | traced.generated


@pytest.mark.parametrize("name", sorted(REWARDS))
def test_nothing_kept_names_what_is_gone(name: str, ours: dict[str, bytes]):
    mine = f"from lambda_package.handler import handler_for\nfrom rewards import {name}\n"
    kept = only_reached({**ours, "reward.py": mine.encode()})
    trees = {path.removesuffix(".py").removesuffix("/__init__"): ast.parse(data) for path, data in kept.items()}
    for module, tree in trees.items():
        assert not used_names(tree) - bound_names(tree) - set(dir(builtins)), module
        for source, wanted in imported_names(tree):
            assert f"{source}/{wanted}" in trees or wanted in bound_names(trees[source]), (module, wanted)


def used_names(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def bound_names(tree: ast.Module) -> set[str]:
    """Every name that is bound anywhere in the file."""
    names = {"__file__", "__name__"}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.MatchAs(name=str(name)):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.partition(".")[0])
    return names


def imported_names(tree: ast.Module) -> list[tuple[str, str]]:
    """Module and name of what is taken from us while it runs."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    for_types = {id(node) for block in blocks for node in block.body}
    taken = [node for node in ast.walk(tree) if id(node) not in for_types]
    found = [node for node in taken if isinstance(node, ast.ImportFrom) and node.module]
    pairs = [(str(node.module).replace(".", "/"), alias.name) for node in found for alias in node.names]
    return [(module, name) for module, name in pairs if is_ours(module)]


def is_ours(path: str) -> bool:
    return path.partition("/")[0] in OUR_PACKAGES
