"""Which language a text is in: 69 sentences in the 30 languages of IFEval, each as langdetect 1.0.9 says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Completion, Sample, UngradableError, instruction_constraints
from rewards.comparing.instructions.language import LANGUAGES, language_of

SENTENCES: list[list[str]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "languages.json").read_text(encoding="utf-8")
)
DRESSES = [
    "{}",
    "## {}",
    "* **{}**\n* {}",
    "> {}\n\n---",
    '"{}"',
    "<<{}>>\n\n{}",
    "1. {}\n2. {}\n\nP.S. {}",
    "```\n{}\n```",
]


def follows(name: str, text: str, **arguments: str) -> float:
    reference = {"instruction_id_list": [name], "kwargs": [arguments]}
    return instruction_constraints()(Sample("s", (), reference=reference), Completion(text)).value  # type: ignore[arg-type]  # JSON


def test_every_language_of_ifeval_has_a_sentence() -> None:
    assert {language for language, _ in SENTENCES} == set(LANGUAGES)


@given(st.sampled_from(SENTENCES), st.sampled_from(DRESSES), st.sampled_from([str, str.upper, str.lower, str.title]))
def test_a_sentence_is_in_its_language_in_every_dress_and_case(pair: list[str], dress: str, case: object) -> None:
    language, sentence = pair
    text = case(dress.replace("{}", sentence))  # type: ignore[operator]  # a method of str
    assert language_of(text) == language
    assert follows("language:response_language", text, language=language) == 1.0
    assert follows("language:response_language", text, language="en") == float(language == "en")


@given(st.sampled_from(SENTENCES))
def test_english_in_one_case_is_english_and_in_one_case(pair: list[str]) -> None:
    language, sentence = pair
    for name, case in (("english_capital", str.upper), ("english_lowercase", str.lower)):
        assert follows(f"change_case:{name}", case(sentence)) == float(language == "en")
        assert follows(f"change_case:{name}", sentence) == 0.0


@pytest.mark.parametrize("text", ["42", "!!!", "\U0001f600"])
def test_what_has_no_letters_is_in_any_language(text: str) -> None:
    assert language_of(text) == ""
    assert follows("language:response_language", text, language="fr") == 1.0
    assert follows("change_case:english_capital", text) == 0.0


@given(st.text())
def test_no_text_raises(text: str) -> None:
    assert language_of(text) == language_of(text.upper()) or text.casefold() != text.upper().casefold()


def test_a_language_that_ifeval_does_not_ask_for_is_ungradable() -> None:
    with pytest.raises(UngradableError, match="language of language:response_language must be one of ar, bg"):
        follows("language:response_language", "x", language="xx")
