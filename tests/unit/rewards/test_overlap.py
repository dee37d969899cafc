"""The numbers of rouge-score 0.1.2 and sacrebleu 2.6.0, as `benchmarks/text_overlap.py --json 120` wrote them down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Completion, Reward, Sample, bleu, chrf, rouge_l

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "text_overlap.json").read_text(encoding="utf-8")
)
REWARDS: dict[str, Reward] = {"rouge_l": rouge_l(), "bleu": bleu(), "chrf": chrf()}
each_reward = pytest.mark.parametrize("name", REWARDS)
texts = st.lists(st.sampled_from(["the", "cat", "sat", "3.5", ",", "東京"]), max_size=8).map(" ".join)


def value(name: str, text: str, *references: str) -> float:
    return REWARDS[name](Sample("s", (), reference={"$any_of": [*references]}), Completion(text)).value


@each_reward
def test_the_numbers_are_those_of_the_reference_implementation(name: str) -> None:
    ours = [value(name, row["answer"], *row["references"]) for row in ROWS]
    assert ours == pytest.approx([row[name] for row in ROWS], abs=1e-9)


@each_reward
@given(text=texts, reference=texts, other=texts)
def test_one_more_accepted_text_never_lowers_and_order_does_not_matter(
    name: str, text: str, reference: str, other: str
) -> None:
    both = value(name, text, reference, other)
    assert both == pytest.approx(value(name, text, other, reference), abs=1e-12)
    if name != "bleu":  # whose accepted texts count together, the length of the closest among them
        assert both >= value(name, text, reference)


@each_reward
@given(texts.filter(lambda text: any(word.isascii() and word.isalnum() for word in text.split())))
def test_the_reference_itself_earns_all(name: str, text: str) -> None:
    assert value(name, text, text) == pytest.approx(1.0, abs=1e-12)


@each_reward
def test_nothing_shared_earns_nothing(name: str) -> None:
    assert value(name, "xyz", "the cat") == value(name, "", "the cat") == 0.0
