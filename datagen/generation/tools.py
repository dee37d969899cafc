"""Simulated tools: the plain typed functions of a Python file, as OpenAI functions and as what answers their calls."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError, validate_call

from datagen.errors import ConfigError
from datagen.formats import compact
from rewards.load import load_module
from rewards.types import ToolCall


@dataclass(frozen=True, slots=True)
class SimulatedTools:
    """Functions by name, their OpenAI definitions, and a digest of their file."""

    functions: Mapping[str, Callable[..., Any]]
    definitions: tuple[dict[str, Any], ...]
    sha256: str

    def problem(self, call: ToolCall) -> str:
        """What is wrong with a call by the schema of its tool; empty where nothing is."""
        from datagen.validate.calls import misfit

        schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in self.definitions}
        if call.name not in schemas:
            return f"no tool is called {call.name!r}; there are {', '.join(sorted(schemas))}"
        found = misfit(dict(call.arguments), schemas[call.name])
        return f"{call.name}: {found}" if found else ""

    def result(self, call: ToolCall) -> str:
        """What the function returns, as text; `ValueError` and `LookupError` are the tool's own word for a failure.

        Raises `ConfigError` where it returns what is not JSON. Anything else it raises is a bug, and flies.
        """
        try:
            value = validate_call(self.functions[call.name])(**call.arguments)
        except ValidationError as error:
            return compact({"error": "; ".join(str(item["msg"]) for item in error.errors())})
        except (ValueError, LookupError) as error:
            return compact({"error": str(error)})
        if isinstance(value, str):
            return value
        try:
            return compact(value)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"the tool {call.name!r} returned {value!r}, which is not JSON ({error})") from error


def read_tools(path: Path) -> SimulatedTools:
    """The public functions that a file defines. Raises `ConfigError` where one of them cannot be a tool."""
    module = load_module(path)
    functions = {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and not name.startswith("_") and value.__module__ == module.__name__
    }
    if not functions:
        raise ConfigError(f"{path} defines no function; each public one is a tool")
    definitions = tuple(_definition(path, name, function) for name, function in functions.items())
    return SimulatedTools(functions, definitions, hashlib.sha256(path.read_bytes()).hexdigest())


def _definition(path: Path, name: str, function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    untyped = [parameter.name for parameter in parameters if parameter.annotation is parameter.empty]
    kinds = {parameter.kind for parameter in parameters}
    if untyped or kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}:
        what = f"no type for {', '.join(untyped)}" if untyped else "*args or **kwargs"
        raise ConfigError(f"{path}: {name} has {what}; a tool takes named, typed arguments")
    about = inspect.getdoc(function)
    if not about:
        raise ConfigError(f"{path}: {name} has no docstring, which is what the model reads about a tool")
    try:
        schema = TypeAdapter[Any](function).json_schema()  # type: ignore[arg-type]  # a function is a type to pydantic
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise ConfigError(f"{path}: {name} takes what JSON cannot hold: {error}") from error
    parameters_ = {"type": "object", "properties": {}, **schema}
    description = about.split("\n\n")[0].replace("\n", " ")
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters_}}
