"""The assertions of a test: counted, and rewritten so that each says how it came out and the next still runs."""

from __future__ import annotations

import ast
import builtins
from typing import NamedTuple


class Counted(NamedTuple):
    """A test whose assertions report, and how many there are."""

    tree: ast.Module
    total: int


def counted(tests: str) -> Counted:
    """`tests` with each `assert` as a call of `_record`; raises SyntaxError for what is no Python.

    >>> counted("assert f(1) == 2\\nassert f(2) == 3").total
    2
    """
    rewriter = _Rewriter()
    tree = rewriter.visit(ast.parse(tests))
    return Counted(tree, rewriter.count)


def served_names(tests: str, setup: str) -> frozenset[str]:
    """The names that tests use and nobody there makes: those of the code under test.

    >>> sorted(served_names("n = 2\\nassert double(n) == len('ab') * helper(n)", "def helper(n): return n"))
    ['double']
    """
    used: set[str] = set()
    made: set[str] = {"candidate", *dir(builtins)}
    for node in [*ast.walk(ast.parse(tests)), *ast.walk(ast.parse(setup))]:
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
    return frozenset(used - made)


class _Rewriter(ast.NodeTransformer):
    """`assert x` as `try: _passed = bool(x)`, `except Exception: _passed = False`, `_record(index, _passed)`."""

    def __init__(self) -> None:
        self.count = 0

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        source = f"try:\n    _passed = bool(0)\nexcept Exception:\n    _passed = False\n_record({self.count}, _passed)"
        self.count += 1
        statements = ast.parse(source).body
        attempt = statements[0]
        assert isinstance(attempt, ast.Try)
        assignment = attempt.body[0]
        assert isinstance(assignment, ast.Assign)
        assert isinstance(assignment.value, ast.Call)
        assignment.value.args = [node.test]
        return [ast.copy_location(statement, node) for statement in statements]
