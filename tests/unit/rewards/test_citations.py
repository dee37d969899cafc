"""Whether the quotes of an answer are in the sources that they name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import AnswerFormat, Completion, Sample, UngradableError, citations

SOURCES = {"memo": "The lease ends on 30 June.\nThe tenant pays all repairs.", "mail": "We will not renew the lease."}
ENDS = {"claim": "It ends.", "quote": "the LEASE ends on 30 June", "source": "memo"}
PAYS = {"claim": "Repairs.", "quote": "the tenant pays all repairs.", "source": "memo"}
FALSE = {"claim": "It is renewed.", "quote": "we will renew the lease", "source": "mail"}


def value(claims: Any, reference: Any = None, **options: Any) -> float:
    reference = reference or {"sources": SOURCES}
    return citations(**options)(Sample("s", (), reference=reference), Completion(json.dumps(claims))).value


def test_each_claim_counts_over_the_claims_given_or_needed() -> None:
    assert value([ENDS]) == value([ENDS, PAYS]) == 1.0
    assert value([ENDS, FALSE]) == 1 / 2
    assert value([ENDS, FALSE], {"sources": SOURCES, "claims": 3}) == 1 / 3
    assert value([]) == 0.0


@pytest.mark.parametrize(
    "change",
    [
        {"source": "mail"},
        {"source": "letter"},
        {"source": None},
        {"claim": " "},
        {"quote": "the lease"},
        {"quote": "the lease ends … all repairs"},
        {"quote": ["the lease ends on 30 June"]},
    ],
)
def test_a_quote_that_is_too_short_altered_or_elsewhere_is_wrong(change: dict[str, Any]) -> None:
    assert value([ENDS | change]) == 0.0


def test_a_passage_is_cited_once() -> None:
    assert value([ENDS, ENDS]) == 1 / 2
    assert value([ENDS, ENDS | {"quote": "lease ends on 30 June. the"}]) == 1 / 2


def test_a_quote_of_the_whole_source_is_too_long() -> None:
    whole = " ".join(f"word{n}" for n in range(200))
    assert value([{"claim": "x", "quote": whole, "source": "a"}], {"sources": {"a": whole}}) == 0.0
    assert value([{"claim": "x", "quote": whole, "source": "a"}], {"sources": {"a": whole}}, max_words=200) == 1.0


def test_one_source_needs_no_name_and_characters_count_where_words_have_no_spaces() -> None:
    claims = [{"claim": "終了", "quote": "六月三十日に終了"}]
    assert value(claims, {"sources": "賃貸借は六月三十日に終了する。"}) == 1.0


def test_claims_may_be_under_a_key() -> None:
    answer = AnswerFormat(key="claims", reference_key="")
    assert value({"claims": [ENDS]}, answer=answer) == 1.0


claims = st.lists(st.sampled_from([ENDS, PAYS, FALSE, {}, 1, {"quote": "x"}]), max_size=6)


@given(claims, st.integers(1, 5))
def test_leaving_out_a_claim_that_earns_nothing_never_lowers(given_claims: list[Any], needed: int) -> None:
    reference = {"sources": SOURCES, "claims": needed}
    whole = value(given_claims, reference)
    for place, claim in enumerate(given_claims):
        if claim not in (ENDS, PAYS):
            assert value(given_claims[:place] + given_claims[place + 1 :], reference) >= whole


@pytest.mark.parametrize(
    "reference",
    [None, {}, {"sources": {}}, {"sources": {"a": 1}}, {"sources": " "}, {"sources": SOURCES, "claims": 0}, [SOURCES]],
)
def test_a_reference_without_sources_is_ungradable(reference: Any) -> None:
    with pytest.raises(UngradableError):
        citations()(Sample("s", (), reference=reference), Completion("[]"))


def test_bounds_of_words_that_no_quote_meets_are_refused() -> None:
    with pytest.raises(ValueError, match="min_words <= max_words"):
        citations(min_words=9, max_words=8)


@pytest.mark.parametrize("dress", ["“{}”", '"{}"', "{}.", "{} ...", "…{}", "**{}**", "...{}…"])
def test_what_stands_around_a_quote_is_no_part_of_it(dress: str) -> None:
    quote = "The lease ends on 30 June"
    assert value([{**ENDS, "quote": dress.format(quote)}]) == 1.0
    assert value([{**ENDS, "quote": dress.format(quote.upper())}], text="strict") == 0.0
    assert value([{**ENDS, "quote": dress.format("The lease ends on 31 June")}]) == 0.0


@given(st.integers(1, 9), st.integers(0, 99))
def test_a_quote_cuts_no_number_off(first: int, rest: int) -> None:
    reference = {"sources": f"In the year the rent rose by {first}{rest} % of it all, it is said, to {first}{rest}"}
    quotes = [f"the rent rose by {first}", f"{rest % 10} % of it all", f"it is said, to {first}"]
    assert [value([{"claim": "x", "quote": quote}], reference) for quote in quotes] == [0.0, 0.0, 0.0]
    assert value([{"claim": "x", "quote": f"the rent rose by {first}{rest}"}], reference) == 1.0


def test_a_word_may_end_where_another_script_begins() -> None:
    reference = {"sources": "契約はAcme社が2024年6月30日に終了する。"}
    assert value([{"claim": "x", "quote": "契約はAcme"}], reference) == 1.0
    assert value([{"claim": "x", "quote": "契約はAc"}], reference) == 0.0
    assert value([{"claim": "x", "quote": "2024年6月30日"}], reference) == 1.0


@pytest.mark.parametrize("dress", ["**{}**", "“{}”", "{}…", "{},"])
def test_a_strict_quote_is_taken_as_it_stands(dress: str) -> None:
    bare = ENDS | {"quote": "The lease ends on 30 June"}
    dressed = ENDS | {"quote": dress.format(bare["quote"])}
    assert (value([dressed]), value([dressed], text="strict"), value([bare], text="strict")) == (1.0, 0.0, 1.0)


def test_an_entity_of_html_is_quoted_as_the_source_has_it() -> None:
    sources = {"page": "Research &amp; development rose by 5 % last year."}
    claim = {"claim": "It rose.", "quote": "research &amp; development rose by 5 %", "source": "page"}
    assert value([claim], {"sources": sources}) == 1.0
