"""Handlers as people write them, each with its verdict: what AWS takes passes, what it does not says why."""

from pathlib import Path
from textwrap import dedent

import pytest

from lambda_package.packaging.build import build
from lambda_package.verify import Verification, verify
from rewards.audit import Case, case_of

ROWS: list[Case] = [
    case_of(
        {"id": name, "messages": [{"role": "user", "content": f"{sum_}?"}], "reference_answer": {"answer": answer}},
        index,
    )
    for index, (name, sum_, answer) in enumerate([("a", "2 + 2", "4"), ("b", "3 + 4", "7"), ("c", "4 * 3", "12")])
]
SHARED = """
def text(row):
    turn = row["messages"][-1]
    if turn["role"] not in ("assistant", "nova_assistant"):
        return ""
    content = turn["content"] or ""
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)
def gold(row):
    reference = row.get("reference_answer")
    return str(reference.get("answer", "")) if isinstance(reference, dict) else str(reference)
def right(row):
    try:
        return float(text(row).strip() == gold(row))
    except (KeyError, IndexError, TypeError, AttributeError):
        return 0.0
def result(row, score):
    name = row.get("id", "") if isinstance(row, dict) else ""
    return {"id": name, "aggregate_reward_score": score, "metrics_list": []}
"""
WORKS = {
    "a class with a registry and logging by dictConfig": """
        import logging.config
        from dataclasses import asdict, dataclass, field
        logging.config.dictConfig({"version": 1, "root": {"level": "INFO"}})
        @dataclass
        class Result:
            id: str
            aggregate_reward_score: float
            metrics_list: list = field(default_factory=list)
        class Grader:
            def __call__(self, event, context):
                logging.getLogger(__name__).info("%d rows", len(event))
                return [asdict(Result(result(row, 0)["id"], right(row))) for row in event]
        lambda_handler = Grader()
        """,
    "decimals, which Lambda's client writes as numbers": """
        from decimal import Decimal
        def lambda_handler(event, context): return [result(row, Decimal(str(right(row)))) for row in event]
        """,
    "named tuples, which Lambda's client writes as objects": """
        from typing import NamedTuple
        class Result(NamedTuple):
            id: str
            aggregate_reward_score: float
            metrics_list: list = []
        def lambda_handler(event, context): return [Result(result(row, 0)["id"], right(row)) for row in event]
        """,
    "a float of its own kind": """
        class Reward(float):
            def __new__(cls, value, note=""):
                made = super().__new__(cls, value)
                made.note = note
                return made
        def lambda_handler(event, context): return [result(row, Reward(right(row), "exact")) for row in event]
        """,
    "the context, printed with everything else": """
        import json
        def lambda_handler(event, context):
            print("EVENT", json.dumps(event)[:200])
            print(context.aws_request_id, context.function_name, context.get_remaining_time_in_millis() > 0)
            return [result(row, right(row)) for row in event]
        """,
    "a partial with a weight": """
        from functools import partial
        def graded(event, context, *, weight): return [result(row, weight * right(row)) for row in event]
        lambda_handler = partial(graded, weight=0.9)
        """,
    "a closure over a setting of the environment": """
        import os
        def made(weight):
            calls = 0
            def handler(event, context):
                nonlocal calls
                calls += 1
                return [result(row, weight * right(row)) for row in event]
            return handler
        lambda_handler = made(float(os.environ.get("WEIGHT", "0.5")))
        """,
    "imports for the type checker, and overloads": """
        from typing import TYPE_CHECKING, Any, TypedDict, overload
        if TYPE_CHECKING:
            from aws_lambda_typing.context import Context
            from .mine import Row
        @overload
        def score(row: "Row") -> float: ...
        @overload
        def score(row: None) -> None: ...
        def score(row): return None if row is None else right(row)
        def lambda_handler(event: "list[Row]", context: "Context") -> list[dict[str, Any]]:
            return [result(row, score(row)) for row in event]
        """,
    "a faster library where there is one": """
        try:
            import orjson as json
        except ImportError:
            import json
        def lambda_handler(event, context): return [result(row, right(json.loads(json.dumps(row)))) for row in event]
        """,
    "an event loop of its own": """
        import asyncio
        async def grade(row): return result(row, right(row))
        async def grade_all(event): return await asyncio.gather(*map(grade, event))
        def lambda_handler(event, context):
            loop = asyncio.new_event_loop()
            try:
                return loop.run_until_complete(grade_all(event))
            finally:
                loop.close()
        """,
    "bodies and bare lists": """
        import json
        def lambda_handler(event, context):
            if isinstance(event, dict) and "body" in event:
                return {"statusCode": 200, "body": json.dumps(lambda_handler(json.loads(event["body"]), context))}
            rows = event.get("batch", [event]) if isinstance(event, dict) else event
            return [result(row, right(row)) for row in rows]
        """,
    "a test of itself below": """
        import sys
        def lambda_handler(event, context): return [result(row, right(row)) for row in event]
        if __name__ == "__main__":
            sys.exit(lambda_handler([], None) != [])
        """,
}
FAILS = {
    "a decorator that gives a whole batch 0 where one row raises": (
        """
        import functools
        def safe(graded):
            @functools.wraps(graded)
            def inner(event, context):
                try:
                    return graded(event, context)
                except Exception:
                    return [result(row, 0.0) for row in event]
            return inner
        @safe
        def lambda_handler(event, context):
            return [result(row, float(float(text(row)) == float(gold(row)))) for row in event]
        """,
        "the rows beside it score [0.0, 0.0] instead of [1.0, 1.0]",
    ),
    "a handler of one sample": (
        "def lambda_handler(event, context): return result(event, float(text(event) == gold(event)))\n",
        "list indices must be integers",
    ),
    "a cache over a dict": (
        """
        from functools import lru_cache
        @lru_cache
        def grade(answer, reference): return float(answer == reference["answer"])
        def lambda_handler(event, context):
            return [result(row, grade(text(row), row["reference_answer"])) for row in event]
        """,
        "unhashable type: 'dict'",
    ),
    "objects for results": (
        """
        from dataclasses import dataclass
        @dataclass
        class Result:
            id: str
            aggregate_reward_score: float
        def lambda_handler(event, context): return [Result(row["id"], right(row)) for row in event]
        """,
        "something that JSON cannot hold",
    ),
    "results under a name of its own": (
        'def lambda_handler(event, context): return {"results": [result(row, right(row)) for row in event]}\n',
        "a list of results is expected",
    ),
    "a score that is not finite": (
        """
        import math
        def lambda_handler(event, context):
            return [result(row, 1.0 if right(row) else math.nan) for row in event]
        """,
        "finite",
    ),
    "a reward that wears off with each call": (
        """
        from collections import Counter
        CALLS = Counter()
        def lambda_handler(event, context):
            CALLS.update(text(row) for row in event)
            return [result(row, right(row) / CALLS[text(row)]) for row in event]
        """,
        "scored differently the second time",
    ),
}


def verified(code: str, folder: Path) -> Verification:
    (folder / "grader.py").write_text(SHARED + dedent(code))
    return verify(build(f"{folder / 'grader.py'}:lambda_handler", folder / "grader.zip").path, ROWS, timeout_s=30)


@pytest.mark.parametrize("code", WORKS.values(), ids=WORKS)
def test_what_works_in_aws_passes_and_is_compared_with_its_source(code: str, tmp_path: Path):
    verification = verified(code, tmp_path)
    assert verification.problems == {}
    found = {check.name: (check.status, check.detail) for check in verification.checks}
    assert found["same as the source"] == ("ok", "9 answers get the grades that the source gives")
    assert found.get("log", ("ok", ""))[0] == "ok"


@pytest.mark.parametrize(("code", "words"), FAILS.values(), ids=FAILS)
def test_what_does_not_says_why(code: str, words: str, tmp_path: Path):
    verification = verified(code, tmp_path)
    assert not verification.ok
    assert words in "\n".join(check.detail for check in verification.checks)
