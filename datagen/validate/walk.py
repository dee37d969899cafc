"""The thorough walk through one row: it collects every problem with its JSON path, where the quick look only says no.

The functions here know what all formats share. Each format has a module of its own that calls them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from datagen.validate.findings import Problem
from datagen.validate.rules import Target
from datagen.validate.words import may_hold_reserved, reserved_words
from rewards.did_you_mean import closest

Model: TypeAlias = Literal["nova-micro", "nova-lite", "nova-pro", "nova-2-lite"]
JsonObject: TypeAlias = dict[str, Any]  # what json.loads made of a line; the walk is where it gets its type

_KINDS: Mapping[type, str] = {dict: "an object", list: "a list", str: "text"}


@dataclass(slots=True)
class Walk:
    """One row's problems so far, and what the row is for."""

    target: Target
    model: Model
    problems: list[Problem] = field(default_factory=list)

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

    def text(self, value: object, path: str) -> None:
        """`value` is text, not blank, and free of reserved words."""
        if self.filled(value, str, path) and isinstance(value, str):
            self.words(value, path)

    def said(self, value: object, path: str) -> None:
        """`value` is text free of reserved words; blank text breaks a rule of its own, since no validator minds it."""
        if self.has_type(value, str, path) and isinstance(value, str):
            if not value.strip():
                self.add("blank", path, "a text without a word")
            self.words(value, path)

    def words(self, text: str, path: str, *, of_a_tool: bool = False) -> None:
        """Reserved words in `text`, each once; in the result of a tool only those that somebody looks for there."""
        if not may_hold_reserved(text):
            return
        for code, word in dict.fromkeys(reserved_words(text)):
            if of_a_tool and code == "reserved-word-case":
                continue
            self.add("reserved-word-result" if of_a_tool else code, path, f"{word!r} is reserved")
        if "<thinking>" in text.lower():
            self.add("thinking-tag", path, "reasoning belongs in a reasoningContent block, not in tags")


def given(row: JsonObject, optional: Collection[str]) -> JsonObject:
    """The row without optional keys that are null: tables write null where a row has no value, and readers take it so.

    >>> given({"id": None, "reference_answer": None, "text": "x"}, ("id",))
    {'reference_answer': None, 'text': 'x'}
    """
    if not any(row.get(key, "") is None for key in optional):
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
