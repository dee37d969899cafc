"""How an answer is announced: in every language of the table, to every component that reads one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import (
    Comparison,
    Completion,
    Reward,
    Sample,
    keyword_jaccard,
    label_match,
    math_equal,
    multiple_choice,
    numeric_match,
    similarity,
)
from rewards.comparing.dress import INVISIBLE, undressed
from rewards.comparing.lead_ins import LANGUAGES, SPACELESS, Language, without_lead_in
from rewards.types import JSON

EVERY = LANGUAGES | SPACELESS
READERS: tuple[tuple[Reward, JSON, str], ...] = (
    (numeric_match(), 42, "42"),
    (label_match(), "refund", "refund"),
    (keyword_jaccard(), ["tax", "audit"], "tax, audit"),
    (math_equal(), "3/4", r"$\frac{3}{4}$"),
    (multiple_choice(choices="ABCD"), "C", "C"),
)


def unread(announced: list[str]) -> list[str]:
    """What of `announced`, texts with a place for an answer, a component does not read."""
    return [
        f"{reward.name}: {text.format(answer)!r}"  # type: ignore[attr-defined]  # every component has a name
        for text in announced
        for reward, reference, answer in READERS
        if reward(Sample("a", (), reference=reference), Completion(text.format(answer))).value != 1.0
    ]


def written(language: Language, nouns: str, *, spaces: bool) -> list[str]:
    """Announcements with each of the nouns: a mark, a verb, a word beside it."""
    gap = " " if spaces else ""
    texts = []
    for noun in nouns.split(", "):
        texts += [f"{noun.capitalize()}: {{}}", f"**{noun}:** {{}}", f"**{noun}**: {{}}", f"{noun}：{{}}"]
        texts += [f"{noun}{gap}{link}{gap}{{}}" for link in language.links.split()]
        texts += [f"{noun}{gap}{word}: {{}}" for word in language.beside.split()]
    return texts


@pytest.mark.parametrize("name", EVERY)
def test_an_announced_answer_is_read_by_every_component(name: str) -> None:
    assert unread(written(EVERY[name], EVERY[name].answer, spaces=name in LANGUAGES)) == []


@pytest.mark.parametrize("name", EVERY)
def test_results_and_labels_are_announced_too(name: str) -> None:
    for nouns in (EVERY[name].result, EVERY[name].label):
        for text in written(EVERY[name], nouns, spaces=name in LANGUAGES):
            assert without_lead_in(text.format("x")) == "x"


@pytest.mark.parametrize(
    "sentence",
    [
        "Réponse finale : {}", "Endgültige Antwort: {}", "La respuesta correcta es {}", "A resposta final é {}",
        "La risposta corretta è {}", "Het juiste antwoord is {}", "Rätt svar är {}", "Det rigtige svar er {}",
        "Det riktige svaret er {}", "Oikea vastaus on {}", "Õige vastus on {}", "Prawidłowa odpowiedź to {}",
        "Správná odpověď je {}", "Správna odpoveď je {}", "Pravilen odgovor je {}", "Točan odgovor je {}",
        "Тачан одговор је {}", "Верният отговор е {}", "Правильный ответ: {}", "Правильна відповідь: {}",
        "Răspunsul corect este {}", "A helyes válasz: {}", "Η σωστή απάντηση είναι {}", "Doğru cevap: {}",
        "Jawaban akhir: {}", "Jawapan yang betul ialah {}", "Câu trả lời là {}", "Ang tamang sagot ay {}",
        "Jibu sahihi ni {}", "התשובה הנכונה היא {}", "الإجابة الصحيحة هي {}", "پاسخ صحیح: {}", "सही उत्तर: {}",
        "সঠিক উত্তর: {}", "சரியான பதில்: {}", "最终答案是{}", "答えは{}です。", "정답은 {}입니다.", "คำตอบที่ถูกต้องคือ {}",
        "So, the final answer is: {}", "### Final answer\n{}",
    ],
)  # fmt: skip
def test_an_answer_is_read_as_speakers_announce_it(sentence: str) -> None:
    assert unread([sentence]) == []


@pytest.mark.parametrize(
    "text", ["tax: 42", "the wrong answer: 42", "not the answer: 42", "answer: ", "Answer", "the", "result on 42", "42"]
)
def test_what_announces_nothing_stays(text: str) -> None:
    assert without_lead_in(text).strip() == text.removeprefix("answer:").strip()


def test_words_of_several_languages_are_no_announcement() -> None:
    assert without_lead_in("la answer: 42") == "la answer: 42"


@pytest.mark.parametrize("mark", INVISIBLE)
def test_marks_of_no_width_around_an_answer_do_not_count(mark: str) -> None:
    assert unread([f"{mark}{{}}", f"{{}}{mark}", f"{mark}Answer: {mark}{{}}{mark}"]) == []
    for text in ("collapse", "amount", "date"):
        assert similarity(f"{mark}2024-03-05{mark}", "2024-03-05", Comparison(text=text)) == 1.0


@given(
    st.text(alphabet=st.sampled_from("aZ9 .:*_`\"'()[]<>$-=#\n\u00e9答です&;,"), max_size=24),
    st.sampled_from(("", "Answer", "Réponse", "svar", "答案", "label: ")),
    st.booleans(),
)
def test_what_is_bare_is_read_as_in_the_long_way(text, lead, brackets):
    """A mark of no width in front ends the short way, and says nothing."""
    text = (lead + text).strip()
    assert undressed(text, brackets=brackets) == undressed(f"\u200b{text}", brackets=brackets)
