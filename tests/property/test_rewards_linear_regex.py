"""Patterns searched in linear time find what `re` finds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.comparing.linear_regex import PatternError, searcher

characters = ["a", "b", ".", "[ab]", "[^a]", "[^ab]", "[a-c1]", r"[^\w]", r"[\W_]", r"\w", r"\s", r"\D", "é", "\n"]
atoms = st.sampled_from([*characters, "^", "$", r"\b", r"\B", r"\Z"])


def patterns_over(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeats = st.sampled_from(["*", "+", "?", "*?", "{2}", "{1,3}", "{0,2}", "{2,}"])
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda branches: f"({'|'.join(branches)})"),
        st.builds(lambda part, repeat: f"(?:{part}){repeat}", inner, repeats),
        st.builds(lambda flag, part: f"(?{flag}:{part})", st.sampled_from(["i", "s", "m", "-i", "-s", "im-s"]), inner),
        st.builds(lambda ahead, part: f"^(?!{ahead}){part}", inner, inner),
        st.builds(lambda ahead, part: f"^(?={ahead}){part}", inner, inner),
    )


patterns = st.recursive(atoms, patterns_over, max_leaves=8)
texts = st.text(st.sampled_from("aAb1 é\n_-É"), min_size=1, max_size=12)  # \\B and "" depend on the version of Python


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["", "", "(?i)", "(?s)", "(?m)", "(?im)"]), patterns, st.lists(texts, min_size=1, max_size=5))
def test_what_is_found_is_what_re_finds(flags: str, pattern: str, some: list[str]) -> None:
    pattern = flags + pattern
    try:
        found = searcher(pattern)
    except PatternError as error:
        assert "ASSERT" in str(error)  # noqa: PT017  a look-around that is not at the start
        return
    assert [bool(found(text)) for text in some] == [bool(re.search(pattern, text)) for text in some]


@given(st.sampled_from(characters), st.integers(0, 3), st.integers(0, 3), st.sampled_from("ab1 _\n"))
def test_a_repeat_is_counted(characters: str, low: int, more: int, end: str) -> None:
    whole = searcher(f"\\A(?:b{characters}){{{low},{low + more}}}\\Z")
    once = re.fullmatch(characters, end) is not None
    counts = range(low, low + more + 1) if once else (0,) if low == 0 else ()
    assert [n for n in range(9) if whole(f"b{end}" * n)] == list(counts)


def test_the_newline_at_the_end_is_read_as_any_other() -> None:
    assert searcher(r"\A(?:a\n)+\Z")("a\na\n")
    assert searcher(r"\A(?:a\n)+$")("a\na\n")
    assert not searcher(r"\A(?:a\n)+a\Z")("a\na\n")


@pytest.mark.parametrize(
    ("pattern", "text", "occurs"),
    [
        ("^(a+)+$", "a" * 50_000 + "!", False),
        ("(a|a)*$", "a" * 50_000 + "!", True),  # the empty end
        ("a+b", "a" * 50_000, False),
        ("(x+x+)+y", "x" * 50_000, False),
        (r"^(\w+\s?)*$", "ab " * 20_000 + "!", False),
        ("^(?!.*b.*b)(a|aa)+$", "a" * 50_000, True),
        (".*.*=.*", "a" * 50_000, False),
    ],
)
def test_a_text_that_makes_re_backtrack_is_searched_once(pattern: str, text: str, occurs: bool) -> None:
    assert bool(searcher(pattern)(text)) == occurs  # `re` would need from minutes to longer than the universe


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "is no regular expression of Python"),
        (r"\p{L}", "is no regular expression of Python: bad escape"),
        (r"(a+)\1", "has GROUPREF, which may take more than linear time"),
        ("(b(?!a))*", "has ASSERT_NOT"),
        ("(?a)a*b", "has the flag ASCII, of which no linear search knows"),
        ("((a{1,99}b){1,99}c)*", "its repeats come to over 4000 places"),
    ],
)
def test_a_pattern_that_cannot_be_searched_in_linear_time_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(PatternError, match=re.escape(message)):
        searcher(pattern)


def test_a_search_that_meets_more_states_than_it_keeps_goes_on() -> None:
    text = "".join("ab"[(n * n // 7) % 2] for n in range(30_000))
    pattern = "(a|b)*a(a|b){14}c"
    assert not searcher(pattern)(text)
    assert searcher(pattern)(text + "a" + "b" * 14 + "c")


def test_a_negated_set_leaves_out_its_own_characters_only() -> None:
    assert searcher(r"\A(?:[^ab]c)+\Z")("XcXc")
