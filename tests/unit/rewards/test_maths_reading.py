"""How a written answer is read, node by node, and what functions are worth, beside Python's own."""

from __future__ import annotations

import cmath
import json
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from rewards.comparing.maths import answer_of, are_equal
from rewards.comparing.maths.decimals import Complex, complex_of, exponential, logarithm, power, root
from rewards.comparing.maths.nodes import Apply, Group, MathError, Matrix, Node, Number, Relation, Symbol, Text, Unit
from rewards.comparing.maths.reading import read_answer
from rewards.comparing.maths.values import Value, value_of

TREES: list[list[str]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "maths_trees.json").read_text(encoding="utf-8")
)


def shown(node: Node) -> str:
    """A tree on a line: `(+ 1 x)`, `<5 cm>`, `{x = 1}`, `'words'`, `|1 2; 3 4|`, and `5/2.1` for 2.5."""
    match node:
        case Number(value, decimals):
            return f"{value}.{decimals}" if decimals else f"{value}"
        case Symbol(name):
            return name
        case Text(words):
            return f"'{words}'"
        case Unit(item, name):
            return f"<{shown(item)} {name}>"
        case Group(opening, items, closing):
            return f"{opening or '·'}{' '.join(map(shown, items))}{closing or '·'}"
        case Matrix(rows):
            return "|" + "; ".join(" ".join(map(shown, row)) for row in rows) + "|"
        case Relation(sides, signs):
            first, *others = map(shown, sides)
            return "{" + " ".join([first, *(f"{sign} {side}" for sign, side in zip(signs, others, strict=True))]) + "}"
        case Apply(name, items):
            return f"({name} {' '.join(map(shown, items))})"
    raise AssertionError(node)


def read(text: str) -> str:
    try:
        return shown(read_answer(text))
    except MathError as error:
        return f"! {error}"


def test_an_answer_is_read_as_this_tree() -> None:
    """Each line of the table: a text, and its tree or, behind an exclamation mark, why it has none."""
    assert [[text, read(text)] for text, _ in TREES] == TREES


@pytest.mark.parametrize(
    ("text", "problem"),
    [("1+" * 200 + "1", "cannot read"), ("1" * 1001, "the number is too long"), ("x" * 2001, "the answer is too long")],
)
def test_what_is_too_long_is_not_read(text: str, problem: str) -> None:
    with pytest.raises(MathError, match=problem):
        read_answer(text)


@pytest.mark.parametrize("text", ["(" * 50 + "1" + ")" * 50, r"\sqrt{" * 45 + "2" + "}" * 45, "-" * 60 + "1"])
def test_what_is_nested_too_deeply_has_no_tree(text: str) -> None:
    assert answer_of(text).tree is None


def number(value: Value) -> complex:
    return complex(float(complex_of(value).re), float(complex_of(value).im))


REAL = [-1e6, -100.5, -7.0, -3.0, -1.0, -0.999, -0.5, -1e-6, 0.0, 1e-6, 0.04, 0.3, 0.5, 1.0, 2.0, 3.0, 10.0, 355.0, 1e6]
FUNCTIONS: dict[str, tuple[Callable[[float], float], float, float]] = {
    "sin": (math.sin, -1e9, 1e9), "cos": (math.cos, -1e9, 1e9), "tan": (math.tan, -1e9, 1e9),
    "cot": (lambda x: 1 / math.tan(x), -1e9, -1e-9), "sec": (lambda x: 1 / math.cos(x), -1e9, 1e9),
    "csc": (lambda x: 1 / math.sin(x), 1e-9, 1e9), "arcsin": (math.asin, -1, 1), "arccos": (math.acos, -1, 1),
    "arctan": (math.atan, -1e9, 1e9), "sinh": (math.sinh, -300, 300), "cosh": (math.cosh, -300, 300),
    "tanh": (math.tanh, -300, 300), "exp": (math.exp, -300, 300), "ln": (math.log, 1e-9, 1e9),
    "log": (math.log10, 1e-9, 1e9), "sqrt": (math.sqrt, 0, 1e9), "abs": (abs, -1e9, 1e9),
    "floor": (math.floor, -1e9, 1e9), "ceil": (math.ceil, -1e9, 1e9), "neg": (lambda x: -x, -1e9, 1e9),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_worth_what_python_s_is(name: str) -> None:
    function, low, high = FUNCTIONS[name]
    for x in (x for x in REAL if low <= x <= high):
        found = number(value_of(Apply(name, (Symbol("x"),)), {"x": Fraction(x)}))
        assert found == pytest.approx(function(x), rel=1e-9, abs=1e-12), x
        assert found.imag == 0


COMPLEX = [complex(re, im) for re in (-2.0, -0.5, 0.0, 0.5, 3.0) for im in (-2.0, -0.25, 0.0, 0.25, 2.0) if re or im]


def as_complex(z: complex) -> Complex:
    return Complex(Decimal(z.real), Decimal(z.imag))


@pytest.mark.parametrize("z", COMPLEX)
def test_complex_values_are_those_of_python(z: complex) -> None:
    assert number(exponential(as_complex(z))) == pytest.approx(cmath.exp(z), rel=1e-12)
    assert number(logarithm(as_complex(z))) == pytest.approx(cmath.log(z), rel=1e-12, abs=1e-12)
    for w in (complex(2), complex(-1), complex(0.5), complex(1.5, -1)):
        assert number(power(as_complex(z), as_complex(w))) == pytest.approx(z**w, rel=1e-12, abs=1e-12)
    for degree in (2, 3, 5):
        if z.imag or z.real > 0:
            assert number(root(as_complex(z), degree)) == pytest.approx(z ** (1 / degree), rel=1e-12, abs=1e-12)
        elif degree % 2:  # of a negative number the real one
            assert number(root(as_complex(z), degree)) == pytest.approx(-(abs(z) ** (1 / degree)), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("0^0", "zero to a power"), ("0^{-1}", "zero to a power"), ("1/0", "division by zero"),
     (r"\ln 0", "logarithm of zero"),
     (r"\arcsin 2", "no such angle"), (r"\sqrt[1]{2}", "no such root"), (r"\sqrt[1.5]{2}", "not a whole number"),
     ("501!", "no factorial"), ("(-1)!", "no factorial"), (r"\binom{2}{3}", "no such binomial"),
     (r"\sin 10^{10}", "too large"),
     (r"\sin i", "not a real number"), (r"\{1,2\} + 1", "no number"),
     (r"\lfloor 10^{40}\pi \rfloor", "too large to be rounded"),
     ("+".join(["2^{0.5}"] * 21), "too much to compute"), (r"\max(1, i)", "not a real number"),
     ("x", "no value for x")],
)  # fmt: skip
def test_a_value_that_does_not_exist_is_said_to_be_none(text: str, problem: str) -> None:
    with pytest.raises(MathError, match=problem):
        value_of(read_answer(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [("0^1", 0), ("0^{0.5}", 0), ("2^{10}", 1024), (r"\max(1, 3, 2)", 3), (r"\min(1, 3, -2)", -2),
     (r"\binom{5}{2}", 10),
     (r"\gcd(12, 18)", 6), (r"\operatorname{lcm}(4, 6)", 12), ("5!", 120), ("0!", 1), (r"\binom{4}{0}", 1),
     ("500!/499!", 500),
     (r"\sqrt[3]{-27}", -3), (r"\lfloor -2.5 \rfloor", -3), (r"\lceil -2.5 \rceil", -2),
     (r"\lfloor \sqrt{16} \rfloor", 4),
     (r"\log_2 1024", 10), (r"\sin 30^\circ", 0.5), ("50%", 0.5), ("2^3^2", 512), ("i^2", -1), ("|3+4i|", 5)],
)  # fmt: skip
def test_a_value_is_this_number(text: str, value: float) -> None:
    assert number(value_of(read_answer(text))) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"So $x = \boxed{\frac12}$.", r"\frac12"), (r"\boxed{1} and \boxed{2}", "1, 2"),
        (r"\boxed{1}, again \boxed{1}", "1"),
        (r"\boxed{\text{a}} \boxed{2}", r"\text{a}, 2"), (r"\boxed{1+1} = \boxed{2}", "1+1"), (r"\fbox{3}", "3"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"), (r"\boxed{\boxed{3}}", r"\boxed{3}"), ("The answer is 7.", "7"),
        ("Answer: $7$", "7"),
        ("#### 1,234", "1,234"), ("It is $3$, so there.", "3"),
        ("It is $3$ or $4$, so there.", "It is $3$ or $4$, so there"),
        ("the answer is 5\nthe answer is 6", "5, 6"), ("ans = 4", "4"), ("Antwort: 3", "3"), ("答案是 3。", "3"),
        ("정답은 3입니다.", "3"),
        (r"\boxed{1} \boxed{2", "1"), ("**7**", "7"), ("= 7", "7"), ('"7"', "7"), ("", ""),
        ("The final answer is $x = 2$, as shown.", "x = 2"), ("We get $2$ and the answer is the number $5$.", "5"),
        ("".join(rf"\boxed{{{n}}}" for n in range(17)), ""),
    ],
)  # fmt: skip
def test_the_answer_of_a_text_is_this(text: str, found: str) -> None:
    assert answer_of(text).text == found


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (r"\begin{pmatrix} 1 & 2 \end{pmatrix}", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", False),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", "(1, 2)", True),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", "(2, 1)", False),
        ("204_5", "204", True), ("204_5", "54", False), ("204_5", "204_6", False), ("1:2", "2:4", True),
        ("1:2", "1/2", True),
        ("1:2", "2:1", False), ("1:2:3", "2:4:6", True), ("1:2:3", "1:2", False), ("1:0", "2:0", False),
        ("x = 1, y = 2", "(1, 2)", True), ("y = 2, x = 1", "(1, 2)", True), ("y = 2, x = 1", "(2, 1)", False),
        (r"\frac13 \approx 0.33", r"\frac13", True), (r"x = 3 + 4 = 7", "7", True), (r"x \approx 0.33", "0.33", True),
        ("f(x) = 2", "2", True), ("x = 1", "y = 1", False), ("x = 1", "1 = x", True), ("2x = 2y", "x = y", True),
        ("x + y = 1", "x - y = 1", False), (r"1 \pm 2", "3, -1", True), (r"1 \mp 2", "3, -1", True),
        (r"1 \pm 2", "3, 1", False),
        (r"(1 \pm 2)/2", "1.5, -0.5", True), ("x < 1", "1 > x", True), ("x < 1", "x > 1", False),
        ("x < y", "y > x", True),
        ("1 < x < 2", "(1, 2)", True), ("x > 3", r"(3, \infty)", True), ("x > 3", r"[3, \infty)", False),
        ("f(x) > 3", r"(3, \infty)", True), (r"x \ne 0", r"(-\infty, 0) \cup (0, \infty)", True),
        (r"\mathbb{R} \setminus \{0\}", r"x \ne 0", True), (r"\mathbb{Z}", r"\mathbb{N}", False),
        (r"(1,3) \cap (2,4)", "(2,3)", True),
        (r"[1,3) \setminus (1,2)", r"\{1\} \cup [2,3)", True), (r"x > 10^6", r"x > 10^6 + 1", False),
        ("0.333333", r"\frac13", True), ("0.33333", r"\frac13", False), ("-0.333333", r"-\frac13", True),
        ("0.333334", r"\frac13", False),
        ("yes", "Yes", True), ("yes", "no", False), (r"\text{no solution}", "No Solution!", True),
        ("A", "a", False), ("yes", "y", False), ("DNE", "dne", True),
        ("5 \\text{ dollars}", r"\$5", True), ("5 yen", "¥5", True), ("5 euros", "€5", True), ("€5", r"\$5", False),
        ("n!", "n(n-1)!", True), (r"\binom{n}{2}", r"\frac{n(n-1)}{2}", True),
        (r"\binom{n}{2}", r"\frac{n(n+1)}{2}", False),
        (r"\sin^2 x + \cos^2 x", "1", True), (r"\sqrt{x^2}", "x", False), (r"\sqrt{x^2}", "|x|", True),
        ("x/x", "1", True),
        (r"\sin 30^{\circ}", "1/2", True), ("90^{\\circ}", "90 degrees", True), (r"\\frac{1}{2}", "1/2", True),
        (r"\begin{pmatrix} 1 \\x \end{pmatrix}", r"\begin{pmatrix} 1 \\ x \end{pmatrix}", True),
        ("x^+2", "x^2", True), ("x^-2", "x^2", False), ("x^{+2}", "x^{-2}", False),
        (r"\{5\}", "5", True), (r"\{5\}", "6", False),
        (r"\ln x > 0", r"(1, \infty)", True), (r"\ln x > 0", r"(0, \infty)", False), (r"\sqrt{x} < 2", "[0, 4)", True),
        (r"\sqrt{x} < 2", "x < 4", False), (r"\frac{1}{x} > 0", "x > 0", True), (r"\frac{1}{x} > 0", "x \\ge 0", False),
        (r"\text{AB}", "AB", True), (r"\text{ab}", "AB", True), (r"\text{AC}", "AB", False), (r"\text{A}", "A", True),
        (r"\begin{cases} x \\ y \end{cases}", r"\begin{cases}x\\y\end{cases}", True), (r"\text{@ home}", "@home", True),
        (r"\text{@ home}", "@ work", False), ("@a.b", "@ab", True), ("x = 1, y = 2", r"\{1, 2\}", True),
        ("x = 1, x = 2", "(1, 2)", True), ("x = 2, x = 1", "(1, 2)", False),
        ("a, b", "(a, b)", True), ("b, a", "(a, b)", False),
        ("f(x) > 3", "g > 3", True), ("x > 3", "y > 3", True), ("1 < f(x) < 2", "(1, 2)", True), ("2", "(2, 3)", False),
    ],
)  # fmt: skip
def test_two_answers_are_one_or_not(one: str, other: str, equal: bool) -> None:
    first, second = answer_of(one), answer_of(other)
    assert (are_equal(first, second), are_equal(second, first)) == (equal, equal)


def test_a_tree_may_have_forty_levels() -> None:
    assert shown(read_answer("x" + "'" * 39)).count("prime") == 39
    with pytest.raises(MathError, match=r"^nested too deeply$"):
        read_answer("x" + "'" * 40)


@pytest.mark.parametrize(
    ("decimal", "exact", "rounds"),
    [("0.1234565", "0.12345651", True), ("0.123456", "0.1234565", True), ("0.123457", "0.1234565", True),
     ("0.123456", "0.12345651", False), ("1.414214", r"\sqrt2", True),
     ("1.414213", r"\sqrt2", False), ("1.41421", r"\sqrt2", False)],
)  # fmt: skip
def test_six_decimals_may_stand_for_what_rounds_to_them(decimal: str, exact: str, rounds: bool) -> None:
    assert are_equal(answer_of(decimal), answer_of(exact)) is rounds


@pytest.mark.parametrize("text", ["oo", r"\infty", "inf", "infinity", "∞"])
def test_infinity_is_one_symbol(text: str) -> None:
    assert read_answer(text) == Symbol("inf")


def test_numbers_have_a_thousand_digits_at_most() -> None:
    assert isinstance(read_answer("1" * 1000), Number)
    with pytest.raises(MathError, match=r"^the number is too long$"):
        read_answer("1" * 1001)


def test_a_value_is_on_one_side_of_an_end() -> None:
    """Sets are compared at their ends, beside them, between and beyond."""
    for low, high in ((0, 1), (-1, 0), (2, 1001), (-1001, 5)):
        one, other = answer_of(f"({low}, {high})"), answer_of(f"{low} < y < {high}")
        assert are_equal(one, other)
        for wrong in (
            f"{low} <= y < {high}",
            f"{low} < y <= {high}",
            f"{low - 1} < y < {high}",
            f"{low} < y < {high + 1}",
        ):
            assert not are_equal(one, answer_of(wrong))
        assert not are_equal(answer_of(f"y > {low}"), answer_of(f"y > {high}"))
        assert not are_equal(answer_of(f"y < {low}"), answer_of(f"y > {low}"))
