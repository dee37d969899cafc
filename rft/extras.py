"""The optional packages that the stages of a run need, asked about before the first one starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import NamedTuple

from rft.errors import StageError

# The extra of pyproject.toml, the modules that it must bring, and the stages that import them.
_EXTRAS = {
    "lambda": (("awslambdaric",), frozenset({"package", "eval_sft", "rft", "eval_rft"})),
    "local": (("torch", "transformers", "trl", "peft"), frozenset({"sft", "eval_sft", "rft", "eval_rft"})),
}


class Lacking(NamedTuple):
    """Extras that are not installed, and which of their modules are absent."""

    extras: tuple[str, ...]
    modules: tuple[str, ...]

    @property
    def command(self) -> str:
        """What installs them."""
        return f"pip install 'rftkit[{','.join(self.extras)}]'"


def lacking(stages: Iterable[str]) -> Lacking:
    """What `stages` need and is not here."""
    wanted = set(stages)
    absent = {
        extra: [module for module in modules if find_spec(module) is None]
        for extra, (modules, users) in sorted(_EXTRAS.items())
        if users & wanted
    }
    extras = tuple(extra for extra, modules in absent.items() if modules)
    return Lacking(extras, tuple(module for extra in extras for module in absent[extra]))


def require_extras(stages: Sequence[str]) -> None:
    """Raise `StageError` with the one command that installs all that `stages` lack, and what runs without it."""
    found = lacking(stages)
    if found.extras:
        fine = [stage for place, stage in enumerate(stages) if not lacking(stages[: place + 1]).extras]
        without = f"; --until {fine[-1]} runs without" if fine else ""
        raise StageError(f"not installed: {', '.join(found.modules)}; {found.command}{without}")
