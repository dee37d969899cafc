"""Near-miss values, wrong in one or two places, which a too lenient comparison accepts as right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from rewards.audit.perturb.damage import graded_leaves
from rewards.audit.perturb.wrong_numbers import far_quantities, swapped_digits, written
from rewards.audit.perturb.wrong_texts import (
    Wrong,
    broken_program,
    junk_in_lines,
    mangled,
    next_in_date,
    opposite,
    other_brackets,
    other_digit,
    other_numbers,
    other_operators,
    other_signs,
    other_unit,
    swapped,
    swapped_cells,
    wrong_lines,
)
from rewards.audit.rows.cases import Case, folded
from rewards.audit.rows.data_profile import WHOLE, World, are_near, junk_like, junk_text, junked
from rewards.audit.rows.json_tree import Path, at, dumps, leaves, pattern, put, same, walk, without
from rewards.audit.rows.shapes import ends_of, quantity_in, unit_of
from rewards.audit.rows.spans import JUNK, is_arithmetic, is_number, is_right, number_in
from rewards.comparing.values import canonical
from rewards.types import JSON

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

TRIES = 2  # answers in which the mistakes at one place are made
CLAIMS = ("correct", "is_correct", "verified", "valid", "passed", "success", "score", "reward", "confidence", "grade")
BOX = 4  # numbers
PAIRS = 12  # pairs of values tried in one answer


class Place(NamedTuple):
    """A value of a right answer to change; `leaf` is the pattern of the graded leaf that it is or contains.

    An answer that is no JSON is one place, with an empty path.
    """

    case: Case
    path: Path
    leaf: str
    others: tuple[JSON, ...] = ()
    """Right values of other rows at this place: first those that look most like this one."""
    numeric: bool = True
    """Whether a text of digits is a number here: a year among names is compared as a name."""
    mathematical: bool = False
    """Whether the answers are numbers and expressions, of which no sign is mere punctuation."""

    @property
    def value(self) -> JSON:
        """The right value; a number where the answer is the text of one."""
        if self.case.tree is not None:
            return at(self.case.tree, self.path)
        number = number_in(self.case.gold or "") if self.numeric else None
        return self.case.gold if number is None else number

    def mistaken(self) -> list[Wrong]:
        """Wrong values for this place, without any alternative that the reference accepts."""
        accepted = dumps(self.case.reference)
        own = [*wrong_lines(self.case.lines if not self.path else ()), *wrong_values(self.value)]
        own = [one for one in own if not (self._is_edge or self.is_derived) or one.how in ("junk", "NaN")]
        own += other_digit(self.value, self.others) if self.case.tree is not None and self.others else []
        if self.case.tree is None and not self.case.lines and not self.case.is_program:
            own += junk_in_lines(str(self.value))
        own += broken_program(str(self.value)) if self.case.tree is None and self.case.is_program else []
        others = [one for one in self.others if not (unit_of(one) and are_near(str(one), str(self.value)))]
        own += [
            *other_unit(self.value, self.others),
            *far_quantities(self.value),
            *other_brackets(self.value, self.others),
        ]
        own += other_operators(self.case.gold or "") if self.mathematical else []
        wrong = [*own, *(Wrong("the value of another row", one) for one in others)]
        wrong = [one for one in wrong if folded(str(one.value)) not in self.case.aliases]
        if self.case.lines:
            wrong = [one for one in wrong if not is_right(str(one.value), self.case.gold or "")]
        return [one for one in wrong if "$any_of" not in accepted or dumps(one.value) not in accepted]

    @property
    def is_derived(self) -> bool:
        """Whether this is a number that is not in the reference, though others are, such as a point in a box: how far
        off it may be is for the reference to say."""
        value = at(self.case.tree, self.path) if self.path else None
        return is_number_like(value) and is_derived(self.case, value)

    @property
    def _is_edge(self) -> bool:
        """Whether this is a number of a box: nearly right edges overlap, which may be all that is asked for."""
        if not self.path or not isinstance(self.path[-1], int):
            return False
        numbers = at(self.case.tree, self.path[:-1])
        return (
            isinstance(numbers, list) and len(numbers) == BOX and all(isinstance(one, int | float) for one in numbers)
        )

    def text_with(self, value: JSON) -> str:
        """The right answer with only this value changed, as the model would write it."""
        if self.case.tree is not None:
            return dumps(put(self.case.tree, self.path, value))
        return written(value, self.case.gold or "") if isinstance(value, int | float) else str(value)

    def junk_text(self) -> str:
        """The answer with junk at every place with this pattern."""
        tree = self.case.tree
        return dumps(junked(tree, self.leaf)) if tree is not None else junk_text(self.case.gold or "")


def number_at(place: Place) -> tuple[float, Callable[[float], str]] | None:
    """The number at a place, alone or with its unit, and how the answer reads with another; None where none is."""
    value, found = place.value, quantity_in(place.value)
    if found is not None:
        number = float(found.number.replace(",", ""))
        return number, lambda other: place.text_with(str(found._replace(number=written(other, found.number))))
    return (value, place.text_with) if is_number_like(value) else None


def is_number_like(value: JSON) -> TypeGuard[float]:
    """Whether a value is a number, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_derived(case: Case, number: float) -> bool:
    """Whether the reference of a case is made of values, numbers among them, of which none is this one."""
    if not isinstance(case.reference, dict | list):
        return False
    values = [leaf if is_number_like(leaf) else number_in(str(leaf)) for _, leaf in leaves(case.reference)]
    numbers = [value for value in values if value is not None]
    return bool(numbers) and number not in numbers


def wrong_values(value: JSON) -> Iterator[Wrong]:
    """Wrong values that must not be accepted in place of a right leaf, or of a list of leaves.

    >>> [wrong.value for wrong in wrong_values("Ada Lovelace")][:6]
    ['zqx zqx', 'Ada Lo', 'Ada Lovelace zqx', '.*', 'Ada zqx', 'zqx Lovelace']
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
        yield from swapped_digits(value)
    elif isinstance(value, str) and not is_number(value):  # half of "408.7" may lie within a tolerance
        yield from [Wrong("its first half", value[: len(value) // 2])] if len(value) > 1 else []
        yield Wrong("more behind it", f"{value} {JUNK}")
        yield Wrong("a pattern", ".*")
        yield from other_numbers(value)
        yield from next_in_date(value)
        yield from other_signs(value)
        yield from swapped(value)
        yield from opposite(value)
        yield from swapped_cells(value)
        yield from mangled(value)


def draw_place(world: World) -> SearchStrategy[Place] | None:
    """Values of right answers: graded leaves, and lists of them; of the longest answers, where one weighs least."""
    return _drawn(_chosen(world))


def draw_number(world: World) -> SearchStrategy[Place] | None:
    """Numbers that stand for themselves, and are not one of the edges of a box."""
    return _drawn([place for place in _chosen(world) if _is_own_number(place)])


def _is_own_number(place: Place) -> bool:
    in_list = bool(place.path) and isinstance(place.path[-1], int)
    return number_at(place) is not None and not in_list and not place.is_derived


def _drawn(places: Sequence[Place]) -> SearchStrategy[Place] | None:
    from hypothesis import strategies as st

    return st.sampled_from(places) if places else None


def _chosen(world: World) -> list[Place]:
    cases = sorted((case for case in world.few), key=lambda case: -len(case.gold or ""))
    by_pattern: dict[str, list[Place]] = {}
    kinds = {"numeric": _are_numeric(cases), "mathematical": _are_mathematical(cases)}
    for place in (place for case in cases for place in _places(world, case, **kinds)):
        by_pattern.setdefault(pattern(place.path), []).append(place)
    tries = {WHOLE: 4 * TRIES}
    chosen = [place for name, places in by_pattern.items() for place in _spread(places, tries.get(name, TRIES))]
    return [place._replace(others=_alike(place, by_pattern[pattern(place.path)])) for place in chosen]


def _spread(places: Sequence[Place], count: int) -> Sequence[Place]:
    """The first, and others at even distances."""
    return places[:count] if len(places) <= count else [places[index * len(places) // count] for index in range(count)]


def places_in(world: World, case: Case) -> list[Place]:
    """Every graded value of one right answer, and every list of them."""
    few = world.few
    return list(_places(world, case, numeric=_are_numeric(few), mathematical=_are_mathematical(few)))


def _are_numeric(cases: Sequence[Case]) -> bool:
    """Whether answers of digits are numbers: at least half of the answers are."""
    return 2 * sum(number_in(case.gold or "") is not None for case in cases) >= len(cases)


def _are_mathematical(cases: Sequence[Case]) -> bool:
    """Whether answers are numbers and expressions: at least half of the answers are."""
    return 2 * sum(is_number(case.gold or "") or is_arithmetic(case.gold or "") for case in cases) >= len(cases)


def _places(world: World, case: Case, *, numeric: bool, mathematical: bool) -> Iterator[Place]:
    if case.tree is None and WHOLE in world.graded:
        yield Place(case, (), WHOLE, numeric=numeric, mathematical=mathematical)
    for path in graded_leaves(world, case):
        yield Place(case, path, pattern(path))
        if path and path[-1] == 0:
            yield Place(case, path[:-1], pattern(path))


def _alike(place: Place, places: Sequence[Place]) -> tuple[JSON, ...]:
    """Texts of other rows: the one that shares most at its beginning, the one that shares most at its end, any."""
    mine = place.value
    if not isinstance(mine, str) or (place.case.tree is None and len(mine) > 200):
        return ()
    texts = {other.value for other in places if isinstance(other.value, str)}
    texts = {text for text in texts if text.casefold().strip() != mine.casefold().strip()}
    if not texts:
        return ()
    listed = sorted(texts)
    first = max(listed, key=lambda text: _shared(text, mine))
    last = max(listed, key=lambda text: _shared(text[::-1], mine[::-1]))
    units = [text for text in listed if unit_of(text) not in ("", unit_of(mine))]
    brackets = [text for text in listed if ends_of(text) not in ("", ends_of(mine))]
    return tuple(dict.fromkeys((first, last, listed[0], *units[:1], *brackets[:1])))


def _shared(a: str, b: str) -> int:
    return next((index for index, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


class Edited(NamedTuple):
    """A right answer changed at one or more places: a description of the change, and the text."""

    case: Case
    how: str
    text: str


def draw_omission(world: World) -> SearchStrategy[Edited] | None:
    """Right answers with a graded key removed or null."""
    return _edits(world, _omissions)


def draw_invention(world: World) -> SearchStrategy[Edited] | None:
    """Right answers with an extra key in an object whose keys the reference lists."""
    return _edits(world, _inventions)


def draw_pair(world: World) -> SearchStrategy[Edited] | None:
    """Right answers with two values changed together: swapped, doubled, one up and one down; or a whole list."""
    return _edits(world, _pairs)


def draw_claim(world: World) -> SearchStrategy[Edited] | None:
    """Wrong answers that claim to be right."""
    return _edits(world, _claims)


def _edits(world: World, make: object) -> SearchStrategy[Edited] | None:
    from hypothesis import strategies as st

    cases = [case for case in world.few if case.tree is not None][:16]
    found = [one for case in cases for one in make(world, case) if one.text != case.gold]  # type: ignore[operator]
    return st.sampled_from(found) if found else None


def _omissions(world: World, case: Case) -> Iterator[Edited]:
    optional = "$optional" in dumps(case.reference)
    for path, value in walk(case.tree):
        graded = [leaf for leaf in graded_leaves(world, case) if leaf[: len(path)] == path]
        if path and isinstance(path[-1], str) and graded and not optional and value not in ("", 0, False, [], {}, None):
            yield Edited(case, f"{pattern(path)} left out", dumps(without(case.tree, path)))
            yield Edited(case, f"{pattern(path)} null", dumps(put(case.tree, path, None)))


def _inventions(world: World, case: Case) -> Iterator[Edited]:
    wanted = canonical(case.reference)
    if not same(case.tree, wanted):
        return
    for path, value in walk(case.tree):
        inside = [leaf for leaf, _ in leaves(case.tree) if leaf[: len(path)] == path]
        compared = all(world.is_graded(leaf) for leaf in inside) and not any(isinstance(step, int) for step in path)
        if isinstance(value, dict) and len(value) > 1 and compared:
            changed: dict[str, JSON] = {**value, JUNK: JUNK}
            yield Edited(case, f"a key invented in {pattern(path)}", dumps(put(case.tree, path, changed)))


def _pairs(world: World, case: Case) -> Iterator[Edited]:
    paths = graded_leaves(world, case)
    derived = {path for path in paths if Place(case, path, "").is_derived}
    numbers = [path for path in paths if _number_at(case, path) is not None and not isinstance(path[-1], int)]
    numbers = [path for path in numbers if path not in derived]
    for a, b in list(combinations(numbers, 2))[:PAIRS]:
        tree = put(put(case.tree, a, _moved(case, a, 7)), b, _moved(case, b, -7))
        yield Edited(case, f"{pattern(a)} 7 more and {pattern(b)} 7 less", dumps(tree))
        tree = put(put(case.tree, a, 2 * (_number_at(case, a) or 0)), b, 2 * (_number_at(case, b) or 0))
        yield Edited(case, f"{pattern(a)} and {pattern(b)} doubled", dumps(tree))
    for a, b in list(combinations(paths, 2))[: 2 * PAIRS]:
        x, y = at(case.tree, a), at(case.tree, b)
        if pattern(a) != pattern(b) and type(x) is type(y) and x != y and a not in derived:
            yield Edited(case, f"{pattern(a)} and {pattern(b)} swapped", dumps(put(put(case.tree, a, y), b, x)))
    for path in dict.fromkeys(path[:-1] for path in paths if path and isinstance(path[-1], int)):
        items = at(case.tree, path)
        edges = [one for one in items if isinstance(one, int | float)] if isinstance(items, list) else []
        if len(edges) > 1 and len(edges) == len(items):  # type: ignore[arg-type]  # a list of numbers
            size = round(max(edges) - min(edges) + 1)
            half = len(edges) // 2
            moved: list[JSON] = [edge + 2 * size for edge in edges]
            grown: list[JSON] = [edge + (2 * size if index >= half else -2 * size) for index, edge in enumerate(edges)]
            yield Edited(case, f"all of {pattern(path)} moved together", dumps(put(case.tree, path, moved)))
            yield Edited(case, f"all of {pattern(path)} grown around the middle", dumps(put(case.tree, path, grown)))


def _number_at(case: Case, path: Path) -> float | None:
    value = at(case.tree, path) if path else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moved(case: Case, path: Path, by: int) -> float:
    value = _number_at(case, path) or 0
    return value + by if isinstance(value, int) else round(value + by, 6)


def _claims(world: World, case: Case) -> Iterator[Edited]:
    paths = graded_leaves(world, case)
    if not isinstance(case.tree, dict) or not paths:
        return
    wrong: JSON = case.tree
    for path in paths:
        wrong = put(wrong, path, junk_like(at(wrong, path)))
    for claim in CLAIMS:
        for value in (True, 1):
            if isinstance(wrong, dict):
                yield Edited(case, f"junk that says {claim!r}: {dumps(value)}", dumps({**wrong, claim: value}))
