"""Rewards as names and numbers, and back: what stands in a `reward.yaml`.

A specification is a name, or a mapping with one name as its key and the parameters below it:

    weighted:
      parts:
        format: {reward: json_parse, weight: 0.1}
        tools: {reward: {tool_calls: {calls: {unwrap: Query analysis, calls: Tools}}}, weight: 0.9}

Names come from `REWARDS` alone. There are no import paths in a specification: reading one runs nobody's code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from types import MappingProxyType
from typing import Any

from rewards.arithmetic import expression
from rewards.combinators import Weighted, best_of, clipped, gated, minimum, product, weighted
from rewards.comparing.json_schema.formats import Formats
from rewards.comparing.values import Comparison
from rewards.components.boxes import BoxFormat, box_count, box_iou, coverage
from rewards.components.choice import multiple_choice, regex_match
from rewards.components.citations import citations
from rewards.components.code import code_tests
from rewards.components.constraints import instruction_constraints
from rewards.components.fields import field_f1
from rewards.components.judge import judge, rubric
from rewards.components.maths import math_equal
from rewards.components.overlap import bleu, chrf, rouge_l
from rewards.components.schema import schema_valid
from rewards.components.sql import sql_result
from rewards.components.structure import abstention, has_tags, json_parse, overlong, repetition
from rewards.components.text import exact_match, keyword_jaccard, label_match, numeric_match, text_similarity
from rewards.components.tools import parameters, sequence, tool_calls, tool_choice
from rewards.components.trajectories import (
    excess_calls,
    excess_turns,
    final_state,
    invalid_calls,
    milestones,
    on_turns,
)
from rewards.did_you_mean import did_you_mean
from rewards.errors import SpecError
from rewards.parsing.answers import AnswerFormat
from rewards.parsing.tool_calls import CallFormat
from rewards.types import JSON, Reward

REWARDS: Mapping[str, Callable[..., Reward]] = MappingProxyType(
    {
        "abstention": abstention,
        "best_of": best_of,
        "bleu": bleu,
        "box_count": box_count,
        "box_iou": box_iou,
        "chrf": chrf,
        "citations": citations,
        "clipped": clipped,
        "code_tests": code_tests,
        "coverage": coverage,
        "exact_match": exact_match,
        "excess_calls": excess_calls,
        "excess_turns": excess_turns,
        "expression": expression,
        "field_f1": field_f1,
        "final_state": final_state,
        "gated": gated,
        "has_tags": has_tags,
        "instruction_constraints": instruction_constraints,
        "invalid_calls": invalid_calls,
        "json_parse": json_parse,
        "judge": judge,
        "keyword_jaccard": keyword_jaccard,
        "label_match": label_match,
        "math_equal": math_equal,
        "milestones": milestones,
        "minimum": minimum,
        "multiple_choice": multiple_choice,
        "numeric_match": numeric_match,
        "on_turns": on_turns,
        "overlong": overlong,
        "parameters": parameters,
        "product": product,
        "regex_match": regex_match,
        "repetition": repetition,
        "rouge_l": rouge_l,
        "rubric": rubric,
        "schema_valid": schema_valid,
        "sequence": sequence,
        "sql_result": sql_result,
        "text_similarity": text_similarity,
        "tool_calls": tool_calls,
        "tool_choice": tool_choice,
        "weighted": weighted,
    }
)
"""Every reward and combinator of the library, by name."""


def to_spec(reward: Reward) -> JSON:
    """`reward` as names and numbers, parameters at their default left out; `from_spec` turns it back into an equal
    reward.

    Raises SpecError for a reward that is not from the library, such as a function of your own.

    >>> from rewards import json_parse, weighted
    >>> to_spec(weighted({"format": (json_parse("object"), 1.0)}))
    {'weighted': {'parts': {'format': {'reward': {'json_parse': {'root': 'object'}}, 'weight': 1.0}}}}
    """
    name: str = getattr(type(reward), "name", "")
    if name not in REWARDS:
        raise SpecError(f"{reward!r} is not a reward of the library, so it has no specification; name its file instead")
    return {name: _written_fields(reward)}


def from_spec(spec: JSON) -> Reward:
    """The reward that a specification describes. Raises SpecError naming the closest known name for an unknown one.

    >>> from_spec({"clipped": {"reward": "json_parse", "low": 0.25}})
    Clipped(reward=JsonParse(root='any', reasoning=(), tags=()), low=0.25, high=1.0)
    >>> from_spec("json_pars")
    Traceback (most recent call last):
    rewards.errors.SpecError: no reward 'json_pars'; did you mean 'json_parse'?
    """
    name, arguments = _split(spec)
    if name not in REWARDS:
        raise SpecError(f"no reward {name!r}; {did_you_mean(name, REWARDS)}")
    try:
        read = {key: _READ.get(key, _as_it_is)(value) for key, value in arguments.items()}
        return REWARDS[name](*read.pop(_LISTED[name], ()), **read) if name in _LISTED else REWARDS[name](**read)
    except SpecError:
        raise
    except (TypeError, ValueError) as error:
        raise SpecError(f"{name}: {error}") from error


def _split(spec: JSON) -> tuple[str, Mapping[str, JSON]]:
    if isinstance(spec, str):
        return spec, {}
    if isinstance(spec, Mapping) and len(spec) == 1:
        ((name, arguments),) = spec.items()
        if isinstance(arguments, Mapping) or arguments is None:
            return name, arguments or {}
    raise SpecError(f"a reward is written as a name, or as one name with its parameters below it, got {spec!r:.200}")


def _read_weighted(parts: Any) -> dict[str, Any]:
    """Named parts: each a specification, or a mapping with `reward` and `weight`."""
    if not isinstance(parts, Mapping):
        raise SpecError(f"parts must be a mapping from name to reward, got {parts!r:.200}")
    return {str(name): _read_part(part) for name, part in parts.items()}


def _read_part(part: Any) -> Any:
    if isinstance(part, Mapping) and set(part) == {"reward", "weight"}:
        return from_spec(part["reward"]), part["weight"]
    return from_spec(part)


def _written(value: Any) -> Any:
    if isinstance(value, Weighted):
        return {"reward": to_spec(value.reward), "weight": value.weight}
    if callable(value):
        return to_spec(value)
    if isinstance(value, AnswerFormat | BoxFormat | CallFormat | Comparison | Formats):
        return _written_fields(value)
    if isinstance(value, Mapping):
        return {key: _written(item) for key, item in value.items()}
    return [_written(item) for item in value] if isinstance(value, tuple | list) else value


def _written_fields(value: Any) -> dict[str, Any]:
    written = [f for f in fields(value) if f.init and f.metadata.get("spec", True)]
    return {f.name: _written(getattr(value, f.name)) for f in written if getattr(value, f.name) != _default(f)}


def _default(f: Field[Any]) -> Any:
    return f.default if f.default_factory is MISSING else f.default_factory()


def _read_comparison(value: Any) -> Comparison:
    nested = {key: _read_comparison(item) for key, item in value.get("fields", {}).items()}
    return Comparison(**{**value, "fields": nested})


def _as_it_is(value: Any) -> Any:
    return value


# A parameter means the same in every reward, so its name says how it is read.
_READ: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "answer": lambda value: AnswerFormat(**value),
        "boxes": lambda value: BoxFormat(**value),
        "by": from_spec,
        "calls": lambda value: CallFormat(**value),
        "formats": lambda value: Formats(**value),
        "parts": _read_weighted,
        "reward": from_spec,
        "values": _read_comparison,
    }
)
_LISTED: Mapping[str, str] = MappingProxyType({"has_tags": "tags"})
"""Rewards that take one of their parameters as a list of positional arguments."""
