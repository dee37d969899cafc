"""The component for answers that are a program, judged by the tests of the row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rewards.errors import UngradableError
from rewards.limits import MAX_TEXT_CHARS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.parsing.fences import only_code
from rewards.running.run import RowTests, assertions_of, may_pass, run_tests
from rewards.types import JSON, Completion, Sample, Score

_KEYS = ("tests", "entry", "setup")


def code_tests(answer: AnswerFormat = WHOLE_ANSWER, *, seconds: float = 10, megabytes: int = 512) -> CodeTests:
    """The share of the row's assertions that the answer's Python passes, in [0, 1].

    The reference holds `tests`: text with `assert` statements, a list of them, or a function `check(candidate)` for the
    function named `entry`; and, where they need it, `setup`, code that runs before them. An assertion passes that is
    evaluated and holds each time. All have `seconds` together, and each process `megabytes` of memory.

    An answer is Python, or has it in its only fenced block. It runs in a process of its own and the tests in another:
    only plain data goes between them, so the answer cannot see the tests, an object of its own equals nothing, and
    leaving early fails what is left. On Linux (x86-64, arm64) both can open no file, socket, process or thread,
    whatever the code does; what it imports from the standard library is loaded before. Elsewhere only the limits hold.

    Source: the share of tests passed, of APPS (arXiv 2105.09938); `check(candidate)` as in HumanEval (arXiv
    2107.03374), lists of assertions as in MBPP (arXiv 2108.07732).

    >>> from rewards import Completion, Sample
    >>> sample = Sample("a", (), reference={"tests": ["assert double(2) == 4", "assert double(-1) == -2"]})
    >>> code_tests()(sample, Completion("def double(n): return n * n")).value
    0.5
    """
    if not 0 < seconds <= 600 or not 64 <= megabytes <= 8_192:
        raise ValueError(f"seconds must be up to 600 and megabytes 64 to 8192, got {seconds!r} and {megabytes!r}")
    return CodeTests(answer, seconds, megabytes)


@dataclass(frozen=True)
class CodeTests:
    """See `code_tests`."""

    name: ClassVar[str] = "code_tests"
    answer: AnswerFormat = WHOLE_ANSWER
    seconds: float = 10
    megabytes: int = 512

    def expected(self, sample: Sample) -> RowTests:
        """The tests; raises UngradableError where there are none to judge by."""
        reference = self.answer.expected_structure(sample)
        tests = _tests(reference)
        problem = f"it must hold `tests`, and may hold `entry` and `setup`, as text: got {reference!r:.200}"
        if tests is not None:
            problem = _problem(tests)
        if tests is None or problem:
            raise UngradableError(f"the reference of sample {sample.id!r}: {problem}")
        return tests

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Run the tests."""
        tests = self.expected(sample)
        text = self.answer.text(completion)
        code = only_code(text) if text is not None and len(text) <= MAX_TEXT_CHARS else None
        if not code:
            return Score(0.0, "no code, or several blocks of it")
        total = assertions_of(tests)
        if not may_pass(code, tests):
            return Score(0.0, "no Python, or none that names what is tested")
        good, filtered = run_tests(code, tests, seconds=self.seconds, megabytes=self.megabytes)
        held = "" if filtered else "; the code ran under limits alone, this kernel has no filter for it"
        return Score(good / total, f"{good} of {total} assertions{held}")


def _tests(reference: JSON) -> RowTests | None:
    if not isinstance(reference, dict) or not set(reference) <= set(_KEYS):
        return None
    tests = reference.get("tests")
    text = "\n".join(map(str, tests)) if isinstance(tests, list) else tests
    entry, setup = reference.get("entry", ""), reference.get("setup", "")
    if isinstance(text, str) and isinstance(entry, str) and isinstance(setup, str):
        return RowTests(text, entry, setup)
    return None


def _problem(tests: RowTests) -> str:
    """Why no answer could be judged by the tests; empty where one could."""
    try:
        total = assertions_of(tests)
    except (SyntaxError, ValueError, RecursionError) as error:
        return f"its tests are no Python: {error}"
    return "" if total else "its tests assert nothing"
