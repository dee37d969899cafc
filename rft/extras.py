"""The optional packages that the stages of a run need, asked about before the first one starts."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from rft.errors import StageError

# The extra of pyproject.toml, the modules that it must bring, and the stages that import them.
_EXTRAS = {
    "lambda": (("awslambdaric",), frozenset({"package", "eval_sft", "rft", "eval_rft"})),
    "local": (("torch", "transformers", "trl", "peft"), frozenset({"sft", "eval_sft", "rft", "eval_rft"})),
}


def require_extras(stages: Iterable[str]) -> None:
    """Raise `StageError` with the one command that installs all that `stages` lack."""
    wanted = set(stages)
    lacking = {
        extra: [module for module in modules if find_spec(module) is None]
        for extra, (modules, users) in _EXTRAS.items()
        if users & wanted
    }
    extras = sorted(extra for extra, modules in lacking.items() if modules)
    if extras:
        missing = ", ".join(module for extra in extras for module in lacking[extra])
        raise StageError(f"not installed: {missing}; pip install 'rftkit[{','.join(extras)}]'")
