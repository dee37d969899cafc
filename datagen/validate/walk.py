"""The walk through one row: it collects every problem with its JSON path.

The functions here know what all formats share. Each format has a module of its own that calls them. Where the walk
looks at a value by itself it says so (`Walk.judged`), which lets `alike.py` judge the same value of the next row alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from datagen.validate.findings import Problem
from datagen.validate.rules import Target
from datagen.validate.words import may_hold_reserved, reserved_words
from rewards.did_you_mean import closest

Model: TypeAlias = Literal["nova-micro", "nova-lite", "nova-pro", "nova-2-lite"]
JsonObject: TypeAlias = dict[str, Any]  # what json.loads made of a line; the walk is where it gets its type

Judge: TypeAlias = Callable[["Walk", Any, str], None]  # what a value breaks by itself, at its path

_KINDS: Mapping[type, str] = {dict: "an object", list: "a list", str: "text"}


class Reading(NamedTuple):
    """A value that a walk judged by itself: by what, where it stands, and which of the problems came of it.

    Whatever else the walk found depends on such a value in no way but these: that it is not null, that its judge named
    no problem beside words to warn of, and, where it is `compared`, which other compared values of the row it equals.
    """

    judge: Judge
    value: Any
    path: str
    start: int
    stop: int
    compared: bool


@dataclass(slots=True)
class Walk:
    """One row's problems so far, what was judged by itself, where its media lie, and what the row is for."""

    target: Target
    model: Model
    problems: list[Problem] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    buckets: set[str] = field(default_factory=set)

    def add(self, code: str, path: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(code, path, message))

    def has_type(self, value: object, kind: type, path: str) -> bool:
        """Whether `value` is of the JSON type; a problem where it is not."""
        if type(value) is kind:
            return True
        self.add("wrong-type", path, f"expected {_KINDS[kind]}, got {shown(value)}")
        return False

    def filled(self, value: object, kind: type, path: str) -> bool:
        """Whether `value` is of the JSON type and not empty or blank; a problem where it is not."""
        if not self.has_type(value, kind, path):
            return False
        if value and not (isinstance(value, str) and not value.strip()):
            return True
        self.add("empty", path, f"{_KINDS[kind]} must not be empty")
        return False

    def keys(
        self,
        row: JsonObject,
        path: str,
        *,
        required: Collection[str],
        optional: Collection[str] = (),
        strangers: Literal["unknown-key", "extra-key", "allowed"],
    ) -> None:
        """Required keys are there; a stranger is a misspelt one, or breaks the rule that `strangers` names."""
        known = {*required, *optional}
        others = [key for key in row if key not in known]
        meant = misspelt_keys(row, known) if others else {}
        for key in required:
            if key not in row and key not in meant.values():
                self.add("missing-key", join(path, key), f"the key {key!r} is required")
        for key in others:
            if key in meant:
                self.add("misspelt-key", join(path, key), f"unknown key {key!r}; is {meant[key]!r} meant?")
            elif strangers != "allowed":
                self.add(strangers, join(path, key), f"unknown key {key!r}; known are {', '.join(sorted(known))}")

    def judged(self, judge: Judge, value: object, path: str, *, compared: bool = False) -> bool:
        """Whether the judge of this one value names no problem. Nothing else that the walk does may look into it."""
        start = len(self.problems)
        judge(self, value, path)
        stop = len(self.problems)
        self.readings.append(Reading(judge, value, path, start, stop, compared))
        return start == stop

    def text(self, value: object, path: str) -> None:
        """`value` is text, not blank, and free of reserved words."""
        self.judged(text, value, path)

    def said(self, value: object, path: str) -> None:
        """`value` is text free of reserved words; blank text breaks a rule of its own, since no validator minds it."""
        self.judged(said, value, path)

    def words(self, text: str, path: str, *, of_a_tool: bool = False) -> None:
        """Reserved words in `text`, each once; in the result of a tool only those that somebody looks for there."""
        if not may_hold_reserved(text):
            return
        for code, word in dict.fromkeys(reserved_words(text)):
            if of_a_tool and code == "reserved-word-case":
                continue
            self.add("reserved-word-result" if of_a_tool else code, path, f"{word!r} is reserved")
        if "<" in text and "<thinking>" in text.lower():
            self.add("thinking-tag", path, "reasoning belongs in a reasoningContent block, not in tags")


def text(walk: Walk, value: object, path: str) -> None:
    """Text that must not be blank, without reserved words."""
    if walk.filled(value, str, path) and isinstance(value, str):
        walk.words(value, path)


def said(walk: Walk, value: object, path: str) -> None:
    """Text without reserved words, of which no validator minds that it is blank."""
    if walk.has_type(value, str, path) and isinstance(value, str):
        if not value.strip():
            walk.add("blank", path, "a text without a word")
        walk.words(value, path)


def returned(walk: Walk, value: object, path: str) -> None:
    """Text that a tool returned."""
    if walk.has_type(value, str, path) and isinstance(value, str):
        if not value.strip():
            walk.add("blank", path, "a result without a word")
        walk.words(value, path, of_a_tool=True)


def filled(walk: Walk, value: object, path: str) -> None:
    """Text that must not be blank, of any words."""
    walk.filled(value, str, path)


def not_blank(walk: Walk, value: object, path: str) -> None:
    """Text of any words, of which no validator minds that it is blank."""
    if walk.has_type(value, str, path) and isinstance(value, str) and not value.strip():
        walk.add("blank", path, "a text without a word")


def is_text(walk: Walk, value: object, path: str) -> None:
    """Any text."""
    walk.has_type(value, str, path)


def is_object(walk: Walk, value: object, path: str) -> None:
    """Any object."""
    walk.has_type(value, dict, path)


def anything(walk: Walk, value: object, path: str) -> None:
    """A value that no rule looks into."""


def given(row: JsonObject, optional: Collection[str]) -> JsonObject:
    """The row without optional keys that are null: tables write null where a row has no value, and readers take it so.

    >>> given({"id": None, "reference_answer": None, "text": "x"}, ("id",))
    {'reference_answer': None, 'text': 'x'}
    """
    if None not in row.values():
        return row
    return {key: value for key, value in row.items() if value is not None or key not in optional}


def has_lone_surrogate(text: str) -> bool:
    """Whether `text` holds half of a surrogate pair, as ``"\\ud800"`` in JSON makes one."""
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def shown(value: object) -> str:
    """A value as a message shows it: JSON, cut short."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def misspelt_keys(row: JsonObject, known: Collection[str]) -> dict[str, str]:
    """Keys that nearly are a known key which is absent, with the key that is meant.

    >>> misspelt_keys({"id": "1", "refrence_answer": 2}, ("id", "reference_answer"))
    {'refrence_answer': 'reference_answer'}
    """
    absent = sorted(set(known) - set(row))
    near = {key: closest(key, absent, cutoff=0.8) for key in row if key not in known}
    return {key: meant for key, meant in near.items() if meant}


def join(path: str, key: str) -> str:
    """The JSON path of `key` in the object at `path`."""
    return f"{path}.{key}" if path else key
