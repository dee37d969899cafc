"""What a draft must pass."""

from __future__ import annotations

import pytest

from datagen.config import ChecksConfig
from datagen.quality.checks import checked, script
from datagen.types import Document, Draft, Passage, Reject
from rewards import Message, Sample

TEXT = "Visitors sign the register of Building 7 before they enter."
PASSAGE = Passage(Document("a.md", TEXT, "0"), 0, 0, len(TEXT))


def outcome(question, answer="sign the register", *, score=1.0, reasoning="", shown="", **settings):
    sample = Sample("1", (Message("system", "S"), Message("user", question)), answer)
    draft = Draft(sample, PASSAGE, {}, reasoning=reasoning, shown=shown)
    return checked(draft, ChecksConfig(**settings), lambda sample: score)


def test_a_good_draft_is_kept_with_its_grounding():
    assert outcome("Who must sign the register?").facts["grounding"] > 0.5


@pytest.mark.parametrize(
    ("question", "more", "code"),
    [
        ("User: who signs?", {}, "reserved-word"),
        ("Who signs?", {"reasoning": "Thought: visitors do."}, "reserved-word"),
        ("Who signs for Building 7?", {"no_inventions": True, "shown": "Visitors sign."}, "invented"),
        ("Кто подписывает?", {}, "script"),
        ("Who signs?", {"score": 0.999}, "gold"),
        ("Who signs for Building 8?", {"no_inventions": True}, "invented"),
        ("Which mountains are high?", {"grounding": 0.9}, "ungrounded"),
    ],
)
def test_a_bad_draft_is_refused_with_the_reason(question, more, code):
    refused = outcome(question, **more)
    assert isinstance(refused, Reject)
    assert refused.code == code
    assert refused.question == question


def test_a_score_of_one_up_to_rounding_is_one():
    assert not isinstance(outcome("Who signs?", score=0.1 + 0.9 * (0.1 + 0.2 + 0.7)), Reject)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ""), ("日本語のテキスト", "CJK"), ("한국어", "HANGUL"), ("naïve café", "LATIN"), ("١٢ عربي", "ARABIC")],
)
def test_the_script_is_that_of_most_letters(text, expected):
    assert script(text) == expected
