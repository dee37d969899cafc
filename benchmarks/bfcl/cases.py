"""The Berkeley Function-Calling Leaderboard's questions, acceptable answers and checker, as its wheel ships them.

    pip install --no-deps bfcl-eval==2026.3.23      # 1.9 MB, Apache-2.0

The checker needs one entry of the table of models, whose module imports forty vendors' SDKs: a stand-in
takes its place.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from rewards import Comparison, Sample

TUNED = ("simple_python", "multiple", "parallel", "parallel_multiple")
HELD_OUT = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")
Call = dict[str, Any]

_MODEL = "any"
_MAX_REORDERED = 5
_AS_IT_STANDS = Comparison(text="strict")


@dataclass(frozen=True)
class Case:
    """A question's tools, its acceptable answers in BFCL's form and in ours, and one right answer."""

    id: str
    category: str
    functions: list[dict[str, Any]]
    possible: list[dict[str, dict[str, list[Any]]]]

    @cached_property
    def sample(self) -> Sample:
        """The reference with `$any_of` and `$optional`."""
        calls = [{"name": name, "arguments": self._arguments(name, given)} for name, given in self._named()]
        return Sample(self.id, (), reference=calls)

    @cached_property
    def canonical(self) -> list[Call]:
        """The first acceptable value of every argument that must be given."""
        return [
            {"name": name, "arguments": {key: _first(values) for key, values in given.items() if "" not in values}}
            for name, given in self._named()
        ]

    @cached_property
    def comparison(self) -> Comparison:
        """BFCL's rule for text; a variable's name in the place of a list or a number is compared as it stands."""
        types = {key: self.types(name).get(key) for name, given in self._named() for key in given}
        variables = [key for key, kind in types.items() if kind != "string" and self._holds_text(key)]
        return Comparison(text="bfcl", fields=dict.fromkeys(variables, _AS_IT_STANDS))

    def is_right(self, calls: list[Call]) -> bool:
        """The verdict of BFCL's own checker in any order of the calls: it pairs greedily, and refuses right answers."""
        orders = permutations(calls) if "parallel" in self.category and len(calls) <= _MAX_REORDERED else [calls]
        return any(self._accepts(order) for order in orders)

    def _accepts(self, calls: Sequence[Call]) -> bool:
        answer = [{call["name"]: call["arguments"]} for call in calls]
        verdict = _checker().ast_checker(self.functions, answer, self.possible, _python(), self.category, _MODEL)
        return bool(verdict["valid"])

    def _holds_text(self, key: str) -> bool:
        return any(isinstance(v, str) and v for _, given in self._named() for v in given.get(key, ()))

    def types(self, name: str) -> dict[str, str]:
        """The declared type of each parameter of a tool."""
        (function,) = [each for each in self.functions if each["name"] == name][:1] or [{}]
        properties = function.get("parameters", {}).get("properties", {})
        return {key: schema["type"] for key, schema in properties.items()}

    def _named(self) -> Iterator[tuple[str, dict[str, list[Any]]]]:
        for entry in self.possible:
            yield from entry.items()

    def _arguments(self, name: str, given: dict[str, list[Any]]) -> dict[str, Any]:
        """What each argument may be; one that accepts no value, such as a list that is always left out, is none."""
        types = self.types(name)
        accepted = {key: _accepted(values, is_text=types.get(key) == "string") for key, values in given.items()}
        return {key: values for key, values in accepted.items() if values["$any_of"]}


def load(category: str) -> list[Case]:
    """The cases of a category that can be used: those whose first acceptable answer the checker itself accepts."""
    folder = Path(str(importlib.import_module("bfcl_eval").__file__)).parent / "data"
    questions = _by_id(folder / f"BFCL_v4_{category}.json")
    answers = _by_id(folder / "possible_answer" / f"BFCL_v4_{category}.json")
    cases = [Case(key, category, questions[key]["function"], answers[key]["ground_truth"]) for key in answers]
    return [case for case in cases if all(map(_all_accept, case.possible)) and case.is_right(case.canonical)]


def _accepted(values: list[Any], *, is_text: bool) -> dict[str, Any]:
    """BFCL lists "" where an argument may be left out; as a value it is acceptable for text alone."""
    kept = [_nested(value) for value in values if value != "" or is_text]
    return {"$any_of": kept, **({"$optional": True} if "" in values else {})}


def _nested(value: Any) -> Any:
    """An object lists acceptable values under each key, one level deep; a list of objects does so in each object."""
    if isinstance(value, dict):
        return {key: {"$any_of": inner, **({"$optional": True} if "" in inner else {})} for key, inner in value.items()}
    return [_nested(item) if isinstance(item, dict) else item for item in value] if isinstance(value, list) else value


def _first(values: list[Any]) -> Any:
    value = next((value for value in values if value != ""), "")
    if isinstance(value, list):
        return [_plain(item) if isinstance(item, dict) else item for item in value]
    return _plain(value) if isinstance(value, dict) else value


def _plain(accepted: dict[str, list[Any]]) -> dict[str, Any]:
    return {key: next(v for v in inner if v != "") for key, inner in accepted.items() if "" not in inner}


def _all_accept(entry: dict[str, dict[str, list[Any]]]) -> bool:
    return all(values for given in entry.values() for values in given.values())


def _by_id(path: Path) -> dict[str, Any]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {row["id"]: row for row in rows}


def _checker() -> Any:
    models = ModuleType("bfcl_eval.constants.model_config")
    models.MODEL_CONFIG_MAPPING = {_MODEL: SimpleNamespace(underscore_to_dot=False)}  # type: ignore[attr-defined]  # stand-in
    sys.modules.setdefault(models.__name__, models)
    return importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker")


def _python() -> Any:
    return importlib.import_module("bfcl_eval.constants.enums").Language.PYTHON
