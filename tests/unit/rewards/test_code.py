"""`code_tests`: the share of assertions, what may be asked of the code, and the tricks that pay nothing."""

import platform
import sys
from pathlib import Path

import pytest

from rewards import Completion, Sample, UngradableError, code_tests
from rewards.running import run
from rewards.running.tester import UNFILTERED

filtered = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="the filter is of Linux"
)
DOUBLE = ["assert double(2) == 4", "assert double(-1) == -2", "assert double(0) == 0", "assert double('a') == 'aa'"]


def value(code: str, tests=DOUBLE, *, seconds: float = 10, **reference) -> float:
    sample = Sample("a", (), reference={"tests": tests, **reference})
    return code_tests(seconds=seconds)(sample, Completion(code)).value


def test_the_value_is_the_share_of_assertions():
    assert value("def double(n): return 2 * n") == 1
    assert value("def double(n): return 2 * abs(n)") == 0.5
    assert value("```python\ndouble = lambda n: n + n\n```") == 1
    assert value("def double(n: return") == value("") == value("I cannot.") == 0
    assert value("```\ndef double(n): return 2 * n\n```\n```\ndef double(n): return n\n```") == 0


def test_an_assertion_that_is_never_reached_is_not_passed():
    tests = (
        "n = double(2)\nassert n == 4\nif n == 5:\n    assert True\nfor m in range(3):\n    assert double(m) == 2 * m"
    )
    assert value("def double(n): return 2 * n", tests) == 2 / 3
    assert value("def double(n): return 2 * n if n < 2 else 4 if n == 2 else 0", tests) == 2 / 3
    assert value("def double(n): raise ValueError", tests) == 0


def test_check_of_a_candidate_with_setup():
    setup = "def poly(xs, x):\n    return sum(c * x ** i for i, c in enumerate(xs))\n\ndef root(xs):\n    pass\n"
    check = "def check(candidate):\n    for xs in ([1, 2], [-6, 11, -6, 1]):\n"
    check += "        assert abs(poly(xs, candidate(xs[:]))) < 1e-6\n"
    newton = (
        "def root(xs):\n    x = 0.5\n    for _ in range(99):\n        f = sum(c * x**i for i, c in enumerate(xs))\n"
    )
    newton += "        d = sum(i * c * x ** (i - 1) for i, c in enumerate(xs) if i)\n        x -= f / d\n    return x\n"
    assert value(newton, check, entry="root", setup=setup) == 1
    assert value("def root(xs): return 0", check, entry="root", setup=setup) == 0


def test_objects_exceptions_and_changed_arguments():
    code = """
from collections import deque
import math, os, sys

class Stack:
    def __init__(self, *items): self.items = deque(items)
    def push(self, item): self.items.append(item); return self
    def pop(self):
        if not self.items: raise IndexError("empty")
        return self.items.pop()
    def __iter__(self): return iter(self.items)
    def __len__(self): return len(self.items)
    def __str__(self): return "stack"

def sort(xs): xs.sort()
def squares(n):
    for i in range(n): yield i * i
def big(): return 2 ** 200, {1: (2, 3)}, {4}, b"x", 1j, math.inf
"""
    tests = """
s = Stack(1).push(2)
assert s.pop() == 2
assert list(s) == [1] and len(s) == 1 and str(s) == "stack"
s.pop()
try:
    s.pop()
    raise SystemError
except IndexError as error:
    assert "empty" in str(error)
xs = [3, 1, 2]
sort(xs)
assert xs == [1, 2, 3]
assert list(squares(4)) == [0, 1, 4, 9]
assert big() == (2 ** 200, {1: (2, 3)}, {4}, b"x", 1j, float("inf"))
"""
    assert value(code, tests) == 1


def test_what_tests_print_is_no_report():
    assert (
        value("def double(n): return 0", "import os\nprint('0 1')\nos.write(1, b'0 1\\nx')\nassert double(1) == 2") == 0
    )


@pytest.mark.parametrize("said", [[], [UNFILTERED]])
def test_code_that_limits_alone_hold_is_named(monkeypatch, said):
    lines = [*said, *(f"{n} 1".encode() for n in range(len(DOUBLE)))]
    monkeypatch.setattr(run, "_report", lambda *_: iter(lines))
    sample = Sample("a", (), reference={"tests": DOUBLE})
    score = code_tests()(sample, Completion("def double(n): return 2 * n"))
    assert score.value == 1
    assert ("limits alone" in score.reason) is bool(said)


TRICKS = sorted((Path(__file__).parents[2] / "fixtures" / "code_tricks").glob("*.txt"))


@filtered
@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.stem)
def test_tricks_pay_nothing(trick):
    assert value(trick.read_text(), seconds=3) == 0
    assert value("def double(n): return 2 * n") == 1, "the next answer is judged as before"


@filtered
@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/hostname').read()",
        "open('/tmp/x', 'w')",
        "os.listdir('/')",
        "os.stat('/')",
        "os.mkdir('/tmp/y')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "socket.socket()",
        "threading.Thread(target=print).start()",
        "os.kill(os.getpid(), 0)",
        "resource.setrlimit(resource.RLIMIT_CPU, (99, 99))",
        "ctypes.CDLL('libresolv.so.2')",
    ],
)
def test_the_code_under_test_can_only_compute(attempt):
    code = "import os, socket, threading, resource, ctypes\ndef attempt():\n"
    code += f"    try:\n        {attempt}\n    except Exception:\n        return 'refused'\n"
    assert value(code, ["assert attempt() == 'refused'"]) == 1


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ({"tests": "assert f("}, "no Python"),
        ({"tests": "f(1)"}, "assert nothing"),
        ({"tests": []}, "assert nothing"),
        ({"test": "assert f(1)"}, "must hold"),
        ({"tests": "assert f(1)", "setup": "def"}, "no Python"),
        ("assert f(1)", "must hold"),
    ],
)
def test_a_reference_without_tests_is_refused(reference, problem):
    with pytest.raises(UngradableError, match=problem):
        code_tests()(Sample("a", (), reference=reference), Completion("def f(n): return n"))


@pytest.mark.parametrize("limits", [{"seconds": 0}, {"seconds": 601}, {"megabytes": 8}])
def test_limits_have_a_range(limits):
    with pytest.raises(ValueError, match="seconds must be"):
        code_tests(**limits)
