"""Tools as plain typed functions of a state: their JSON Schema, and their calls."""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from rewards.comparing.json_schema.grading import grade_by
from rewards.comparing.json_schema.plan import Plan, plan_of
from rewards.did_you_mean import did_you_mean
from rewards.errors import RewardError, SpecError
from rewards.types import JSON

State: TypeAlias = dict[str, Any]
"""The state of a world: a JSON object, which its tools read and change."""
_TYPES: Final[Mapping[object, str]] = {
    str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null", dict: "object", list: "array",
}  # fmt: skip
_ARGUMENT = re.compile(r"^ +(\w+): (.+)$", re.MULTILINE)


class ToolError(RewardError):
    """A tool refuses a call, as with an order that does not exist: the agent reads why, and the call is invalid.

    Anything else that a tool raises is a bug of the world, and flies.
    """


@dataclass(frozen=True)
class Tool:
    """A function of a state, with what a model is told of it; see `tool_of`."""

    function: Callable[..., JSON]
    definition: Mapping[str, JSON]
    _plan: Plan = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_plan", plan_of(self._schema))

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    @property
    def _schema(self) -> dict[str, Any]:
        described: Any = self.definition["function"]
        schema: dict[str, Any] = described["parameters"]
        return schema

    def call(self, state: State, arguments: Mapping[str, JSON]) -> str:
        """What the tool answers, as text; it changes `state`. Raises ToolError where the arguments do not fit, or where
        it refuses."""
        if grade_by(self._plan, dict(arguments)) != 1:
            raise ToolError(self._misfit(arguments))
        said = self.function(state, **arguments)
        return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)

    def _misfit(self, arguments: Mapping[str, JSON]) -> str:
        known, required = self._schema["properties"], self._schema["required"]
        missing = [name for name in required if name not in arguments]
        unknown = [name for name in arguments if name not in known]
        if missing:
            return f"{self.name} needs {', '.join(missing)}"
        if unknown:
            return f"{self.name} takes no {unknown[0]!r:.40}; {did_you_mean(unknown[0], known)}"
        wrong = [name for name, value in arguments.items() if grade_by(plan_of(known[name]), value) != 1]
        return f"{self.name}: {', '.join(wrong)} must fit {json.dumps({name: known[name] for name in wrong})}"


def tool_of(function: Callable[..., JSON]) -> Tool:
    """A plain function as a tool. Its first parameter is the state, which no model sees; the others have types.

    Types are str, int, float, bool, list[...], Literal[...] and a union of them with None. The first line of its
    docstring says what it does, and `name: text` below "Args:" what an argument is. Raises SpecError, with file and
    line, for a function that a schema cannot describe.

    >>> def add(state: State, item: str, count: int = 1) -> str:
    ...     '''Put an item into the cart.
    ...
    ...     Args:
    ...         item: Name of the item.
    ...     '''
    >>> tool_of(add).definition["function"]["parameters"]["properties"]
    {'item': {'type': 'string', 'description': 'Name of the item.'}, 'count': {'type': 'integer'}}
    """
    hints, arguments, documented = _described(function)
    about = {name: text.strip() for name, text in _ARGUMENT.findall(documented.partition("Args:")[2])}
    properties: dict[str, JSON] = {}
    for each in arguments:
        if each.kind not in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY):
            raise _refused(function, f"{each} is no argument that a schema can name")
        if each.name not in hints:
            raise _refused(function, f"{each.name!r} needs a type")
        described: dict[str, JSON] = {"description": about[each.name]} if each.name in about else {}
        properties[each.name] = {**_schema_of(function, each.name, hints[each.name]), **described}
    required: list[JSON] = [each.name for each in arguments if each.default is each.empty]
    schema: dict[str, JSON] = {
        "type": "object", "properties": properties, "required": required, "additionalProperties": False,
    }  # fmt: skip
    purpose = documented.partition("\n\n")[0]
    said: dict[str, JSON] = {"name": function.__name__, "description": purpose, "parameters": schema}
    return Tool(function, {"type": "function", "function": said})


def _described(function: Callable[..., JSON]) -> tuple[dict[str, Any], list[inspect.Parameter], str]:
    """The types of a function, its parameters behind the state, and its docstring; refuses one that lacks them."""
    try:
        hints = get_type_hints(function)
        parameters = list(inspect.signature(function).parameters.values())
    except (NameError, TypeError, ValueError) as error:
        raise _refused(function, f"its types cannot be read ({error})") from None
    documented = inspect.getdoc(function) or ""
    if not parameters:
        raise _refused(function, "its first parameter must be the state, as in `def look(state: State) -> str`")
    if not documented:
        raise _refused(function, "it needs a docstring, which is what a model reads of it")
    return hints, parameters[1:], documented


def _schema_of(function: Callable[..., JSON], name: str, hint: Any) -> dict[str, JSON]:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"type": _TYPES[type(inner[0])], "enum": [*inner]}
    if origin is list:
        return {"type": "array", "items": _schema_of(function, name, inner[0])}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema_of(function, name, each) for each in inner]}
    if hint not in _TYPES:
        raise _refused(
            function, f"no schema for {name}: {hint!r}; take str, int, float, bool, list[...] or Literal[...]"
        )
    return {"type": _TYPES[hint]}


def _refused(function: Callable[..., JSON], why: str) -> SpecError:
    code = getattr(function, "__code__", None)
    where = f"{code.co_filename}:{code.co_firstlineno}: " if code else ""
    return SpecError(f"{where}{getattr(function, '__name__', function)!r} is no tool: {why}")
