"""The offline teacher: seeded templates whose facts come from the document and from nowhere else.

It is a stand-in that makes a pipeline run without a model, a cost or a network. Its questions are only as varied as the
template file, and a data card must say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from datagen.errors import ConfigError
from datagen.types import Answer, Passage, Request, digest
from rewards.types import JSON
from rewards.yaml_text import YamlProblem, YamlText, dotted, read_yaml_text, yaml_text_of

_SLOT = re.compile(r"\{(\w+)\}")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Found(_Model):
    """A slot whose values are what the pattern's group matches in the document or in the passage alone.

    As `json`, the match is read where it is all of an answer's value: an amount becomes a number, an annotation a list.
    """

    in_: Annotated[Literal["document", "passage"], Field(alias="in")]
    pattern: re.Pattern[str]
    as_: Annotated[Literal["text", "json"], Field(alias="as")] = "text"
    differs_from: tuple[str, ...] = ()


class Renumbered(_Model):
    """A slot like another one with another number from the given range (both ends count): a wrong citation, say."""

    like: str
    renumber: tuple[int, int]


class Chosen(_Model):
    """A slot that takes the value of one of the named slots that can be filled."""

    one_of: tuple[str, ...]


class Listed(_Model):
    """A slot for scenery: a value from the template file that claims nothing about the document."""

    any_of: tuple[str, ...]


Slot: TypeAlias = Found | Renumbered | Chosen | Listed


class Kind(_Model):
    """One kind of sample: the shape of its answer and the ways to ask for it.

    `answer` is the reference. Where that is not itself the best answer (the objects of a scene, when a few boxes around
    them are asked for), `gold` is one that is. `worse` is an answer for preference pairs, `reasoning` what comes before
    the answer.
    """

    answer: dict[str, JsonValue]
    gold: dict[str, JsonValue] | None = None
    worse: dict[str, JsonValue] | None = None
    reasoning: str | None = None
    questions: tuple[str, ...] = Field(min_length=1)

    def parts(self) -> Iterator[tuple[str, JSON]]:
        """What a sample holds beside its question."""
        yield from (("answer", self.answer), ("gold", self.gold), ("worse", self.worse), ("reasoning", self.reasoning))


class Templates(_Model):
    """A template file."""

    slots: dict[str, Slot]
    types: dict[str, Kind] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class TemplateTeacher:
    """Fills templates. The same document, seed and templates give the same samples, in any order of asking."""

    templates: Templates
    identity: str

    def __call__(self, request: Request, /) -> Answer:
        """Write up to `count` samples; fewer where the passage cannot fill the slots."""
        first = request.passage.index * request.count
        made = (self._sample(request, first + offset) for offset in range(request.count))
        return Answer(json.dumps({"samples": [sample for sample in made if sample]}, ensure_ascii=False))

    def _sample(self, request: Request, number: int) -> dict[str, JSON] | None:
        slots = self.templates.slots
        for question, kind in self._candidates(f"{request.seed}/{request.passage.document.path}", number):
            rng = Random(f"{request.seed}/{request.passage.document.path}/{number}/{question}")
            values = _values(slots, request.passage, rng, _names_of(question, kind))
            if values is not None:
                parts = {name: _filled(part, values, slots) for name, part in kind.parts() if part is not None}
                return {"question": question.format_map(values), **parts}
        return None

    def _candidates(self, address: str, number: int) -> Iterator[tuple[str, Kind]]:
        """The question that sample `number` of a document should take, then the ones to fall back on.

        Numbers walk through all kinds before a kind repeats, and through all questions of a kind before one repeats.
        """
        kinds = Random(f"{address}/kinds").sample(list(self.templates.types), len(self.templates.types))
        for step in range(len(kinds)):
            name = kinds[(number + step) % len(kinds)]
            kind = self.templates.types[name]
            questions = Random(f"{address}/{name}").sample(kind.questions, len(kind.questions))
            for offset in range(len(questions)):
                yield questions[(number // len(kinds) + offset) % len(questions)], kind


def template_teacher(path: Path) -> TemplateTeacher:
    """The teacher of a template file; raises `ConfigError` naming what is wrong with the file."""
    text = yaml_text_of(path)
    read = read_yaml_text(text)
    if read.errors:
        raise ConfigError("\n".join(problem.at(path) for problem in read.errors))
    try:
        templates = Templates.model_validate(read.value)
    except ValidationError as error:
        raise ConfigError("\n".join(_problems(path, read, error))) from error
    _check(path, templates)
    return TemplateTeacher(templates, f"template/{digest(text)}")


def _problems(path: Path, read: YamlText, error: ValidationError) -> Iterator[str]:
    for detail in error.errors():
        message = f"{detail['msg'][0].lower()}{detail['msg'][1:]}, got {detail['input']!r:.200}"
        where = detail["loc"]
        yield YamlProblem(detail["type"], message, read.line_of(where), dotted(where) or "the file").at(path)


def _check(path: Path, templates: Templates) -> None:
    for name, kind in templates.types.items():
        for question in kind.questions:
            unknown = _names_of(question, kind) - set(templates.slots)
            if unknown:
                raise ConfigError(
                    f"{path}: type {name!r} uses unknown slots {sorted(unknown)}; known: {sorted(templates.slots)}"
                )


def _names_of(question: str, kind: Kind) -> frozenset[str]:
    return _names(question).union(*(_names(part) for _, part in kind.parts()))


def _names(value: JSON) -> frozenset[str]:
    return frozenset(_SLOT.findall(value if isinstance(value, str) else json.dumps(value)))


def _values(slots: Mapping[str, Slot], passage: Passage, rng: Random, names: frozenset[str]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for name in sorted(names):
        value = _value(slots, name, passage, rng, values)
        if value is None:
            return None
    return values


def _value(slots: Mapping[str, Slot], name: str, passage: Passage, rng: Random, known: dict[str, str]) -> str | None:
    if name not in known:
        options = _options(slots, slots[name], passage, rng, known)
        if not options:
            return None
        known[name] = rng.choice(options)
    return known[name]


def _options(slots: Mapping[str, Slot], slot: Slot, passage: Passage, rng: Random, known: dict[str, str]) -> list[str]:
    match slot:
        case Listed():
            return list(slot.any_of)
        case Chosen():
            values = [_value(slots, other, passage, rng, known) for other in slot.one_of]
            return [value for value in values if value]
        case Renumbered():
            model = _value(slots, slot.like, passage, rng, known)
            low, high = slot.renumber
            numbered = [re.sub(r"\d+", str(number), model) for number in range(low, high + 1)] if model else []
            return [value for value in numbered if value != model]
        case Found():
            text = passage.document.text if slot.in_ == "document" else passage.text
            taken = {_value(slots, other, passage, rng, known) for other in slot.differs_from}
            return [value for value in _found(slot.pattern, text) if value not in taken]


@lru_cache(maxsize=64)  # patterns of one document, which all its passages ask for
def _found(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pattern.findall(text)))


def _filled(value: JSON, values: Mapping[str, str], slots: Mapping[str, Slot]) -> JSON:
    match value:
        case str():
            whole = _SLOT.fullmatch(value)
            slot = slots[whole[1]] if whole else None
            if whole and isinstance(slot, Found) and slot.as_ == "json":
                return _read(whole[1], values[whole[1]])
            return _SLOT.sub(lambda found: values[found[1]], value)
        case list():
            return [_filled(item, values, slots) for item in value]
        case dict():
            return {key: _filled(item, values, slots) for key, item in value.items()}
        case _:
            return value


def _read(slot: str, text: str) -> JSON:
    try:
        value: JSON = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"slot {slot!r} is declared as json, and found {text!r:.200}: {error}") from error
    return value
