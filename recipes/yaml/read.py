"""Read recipe YAML by the one reader, within the bounds of a recipe, as findings of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recipes.problems import Problem, Severity
from rewards.yaml_text import YamlProblem, read_yaml_text

MAX_DEPTH = 32  # official recipes nest 6 deep
MAX_NODES = 2_000  # official recipes hold about 130 nodes; aliases count as often as they are used


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML text says: its mapping, the line of each dotted path, and what is odd about it."""

    mapping: Mapping[str, Any] | None
    lines: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_yaml(text: str) -> Document:
    """The mapping in a YAML text. Never raises: what cannot be read becomes a problem and `mapping` is None.

    >>> read_yaml("lr: 1e-5").mapping
    {'lr': 1e-05}
    >>> print(read_yaml("a: 1\\na: 2").problems[0])
    error yaml-duplicate-key at a (line 2): the key 'a' is written twice; readers keep only one of the two
    """
    read = read_yaml_text(text, max_nodes=MAX_NODES, max_depth=MAX_DEPTH)
    problems = tuple(_problem(each) for each in read.problems)
    if not read.is_read:
        return Document(None, problems=problems)
    if not isinstance(read.value, Mapping):
        found = type(read.value).__name__
        message = f"a recipe is a mapping with keys such as run, found {found}"
        return Document(None, problems=(*problems, _problem(YamlProblem("yaml-not-a-mapping", message, 1))))
    return Document(read.value, read.lines, problems)


def _problem(found: YamlProblem) -> Problem:
    severity: Severity = "error" if found.is_error else "note"
    return Problem(found.path, found.value, found.message, found.code, "YAML", severity=severity, line=found.line)
