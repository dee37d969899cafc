"""Choosing rollouts by an expression such as `score < 0.5 and model == "rft" and part.schema == 0`.

One grammar for the terminal and for the viewer's page, whose `rft/report/filter.js` reads it alike; the cases that both
are held to are in tests/fixtures/filters.json. Nothing is ever executed: an expression becomes a tree of comparisons.

    condition  = all { "or" all }            all = one { "and" one }
    one        = "not" one | "(" condition ")" | comparison
    comparison = value (("==" | "!=" | "<" | "<=" | ">" | ">=" | "~") value)+ | value ["not"] "in" "(" literal, ... ")"
    value      = number | "text" | true | false | null | name | kind.key | kind["any key"]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from rft.errors import RftError

Value: TypeAlias = "float | str | None"
ValueOf: TypeAlias = Callable[[str], Value]
Condition: TypeAlias = Callable[[ValueOf], bool]

FACTS: Final = {
    "score": "number, null where it could not be judged",
    "advantage": "distance from the group's mean in standard deviations",
    "model": "name of the model or file",
    "step": "step of the training",
    "sample": "number of the completion within its prompt, from 0",
    "id": "id of the row",
    "prompt": "all turns that were asked, as text",
    "completion": "all that the model wrote",
    "reference": "the right answer as text",
    "reason": "reason of the score",
    "ungradable": "why it could not be judged",
    "finish_reason": "why the completion ended",
    "temperature": "of the sampling",
    "seed": "of the sampling",
    "seconds": "that the completion took",
    "line": "of the file",
}
KINDS: Final = {
    "part": "a weighted part of the score",
    "metric": "a number that is recorded only",
    "tokens": "number of tokens, of the prompt or completion",
    "row": "a short key of the row or its metadata; `row.` may be left out",
}
MOST_CHARACTERS, MOST_DEPTH, MOST_NAMED = 1_000, 50, 12
NEAR: Final = 1e-9  # scores are sums of floats: 0.1 + 0.2 is 0.3
_NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_IS_NUMBER = re.compile(rf"\s*{_NUMBER}\s*", re.ASCII)
_TOKEN = re.compile(
    rf"""(?P<number>{_NUMBER})(?![A-Za-z0-9_.])
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_][A-Za-z0-9_/.-]*)?)
    |(?P<mark>==|!=|<=|>=|[<>~(),\[\]])""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)
_KEY, _BARE = (
    re.compile(r"[A-Za-z0-9_][A-Za-z0-9_/.-]*"),
    re.compile(r"(?!(?:and|or|not|in|true|false|null)$)[A-Za-z_]\w*", re.ASCII),
)
_QUOTED, _ESCAPED = r'([\\"])', r"\\\1"
_WORDS: Final = {"and", "or", "not", "in"}
_LITERALS: Final[dict[str, Value]] = {"true": "true", "false": "false", "null": None}
_COMPARE: Final = {"==", "!=", "<", "<=", ">", ">=", "~"}
_MEANT: Final = {"&": "and", "|": "or", "!": "not or !=", "=": "=="}


class FilterError(RftError):
    """An expression that cannot be read; `at` is the place of the fault, from 0."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(f"character {at + 1}: {message}")
        self.at = at


@dataclass(frozen=True)
class Filter:
    """An expression that was read. `names` are those that it asks for, with their places in the expression.

    >>> chosen = parse('score < 0.5 and model == "rft"')
    >>> chosen.fits({"score": 0.25, "model": "rft"}.get), chosen.fits({"score": 0.75, "model": "rft"}.get)
    (True, False)
    """

    fits: Condition
    names: tuple[tuple[str, int], ...] = ()

    def check(self, known: Iterable[str]) -> None:
        """Raise FilterError for the first name that no rollout has."""
        there = dict.fromkeys([*FACTS, *known])
        for name, at in self.names:
            if name not in there:
                raise FilterError(_unknown(name, list(there)[len(FACTS) :]), at)


def parse(text: str) -> Filter:
    """The filter of an expression; an empty one fits every rollout. Raises FilterError with the place of a fault."""
    if len(text) > MOST_CHARACTERS:
        raise FilterError(f"an expression has at most {MOST_CHARACTERS:,} characters", MOST_CHARACTERS)
    if not text.strip(" \t\n\r"):
        return Filter(lambda value: True)
    reader = _Reader([*_tokens(text), _Token("end", "", len(text))])
    fits = reader.condition()
    if reader.token.kind != "end":
        _refuse(f"`{reader.token.text}` does not fit here; join conditions with and, or", reader.token)
    return Filter(fits, tuple(reader.names))


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        if text[at] in " \t\n\r":
            at += 1
            continue
        found = _TOKEN.match(text, at)
        if found is None:
            raise FilterError(_strange(text[at]), at)
        kind = found.lastgroup or ""
        yield _Token("word" if kind == "name" and found[0] in _WORDS else kind, found[0], at)
        at = found.end()


def _strange(mark: str) -> str:
    if mark in _MEANT:
        return f"`{mark}` is not known here; write {_MEANT[mark]}"
    if mark in "\"'":
        return "this text has no closing quote"
    if mark.isdigit():
        return "this is no number; a text stands in quotes"
    return f"`{mark}` is not known here; a text stands in quotes"


def _refuse(message: str, token: _Token) -> NoReturn:
    raise FilterError(message, token.at)


class _Reader:
    """Reads tokens by recursive descent; each method returns the condition that begins at the token."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens, self._place, self._depth = tokens, 0, 0
        self.names: list[tuple[str, int]] = []

    @property
    def token(self) -> _Token:
        return self._tokens[self._place]

    def take(self) -> _Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def took(self, text: str) -> bool:
        """Whether the token is this word or mark, which is then passed."""
        if self.token.kind not in ("word", "mark") or self.token.text != text:
            return False
        self._place += 1
        return True

    def condition(self) -> Condition:
        return self._joined("or", lambda: self._joined("and", self._one, all), any)

    def _joined(self, word: str, read: Callable[[], Condition], joined: Callable[[Iterable[bool]], bool]) -> Condition:
        found = [read()]
        while self.took(word):
            found.append(read())
        return found[0] if len(found) == 1 else lambda value: joined(one(value) for one in found)

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            _refuse(f"more than {MOST_DEPTH} conditions are nested", self.token)
        try:
            if self.took("not"):
                inner = self._one()
                return lambda value: not inner(value)
            if self.took("("):
                inside = self.condition()
                self._close(")")
                return inside
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Condition:
        begin = self.token
        left = self._operand()
        if self.took("in"):
            return self._within(left, wanted=True)
        if self.token.text == "not" and self._tokens[self._place + 1].text == "in":
            self._place += 2
            return self._within(left, wanted=False)
        pairs: list[Condition] = []
        while self.token.kind == "mark" and self.token.text in _COMPARE:
            operator = self.take().text
            right = self._operand()
            pairs.append(_pair(left, operator, right))
            left = right
        if not pairs:
            what = begin.text + ("[...]" if self._tokens[self._place - 1].text == "]" else "")
            _refuse(f"`{what}` alone is no condition; compare it, as in score < 0.5", begin)
        return pairs[0] if len(pairs) == 1 else lambda value: all(pair(value) for pair in pairs)

    def _within(self, left: _Operand, *, wanted: bool) -> Condition:
        if not self.took("("):
            _refuse('after in stand values in brackets, as in model in ("base", "rft")', self.token)
        choices = [self._literal()]
        while self.took(","):
            choices.append(self._literal())
        self._close(")")
        pairs = [_pair(left, "==", choice) for choice in choices]

        def fits(value: ValueOf) -> bool:
            found = any(pair(value) for pair in pairs)
            return found if wanted else not found and left.of(value) is not None

        return fits

    def _literal(self) -> _Operand:
        token, found = self.token, self._operand()
        if found.name:
            _refuse(f"`{token.text}` is a name; in brackets stand numbers and texts in quotes", token)
        return found

    def _operand(self) -> _Operand:
        token = self.take()
        if token.kind == "number":
            return _Operand(literal=float(token.text))
        if token.kind == "text":
            return _Operand(literal=_unquoted(token.text))
        if token.kind != "name":
            at = f"`{token.text}`" if token.text else "the end"
            _refuse(f"a name, a number or a text in quotes belongs before {at}", token)
        if token.text in _LITERALS:
            return _Operand(literal=_LITERALS[token.text])
        name = _named(token, self._key() if self.took("[") else None)
        self.names.append((name, token.at))
        return _Operand(name=name)

    def _key(self) -> str:
        token = self.take()
        if token.kind != "text":
            _refuse('in square brackets stands a key in quotes, as in part["my part"]', token)
        self._close("]")
        return _unquoted(token.text)

    def _close(self, mark: str) -> None:
        if not self.took(mark):
            _refuse(f"`{mark}` is missing", self.token)


@dataclass(frozen=True)
class _Operand:
    literal: Value = None
    name: str = ""

    def of(self, value: ValueOf) -> Value:
        return value(self.name) if self.name else self.literal


def _named(token: _Token, key: str | None) -> str:
    """The whole name: a fact, or a key behind its kind."""
    kind, _, rest = token.text.partition(".")
    if key is not None:
        rest = key
    elif not rest:
        return kind if kind in FACTS else f"row.{kind}"
    if kind not in KINDS:
        _refuse(f"`{kind}` has no keys; {', '.join(KINDS)} have", token)
    return f"{kind}.{rest}"


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text[1:-1], flags=re.DOTALL)


def _unknown(name: str, there: Sequence[str]) -> str:
    kind, _, key = name.partition(".")
    same = [other for other in there if other.startswith(f"{kind}.")]
    listed = f"; there are {', '.join(map(written, same[:MOST_NAMED]))}" if same else f"; none has a {kind}"
    more = f" and {len(same) - MOST_NAMED} more" if len(same) > MOST_NAMED else ""
    quoted = "; a text stands in quotes" if kind == "row" else ""
    return f"no rollout has `{key if kind == 'row' else name}`{listed}{more}{quoted}"


def written(name: str) -> str:
    """A name as an expression holds it.

    >>> written("part.schema"), written("part.my part"), written("row.desk")
    ('part.schema', 'part["my part"]', 'desk')
    """
    kind, _, key = name.partition(".")
    if not key or not _KEY.fullmatch(key):
        return f'{kind}["{re.sub(_QUOTED, _ESCAPED, key)}"]' if kind in KINDS else name
    return key if kind == "row" and _BARE.fullmatch(key) and key not in FACTS else name


def _pair(left: _Operand, operator: str, right: _Operand) -> Condition:
    if operator in ("==", "!=") and any(not side.name and side.literal is None for side in (left, right)):
        return lambda value: ((left.of(value) is None) == (right.of(value) is None)) == (operator == "==")
    return lambda value: _compared(left.of(value), operator, right.of(value))


def _compared(left: Value, operator: str, right: Value) -> bool:
    """Whether it holds; nothing holds of a value that is not there."""
    if left is None or right is None:
        return False
    if operator == "~":
        return isinstance(left, str) and isinstance(right, str) and right.lower() in left.lower()
    if isinstance(left, str) and isinstance(right, str):
        return operator in ("==", "!=") and (left == right) == (operator == "==")
    first, second = _number(left), _number(right)
    if first is None or second is None:
        return operator == "!="
    same = abs(first - second) <= NEAR
    if operator in ("==", "!="):
        return same == (operator == "==")
    less = first < second if operator[0] == "<" else first > second
    return (less or same) if operator.endswith("=") else (less and not same)


def _number(value: float | str) -> float | None:
    if isinstance(value, str):
        return float(value) if _IS_NUMBER.fullmatch(value) else None
    return value
