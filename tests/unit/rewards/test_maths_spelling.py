"""How people write mathematics: decimal commas, money, counting, and answers in several languages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Completion, Sample, math_equal
from rewards.comparing.maths import answer_of, are_equal


def value(reference: str, text: str) -> float:
    return math_equal()(Sample("a", (), reference=reference), Completion(text)).value


DECIMAL_COMMAS = {
    "3,5": ["3,5", r"\frac{7}{2}", "$3,5$", r"\boxed{3{,}5}", "x = 3,50", "Die Antwort ist 3,5.", "7/2"],
    "1.234,5": ["1234,5", "1.234,50", "2469/2"],
    "(2,5; 3)": ["(5/2; 3)", r"\left(2,5; 3\right)"],
    "1, 2": ["2; 1", r"\{1; 2\}"],
    "12,5 %": ["0,125", r"12,5\%", "1/8"],
}


@pytest.mark.parametrize(("reference", "answer"), [(a, b) for a, several in DECIMAL_COMMAS.items() for b in several])
def test_a_declared_decimal_comma_is_one(reference: str, answer: str) -> None:
    reward = math_equal(decimal=",")
    assert reward(Sample("s", (), reference=reference), Completion(answer)).value == 1.0
    assert reward(Sample("s", (), reference=answer), Completion(reference)).value == 1.0


@given(st.decimals(-(10**6), 10**6, places=3), st.decimals(-(10**6), 10**6, places=3))
def test_a_number_with_a_comma_is_the_number_with_a_point(left: Decimal, right: Decimal) -> None:
    reward, swap = math_equal(decimal=","), str.maketrans(",.", ".,")
    sample = Sample("s", (), reference=f"{left:,}".translate(swap))
    assert reward(sample, Completion(f"{right:f}".replace(".", ","))).value == float(left == right)
    assert reward(Sample("s", (), reference=float(left)), Completion(f"{left:f}".replace(".", ","))).value == 1.0


def test_without_the_declaration_a_comma_parts_items() -> None:
    assert [value("3,5", answer) for answer in ("3.5", "5, 3")] == [0.0, 1.0]
    with pytest.raises(ValueError, match="the decimal mark must be one of"):
        math_equal(decimal=";")  # type: ignore[arg-type]


MONEY = {
    "dollar": [
        "{}\\text{{ dollars}}",
        "\\${}",
        "${}",
        "USD {}",
        "{} dollars",
        "US${}",
        "\\boxed{{\\${}}}",
        "The answer is ${}.",
    ],
    "euro": ["€{}", "{} €", "{}€", "EUR {}", "{} euros", "{} \\text{{ euro}}", "\\boxed{{{}€}}"],
    "pound": ["£{}", "{} GBP", "{} pounds"],
    "yen": ["¥{}", "{} yen", "{} JPY"],
}
spellings = st.sampled_from([(name, form) for name, forms in MONEY.items() for form in forms])


@given(spellings, spellings, st.integers(0, 10**7), st.integers(0, 10**7))
def test_an_amount_is_none_of_another_currency(one, other, left: int, right: int) -> None:  # type: ignore[no-untyped-def]
    reference, answer = one[1].format(left), other[1].format(right)
    assert value(reference, answer) == float(left == right and one[0] == other[0])
    assert value(reference, str(right)) == float(left == right)
    assert value(str(left), answer) == float(left == right)


COUNTING = [
    ("n!", "n(n-1)!"), ("n!", r"\frac{(n+1)!}{n+1}"), (r"\binom{n}{2}", r"\frac{n^2-n}{2}"), ("(2n)!", "2n(2n-1)!"),
    (r"\binom{n}{k}", r"\binom{n}{n-k}"), (r"\binom{n}{k}", r"\frac{n!}{k!(n-k)!}"), (r"{n \choose 2}", "n(n-1)/2"),
]  # fmt: skip
NOT_COUNTING = [("n!", "(n-1)!"), ("n!", "n^n"), ("n!", "n(n-2)!"), ("(2n)!", "2(n!)"), (r"\binom{n}{2}", "n(n+1)/2")]


@pytest.mark.parametrize(("reference", "answer"), COUNTING)
def test_factorials_agree_at_whole_numbers(reference: str, answer: str) -> None:
    assert value(reference, answer) == value(answer, reference) == 1.0


@pytest.mark.parametrize(("reference", "answer"), NOT_COUNTING)
def test_other_factorials_do_not(reference: str, answer: str) -> None:
    assert value(reference, answer) == value(answer, reference) == 0.0


@pytest.mark.parametrize(
    ("reference", "answer", "right"),
    [
        ("5", "**Answer**: 5", 1), ("5", "Die Antwort ist 5.", 1), ("5", "答案是5", 1), ("5", "答えは5です。", 1),
        ("5", "Réponse : 5", 1), ("5", '"5"', 1), ("5", "= 5", 1), ("5", r"\boxed{\text{5}}", 1), ("5", "five", 1),
        ("5", "答案是5或6", 0), ("5", "Die Antwort ist nicht 5.", 0), ("5", "Die Antwort ist 5 oder 6.", 0),
        ("1/2", r"{1\over 2}", 1), ("1/2", "１／２", 1), ("1/3", "0.333...", 1), ("1/7", "0.142857142857142857...", 1),
        ("1/3", "0.333", 0), ("-3", "negative three", 1), ("30^\\circ", r"30\degree", 1), ("30 minutes", "30 min", 1),
        ("(2,3)", "y=3, x=2", 1), ("(2,3)", "y=2, x=3", 0), ("(2,3)", "x=2, y=3", 1), ("x>1", "{x | x > 1}", 1),
        (r"\emptyset", "{}", 1), ("1,000,000", "1 million", 1), ("(1,3)", "${1,3}$", 1),
        (r"\$2.5 million", "2500000", 1),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "[[1,2],[3,4]]", 1),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "[[1,3],[2,4]]", 0),
    ],
)  # fmt: skip
def test_answers_that_taught_us_something(reference: str, answer: str, right: int) -> None:
    assert value(reference, answer) == float(right)


UNITS = [
    ("cm", "centimeters", r"\text{ cm}", r"\,\mathrm{cm}", "centimetres"),
    ("cm^2", "cm²", "square centimeters", "sq cm", r"\text{ cm}^2", r"\,\mathrm{cm^2}", r"\text{ sq. cm}"),
    ("m^3", "m³", "cubic meters", "cu m", r"\text{ m}^{3}", r"\text{ cubic metres}"),
    ("mph", "miles per hour", "mi/h", r"\text{ mph}", r"\frac{\text{mi}}{\text{h}}", r"\text{ miles/hour}"),
    ("hours", "h", "hrs", "hr", r"\text{ hours}"),
    ("lb", "pounds", "lbs", r"\text{ lb}"),
]
"""Each line is one unit in several spellings."""


@pytest.mark.parametrize("unit", UNITS, ids=[names[0] for names in UNITS])
def test_a_unit_is_itself_in_every_spelling_and_no_other(unit: tuple[str, ...]) -> None:
    others = [names[0] for names in UNITS if names is not unit]
    quantities = [answer_of(f"12 {name}") for name in unit]
    assert all(are_equal(one, quantities[0]) and are_equal(one, answer_of("12")) for one in quantities)
    assert not any(are_equal(one, answer_of(f"12 {name}")) for one in quantities for name in others)


@pytest.mark.parametrize(
    ("written", "reference", "equal"),
    [
        (r"\{x \mid x \le 2 \text{ or } x \ge 5\}", r"(-\infty,2]\cup[5,\infty)", True),
        (r"\{x \mid x > 2 \text{ and } x < 5\}", "(2,5)", True),
        (r"\{x \mid x > 2 \text{ and } x < 5\}", "[2,5]", False),
        (r"\{x \mid x > 2, y < 5\}", "(2,5)", False),
        ("[3,2)", "(3,2)", False),  # no interval: each is only itself
        ("[3,2)", "(5,4]", False),
        ("[2,2]", "[2,2]", True),
        ("]2,5[", "(2,5)", True),
        ("[2,5[", "[2,5)", True),
        (r"\left]2; 5\right]", "(2,5]", True),
        (r"]-\infty,2] \cup [5,\infty[", r"(-\infty,2]\cup[5,\infty)", True),
        ("]2,5[", "[2,5]", False),
        ("[1,2],[3,4]", "[1,2],[3,4]", True),
    ],
)
def test_a_set_is_what_it_contains_and_an_interval_turned_round_is_none(
    written: str, reference: str, *, equal: bool
) -> None:
    assert are_equal(answer_of(written), answer_of(reference)) is equal


DRESSES = [
    "{}",
    "<b>{}</b>",
    "Answer: <b>{}</b>",
    "<answer>{}</answer>",
    "{}&nbsp;",
    "\u200b{}",
    "\u2248 {}",
    "## Final Answer\n\n{}",
]
DRESSES += ["**Answer**\n{}", "The solution is {}.", "Die L\u00f6sung ist {}.", "Soluci\u00f3n: {}", "&quot;{}&quot;"]


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("answer", ["42", r"\frac{5}{2}", "x = 3", "(2, 5)", r"2\pi", "-7", "0.5"])
def test_a_dress_is_no_mathematics(dress: str, answer: str) -> None:
    assert value(answer, dress.format(answer)) == 1.0
    assert value("41", dress.format(answer)) == 0.0


MARKS = st.text("\u200b\u200c\u2060\ufeff", min_size=1, max_size=5)


@given(MARKS, MARKS)
def test_an_invisible_mark_around_a_number_is_nothing_and_one_within_parts_it(one: str, other: str) -> None:
    assert value("31", f"{one}31{other}") == value("31", f"x = **{one}31**{other}.") == 1.0
    assert value("31", f"3{one}1") == 0.0
