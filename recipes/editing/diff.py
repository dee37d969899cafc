"""Two recipes side by side: the keys in which they differ, interpolations resolved."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from recipes.model.base import Recipe, flatten, keys_of
from recipes.problems import shown
from recipes.yaml.write import to_mapping

ABSENT: Final = "(absent)"


class Change(NamedTuple):
    """One key that differs. A side that lacks the key has `ABSENT`."""

    path: str
    left: Any
    right: Any

    def __str__(self) -> str:
        return f"{self.path}: {_side(self.left)} -> {_side(self.right)}"


def _side(value: object) -> str:
    return ABSENT if value is ABSENT else shown(value)


def difference(left: Recipe, right: Recipe) -> list[Change]:
    """The keys in which two recipes differ, in file order of the left one; 1 and 1.0 are equal.

    >>> from recipes import nova_lite_2_rft_lora
    >>> print(*difference(nova_lite_2_rft_lora(), nova_lite_2_rft_lora(max_steps=150)), sep="\\n")
    training_config.trainer.max_steps: 5 -> 150
    training_config.trainer.save_steps: 5 -> 150
    """
    one, other = (flatten(to_mapping(recipe), keys_of(type(recipe))) for recipe in (left, right))
    paths = dict.fromkeys((*one, *other))
    changes = (Change(path, one.get(path, ABSENT), other.get(path, ABSENT)) for path in paths)
    return [change for change in changes if change.left != change.right]
