"""Laws of the chunker, for any text."""

from __future__ import annotations

from itertools import pairwise

import pytest
import regex
from hypothesis import assume, example, given
from hypothesis import strategies as st

from datagen.chunk import Span, spans
from datagen.documents.graphemes import is_border
from datagen.tokens import estimate

PIECES = (  # words, breaks, and clusters of several code points
    "word", " ", ". ", "\n", "\n\n", "\r\n", "?", "。", "漢字", "かな", "e\u0301", "👨‍👩‍👧", "🇩🇪", "🇫🇷",
    "👍🏽", "한국", "ᄀ", "ᅡ", "क्ष",
    "नि", "ก็", "ক্ষ", "ക്ഷ", "క్ష", "ક્ષ", "र्\u200d", "်္က", "က္က", "🏳️\u200d🌈", "1️⃣", "각", "\u1100\u1161\u11a8", "\r",
    "🇬", "\U0001f9d1🏽\u200d🤝\u200d\U0001f9d1🏿", "ㄱ", "\u115f", "\u17d2", "ខ្មែរ",
    "\u200d", "\u200b", "\ufeff", "🏴\U000e0067\U000e0062\U000e007f", "\xad", "\u0600", "\t", "x" * 30,
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=80).map("".join)
SIZES = st.integers(2, 60)
WAYS = st.sampled_from(["characters", "sentences", "tokens"])


def cut(text: str, size: int, share: float, by: str) -> list[Span]:
    return spans(text, size=size, overlap=int(size * share), by=by)


SHARES = st.sampled_from([0.0, 0.1, 0.3, 0.5])


@given(TEXTS, SIZES, SHARES, WAYS)
def test_the_spans_cover_the_text_exactly(text, size, share, by):
    found = cut(text, size, share, by)
    rebuilt, done = "", 0
    for span in found:
        assert span.start <= done, "a gap between two spans"
        rebuilt, done = rebuilt + text[done : span.end], span.end
    assert rebuilt == text


@given(TEXTS, SIZES, SHARES, WAYS)
@example("word\r\n", 2, 0.5, "characters")  # the overlap leaves one place, and the next cluster needs two
def test_starts_and_ends_grow(text, size, share, by):
    found = cut(text, size, share, by)
    assert all(a.start < b.start and a.end < b.end for a, b in pairwise(found))


@given(TEXTS, SIZES, SHARES, st.sampled_from(["characters", "sentences"]))
def test_no_span_is_longer_than_the_limit_and_no_overlap_than_asked(text, size, share, by):
    found = cut(text, size, share, by)
    assert all(0 < span.end - span.start <= size for span in found)
    assert all(0 <= a.end - b.start <= int(size * share) for a, b in pairwise(found))


@given(TEXTS, SIZES, SHARES)
def test_in_tokens_the_limit_holds_for_the_high_estimate(text, size, share):
    found = cut(text, size, share, "tokens")
    assert all(estimate(text[span.start : span.end]).high <= size or span.end - span.start == 1 for span in found)


@given(TEXTS, SIZES, SHARES, WAYS)
def test_no_cut_falls_inside_a_grapheme_that_fits(text, size, share, by):
    clusters = [match.span() for match in regex.finditer(r"\X", text)]
    assume(max((end - start for start, end in clusters), default=0) * 3 <= size)
    borders = {start for start, _ in clusters} | {len(text)}
    found = cut(text, size, share, by)
    assert {span.start for span in found} | {span.end for span in found} <= borders


@given(TEXTS)
def test_every_border_we_see_is_one_by_the_unicode_standard(text):
    borders = {match.start() for match in regex.finditer(r"\X", text)}
    assert {at for at in range(1, len(text)) if is_border(text, at)} <= borders


@given(st.text(alphabet="ab cd. ", max_size=400))
def test_plain_text_may_be_cut_anywhere(text):
    assert all(is_border(text, at) for at in range(len(text)))


@pytest.mark.parametrize("text", ["x", "漢", "🇩🇪", "a\u0301"], ids=["latin", "cjk", "flags", "accents"])
def test_the_work_grows_with_the_text_and_not_with_its_square(text):
    """Counted in looks at a character, since seconds lie on a shared machine."""

    class Counting(str):
        looks = 0

        def __getitem__(self, key):
            Counting.looks += 1
            return str.__getitem__(self, key)

    def looks(length: int) -> int:
        Counting.looks = 0
        spans(Counting(text * length), size=1000, overlap=50)
        return Counting.looks

    assert looks(40_000) <= 2.5 * looks(20_000) + 100


@given(st.text(alphabet="abcd", min_size=1, max_size=400), SIZES, SHARES)
def test_by_characters_the_overlap_is_exactly_what_was_asked(text, size, share):
    found = cut(text, size, share, "characters")
    assert {a.end - b.start for a, b in pairwise(found)} <= {int(size * share)}


@given(st.lists(st.sampled_from(["alpha", "beta.", "gamma", "delta."]), max_size=80).map(" ".join))
def test_between_words_there_is_always_some_overlap(text):
    found = spans(text, size=40, overlap=12)
    assert all(a.end - b.start > 0 for a, b in pairwise(found))
