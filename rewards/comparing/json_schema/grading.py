"""How much of a document is as a schema says: 1 where all of it is, else at most 0.9.

Each part of the document meets each part of the schema at most once, so the work is their product, also where a schema
is recursive. Nothing here calls itself: a document of 64 levels under a schema of many steps would else be too deep for
Python.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from operator import ge, gt, le, lt
from typing import Any, NamedTuple, TypeAlias

from rewards.comparing.json_schema.dialects import JSON_TYPES, WHOLE, is_number
from rewards.comparing.json_schema.plan import FALSE, TRUE, Part, Plan, identity
from rewards.comparing.linear_regex import searcher
from rewards.types import JSON

_ALMOST = 0.9


def grade_by(plan: Plan, value: JSON) -> float:
    """1 where `value` is valid under the schema of `plan`, else at most 0.9.

    >>> from rewards.comparing.json_schema.plan import plan_of
    >>> plan = plan_of({"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}})
    >>> grade_by(plan, {"a": 1, "b": "x"})
    0.45
    """
    return _Grader(plan).grade(value)


class _Result(NamedTuple):
    """The grade, and the keys or indices that the part and those it refers to have looked at."""

    grade: float
    seen: frozenset[str | int] = frozenset()


_Task: TypeAlias = tuple[JSON, int, tuple[int, ...]]
"""A value to be graded by a part, and the resources on the way to it, the outermost first."""
_Grading: TypeAlias = Generator[_Task, _Result, _Result]
_Steps: TypeAlias = Generator[_Task, _Result, None]
_CONSTANT = {FALSE: _Result(0.0), TRUE: _Result(1.0)}


class _Grader:
    """One document under one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.known: dict[tuple[int, int, tuple[int, ...]], _Result] = {}

    def grade(self, value: JSON) -> float:
        """Gradings wait on a stack for the results that they asked for."""
        root = (value, 2, ())
        stack: list[tuple[tuple[int, int, tuple[int, ...]], _Grading]] = []
        result = self._known_or_pushed(root, stack)
        while stack:
            key, grading = stack[-1]
            try:
                task = grading.send(result)  # type: ignore[arg-type]  # None starts it
            except StopIteration as finished:
                result = self.known[key] = finished.value
                stack.pop()
            else:
                result = self._known_or_pushed(task, stack)
        assert result is not None  # the stack runs empty on a result
        return result.grade

    def _known_or_pushed(self, task: _Task, stack: list[Any]) -> _Result | None:
        value, number, scope = task
        if number <= TRUE:
            return _CONSTANT[number]
        if self.plan.dynamic and self.plan.resources[number] not in scope:
            scope = (*scope, self.plan.resources[number])
        key = id(value), number, scope
        known = self.known.get(key)
        if known is None and number in self.plan.leaves:
            known = self.known[key] = _graded_leaf(value, self.plan.parts[number])
        elif known is None:
            stack.append((key, _PartOfValue(self.plan, value, self.plan.parts[number], scope, [], set()).graded()))
        return known


def _graded_leaf(value: JSON, part: Part) -> _Result:
    """The result of a part without schemas in it."""
    if "type" in part and not _has_type(value, part):
        return _CONSTANT[FALSE]
    if "bounds" not in part and "required" not in part:
        return _CONSTANT[TRUE]
    slots = _bound_slots(value, part)
    if isinstance(value, dict) and "required" in part:
        slots += [float(key in value) for key in part["required"]]
    return _Result(_share(slots))


def _has_type(value: JSON, part: Part) -> bool:
    for name in part["type"]:  # noqa: SIM110  any() over a generator takes three times as long
        if _TYPES[name](value):
            return True
    return False


def _bound_slots(value: JSON, part: Part) -> list[float]:
    """A slot of 0 for each violated bound of a list or an object; one slot for all of a scalar's, where it has any."""
    if "bounds" not in part:
        return []
    violated = [0.0 for keyword, limit in part["bounds"].items() if not _holds(keyword, value, limit)]
    if isinstance(value, dict | list):
        return violated
    return [0.0 if violated else 1.0]


def _holds(keyword: str, value: JSON, limit: Any) -> object:
    """Whether a value keeps to a bound."""
    if keyword in _LIMITS:
        return not is_number(value) or _LIMITS[keyword](value, limit)
    if keyword in _SIZES:
        kind, holds = _SIZES[keyword]
        return not isinstance(value, kind) or holds(len(value), limit)  # type: ignore[arg-type]  # it has a length
    return _RULES[keyword](value, limit)


def _share(slots: list[float]) -> float:
    return 1.0 if all(slot == 1.0 for slot in slots) else _ALMOST * sum(slots) / len(slots)


class _PartOfValue(NamedTuple):
    """One value under one part. `slots` collects the grades, `seen` what was looked at."""

    plan: Plan
    value: JSON
    part: Part
    scope: tuple[int, ...]
    slots: list[float]
    seen: set[str | int]

    def graded(self) -> _Grading:
        """The result, asking for those it is made of."""
        if "type" in self.part and not _has_type(self.value, self.part):
            return _CONSTANT[FALSE]
        self.slots.extend(_bound_slots(self.value, self.part))
        yield from self._references()
        yield from self._branches()
        if isinstance(self.value, dict):
            yield from self._members(self.value)
        elif isinstance(self.value, list):
            yield from self._contained(self.value)
            yield from self._items(self.value)
        return _Result(_share(self.slots), frozenset(self.seen) if self.plan.tracks else frozenset())

    def _ask(self, number: int) -> Generator[_Task, _Result, float]:
        """The grade of the same value by another part, whose findings are ours."""
        result = yield (self.value, number, self.scope)
        self.seen.update(result.seen)
        return result.grade

    def _references(self) -> _Steps:
        for key, number in self.part.get("dependentSchemas", {}).items():
            if isinstance(self.value, dict) and key in self.value:
                self.slots.append((yield from self._ask(number)))
        if "$ref" in self.part:
            self.slots.append((yield from self._ask(self.part["$ref"])))
        if "$dynamicRef" in self.part:
            first, name = self.part["$dynamicRef"]
            outermost = (self.plan.dynamic[name][each] for each in self.scope if each in self.plan.dynamic[name])
            self.slots.append((yield from self._ask(next(outermost, first))))

    def _branches(self) -> _Steps:
        if "allOf" in self.part:
            grades = []
            for number in self.part["allOf"]:
                grades.append((yield from self._ask(number)))
            self.slots.append(sum(grades) / len(grades))
        for keyword in ("anyOf", "oneOf"):
            if keyword in self.part:
                yield from self._alternatives(keyword)
        if "not" in self.part:
            result = yield (self.value, self.part["not"], self.scope)
            self.slots.append(float(result.grade < 1.0))
        if "if" in self.part:
            yield from self._condition()

    def _alternatives(self, keyword: str) -> _Steps:
        """The best branch counts; two valid ones are too many for `oneOf`."""
        results = []
        for number in self.part[keyword]:
            results.append((yield (self.value, number, self.scope)))
        best = max(result.grade for result in results)
        chosen = [result for result in results if result.grade == best]
        for result in chosen:
            self.seen.update(result.seen)
        self.slots.append(0.0 if keyword == "oneOf" and best == 1.0 and len(chosen) > 1 else best)

    def _condition(self) -> _Steps:
        result = yield (self.value, self.part["if"], self.scope)
        if result.grade == 1.0:
            self.seen.update(result.seen)
        branch = self.part.get("then" if result.grade == 1.0 else "else", TRUE)
        if branch != TRUE:
            self.slots.append((yield from self._ask(branch)))

    def _members(self, value: dict[str, JSON]) -> _Steps:
        """One slot for each key that something is said of, the least of what is said, and one for each name."""
        of_key: dict[str, float] = {}
        for key, item in value.items():
            for number in self._parts_of_key(key):
                result = yield (item, number, self.scope)
                of_key[key] = min(of_key.get(key, 1.0), result.grade)
            if "propertyNames" in self.part:
                result = yield (key, self.part["propertyNames"], self.scope)
                self.slots.append(result.grade)
            if "unevaluatedProperties" in self.part and key not in self.seen:
                self.seen.add(key)
                result = yield (item, self.part["unevaluatedProperties"], self.scope)
                of_key[key] = min(of_key.get(key, 1.0), result.grade)
        for key in _required(value, self.part):
            of_key.setdefault(key, float(key in value))
        self.slots.extend(of_key.values())

    def _parts_of_key(self, key: str) -> list[int]:
        """What `properties` and `patternProperties` say of a key, else `additionalProperties`."""
        known = self.part.get("properties", {})
        numbers = [known[key]] if key in known else []
        for pattern, number in self.part.get("patternProperties", {}).items():
            if searcher(pattern)(key):
                numbers.append(number)
        if numbers or "additionalProperties" in self.part:
            self.seen.add(key)
        rest = self.part.get("additionalProperties", TRUE)
        return numbers or ([rest] if rest != TRUE else [])

    def _contained(self, value: list[JSON]) -> _Steps:
        """One slot: whether enough items are as `contains` says, and not too many."""
        if "contains" not in self.part:
            return
        grades = []
        for index, item in enumerate(value):
            result = yield (item, self.part["contains"], self.scope)
            grades.append(result.grade)
            if result.grade == 1.0 and "contains marks" in self.part:
                self.seen.add(index)
        found, least, most = grades.count(1.0), self.part.get("minContains", 1), self.part.get("maxContains")
        if found < least:
            self.slots.append(sum(sorted(grades)[-int(least) :]) / least)
        else:
            self.slots.append(1.0 if most is None or found <= most else most / found)

    def _items(self, value: list[JSON]) -> _Steps:
        """One slot for each item that something is said of."""
        prefix, rest = self.part.get("prefixItems", ()), self.part.get("items", TRUE)
        unseen = self.part.get("unevaluatedItems", TRUE)
        for index, item in enumerate(value):
            number = prefix[index] if index < len(prefix) else rest
            if index < len(prefix) or "items" in self.part:
                self.seen.add(index)
            elif index not in self.seen:
                number = unseen
                if "unevaluatedItems" in self.part:
                    self.seen.add(index)
            if number != TRUE:
                result = yield (item, number, self.scope)
                self.slots.append(result.grade)


def _required(value: dict[str, JSON], part: Part) -> Iterator[str]:
    yield from part.get("required", ())
    for key, needed in part.get("dependentRequired", {}).items():
        if key in value:
            yield from needed


def _is_multiple(value: float, of: float) -> bool:
    """Whether the quotient of the two decimal numbers is whole: 4.02 is a multiple of 0.01, which in binary it is
    not."""
    if isinstance(value, int) and isinstance(of, int):
        return value % of == 0
    from decimal import Decimal  # hardly any schema needs it

    (top, bottom), (of_top, of_bottom) = (Decimal(repr(number)).as_integer_ratio() for number in (value, of))
    return (top * of_bottom) % (bottom * of_top) == 0


def _among(value: JSON, allowed: frozenset[object]) -> bool:
    return identity(value) in allowed


_TYPES: dict[str, Callable[[JSON], bool]] = {
    **JSON_TYPES,
    WHOLE: lambda value: isinstance(value, int) and not isinstance(value, bool),
}
_RULES: dict[str, Callable[[JSON, Any], object]] = {
    "enum": _among,
    "const": _among,
    "pattern": lambda value, pattern: not isinstance(value, str) or searcher(pattern)(value),
    "format": lambda value, rule: rule[0].holds(rule[1], value),
    "uniqueItems": lambda value, wanted: (
        not isinstance(value, list) or len({identity(item) for item in value}) == len(value)
    ),
}
_LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": ge,
    "maximum": le,
    "exclusiveMinimum": gt,
    "exclusiveMaximum": lt,
    "multipleOf": _is_multiple,
}
_SIZES: dict[str, tuple[type, Callable[[Any, Any], bool]]] = {
    "minLength": (str, ge),
    "maxLength": (str, le),
    "minItems": (list, ge),
    "maxItems": (list, le),
    "minProperties": (dict, ge),
    "maxProperties": (dict, le),
}
