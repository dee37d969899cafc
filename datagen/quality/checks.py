"""Quality filters for drafts; each returns a reject reason."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from datagen.config import ChecksConfig
from datagen.quality.grounding import grounding, inventions
from datagen.types import Draft, Reject
from datagen.validate.words import may_hold_reserved, reserved_words
from rewards.rows import GOLD, as_text, gold_text
from rewards.types import JSON, Sample

GoldScore = Callable[[Sample], float]


def checked(draft: Draft, config: ChecksConfig, gold_score: GoldScore | None) -> Draft | Reject:
    """The draft with its grounding, or a `Reject` with the first reason."""
    share = grounding(_claims(draft), _shown(draft))
    for code, reason in _objections(draft, share, config, gold_score):
        return Reject(code, reason, draft.passage, question_of(draft))
    return replace(draft, facts={**draft.facts, "grounding": round(share, 3)})


def question_of(draft: Draft) -> str:
    """The user's turn."""
    return draft.sample.messages[-1].content


def _objections(
    draft: Draft, share: float, config: ChecksConfig, gold_score: GoldScore | None
) -> Iterator[tuple[str, str]]:
    question = question_of(draft)
    for text in (question, gold_text(draft.sample), draft.reasoning, as_text(draft.worse)):
        if may_hold_reserved(text):
            yield from (("reserved-word", f"{word!r} is reserved") for _, word in reserved_words(text))
    if config.same_script and script(question) != script(draft.passage.text):
        yield "script", f"the question is in {script(question)}, the passage in {script(draft.passage.text)} script"
    yield from _scored_wrongly(draft, gold_score)
    yield from _not_from_the_text(draft, share, config)


def _not_from_the_text(draft: Draft, share: float, config: ChecksConfig) -> Iterator[tuple[str, str]]:
    """Claims must occur in the text that the teacher was shown; `share` of their words do."""
    if config.no_inventions and (invented := inventions(_claims(draft), _shown(draft))):
        yield "invented", f"not in the text shown to the teacher: {', '.join(invented)}"
    if share < config.grounding:
        yield "ungrounded", f"share of words in the source text {share:.2f}, required {config.grounding:.2f}"


def _claims(draft: Draft) -> list[JSON]:
    return [question_of(draft), draft.sample.reference]


def _shown(draft: Draft) -> str:
    return draft.shown or draft.passage.document.text


def _scored_wrongly(draft: Draft, gold_score: GoldScore | None) -> Iterator[tuple[str, str]]:
    """The right answer must get 1 by the project's own reward, and the worse one, where there is one, less."""
    score = gold_score(draft.sample) if gold_score else 1.0
    if not math.isclose(score, 1.0):
        yield "gold", f"reference answer scores {score!r} under the reward, expected 1"
    if draft.worse is not None and gold_score:
        worse = gold_score(replace(draft.sample, metadata={**draft.sample.metadata, GOLD: draft.worse}))
        if math.isclose(worse, 1.0):
            yield "worse-is-right", "rejected answer of the DPO pair also scores 1 under the reward"


def script(text: str) -> str:
    """The script that most letters of `text` have, as Unicode names it; empty without letters.

    >>> script("Guten Tag"), script("Добрый день"), script("2 + 2")
    ('LATIN', 'CYRILLIC', '')
    """
    if text.isascii():
        return "LATIN" if any(map(str.isalpha, text)) else ""
    letters = (unicodedata.name(char, "").split(" ")[0] for char in text if char.isalpha())
    merged = ("CJK" if name in ("HIRAGANA", "KATAKANA") else name for name in letters)
    return max(Counter(merged).items(), key=lambda item: (item[1], item[0]), default=("", 0))[0]
