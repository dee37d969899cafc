"""Opens a reward that somebody named on a command line or in a project file."""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from rewards.did_you_mean import did_you_mean
from rewards.errors import SpecError
from rewards.spec import REWARDS, from_spec
from rewards.types import Reward

if TYPE_CHECKING:
    from pathlib import Path


def load_reward(where: str | Path, *, arguments: int = 2) -> Reward:
    """The reward at `file.py:name`, or the one that a `.yaml` or `.json` file specifies.

    The Python file is run as a module from its folder, so it may import its neighbours, by dots where it lies in a
    package. Raises SpecError for a missing file, an unknown name, or something that does not take `arguments`:
    (sample, completion) by default.
    """
    from pathlib import Path  # here and below: a Lambda imports this module, and never opens a file

    path, _, name = str(where).partition(".py:")
    if name:
        return _from_python(Path(f"{path}.py"), name, arguments)
    if Path(where).suffix in {".yaml", ".yml", ".json"}:
        return _from_file(Path(where))
    hint = ""
    if Path(where).suffix == ".py":
        from rewards.python_files import with_a_name

        hint = f"; try {with_a_name(Path(where))!r}"
    raise SpecError(f"a reward is named as file.py:name or reward.yaml, got {str(where)!r}{hint}")


def _from_file(path: Path) -> Reward:
    spec = _json(_text(path), path) if path.suffix == ".json" else _yaml(path)
    try:
        return from_spec(spec)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from error


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SpecError(f"{path} is not JSON: {error}") from error


def _yaml(path: Path) -> Any:
    from rewards.yaml_text import YamlError, load_yaml, yaml_text_of

    try:
        return load_yaml(yaml_text_of(path), path)
    except YamlError as error:
        raise SpecError(str(error)) from error
    except OSError as error:
        raise SpecError(f"cannot read {path}: {error}") from error


def _from_python(path: Path, name: str, arguments: int) -> Reward:
    module = load_module(path)
    reward = getattr(module, name, None)
    if reward is None:
        public = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise SpecError(f"{path} defines no {name!r}; {did_you_mean(name, public)}")
    if not callable(reward) or isinstance(reward, type):
        raise SpecError(
            f"{name!r} in {path} is no reward: it must be callable with (sample, completion), got {reward!r:.100}"
        )
    _check_signature(reward, name, path, arguments)
    return reward  # type: ignore[no-any-return]  # a protocol with a call only; callable is what can be checked


def _check_signature(function: Any, name: str, path: Path, arguments: int) -> None:
    import inspect

    from rewards.python_files import written_for

    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of some callables written in C
        return
    theirs = written_for(list(signature.parameters))
    code = getattr(function, "__code__", None)
    line = f":{code.co_firstlineno}" if code and code.co_filename == str(path.absolute()) else ""
    if theirs:
        raise SpecError(f"{path}{line}: {name}{signature} {theirs}")
    try:
        signature.bind(*range(arguments))
    except TypeError:
        wanted = "(sample, completion)" if arguments == 2 else f"{arguments} argument"
        maker = next((known for known, make in REWARDS.items() if make is function), None)
        hint = f"; it makes a reward: {name} = {maker}(...)" if maker else ""
        raise SpecError(f"{path}{line}: {name}{signature} must take {wanted}{hint}") from None


def load_module(path: Path) -> ModuleType:
    """A Python file as a module, run from its folder, or within its package where it imports by dots.

    Raises SpecError where it cannot be read.
    """
    from rewards.python_files import import_root

    _text(path)
    folder, root = path.resolve().parent, import_root(path)
    started = [str(folder)] if root == folder else [str(folder), str(root)]
    sys.path[:0] = started
    try:
        return _run(f"{_package_at(folder, root)}{_apart(path.stem, path.resolve())}", path)
    finally:
        for each in started:
            sys.path.remove(each)


def _package_at(folder: Path, root: Path) -> str:
    """Import the package in `folder`, and those around it up to `root`; its name and a dot, "" for no package.

    It gets a name apart: its own may be that of another package, such as our `rewards`.
    """
    from importlib import import_module

    parts = folder.relative_to(root).parts
    if not parts:
        return ""
    top = root / parts[0]
    name = ".".join([_apart(parts[0], top), *parts[1:]])
    _run(_apart(parts[0], top), top / "__init__.py", search=[str(top)])
    import_module(name)
    return f"{name}."


def _apart(name: str, path: Path) -> str:
    """A module's name that no other file has."""
    import hashlib

    return f"{name}_{hashlib.sha256(bytes(path)).hexdigest()[:8]}"


def _run(name: str, path: Path, *, search: list[str] | None = None) -> ModuleType:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(name, path, submodule_search_locations=search)
    if spec is None or spec.loader is None:
        raise SpecError(f"{path} is not a Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look their module up
    spec.loader.exec_module(module)
    return module


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"cannot read {path}: {error}") from error
