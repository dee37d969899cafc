"""Our own source without its docstrings: half of it is prose that every cold start would read. Line numbers stay."""

from __future__ import annotations

import ast

_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def without_docstrings(source: bytes) -> bytes:
    r"""`source` with a full stop for each docstring, on as many lines as before: tracebacks match the repository.

    Not an empty one: for a class without docstring `dataclass` works out a signature, 0.5 ms for each.

    >>> without_docstrings(b'def f():\n    \"\"\"Two\n    lines.\"\"\"\n    return 1\n')
    b'def f():\n    "."\n\n    return 1\n'
    """
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            _empty(node.body[0], lines)
    return b"".join(lines)


def _empty(docstring: ast.stmt, lines: list[bytes]) -> None:
    assert docstring.end_lineno is not None  # ast.parse sets it
    assert docstring.end_col_offset is not None
    first, last = docstring.lineno - 1, docstring.end_lineno - 1
    head, tail = lines[first][: docstring.col_offset], lines[last][docstring.end_col_offset :]
    lines[first : last + 1] = [head + b'"."' + (tail if first == last else b"\n"), *[b"\n"] * (last - first)]
    if first != last and tail.strip():
        raise ValueError(f"line {last + 1} goes on after a docstring")
