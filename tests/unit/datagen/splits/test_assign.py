"""Whole sources go to one side, and what holds the same text goes together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.config import SplitConfig
from datagen.errors import SplitError
from datagen.quality.similarity import leaks
from datagen.splits.assign import Piece, assign, sides

SIZES = st.dictionaries(st.text(min_size=1, max_size=5), st.integers(1, 50), min_size=3, max_size=30)
SHARES = {"train": 0.7, "validation": 0.1, "test": 0.2}
HALVES = SplitConfig(train=0.5, test=0.5)
SENTENCE = "the organization monitors events on the system in accordance with the objectives it defined"
WORDS = st.lists(st.sampled_from(SENTENCE.split()), min_size=1, max_size=40).map(" ".join)


@given(SIZES)
def test_every_group_has_one_split_and_every_split_a_group(sizes):
    chosen = assign(sizes, SHARES, seed="1")
    assert set(chosen) == set(sizes)
    assert set(chosen.values()) == set(SHARES)


@given(SIZES)
def test_the_order_of_the_groups_does_not_matter(sizes):
    assert assign(sizes, SHARES, seed="1") == assign(dict(reversed(sizes.items())), SHARES, seed="1")


def test_shares_are_met_closely_when_groups_are_small():
    chosen = assign({str(index): 1 for index in range(100)}, SHARES, seed="1")
    assert [list(chosen.values()).count(split) for split in SHARES] == [70, 10, 20]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), WORDS), min_size=2, max_size=20))
def test_by_default_no_text_is_on_two_sides_or_the_split_is_refused(found):
    pieces = [Piece(*piece) for piece in found]
    try:
        side = sides(pieces, {piece.source: 1 for piece in pieces}, HALVES, seed="1")
    except SplitError:
        return
    texts = {name: [piece.text for piece in pieces if side[piece.source] == name] for name in ("train", "test")}
    assert leaks(texts) == {"test": 0}


def test_too_few_sources_are_refused_with_what_would_help():
    with pytest.raises(SplitError, match=r"\(test 0 of 5\): 1 sources are too few, since none is divided; add"):
        sides([Piece("a", "one")], {"a": 10}, HALVES, seed="1")


def test_text_that_keeps_all_sources_together_is_named_with_the_way_out():
    pieces = [Piece(name, f"{name} says that {SENTENCE}") for name in "abcd"]
    with pytest.raises(SplitError, match=r"4 of 4 sources share text \(\d of them 'the organization .*: report"):
        sides(pieces, dict.fromkeys("abcd", 1), HALVES, seed="1", near=1.0)
    apart = HALVES.model_copy(update={"shared_text": "report"})
    assert sorted(sides(pieces, dict.fromkeys("abcd", 1), apart, seed="1", near=1.0).values()).count("train") == 2


def test_numbers_of_samples_are_met_or_refused():
    pieces = [Piece(name, f"text of {name}") for name in "abcd"]
    sizes = dict.fromkeys("abcd", 10)
    sides(pieces, sizes, SplitConfig(train=20, test=20), seed="1")
    with pytest.raises(SplitError, match=r"train 20 of 21"):
        sides(pieces, sizes, SplitConfig(train=21, test=20), seed="1")
