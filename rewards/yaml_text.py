"""The one reader of YAML: rewards, projects, recipes and templates, in bounded time, with the line of every key.

PyYAML's composers recurse (its C one crashes the interpreter at 200,000 brackets), expand aliases without end, keep the
last of two equal keys without a word, and read `1e-5` as text and `1:30` as 90. Here the event stream, which does not
recurse, is folded by our own rules. A key is always text, and so is a date.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeAlias

from rewards.errors import RewardError
from rewards.types import JSON

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 1 << 24  # 16 MiB; a file without an end, such as a device, is not read to it
MAX_DEPTH = 50
MAX_NODES = 200_000  # aliases count as often as they are used
MAX_KEY_LENGTH = 200
MAX_NUMBER_LENGTH = 400  # a float has at most 309 digits before its point

# YAML 1.2 floats that YAML 1.1, and so PyYAML, takes for text: no dot, or an exponent without a sign.
YAML12_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+")
_NUMBER_LIKE = re.compile(r"[-+]?[0-9.][0-9_.:eExXoObBa-fA-F+-]*")  # longer ones are not given to a slow converter
_PREFIX = "tag:yaml.org,2002:"


Location: TypeAlias = tuple[int | str, ...]


class YamlProblem(NamedTuple):
    """What is wrong (`is_error`) or odd at one place: its line and the dotted path of its key."""

    code: str
    message: str
    line: int
    path: str = ""
    value: JSON = None
    is_error: bool = True

    def at(self, file: object) -> str:
        """The problem as one line: file, line, key, what.

        >>> YamlProblem("yaml-duplicate-key", "the key 'a' is written twice", 3, "run.a").at("r.yaml")
        "r.yaml:3: run.a: the key 'a' is written twice"
        """
        key = f"{self.path[:100]}: " if self.path else ""
        return f"{file}:{self.line}: {key}{self.message}"


class YamlText(NamedTuple):
    """What a YAML text says: its value, the line of each dotted path, and its problems; `value` is None after errors
    that left nothing to read, and then `is_read` is false.
    """

    value: JSON
    lines: Mapping[str, int]
    problems: tuple[YamlProblem, ...]
    is_read: bool = True

    @property
    def errors(self) -> list[YamlProblem]:
        """The problems that are errors."""
        return [problem for problem in self.problems if problem.is_error]

    def line_of(self, location: Location) -> int:
        """The line of the key at `location`, or of the nearest key around it."""
        around = (dotted(location[:end]) for end in range(len(location), 0, -1))
        return next((self.lines[path] for path in around if path in self.lines), 1)


class YamlError(RewardError, ValueError):
    """A YAML text that is none, or is out of bounds; `problems` says where and why."""

    def __init__(self, problems: list[YamlProblem], file: object) -> None:
        super().__init__("\n".join(problem.at(file) for problem in problems))
        self.problems = problems


def load_yaml(text: str, file: object = "YAML") -> JSON:
    """The value of a YAML text. Raises YamlError, with a line for each problem that says where, for what is none.

    >>> load_yaml("a: &x [1, 2e-3]\\nb: *x")
    {'a': [1, 0.002], 'b': [1, 0.002]}
    >>> load_yaml("a: 1\\na: 2", "r.yaml")
    Traceback (most recent call last):
    rewards.yaml_text.YamlError: r.yaml:2: a: the key 'a' is written twice; readers keep only one of the two
    """
    read = read_yaml_text(text)
    if read.errors:
        raise YamlError(read.errors, file)
    return read.value


def yaml_text_of(file: Path, opened: IO[bytes] | None = None) -> str:
    """The text of a YAML file, open or not; bytes that are not UTF-8 stay in it as half surrogates, which the reader
    reports.

    Raises YamlError for a file of more than 16 MiB.
    """
    with opened or file.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise YamlError([YamlProblem("yaml-too-large", f"more than {MAX_BYTES:,} bytes", 1)], file)
    return data.decode("utf-8-sig", errors="surrogateescape")


def read_yaml_text(text: str, *, max_nodes: int = MAX_NODES, max_depth: int = MAX_DEPTH) -> YamlText:
    """Everything a YAML text says. Never raises: what cannot be read becomes a problem.

    >>> read_yaml_text("run:\\n  lr: 1:30").lines
    {'run': 1, 'run.lr': 2}
    """
    yaml = _yaml()
    fold = _Fold(max_nodes, max_depth)
    try:
        text.encode()  # the C parser would raise from within
        value = fold.document(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except _RefusedError as refusal:
        return fold.refused(refusal.problem)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        return fold.refused(YamlProblem("yaml-syntax", f"this is not UTF-8 text: {text[error.start]!r}", line))
    except yaml.YAMLError as error:
        return fold.refused(_syntax(error, text))
    return YamlText(value, fold.lines, tuple(fold.problems))


def plain_tag(text: str) -> str:
    """The kind of a plain scalar by YAML 1.1, as PyYAML reads it.

    >>> plain_tag("yes"), plain_tag("1:30")
    ('bool', 'int')
    """
    tag: str = _resolver().resolve(importlib.import_module("yaml.nodes").ScalarNode, text, (True, False))
    return tag.removeprefix(_PREFIX)


def float_text(value: float) -> str:
    """A float as every YAML reader reads it: with a dot, and a signed exponent.

    >>> float_text(1e-5), float_text(2.0), float_text(1e22)
    ('1.0e-05', '2.0', '1.0e+22')
    """
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}.0{mark}{exponent}" if mark and "." not in mantissa else text


def dotted(location: Location) -> str:
    """The path of a value as people write it.

    >>> dotted(("data", "split", "test")), dotted(("data", "documents", 0))
    ('data.split.test', 'data.documents[0]')
    """
    path = ""
    for part in location:
        path = f"{path}[{part}]" if isinstance(part, int) else key_path(path, part)
    return path


def key_path(around: str, key: str) -> str:
    """The path of a key in the mapping at `around`. A key with a dot in it is quoted, so that none can pose as two.

    >>> key_path("run", "name"), key_path("", "run.name")
    ('run.name', '"run.name"')
    """
    before = f"{around}." if around else ""
    return f'{before}"{key}"' if "." in key else f"{before}{key}"


class _RefusedError(Exception):
    """Nothing that follows can be read."""

    def __init__(self, code: str, message: str, event: Any, path: str = "") -> None:
        super().__init__(message)
        self.problem = YamlProblem(code, message, _line(event), path)


class _Anchor(NamedTuple):
    value: JSON
    size: int


class _Fold:
    """One pass over the events of one document."""

    def __init__(self, max_nodes: int, max_depth: int) -> None:
        self.max_nodes, self.max_depth = max_nodes, max_depth
        self.lines: dict[str, int] = {}
        self.problems: list[YamlProblem] = []
        self.nodes = 0
        self.anchors: dict[str, _Anchor] = {}
        self.events = importlib.import_module("yaml.events")

    def refused(self, problem: YamlProblem) -> YamlText:
        return YamlText(None, self.lines, (*self.problems, problem), is_read=False)

    def document(self, events: Iterator[Any]) -> JSON:
        value: JSON = None
        documents = 0
        for event in events:
            if isinstance(event, self.events.NodeEvent):
                documents += 1
                if documents > 1:
                    raise _RefusedError("yaml-many-documents", "a file here holds one YAML document", event)
                value = self.node(event, events, "", 0)
        return value

    def node(self, event: Any, events: Iterator[Any], path: str, depth: int) -> JSON:
        self.count(1, event, path)
        if depth > self.max_depth:
            raise _RefusedError("yaml-too-deep", f"nested more than {self.max_depth} deep", event, path)
        if isinstance(event, self.events.AliasEvent):
            return self.alias(event, path)
        start, value = self.nodes, self.content(event, events, path, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(value, self.nodes - start + 1)
        return value

    def content(self, event: Any, events: Iterator[Any], path: str, depth: int) -> JSON:
        self.refuse_tag(event, path)
        if isinstance(event, self.events.ScalarEvent):
            return self.scalar(event, path)
        if isinstance(event, self.events.SequenceStartEvent):
            return self.sequence(events, path, depth)
        return self.mapping(events, path, depth)

    def count(self, nodes: int, event: Any, path: str) -> None:
        self.nodes += nodes
        if self.nodes > self.max_nodes:
            message = f"more than {self.max_nodes:,} values, counting each use of an alias"
            raise _RefusedError("yaml-too-large", message, event, path)

    def alias(self, event: Any, path: str) -> JSON:
        anchor = self.anchors.get(event.anchor)
        if anchor is None:
            raise _RefusedError("yaml-alias", f"the alias *{event.anchor[:40]} has no anchor before it", event, path)
        self.count(anchor.size, event, path)
        return anchor.value

    def sequence(self, events: Iterator[Any], path: str, depth: int) -> JSON:
        items: list[JSON] = []
        for event in events:
            if isinstance(event, self.events.CollectionEndEvent):
                break
            items.append(self.node(event, events, f"{path}[{len(items)}]", depth + 1))
        return items

    def mapping(self, events: Iterator[Any], path: str, depth: int) -> JSON:
        found: dict[str, JSON] = {}
        for event in events:
            if isinstance(event, self.events.CollectionEndEvent):
                break
            key = self.key(event, path)
            where = key_path(path, key)
            if key in found:
                message = f"the key {key[:80]!r} is written twice; readers keep only one of the two"
                self.problems.append(YamlProblem("yaml-duplicate-key", message, _line(event), where, key))
            self.lines[where] = _line(event)
            found[key] = self.node(next(events), events, where, depth + 1)
        return found

    def key(self, event: Any, path: str) -> str:
        self.count(1, event, path)
        if not isinstance(event, self.events.ScalarEvent):
            raise _RefusedError("yaml-key", "a key must be a word, not a list, mapping or alias", event, path)
        key: str = event.value
        if len(key) > MAX_KEY_LENGTH:
            message = f"a key of {len(key):,} characters; at most {MAX_KEY_LENGTH} are read"
            raise _RefusedError("yaml-key", message, event, path)
        if key == "<<" and not event.style:
            raise _RefusedError("yaml-merge-key", "merge keys are not supported; write the keys out", event, path)
        return key

    def scalar(self, event: Any, path: str) -> JSON:
        text: str = event.value
        if event.style or event.tag == "!":  # quoted, or a block: text whatever it looks like
            return text
        if len(text) > MAX_NUMBER_LENGTH:
            if _NUMBER_LIKE.fullmatch(text):
                message = f"a number of {len(text):,} characters; quote it where it is text"
                raise _RefusedError("yaml-number", message, event, path)
            return text
        kind = plain_tag(text)
        if kind == "str" and YAML12_FLOAT.fullmatch(text):
            return self.exponent(event, path)
        if kind in {"int", "float"} and ":" in text:
            message = f"{text} is a number to base 60 in YAML 1.1 (PyYAML) and text to us; quote it"
            self.note("yaml-base-60", event, path, message)
            return text
        return _value_of(kind, event)

    def exponent(self, event: Any, path: str) -> float:
        number = float(event.value)
        written = float_text(number)
        message = f"{event.value} is text in YAML 1.1 (PyYAML) and a number to the SDKs and to us; we write {written}"
        self.note("yaml-exponent", event, path, message)
        return number

    def note(self, code: str, event: Any, path: str, message: str) -> None:
        self.problems.append(YamlProblem(code, message, _line(event), path, event.value, is_error=False))

    def refuse_tag(self, event: Any, path: str) -> None:
        if event.tag not in {None, "!"}:
            raise _RefusedError("yaml-tag", f"the tag {event.tag[:80]!r} has no place here; leave it out", event, path)


def _value_of(kind: str, event: Any) -> JSON:
    if kind not in {"null", "bool", "int", "float"}:  # timestamps stay text, as in OmegaConf
        return event.value  # type: ignore[no-any-return]  # of PyYAML, a str
    node = importlib.import_module("yaml.nodes").ScalarNode(f"{_PREFIX}{kind}", event.value)
    try:
        value: JSON = getattr(_constructor(), f"construct_yaml_{kind}")(node)
    except ValueError:  # the bare prefix 0x
        return event.value  # type: ignore[no-any-return]  # as above
    return value


def _line(event: Any) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _syntax(error: Any, text: str) -> YamlProblem:
    """What the parser says, and where; of a character that YAML does not allow it says only which."""
    said = getattr(error, "problem", None) or str(error).splitlines()[0]
    mark, begun = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    position = getattr(error, "position", 0) or 0
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1
    lines = text.splitlines()
    indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())] if line <= len(lines) else ""
    if "\t" in indent:
        return YamlProblem("yaml-syntax", "this is not YAML: a tab indents the line, where only spaces may", line)
    within = f", in what begins at line {begun.line + 1}" if begun and begun.line + 1 != line else ""
    return YamlProblem("yaml-syntax", f"this is not YAML: {said}{within}", line)


# Not import statements: `rewards` ships to Lambda and stands on the standard library alone.
def _yaml() -> Any:
    return importlib.import_module("yaml")


@cache
def _resolver() -> Any:
    return importlib.import_module("yaml.resolver").Resolver()


@cache
def _constructor() -> Any:
    return importlib.import_module("yaml.constructor").SafeConstructor()
