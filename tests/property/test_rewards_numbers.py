"""Laws of reading a number as people and models write it."""

from __future__ import annotations

from decimal import Context, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rewards import Completion, Sample, numeric_match
from rewards.comparing.currencies import currencies_of
from rewards.comparing.dress import undressed
from rewards.comparing.numbers import read_number, read_quantity
from rewards.comparing.numerals import in_figures

DRESSES = [
    "{}",
    " {}\n",
    "**{}**",
    "`{}`",
    '"{}"',
    "'{}'",
    "“{}”",
    "「{}」",
    "```\n{}\n```",
    r"\boxed{{{}}}",
    "${}$",
    "{}.",
]
DRESSES += [
    "Answer: {}",
    "**Answer:** {}",
    "**Final answer**: {}",
    "The answer is {}.",
    "#### {}",
    "答案是{}。",
    "答え：{}",
]
DRESSES += [
    "Antwort: {}",
    "Réponse : {}",
    "Die richtige Antwort ist {}",
    "= {}",
    "\u200b{}",
    r"\({}\)",
    "_{}_",
    r"\text{{{}}}",
    "### {}",
    "<b>{}</b>",
    "&nbsp;{}&nbsp;",
    "&quot;{}&quot;",
    r"\boxed{{\text{{{}}}}}",
]
SPELLINGS = [
    "{}",
    "{:+}",
    "{:,}",
    "{:.3f}",
    "{:,.2f} €",
    "USD {:,}",
    "{:,} usd",
    "{:,} dollars",
    "R${:,}",
    "{:,} 円",
]
SMALL = ["zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"]
ONES = f"{SMALL[0]} seventeen eighteen nineteen".split()
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

dresses, cents = st.sampled_from(DRESSES), st.decimals(-(10**9), 10**9, places=2)


def english(number: int) -> str:
    for size, word in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = f" {english(number % size)}" if number % size else ""
            return f"{english(number // size)} {word}{rest}"
    if number < 20:
        return ONES[number]
    return TENS[number // 10 - 2] + (f"-{ONES[number % 10]}" if number % 10 else "")


def han(number: int) -> str:
    """As a Chinese accountant writes it: each place, with 零 where one is left out."""
    if number >= 10_000:
        size, mark = (10**8, "亿") if number >= 10**8 else (10_000, "万")
        rest = number % size
        return han(number // size) + mark + (("零" if rest < size // 10 else "") + han(rest) if rest else "")
    found, skipped = "", False
    for size, mark in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            found, skipped = found + ("零" if skipped else "") + "零一二三四五六七八九"[digit] + mark, False
        else:
            skipped = bool(found)
    return found or "零"


@given(dresses, dresses, st.sampled_from(SPELLINGS), cents)
def test_what_stands_around_a_number_says_nothing(outer: str, inner: str, spelling: str, number: Decimal) -> None:
    assume("$" not in spelling or "$" not in inner + outer)  # LaTeX writes a dollar as \\$
    text = outer.format(inner.format(spelling.format(number)))
    if read_number(text) is not None:  # some dresses hold no other
        assert read_number(text) == number
    assert read_number(inner.format(spelling.format(number))) == number


@given(dresses, st.sampled_from(["5 or 6", "5, 6", "5-6", "not 5", "5 apples", "five or six", "5/0", "**5** or **6**"]))
def test_a_dress_makes_no_number_of_what_is_none(dress: str, text: str) -> None:
    assert read_number(dress.format(text)) is None


@given(st.text(st.sampled_from("a *_`'\"$()[].:=#\\n答")))
def test_undressing_ends_and_is_done_once(text: str) -> None:
    assert undressed(undressed(text)) == undressed(text) or len(text) > 8
    assert undressed(text) in text or undressed(text) == ""


@given(st.integers(0, 10**11))
def test_a_number_in_words_is_its_figures(number: int) -> None:
    assert in_figures(english(number)) == in_figures(english(number).title()) == str(number)
    assert in_figures(han(number)) in (str(number), han(number))  # 一亿零三 is read, a bare 二千三 is not
    assert read_number(f"{english(number)} dollars") == number


@given(st.integers(1, 10**8 - 1), st.integers(-30, 30))
def test_a_power_of_ten_is_read_in_every_spelling(number: int, power: int) -> None:
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    forms = [f"{number}e{power}", f"{number} × 10^{power}", f"{number}x10^{{{power}}}", f"{number}×10{raised}"]
    forms += [rf"{number} \times 10^{{{power}}}", rf"${number} \cdot 10^{{{power}}}$"]
    assert {read_number(form) for form in forms} == {Decimal(number).scaleb(power)}


@given(st.integers(0, 99), st.integers(0, 999), st.integers(1, 999))
def test_a_fraction_is_its_quotient(whole: int, top: int, bottom: int) -> None:
    quotient = Context(60).divide(Decimal(whole * bottom + top), Decimal(bottom))
    assert read_number(f"{whole} {top}/{bottom}") == quotient
    assert read_number(f"{whole}\\frac{{{top}}}{{{bottom}}}") == quotient
    assert read_number(f"{whole * bottom + top}/{bottom}") == quotient


@given(cents.filter(lambda number: number > 0), st.sampled_from([0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0xFF10]))
def test_the_digits_of_every_script_are_digits(number: Decimal, zero: int) -> None:
    digits = str.maketrans({str(digit): chr(zero + digit) for digit in range(10)})
    assert read_number(f"{number:,}".translate(digits)) == number
    assert read_number(str(number).translate(digits).replace(".", "٫")) == number


signs = st.sampled_from(["$", "US$", "€", "£", "¥", "USD", "EUR", "kr", "Rs.", "R$", "CHF"])


@given(signs, signs, st.integers(1, 10**6))
def test_an_amount_is_none_of_another_currency(one: str, other: str, number: int) -> None:
    reward, sample = numeric_match(), Sample("s", (), reference=f"{one} {number}")
    shared = not currencies_of(one).isdisjoint(currencies_of(other))
    assert reward(sample, Completion(f"{other} {number}")).value == float(shared)
    assert reward(sample, Completion(f"{number} {other}")).value == float(shared)
    assert reward(sample, Completion(str(number))).value == 1.0
    assert reward(Sample("s", (), reference=number), Completion(f"{other}{number}")).value == 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 234.50", "1234.50"), ("15,00,000", "1500000"), ("1,000/-", "1000"), ("1_000", "1000"), ("$(5)", "-5"),
        ("- 5", "-5"),
        ("minus five", "-5"), ("12 percent", "0.12"), ("12\\%", "0.12"), ("三万", "30000"), ("两千零三", "2003"),
        ("½%", "0.005"), ("2½", "2.5"), ("Rs. 5", "5"), ("5 zł", "5"), ("１／２", "0.5"), ("١٢٫٥٪", "0.125"),
        ("2 ½ %", "0.025"), ("5 \u20ac.", "5"), ("1{,}250.5", "1250.5"), (r"1,\!250", "1250"), ("&#36;5", "5"),
        ("5 (USD)", "5"), ("**5** USD", "5"), ("5 **USD**", "5"), (r"\(5\;\text{USD}\)", "5"), ("５ＵＳＤ", "5"),
        (r"5~\text{USD}", "5"), (r"5\,\text{USD}", "5"), (r"\boxed{\frac{1}{2}}", "0.5"), (r"12\ \%", "0.12"),
    ],
)  # fmt: skip
def test_spellings_that_taught_us_something(text: str, expected: str) -> None:
    assert read_number(text) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    [
        "5 (each)",
        "**5** or **6**",
        "**5** **6**",
        r"5\text{ each}",
        "<answer>5</answer>",
        "二千三",
        "三万五",
        "万",
        "一二月",
        "hundred",
        "five-fold",
        "5 usd eur",
        "$5 %",
        "(-5)",
        "$-(5)",
    ],
)
def test_what_is_ambiguous_is_no_number(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(("text", "expected"), [("1.234,- €", 1234), ("12,5 Prozent", "0.125"), ("3,5.", "3.5")])
def test_prices_and_shares_with_a_decimal_comma(text: str, expected: object) -> None:
    assert read_number(text, decimal=",") == Decimal(expected)  # type: ignore[arg-type]


def test_magnitudes_add_up_where_each_is_smaller() -> None:
    words = {"万": 1e4, "億": 1e8, "million": 1e6}
    read = [
        read_number(text, magnitudes=words)
        for text in ("1億2345万6789", "1億2,345万6,789円", "3万億", "1万2億", "1.5 MILLION")
    ]
    assert read == [123_456_789, 123_456_789, None, None, 1_500_000]


def test_a_currency_that_is_a_declared_unit_is_converted_on_either_side() -> None:
    read = [read_quantity(text, {"€": 1, "$": 0.9}) for text in ("$10", "10 $", "9 €", "9")]
    assert read == [(9, frozenset())] * 4
