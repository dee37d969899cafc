"""Components that compare a text with references by the n-grams or the words that they share, as evaluations report it.

The numbers are those of the reference implementations, so that a training curve and an evaluation mean the same. They
are easier to game than a rule that knows what is right: prefer one where there is one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, TypeVar

from rewards.comparing.edit_distance import common_length
from rewards.hedging import Hedging
from rewards.limits import MAX_TEXT_CHARS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.types import Completion, Sample, Score

Gram = TypeVar("Gram", str, tuple[str, ...])
_BLEU_ORDER = 4
_CHRF_ORDER = 6
_CHRF_BETA = 2


def rouge_l(answer: AnswerFormat = WHOLE_ANSWER) -> RougeL:
    """ROUGE-L: F1 of the longest common subsequence of words, in [0, 1]; the best of the accepted references.

    With l the length of that subsequence, 2 l / (words of the answer + words of the reference). Words are runs of a-z
    and 0-9 in lower case, without stemming: texts of other scripts have none and earn 0 (`chrf` compares those).

    Source: Lin 2004, "ROUGE: a package for automatic evaluation of summaries"; the numbers are those of rouge-score
    0.1.2 (google-research/rouge), `rougeL` without stemmer.

    >>> from rewards import Completion, Sample
    >>> rouge_l()(Sample("a", (), reference="The cat sat down."), Completion("the cat lay down")).value
    0.75
    """
    return RougeL(answer)


def bleu(answer: AnswerFormat = WHOLE_ANSWER) -> Bleu:
    """BLEU of one sentence, in [0, 1]: its precision in 1- to 4-grams times a penalty for brevity.

    The precisions are averaged geometrically. An n-gram counts as often as it is in the accepted reference that has it
    most often. Orders longer than the answer are left
    out, and the k-th order without a match counts 1 / (2^k x its n-grams).

    Source: Papineni et al. 2002; the numbers are those of sacrebleu 2.6 / 100: `sentence_bleu` with its tokeniser 13a
    and smoothing `exp`.

    >>> from rewards import Completion, Sample
    >>> sample = Sample("a", (), reference="The cat sat on the mat.")
    >>> round(bleu()(sample, Completion("The cat sat on a mat.")).value, 4)
    0.4889
    """
    return Bleu(answer)


def chrf(answer: AnswerFormat = WHOLE_ANSWER) -> Chrf:
    """chrF2: how many 1- to 6-grams of characters are shared, recall counting twice as much as precision, in [0, 1].

    White space is left out, so any script will do. The best of the accepted references counts.

    Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"; the numbers are those of
    sacrebleu 2.6 / 100: `sentence_chrf`.

    >>> from rewards import Completion, Sample
    >>> round(chrf()(Sample("a", (), reference="東京都港区"), Completion("東京都")).value, 4)
    0.5335
    """
    return Chrf(answer)


@dataclass(frozen=True)
class RougeL:
    """See `rouge_l`."""

    name: ClassVar[str] = "rouge_l"
    hedging: ClassVar[Hedging] = Hedging.CAN_PAY
    answer: AnswerFormat = WHOLE_ANSWER

    def expected(self, sample: Sample) -> tuple[str, ...]:
        """The accepted texts; raises UngradableError where there are none."""
        return self.answer.expected_text(sample)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the words."""
        return _best_of(_rouge_l, self.answer, self.expected(sample), completion)


@dataclass(frozen=True)
class Bleu:
    """See `bleu`."""

    name: ClassVar[str] = "bleu"
    hedging: ClassVar[Hedging] = Hedging.CAN_PAY
    answer: AnswerFormat = WHOLE_ANSWER

    def expected(self, sample: Sample) -> tuple[str, ...]:
        """The accepted texts; raises UngradableError where there are none."""
        return self.answer.expected_text(sample)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare with all accepted texts at once."""
        accepted = self.expected(sample)
        text = _text(self.answer, completion)
        return Score(0.0, "no text at the declared place") if text is None else Score(_bleu(text, accepted), "BLEU")


@dataclass(frozen=True)
class Chrf:
    """See `chrf`."""

    name: ClassVar[str] = "chrf"
    hedging: ClassVar[Hedging] = Hedging.CAN_PAY
    answer: AnswerFormat = WHOLE_ANSWER

    def expected(self, sample: Sample) -> tuple[str, ...]:
        """The accepted texts; raises UngradableError where there are none."""
        return self.answer.expected_text(sample)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the characters."""
        return _best_of(_chrf, self.answer, self.expected(sample), completion)


def _text(answer: AnswerFormat, completion: Completion) -> str | None:
    text = answer.text(completion)
    return None if text is None or len(text) > MAX_TEXT_CHARS else text


def _best_of(
    similarity: Callable[[str, str], float], answer: AnswerFormat, accepted: Sequence[str], completion: Completion
) -> Score:
    text = _text(answer, completion)
    if text is None:
        return Score(0.0, "no text at the declared place")
    values = [similarity(text, reference) for reference in accepted]
    best = max(values)
    return Score(best, f"closest to accepted text {values.index(best) + 1} of {len(values)}")


def _rouge_l(text: str, reference: str) -> float:
    words, wanted = _words(text), _words(reference)
    if not (words and wanted):
        return 0.0
    return 2 * common_length(*sorted((words, wanted), key=len)) / (len(words) + len(wanted))


@lru_cache(maxsize=64)
def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall("[a-z0-9]+", text.lower()))


def _bleu(text: str, accepted: Sequence[str]) -> float:
    words, references = _tokens(text), [_tokens(reference) for reference in accepted]
    length = min((len(reference) for reference in references), key=lambda size: (abs(size - len(words)), size))
    shared, in_text = [], []
    for order in range(1, _BLEU_ORDER + 1):
        wanted: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            wanted |= Counter(_grams(reference, order))
        shared.append(_shared(_grams(words, order), wanted))
        in_text.append(max(0, len(words) - order + 1))
    if not any(shared):
        return 0.0
    logs = [math.log(precision) for precision in _smoothed(shared, in_text)]
    brevity = min(0.0, 1 - length / len(words))
    return min(1.0, math.exp(brevity + sum(logs) / len(logs)))


def _smoothed(shared: Sequence[int], in_text: Sequence[int]) -> Iterator[float]:
    """The precision of each order that the text is long enough for."""
    divisor = 1
    for count, total in zip(shared, in_text, strict=True):
        if total:
            divisor *= 1 if count else 2
            yield count / total if count else 1 / (divisor * total)


def _grams(words: Sequence[str], order: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(order)), strict=False)


@lru_cache(maxsize=64)
def _tokens(text: str) -> tuple[str, ...]:
    """The words that NIST's mteval-v13a makes of a Western text."""
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, character in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(entity, character)
    text = f" {text} "
    for pattern, replacement in _rules_of_13a():
        text = pattern.sub(replacement, text)
    return tuple(text.split())


@lru_cache(maxsize=1)
def _rules_of_13a() -> tuple[tuple[re.Pattern[str], str], ...]:
    return (
        (re.compile(r"([!-&(-+/:-@\[-`{-~ ])"), r" \1 "),
        (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),  # not after a digit
        (re.compile(r"([.,])([^0-9])"), r" \1 \2"),  # not before a digit
        (re.compile(r"([0-9])(-)"), r"\1 \2 "),
    )


def _chrf(text: str, reference: str) -> float:
    """The mean precision and recall over the orders that both texts are long enough for."""
    text, reference = "".join(text.split()), "".join(reference.split())
    orders = range(1, min(_CHRF_ORDER, len(text), len(reference)) + 1)
    shared = [_shared_grams(text, reference, order) for order in orders]
    if not any(shared):
        return 0.0
    precision = sum(count / (len(text) - order + 1) for count, order in zip(shared, orders, strict=True)) / len(orders)
    recall = sum(count / (len(reference) - order + 1) for count, order in zip(shared, orders, strict=True)) / len(
        orders
    )
    return (1 + _CHRF_BETA**2) * precision * recall / (_CHRF_BETA**2 * precision + recall)


def _shared_grams(text: str, reference: str, order: int) -> int:
    wanted = Counter(map("".join, _grams(reference, order)))
    return _shared(map("".join, _grams(text, order)), wanted)


def _shared(grams: Iterable[Gram], wanted: Counter[Gram]) -> int:
    """How many of the n-grams are wanted; each counts as often as it is wanted at most."""
    return (Counter(filter(wanted.__contains__, grams)) & wanted).total()
