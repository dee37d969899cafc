"""The component for answers that quote their sources: whether each quote is really there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, NamedTuple

from rewards.comparing.dress import undressed
from rewards.comparing.matching import over_longer
from rewards.comparing.normalise import normaliser
from rewards.comparing.words import SPACELESS, words_of
from rewards.errors import UngradableError
from rewards.hedging import Hedging
from rewards.limits import MAX_TEXT_CHARS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.parsing.references import shown
from rewards.types import JSON, Completion, Sample, Score

_MAX_CLAIMS = 100


def citations(
    answer: AnswerFormat = WHOLE_ANSWER, *, text: str = "collapse", min_words: int = 4, max_words: int = 60
) -> Citations:
    """The share of claims whose quote is in the source that they name, word for word, in [0, 1].

    The answer is a JSON list of claims, each a mapping with `claim`, `quote` and `source`. The reference has `sources`,
    their texts by name, and `claims`, how many an answer needs (1 without it). The value is S / max(claims given,
    claims needed), S the claims whose quote is in their source under the normaliser `text`. A quote has `min_words` to
    `max_words` words, in a script without spaces characters; one that overlaps a quote before it counts as wrong, so a
    passage is cited once. Quotation marks around it do not count, unless `text` is "strict", and it may not cut off a
    word or a number. Where `sources` is one text, claims need no `source`.

    It says that a quote is real, not that it supports the claim: put a `judge` or a `rubric` beside it for that.

    Source: the verifiable quotes of GopherCite (arXiv 2203.11147); S / max(n, m), as derived in docs/rewards.md.

    >>> from rewards import Completion, Sample
    >>> sample = Sample("a", (), reference={"sources": {"10-K": "Net income rose by 4 % to $12 million."}, "claims": 2})
    >>> claim = {"claim": "Income grew.", "quote": "net income rose by 4 %", "source": "10-K"}
    >>> import json
    >>> [citations()(sample, Completion(json.dumps(claims))).value for claims in ([claim], [claim, claim])]
    [0.5, 0.5]
    """
    normaliser(text)
    if not 1 <= min_words <= max_words:
        raise ValueError(f"1 <= min_words <= max_words must hold, got {min_words!r} and {max_words!r}")
    return Citations(answer, text, min_words, max_words)


class _Expected(NamedTuple):
    """The normalised sources by name, "" where there is one without a name, and how many claims an answer needs."""

    sources: Mapping[str, str]
    claims: int


class _Span(NamedTuple):
    """Where a quote is."""

    source: str
    start: int
    end: int

    def overlaps(self, other: _Span) -> bool:
        return self.source == other.source and self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Citations:
    """See `citations`."""

    name: ClassVar[str] = "citations"
    metric_names: ClassVar[tuple[str, ...]] = ("claims",)
    hedging: ClassVar[Hedging] = Hedging.NEVER_PAYS
    answer: AnswerFormat = WHOLE_ANSWER
    text: str = "collapse"
    min_words: int = 4
    max_words: int = 60

    def expected(self, sample: Sample) -> _Expected:
        """The sources and the number of claims; raises UngradableError where there are none."""
        reference = self.answer.expected_structure(sample)
        sources, claims = _declared(reference) if isinstance(reference, dict) else ({}, 1)
        if not sources or not all(isinstance(one, str) and one.strip() for one in sources.values()):
            raise UngradableError(f"sample {sample.id!r} has no texts under `sources`: {shown(reference)}")
        if type(claims) is not int or not 1 <= claims <= _MAX_CLAIMS:
            raise UngradableError(
                f"`claims` of sample {sample.id!r} must be from 1 to {_MAX_CLAIMS}, got {claims!r:.80}"
            )
        return _Expected({name: _normal(self.text, str(one)) for name, one in sources.items()}, claims)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Look each quote up."""
        expected, found = self.expected(sample), self.answer.value(completion)
        if not found or not isinstance(found[0], list) or len(found[0]) > _MAX_CLAIMS:
            return Score(0.0, f"no list of at most {_MAX_CLAIMS} claims", {"claims": None})
        spans: list[_Span] = []
        for claim in found[0]:
            span = self._span(claim, expected.sources)
            if span and not any(map(span.overlaps, spans)):
                spans.append(span)
        value = over_longer(float(len(spans)), len(found[0]), expected.claims)
        reason = f"{len(spans)} of {len(found[0])} quotes are in their sources"
        return Score(value, reason, {"claims": float(len(found[0]))})

    def _span(self, claim: JSON, sources: Mapping[str, str]) -> _Span | None:
        if not isinstance(claim, dict):
            return None
        said, quote, name = claim.get("claim"), claim.get("quote"), "" if "" in sources else claim.get("source")
        if not (isinstance(said, str) and said.strip() and isinstance(quote, str) and isinstance(name, str)):
            return None
        if len(quote) > MAX_TEXT_CHARS:
            return None
        quote = quote if self.text == "strict" else _undressed(quote)
        if not quote or not self.min_words <= len(words_of(quote)) <= self.max_words:
            return None
        quote = normaliser(self.text)(quote)
        found = _in_whole_words(quote).search(sources[name]) if name in sources else None
        return _Span(name, *found.span()) if found else None


def _undressed(quote: str) -> str:
    """A quote without quotation marks, bold, or what ends it and the dots of what it leaves out at its ends."""
    bare = undressed(quote, entities=False).strip(".\u2026 ").rstrip(",;:\u3001\uff0c ")
    return undressed(bare, entities=False)


@lru_cache(maxsize=256)
def _in_whole_words(quote: str) -> re.Pattern[str]:
    """Where a quote stands and cuts no word or number off: 4 is not in 42. Scripts without spaces have no such ends."""
    letter = re.compile(rf"[^\W{SPACELESS}]")
    before, behind = (bool(letter.match(quote[end])) for end in (0, -1))
    return re.compile(
        (f"(?<!{letter.pattern})" if before else "") + re.escape(quote) + (f"(?!{letter.pattern})" if behind else "")
    )


def _declared(reference: Mapping[str, JSON]) -> tuple[Mapping[str, JSON], JSON]:
    sources = reference.get("sources")
    named = sources if isinstance(sources, dict) else {"": sources} if isinstance(sources, str) else {}
    return named, reference.get("claims", 1)


@lru_cache(maxsize=256)
def _normal(name: str, text: str) -> str:
    return normaliser(name)(text)
