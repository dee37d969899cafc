"""What judging an answer costs, beside what people would otherwise use, and what the worst texts do.

    python benchmarks/speed.py            # table; --json for machines; exit 1 where a budget is exceeded

Budgets: an answer of three calls at most 8 times `json.loads` of it under a reward of five components, two combinators
and a gate, and 4 times under `tool_calls`, in one process; any text of 262,144 characters in 50 ms. Figures are CPU
time, the least of several runs: other work on the machine can only add. Runs are short where they can be, so that one
falls between two interruptions.
"""

from __future__ import annotations

import copy
import difflib
import importlib
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import jsonschema

from rewards import (
    CallFormat,
    Completion,
    Reward,
    Sample,
    field_f1,
    gated,
    json_parse,
    parameters,
    repetition,
    schema_valid,
    sequence,
    text_similarity,
    tool_calls,
    tool_choice,
    weighted,
)
from rewards.comparing.edit_distance import edit_ratio
from rewards.comparing.json_schema.grading import grade_by
from rewards.comparing.json_schema.plan import plan_of
from rewards.limits import MAX_TEXT_CHARS

BUDGETS = {"five components / json.loads": 8.0, "tool_calls / json.loads": 4.0, "worst text, ms": 50.0}
ANSWERS = 256
BLOCK = 32  # more than the readings that are kept (16), so that none helps when a block is judged again
RUNS = 15

PLAN = CallFormat(unwrap="Query analysis", calls="Tools", name="Tool", arguments="Parameters")
CONTENT = weighted(
    {"tools": (tool_choice(PLAN), 0.3), "values": (parameters(PLAN), 0.4), "order": (sequence(PLAN), 0.3)}
)
FULL = weighted({"format": (json_parse(), 0.1), "content": (gated(CONTENT, by=json_parse(), threshold=0.75), 0.9)})
REFERENCE: Any = {
    "Query analysis": {
        "Type": ["compliance"],
        "Information needed": "Which obligations apply to the offering, and to whom they extend.",
        "Tools": [
            {
                "Tool": "regulation_retrieval",
                "Parameters": {"regulation": "17 CFR 230.144", "section": "(a)(3)", "jurisdiction": "US"},
                "Reasoning": "Find the text of the rule.",
            },
            {
                "Tool": "compliance_checker",
                "Parameters": {"entity": "issuer", "rule": "Rule 144", "date": "2024-01-02"},
                "Reasoning": "Check whether the holding period is met.",
            },
            {
                "Tool": "citation_validator",
                "Parameters": {"citation": "17 CFR 230.144", "format": "bluebook"},
                "Reasoning": "Make sure that the citation is right.",
            },
        ],
    }
}
SAMPLE = Sample("s", (), reference=REFERENCE)
SCHEMA: Any = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[A-Z]"},
        "kind": {"enum": ["a", "b", "c"]},
        "size": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}},
        "at": {
            "type": "object",
            "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
            "required": ["x", "y"],
        },
        "done": {"type": "boolean"},
    },
    "required": ["name", "kind", "size"],
    "additionalProperties": False,
}
DOCUMENT: Any = {"name": "Ada", "kind": "b", "size": 3, "tags": ["x", "y"], "at": {"x": 1.5}, "done": True}
_CALL = '{"Tool": "regulation_retrieval", "Parameters": {"regulation": "'
_HEAD = f'{{"Query analysis": {{"Tools": [{_CALL}'
HOSTILE = {
    "[": "[",
    "{": "{",
    '{"a":': '{"a":',
    '["': '["',
    '"': '"',
    "escaped quotes": '\\"',
    "digits": "1",
    "[]": "[]",
    "{} ": "{} ",
    "fences": "```json\n",
    "tags": "<think>",
    "closed tags": "</think>",
    "blocks": "<tool_call>",
    "blocks closed": "<tool_call></tool_call>",
    "broken blocks": '<tool_call>{"a":"',
    "keys of calls": '{"name":',
    "broken objects": 'x {"a":1 ',
    "many calls": _CALL + '1"}},',
    "combining marks": "\u0344\u0315",
    "words": "search the rule ",
}


def answers() -> list[Completion]:
    """The reference with some values damaged, no two alike: no cache helps."""
    random, found = Random("speed"), []
    for index in range(ANSWERS):
        answer = copy.deepcopy(REFERENCE)
        answer["Query analysis"]["Information needed"] += str(index)
        for call in answer["Query analysis"]["Tools"]:
            if random.random() < 0.5:
                call["Parameters"][random.choice(list(call["Parameters"]))] += "x"
        found.append(Completion(json.dumps(answer)))
    return found


def least_s(work: Callable[[], object], runs: int = RUNS) -> float:
    """The least CPU time of one run of `work`."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def per_answer() -> dict[str, float]:
    """Microseconds for an answer of three calls."""
    texts = answers()

    def block_s(judge: Callable[[Completion], object], start: int) -> float:
        return least_s(lambda: [judge(text) for text in texts[start : start + BLOCK]])

    def each(judge: Callable[[Completion], object]) -> float:
        return 1e6 * sum(block_s(judge, start) for start in range(0, ANSWERS, BLOCK)) / ANSWERS

    plain, calls = json.loads(texts[0].text), tool_calls(PLAN)
    loads, five, one = (
        each(lambda text: json.loads(text.text)),
        each(partial(FULL, SAMPLE)),
        each(partial(calls, SAMPLE)),
    )
    return {
        "five components, us": five,
        "tool_calls, us": one,
        "json.loads, us": loads,
        "json.loads and ==, us": each(lambda text: json.loads(text.text) == plain),
        "five components / json.loads": five / loads,
        "tool_calls / json.loads": one / loads,
        "256 answers, ms": 1e3 * least_s(lambda: [FULL(SAMPLE, text) for text in texts]),
    }


def beside_others() -> dict[str, float]:
    """Microseconds of our schema and our edit ratio, and of what else does that."""
    validator, plan = jsonschema.Draft202012Validator(SCHEMA), plan_of(SCHEMA)
    left = "the issuer must hold the shares for six months or for a year " * 16
    right = left.replace("six", "four").replace("year", "decade")
    figures = {
        "schema: ours": _us(lambda: grade_by(plan, DOCUMENT)),
        "schema: jsonschema": _us(lambda: validator.is_valid(DOCUMENT)),
        "1 KB texts: ours": _us(lambda: edit_ratio(left, right)),
        "1 KB texts: difflib": 1e6
        * least_s(lambda: difflib.SequenceMatcher(None, left, right, autojunk=False).ratio(), 1),
    }
    try:
        fuzz = importlib.import_module("rapidfuzz.fuzz")
    except ImportError:
        return figures
    return {**figures, "1 KB texts: rapidfuzz": _us(lambda: fuzz.ratio(left, right))}


def hostile() -> dict[str, float]:
    """Milliseconds of the slowest of these rewards for each degenerate text of the greatest length that is read."""
    judges: dict[str, tuple[Reward, Sample]] = {
        "tools": (FULL, SAMPLE),
        "native": (
            tool_calls(CallFormat(reasoning=("think",))),
            Sample("n", (), reference=[{"name": "search", "arguments": {"q": "x"}}]),
        ),
        "schema": (schema_valid(SCHEMA), SAMPLE),
        "fields": (field_f1(), SAMPLE),
        "text": (text_similarity(), Sample("t", (), reference="the text of the rule " * 50)),
        "repetition": (repetition(), SAMPLE),
    }
    return {name: max(_hostile_ms(*judge, unit) for judge in judges.values()) for name, unit in HOSTILE.items()}


def _hostile_ms(reward: Reward, sample: Sample, unit: str) -> float:
    text = (_HEAD if unit in (HOSTILE["many calls"], HOSTILE["combining marks"]) else "") + unit * MAX_TEXT_CHARS
    times = []
    for run in range(3):
        answer = Completion(text[: MAX_TEXT_CHARS - run])  # not the same text twice: no cache helps
        times.append(least_s(lambda answer=answer: reward(sample, answer), 1))  # type: ignore[misc]  # bound per run
    return 1e3 * min(times)


def _us(work: Callable[[], object]) -> float:
    return 1e6 * least_s(lambda: [work() for _ in range(50)]) / 50


def main() -> None:
    """Print the figures, and leave with 1 where a budget is exceeded."""
    figures: dict[str, Any] = {
        "per answer": per_answer(),
        "beside others, us": beside_others(),
        "hostile, ms": hostile(),
    }
    flat = {**figures["per answer"], "worst text, ms": max(figures["hostile, ms"].values())}
    exceeded = [
        f"{name}: {flat[name]:.1f}, budget {budget:g}" for name, budget in BUDGETS.items() if flat[name] > budget
    ]
    if "--json" in sys.argv:
        print(json.dumps({**figures, "exceeded": exceeded}, indent=2))
    else:
        for title, table in figures.items():
            print(title)
            print(*(f"  {name:<28}{value:10.1f}" for name, value in table.items()), sep="\n")
    for line in exceeded:
        print(f"over budget: {line}", file=sys.stderr)
    sys.exit(bool(exceeded))


if __name__ == "__main__":
    main()
