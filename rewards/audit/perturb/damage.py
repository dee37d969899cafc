"""Damage right answers one mistake at a time: an answer with fewer mistakes must never score lower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple, TypeAlias

from rewards.audit.rows.cases import Case
from rewards.audit.rows.data_profile import World, junk_like
from rewards.audit.rows.json_tree import MISSING, Path, changed, dumps, leaves, pattern
from rewards.audit.rows.spans import JUNK
from rewards.types import JSON

Kind: TypeAlias = Literal["junk", "null", "wrong type", "dropped"]
KINDS: tuple[Kind, ...] = ("junk", "null", "wrong type", "dropped")


class Damage(NamedTuple):
    """One mistake: the leaf, and the change made to it."""

    path: Path
    kind: Kind


@dataclass(frozen=True)
class Damaged:
    """A right answer with some mistakes in it."""

    case: Case
    damages: tuple[Damage, ...]

    @property
    def text(self) -> str:
        """The answer as the model would write it."""
        return dumps(damaged(self.case.tree, self.damages))

    def repaired(self, index: int) -> Damaged:
        """The same answer with one mistake fewer."""
        return Damaged(self.case, self.damages[:index] + self.damages[index + 1 :])

    def __str__(self) -> str:
        return ", ".join(f"{pattern(path)}: {kind}" for path, kind in self.damages) or "nothing damaged"


def damaged(tree: JSON, damages: Sequence[Damage]) -> JSON:
    """`tree` with all `damages` applied, last leaf first, so that dropped items do not shift the others.

    >>> damaged({"a": [1, 2], "b": "x y"}, [Damage(("a", 0), "dropped"), Damage(("b",), "junk")])
    {'a': [2], 'b': 'zqx zqx'}
    """
    order = {path: index for index, (path, _) in enumerate(leaves(tree))}
    for path, kind in sorted(damages, key=lambda damage: -order[damage.path]):
        tree = changed(tree, path, lambda leaf, kind=kind: _wrong(leaf, kind))  # type: ignore[misc]  # kind is bound now
    return tree


def _wrong(leaf: JSON, kind: Kind) -> object:
    if kind == "dropped":
        return MISSING
    if kind == "wrong type":
        return 7919 if isinstance(leaf, str) else JUNK
    return None if kind == "null" and leaf is not None else junk_like(leaf)


def graded_leaves(world: World, case: Case) -> list[Path]:
    """The leaves of a right answer that the grader reads."""
    return [path for path, _ in leaves(case.tree) if world.is_graded(path)] if case.tree is not None else []


def random_damage(world: World, case: Case, count: int, rng: Random) -> Damaged:
    """At most `count` mistakes at different graded leaves."""
    paths = graded_leaves(world, case)
    chosen = rng.sample(paths, min(count, len(paths)))
    return Damaged(case, tuple(Damage(path, rng.choice(KINDS)) for path in chosen))


def cut_text(text: str, start: int, length: int, insert: str) -> str:
    """A text with `length` characters at `start` replaced by `insert`.

    >>> cut_text("positive", 0, 3, "nega")
    'negaitive'
    """
    start = min(start, len(text))
    return text[:start] + insert + text[start + length :]
