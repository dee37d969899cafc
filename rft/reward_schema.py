"""The JSON Schema of a `reward.yaml`, from the signatures of the rewards themselves."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from rewards.comparing.json_schema.formats import Formats
from rewards.components.judge import Converse
from rewards.spec import REWARDS
from rewards.types import Reward

_REWARD: Final = {"$ref": "#/$defs/reward"}
_SIMPLE: Final[Mapping[Any, str]] = {
    str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null",
}  # fmt: skip
_NAMES: Final = {"Formats": Formats}  # imported for types only, where it is used


def reward_schema() -> dict[str, Any]:
    """The schema that editors check a `reward.yaml` with: every name, every parameter, their types and meanings.

    >>> entry = reward_schema()["$defs"]["gated"]
    >>> sorted(entry["properties"]), entry["required"]
    (['by', 'reward', 'threshold'], ['reward', 'by', 'threshold'])
    """
    named = {name: _parameters(factory) for name, factory in REWARDS.items()}
    bare = [name for name, each in named.items() if not each["required"]]
    whole = [
        {
            "type": "object",
            "properties": {name: {"$ref": f"#/$defs/{name}"}},
            "required": [name],
            "additionalProperties": False,
            "description": each["description"],
        }
        for name, each in named.items()
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A reward, by name",
        **_REWARD,
        "$defs": {"reward": {"anyOf": [{"enum": bare}, *whole]}, **named},
    }


def _parameters(factory: Callable[..., Reward]) -> dict[str, Any]:
    hints = get_type_hints(factory, localns=_NAMES)
    taken = {
        name: parameter
        for name, parameter in inspect.signature(factory).parameters.items()
        if Converse not in (hints[name], *get_args(hints[name]))  # a client is no name or number
    }
    needed = [
        name
        for name, parameter in taken.items()
        if parameter.default is parameter.empty or parameter.kind is parameter.VAR_POSITIONAL
    ]
    listed = {name for name, parameter in taken.items() if parameter.kind is parameter.VAR_POSITIONAL}
    read = {name: _of(hints[name]) for name in taken}
    properties = {name: {"type": "array", "items": each} if name in listed else each for name, each in read.items()}
    return {
        "type": ["object"] if needed else ["object", "null"],
        "properties": properties,
        "required": needed,
        "additionalProperties": False,
        "description": _first_sentence(factory),
    }


def _of(hint: Any) -> dict[str, Any]:
    """The schema of a parameter, by its type."""
    origin, inside = get_origin(hint), get_args(hint)
    if hint is Reward:
        return dict(_REWARD)
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if origin is Literal:
        return {"enum": list(inside)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(each) for each in inside]}
    if is_dataclass(hint) and isinstance(hint, type):
        return _of_settings(hint)
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of(inside[1])}
    if origin is tuple and inside[-1] is not Ellipsis:
        return _of_pair(inside)
    if origin is not None and issubclass(origin, Sequence | Iterable):
        return {"type": "array", "items": _of(inside[0])}
    return {}  # any JSON value


def _of_pair(inside: tuple[Any, ...]) -> dict[str, Any]:
    """A pair of reward and weight, the only one that a specification has, is written with these names."""
    if inside[0] is not Reward:
        return {"type": "array", "prefixItems": [_of(each) for each in inside], "items": False}
    names = ("reward", "weight")
    return {
        "type": "object",
        "properties": dict(zip(names, map(_of, inside), strict=True)),
        "required": list(names),
        "additionalProperties": False,
    }


def _of_settings(settings: type) -> dict[str, Any]:
    hints = get_type_hints(settings)
    own = [field for field in fields(settings) if field.init]
    nested = {field.name: _of_own(settings, hints[field.name]) for field in own}
    return {
        "type": "object",
        "properties": nested,
        "required": [f.name for f in own if f.default is MISSING and f.default_factory is MISSING],
        "additionalProperties": False,
        "description": _first_sentence(settings),
    }


def _of_own(settings: type, hint: Any) -> dict[str, Any]:
    """A setting may hold settings of its own kind, such as those of single fields; inner ones are not described."""
    if any(each is settings for each in get_args(hint)):
        return {"type": "object", "additionalProperties": {"type": "object"}}
    return _of(hint)


def _first_sentence(described: Any) -> str:
    told = inspect.getdoc(described) or ""
    return " ".join(told.partition("\n\n")[0].split())
