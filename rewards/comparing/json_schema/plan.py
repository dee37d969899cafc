"""A schema of any draft, checked and rewritten into one flat table that is graded by.

The table speaks 2020-12: a list under `items` has become `prefixItems`, `dependencies` are `dependentRequired` and
`dependentSchemas`, `exclusiveMinimum: true` is a number. Its parts refer to each other by number, so that a recursive
schema is a plain value, and one part of a document meets one part of the schema once.

What would change the meaning is refused, with its place: a value of the wrong type, a `$ref` that leads out of the
document or around in a circle, a pattern that could take more than linear time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from rewards.comparing.json_schema.dialects import (
    JSON_TYPES,
    KNOWN,
    NEWEST,
    WHOLE,
    Dialect,
    Keyword,
    Schema,
    escaped,
    schemas_in,
)
from rewards.comparing.json_schema.references import Document, Place, Resource
from rewards.comparing.linear_regex import PatternError, searcher
from rewards.errors import SpecError
from rewards.types import JSON

if TYPE_CHECKING:
    from rewards.comparing.json_schema.formats import Formats

Part: TypeAlias = dict[str, Any]

FALSE, TRUE = 0, 1
"""The numbers of the schemas `false` and `true` in every plan."""
_SAME_VALUE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "dependentSchemas")
"""Keywords whose schemas are about the value itself, not about what is in it."""
_CHILDREN = (
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "prefixItems",
    "items",
    "contains",
)
_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
_BOUNDS = (
    *("enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "format"),
    *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
)
_IN_LEAVES = frozenset(("bounds", "type", "required"))


class Plan(NamedTuple):
    """A schema as a table. Part 2 is the root; `resources[n]` is the resource that part n belongs to, and
    `dynamic[name]` has the part that a dynamic anchor names in each resource."""

    parts: tuple[Part, ...]
    resources: tuple[int, ...]
    dynamic: Mapping[str, Mapping[int, int]]
    tracks: bool
    """Whether some part asks what other parts have not looked at."""
    leaves: frozenset[int]
    """The parts without a schema in them."""
    ignored: tuple[str, ...]
    """Places that look like a rule and are none, in words."""


def plan_of(schema: Schema, *, formats: Formats | None = None) -> Plan:
    """The table of `schema`. Raises SpecError naming everything that cannot be graded by, and its place.

    >>> plan_of({"properties": {"age": {"type": "int"}}})
    Traceback (most recent call last):
    rewards.errors.SpecError: this schema is not supported: #/properties/age/type names 'int'; known: null, boolean, \
integer, number, string, array, object
    """
    try:
        return _Planner(schema, formats).plan()
    except RecursionError:
        raise SpecError("this schema is not supported: it is nested too deeply, or contains itself") from None


def identity(value: JSON) -> object:
    """A key that two JSON values share if they are equal; true is not 1, but 1.0 is."""
    if isinstance(value, dict):
        return "object", frozenset((key, identity(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", tuple(identity(item) for item in value)
    return ("bool", value) if isinstance(value, bool) else ("scalar", value)


class _Planner:
    """One schema on its way into a table: parts get their number when first met, and are written one by one."""

    def __init__(self, schema: Schema, formats: Formats | None) -> None:
        self.document = Document(schema)
        self.formats = formats
        self.parts: list[Part] = [{}, {}]
        self.resources = [0, 0]
        self.numbers: dict[tuple[int, int], int] = {}
        self.waiting: deque[tuple[int, Place, str]] = deque()
        self.definitions: list[tuple[Place, str]] = []
        self.dynamic: dict[str, dict[int, int]] = {}
        self.problems: list[str] = []
        self.ignored: list[str] = []
        self.is_used = True

    def plan(self) -> Plan:
        root = Place(self.document.root.root, self.document.root)
        if isinstance(root.schema, bool):
            return Plan(({}, {}, {"$ref": int(root.schema)}), (0, 0, 0), {}, False, frozenset(), ())
        self.number(root, "#")
        self._write_all()
        self._check_what_nothing_uses()
        self.problems = [*self.document.problems, *self.problems]
        if not self.problems and self._has_circle():
            self.problems.append("a $ref leads back to itself without a step into the document")
        if self.problems:
            raise SpecError("this schema is not supported: " + "; ".join(dict.fromkeys(self.problems)))
        tracks = any(key in part for part in self.parts for key in _UNEVALUATED)
        leaves = frozenset(number for number, part in enumerate(self.parts) if part.keys() <= _IN_LEAVES)
        return Plan(tuple(self.parts), tuple(self.resources), self.dynamic, tracks, leaves, tuple(self.ignored))

    def _check_what_nothing_uses(self) -> None:
        """Definitions that no reference leads to must be schemas, but theirs may lead out of the document."""
        self.is_used, used = False, len(self.parts)
        while self.definitions:
            self.number(*self.definitions.pop())
            self._write_all()
        del self.parts[used:], self.resources[used:]

    def number(self, place: Place, where: str) -> int:
        if isinstance(place.schema, bool):
            return TRUE if place.schema else FALSE
        if not isinstance(place.schema, Mapping):
            self.problems.append(f"{where} must be an object or a boolean, got {place.schema!r:.80}")
            return TRUE
        key = id(place.schema), place.resource.number
        if key not in self.numbers:
            self.numbers[key] = len(self.parts)
            self.parts.append({})
            self.resources.append(place.resource.number)
            self.waiting.append((self.numbers[key], place, where))
        return self.numbers[key]

    def _write_all(self) -> None:
        while self.waiting:
            number, place, where = self.waiting.popleft()
            resource = self.document.home.get(id(place.schema), place.resource)
            self.resources[number] = resource.number
            self.parts[number] = _Writer(self, place.schema, resource, where).part()

    def follow(self, reference: str, resource: Resource, where: str) -> int:
        """The number of the schema that a `$ref` leads to."""
        found = self.document.find(reference, resource)
        if found is not None:
            return self.number(found, reference if reference.startswith("#/") else where)
        if self.is_used:
            wanted = "# or #/ and the path of a schema in the same document"
            self.problems.append(f"{where}: {reference!r} must be {wanted}, such as {self._example()!r}")
        return TRUE

    def follow_dynamic(self, name: str) -> None:
        """Give a number to every schema that a dynamic reference of that name may lead to."""
        if name not in self.dynamic:
            targets = {
                each.number: Place(each.dynamic[name], each) for each in self.document.resources if name in each.dynamic
            }
            self.dynamic[name] = {number: self.number(place, f"#{name}") for number, place in targets.items()}

    def _example(self) -> str:
        root = self.document.root
        places = (pointer for pointer, _ in schemas_in(root.root, root.dialect))
        return next((f"#/{place}" for place in places if place.startswith(("$defs/", "definitions/"))), "#/$defs/NAME")

    def _has_circle(self) -> bool:
        """Whether a value would need its own grade."""
        try:
            TopologicalSorter({number: self._same_value(number) for number in range(len(self.parts))}).prepare()
        except CycleError:
            return True
        return False

    def _same_value(self, number: int) -> Iterator[int]:
        part = self.parts[number]
        for key in _SAME_VALUE:
            held = part.get(key, [])
            yield from held.values() if isinstance(held, dict) else held if isinstance(held, list) else (held,)
        if "$dynamicRef" in part:
            first, name = part["$dynamicRef"]
            yield from (first, *self.dynamic[name].values())


class _Writer(NamedTuple):
    """One schema on its way into one part."""

    planner: _Planner
    schema: Mapping[str, Any]
    resource: Resource
    where: str

    def part(self) -> Part:
        """The schema in the words of 2020-12, with numbers for the schemas in it."""
        dialect, alone = self.resource.dialect, self.resource.dialect.ref_is_alone and "$ref" in self.schema
        part: Part = {}
        for key, value in self.schema.items():
            keyword = dialect.keywords.get(key)
            if keyword is None or (alone and key not in ("$ref", "definitions")):
                self._note_ignored(key, dialect, alone)
            elif not keyword.is_right(value):
                self._problem(key, f"must be {keyword.wanted}, got {value!r:.80}")
            else:
                part[key] = self._read(key, value, keyword)
        return self._rewritten(part)

    def _read(self, key: str, value: Any, keyword: Keyword) -> Any:
        if key in ("definitions", "$defs"):
            for name, inner in value.items():
                self.planner.definitions.append((Place(inner, self.resource), self._at(key, name)))
            return None
        if key in _READ:
            return _READ[key](self, key, value)
        if keyword.holds in ("named", "named or names"):
            return {name: self._named(key, name, inner) for name, inner in value.items()}
        if keyword.holds in ("schemas", "schema or schemas") and isinstance(value, list):
            return [self._child(inner, self._at(key, index)) for index, inner in enumerate(value)]
        return self._child(value, self._at(key)) if keyword.holds != "plain" else value

    def _named(self, key: str, name: Any, inner: Any) -> Any:
        if not isinstance(name, str):
            self._problem(key, f"has the key {name!r}, which must be a string")
            return TRUE
        if key == "dependencies" and isinstance(inner, list):
            if not all(isinstance(needed, str) for needed in inner):
                self._problem(key, f"must be a list of names or a schema under {name!r}, got {inner!r:.80}")
            return inner
        if key == "patternProperties":
            self._pattern(key, name)
        return self._child(inner, self._at(key, name))

    def _types(self, key: str, value: Any) -> tuple[str, ...]:
        names = [value] if isinstance(value, str) else value
        for name in names:
            if name not in JSON_TYPES:
                self._problem(key, f"names {name!r}; known: {', '.join(JSON_TYPES)}")
        exact = self.resource.dialect.name == "draft-04"
        return tuple(WHOLE if exact and name == "integer" else name for name in names)

    def _pattern(self, key: str, value: str) -> str:
        try:
            searcher(value)
        except PatternError as error:
            self._problem(key, str(error), ": ")
        return value

    def _reference(self, key: str, value: str) -> Any:
        name = value.partition("#")[2] if key == "$dynamicRef" else ""
        found = self.planner.document.find(value, self.resource)
        number = self.planner.follow(value, self.resource, self._at(key))
        if key == "$ref" or found is None or found.schema is not found.resource.dynamic.get(name):
            return number
        self.planner.follow_dynamic(name)
        return number, name

    def _rewritten(self, part: Part) -> Part:
        if "$recursiveRef" in part:
            part["$dynamicRef"] = part.pop("$recursiveRef")
        if isinstance(part.get("$dynamicRef"), int):
            part["allOf"] = [*part.get("allOf", ()), part.pop("$dynamicRef")]
        if isinstance(part.get("items"), list):
            part["prefixItems"] = part.pop("items")
            if "additionalItems" in part:
                part["items"] = part["additionalItems"]
        _split_dependencies(part)
        _turn_exclusive(part)
        if "contains" in part and self.resource.dialect is NEWEST:
            part["contains marks"] = True
        bounds = {key: part[key] for key in _BOUNDS if part.get(key) is not None}
        return {
            **{key: value for key, value in part.items() if key in _GRADED},
            **({"bounds": bounds} if bounds else {}),
        }

    def _note_ignored(self, key: str, dialect: Dialect, alone: bool) -> None:
        if alone and key in dialect.keywords and key != "format":
            self.planner.ignored.append(f"{self._at(key)} is beside a $ref, which hides it in {dialect.name}")
        elif not alone and str(key).lower() in KNOWN:
            self.planner.ignored.append(f"{self._at(key)} is no keyword of {dialect.name}")

    def _format(self, key: str, value: str) -> tuple[Formats, str] | None:
        formats = self.planner.formats
        if formats and formats.asserts(value):
            return formats, value
        self.planner.ignored.append(f"{self._at(key)} is an annotation, so {value!r} is not checked")
        return None

    def _child(self, schema: Any, where: str) -> int:
        return self.planner.number(Place(schema, self.resource), where)

    def _at(self, key: str, name: str | int | None = None) -> str:
        return f"{self.where}/{escaped(key)}" + ("" if name is None else f"/{escaped(str(name))}")

    def _problem(self, key: str, message: str, between: str = " ") -> None:
        self.planner.problems.append(f"{self._at(key)}{between}{message}")


_READ: Mapping[str, Callable[[_Writer, str, Any], Any]] = {
    "type": _Writer._types,
    "pattern": _Writer._pattern,
    "format": _Writer._format,
    **dict.fromkeys(("$ref", "$dynamicRef", "$recursiveRef"), _Writer._reference),
    "enum": lambda writer, key, value: frozenset(map(identity, value)),
    "const": lambda writer, key, value: frozenset([identity(value)]),
    "uniqueItems": lambda writer, key, value: value or None,
}
_OTHERS = ("dependentRequired", "$dynamicRef", "minContains", "maxContains", "contains marks")
_GRADED = frozenset((*_IN_LEAVES, *_SAME_VALUE, *_CHILDREN, *_UNEVALUATED, *_OTHERS))


def _split_dependencies(part: Part) -> None:
    held = part.pop("dependencies", {})
    names = {name: needed for name, needed in held.items() if isinstance(needed, list)}
    if names:
        part["dependentRequired"] = names
    if len(names) < len(held):
        part["dependentSchemas"] = {name: number for name, number in held.items() if name not in names}


def _turn_exclusive(part: Part) -> None:
    """Draft-04 says of a limit that it is exclusive; later drafts have a limit of its own for it."""
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(part.get(exclusive), bool):
            is_exclusive = part.pop(exclusive)
            if is_exclusive and limit in part:
                part[exclusive] = part.pop(limit)
