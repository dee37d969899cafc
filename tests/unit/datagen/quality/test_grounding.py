"""Names, numbers and citations either stand in the passage or were invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.quality.grounding import grounding, inventions

PASSAGE = "Rule 12 of 17 CFR 230.144 lets Acme Corporation sell 10,000 shares; see AC-2(3), § 4.1 and Roe v. Wade."


@pytest.mark.parametrize(
    "claim", ["17 CFR 230.144", "10,000", "see § 4.1", "the AC-2(3) text", "said in Roe v. Wade", "12"]
)
def test_what_stands_there_is_grounded(claim):
    assert inventions(f"it is {claim}", PASSAGE) == ()


@pytest.mark.parametrize(
    ("claim", "invented"),
    [
        ("17 CFR 230.145", "17 CFR 230.145"),
        ("10,001 shares", "10,001"),
        ("0,000 shares", "0,000"),
        ("as in SEC v. Ralston", "SEC v. Ralston"),
        ("under AC-21", "AC-21"),
        ("it is § 4.2", "§ 4.2"),
        ("sold by Beta Corporation", "Beta Corporation"),
    ],
)
def test_what_does_not_stand_there_was_invented(claim, invented):
    assert inventions(claim, PASSAGE) == (invented,)


def test_all_text_of_an_answer_counts():
    answer = {"Type": "sell", "Tools": [{"Parameters": {"limit": 77}}]}
    assert inventions(answer, PASSAGE) == ("77",)


def test_the_share_is_that_of_words_found():
    assert grounding("shares lets mountains", PASSAGE) == pytest.approx(2 / 3)  # mountains is not there


@given(st.text(alphabet="ab AB 12.,-§v", max_size=60))
def test_a_text_is_grounded_in_itself(text):
    assert (grounding(text, text), inventions(text, text)) == (1.0, ())
