"""Which choice an answer names, and which answers a pattern describes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rewards import (
    AnswerFormat,
    Completion,
    Sample,
    SpecError,
    UngradableError,
    from_spec,
    multiple_choice,
    regex_match,
)
from rewards.comparing.choices import named_choices

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
whole += ["'{}'", '"{}"', "{},", "${}$", "`{}`", "{}!", "- {}", "1. {}", "```\n{}\n```", "<b>{}</b>", "**{}. Bern**"]
whole += ["- [ ] Z\n- [x] {}", "☑ {}", "∴ {}", "Final: {}", "Solution: **{}**", "回答：{}"]
whole += ["{} - Bern", "{}, because Bern is the capital.", "Bern is the capital.\n\n{}", "【{}】"]
said += [
    "**Answer:** {}",
    "**Final Answer**: **{}. Bern**",
    "Answer:\n\n{}",
    'The answer is "{}".',
    "The answer must be option {}",
    "Option {} is correct.",
    "{} is the right answer.",
    "I would choose ({}).",
    "It is {}.",
    "Therefore, {}.",
    '{{"answer": "{}"}}',
    r"\boxed{{\textbf{{({})}} Bern}}",
    "Die richtige Antwort ist {}.",
    "La réponse est {}.",
    "Respuesta: {}",
    "Ответ: {}",
    "故选{}。",
    "正确选项是（{}）",
    "{}が正解です",
    "정답은 {}입니다.",
    "الإجابة الصحيحة هي {}",
    "La respuesta correcta es la opción {}.",
    "A resposta correta é a letra {}.",
    "La bonne réponse est la lettre {}.",
    "La risposta corretta è la lettera {}.",
    "Die richtige Antwort lautet {}.",
    "Richtig ist Antwort: {}",
    "It must be {}, since the rest is wrong.",
    "Crossing out the others leaves only {}.",
    "The answer is &#40;{}&#41;.",
    "La opción correcta es la {}.",
    "A alternativa correta é a letra {}.",
    "L'opzione corretta è {}.",
    "Odpowiedź: {}",
    "Het juiste antwoord is {}.",
    "Rätt svar är {}.",
    "Doğru cevap {}.",
    "Đáp án đúng là {}.",
    "Jawaban yang benar adalah {}.",
    "सही उत्तर {} है।",
    "คำตอบคือ {}",
    '{{"final_answer": "{}"}}',
]
forms = st.sampled_from([*whole, *said])
stated = st.sampled_from(said)
denials = [
    "Not {}.",
    "({}) is wrong",
    "The answer is not {}.",
    "I don't think the answer is {}",
    "Option {} is incorrect.",
]
denials += [
    "Anything but for {}",
    "Die Antwort ist nicht {}",
    "答案不是{}",
    "答えは{}ではありません",
    "{}不正确",
    "Answer: {} is false",
    "A opção {} não é correta",
    "La opción {} es incorrecta",
    "Incorrect: {}",
    "❌ {}",
    "☐ {}",
    "cevap {} değil",
    "उत्तर {} नहीं है",
    "Odpowiedź to nie {}",
    "Đáp án không phải {}",
    "Ruled out: {}",
    "- [ ] {}",
]
lists = [
    "{} or {}",
    "({}), ({})",
    "{}/{}",
    "either {} or {}",
    "**{}** and **{}**",
    "{}, maybe {}",
    "{} oder {}",
    "{}、{}",
]
lists += ["{}\n{}", "{} ({})"]


def value(text: str, reference: object = "B", **options: str) -> float:
    sample = Sample("s", (), reference=reference)  # type: ignore[arg-type]  # JSON
    return multiple_choice(choices="ABCD")(sample, Completion(text)).value


@given(forms, letters, letters)
def test_every_form_names_its_letter_and_no_other(form: str, letter: str, reference: str) -> None:
    assert value(form.format(letter), reference) == float(letter == reference)


@given(stated, stated, letters, letters)
def test_two_different_stated_choices_are_no_answer(first: str, second: str, one: str, other: str) -> None:
    text = f"{first.format(one)}\n({other})\n{second.format(other)}"
    assert value(text, other) == float(one == other)


@given(stated, st.sampled_from(["({})", "{}) Bern", "**{}**"]), letters, letters)
def test_a_stated_choice_goes_before_one_that_is_only_written(form: str, written: str, one: str, other: str) -> None:
    assert value(f"{written.format(other)}\n{form.format(one)}", one) == 1.0


@given(
    st.sampled_from(["", "Answer: ", "The answer is ", "答案是", "Die Antwort ist "]),
    st.sampled_from(lists),
    letters,
    letters,
)
def test_a_list_of_choices_names_them_all(begin: str, form: str, one: str, other: str) -> None:
    assume(one != other)
    assert value(begin + form.format(one, other), one) == value(begin + form.format(one, other), other) == 0.0


@given(st.sampled_from(denials), letters)
def test_a_denied_choice_is_not_named(form: str, letter: str) -> None:
    assert value(form.format(letter), letter) == 0.0


@given(st.sampled_from(denials), stated, letters, letters)
def test_what_is_denied_does_not_spoil_what_is_stated(denial: str, form: str, one: str, other: str) -> None:
    assume(one != other)
    assert value(f"{denial.format(other)}\n{form.format(one)}", one) == 1.0


@given(st.lists(st.sampled_from(["answer is ", "(B) ", "A, ", "not ", "B is wrong ", "\n", "A) ", "so ", "**", "or "])))
def test_no_text_raises_or_names_what_is_no_choice(parts: list[str]) -> None:
    assert named_choices("".join(parts), "ABCD") <= frozenset("AB")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("A) Basel B) Bern C) Chur", "ABC"),
        ("A is wrong, C is wrong, so the answer must be B", "B"),
        ("It's not A, it's B.", "B"),
        ("The answer is not A but B.", "B"),
        ("The correct answer is (B) Bern, not (A) Basel.", "B"),
        ("Between B and C, I choose C.", "C"),
        ("There is no doubt that the answer is B.", "B"),
        ("The answer is A dog", ""),
        ("The answer is A because dogs bark", "A"),
        ("Vitamin B is right for you", ""),
        ("Plan B is the best", ""),
        ("答えはAではなくBです", "B"),
        ("A不对，C不对，所以选D", "D"),
        ("B...or C?", "BC"),
        ("B. No wait, C.", "BC"),
        ("The answer is B. Actually, it is C.", "BC"),
        ("(B), no, (C)", "BC"),
        ("B. No other choice fits.", "B"),
        ("B. Actually, A is in the north.", "B"),
        ("B. C.", "BC"),
        ("B+", ""),
    ],
)
def test_sentences_that_taught_us_something(text: str, named: str) -> None:
    assert named_choices(text, "ABCD") == frozenset(named)


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


@pytest.mark.parametrize("pattern", ["(?x) a+ b # letters", "(?x)a+ # one\n b", "(?ix) A+b # in any case", "(?s)a+b"])
def test_flags_and_comments_belong_to_the_pattern(pattern: str) -> None:
    sample, reward = Sample("s", (), reference=pattern), regex_match()
    assert [reward(sample, Completion(text)).value for text in ("aab", "aabb", "xaab", "ba")] == [1.0, 0.0, 0.0, 0.0]


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


CHOICES = json.loads((Path(__file__).parents[2] / "fixtures" / "answers" / "multiple_choice.json").read_text("utf-8"))


def test_blank_lines_between_paragraphs_do_not_count() -> None:
    for part in CHOICES:
        reward = from_spec(part["reward"])
        for row in part["rows"]:
            sample = Sample("a", (), reference=row["reference"])
            for wanted, text in row["answers"]:
                apart = str(text).replace("\n\n", "\n \n\t\n\n\n")
                assert reward(sample, Completion(apart)).value == wanted


@pytest.mark.parametrize("beside", ["答", "項", "_", "*", "(", "\u00e9", "\n", ":"])
def test_a_letter_beside_anything_but_letters_and_digits_is_looked_at(beside):
    """What is no letter by itself ends the search at once: a text without one is none, however it is announced."""
    assert named_choices(f"The answer is B{beside}", "ABCD") == named_choices(f"The answer is B{beside} ", "ABCD")
    assert named_choices(f"{beside}B", "ABCD") <= {"B"}
    assert named_choices(f"The answer is xBx{beside} or 7C7", "ABCD") == frozenset()
