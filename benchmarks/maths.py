"""How often `math_equal` agrees with the package math-verify: on generated answers, and on the pairs of its own tests.

    pip install math-verify==0.9.0
    python benchmarks/maths.py [--count 2000] [--seed 7] [--tests FOLDER]
    python benchmarks/maths.py --json COUNT                # that many pairs with the package's verdicts

FOLDER is the `tests` folder of a checkout of Math-Verify. Generated are numbers, formulas, sets, intervals and tuples
in two of their spellings, half of them the same answer. Every disagreement is printed. `tests/fixtures/maths.json`
holds the output of the last command, so that the tests need no computer algebra.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from rewards.comparing.maths import answer_of, are_equal


class Pair(NamedTuple):
    """A reference, an answer, and whether the answer is right where that is known."""

    reference: str
    answer: str
    right: bool | None = None


def generated(count: int, seed: int) -> Iterator[Pair]:
    """Answers in two spellings; of every second pair one is changed first.

    >>> next(generated(1, 7)).reference.startswith("$")
    True
    """
    draw = random.Random(seed)
    for index in range(count):
        kind = draw.choice(_KINDS)
        parameters = tuple(draw.randint(1, 12) for _ in range(4))
        other = parameters
        if index % 2:
            place = draw.randrange(4)
            other = tuple(value + draw.randint(1, 5) * (n == place) for n, value in enumerate(parameters))
        first, second = draw.choice(kind)(*parameters), draw.choice(kind)(*other)
        yield Pair(f"${first}$", f"${second}$", True if other == parameters else None)


Spelling = Callable[[int, int, int, int], str]


def _decimal(a: int, b: int, *_: int) -> str:
    return str(a + b / 8)


_KINDS: tuple[tuple[Spelling, ...], ...] = (
    (
        lambda a, b, c, d: rf"\frac{{{a}}}{{{b}}}",
        lambda a, b, c, d: f"{a}/{b}",
        lambda a, b, c, d: rf"\dfrac{{{2 * a}}}{{{2 * b}}}",
        lambda a, b, c, d: str(Fraction(a, b)),
    ),
    (_decimal, lambda a, b, c, d: rf"\frac{{{8 * a + b}}}{{8}}", lambda a, b, c, d: rf"{a} + \tfrac{{{b}}}{{8}}"),
    (
        lambda a, b, c, d: rf"{a}\sqrt{{{b}}}",
        lambda a, b, c, d: rf"\sqrt{{{a * a * b}}}",
        lambda a, b, c, d: rf"\frac{{{a * b}}}{{\sqrt{{{b}}}}}",
    ),
    (
        lambda a, b, c, d: f"(x+{a})(x-{b})",
        lambda a, b, c, d: f"x^2+{a - b}x-{a * b}".replace("+-", "-"),
        lambda a, b, c, d: f"(x-{b})(x+{a})",
    ),
    (
        lambda a, b, c, d: rf"\frac{{1}}{{x+{a}}} + \frac{{1}}{{x+{b}}}",
        lambda a, b, c, d: rf"\frac{{2x+{a + b}}}{{(x+{a})(x+{b})}}",
    ),
    (
        lambda a, b, c, d: f"{a}^{{{b % 4}}} \\cdot x^{{{c}}}",
        lambda a, b, c, d: f"{a ** (b % 4)}x^{{{c}}}",
    ),
    (
        lambda a, b, c, d: rf"[{a}, {a + b})",
        lambda a, b, c, d: rf"\left[{a},\frac{{{2 * (a + b)}}}{{2}}\right)",
    ),
    (
        lambda a, b, c, d: rf"(-\infty, {a}) \cup ({a + b}, \infty)",
        lambda a, b, c, d: rf"({a + b}, \infty) \cup (-\infty, {a})",
    ),
    (
        lambda a, b, c, d: rf"\{{{a}, {a + b}, {-c}\}}",
        lambda a, b, c, d: rf"\{{{-c}, {a + b}, {a}\}}",
    ),
    (lambda a, b, c, d: f"({a}, {-b}, {c})", lambda a, b, c, d: rf"\left({a}, -{b}, {c}\right)"),
    (
        lambda a, b, c, d: rf"\begin{{pmatrix}} {a} & {b} \\ {c} & {d} \end{{pmatrix}}",
        lambda a, b, c, d: rf"\begin{{bmatrix}} {a} & {b} \\ {c} & {d} \end{{bmatrix}}",
    ),
    (
        lambda a, b, c, d: rf"\frac{{{a}\pi}}{{{b}}}",
        lambda a, b, c, d: rf"\pi \cdot \frac{{{a}}}{{{b}}}",
        lambda a, b, c, d: rf"{a}\pi/{b}",
    ),
    (
        lambda a, b, c, d: rf"\sin^2({a}x) + {b}",
        lambda a, b, c, d: rf"{b + 1} - \cos^2({a}x)",
    ),
    (lambda a, b, c, d: rf"\ln {a * b + 1} + e^{c}", lambda a, b, c, d: rf"e^{{{c}}} + \ln({a * b + 1})"),
    (lambda a, b, c, d: rf"\log_{{{a + 1}}} {(a + 1) ** 2} + {b}", lambda a, b, c, d: str(2 + b)),
    (lambda a, b, c, d: f"{a} + {b}i", lambda a, b, c, d: f"{b}i + {a}"),
    (lambda a, b, c, d: f"{a},{b:03d},{c:03d}", lambda a, b, c, d: str(a * 1_000_000 + b * 1_000 + c)),
    (lambda a, b, c, d: rf"{a}\%", lambda a, b, c, d: str(a)),
    (lambda a, b, c, d: rf"{a}\text{{ cm}}", lambda a, b, c, d: str(a)),
    (lambda a, b, c, d: f"{a} \\pm \\sqrt{{{b + 1}}}", lambda a, b, c, d: rf"{a} \pm \sqrt{{{b + 1}}}"),
    (lambda a, b, c, d: f"x = {a}", lambda a, b, c, d: str(a)),
    (lambda a, b, c, d: f"x > {a}", lambda a, b, c, d: f"{a} < x"),
    (lambda a, b, c, d: rf"\binom{{{a + b}}}{{{b}}}", lambda a, b, c, d: rf"\frac{{{a + b}!}}{{{a}!{b}!}}"),
    (lambda a, b, c, d: f"y = {a}x + {b}", lambda a, b, c, d: f"y - {a}x = {b}"),
)


def of_tests(folder: Path) -> Iterator[Pair]:
    """The labelled pairs in the tests of a checkout of Math-Verify, read as literals."""
    for file in sorted(folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple) and len(node.elts) >= 3:
                try:
                    reference, answer, right = (ast.literal_eval(item) for item in node.elts[:3])
                except ValueError:
                    continue
                if isinstance(reference, str) and isinstance(answer, str) and right in (0, 1):
                    yield Pair(reference, answer, bool(right))


def verdict_of_the_package(pair: Pair) -> bool | None:
    """What math-verify says; None where it cannot read one of the two."""
    from math_verify import parse, verify  # type: ignore[import-not-found]  # not of the project

    reference, answer = parse(pair.reference), parse(pair.answer)
    return bool(verify(reference, answer)) if reference and answer else None


def ours(pair: Pair) -> bool:
    """What `math_equal` says."""
    return are_equal(answer_of(pair.answer), answer_of(pair.reference))


def main() -> None:
    """Print both agreements and every disagreement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--tests", type=Path)
    parser.add_argument("--json", type=int, metavar="COUNT")
    arguments = parser.parse_args()
    if arguments.json:
        pairs = generated(arguments.json, arguments.seed)
        print(json.dumps([[*pair[:2], verdict_of_the_package(pair)] for pair in pairs], indent=0))
        return
    report(list(generated(arguments.count, arguments.seed)))
    if arguments.tests:
        labelled = list(of_tests(arguments.tests))
        wrong = [pair for pair in labelled if ours(pair) != pair.right]
        for pair in wrong:
            print(f"  {pair.reference[-60:]!r} | {pair.answer[-60:]!r}: labelled {pair.right}")
        print(f"its own tests: {len(labelled) - len(wrong)} of {len(labelled)} pairs as labelled")


def report(pairs: list[Pair]) -> None:
    """Print how often generated pairs are judged alike, and how long a pair takes."""
    spent, verdicts = _timed(ours, pairs)
    theirs, others = _timed(verdict_of_the_package, pairs)
    judged = list(zip(pairs, verdicts, others, strict=True))
    both = [(pair, ours, other) for pair, ours, other in judged if other is not None]
    for pair, verdict, other in both:
        if verdict != other:
            print(f"  {pair.reference} | {pair.answer}: {verdict}, math-verify {other}")
    agreed = sum(verdict == other for _, verdict, other in both)
    equal = [verdict for pair, verdict, _ in judged if pair.right]
    print(f"generated: {agreed} of {len(both)} pairs that both decide are judged alike ({agreed / len(both):.2%})")
    print(f"of {len(equal)} pairs that are equal by construction {sum(map(bool, equal))} are called equal")
    print(f"{1e3 * spent / len(pairs):.2f} ms a pair, math-verify {1e3 * theirs / len(pairs):.2f} ms")


def _timed(judge: Callable[[Pair], bool | None], pairs: list[Pair]) -> tuple[float, list[bool | None]]:
    began = time.process_time()
    verdicts = [judge(pair) for pair in pairs]
    return time.process_time() - began, verdicts


if __name__ == "__main__":
    main()
