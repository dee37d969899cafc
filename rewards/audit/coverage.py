"""Which branches of a grader's own code a call takes, and the constants written in that code.

Standard library only, and imports nothing of ours: `rft audit` puts a copy of this file into the zip that it runs.
"""

from __future__ import annotations

import functools
import re
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

LIBRARIES = ("rewards", "lambda_package", "awslambdaric")
"""Packages whose branches are not the grader's own: it is made with them."""
MAX_CONSTANTS = 160
MAX_OBJECTS = 4000  # looked through for constants
MAX_MEMBERS = 60  # of one container: a table of ten thousand words is data
MAX_CHARS = 120  # longer texts are prose
COMPREHENSIONS = frozenset({"<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>"})
"""Entered once for each item, and too costly to be traced by opcodes; Python 3.12 runs most of them inline."""
_TOOL = 4  # a tool id that Python leaves free; coverage has 1, debuggers have 0


def is_own_file(name: str) -> bool:
    """Whether code of this file name belongs to the grader: neither Python's nor installed nor one of `LIBRARIES`.

    >>> is_own_file("/project/grader.py"), is_own_file(re.__file__), is_own_file("<frozen importlib._bootstrap>")
    (True, False, False)
    """
    return _is_own(name, tuple(_folders()))


@functools.lru_cache(maxsize=4096)
def _is_own(name: str, foreign: tuple[str, ...]) -> bool:
    steps = name.replace("\\", "/").split("/")
    installed = "site-packages" in steps or "dist-packages" in steps
    return not (installed or name.startswith(("<frozen", *foreign)) or steps[-1].startswith("rft_audit_"))


def _folders() -> Iterator[str]:
    yield sysconfig.get_paths()["stdlib"]
    for name in LIBRARIES:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file:
            yield str(Path(file).parent)


class Coverage:
    """The branches taken so far in own code.

    >>> def sign(x):
    ...     return "-" if x < 0 else "+"
    >>> coverage = Coverage()
    >>> [coverage.run(sign, x) and coverage.new > 0 for x in (1, 2, -1, -2)]
    [True, False, True, False]
    """

    def __init__(self) -> None:
        self.seen: set[tuple[int, int, int]] = set()
        self.new = 0
        """Branches that the last call took first."""
        self._codes: dict[int, tuple[CodeType, bool]] = {}  # keeps them alive: an id is never given twice

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function` returns or raises."""
        before = len(self.seen)
        try:
            return (
                self._monitored(function, arguments)
                if hasattr(sys, "monitoring")
                else self._traced(function, arguments)
            )
        finally:
            self.new = len(self.seen) - before

    def _is_own(self, code: CodeType) -> bool:
        known = self._codes.get(id(code))
        if known is None:
            known = self._codes[id(code)] = (code, is_own_file(code.co_filename))
        return known[1]

    def _monitored(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined]  # from Python 3.12 on
        events = monitoring.events
        both: int = events.LINE | events.BRANCH

        def line(code: CodeType, number: int) -> Any:
            if self._is_own(code):
                self.seen.add((id(code), -1, number))
            return monitoring.DISABLE

        def branch(code: CodeType, start: int, end: int) -> Any:
            if not self._is_own(code):
                return monitoring.DISABLE
            self.seen.add((id(code), start, end))
            return None

        try:
            monitoring.use_tool_id(_TOOL, "rft audit")
        except ValueError:  # somebody has it: the answers count, the branches do not
            return function(*arguments)
        monitoring.register_callback(_TOOL, events.LINE, line)
        monitoring.register_callback(_TOOL, events.BRANCH, branch)
        monitoring.set_events(_TOOL, both)
        try:
            return function(*arguments)
        finally:
            monitoring.set_events(_TOOL, 0)
            monitoring.free_tool_id(_TOOL)

    def _traced(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        outer = sys.gettrace()
        sys.settrace(self._entered)
        try:
            return function(*arguments)
        finally:
            sys.settrace(outer)

    def _entered(self, frame: FrameType, event: str, _: object) -> Any:
        code = frame.f_code
        if not self._is_own(code) or code.co_name in COMPREHENSIONS:
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True  # two ways through one line are two branches
        last, key, seen = -1, id(code), self.seen

        def step(frame: FrameType, event: str, _: object) -> Any:
            nonlocal last
            if event == "opcode":
                seen.add((key, last, frame.f_lasti))
                last = frame.f_lasti
            return step

        return step


def constants_of(grader: object) -> list[str | float]:
    """Texts and numbers in the code of a grader, in the functions it calls, and in what they refer to by name.

    In the order of the code: of a key and its value one comes behind the other.

    >>> def graded(answer):
    ...     return answer.get("mode") == "debug" or len(answer) > 7
    >>> constants_of(graded)
    ['mode', 'debug', 7]
    """
    found: dict[tuple[type, object], str | float] = {}
    for one in _reached(grader):
        if isinstance(one, re.Pattern):
            one = one.pattern
        if isinstance(one, str) and 0 < len(one) <= MAX_CHARS and one.isprintable():
            found.setdefault((str, one), one)
        elif isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < 1e15:
            found.setdefault((float, one), one)
        if len(found) == MAX_CONSTANTS:
            break
    return list(found.values())


def _reached(root: object) -> Iterator[object]:
    """Everything a grader refers to, nearest first."""
    queue, seen = [root], dict[int, object]()
    while queue and len(seen) < MAX_OBJECTS:
        one = queue.pop(0)
        if id(one) not in seen or isinstance(one, str | int | float):
            seen[id(one)] = one
            yield one
            queue += _children(one)


def _children(one: object) -> list[object]:
    if isinstance(one, FunctionType):
        return _of_function(one)
    if isinstance(one, CodeType):
        return [const for const in one.co_consts if const is not None]
    if isinstance(one, MethodType):
        return [one.__func__, one.__self__]
    if isinstance(one, functools.partial):
        return [one.func, *one.args, *one.keywords.values()]
    if isinstance(one, dict):
        return [part for pair in list(one.items())[:MAX_MEMBERS] for part in pair]
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)[:MAX_MEMBERS] if isinstance(one, list | tuple) else sorted(one, key=repr)[:MAX_MEMBERS]
    if isinstance(one, type):
        return [value for value in vars(one).values() if isinstance(value, FunctionType)] if _is_ours(one) else []
    if is_dataclass(one):
        return [getattr(one, field.name, None) for field in fields(one)] + _call_of(one)
    return [*vars(one).values(), *_call_of(one)] if _is_ours(type(one)) and hasattr(one, "__dict__") else []


def _call_of(one: object) -> list[object]:
    call = vars(type(one)).get("__call__")
    return [call] if isinstance(call, FunctionType) else []


def _is_ours(kind: type) -> bool:
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return file is not None and is_own_file(file)


def _of_function(one: FunctionType) -> list[object]:
    cells = [cell.cell_contents for cell in one.__closure__ or () if _is_full(cell)]
    if not is_own_file(one.__code__.co_filename):
        return cells
    consts = [const for const in one.__code__.co_consts if const is not None and const is not one.__doc__]
    names = _names_in(one.__code__)
    named = [one.__globals__[name] for name in names if name in one.__globals__]
    inside = [getattr(module, name, None) for module in named if isinstance(module, ModuleType) for name in names
              if is_own_file(getattr(module, "__file__", None) or "<frozen>")]  # fmt: skip
    return [*consts, *cells, *(one.__defaults__ or ()), *(one.__kwdefaults__ or {}).values(), *named, *inside]


def _is_full(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  an empty cell raises
    except ValueError:
        return False
    return True


def _names_in(code: CodeType) -> list[str]:
    inner = [name for const in code.co_consts if isinstance(const, CodeType) for name in _names_in(const)]
    return list(dict.fromkeys([*code.co_names, *inner]))
