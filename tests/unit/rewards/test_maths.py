"""`math_equal`: what is equal, what only looks so, where the answer is found, and that hostile text costs little."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import AnswerFormat, Completion, Sample, UngradableError, math_equal
from rewards.comparing.maths import answer_of, are_equal

PAIRS = json.loads((Path(__file__).parents[2] / "fixtures" / "maths.json").read_text())


def value(reference, text: str, **answer) -> float:
    return math_equal(AnswerFormat(**answer))(Sample("a", (), reference=reference), Completion(text)).value


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        (r"\frac{3}{4}", "0.75"),
        (r"\frac34", "3/4"),
        ("1,234,567", "1234567"),
        (r"32{,}349", r"32,\!349"),
        (r"1\frac{1}{2}", "1 1/2"),
        (r"0.\overline{3}", r"\frac13"),
        (r"\sqrt{12}", r"2\sqrt3"),
        (r"\sqrt[3]{-8}", "-2"),
        (r"\frac{1}{1+\sqrt{2}}", r"\sqrt2-1"),
        (r"e^{i\pi}", "-1"),
        ("3+4i", "4i+3"),
        (r"\log_2 8", "3"),
        (r"\lg 100", "2"),
        (r"\sin 30^\circ", r"\frac12"),
        (r"\cos\frac{\pi}{3}", "0.5"),
        (r"\tan^{-1} 1", r"\frac{\pi}{4}"),
        ("(x+1)^2", "x^2+2x+1"),
        (r"\frac{x^2-1}{x-1}", "x+1"),
        (r"\sin^2 x+\cos^2 x", "1"),
        (r"2\sin b\cos a", r"\sin(a+b)-\sin(a-b)"),
        (r"\binom{5}{2}", "10"),
        ("5!", "120"),
        (r"28\%", "28 percent"),
        ("0.28", r"28\%"),
        (r"15\text{ cm}^2", r"15\mbox{ cm}^2"),
        ("5 meters", "5 m"),
        ("90^\\circ", "90"),
        (r"\$1{,}000", "1000"),
        (r"\{1,2,3\}", "3, 2, 1"),
        (r"1 \pm \sqrt{19}", r"1+\sqrt{19}, 1-\sqrt{19}"),
        (r"(-\infty,3)\cup(3,\infty)", r"x\ne 3"),
        (r"\mathbb{R}\setminus\{3\}", r"x \neq 3"),
        ("[-2,7]", r"-2\le x\le 7"),
        ("x<1", "-x>-1"),
        (r"1\leq|z|\leq \frac{3}{2}", r"\left[-\frac{3}{2}, -1\right] \cup \left[1, \frac{3}{2}\right]"),
        ("2x+4y-3=0", r"y=-\frac{1}{2}x+\frac{3}{4}"),
        ("(p,q)=(3,2)", "(3,2)"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", "(1,2)"),
        ("7:32", "14:64"),
        ("204_5", "204_{5}"),
        (r"\text{Evelyn}", "evelyn"),
        (r"\text{(C)}", "C"),
        ("x = 5", "5"),
        (r"\frac13", "0.333333"),
        (r"\pi", "3.1415927"),
        (r"\emptyset", r"\{\}"),
    ],
)
def test_the_same_mathematics_is_equal(reference, answer):
    assert value(reference, answer) == value(answer, reference) == 1


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        (r"\frac13", "0.33"),
        (r"\pi", "3.14"),
        (r"\sqrt{2}", "1.41421"),
        ("0.1", "0.1000001"),
        ("x", r"\sqrt{x^2}"),
        ("x", "|x|"),
        ("(1,2)", "(2,1)"),
        ("(1,2)", r"\{1,2\}"),
        ("[0,1)", "[0,1]"),
        ("x>3", r"x\ge 3"),
        ("1, 2", "1"),
        ("1, 2", "1, 2, 3"),
        (r"\pm 2021", "2021"),
        ("5 cm", "5 m"),
        ("x=5", "y=5"),
        ("7=11a+c", "11a+c"),
        ("204_5", "54"),
        ("12:00", "1:00"),
        (r"\ln 3", r"\log 3"),
        (r"\frac{1}{2^{99}}", r"\frac{1}{2^{98}}"),
        ("e^{-1000}", "e^{-1001}"),
        ("10^{40}", "10^{40}+1"),
        (r"\sqrt{10^{20}+1}", "10^{10}"),
        ("odd", "even"),
        ("no solution", r"\frac{1}{2}"),
    ],
)
def test_other_mathematics_is_not(reference, answer):
    assert value(reference, answer) == value(answer, reference) == 0


MORE_EQUAL = (
    (r"\frac{1}{1+i}", r"\frac{1-i}{2}"),
    (r"\frac{1}{2i}", r"-\frac{i}{2}"),
    (r"\sqrt{-4}", "2i"),
    ("(1+i)^2", "2i"),
    (r"\sqrt{2i}", "1+i"),
    ("|3+4i|", "5"),
    ("1:2:3", "2:4:6"),
    ("1:2", "0.5"),
    ("0.5", "1:2"),
    (r"\frac12:1", "1:2"),
    ("y=x+1", "x=y-1"),
    ("x^2+y^2=1", "2x^2+2y^2=2"),
    ("x>1", "1<x"),
    (r"0\le x<5", r"5>x\ge 0"),
    ("a<b", "b>a"),
    ("x+y>z", "z<x+y"),
    ("(1,2)", "1,2"),
    ("1,2", "(1,2)"),
    ("[1,2]", "1,2"),
    (r"\lfloor 2.7\rfloor", "2"),
    (r"\lceil 2.1\rceil", "3"),
    (r"\lvert -3\rvert", "3"),
    (r"\lfloor -2.5 \rfloor", "-3"),
    (r"\lceil -2.5 \rceil", "-2"),
    (r"\lfloor \pi \rfloor", "3"),
    (r"\lceil \sqrt{2}\rceil", "2"),
    (r"\lfloor \sqrt{4}\rfloor", "2"),
    (r"\lceil \sqrt{4}\rceil", "2"),
    ("x_1+x_2", "x_2+x_1"),
    ("ab^2", "b^2a"),
    ("abc^2", "c^2 ab"),
    ("10^{-3}", "0.001"),
    ("2^-3", "1/8"),
    ("2^{+3}", "8"),
    (r"\\frac{1}{2}", "0.5"),
    (r"\cot 45^\circ", "1"),
    (r"\sec 60^\circ", "2"),
    (r"\csc 30^\circ", "2"),
    (r"\cot x", r"\frac{\cos x}{\sin x}"),
    (r"\tan x", r"\frac{\sin x}{\cos x}"),
    (r"\arcsin\frac12", r"\frac{\pi}{6}"),
    (r"\arccos\frac12", r"\frac{\pi}{3}"),
    (r"\arctan 1", r"\frac{\pi}{4}"),
    (r"\arcsin 1", r"\frac{\pi}{2}"),
    (r"\arccos 0", r"\frac{\pi}{2}"),
    (r"\arccos(-1)", r"\pi"),
    (r"\arcsin(-1)", r"-\frac{\pi}{2}"),
    (r"\sinh x", r"\frac{e^x-e^{-x}}{2}"),
    (r"\cosh x", r"\frac{e^x+e^{-x}}{2}"),
    (r"\tanh x", r"\frac{e^x-e^{-x}}{e^x+e^{-x}}"),
    (r"\cosh^2 x-\sinh^2 x", "1"),
    (r"\begin{array}{cc}1&2\\3&4\end{array}", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}"),
    (r"\begin{bmatrix}\frac12&0\end{bmatrix}", r"\begin{pmatrix}0.5&0\end{pmatrix}"),
    (r"60\text{ miles/hour}", r"60\ \text{miles/hour}"),
    (r"60\frac{\text{mi}}{\text{h}}", "60"),
    (r"9.8\text{ m}/\text{s}^2", "9.8"),
    (r"9\text{ m}^2", r"9\,\mathrm{m}^2"),
    (r"x=\pm 2", "2, -2"),
    (r"\pm 2", "-2, 2"),
    (r"1\pm i", "1-i, 1+i"),
    (r"\mp 2", "2,-2"),
    (r"x=1\pm\sqrt2", r"1+\sqrt2, 1-\sqrt2"),
    (r"3\pm 2", "5,1"),
    (r"\{x\mid x>3\}", r"(3,\infty)"),
    (r"x\in(3,\infty)", "x>3"),
    (r"(1,2)\cup(3,4)", r"(3,4)\cup(1,2)"),
    (r"x<1\text{ or }x>2", r"(-\infty,1)\cup(2,\infty)"),
    (r"\left(\frac{1}{2},3\right)", "(0.5,3)"),
    (r"3\times10^5", "300000"),
    (r"3\cdot 10^{5}", "300000"),
    (r"\frac{x}{y}", "x/y"),
    (r"\sqrt{x^2}", "|x|"),
    ("x^{1/2}", r"\sqrt{x}"),
    (r"\ln e^2", "2"),
    (r"\log_{10} 1000", "3"),
    (r"\log_3 9", "2"),
    (r"\exp(0)", "1"),
    (r"\max(1,2)", "2"),
    (r"\gcd(4,6)", "2"),
    ("-1/2", r"-\frac12"),
    (r"-\frac{1}{2}", r"\frac{-1}{2}"),
    (r"\frac{a}{b}+\frac{c}{d}", r"\frac{ad+bc}{bd}"),
    ("2(x+1)", "2x+2"),
    ("(x-1)(x+1)", "x^2-1"),
    ("1 000 000", "1000000"),
    (r"12\,345", "12345"),
    ("1e3", "1000"),
    (r"50^\circ", "50"),
    (r"\text{yes}", "Yes"),
    (r"\mathrm{True}", "true"),
    ("a=1,b=2", "a=1, b=2"),
    (r"a=1\text{ and }b=2", "a=1,b=2"),
    ("(1,2),(3,4)", "(3,4),(1,2)"),
    (r"\dbinom{4}{2}", "6"),
    (r"\frac{\pi}{2}\text{ rad}", r"\frac{\pi}{2}"),
    (r"5\%", "0.05"),
    (r"\infty", r"+\infty"),
    (r"-\infty", r"-\infty"),
    (r"\dfrac{7}{3}", r"2\frac{1}{3}"),
    (r"2\dfrac13", "7/3"),
    (r"\$5.50", "5.5"),
    ("05", "5"),
    ("1{,}000.5", "1000.5"),
    ("x>1 and x<3", "(1,3)"),
    ("x<1 or x>2 or x=1.5", r"(-\infty,1)\cup\{1.5\}\cup(2,\infty)"),
    (r"x\le -1\text{ or }x\ge 1", r"|x|\ge 1"),
    (r"9.8\,\mathrm{m/s^2}", "9.8"),
    (r"5\,\mathrm{m}", "5 m"),
    ("1E-3", "0.001"),
    ("2.5e2", "250"),
    (r"\mathrm{i}", "i"),
    ("x=1 or x=2", "1,2"),
    ("x=1 or x=2", "2, 1"),
)
MORE_DIFFERENT = (
    ("x>1 and y>2", "x>1 and x>2"),
    ("x<1 or x>2", "x<1 and x>2"),
    ("x<1 or x>2", "x<1"),
    ("1e3", "100"),
    ("2e", "200"),
    ("1e3", "3e"),
    ("y=x+1", "y=x-1"),
    ("x=2y", "x=3y"),
    ("x=2", "y=2"),
    (r"\frac{1}{1+i}", r"\frac{1+i}{2}"),
    (r"\frac{1}{2i}", r"\frac{i}{2}"),
    (r"\sqrt{-4}", "2"),
    (r"\sqrt{2i}", "1-i"),
    ("3+4i", "3-4i"),
    ("1:2:3", "1:2"),
    ("1:2:3", "1:2:4"),
    ("1:2", "2"),
    ("1:2:3", "1/2"),
    ("1:0", "2:0"),
    ("y=x+1", "x=y+1"),
    ("x^2+y^2=1", "x^2+y^2=2"),
    ("x>1", "x<1"),
    ("x+y=1", "x+y=1=z"),
    (r"0\le x<5", r"0<x\le 5"),
    ("x+y>1", "x+y=1"),
    ("[1,2)", "(1,2]"),
    ("(1,2)", "[1,2]"),
    ("(1,2)", "2,1"),
    ("(1,2)", "(1,2,3)"),
    ("1,2", "1,3"),
    (r"\{1,2\}", r"\{1,3\}"),
    (r"\lfloor 2.7\rfloor", "3"),
    (r"\lceil 2.1\rceil", "2"),
    (r"\lvert -3\rvert", "-3"),
    ("x_1", "x_2"),
    ("x_{10}", "x_{11}"),
    ("abc^2", "(abc)^2"),
    ("ab^2", "(ab)^2"),
    ("2^-3", "8"),
    (r"\cot x", r"\tan x"),
    (r"\sec x", r"\csc x"),
    (r"\arcsin\frac12", r"\arccos\frac12"),
    (r"\sinh x", r"\cosh x"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}1&3\\2&4\end{pmatrix}"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}1&2\\3&5\end{pmatrix}"),
    (r"\begin{pmatrix}1&2&3\\3&4&5\end{pmatrix}", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}"),
    (r"60\text{ miles/hour}", r"60\text{ km/hour}"),
    (r"9\text{ m}^2", r"9\text{ m}^3"),
    (r"9\text{ m}^2", r"9\text{ m}"),
    (r"\pm 2", "2"),
    (r"1\pm i", "1+i"),
    (r"3\pm 2", "5"),
    (r"x\in(3,\infty)", r"x\ge3"),
    (r"(1,2)\cup(3,4)", "(1,4)"),
    (r"3\times10^5", "30000"),
    (r"\ln 2", r"\log_2 2"),
    (r"\log_3 9", "3"),
    ("(1,2),(3,4)", "(1,4),(3,2)"),
    ("a=1,b=2", "a=2,b=1"),
    ("n!", "(n+1)!"),
    (r"\infty", r"-\infty"),
    (r"5\%", "5.5"),
    ("yes", "no"),
    (r"2\frac13", r"\frac23"),
    ("-5", "5"),
    ("1e3", "1e-3"),
    (r"\frac{a}{b}", r"\frac{b}{a}"),
    (r"\sqrt[3]{8}", "8"),
    ("x^2", "x^3"),
    ("2x", "x^2"),
    (r"\sin x", r"\cos x"),
    ("12", "1,2"),
    ("1.5", "15"),
    (r"\emptyset", "0"),
    ("5 km", "5 mi"),
    ("5 hours", "5 minutes"),
)


@pytest.mark.parametrize(("reference", "answer"), MORE_EQUAL)
def test_every_kind_of_answer_has_its_spellings(reference, answer):
    assert value(reference, answer) == value(answer, reference) == 1


@pytest.mark.parametrize(("reference", "answer"), MORE_DIFFERENT)
def test_every_kind_of_answer_has_its_neighbours(reference, answer):
    assert value(reference, answer) == value(answer, reference) == 0


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (r"We get $x=\boxed{\frac{1}{2}}$, so done.", 1),
        (r"\boxed{0.5} and again \boxed{\frac12}", 1),
        (r"\boxed{1} or \boxed{\frac12}", 0),
        (r"\boxed{", 0),
        ("The answer is 1/2.", 1),
        ("The answer is 1/2. No, the answer is 1/3.", 0),
        ("Reasoning of 3 lines.\n#### 0.5", 1),
        ("Hence it is $\\frac{1}{2}$ as shown", 1),
        ("It is $1$ or $2$ or $\\frac{1}{2}$", 0),
        ("Final Answer: the largest share is 1/2", 1),
        ("1/2", 1),
        ("", 0),
    ],
)
def test_where_the_answer_is_found(text, right):
    assert value(r"A worked solution gives $\boxed{\dfrac{1}{2}}$.", text) == right


def test_a_place_is_declared():
    assert value("7", "<think>3 or 4</think><answer>3+4</answer>", tag="answer") == 1
    assert value({"n": 7}, '{"n": "14/2"}', key="n") == 1


@pytest.mark.parametrize("reference", ["", "  ", None, {"a": 1}, True])
def test_a_reference_without_an_answer_is_refused(reference):
    with pytest.raises(UngradableError):
        value(reference, "1")


def test_generated_pairs_are_judged_as_math_verify_does():
    """400 pairs with the package's verdicts, made by `python benchmarks/maths.py --json 400 --seed 5`."""
    differ = [
        pair for pair in PAIRS if pair[2] is not None and are_equal(answer_of(pair[1]), answer_of(pair[0])) != pair[2]
    ]
    assert sum(pair[2] is True for pair in PAIRS) > 200
    assert sum(pair[2] is False for pair in PAIRS) > 100
    assert differ == []


HOSTILE = {
    "a tower of powers": "9^{9^{9^{9^9}}}",
    "a long tower": "^".join(["9"] * 150),
    "a million digits": "1" * 10**6,
    "powers of long numbers": f"({'9' * 900})^{{999999}}",
    "nested roots": r"\sqrt{2+" * 30 + "2" + "}" * 30,
    "too many roots": r"\sqrt{" * 300 + "2" + "}" * 300,
    "factorials of factorials": "((99!)!)!",
    "the power of a factorial": "500!^{500}",
    "open brackets": "(" * 2_000,
    "open fractions": r"\frac{" * 1_000,
    "bars": "|x" * 300,
    "nested sines": r"\sin(" * 30 + "x" + ")" * 30,
    "many sines": "+".join(rf"\sin({n}x)" for n in range(90)),
    "signs": r"\pm 1 " * 100,
    "a long list": ",".join(map(str, range(390))),
    "many boxes": "".join(rf"\boxed{{{n}}}" for n in range(20_000)),
    "open boxes": r"\boxed{" * 30_000,
    "many answers": "answer is " * 20_000,
    "dollars": "$" * 100_000,
    "backslashes": "\\" * 100_000,
    "exponentials": "e^{e^{e^{e^{e^5}}}}",
    "a union": "[0,1)" + "".join(rf"\cup[{2 * n},{2 * n + 1})" for n in range(1, 40)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_answers_cost_little(text):
    """Fifty milliseconds are the claim; a shared machine is given a second of its processor."""
    began = time.process_time()
    for reference in ("5", "x^2+1", r"\sqrt{2}", "(0,1)", "1, 2"):
        assert value(reference, text) in (0, 1)
    assert time.process_time() - began < 1


PIECES = st.sampled_from(
    [*r"\{}()[]|^_$%!,:;=<>+-*/. 0123456789abxyzef", r"\frac", r"\sqrt", r"\pm", r"\in", r"\boxed{"]
)


@given(st.lists(PIECES).map("".join))
def test_any_text_equals_itself_and_never_raises(text):
    assert are_equal(answer_of(text), answer_of(text)) is bool(answer_of(text).text)
    are_equal(answer_of(text), answer_of("x^2+1"))
