"""Our tool-call reward against BFCL's checker on what models really answered.

    pip install --no-deps bfcl-eval==2026.3.23
    python benchmarks/bfcl/outputs.py FOLDER     # AUROC by setting, then every disagreement; --json for machines

FOLDER holds one JSONL for each model, or a folder of them for each model as in BFCL's own archive of results
(HuanzhiMao/BFCL-Result, `2024-08-11/result`): lines `{"id": "parallel_0", "result": …}`. A result is the text as the
model wrote it (Python calls, JSON or `<tool_call>` blocks) or what its API returned: a list of `{name: arguments}`.
Equal answers to one question count once; what cannot be read as calls is counted and left out, as BFCL's checker
judges calls only.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from cases import HELD_OUT, TUNED, Call, Case, load

from rewards import CallFormat, Comparison, Completion, Sample, tool_calls
from rft.judging.figures import Pair, auroc

_OLD_NAMES = {"simple": "simple_python", "live_simple": "live_simple"}
_WRITTEN_CALL = re.compile(r"\[?\s*[\w.]+\(.*\)\s*\]?", re.DOTALL)


class Judged(NamedTuple):
    """A distinct answer of some models, and BFCL's verdict on it."""

    case: Case
    calls: list[Call]
    right: bool
    models: int


def answers(folder: Path) -> Iterator[tuple[str, str, Any]]:
    """Model, id of the question, and result."""
    for path in sorted(path for path in folder.rglob("*.json*") if path.is_file()):
        model = path.stem if path.parent == folder else path.relative_to(folder).parts[0]
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line) if line.startswith("{") else {}
            if {"id", "result"} <= row.keys():
                yield model, _current_id(str(row["id"])), row["result"]


def _current_id(name: str) -> str:
    """The id of today's files: in 2024 a category's name ended in `_function`, and Python's had no name."""
    category, _, number = name.partition("-")[0].rpartition("_")
    category = category.removesuffix("_function")
    return f"{_OLD_NAMES.get(category, category)}_{number}" + name[len(name.partition("-")[0]) :]


def calls_in(result: Any, case: Case) -> list[Call] | None:
    """The calls of a result, with the names that the question gave the tools; None where it holds none."""
    found = _written(result) if isinstance(result, str) else _returned(result)
    if found is None:
        return None
    names = {function["name"].replace(".", "_"): function["name"] for function in case.functions}
    return [{**call, "name": names.get(call["name"], call["name"])} for call in found]


def _returned(result: Any) -> list[Call] | None:
    """What an API returned, as BFCL's handlers keep it: each tool's name over its arguments or their JSON text."""
    if not isinstance(result, list) or not all(isinstance(item, dict) and len(item) == 1 for item in result):
        return None
    try:
        calls = [
            (name, json.loads(given) if isinstance(given, str) else given)
            for ((name, given),) in map(dict.items, result)
        ]
    except ValueError:
        return None
    return (
        [{"name": name, "arguments": given} for name, given in calls]
        if all(isinstance(g, dict) for _, g in calls)
        else None
    )


def _written(text: str) -> list[Call] | None:
    """Calls written as Python, as BFCL asks for, else in one of the ways that `CallFormat` reads."""
    body = re.sub(r"^```\w*|```$", "", text.strip(), flags=re.MULTILINE).strip()
    if _WRITTEN_CALL.fullmatch(body):
        try:
            return _python_calls(body if body.startswith("[") else f"[{body}]")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    found = CallFormat().found(Completion(text))
    return [{"name": call.name, "arguments": dict(call.arguments)} for call in found] if found else None


def _python_calls(text: str) -> list[Call]:
    tree = ast.parse(text, mode="eval").body
    if not isinstance(tree, ast.List) or not all(isinstance(item, ast.Call) and not item.args for item in tree.elts):
        raise ValueError("no list of calls by keyword")
    return [
        {
            "name": ast.unparse(call.func),
            "arguments": {str(k.arg): _plain(ast.literal_eval(k.value)) for k in call.keywords},
        }
        for call in tree.elts
        if isinstance(call, ast.Call)
    ]


def _plain(value: Any) -> Any:
    """`value` as JSON holds it."""
    return json.loads(json.dumps(value, allow_nan=False))


def judged(folder: Path) -> tuple[list[Judged], Counter[str]]:
    """Every distinct answer with BFCL's verdict, and what was left out."""
    cases, left_out = _cases(), Counter[str]()
    seen: dict[tuple[str, str], tuple[Case, list[Call], int]] = {}
    for _, name, result in answers(folder):
        case = cases.get(name)
        if case is None:
            left_out["to questions that are not used"] += 1
            continue
        try:
            calls = calls_in(result, case)
        except (TypeError, ValueError):
            calls = None
        if not calls:
            left_out["that hold no readable call"] += 1
            continue
        key = name, json.dumps(calls, sort_keys=True)
        seen[key] = case, calls, seen[key][2] + 1 if key in seen else 1
    return [Judged(case, calls, case.is_right(calls), count) for case, calls, count in seen.values()], left_out


@cache
def _cases() -> Mapping[str, Case]:
    return {case.id: case for category in (*TUNED, *HELD_OUT) for case in load(category)}


def settings(case: Case) -> dict[str, tuple[Sample, Comparison]]:
    """What the reward may be told, from all to nothing."""
    one = replace(case.sample, reference=case.canonical)
    return {
        "any_of, bfcl": (case.sample, case.comparison),
        "any_of, collapse": (case.sample, Comparison(text="collapse")),
        "any_of, default": (case.sample, Comparison()),
        "one reference, bfcl": (one, Comparison(text="bfcl")),
        "one reference, default": (one, Comparison()),
    }


def scores(each: Judged) -> dict[str, float]:
    """What our reward gives the answer under each setting."""
    completion = Completion(json.dumps(each.calls))
    return {
        name: tool_calls(values=values)(sample, completion).value
        for name, (sample, values) in settings(each.case).items()
    }


def disagreements(found: list[Judged], given: list[dict[str, float]], setting: str) -> list[dict[str, Any]]:
    """Where full marks and BFCL's verdict differ."""
    return [
        {
            "id": each.case.id,
            "models": each.models,
            "bfcl": "right" if each.right else "wrong",
            "ours": round(score[setting], 3),
            "answer": each.calls,
            "accepted": each.case.possible,
        }
        for each, score in zip(found, given, strict=True)
        if each.right != (score[setting] == 1.0)
    ]


def main() -> None:
    """Print the figures of each setting and the disagreements of the first."""
    folder = Path(next(argument for argument in sys.argv[1:] if not argument.startswith("-")))
    found, left_out = judged(folder)
    given = [scores(each) for each in found]
    labels = [each.right for each in found]
    figures = {
        setting: {
            "auroc": round(
                auroc([Pair(score[setting], right, 0) for score, right in zip(given, labels, strict=True)]), 4
            ),
            "wrong, yet 1": sum(
                score[setting] == 1.0 and not right for score, right in zip(given, labels, strict=True)
            ),
            "right, yet below 1": sum(
                score[setting] < 1.0 and right for score, right in zip(given, labels, strict=True)
            ),
        }
        for setting in given[0]
    }
    differ = disagreements(found, given, "any_of, bfcl")
    if "--json" in sys.argv:
        print(
            json.dumps(
                {"answers": len(found), "right": sum(labels), "settings": figures, "disagreements": differ}, indent=2
            )
        )
        return
    print(f"{len(found):,} distinct answers, {sum(labels):,} right for BFCL")
    print(*(f"  left out: {count:,} {why}" for why, count in left_out.items()), sep="\n")
    for setting, row in figures.items():
        print(f"{setting:<24}", *(f"{name} {value}" for name, value in row.items()), sep="  ")
    print(*map(json.dumps, differ), sep="\n")


if __name__ == "__main__":
    main()
