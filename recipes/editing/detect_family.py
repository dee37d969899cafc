"""Which recipe a mapping is: the class whose keys and fixed values lie nearest to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, get_args, get_origin

from recipes.families.all import FAMILIES
from recipes.model.base import Platform, Recipe, flatten, keys_of

# A missing key may just have been left to its default; an unknown one speaks against a family, the more so where even
# its block is unknown. Of the fixed values these two name the recipe outright.
UNKNOWN_KEY, UNKNOWN_BLOCK = 10, 12
DECISIVE = {"run.model_type": 4, "evaluation.task": 4}


def family_of(mapping: Mapping[str, Any], platform: Platform | None = None) -> type[Recipe] | None:
    """The recipe class nearest to a mapping, or None where not one key is known.

    >>> family_of({"run": {"name": "a"}, "training_config": {"rollout": {}, "trainer": {"max_steps": 5}}}).__name__
    'RftFull'
    """
    flat = flatten(mapping, _all_keys())
    ranked = sorted((f for f in FAMILIES if not flat.keys().isdisjoint(keys_of(f))), key=lambda f: distance(flat, f))
    if not ranked:
        return None
    # The same method may have another key set on the platform that is asked for; another method is another matter.
    twins = (
        f for f in ranked if f.METHOD == ranked[0].METHOD and platform in f.PLATFORMS and _same_model(f, ranked[0])
    )
    return next(twins, ranked[0])


def _same_model(one: type[Recipe], other: type[Recipe]) -> bool:
    key = "run.model_type"
    return keys_of(one)[key].field.annotation == keys_of(other)[key].field.annotation


@cache
def _all_keys() -> frozenset[str]:
    return frozenset(path for family in FAMILIES for path in keys_of(family))


def distance(flat: Mapping[str, Any], family: type[Recipe]) -> int:
    """How far a flat mapping is from a family: 0 for its keys with values it allows."""
    keys, blocks, closed = keys_of(family), blocks_of(family), _closed(family)
    missing = sum(1 for path, key in keys.items() if not key.optional and path not in flat)
    foreign = [path for path in flat if path not in keys and path not in blocks]
    unknown = sum(UNKNOWN_KEY if path.rpartition(".")[0] in blocks else UNKNOWN_BLOCK for path in foreign)
    wrong = sum(DECISIVE.get(path, 1) for path in closed if path in flat and not _among(flat[path], closed[path]))
    return missing + unknown + wrong


@cache
def blocks_of(family: type[Recipe]) -> frozenset[str]:
    """The paths of a family's blocks, its root among them.

    >>> from recipes import SftLora
    >>> sorted(blocks_of(SftLora))[:3]
    ['', 'run', 'training_config']
    """
    parents = (path.split(".")[:-1] for path in keys_of(family))
    return frozenset(".".join(steps[:depth]) for steps in parents for depth in range(len(steps) + 1))


@cache
def _closed(family: type[Recipe]) -> Mapping[str, Sequence[object]]:
    """The keys of a family that hold one of a few values, with these values."""
    choices = {path: choices_of(key.field.annotation) for path, key in keys_of(family).items()}
    return {path: values for path, values in choices.items() if values is not None}


def _among(value: object, choices: Sequence[object]) -> bool:
    """Whether a value is one of some choices, 1 and true being different."""
    return any(type(value) is type(choice) and value == choice for choice in choices)


def choices_of(annotation: Any) -> Sequence[object] | None:
    """The values a field is closed over, None where it is open.

    >>> choices_of(Literal["low", "high"] | None)
    ('low', 'high', None)
    """
    if annotation in (None, type(None)):
        return (None,)
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if not get_args(annotation) or get_origin(annotation) in (list, tuple, dict, Mapping):
        return None
    parts = [choices_of(part) for part in get_args(annotation)]
    return None if any(part is None for part in parts) else tuple(choice for part in parts for choice in part or ())
