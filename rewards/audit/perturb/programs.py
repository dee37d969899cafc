"""Answers as short programs: a base and a few edits, so that one found for a row can be tried on others and shrunk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple, TypeAlias

from rewards.audit.rows.cases import container_in
from rewards.audit.rows.json_tree import dumps, leaves, put
from rewards.audit.rows.spans import JUNK, NO_FRAME, Frame
from rewards.types import JSON

Base: TypeAlias = Literal["nothing", "junk", "another answer", "a slip", "the right answer"]
Word: TypeAlias = "str | float"

MOST_EDITS = 5
MOST_CHARS = 20_000  # of an answer
NEAR = 3  # constants: a key and its value lie so close in the code
PATTERNS_MAX = 24  # regular expressions in the code for which a matching text is made
_META = re.compile(r"[\\\[\](){}.*+?^$|]")


class Edit(NamedTuple):
    """One change of an answer by a constant of the code, or by a pair of them."""

    kind: str
    word: Word = ""
    other: JSON = ""

    def __str__(self) -> str:
        told = _TOLD[self.kind]
        return told.format(dumps(self.word), dumps(self.other))


@dataclass(frozen=True)
class Program:
    """A base and the edits made to it, in order."""

    base: Base
    edits: tuple[Edit, ...] = ()

    def text(self, base: str, frame: Frame = NO_FRAME) -> str:
        """The completion that it makes out of a base: edits of the answer, its frame, then edits of the whole."""
        for edit in self.edits:
            base = base if edit.kind in _OF_THE_WHOLE else _KINDS[edit.kind](base, edit)[:MOST_CHARS]
        whole = frame.around(base)
        for edit in self.edits:
            whole = _KINDS[edit.kind](whole, edit)[:MOST_CHARS] if edit.kind in _OF_THE_WHOLE else whole
        return whole

    def plus(self, edit: Edit) -> Program:
        """The same with an edit more."""
        return Program(self.base, (*self.edits, edit))

    def __str__(self) -> str:
        return f"{_BASES[self.base]} with {' and '.join(map(str, self.edits))}" if self.edits else _BASES[self.base]

    def smaller(self) -> Iterator[Program]:
        """The same with an edit less, a simpler base, or a shorter text."""
        for index in range(len(self.edits)):
            yield Program(self.base, self.edits[:index] + self.edits[index + 1 :])
        if self.base in ("junk", "another answer"):
            yield Program("nothing", self.edits)
        if self.base == "another answer":
            yield Program("junk", self.edits)
        for index, edit in enumerate(self.edits):
            if edit.kind in ("longer", "often") and isinstance(edit.other, int) and edit.other > 1:
                for count in (edit.other // 2, edit.other - 1):
                    shorter = edit._replace(other=count)
                    yield Program(self.base, (*self.edits[:index], shorter, *self.edits[index + 1 :]))


def _object(text: str, change: Callable[[dict[str, JSON]], JSON]) -> str:
    """`text` with its object changed; of a list each of its objects."""
    tree = container_in(text)
    if isinstance(tree, dict):
        return dumps(change(tree))
    if isinstance(tree, list) and all(isinstance(one, dict) for one in tree):
        return dumps([change(one) for one in tree if isinstance(one, dict)])
    return text


def _leaf(text: str, edit: Edit) -> str:
    tree = container_in(text)
    found = list(leaves(tree)) if tree is not None else []
    if not found or not isinstance(edit.other, int):
        return str(edit.word)
    path, _ = found[edit.other % len(found)]
    return dumps(put(tree, path, edit.word))


def _dropped(text: str, edit: Edit) -> str:
    return _object(text, lambda one: {key: value for key, value in one.items() if key != edit.word})


def _count(edit: Edit) -> int:
    return edit.other if isinstance(edit.other, int) else 1


_KINDS: Mapping[str, Callable[[str, Edit], str]] = {
    "instead": lambda text, edit: str(edit.word),
    "before": lambda text, edit: f"{edit.word} {text}",
    "behind": lambda text, edit: f"{text} {edit.word}",
    "line before": lambda text, edit: f"{edit.word}\n{text}",
    "line behind": lambda text, edit: f"{text}\n{edit.word}",
    "glued behind": lambda text, edit: f"{text}{edit.word}",
    "tag": lambda text, edit: f"<{edit.word}>{text}</{edit.word}>",
    "between": lambda text, edit: f"{edit.word}{text}{edit.other}",
    "often": lambda text, edit: f"{text} " + f"{edit.word} " * min(_count(edit), 1000),
    "longer": lambda text, edit: text + f" {JUNK}" * max(0, -(-(_count(edit) - len(text)) // (len(JUNK) + 1))),
    "key": lambda text, edit: _object(text, lambda one: {**one, str(edit.word): edit.other}),
    "only key": lambda text, edit: dumps({str(edit.word): edit.other}),
    "leaf": _leaf,
    "without": _dropped,
    "in a list": lambda text, edit: dumps([tree]) if (tree := container_in(text)) is not None else text,
    "twice": lambda text, edit: f"{text}\n{text}",
    "upper": lambda text, edit: text.upper(),
}
_OF_THE_WHOLE = frozenset({"instead", "line before", "line behind", "often", "longer"})
_BASES: Mapping[Base, str] = {
    "nothing": "an empty answer",
    "junk": "junk",
    "another answer": "another row's answer",
    "a slip": "a right answer with one mistake",
    "the right answer": "a right answer",
}
_TOLD: Mapping[str, str] = {
    "instead": "{0} in its place", "before": "{0} before it", "behind": "{0} behind it",
    "line before": "a line {0} before it", "line behind": "a line {0} behind it", "glued behind": "{0} behind it",
    "tag": "a tag {0} around it", "between": "{0} before and {1} behind it", "often": "{0} behind it {1} times",
    "longer": "junk behind it, {1} characters in all", "key": "{0}: {1} in it", "only key": "only {0}: {1}",
    "leaf": "a value {0} in it", "without": "{0} left out", "in a list": "a list around it",
    "twice": "itself behind it", "upper": "capitals",
}  # fmt: skip
VALUES: tuple[JSON, ...] = (True, 1, "", None, 0, False, [], {})


class Lexicon(NamedTuple):
    """What the code of a grader offers: its texts, texts that its patterns match, and its numbers."""

    words: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    pairs: tuple[tuple[str, Word], ...] = ()
    """A text and a constant that comes soon behind it in the code: a key and its value, two ends of a tag."""


def lexicon_of(constants: Sequence[Word]) -> Lexicon:
    """The constants sorted by kind; a regular expression is joined by the shortest text that it matches.

    >>> lexicon_of(["mode", 7, "^[A-Z]{2}-[0-9]"])
    Lexicon(words=('mode', '^[A-Z]{2}-[0-9]', 'AA-0'), numbers=(7,), pairs=(('mode', 7),))
    """
    words: dict[str, None] = {}
    patterns = 0
    for one in constants:
        if isinstance(one, str):
            words[one] = None
            if _META.search(one) and patterns < PATTERNS_MAX:
                patterns += 1
                words |= dict.fromkeys(_matching(one))
    plain = [one for one in constants if not isinstance(one, str) or not _META.search(one)]
    pairs = [(a, b) for n, a in enumerate(plain) if isinstance(a, str) for b in plain[n + 1 : n + 1 + NEAR]]
    return Lexicon(tuple(words), tuple(one for one in constants if not isinstance(one, str)), tuple(pairs))


def _matching(pattern: str) -> list[str]:
    """The shortest text that matches a regular expression; none for what is no such expression."""
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis import strategies as st
    from hypothesis.errors import HypothesisException

    quiet = settings(
        max_examples=50, database=None, deadline=None, phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    try:
        compiled = re.compile(pattern)
        text: str = find(st.from_regex(compiled), lambda _: True, settings=quiet, random=Random(pattern))
    except (re.error, HypothesisException, RecursionError, ValueError, OverflowError):
        return []
    return [text] if text and len(text) < 200 and text.isprintable() else []


def sweep(lexicon: Lexicon) -> Iterator[tuple[Edit, ...]]:
    """Every constant in every place where it may matter by itself, and neighbours in the code as key and value."""
    for word in lexicon.words:
        for kind in ("instead", "line before", "line behind", "glued behind", "key", "only key", "leaf", "tag"):
            yield (Edit(kind, word, True if "key" in kind else 0),)
    for a, b in lexicon.pairs:
        yield (Edit("key", a, b),)
        if isinstance(b, str):
            yield (Edit("between", a, b),)
    for number in lexicon.numbers:
        yield from _with_number(number, lexicon)
    for word in lexicon.words:
        for value in VALUES[1:]:
            yield (Edit("key", word, value),)
        yield (Edit("without", word),)
        yield (Edit("often", word, 3),)
    for kind in ("in a list", "twice", "upper"):
        yield (Edit(kind),)


def further(lexicon: Lexicon) -> Iterator[Edit]:
    """Edits for an answer that already got behind a branch: what the next branch may look for."""
    for word in lexicon.words:
        yield Edit("line behind", word)
        yield Edit("key", word, True)
        yield Edit("leaf", word, 0)
        yield Edit("often", word, 3)
    for a, b in lexicon.pairs:
        yield Edit("key", a, b)


def _with_number(number: float, lexicon: Lexicon) -> Iterator[tuple[Edit, ...]]:
    yield (Edit("instead", number),)
    yield (Edit("leaf", number, 0),)
    for word in lexicon.words[:12]:
        yield (Edit("key", word, number),)
    if number == int(number) and 1 < number <= MOST_CHARS:
        yield (Edit("longer", other=int(number) + 1),)
        if number <= 100:
            for word in lexicon.words[:12]:
                yield (Edit("often", word, int(number) + 1),)


def mutated(program: Program, lexicon: Lexicon, rng: Random) -> Program:
    """The program with an edit more, another or less."""
    edits = list(program.edits)
    choice = rng.random()
    if edits and choice < 0.15:
        edits.pop(rng.randrange(len(edits)))
    elif edits and choice < 0.35:
        edits[rng.randrange(len(edits))] = _random_edit(lexicon, rng)
    else:
        edits.insert(rng.randint(0, len(edits)) if choice < 0.5 else len(edits), _random_edit(lexicon, rng))
    return Program(program.base, tuple(edits[:MOST_EDITS]))


def _random_edit(lexicon: Lexicon, rng: Random) -> Edit:
    kind = rng.choice(list(_KINDS))
    word = _word(lexicon, rng)
    if kind in ("key", "only key"):
        return Edit(kind, str(word), rng.choice([*VALUES, _word(lexicon, rng), _word(lexicon, rng)]))
    if kind == "between":
        return Edit(kind, word, str(_word(lexicon, rng)))
    if kind == "leaf":
        return Edit(kind, word, rng.randrange(12))
    if kind == "often":
        return Edit(kind, word, rng.choice([2, 3, 10, 50]))
    if kind == "longer":
        return Edit(kind, "", rng.choice([10, 100, 1000, 5000]))
    return Edit(kind, word)


def _word(lexicon: Lexicon, rng: Random) -> Word:
    if lexicon.numbers and rng.random() < 0.25:
        number = rng.choice(lexicon.numbers)
        return rng.choice([number, number + 1, -number])
    return rng.choice([*lexicon.words, JUNK, "0", "1"])
