"""The answer span of a completion. Everything outside is reasoning, which may vary unless the grader reads it.

A span is declared, or found by `rewards.audit.rows.find_span`. Laws and attacks change only the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import NoneType
from typing import Literal, NamedTuple, TypeAlias

from rewards.audit.rows.json_tree import dumps
from rewards.comparing.normalise import date
from rewards.errors import RewardError
from rewards.parsing.answers import AnswerFormat
from rewards.parsing.json_text import parse_strictly
from rewards.types import JSON

Kind: TypeAlias = Literal[
    "whole", "tag", "boxed", "bold", "quoted", "after", "first-line", "last-line", "fence", "json", "key", "regex"
]
Reading: TypeAlias = Literal[
    "", "first-number", "last-number", "first-letter", "last-letter", "first-date", "last-date", "first-word",
    "last-word", "first-sentence", "last-sentence",
]  # fmt: skip
NUMBER = r"(?:-|(?<![\w)])\+)?\d[\d,]*(?:\.\d+)?"
JUNK = "zqx"  # in no language, and no prefix of anything a reference holds
LETTER = r"\b[A-J]\b"
WORD = r"\w(?:[\w'-]*\w)?"
DATE = (
    r"\b(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|\d{1,2}\.? [A-Za-z]{3,9}\.?,? \d{4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4})\b"
)
SENTENCE = r"[^\s.!?][^.!?\n]*"
READINGS: Mapping[Reading, str] = {
    "first-number": NUMBER, "last-number": NUMBER, "first-letter": LETTER, "last-letter": LETTER,
    "first-date": DATE, "last-date": DATE, "first-word": WORD, "last-word": WORD,
    "first-sentence": SENTENCE, "last-sentence": SENTENCE,
}  # fmt: skip
FORMS = (
    "whole, tag:NAME, boxed, bold, quoted, after:TEXT, first-line, last-line, fence, json, key:PATH or regex:PATTERN, "
    f"or is the {', '.join(READINGS)} of the text, or of one of these places as in 'boxed, last-number'"
)


class SpanError(RewardError, ValueError):
    """An answer span that cannot be parsed."""


class Frame(NamedTuple):
    """The text before and after an answer, and whether the answer is a JSON string between them."""

    before: str = ""
    behind: str = ""
    value: Literal["", "string", "other"] = ""

    def around(self, answer: str) -> str:
        """The completion whose answer is `answer`.

        >>> Frame("<answer>", "</answer>").around("4"), Frame('{"a":', "}", "string").around("x")
        ('<answer>4</answer>', '{"a":"x"}')
        """
        if self.value == "string" or (self.value == "other" and not _is_json(answer)):
            answer = dumps(answer)
        return self.before + answer + self.behind


NO_FRAME = Frame()


class Parted(NamedTuple):
    """A completion split into its answer and the frame around it."""

    answer: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class Span:
    """The location of the answer in a completion.

    >>> Span("tag", "answer").parted("<think>2 + 2</think><answer> 4 </answer>").answer
    '4'
    >>> Span("after", "####").parted("2 + 2 = 4\\n#### 4").frame.before
    '2 + 2 = 4\\n#### '
    >>> Span("tag", "answer", "first-number").parted("<answer>4 apples</answer>")
    Parted(answer='4', frame=Frame(before='<answer>', behind=' apples</answer>', value=''))
    """

    kind: Kind = "whole"
    argument: str = ""
    reading: Reading = ""
    """What of the place is the answer; empty for all of it."""

    def __str__(self) -> str:
        if self.reading and self.kind == "whole":
            return self.reading
        place = f"{self.kind}:{self.argument}" if self.argument else self.kind
        return f"{place}, {self.reading}" if self.reading else place

    def parted(self, text: str) -> Parted | None:
        """The answer and its frame; None if `text` has no answer at this span."""
        if self.kind == "key":
            return _at_key(text, tuple(self.argument.split(".")))
        found = _FINDERS[self.kind](text, self.argument)
        if found is None:
            return None
        start, end = found
        if self.reading:
            ones = list(re.finditer(READINGS[self.reading], text[start:end]))
            if not ones:
                return None
            one = ones[0 if self.reading.startswith("first") else -1]
            start, end = start + one.start(), start + one.end()
        inner = text[start:end]
        start += len(inner) - len(inner.lstrip())
        end = max(start, end - (len(inner) - len(inner.rstrip())))
        return Parted(text[start:end], Frame(text[:start], text[end:]))


WHOLE_COMPLETION = Span()


def _around(span: Span, answer: str) -> str:
    pairs = {"boxed": ("\\boxed{", "}"), "bold": ("**", "**"), "quoted": ('"', '"'), "after": (f"{span.argument} ", "")}
    before, behind = pairs.get(span.kind, ("", ""))
    return before + answer + behind


def composed(span: Span, answer: str) -> str:
    """The shortest completion with `answer` at this span.

    >>> composed(Span("boxed"), "4"), composed(Span("after", "####"), "4"), composed(Span("key", "a.b"), "x")
    ('\\\\boxed{4}', '#### 4', '{"a":{"b":"x"}}')
    """
    if span.kind == "tag":
        return f"<{span.argument}>{answer}</{span.argument}>"
    if span.kind == "key":
        value: JSON = json.loads(answer) if _is_json(answer) else answer
        if not isinstance(value, (dict, list, bool, NoneType)):
            value = answer  # "0E0" and "1.50" are texts: as numbers they would be written otherwise
        for key in reversed(span.argument.split(".")):
            value = {key: value}
        return dumps(value)
    if span.kind == "fence":
        return f"```\n{answer}\n```"
    return _around(span, answer)


def span_of(declared: str) -> Span:
    """A declared span, as `--answer` takes it: a place, a reading of it, or a reading alone, of all the text.

    >>> span_of("tag:answer") == Span("tag", "answer"), str(span_of("boxed, last-number"))
    (True, 'boxed, last-number')
    >>> span_of("last-number") == span_of("whole, last-number") == Span(reading="last-number")
    True
    """
    place, _, reading = declared.rpartition(", ")
    if reading in READINGS:
        return replace(span_of(place or "whole"), reading=reading)  # type: ignore[arg-type]  # checked here
    kind, _, argument = declared.partition(":")
    if kind not in (*_FINDERS, "key") or (kind in _WITH_ARGUMENT) != bool(argument):
        raise SpanError(f"the answer stands at {FORMS}; got {declared!r}")
    if kind == "regex":
        try:
            re.compile(argument)
        except re.error as error:
            raise SpanError(f"{argument!r} is no regular expression: {error}") from error
    return Span(kind, argument)  # type: ignore[arg-type]  # checked above


def span_of_format(answer: AnswerFormat) -> Span | None:
    """The span that a reward's own `AnswerFormat` declares; None where it takes the whole text."""
    if answer.tag:
        return Span("tag", answer.tag)
    return None


def is_right(answer: str, gold: str) -> bool:
    """Whether an answer is right: equal as JSON with lists in any order, as its only number or letter, or as text.

    >>> is_right("1,000.0 apples", "1000"), is_right("5 or 6", "6"), is_right('["b","a"]', '["a", "b"]')
    (True, False, True)
    """
    if answer.strip().casefold() == gold.strip().casefold():
        return True
    right = number_in(gold)
    if right is not None:
        found = [number_in(one) for one in re.findall(NUMBER, answer)]
        return bool(found) and all(one == right for one in found)
    day = date(gold)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        return date(answer) == day
    letter = re.fullmatch(rf"\W*({LETTER})\W*", gold)
    if letter is not None:
        return set(re.findall(LETTER, answer)) == {letter[1]}
    shape = _shape(gold)
    if shape is None and "\n" in gold.strip() and not _is_in_order(gold.strip().split("\n")):
        # of unnumbered lines, such as bullets, the order may mean nothing; of numbers, as programs print them, it does
        return sorted(answer.split("\n")) == sorted(gold.split("\n"))
    return shape is not None and shape == _shape(answer)


def _is_in_order(lines: Sequence[str]) -> bool:
    """Whether lines mean something by their place: numbers, or lines of which some are indented below others."""
    return are_numbers(lines) or any(line[:1] in (" ", "\t") for line in lines)


def number_in(text: str) -> float | None:
    """The number that a text is, with separators, a currency sign or a percent sign; None if it is not a number.

    >>> number_in("$1,234.50"), number_in("4 apples")
    (1234.5, None)
    """
    bare = text.strip().strip("$€£%\\ ").replace(",", "")
    return float(bare) if re.fullmatch(r"[-+]?\d{1,300}(?:\.\d*)?", bare) else None


def is_number(text: str) -> bool:
    """Whether a text is a number, as people write them: half of one may lie within a tolerance.

    >>> [is_number(text) for text in ("-16.075", "$1,234.50", "6.02e23", "(5)", "4 apples", "48.2, 16.3", "2.10.3")]
    [True, True, True, True, False, False, False]
    """
    if re.search(r",\s", text) or (text.count(".") > 1 and not re.search(r"(?<!\d)\d{1,3}(\.\d{3})+(?![\d.])", text)):
        return False
    return re.fullmatch(r"[-+−~($€£¥₹\s]*[\d.,%\s]+([eE][-+]?\d+)?[)$€£¥₹%\s]*", text) is not None


def are_numbers(texts: Sequence[str]) -> bool:
    """Whether all texts are numbers."""
    return all(number_in(one) is not None for one in texts)


def is_arithmetic(text: str) -> bool:
    """Whether a text is a sum to be worked out: digits with an operator between, at most single letters and LaTeX.

    >>> [is_arithmetic(text) for text in ("(44+19)*35", "2*x**2 - 1", r"\\frac{1}{2}", "sqrt(2)/2", "42", "see 3-4 on")]
    [True, True, True, True, False, False]
    """
    bare = _FUNCTION.sub("", text)
    return re.search(r"\d", bare) is not None and _OPERATOR.search(text) is not None and not _OTHER.search(bare)


_FUNCTION = re.compile(r"\\[a-zA-Z]+|\b(?:sqrt|sin|cos|tan|log|ln|exp|pi)\b")
_OPERATOR = re.compile(r"[\w)}]\s*[-+*/^×÷]\s*[\w({\\]|\\[a-zA-Z]+|\d!")
_OTHER = re.compile(r"[A-Za-z]{2}|[^\w\s()+\-*/^×÷=.,!{}\\]")


@lru_cache(maxsize=4096)
def _shape(text: str) -> str | None:
    """The same text for all JSON that is equal but for order and white space; None for what is no JSON."""
    try:
        return _ordered(parse_strictly(text))  # a key twice is no answer, whichever of the two a reader keeps
    except ValueError:
        return None


def _ordered(value: JSON) -> str:
    if isinstance(value, list):
        return f"[{','.join(sorted(map(_ordered, value)))}]"
    if isinstance(value, dict):
        return f"{{{','.join(sorted(f'{json.dumps(key)}:{_ordered(child)}' for key, child in value.items()))}}}"
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


def _is_json(text: str) -> bool:
    return _shape(text) is not None


_Place: TypeAlias = "tuple[int, int] | None"


def _whole(text: str, _: str) -> _Place:
    return 0, len(text)


def _tag(text: str, name: str) -> _Place:
    end = text.rfind(f"</{name}>")
    start = text.rfind(f"<{name}>", 0, max(end, 0))
    return None if end < 0 or start < 0 else (start + len(name) + 2, end)


def _boxed(text: str, _: str) -> _Place:
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    start, depth = start + len("\\boxed{"), 1
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return start, index
    return None


def _after(text: str, marker: str) -> _Place:
    start = text.rfind(marker)
    if start < 0:
        return None
    start += len(marker)
    start += len(text[start:]) - len(text[start:].lstrip())
    end = text.find("\n", start)
    return start, len(text) if end < 0 else end


def _first_line(text: str, _: str) -> _Place:
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start)
    return start, len(text) if end < 0 else end


def _last_line(text: str, _: str) -> _Place:
    end = len(text.rstrip())
    return text.rfind("\n", 0, end) + 1, end


def _fence(text: str, _: str) -> _Place:
    """Inside the last closed fence, without the line that opens it."""
    found = list(re.finditer(r"```[\w+-]*\n([^`]*)```", text))
    return found[-1].span(1) if found else None


def _regex(text: str, pattern: str) -> _Place:
    found = list(re.finditer(pattern, text))
    return found[-1].span(1 if found[-1].re.groups else 0) if found else None


def _bold(text: str, _: str) -> _Place:
    return _regex(text, r"\*\*([^*\n]+)\*\*")


def _quoted(text: str, _: str) -> _Place:
    return _regex(text, r"[\"“«]([^\"“”«»\n]+)[\"”»]")


def _json(text: str, _: str) -> _Place:
    """The last object or list that can be read."""
    decoder, place, index = json.JSONDecoder(), None, 0
    while (opening := re.compile(r"[{\[]").search(text, index)) is not None:
        try:
            _, end = decoder.raw_decode(text, opening.start())
        except (ValueError, RecursionError):
            index = opening.end()
        else:
            place, index = (opening.start(), end), end
    return place


def _at_key(text: str, path: tuple[str, ...]) -> Parted | None:
    place = _json(text, "")
    value: JSON = json.loads(text[slice(*place)]) if place else None
    hole = "\x00"
    tree = inner = value
    for key in path:
        if not isinstance(inner, dict) or key not in inner:
            return None
        inner = inner[key]
    before, _, behind = dumps(_put(tree, path, hole)).partition(dumps(hole))
    frame = Frame(text[: place[0] if place else 0] + before, behind + text[place[1] if place else 0 :])
    if isinstance(inner, str):
        return Parted(inner, frame._replace(value="string"))
    return Parted(dumps(inner), frame._replace(value="other"))


def _put(tree: JSON, path: tuple[str, ...], new: JSON) -> JSON:
    if not path or not isinstance(tree, dict):
        return new
    return {key: _put(child, path[1:], new) if key == path[0] else child for key, child in tree.items()}


_FINDERS: Mapping[str, Callable[[str, str], _Place]] = {
    "whole": _whole,
    "tag": _tag,
    "boxed": _boxed,
    "bold": _bold,
    "quoted": _quoted,
    "after": _after,
    "first-line": _first_line,
    "last-line": _last_line,
    "fence": _fence,
    "json": _json,
    "regex": _regex,
}
_WITH_ARGUMENT = ("tag", "after", "key", "regex")
