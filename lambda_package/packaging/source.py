"""What a user names as a grader, and the entry point that Lambda will call for it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from lambda_package.errors import BuildError
from lambda_package.packaging.imports import OUR_PACKAGES, module_names
from rewards.did_you_mean import did_you_mean
from rewards.errors import SpecError
from rewards.load import load_reward
from rewards.types import Reward

ENTRY_MODULE, ENTRY_NAME = "lambda_function", "lambda_handler"
_OPENING = '"""Entry point for AWS Lambda, written by `rft package build` for {origin}."""\n\n'


@dataclass(frozen=True, slots=True)
class Source:
    """A grader on disk: `name` in the Python file at `path`, or the `reward` that the file at `path` specifies."""

    path: Path
    name: str = ""
    reward: Reward | None = None

    @property
    def is_handler(self) -> bool:
        """Whether it is a Lambda handler already, taken as it is, rather than a reward."""
        return self.name == ENTRY_NAME

    @property
    def modules(self) -> list[str]:
        """The modules to follow for what the grader needs."""
        if self.is_handler:
            return [self.path.stem]
        return [
            "lambda_package.handler",
            *([self.path.stem] if self.name else sorted({c.__module__ for c in self.classes})),
        ]

    @property
    def classes(self) -> set[type]:
        """Our classes that a specified reward is built of."""
        return set(_classes(self.reward))


def parse_source(grader: str) -> Source:
    """Read "file.py:name" or "reward.yaml" and check, without running the file, that it can be shipped.

    >>> parse_source("reward.py")
    Traceback (most recent call last):
        ...
    lambda_package.errors.BuildError: a grader is FILE.py:NAME or FILE.yaml, got 'reward.py'; try 'reward.py:reward'
    """
    if grader.endswith((".yaml", ".yml", ".json")):
        return _specified(_existing(grader))
    file, colon, name = grader.rpartition(":")
    if not colon or not name.isidentifier() or not file.endswith(".py"):
        stem = grader.partition(":")[0]
        raise BuildError(f"a grader is FILE.py:NAME or FILE.yaml, got {grader!r}; try '{stem}:reward'")
    path = _existing(file)
    _check_module_name(path.stem)
    bound = module_names(path)
    if bound and name not in bound:
        raise BuildError(f"{file} has no {name!r}; {did_you_mean(name, bound)}")
    return Source(path, name)


def entry_files(source: Source, *, fallback: float, envelope: bool, prefetch_from: str | None) -> dict[str, bytes]:
    """The files that make `source` into `lambda_function.lambda_handler`. Raises `BuildError` for a bad spec.

    With `prefetch_from`, the module that defines `prefetch`, models that judge are asked for a whole batch at once.
    """
    if source.is_handler:
        return _handler_entry(source)
    opening = _OPENING.format(origin=f"{source.path.name}:{source.name}".rstrip(":"))
    options = f"fallback={float(fallback)!r}, envelope={envelope!r}" + (", prepare=prefetch" if prefetch_from else "")
    imports = ["from lambda_package.handler import handler_for"]
    imports += [f"from {prefetch_from} import prefetch"] if prefetch_from else []
    if source.name:
        imports += [f"from {source.path.stem} import {source.name} as _reward"]
    else:
        imports += [*sorted(f"from {c.__module__} import {c.__name__}" for c in source.classes), ""]
        imports += [f"_reward = {source.reward!r}"]
    closing = f"\n\n{ENTRY_NAME} = handler_for(_reward, {options})\n"
    return {f"{ENTRY_MODULE}.py": (opening + "\n".join(imports) + closing).encode()}


def _handler_entry(source: Source) -> dict[str, bytes]:
    if source.path.stem == ENTRY_MODULE:
        return {}
    opening = _OPENING.format(origin=source.path.name)
    body = f'from {source.path.stem} import {ENTRY_NAME}\n\n__all__ = ["{ENTRY_NAME}"]\n'
    return {f"{ENTRY_MODULE}.py": (opening + body).encode()}


def _specified(path: Path) -> Source:
    """The reward is shipped as the Python that its `repr` is: to read names, a zip would have to hold all we have."""
    try:
        source = Source(path, reward=load_reward(path))
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


def _check_module_name(stem: str) -> None:
    if not stem.isidentifier():
        raise BuildError(f"{stem + '.py'!r} cannot be imported: a module's name is letters, digits and underscores")
    if stem in sys.stdlib_module_names or stem in OUR_PACKAGES:
        raise BuildError(f"a grader file named {stem + '.py'!r} would hide the module {stem!r} in Lambda; rename it")
