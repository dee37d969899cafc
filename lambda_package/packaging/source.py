"""Grader sources, as named by a user, and the generated Lambda entry point."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from lambda_package.errors import BuildError
from lambda_package.packaging.imports import OUR_PACKAGES, module_names
from rewards.did_you_mean import did_you_mean
from rewards.errors import SpecError
from rewards.load import load_reward
from rewards.python_files import import_root, is_lambda_handler, parameters_in, with_a_name, written_for
from rewards.types import Reward

ENTRY_NAME = "lambda_handler"
DEFAULT_HANDLER = f"lambda_function.{ENTRY_NAME}"
_OPENING = '"""For Lambda, by `rft package build` of {origin}."""\n\n'


@dataclass(frozen=True, slots=True)
class Source:
    """A grader on disk: `name` in the Python file at `path`, or the `reward` that the file at `path` specifies.

    `root` is the folder that its imports start at; `handler` is what Lambda calls, module.function; `parameters` are
    those of the function, where it is one.
    """

    path: Path
    root: Path
    name: str = ""
    reward: Reward | None = None
    handler: str = DEFAULT_HANDLER
    parameters: Sequence[str] = ()

    @property
    def module(self) -> str:
        """The dotted name under which the file is imported from the root."""
        return ".".join(self.path.relative_to(self.root).with_suffix("").parts)

    @property
    def is_handler(self) -> bool:
        """Whether it already is a Lambda handler, rather than a reward."""
        named = self.name == ENTRY_NAME or self.handler == f"{self.module}.{self.name}"
        return bool(self.name) and (named or is_lambda_handler(self.parameters))

    @property
    def modules(self) -> list[str]:
        """The modules from which imports are followed."""
        if self.is_handler:
            return [self.module]
        return [
            "lambda_package.handler",
            *([self.module] if self.name else sorted({c.__module__ for c in self.classes})),
        ]

    @property
    def classes(self) -> set[type]:
        """The classes of this package that a reward from YAML uses."""
        return set(_classes(self.reward))


def parse_source(grader: str, *, root: str | Path | None = None, handler: str = DEFAULT_HANDLER) -> Source:
    """Parse "file.py:name" or "reward.yaml" and check, without running the file, that it can be packaged.

    `root` is where imports start; unless given, the file's own folder, or the one above its package where the file
    imports by dots.

    >>> parse_source("reward.py")
    Traceback (most recent call last):
        ...
    lambda_package.errors.BuildError: a grader is FILE.py:NAME or FILE.yaml, got 'reward.py'; try 'reward.py:reward'
    """
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", handler):
        raise BuildError(f"a handler is module.function, such as {DEFAULT_HANDLER}; got {handler!r}")
    if grader.endswith((".yaml", ".yml", ".json")):
        return _specified(_existing(grader), handler)
    file, colon, name = grader.rpartition(":")
    if not colon or not name.isidentifier() or not file.endswith(".py"):
        hint = with_a_name(Path(grader.partition(":")[0]))
        raise BuildError(f"a grader is FILE.py:NAME or FILE.yaml, got {grader!r}; try {hint!r}")
    path = _existing(file)
    top = _root_of(path, root)
    for depth, part in enumerate(path.relative_to(top).with_suffix("").parts):
        _check_module_name(part, is_first=depth == 0)
    bound = module_names(path)
    if bound and name not in bound:
        raise BuildError(f"{file} has no {name!r}; {did_you_mean(name, bound)}")
    parameters = parameters_in(path, name)
    source = Source(path, top, name, handler=handler, parameters=parameters)
    if not source.is_handler and (theirs := written_for(parameters)):
        raise BuildError(f"{file}: {name}({', '.join(parameters)}) {theirs}")
    return source


def _root_of(path: Path, root: str | Path | None) -> Path:
    if root is None:
        return import_root(path)
    top = Path(root).resolve()
    if not top.is_dir() or not path.is_relative_to(top):
        raise BuildError(
            f"--root is a folder that the grader lies in, and {str(root)!r} is none; it lies in {path.parent}"
        )
    return top


def entry_files(
    source: Source, *, fallback: float, envelope: bool, prefetch_from: str | None, apart: bool = False
) -> dict[str, bytes]:
    """The generated files that expose `source` as `lambda_function.lambda_handler`. Raises `BuildError` for a bad spec.

    With `prefetch_from`, the module that defines `prefetch`, models that judge are asked for a whole batch at once.
    With `apart` a batch is graded in a process of its own, as code needs that is not ours and may hang or crash.
    """
    if source.is_handler:
        return _handler_entry(source)
    opening = _OPENING.format(origin=f"{source.path.name}:{source.name}".rstrip(":"))
    options = f"fallback={float(fallback)!r}, envelope={envelope!r}"
    options += (", prepare=prefetch" if prefetch_from else "") + (", apart=outcomes_apart" if apart else "")
    imports = ["from lambda_package.apart import outcomes_apart"] if apart else []
    imports += ["from lambda_package.handler import handler_for"]
    imports += [f"from {prefetch_from} import prefetch"] if prefetch_from else []
    if source.name:
        imports += [f"from {source.module} import {source.name} as _reward"]
    else:
        imports += [*sorted(f"from {c.__module__} import {c.__name__}" for c in source.classes), ""]
        imports += [f"_reward = {source.reward!r}"]
    file, function = _entry_of(source)
    closing = f"\n\n{function} = handler_for(_reward, {options})\n"
    return {file: (opening + "\n".join(imports) + closing).encode()}


def _entry_of(source: Source) -> tuple[str, str]:
    """The file that is written for Lambda, and the function in it; it must not hide a file of the user's."""
    module, _, function = source.handler.rpartition(".")
    if module == source.module or (source.root.joinpath(*module.split(".")).with_suffix(".py")).exists():
        raise BuildError(
            f"the handler {source.handler} would be written over {module.replace('.', '/')}.py, which is yours; "
            f"name another with --handler, or rename the file"
        )
    return f"{module.replace('.', '/')}.py", function


def _handler_entry(source: Source) -> dict[str, bytes]:
    if source.handler == f"{source.module}.{source.name}":
        return {}
    file, function = _entry_of(source)
    opening = _OPENING.format(origin=source.path.name)
    alias = "" if function == source.name else f" as {function}"
    body = f'from {source.module} import {source.name}{alias}\n\n__all__ = ["{function}"]\n'
    return {file: (opening + body).encode()}


def _specified(path: Path, handler: str) -> Source:
    """The reward is shipped as the Python that its `repr` is: to read names, a zip would have to hold all we have."""
    try:
        source = Source(path, path.parent, reward=load_reward(path), handler=handler)
    except SpecError as error:
        raise BuildError(f"{path}: {error}") from error
    names = {node.id for node in ast.walk(ast.parse(repr(source.reward))) if isinstance(node, ast.Name)}
    if unknown := sorted(names - {c.__name__ for c in source.classes}):
        raise BuildError(f"{path}: a parameter is {', '.join(unknown)}, and Lambda's JSON knows finite numbers only")
    return source


def _classes(value: Any) -> Iterator[type]:
    if type(value).__module__.partition(".")[0] in OUR_PACKAGES:
        yield type(value)
    inner = [getattr(value, f.name) for f in fields(value) if f.init] if is_dataclass(value) else value
    if isinstance(inner, Mapping | list | tuple):
        for item in inner.values() if isinstance(inner, Mapping) else inner:
            yield from _classes(item)


def _existing(file: str) -> Path:
    if not Path(file).is_file():
        raise BuildError(f"no file {file!r} (looked in {Path.cwd()})")
    return Path(file).resolve()


def _check_module_name(stem: str, *, is_first: bool) -> None:
    if not stem.isidentifier():
        raise BuildError(f"{stem + '.py'!r} cannot be imported: a module's name is letters, digits and underscores")
    if is_first and (stem in sys.stdlib_module_names or stem in OUR_PACKAGES):
        raise BuildError(f"a grader file named {stem + '.py'!r} would hide the module {stem!r} in Lambda; rename it")
