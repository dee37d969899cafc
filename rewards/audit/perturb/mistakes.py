"""Values that are wrong, one at a time: written so that a comparison which forgives too much takes them for right."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from rewards.audit.perturb.damage import graded_leaves
from rewards.audit.rows.cases import Case
from rewards.audit.rows.data_profile import JUNK, World, junk_like
from rewards.audit.rows.json_tree import Path, at, dumps, pattern, put
from rewards.types import JSON

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TRIES = 2  # answers in which the mistakes at one place are made


class Wrong(NamedTuple):
    """What a value was turned into, in words and as it is."""

    how: str
    value: JSON


class Place(NamedTuple):
    """A value of a right answer that can be got wrong; `leaf` is the pattern of the graded leaf it is, or holds."""

    case: Case
    path: Path
    leaf: str

    def mistaken(self) -> list[Wrong]:
        """What the value must not be taken for; nothing that the reference accepts beside it."""
        accepted = dumps(self.case.reference)
        wrong = wrong_values(at(self.case.tree, self.path))
        return [one for one in wrong if "$any_of" not in accepted or dumps(one.value) not in accepted]

    def text_with(self, wrong: Wrong) -> str:
        """The right answer but for the wrong value, as the model would have written it."""
        return dumps(put(self.case.tree, self.path, wrong.value))


def wrong_values(value: JSON) -> Iterator[Wrong]:
    """What a right leaf, or a list of leaves, must not be taken for.

    >>> [wrong.value for wrong in wrong_values("Ada Lovelace")]
    ['zqx zqx', 'Ada Lo', 'Ada Lovelace zqx', '.*']
    >>> [wrong.how for wrong in wrong_values(-3)], [wrong.value for wrong in wrong_values([4, 5])]
    (['junk', 'its negative', 'NaN'], [[4, 5, 7923], [4]])
    >>> [wrong.value for wrong in wrong_values([])]
    ['zqx']
    """
    if isinstance(value, list) and value:
        yield Wrong("an item more", [*value, junk_like(value[0])])
        yield Wrong("its last item missing", value[:-1])
        return
    yield Wrong("junk", junk_like(value))
    if isinstance(value, bool):
        yield Wrong("the opposite", not value)
    elif isinstance(value, int | float):
        yield from [Wrong("its negative", -value)] if value else []
        yield Wrong("NaN", math.nan)
    elif isinstance(value, str) and not is_number(value):  # half of "408.7" may lie within a tolerance
        yield from [Wrong("its first half", value[: len(value) // 2])] if len(value) > 1 else []
        yield Wrong("more behind it", f"{value} {JUNK}")
        yield Wrong("a pattern", ".*")


def is_number(text: str) -> bool:
    """Whether a text is a number, as people write them."""
    return re.fullmatch(r"[\d.,%\s]+", text) is not None


def draw_place(world: World) -> SearchStrategy[Place] | None:
    """Values of right answers: graded leaves, and lists of them; of the longest answers, where one weighs least."""
    from hypothesis import strategies as st

    cases = sorted((case for case in world.few if case.tree is not None), key=lambda case: -len(case.gold or ""))
    by_pattern: dict[str, list[Place]] = {}
    for place in (place for case in cases for place in _places(world, case)):
        by_pattern.setdefault(pattern(place.path), []).append(place)
    found = [place for places in by_pattern.values() for place in places[:TRIES]]
    return st.sampled_from(found) if found else None


def _places(world: World, case: Case) -> Iterator[Place]:
    for path in graded_leaves(world, case):
        yield Place(case, path, pattern(path))
        if path and path[-1] == 0:
            yield Place(case, path[:-1], pattern(path))
