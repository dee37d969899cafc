"""Which way an `if` of a grader goes in Lambda, where that is known before: by system, Python or type checker."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

# The system of Lambda's runtimes ("Lambda runtimes"), and what only type checkers and scripts see.
_KNOWN: Mapping[str, object] = {
    "TYPE_CHECKING": False,
    "typing.TYPE_CHECKING": False,
    "__name__ == '__main__'": False,
    "sys.platform": "linux",
    "os.name": "posix",
    "platform.system()": "Linux",
}
_OLDEST, _NEWEST = (3, 12), (3, 14)  # of the runtimes that `build` knows
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, several: value in several,
    ast.NotIn: lambda value, several: value not in several,
}


def holds_in_lambda(test: ast.expr) -> bool | None:
    """Whether a condition is true in every runtime of Lambda's; None where that depends on more.

    >>> [holds_in_lambda(ast.parse(text, mode="eval").body) for text in (
    ...     "sys.platform == 'win32'", "sys.version_info >= (3, 11)", "sys.version_info[0] < 3", "DEBUG")]
    [False, True, False, None]
    """
    known = _KNOWN.get(ast.unparse(test))
    if isinstance(known, bool):
        return known
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            holds = holds_in_lambda(inner)
            return None if holds is None else not holds
        case ast.BoolOp(op=op, values=values):
            return _together([holds_in_lambda(value) for value in values], every=isinstance(op, ast.And))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(ast.unparse(left), op, right)
        case ast.Call(func=ast.Attribute(value=system, attr="startswith"), args=[ast.Constant(value=str(start))]):
            name = _KNOWN.get(ast.unparse(system))
            return name.startswith(start) if isinstance(name, str) else None
    return None


def _together(parts: list[bool | None], *, every: bool) -> bool | None:
    if (not every) in parts:
        return not every
    return None if None in parts else every


def _compared(left: str, op: ast.cmpop, right: ast.expr) -> bool | None:
    try:
        value = ast.literal_eval(right)
    except ValueError:
        return None
    ends = {
        "sys.version_info": (_OLDEST, _NEWEST),
        "sys.version_info[:2]": (_OLDEST, _NEWEST),
        "sys.version_info[0]": (_OLDEST[0], _NEWEST[0]),
        "sys.version_info.major": (_OLDEST[0], _NEWEST[0]),
        "sys.version_info[1]": (_OLDEST[1], _NEWEST[1]),
        "sys.version_info.minor": (_OLDEST[1], _NEWEST[1]),
    }.get(left, (_KNOWN[left], _KNOWN[left]) if left in _KNOWN else None)
    if ends is None or type(op) not in _COMPARE:
        return None
    try:
        answers = {_COMPARE[type(op)](end, value) for end in ends}
    except TypeError:
        return None
    return answers.pop() if len(answers) == 1 else None
