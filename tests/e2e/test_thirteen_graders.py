"""Thirteen handlers in the styles of public graders, each with its scores: source and zip give them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest

from lambda_package.by_source import grade_by_source
from lambda_package.packaging.build import build
from lambda_package.packaging.record import record_of
from lambda_package.packaging.sbom import handler_in
from lambda_package.runtime import Runtime

SHARED = """
def last_text(row):
    turn = row["messages"][-1]
    content = turn.get("content") or ""
    return content if isinstance(content, str) else "".join(block.get("text", "") for block in content)

def results(event, grade):
    return [{"id": row["id"], "aggregate_reward_score": float(grade(last_text(row), row["reference_answer"])),
             "metrics_list": []} for row in event]
"""
TABLE = {"schema": "create table t(a); insert into t values (1),(2);", "query": "select a from t"}


class Grader(NamedTuple):
    """A handler's code, and each answer with its reference and the score that it must earn."""

    code: str
    asked: list[tuple[str, object, float]]


GRADERS = {
    "overlap of words, results as dataclasses": Grader(
        r"""
        import re
        from dataclasses import asdict, dataclass
        from shared import last_text
        @dataclass
        class Metric:
            name: str
            value: float
            type: str
        @dataclass
        class Output:
            id: str
            aggregate_reward_score: float
            metrics_list: list[Metric]
        def words(text):
            return set(re.findall(r"\w+", text.lower()))
        def lambda_handler(event, context):
            found = []
            for row in event:
                gold = words(row["reference_answer"]["explanation"])
                share = len(words(last_text(row)) & gold) / len(gold) if gold else 0.0
                found.append(asdict(Output(row["id"], share, [Metric("overlap", share, "Metric")])))
            return found
        """,
        [("The cat sat", {"explanation": "the cat sat down"}, 0.75), ("", {"explanation": "a b"}, 0.0)],
    ),
    "grade(sample, item), as OpenAI's Python graders are": Grader(
        """
        from shared import results
        def grade(sample, item):
            said = sample["output_text"].strip().casefold()
            return 1.0 if said == item["answer"].casefold() else 0.5 if item["answer"].casefold() in said else 0.0
        def lambda_handler(event, context):
            return results(event, lambda text, gold: grade({"output_text": text}, {"answer": gold["answer"]}))
        """,
        [("PARIS ", {"answer": "Paris"}, 1.0), ("in Paris", {"answer": "Paris"}, 0.5), ("Rome", {"answer": "P"}, 0.0)],
    ),
    "the last box of braces within braces": Grader(
        r"""
        from shared import results
        def last_box(text):
            start = text.rfind("\\boxed{")
            if start < 0:
                return None
            depth, begin = 0, start + len("\\boxed{")
            for place in range(begin, len(text)):
                if text[place] == "{":
                    depth += 1
                elif text[place] == "}":
                    if depth == 0:
                        return text[begin:place]
                    depth -= 1
            return None
        def lambda_handler(event, context):
            return results(event, lambda text, gold: (last_box(text) or "").replace(" ", "") == gold)
        """,
        [(r"\boxed{\frac{1}{2}}", r"\frac{1}{2}", 1.0), (r"\boxed{1} \boxed{ 2 }", "2", 1.0), (r"\boxed{3", "3", 0.0)],
    ),
    "strict and flexible extraction with a score for the format": Grader(
        r"""
        import re
        from shared import results
        def extract(text, method="strict"):
            if method == "strict":
                found = re.search(r"#### (-?[0-9.,]+)", text)
                return found.group(1).replace(",", "") if found else None
            numbers = [n for n in re.findall(r"-?[0-9.,]*[0-9]", text)]
            return numbers[-1].replace(",", "") if numbers else None
        def compute_score(text, truth, format_score=0.1, score=1.0):
            answer = extract(text)
            if answer is None:
                return 0.0 if extract(text, "flexible") != truth else format_score
            return score if answer == truth else format_score
        def lambda_handler(event, context):
            return results(event, compute_score)
        """,
        [("#### 1,024", "1024", 1.0), ("it is 1,024", "1024", 0.1), ("#### 5", "1024", 0.1), ("none", "1024", 0.0)],
    ),
    "calls compared as syntax trees": Grader(
        """
        import ast
        from shared import results
        def call_of(text):
            try:
                node = ast.parse(text.strip(), mode="eval").body
            except SyntaxError:
                return None
            if not isinstance(node, ast.Call) or node.args:
                return None
            try:
                return ast.unparse(node.func), {k.arg: ast.literal_eval(k.value) for k in node.keywords}
            except ValueError:
                return None
        def lambda_handler(event, context):
            return results(event, lambda text, gold: call_of(text) is not None and call_of(text) == call_of(gold))
        """,
        [
            ("find(b=[1, 2], a='x')", "find(a='x', b=[1,2])", 1.0),
            ("find(a='x')", "find(a='y')", 0.0),
            ("find(a=open('x'))", "find(a='x')", 0.0),
        ],
    ),
    "fields of JSON, each leaf a part of the score": Grader(
        """
        import json
        from shared import results
        def leaves(value, path=()):
            if isinstance(value, dict):
                for key in value:
                    yield from leaves(value[key], (*path, key))
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    yield from leaves(item, (*path, index))
            else:
                yield path, value
        def grade(text, gold):
            try:
                found = dict(leaves(json.loads(text)))
            except ValueError:
                return 0.0
            wanted = dict(leaves(gold))
            return sum(found.get(path) == value for path, value in wanted.items()) / max(len(wanted), len(found), 1)
        def lambda_handler(event, context):
            return results(event, grade)
        """,
        [('{"a": 1, "b": [2, 3]}', {"a": 1, "b": [2, 4]}, 2 / 3), ("{", {"a": 1}, 0.0), ('{"a": 1}', {"a": 1}, 1.0)],
    ),
    "an equation of given numbers, each used once": Grader(
        r"""
        import ast, operator, re
        from collections import Counter
        from fractions import Fraction
        from shared import results
        OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
        def value(node):
            match node:
                case ast.Expression(body=body):
                    return value(body)
                case ast.Constant(value=int() as number) if not isinstance(number, bool):
                    return Fraction(number)
                case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                    return OPERATORS[type(op)](value(left), value(right))
            raise ValueError("not arithmetic")
        def grade(text, gold):
            if Counter(map(int, re.findall(r"\d+", text))) != Counter(gold["numbers"]):
                return 0.0
            try:
                return 1.0 if value(ast.parse(text, mode="eval")) == gold["target"] else 0.1
            except (ValueError, SyntaxError, ZeroDivisionError):
                return 0.0
        def lambda_handler(event, context):
            return results(event, grade)
        """,
        [
            ("(7 - 3) * 6", {"numbers": [3, 6, 7], "target": 24}, 1.0),
            ("7 - 3 * 6", {"numbers": [3, 6, 7], "target": 24}, 0.1),
            ("6 / (3 - 3)", {"numbers": [3, 3, 6], "target": 24}, 0.0),
            ("24", {"numbers": [3, 6, 7], "target": 24}, 0.0),
        ],
    ),
    "a cosine over the length, for right and for wrong answers": Grader(
        """
        import math
        from functools import partial
        from shared import results
        def cosine(length, longest, low, high):
            return low + (high - low) * (1 + math.cos(math.pi * min(length, longest) / longest)) / 2
        def grade(longest, text, gold):
            right = gold in text.split()
            return round(cosine(len(text.split()), longest, 0.5, 1.0) if right else 0.0, 6)
        def lambda_handler(event, context):
            return results(event, partial(grade, 4))
        """,
        [("yes or not yes", "yes", 0.5), ("yes it", "yes", 0.75), ("no", "yes", 0.0)],
    ),
    "repetition of n-grams taken off, in any script": Grader(
        """
        import unicodedata
        from shared import results
        def grams(words, n):
            return list(zip(*(words[i:] for i in range(n))))
        def grade(text, gold):
            words = unicodedata.normalize("NFKC", text).split()
            pairs = grams(words, 2)
            fresh = len(set(pairs)) / len(pairs) if pairs else 1.0
            return fresh * (unicodedata.normalize("NFKC", gold) in words)
        def lambda_handler(event, context):
            return results(event, grade)
        """,
        [("\uff21 b", "A", 1.0), ("a b a b a b", "a", 0.4), ("\u65e5\u672c", "\u65e5\u672c", 1.0), ("x", "a", 0.0)],
    ),
    "the longest common subsequence, cached": Grader(
        """
        import sys
        from functools import lru_cache
        from shared import results
        sys.setrecursionlimit(5000)
        def rouge_l(text, gold):
            a, b = text.split(), gold.split()
            @lru_cache(maxsize=None)
            def longest(i, j):
                if i == len(a) or j == len(b):
                    return 0
                return 1 + longest(i + 1, j + 1) if a[i] == b[j] else max(longest(i + 1, j), longest(i, j + 1))
            both = longest(0, 0)
            return 2 * both / (len(a) + len(b)) if both else 0.0
        def lambda_handler(event, context):
            return results(event, rouge_l)
        """,
        [("a c", "a b c", 0.8), ("", "a", 0.0), ("a b", "a b", 1.0)],
    ),
    "code that is run in a process of its own": Grader(
        """
        import subprocess, sys, tempfile
        from pathlib import Path
        from shared import results
        def grade(text, gold):
            code = text.partition("```python")[2].partition("```")[0] or text
            passed = 0
            with tempfile.TemporaryDirectory() as folder:
                for test in gold["tests"]:
                    (Path(folder) / "run.py").write_text(code + "\\n" + test)
                    done = subprocess.run([sys.executable, "-I", "run.py"], cwd=folder, timeout=20, capture_output=True)
                    passed += done.returncode == 0
            return passed / len(gold["tests"])
        def lambda_handler(event, context):
            return results(event, grade)
        """,
        [("```python\ndef f(x): return x * 2\n```", {"tests": ["assert f(2) == 4", "assert f(3) == 5"]}, 0.5)],
    ),
    "queries compared by the rows that they give": Grader(
        """
        import sqlite3
        from collections import Counter
        from contextlib import closing
        from shared import results
        def rows(query, schema):
            with closing(sqlite3.connect(":memory:")) as base:
                base.executescript(schema)
                base.execute("PRAGMA query_only = ON")
                try:
                    return Counter(base.execute(query).fetchall())
                except (sqlite3.Error, sqlite3.Warning):
                    return None
        def grade(text, gold):
            found = rows(text, gold["schema"])
            return found is not None and found == rows(gold["query"], gold["schema"])
        def lambda_handler(event, context):
            return results(event, grade)
        """,
        [
            (f"select {what}", TABLE, score)
            for what, score in (("a from t order by a desc", 1.0), ("1", 0.0), ("a from nowhere", 0.0))
        ],
    ),
    "a registry by source of the row, rows graded in threads": Grader(
        """
        from concurrent.futures import ThreadPoolExecutor
        from shared import last_text
        REWARDS = {}
        def register(*names):
            def keep(function):
                REWARDS.update(dict.fromkeys(names, function))
                return function
            return keep
        @register("exact", "default")
        def exact(text, answer): return float(text == answer)
        @register("choice")
        def choice(text, answer): return float(text.strip("() .").upper()[:1] == answer)
        def one(row):
            gold = row["reference_answer"]
            score = REWARDS.get(gold.get("source"), REWARDS["default"])(last_text(row), gold["answer"])
            return {"id": row["id"], "aggregate_reward_score": score, "metrics_list": []}
        def lambda_handler(event, context):
            with ThreadPoolExecutor(4) as pool:
                return list(pool.map(one, event))
        """,
        [
            ("(b) since", {"source": "choice", "answer": "B"}, 1.0),
            ("b", {"source": "other", "answer": "B"}, 0.0),
            ("B", {"answer": "B"}, 1.0),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("grader", GRADERS.values(), ids=GRADERS)
def test_the_zip_gives_the_scores_of_the_grader_and_so_does_its_source(grader: Grader, tmp_path: Path):
    (tmp_path / "grader.py").write_text(dedent(grader.code))
    (tmp_path / "shared.py").write_text(SHARED)
    event = [
        {"id": str(index), "messages": [{"role": "nova_assistant", "content": text}], "reference_answer": gold}
        for index, (text, gold, _) in enumerate(grader.asked)
    ]
    package = build(f"{tmp_path / 'grader.py'}:lambda_handler", tmp_path / "grader.zip")
    record = record_of(package.path)
    assert record is not None
    source = grade_by_source(record, [event], timeout_s=60)
    with Runtime(package.path, handler=handler_in(package.path)) as runtime:
        zipped = runtime.invoke(event)
    assert (source.problem, zipped.error) == ("", None)
    scores = [result["aggregate_reward_score"] for result in zipped.payload]
    assert scores == pytest.approx([score for _, _, score in grader.asked])
    assert zipped.payload == source.answers[0]
