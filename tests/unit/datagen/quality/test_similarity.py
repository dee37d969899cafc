"""Doubles, near doubles, shared runs of words, and groups of sources."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.quality.similarity import clusters, groups_of_texts, long_runs, normalised, shared_runs
from datagen.words import words

LABELS = ("river bank", "stone house", "market", "old harbour wall", "garden")
WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]), max_size=12).map(" ".join)


@given(st.lists(WORDS, max_size=8))
def test_equal_texts_are_in_one_cluster_and_its_lead_is_the_first(texts):
    lead = clusters(texts, threshold=1.0, size=1)
    for index, text in enumerate(texts):
        assert lead[index] <= index
        assert lead[index] == min(at for at, other in enumerate(texts) if set(words(other)) == set(words(text)))


@given(st.lists(WORDS, max_size=8))
def test_with_unlike_texts_nothing_is_joined(texts):
    unlike = [f"{'abcdefgh'[index] * 5} {'ijklmnop'[index] * 5}" for index in range(len(texts))]
    assert clusters(unlike, threshold=0.5) == list(range(len(unlike)))


@pytest.mark.parametrize("changed", [1, 2])
def test_a_long_text_with_a_word_changed_is_a_near_double(changed):
    rng = Random("words")
    words = [f"w{rng.randrange(10_000)}" for _ in range(200)]
    other = ["x" * (index + 3) if index in range(changed) else word for index, word in enumerate(words)]
    assert clusters([" ".join(words), " ".join(other)], threshold=0.9) == [0, 0]


def test_planted_near_doubles_are_found_and_nothing_else():
    rng = Random("planted")
    texts = [" ".join(f"w{rng.randrange(500)}" for _ in range(60)) for _ in range(200)]
    copies = [f"{text} and more" for text in texts[:50]]
    lead = clusters(texts + copies, threshold=0.9)
    assert lead == [*range(200), *range(50)]


def test_case_width_and_punctuation_do_not_matter():
    assert normalised("The “Ｒule”—twice!") == normalised("the rule twice")


def test_thirteen_words_in_a_row_are_shared_and_twelve_are_not():
    words = [f"w{index}" for index in range(30)]
    text = " ".join(words)
    assert shared_runs([" ".join(["x", *words[:13]])], [text])[0]
    assert not shared_runs([" ".join(["x", *words[:12]])], [text])[0]


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(LABELS)), max_size=20))
def test_groups_are_the_connected_parts(pieces):
    groups = groups_of_texts(pieces, near=1.0, shared_text=False)
    turned = groups_of_texts(list(reversed(pieces)), near=1.0, shared_text=False)
    sources = {source for source, _ in pieces}
    assert all(groups.root(a) == groups.root(b) for a, x in pieces for b, y in pieces if x == y)
    assert [groups.root(source) for source in sources] == [turned.root(source) for source in sources]
    if len({text for _, text in pieces}) == len(sources) == len(set(pieces)):
        assert len({groups.root(source) for source in sources}) == len(sources)


@pytest.mark.parametrize("changed", [0, 1, 2])
@pytest.mark.parametrize("size", [8, 20, 64, 300])
def test_near_doubles_are_found_whatever_the_length(size, changed):
    """The candidates are drawn by hash, so a share is found, and above the threshold nearly all of them."""
    rng = Random(f"{size}/{changed}")
    texts = [[f"w{rng.randrange(100_000)}" for _ in range(size)] for _ in range(200)]
    twins = [[*text[: size - changed], *("other" * (at + 1) for at in range(changed))] for text in texts]
    lead = clusters([" ".join(text) for text in texts + twins], threshold=0.7)
    shared, union = size - 2 - changed, size - 2 + changed
    near = shared / union >= 0.7
    found = sum(lead[200 + index] == index for index in range(200))
    assert found >= 198 if near else found == 0


FEW = st.lists(st.lists(st.sampled_from("abc"), max_size=8).map(" ".join), max_size=6)


@given(FEW, FEW)
def test_shared_runs_are_those_of_both_sides(texts, others):
    known = set().union(*(long_runs(other, 3) for other in others))
    assert shared_runs(texts, others, size=3) == [long_runs(text, 3) & known for text in texts]
