"""Change a recipe by dotted path. The result is a new recipe, checked like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recipes.editing.structure import meant, parsed, wrong_values
from recipes.errors import OverrideError
from recipes.model.base import R, Recipe, keys_of
from recipes.yaml.write import to_mapping
from rewards.types import JSON


def replace(recipe: R, changes: Mapping[str, JSON]) -> R:
    """The recipe with other values at the given dotted paths.

    Raises `OverrideError` naming every unknown path, with the closest known one, and every value that does not fit.

    >>> from recipes import RftLora
    >>> replace(RftLora(), {"training_config.trainer.max_steps": 150}).training_config.trainer.max_steps
    150
    >>> replace(RftLora(), {"training_config.max_length ": 150})
    Traceback (most recent call last):
    recipes.errors.OverrideError: training_config.max_length : no such key; did you mean training_config.max_length?
    """
    known = keys_of(type(recipe))
    unknown = [path for path in changes if path not in known]
    if unknown:
        raise OverrideError("\n".join(_unknown(path, recipe) for path in unknown))
    mapping = to_mapping(recipe, resolve=False)
    for path, value in changes.items():
        set_value(mapping, path, value)
    wrong = wrong_values(mapping, type(recipe))
    if wrong:
        raise OverrideError("\n".join(f"{p.path}: {p.message}; allowed: {p.allowed}" for p in wrong))
    return parsed(mapping, type(recipe))


def _unknown(path: str, recipe: Recipe) -> str:
    close = meant(path, type(recipe))
    return f"{path}: no such key; " + (f"did you mean {close}?" if close else "see rft recipe explain")


def set_value(mapping: dict[str, Any], path: str, value: JSON) -> None:
    """Put a value at a dotted path, making the blocks on the way."""
    *blocks, name = path.split(".")
    for block in blocks:
        mapping = mapping.setdefault(block, {})
    mapping[name] = value
