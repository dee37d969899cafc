"""Read YAML nobody has vouched for: bounded, linear, and with the line of every key.

PyYAML's composers recurse (its C one crashes the interpreter at 200,000 brackets), keep the last of two equal keys
without a word, and read `1e-5` as text. Here the event stream, which does not recurse, is folded by our own rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from yaml.constructor import SafeConstructor
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    Event,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from recipes.model.base import joined
from recipes.problems import Problem, Severity
from rewards.types import JSON

MAX_DEPTH = 32  # official recipes nest 6 deep
MAX_KEY_LENGTH = 200
MAX_NODES = 2_000  # official recipes hold about 130 nodes; aliases count as often as they are used

# YAML 1.2 floats that YAML 1.1, and so PyYAML, takes for text: no dot, or an exponent without a sign.
YAML12_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+")
PREFIX = "tag:yaml.org,2002:"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER = Resolver()
_CONSTRUCTOR = SafeConstructor()


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML text says: its mapping, the line of each dotted path, and what is odd about it."""

    mapping: Mapping[str, Any] | None
    lines: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class _RefusedError(Exception):
    """The text is not something a recipe could be."""

    def __init__(self, code: str, message: str, line: int) -> None:
        super().__init__(message)
        self.code, self.line = code, line


def text_of(file: Path) -> str:
    """The text of a file; bytes that are not UTF-8 stay visible to `read_yaml`, which reports them."""
    return file.read_bytes().decode("utf-8", errors="surrogateescape")


def read_yaml(text: str) -> Document:
    """The mapping in a YAML text. Never raises: what cannot be read becomes a problem and `mapping` is None.

    >>> read_yaml("lr: 1e-5").mapping
    {'lr': 1e-05}
    >>> print(read_yaml("a: 1\\na: 2").problems[0])
    error yaml-duplicate-key at a (line 2): the key 'a' is written twice; readers keep only one of the two
    """
    fold = _Fold()
    try:
        text.encode("utf-8")  # the C parser would raise from within
        value = fold.document(yaml.parse(text, Loader=_LOADER))
    except _RefusedError as refusal:
        return Document(None, problems=(*fold.problems, _unreadable(refusal.code, str(refusal), refusal.line)))
    except UnicodeEncodeError:
        return Document(None, problems=(_unreadable("yaml-syntax", "this is not UTF-8 text", 1),))
    except yaml.YAMLError as error:
        message = f"this is not YAML: {getattr(error, 'problem', None) or error}"
        return Document(None, problems=(*fold.problems, _unreadable("yaml-syntax", message, _line_of(error))))
    if not isinstance(value, dict):
        found = type(value).__name__
        problem = _unreadable("yaml-not-a-mapping", f"a recipe is a mapping with keys such as run, found {found}", 1)
        return Document(None, problems=(*fold.problems, problem))
    return Document(value, fold.lines, tuple(fold.problems))


def _unreadable(code: str, message: str, line: int) -> Problem:
    return Problem(path="", value=None, message=message, code=code, line=line, source="YAML")


def _line_of(error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark is not None else 1


class _Anchor(NamedTuple):
    value: JSON
    size: int


class _Fold:
    """One pass over the events of one document."""

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.nodes = 0
        self.anchors: dict[str, _Anchor] = {}

    def document(self, events: Iterator[Event]) -> JSON:
        value: JSON = None
        documents = 0
        for event in events:
            if isinstance(event, NodeEvent):
                documents += 1
                if documents > 1:
                    raise _RefusedError("yaml-many-documents", "a recipe file holds one YAML document", _line(event))
                value = self.node(event, events, "", 0)
        return value

    def node(self, event: Event, events: Iterator[Event], path: str, depth: int) -> JSON:
        self.count(1, event)
        if depth > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} deep; recipes nest 6 deep"
            raise _RefusedError("yaml-too-deep", message, _line(event))
        if isinstance(event, AliasEvent):
            return self.alias(event)
        start, value = self.nodes, self.content(event, events, path, depth)
        if isinstance(event, NodeEvent) and event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(value, self.nodes - start + 1)
        return value

    def content(self, event: Event, events: Iterator[Event], path: str, depth: int) -> JSON:
        if isinstance(event, ScalarEvent):
            return self.scalar(event, path)
        self.refuse_tag(event)
        if isinstance(event, SequenceStartEvent):
            return self.sequence(events, path, depth)
        return self.mapping(events, path, depth)

    def count(self, nodes: int, event: Event) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise _RefusedError("yaml-too-large", f"more than {MAX_NODES} values; recipes hold about 60", _line(event))

    def alias(self, event: AliasEvent) -> JSON:
        name = event.anchor or ""
        anchor = self.anchors.get(name)
        if anchor is None:
            raise _RefusedError("yaml-alias", f"the alias *{name[:40]} has no anchor before it", _line(event))
        self.count(anchor.size, event)
        return anchor.value

    def sequence(self, events: Iterator[Event], path: str, depth: int) -> JSON:
        items: list[JSON] = []
        for event in events:
            if isinstance(event, CollectionEndEvent):
                break
            items.append(self.node(event, events, f"{path}[{len(items)}]", depth + 1))
        return items

    def mapping(self, events: Iterator[Event], path: str, depth: int) -> JSON:
        found: dict[str, JSON] = {}
        for event in events:
            if isinstance(event, CollectionEndEvent):
                break
            key = self.key(event)
            where = joined(f"{path}." if path else "", key)
            if key in found:
                message = f"the key {key[:80]!r} is written twice; readers keep only one of the two"
                self.report("yaml-duplicate-key", where, event, message)
            self.lines[where] = _line(event)
            found[key] = self.node(next(events), events, where, depth + 1)
        return found

    def key(self, event: Event) -> str:
        self.count(1, event)
        if not isinstance(event, ScalarEvent):
            raise _RefusedError("yaml-key", "a key must be a word, not a list, mapping or alias", _line(event))
        if len(event.value) > MAX_KEY_LENGTH:
            message = f"a key of {len(event.value)} characters; the longest known has 48"
            raise _RefusedError("yaml-key", message, _line(event))
        if event.value == "<<" and not event.style:
            raise _RefusedError("yaml-merge-key", "merge keys are not supported; write the keys out", _line(event))
        return event.value

    def scalar(self, event: ScalarEvent, path: str) -> JSON:
        self.refuse_tag(event)
        if event.style or event.tag == "!":  # quoted, or a block: text whatever it looks like
            return event.value
        tag = plain_tag(event.value)
        if tag == f"{PREFIX}str" and YAML12_FLOAT.fullmatch(event.value):
            return self.exponent(event, path)
        return _value_of(tag, event)

    def exponent(self, event: ScalarEvent, path: str) -> float:
        number = float(event.value)
        written = float_text(number)
        message = f"{event.value} is text in YAML 1.1 (PyYAML) and a number to the SDKs and to us; we write {written}"
        self.report("yaml-exponent", path, event, message, severity="note")
        return number

    def refuse_tag(self, event: Event) -> None:
        tag = getattr(event, "tag", None)
        if tag not in {None, "!"}:
            message = f"the tag {tag[:80]!r} has no place in a recipe; leave it out"
            raise _RefusedError("yaml-tag", message, _line(event))

    def report(self, code: str, path: str, event: Event, message: str, *, severity: Severity = "error") -> None:
        value = getattr(event, "value", None)
        self.problems.append(Problem(path, value, message, code, "YAML", severity=severity, line=_line(event)))


def plain_tag(text: str) -> str:
    """The YAML 1.1 tag of a plain scalar.

    >>> plain_tag("yes")
    'tag:yaml.org,2002:bool'
    """
    tag: str = _RESOLVER.resolve(ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # PyYAML's stubs
    return tag


def _value_of(tag: str, event: ScalarEvent) -> JSON:
    kind = tag.removeprefix(PREFIX)
    if kind not in {"null", "bool", "int", "float"}:  # timestamps stay text, as in OmegaConf
        return event.value
    construct = getattr(_CONSTRUCTOR, f"construct_yaml_{kind}")
    try:
        value: JSON = construct(ScalarNode(tag, event.value))
    except ValueError:  # an integer of more than 4300 digits, or the bare prefix 0x
        return event.value
    return value


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def float_text(value: float) -> str:
    """A float as every YAML reader reads it: with a dot, and a signed exponent.

    >>> float_text(1e-5), float_text(2.0), float_text(1e22)
    ('1.0e-05', '2.0', '1.0e+22')
    """
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}.0{mark}{exponent}" if mark and "." not in mantissa else text
