"""Where the answer stands is found by trying, also where the references are bare."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Score
from rewards.audit import AuditConfig, case_of, lift
from rewards.audit.rows.find_span import framed
from rewards.audit.rows.shapes import pattern_of
from rewards.audit.scoring import Scorer

LABELS = ("billing", "refund", "shipping", "login")
CODES = ("F32.9", "I10.0", "G44.2", "J45.1")
DAYS = ("2024-03-01", "2025-11-30", "2026-01-17", "2024-12-24")
MOVES = ("Nf3", "e4", "Qxe7", "Bb5")
PLACES = ("Oslo", "Lima", "Rome", "Graz")
MONEY = ("12.50 EUR", "7.25 USD", "130.00 EUR", "9.99 USD")


def last(pattern: str):
    """A reward that reads the last match of a pattern."""

    def reward(sample, completion):
        found = re.findall(pattern, completion.text[-2000:])
        return Score(float(bool(found) and found[-1] == sample.reference))

    return reward


def first(pattern: str):
    """A reward that reads the first match of a pattern."""

    def reward(sample, completion):
        found = re.search(pattern, completion.text[:2000])
        return Score(float(found is not None and found[1] == sample.reference))

    return reward


def part(mark: str, index: int):
    """A reward that reads one of the parts between marks."""
    return lambda s, c: Score(float(c.text.strip(" .\n").split(mark)[index].strip() == s.reference))


def only(pattern: str):
    """A reward that pays the reference where it is the only match of a pattern."""
    return lambda sample, completion: Score(float(set(re.findall(pattern, completion.text)) == {sample.reference}))


def span_found(reward, answers, *, gold: str = "", prompt: str = "Which one?") -> str:
    """Where the answers are found to stand, on a row for each of `answers` twice."""
    rows = [
        {"id": str(n), "messages": [{"role": "user", "content": f"{prompt} {n}"}], "reference_answer": answer}
        | ({"gold": gold.format(answer)} if gold else {})
        for n, answer in enumerate([*answers, *answers])
    ]
    cases = [case_of(row, n) for n, row in enumerate(rows)]
    return str(framed(Scorer(lift(reward), AuditConfig()), cases).span)


WORD, DAY, CODE = r"(\w+)", r"(\d{4}-\d\d-\d\d)", r"\b[A-Z]\d\d\.\d\b"
BARE = [
    ("verdict, first word", first(rf"^\W*{WORD}"), ("yes", "no"), "first-word"),
    ("only date", only(DAY), DAYS, "last-date"),
    ("first date", first(DAY), DAYS, "first-date"),
    ("last code", last(CODE), CODES, f"regex:{pattern_of(CODES * 2)}"),
    ("only move", only(r"\b[KQRBN]?x?[a-h]?x?[a-h][1-8]\b"), MOVES, f"regex:{pattern_of(MOVES * 2)}"),
    ("amount", last(r"\d+\.\d\d [A-Z]{3}"), MONEY, f"regex:{pattern_of(MONEY * 2)}"),
    ("first line", part("\n", 0), PLACES, "first-line"),
    ("last line", part("\n", -1), PLACES, "last-line"),
    ("bold", last(r"\*\*([^*]+)\*\*"), PLACES, "bold"),
    ("quoted", last(r'"([^"]+)"'), PLACES, "quoted"),
    ("tag that only the code names", last(r"<verdict>(\w+)</verdict>"), LABELS, "tag:verdict"),
    ("lead-in that only the code names", last(r"Final label: (\w+)"), LABELS, "after:Final label:, first-word"),
    ("label, first word", first(rf"^\W*{WORD}"), LABELS, "first-line"),
    ("exact", lambda s, c: Score(float(c.text == s.reference)), CODES, "whole"),
    ("contained", lambda s, c: Score(float(s.reference in c.text)), LABELS, "last-line"),
]  # fmt: skip


@pytest.mark.parametrize(("reward", "answers", "span"), [one[1:] for one in BARE], ids=[one[0] for one in BARE])
def test_of_bare_references_the_place_is_found_that_longer_text_is_read_by(reward, answers, span):
    assert span_found(reward, answers) == span


def test_words_may_follow_a_label_where_the_prompt_asks_for_a_reason():
    reward = first(rf"^\W*{WORD}")
    assert span_found(reward, LABELS, prompt="Which queue? Name it and explain your choice.") == "first-word"


PROSE = [
    ("bold", last(r"\*\*([^*]+)\*\*"), "The city is **{}**, by the map.", "bold"),
    ("quoted", last(r'"([^"]+)"'), 'The city is "{}", by the map.', "quoted"),
    ("first sentence", part(".", 0), "{}. By the map.", "first-sentence"),
    ("last sentence", part(".", -1), "By the map. {}.", "after:By the map."),
]  # fmt: skip


@pytest.mark.parametrize(("reward", "gold", "span"), [one[1:] for one in PROSE], ids=[one[0] for one in PROSE])
def test_in_right_answers_with_prose_the_place_is_found(reward, gold, span):
    assert span_found(reward, ("New York", "Lima", "San Jose", "Graz"), gold=gold) == span


@given(st.lists(st.from_regex(r"[A-Z]{1,3}-[0-9]{2,5}", fullmatch=True), min_size=2, max_size=8))
def test_the_shape_of_texts_matches_each_of_them_whole_and_no_word_of_prose(texts):
    pattern = pattern_of(texts)
    for text in texts:
        found = re.search(pattern, f"I think that it is {text}, by what we know.")
        assert found is not None
        assert found[0] == text
