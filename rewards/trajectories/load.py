"""Opens the environment that somebody named on a command line or in a project file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from rewards.did_you_mean import did_you_mean
from rewards.errors import SpecError
from rewards.load import load_module
from rewards.trajectories.environment import Environment

USUAL: Final = "load_environment"


def load_environment(where: str | Path, **settings: Any) -> Environment:
    """The environment that `file.py:function` returns for `settings`; without a name, its `load_environment`.

    The file is run as a module from its folder. Raises SpecError for a missing file, an unknown name, settings that the
    function does not take, or something that is no `Environment`.
    """
    made = made_by(where, **settings)
    if not isinstance(made, Environment):
        raise SpecError(
            f"{where} must return an Environment, as `environment(...)` of rewards.trajectories makes it, "
            f"got {made!r:.100}"
        )
    return made


def made_by(where: str | Path, **settings: Any) -> object:
    """What `file.py:function` returns for `settings`, whatever it is; see `load_environment`."""
    path, _, name = str(where).partition(".py:")
    file = Path(f"{path}.py") if name else Path(where)
    if file.suffix != ".py":
        raise SpecError(f"an environment is named as file.py:function, got {str(where)!r}")
    module = load_module(file)
    make = getattr(module, name or USUAL, None)
    if not callable(make):
        public = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise SpecError(f"{file} defines no function {name or USUAL!r}; {did_you_mean(name or USUAL, public)}")
    return _made(make, settings, file)


def _made(make: Any, settings: dict[str, Any], file: Path) -> object:
    import inspect

    try:
        inspect.signature(make).bind(**settings)
    except TypeError as error:
        raise SpecError(
            f"{file}: {make.__name__}{inspect.signature(make)} does not fit its settings: {error}"
        ) from None
    return make(**settings)
