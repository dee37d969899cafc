"""Regular expressions of Python, searched in time linear in the text, whatever a policy writes.

`re` backtracks: `^(a+)+$` takes minutes on forty characters, and `a+b` squares the length of a text of a's. A pattern
that cannot do that runs in `re`. Every other one runs as an automaton, built state by state as the text asks for it. A
pattern that needs backtracking, such as one with a back reference behind a repeat, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from itertools import chain
from typing import Any, TypeAlias

Searcher: TypeAlias = Callable[[str], object]
"""Says of a text, by what is true or false, whether a pattern occurs in it."""
_Edge: TypeAlias = tuple[int, int | str | None]
"""A way to a state: by a character of a set, at a place such as AT_END, or for nothing."""

_PARSER = import_module("re._parser")  # a private module since 3.11, sre_parse before
_MAX_PLACES = 4_000
_MAX_STATES = 4_000  # of the deterministic automaton; beyond, it forgets and goes on, as RE2 does
_MAX_SYMBOLS = 65_536  # characters whose symbol is kept
_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE  # the parser has dealt with the last
_SINGLE = ("LITERAL", "NOT_LITERAL", "ANY", "IN")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")
_OTHER, _WORD, _NEWLINE, _LAST_NEWLINE, _END, _START = range(6)


class PatternError(ValueError):
    """A pattern that is no regular expression of Python, or none that can be searched in linear time."""


@lru_cache(maxsize=1024)
def searcher(pattern: str) -> Searcher:
    r"""A function that says whether `pattern` occurs in a text, as `re.search` would, in linear time.

    Raises PatternError for what is no pattern of Python, and for one that could take longer.

    >>> searcher("^(a+)+$")("a" * 100_000 + "b")
    False
    >>> searcher(r"(a*)\1b")
    Traceback (most recent call last):
    rewards.comparing.linear_regex.PatternError: '(a*)\\1b' has GROUPREF, which may take more than linear time
    """
    try:
        compiled, parsed = re.compile(pattern), _PARSER.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"{pattern!r:.200} is no regular expression of Python: {error}") from error
    flags = compiled.flags & ~re.UNICODE
    if unsearched := [str(flag.name) for flag in re.RegexFlag(flags & ~_FLAGS)]:
        raise PatternError(f"{pattern!r:.200} has the flag {unsearched[0]}, of which no linear search knows")
    return compiled.search if _is_simple(parsed, flags) else _automata(pattern, parsed, flags)


def _begins(parsed: Any, flags: int) -> bool:
    """Whether a pattern can match at the start of a text only."""
    starts = ("AT_BEGINNING_STRING", *(() if flags & re.MULTILINE else ("AT_BEGINNING",)))
    return len(parsed) > 0 and str(parsed[0][1]) in starts


def _is_simple(parsed: Any, flags: int) -> bool:
    """Whether `re` has one way to match at each place, but for the length of one run of characters."""
    runs = 0
    for operation, argument in parsed:
        if str(operation) in _REPEATS and len(argument[2]) == 1 and str(argument[2][0][0]) in _SINGLE:
            runs += argument[0] != argument[1]
        elif str(operation) not in (*_SINGLE, "AT"):
            return False
    return runs + (not _begins(parsed, flags)) <= 1


def _automata(pattern: str, parsed: Any, flags: int) -> Searcher:
    """`^(?=A)(?!B)C` asks three things of the same text, so it is three automata."""
    parts: list[tuple[Searcher, bool]] = []
    parsed = [*parsed]
    while (
        _begins(parsed, flags) and len(parsed) > 1 and str(parsed[1][0]).startswith("ASSERT") and parsed[1][1][0] == 1
    ):
        operation, (_, inner) = parsed.pop(1)
        parts.append((_Automaton(pattern, [parsed[0], *inner], flags).occurs_in, str(operation) == "ASSERT"))
    machine = _Automaton(pattern, parsed, flags).occurs_in
    return (lambda text: machine(text) and all(part(text) == wanted for part, wanted in parts)) if parts else machine


class _Builder:
    """Thompson's construction: a place and its ways out, part after part."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern, self.flags = pattern, flags
        self.edges: list[list[_Edge]] = []
        self.sets: dict[str, int] = {}

    def place(self) -> int:
        if len(self.edges) >= _MAX_PLACES:
            raise PatternError(f"{self.pattern!r:.200} may take long: its repeats come to over {_MAX_PLACES} places")
        self.edges.append([])
        return len(self.edges) - 1

    def add(self, parsed: Any, start: int) -> int:
        """The place behind `parsed`, entered at `start`."""
        for operation, argument in parsed:
            start = self._part(str(operation), argument, start)
        return start

    def _part(self, operation: str, argument: Any, start: int) -> int:
        if operation in _REPEATS:
            return self._repeat(argument, start)
        if operation == "SUBPATTERN" and not (argument[1] | argument[2]) & ~_FLAGS:
            return self._with_flags(argument, start)
        end = self.place()
        if operation == "BRANCH":
            for branch in argument[1]:
                self.edges[self.add(branch, self._after(start))].append((end, None))
        elif operation == "AT":
            lines = "_LINE" if self.flags & re.MULTILINE and str(argument) in ("AT_BEGINNING", "AT_END") else ""
            self.edges[start].append((end, f"{argument}{lines}"))
        elif operation in _SINGLE:
            characters = _as_set(operation, argument, self.flags)
            self.edges[start].append((end, self.sets.setdefault(characters, len(self.sets))))
        else:
            raise PatternError(f"{self.pattern!r:.200} has {operation}, which may take more than linear time")
        return end

    def _with_flags(self, argument: Any, start: int) -> int:
        """A group, with the flags that it sets and takes away within itself."""
        _, added, taken, inner = argument
        outside, self.flags = self.flags, (self.flags | added) & ~taken
        end = self.add(inner, start)
        self.flags = outside
        return end

    def _repeat(self, argument: Any, start: int) -> int:
        low, high, inner = argument
        for _ in range(low):
            start = self.add(inner, start)
        if high == _PARSER.MAXREPEAT:
            first = self._after(start)
            self.edges[self.add(inner, first)].append((first, None))
            return self._after(first)
        end = self.place()
        for _ in range(high - low):
            self.edges[start].append((end, None))
            start = self.add(inner, start)
        self.edges[start].append((end, None))
        return end

    def _after(self, start: int) -> int:
        self.edges[start].append((self.place(), None))
        return len(self.edges) - 1


def _as_set(operation: str, argument: Any, flags: int) -> str:
    """The characters of a single-character part, as a pattern of `re`."""
    letters = "".join(letter for flag, letter in ((re.IGNORECASE, "i"), (re.DOTALL, "s")) if flags & flag)
    return (f"(?{letters})" if letters else "") + _characters(operation, argument)


def _characters(operation: str, argument: Any) -> str:
    if operation == "ANY":
        return "."
    items = [(str(name), value) for name, value in argument] if operation == "IN" else [("LITERAL", argument)]
    negated = operation == "NOT_LITERAL" or items[0][0] == "NEGATE"
    return f"[{'^' * negated}{''.join(_as_member(name, value) for name, value in items)}]"


def _as_member(name: str, value: Any) -> str:
    if name == "NEGATE":
        return ""
    if name == "CATEGORY":
        *_, negated, letter = str(value).split("_")
        return f"\\{letter[0] if negated == 'NOT' else letter[0].lower()}"
    low, high = value if name == "RANGE" else (value, value)
    return f"\\U{low:08x}-\\U{high:08x}"


def _holds(place: str, before: int, after: int) -> bool:
    newlines = (_NEWLINE, _LAST_NEWLINE)
    if place.startswith("AT_BEGINNING"):
        return before == _START or (before in newlines and place == "AT_BEGINNING_LINE")
    if place.startswith("AT_END"):
        at_line = after in newlines and place == "AT_END_LINE"
        return after == _END or at_line or (after == _LAST_NEWLINE and place == "AT_END")
    return ((before == _WORD) != (after == _WORD)) == (place == "AT_BOUNDARY")


class _State(dict[int, Any]):
    """Places that a search may be at, behind a character of a kind; the state after each symbol that was met."""

    def __init__(self, places: frozenset[int], before: int) -> None:
        self.places, self.before = places, before


_FOUND = _State(frozenset(), _START)


class _Automaton:
    """A pattern as a deterministic automaton. A symbol is the kind of a character and a bit for each set it is in."""

    def __init__(self, pattern: str, parsed: Sequence[Any], flags: int) -> None:
        builder = _Builder(pattern, flags)
        self.goal = builder.add(parsed, builder.place())
        self.edges = builder.edges
        self.sets = [re.compile(characters) for characters in builder.sets]
        self.symbols: dict[str, int] = {}
        self.start = _State(frozenset([0]), _START)
        self.states: dict[tuple[frozenset[int], int], _State] = {}

    def occurs_in(self, text: str) -> bool:
        """Whether the pattern does. Threads may share the states: each is as good as its twin."""
        state = self.start
        for symbol in self._symbols(text):
            following = state.get(symbol)
            state = self._step(state, symbol) if following is None else following
            if state is _FOUND:
                return True
        return False

    def _symbols(self, text: str) -> Iterator[int]:
        """A number for each character and one for the end."""
        symbols = self.symbols if len(self.symbols) < _MAX_SYMBOLS else {}
        new = "".join(set(text).difference(symbols))
        if new:
            symbols.update(self._classified(new))
            self.symbols = symbols
        end = [_END]
        if text.endswith("\n"):
            text, end = text[:-1], [symbols["\n"] & ~7 | _LAST_NEWLINE, _END]
        return chain(map(symbols.__getitem__, text), end)

    def _classified(self, characters: str) -> dict[str, int]:
        found = dict.fromkeys(characters, _OTHER)
        found.update(dict.fromkeys(re.findall(r"\w", characters), _WORD))
        if "\n" in found:
            found["\n"] = _NEWLINE
        for number, members in enumerate(self.sets):
            for character in members.findall(characters):
                found[character] |= 8 << number
        return found

    def _step(self, state: _State, symbol: int) -> _State:
        """The state after a symbol; the goal is found before it is read."""
        reached = self._for_nothing(state, symbol & 7)
        if self.goal in reached:
            state[symbol] = _FOUND
            return _FOUND
        read = (to for place in reached for to, by in self.edges[place] if isinstance(by, int) and symbol >> by + 3 & 1)
        key = frozenset([0, *read]), symbol & 7
        if len(self.states) > _MAX_STATES:
            self.states, self.start = {}, _State(frozenset([0]), _START)
        following = state[symbol] = self.states.setdefault(key, _State(*key))
        return following

    def _for_nothing(self, state: _State, after: int) -> set[int]:
        """The places that are reached without reading."""
        reached, open_ends = set(state.places), list(state.places)
        while open_ends:
            for to, by in self.edges[open_ends.pop()]:
                free = by is None or (isinstance(by, str) and _holds(by, state.before, after))
                if free and to not in reached:
                    reached.add(to)
                    open_ends.append(to)
        return reached
