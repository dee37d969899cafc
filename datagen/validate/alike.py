"""Rows alike: most rows of a file differ from one that was walked in nothing but values that the walk judges alone.

There is one set of rules, the walk. It says of each value that it judges by itself what judges it (`Walk.judged`), and
all else that it finds follows from the rest of the line. So a row that was walked is kept as the text between those
values, and a line with the same text between them needs no walk: its values are judged where they stand, by the same
judges. Where a judge names more than words to warn of, or a line is like none that was walked, the walk has the word.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from json.decoder import scanstring  # type: ignore[attr-defined]  # what json.loads itself reads strings with
from math import isfinite
from operator import itemgetter
from typing import Any, NamedTuple

from datagen.validate.findings import Problem
from datagen.validate.places import places_of
from datagen.validate.rules import Target
from datagen.validate.tools import described
from datagen.validate.walk import Judge, Model, Reading, Walk, anything, filled, is_text, not_blank, returned
from datagen.validate.walk import said as says
from datagen.validate.walk import text as filled_text
from datagen.validate.words import may_hold_reserved

# What may have been found in a row that stands for others: said in the same words whatever the judged values are.
CONSTANT = frozenset(
    {"answer-leak", "bucket-owner", "content-blocks", "id-missing", "prompt-only", "reference-missing", "role-tool",
     "schema-version-missing", "tool-config-missing", "tools-missing", "tools-on-bedrock"}
)  # fmt: skip
_WORDED = frozenset({filled_text, says, returned})  # many texts of these are looked through at once
_NEVER_BLANK = frozenset({*_WORDED, filled, not_blank, described})
_AT_ONCE = frozenset({*_NEVER_BLANK, anything, is_text})
_BETWEEN = "\x7f"  # stands between texts that are looked through at once
_MOST_ROWS = 2_000
_MOST_HOLES = 200
_MOST_BRANCHES = 64
_UNASKED = 64  # so many rows are kept before it is asked whether keeping them pays
_ASKED = 1_000  # so many rows are looked up before it is asked whether that pays
_NONE: frozenset[str] = frozenset()
_new = tuple.__new__  # a named tuple's own takes as long as a look at a text


class Facts(NamedTuple):
    """What a row means for the others: the optional fields it has, and its kinds of media."""

    fields: tuple[str, ...] = ()
    media: tuple[str, ...] = ()


class Found(NamedTuple):
    """What the walk finds in a line: id and facts of the row, if it is one, buckets of its media, problems in order."""

    id: str
    facts: Facts | None
    buckets: frozenset[str] | set[str]
    problems: Sequence[Problem]


@dataclass(slots=True)
class _Known:
    """A row that was walked: what judges each of its holes, and what else was found in it."""

    facts: Facts
    problems: Sequence[Problem | Reading]  # in the order of the walk; a reading stands for what its judge will say
    strings: Sequence[Reading]
    values: Sequence[Reading]
    alone: bool = field(init=False)  # whether no value has a part in what is found
    found: Found = field(init=False)  # where no value has a part in it
    judges: Sequence[tuple[int, Judge, str]] = field(init=False)  # which of the values they judge, and its path
    id: int = field(init=False)  # which of the strings it is, or -1
    never_blank: itemgetter[Any] = field(init=False)
    asked: Sequence[tuple[int, Reading]] = field(init=False)
    worded: Sequence[tuple[int, Problem | Reading]] = field(init=False)  # in the order of the walk, texts by place
    compared: Sequence[int] = field(init=False)
    equal: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        self.found = Found("", self.facts, _NONE, [one for one in self.problems if isinstance(one, Problem)])
        self.judges = [(at, one.judge, one.path) for at, one in enumerate(self.values) if one.judge is not anything]
        self.id = next((index for index, one in enumerate(self.strings) if one.path == "id"), -1)
        self.never_blank = _picker([index for index, one in enumerate(self.strings) if one.judge in _NEVER_BLANK])
        self.asked = [(index, one) for index, one in enumerate(self.strings) if one.judge not in _AT_ONCE]
        self.alone = self.id < 0 and not self.asked and not self.judges
        place = {id(one): index for index, one in enumerate(self.strings) if one.judge in _WORDED}
        self.worded = [
            (place.get(id(one), -1), one) for one in self.problems if isinstance(one, Problem) or id(one) in place
        ]
        self.compared = [index for index, one in enumerate(self.strings) if one.compared]
        self.equal = _equal([self.strings[index].value for index in self.compared])


class _Branch(NamedTuple):
    """The text up to the next hole and what may follow behind it, or the text up to the end and the row it ends."""

    literal: str
    size: int  # of the literal
    string: bool  # whether the hole holds a string, and the text goes up to its quote
    after: list[_Branch]
    row: _Known | None = None


class Memory:
    """The rows of one file that were walked, and what was found in them: at most 2,000."""

    def __init__(self, target: Target, model: Model) -> None:
        self._target = target
        self._model = model
        self._walk = Walk(target, model)
        self._root: list[_Branch] = []
        self._kept = 0
        self._used = 0
        self._asked = 0

    def find(self, line: bytes) -> Found | None:
        """What the walk would find, or None where it has to look."""
        if self._asked > _ASKED and self._used * 200 < self._asked:  # rows that are like no other
            return None
        self._asked += 1
        try:
            text = line.decode()
            filling = _filled(self._root, text)
            found = None if filling is None else self._judged(*filling)
        except (ValueError, RecursionError, StopIteration):
            return None
        if found is not None:
            self._used += 1
        return found

    def _judged(self, row: _Known, strings: Sequence[str], values: Sequence[Any], joined: str) -> Found | None:
        if not all(map(str.strip, row.never_blank(strings))):
            return None
        if row.compared and _equal([strings[index] for index in row.compared]) != row.equal:
            return None
        wordless = not may_hold_reserved(joined)
        if wordless and row.alone:
            return row.found
        walk = self._walk
        for index, one in row.asked:
            one.judge(walk, strings[index], one.path)
        for index, judge, path in row.judges:
            judge(walk, values[index], path)
        if walk.problems:
            self._walk = Walk(self._target, self._model)
            return None
        buckets: frozenset[str] | set[str] = _NONE
        if walk.buckets:
            buckets, walk.buckets = walk.buckets, set()
        problems = row.found.problems if wordless else self._with_words(row, strings)
        return _new(Found, (strings[row.id] if row.id >= 0 else "", row.facts, buckets, problems))

    def _with_words(self, row: _Known, strings: Sequence[str]) -> list[Problem]:
        walk = self._walk
        for index, one in row.worded:
            if isinstance(one, Problem):
                walk.problems.append(one)
            elif may_hold_reserved(strings[index]):
                one.judge(walk, strings[index], one.path)
        problems, walk.problems = walk.problems, []
        return problems

    def learn(self, line: bytes, walk: Walk, facts: Facts) -> None:
        """Keep a row that was walked, where it can stand for others, and while keeping rows pays."""
        if self._kept >= _MOST_ROWS or (self._kept >= _UNASKED and self._used < 4 * self._kept):
            return
        if not all(map(_is_harmless, walk.problems)):
            return
        text = line.decode()
        places = places_of(text, {one.path for one in walk.readings})
        holes = [one for one in walk.readings if one.value is not None and one.path in places]
        spans = [places[one.path] for one in holes]
        if len(holes) > _MOST_HOLES or not all(map(_is_at, holes, spans, [text] * len(holes))):
            return
        problems = _in_order(walk, holes)
        if problems is not None:
            ordered = sorted(zip(spans, holes, strict=True), key=itemgetter(0))
            strings = [one for _, one in ordered if isinstance(one.value, str)]
            values = [one for _, one in ordered if not isinstance(one.value, str)]
            self._keep(text, ordered, _Known(facts, problems, strings, values))

    def _keep(self, text: str, holes: Sequence[tuple[tuple[int, int], Reading]], row: _Known) -> None:
        if any(earlier[0][1] > later[0][0] for earlier, later in pairwise(holes)):
            return
        branches, at = self._root, 0
        for (start, end), one in holes:
            quote = isinstance(one.value, str)
            branch = _branch(branches, text[at : start + quote], quote)
            if branch is None:
                return
            branches, at = branch.after, end - quote
        if len(branches) < _MOST_BRANCHES:
            branches.append(_Branch(text[at:], len(text) - at, False, [], row))
            self._kept += 1


def _branch(branches: list[_Branch], literal: str, string: bool) -> _Branch | None:
    """The branch with this text, made where there is none; None where there are too many."""
    for branch in branches:
        if branch.literal == literal and branch.string is string and branch.row is None:
            return branch
    if len(branches) >= _MOST_BRANCHES:
        return None
    branches.append(_Branch(literal, len(literal), string, []))
    return branches[-1]


def _filled(branches: list[_Branch], text: str) -> tuple[_Known, list[str], list[Any], str] | None:
    """The row that this one is like, what its holes hold, and the texts together; raises ValueError for no JSON."""
    strings: list[str] = []
    values: list[Any] = []
    at, is_at, escaped = 0, text.startswith, "\\" in text
    while True:
        for literal, size, string_follows, after, row in branches:
            if not is_at(literal, at):
                continue
            start, branches = at + size, after
            if row is not None:
                if start == len(text):
                    joined = _BETWEEN.join(strings)
                    if escaped:
                        joined.encode()  # half of a surrogate pair raises
                    return row, strings, values, joined
            elif string_follows:
                string, end = scanstring(text, start)
                strings.append(string)
                at = end - 1
                break
            elif not is_at('"', start):
                value, at = _value_at(text, start)
                if value is None or (escaped and "\\ud" in text[start:at].lower()):
                    return None
                values.append(value)
                break
        else:
            return None


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of which a reader drops nothing; raises ValueError for a key that it has twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key twice")
    return made


def _number(written: str) -> float:
    """A number that a float holds; raises ValueError for another, and for the words that are no JSON."""
    value = float(written)
    if not isfinite(value):
        raise ValueError(written)
    return value


_value_at = json.JSONDecoder(object_pairs_hook=_object_of, parse_float=_number, parse_constant=_number).scan_once  # type: ignore[attr-defined]  # what raw_decode calls


def _in_order(walk: Walk, holes: Sequence[Reading]) -> list[Problem | Reading] | None:
    """What was found, each hole in the place of what its judge named; None where that is said of one row alone."""
    found: list[Problem | Reading] = []
    at = 0
    for one in holes:
        found += walk.problems[at : one.start]
        if one.start < one.stop and one.judge not in _WORDED:
            return None
        found.append(one)
        at = one.stop
    found += walk.problems[at:]
    constant = all(one.code in CONSTANT for one in found if isinstance(one, Problem))
    return found if constant else None


def _is_harmless(problem: Problem) -> bool:
    return problem.code in CONSTANT or problem.code.startswith(("reserved-word", "thinking-tag"))


def _is_at(one: Reading, span: tuple[int, int], text: str) -> bool:
    """Whether the value is what stands there, and nothing that the walk made up; a compared one is text."""
    value = json.loads(text[slice(*span)])
    return type(value) is type(one.value) and value == one.value and (isinstance(value, str) or not one.compared)


def _equal(names: Sequence[str]) -> list[int]:
    """Which names are the same: for each the place of the first like it.

    >>> _equal(["a", "b", "a"])
    [0, 1, 0]
    """
    return [names.index(name) for name in names]


def _picker(places: Sequence[int]) -> itemgetter[Any]:
    """Picks some of a list, always as a sequence."""
    if len(places) > 1:
        return itemgetter(*places)
    return itemgetter(slice(places[0], places[0] + 1) if places else slice(0, 0))
