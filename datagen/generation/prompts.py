"""Prompt templates for teachers and judges, with named placeholders, validated before the first call.

A placeholder is written ``{{passage}}``, so that JSON in a prompt needs no escaping. The check exists because a
template with the wrong number of braces once sent a teacher the word "{text}" in place of the document, unnoticed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from datagen.errors import ConfigError
from rewards.types import JSON

_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_TOO_MANY = re.compile(r"\{\{\{+\s*\w+\s*\}\}\}+")
_HERE = Path(__file__).parent


class Kind(NamedTuple):
    """A kind of prompt: its default template, its placeholders, and those that are required."""

    default: Path
    places: tuple[str, ...]
    needed: tuple[str, ...]


TEACHING = Kind(
    _HERE / "prompt.md",
    ("passage", "document", "count", "guidelines", "examples", "tools", "schema", "keys"),
    ("passage",),
)
DIALOGUE = Kind(
    _HERE / "dialogue.md",
    ("goal", "persona", "tools", "dialogue", "speaker", "forms"),
    ("goal", "dialogue", "speaker", "forms"),
)
VARYING = Kind(_HERE / "variant.md", ("persona", "complexity", "question"), ("question",))
JUDGING = Kind(_HERE / "judge.md", ("rubric", "passage", "document", "sample"), ("rubric", "passage", "sample"))


@dataclass(frozen=True, slots=True)
class Prompt:
    """A checked template and the values that are the same for every request."""

    template: str
    values: Mapping[str, str]

    def render(self, **values: str) -> str:
        """The prompt with these values in their places, word for word."""
        known = {**self.values, **values}
        return _PLACE.sub(lambda place: known[place[1]], self.template)


def load_prompt(path: Path | None, kind: Kind, **values: str) -> Prompt:
    """The prompt of a template file, or the one that ships with this package.

    Raises `ConfigError` where the file cannot be read, a place that it needs is not in it, a place is unknown, or
    braces are miscounted.
    """
    name = str(path or "the built-in prompt")
    template = read_text(path or kind.default, "the prompt")
    one_brace = re.search(r"(?<!\{)\{\s*(" + "|".join(kind.places) + r")\s*\}(?!\})", template)
    odd = _TOO_MANY.search(template) or one_brace
    if odd:
        raise ConfigError(f"{name}: malformed placeholder {odd[0]!r} in the prompt template; write {{{{NAME}}}}")
    found = _PLACE.findall(template)
    if unknown := sorted(set(found) - set(kind.places)):
        raise ConfigError(f"{name}: unknown placeholders {unknown}; known are {', '.join(kind.places)}")
    for place in kind.needed:
        if place not in found:
            raise ConfigError(f"{name}: no placeholder {{{{{place}}}}}, so the model would not see the {place}")
    return Prompt(template, values)


def shown_as_json(value: JSON) -> str:
    """Tools or a schema as a prompt shows them."""
    return json.dumps(value, ensure_ascii=False, indent=1) if value else "none"


def read_text(path: Path, what: str) -> str:
    """The text of a file that the project names; `ConfigError` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{what} cannot be read: {error}") from error
