"""Bytecode for the zip: /var/task is read-only, so a module without `.pyc` is compiled at every cold start."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from lambda_package.packaging import compiler
from lambda_package.packaging.imports import OUR_PACKAGES
from rewards.children import run_child
from rewards.scratch import scratch_folder

_WORDS = re.compile(rb"dataclass|\bcopy\b|__replace__")


def compiled(contents: Mapping[str, bytes], python: str) -> dict[str, bytes]:
    """The `.pyc` of every Python file in `contents`, by name in the zip, compiled by the interpreter `python`.

    A file that does not compile is left out, as an import of it would fail in the same way.
    """
    with scratch_folder("pyc") as root:
        for name, data in contents.items():
            if name.endswith(".py"):
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        classes = "dataclasses" if any(_may_ask_for_fields(*item) for item in contents.items()) else "plain"
        # A fixed hash seed, because the order of a set's elements reaches the bytes; -I would ignore it.
        # Without columns, which only draw carets below a traceback's lines: a fifth of the size.
        command = [python, "-S", "-s", "-P", "-X", "no_debug_ranges", compiler.__file__, str(root), classes]
        run_child([*command, *OUR_PACKAGES], check=True, env={"PYTHONHASHSEED": "0"}, capture_output=True)
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.pyc"))}


def _may_ask_for_fields(name: str, data: bytes) -> bool:
    """Whether a file could ask what the fields of our dataclasses are; C code is not read, so it might."""
    if not name.endswith(".py"):
        return name.endswith(".so")
    if _WORDS.search(data) is None:
        return False
    try:
        tree = ast.parse(data)
    except SyntaxError:
        return True
    return any(map(_asks_for_fields, ast.walk(tree))) or _extends_another_file(tree)


def _asks_for_fields(node: ast.AST) -> bool:
    """It takes more of `dataclasses` than the decorator, or copies with changes."""
    match node:
        case ast.Import(names=names):
            return any(alias.name == "dataclasses" for alias in names)
        case ast.ImportFrom(module="dataclasses", names=names):
            return not {alias.name for alias in names} <= {"dataclass", "field"}
        case ast.ImportFrom(module="copy", names=names):
            return any(alias.name == "replace" for alias in names)
        case ast.Attribute(value=ast.Name(id="copy"), attr="replace"):
            return True
        case ast.Call(func=made, args=[_, *_]):  # dataclass(frozen=True)(Thing)
            return "dataclass" in ast.unparse(made)
        case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return name.startswith("__dataclass_") or name == "__replace__"
    return False


def _extends_another_file(tree: ast.Module) -> bool:
    """It makes a dataclass, or anything else, of a class whose bases are not all its own: they may be ours."""
    own: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            if all(isinstance(base, ast.Name) and base.id in own for base in node.bases):
                own.add(node.name)
            elif node.decorator_list:
                return True
    return False
