"""Which choice an answer names, and which answers a pattern describes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import AnswerFormat, Completion, Sample, SpecError, UngradableError, multiple_choice, regex_match

letters = st.sampled_from("ABCD")
whole = ["{}", " {}\n", "({})", "[{}]", "**{}**", "{}.", "{}) Bern", "{}. Bern", "{}: Bern", "**({})**", "**{}.** Bern"]
said = ["The answer is {}.", "Answer: {}", "answer is: **{}**", "A cat sat.\nAnswer: ({})", r"So \boxed{{{}}}."]
said += [
    "ANSWER: {}",
    "The correct option is {}.",
    "correct choice: ({})",
    "答案：{}",
    "答案是{}。",
    "答えは{}です",
    "正解: **{}**",
]
whole += ["'{}'", '"{}"', "{},", "${}$", "`{}`"]
forms = st.sampled_from([*whole, *said])


def value(text: str, reference: object = "B", **options: str) -> float:
    sample = Sample("s", (), reference=reference)  # type: ignore[arg-type]  # JSON
    return multiple_choice(choices="ABCD")(sample, Completion(text)).value


@given(forms, letters, letters)
def test_every_form_names_its_letter_and_no_other(form: str, letter: str, reference: str) -> None:
    assert value(form.format(letter), reference) == float(letter == reference)


@given(forms, forms, letters, letters)
def test_two_different_choices_are_no_answer(first: str, second: str, one: str, other: str) -> None:
    text = f"{first.format(one)}\n({other})\n{second.format(other)}"
    assert value(text, other) <= float(one == other or len(first) < 5)  # a bare letter among text is a word


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A dog has B vitamins",
        "Plan B",
        "E",
        "AB",
        "B.C.",
        "BERN)",
        "(b)\n(a)",
        "answer B or C: (B) (C)",
        "答案ABC",
        "answers B",
    ],
)
def test_what_names_no_single_choice_earns_nothing(text: str) -> None:
    assert value(text) == 0.0


def test_lower_case_counts_where_the_letter_is_all_there_is() -> None:
    assert (value("b"), value("(b)"), value("a bee b")) == (1.0, 1.0, 0.0)


def test_thinking_goes_into_a_declared_place() -> None:
    reward = multiple_choice(AnswerFormat(tag="answer"), choices="ABCD")
    text = "(A) is wrong, (C) too.<answer>B</answer>"
    assert reward(Sample("s", (), reference="B"), Completion(text)).value == 1.0


@pytest.mark.parametrize("reference", [1, None, "E", "A or B: (A) (B)", ["B"], ""])
def test_a_reference_that_names_no_single_choice_is_ungradable(reference: object) -> None:
    with pytest.raises(UngradableError):
        value("B", reference)


@pytest.mark.parametrize("choices", ["", "A", "AA", "ab", "A1", "AÉ"])
def test_choices_are_letters(choices: str) -> None:
    with pytest.raises(ValueError, match="choices must be two or more different letters from A to Z"):
        multiple_choice(choices=choices)


patterns = st.sampled_from(["a", "a|b", "a+", "(a|ab)*b?", r"\d{2}", "", ".*x", "^a$", "[^b]+"])


@given(patterns.filter(bool), st.text(st.sampled_from("ab1x"), max_size=5))
def test_a_whole_answer_matches_as_in_fullmatch_and_a_part_as_in_search(pattern: str, text: str) -> None:
    sample, completion = Sample("s", (), reference=pattern), Completion(text)
    assert regex_match(pattern)(sample, completion).value == float(re.fullmatch(pattern, text) is not None)
    assert regex_match()(sample, completion).value == float(re.fullmatch(pattern, text) is not None)
    assert regex_match(pattern, part=True)(sample, completion).value == float(re.search(pattern, text) is not None)


def test_no_answer_makes_a_pattern_backtrack() -> None:
    assert regex_match("(a+)+b")(Sample("s", ()), Completion("a" * 50_000)).value == 0.0


@pytest.mark.parametrize("pattern", ["(", ")(", r"(a*)\1b"])
def test_a_pattern_that_cannot_be_searched_is_our_mistake(pattern: str) -> None:
    with pytest.raises(SpecError, match=re.escape(repr(pattern))):
        regex_match(pattern)
    with pytest.raises(UngradableError, match=re.escape(repr(pattern))):
        regex_match()(Sample("s", (), reference=pattern), Completion("a"))
