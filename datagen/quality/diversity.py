"""How varied a data set is: distinct n-grams, intents, tools, lengths and near duplicates, per file.

Words are those of `datagen.words`: in a script without spaces each character counts as one, so that a Chinese set is
measured as an English one is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, NamedTuple

from datagen.quality.similarity import NearTexts
from datagen.quality.spill import NumbersByKey
from datagen.types import Draft
from datagen.words import gram_hashes, words
from rewards import CallFormat
from rewards.parsing.references import structured
from rewards.parsing.tool_calls import NATIVE
from rewards.rows import as_text, gold_text
from rewards.types import JSON, Sample

NEAR = 0.8  # similarity from which two prompts are near duplicates; what a split keeps together
NO_TOOL = "(none)"
_LENGTHS = (1, 2, 3)
_SAMPLED = 10_000  # prompts that distinct-n is measured on: it falls with the size of the text
_INTENTS = ("intent", "type", "Type", "topic", "category", "label")


class Spread(NamedTuple):
    """Minimum, median and maximum of a number."""

    least: int
    median: int
    most: int


class Said(NamedTuple):
    """What a row asks and answers: texts, tools it calls, and its intent where one is named."""

    prompt: str
    answer: str
    tools: tuple[str, ...]
    intent: str = ""


@dataclass(frozen=True, slots=True)
class Diversity:
    """Facts of one file or split.

    `distinct` is the share of different n-grams among all n-grams of the prompts, of 10,000 prompts drawn from more.
    `tools` counts rows by tool, `intents` rows by intent. `near_duplicates` are rows whose prompt is near that of an
    earlier row, `clusters` the groups that these make, and `largest_cluster` the rows of the largest.
    """

    rows: int
    unread: int
    distinct: Mapping[int, float]
    prompt_words: Spread
    answer_words: Spread
    tools: Mapping[str, int]
    intents: Mapping[str, int]
    near_duplicates: int
    clusters: int
    largest_cluster: int

    def as_json(self) -> dict[str, Any]:
        """The facts with keys of text."""
        return {**asdict(self), "distinct": {str(length): share for length, share in self.distinct.items()}}


def measured(rows: Iterable[Said], *, near: float = NEAR) -> Diversity:
    """The diversity of what rows say, in one pass.

    >>> found = measured([Said("Where is AC-2?", "Here", ("find",)), Said("Where is AC-3?", "There", ("find",))])
    >>> found.rows, found.distinct[1], dict(found.tools)
    (2, 0.625, {'find': 2})
    >>> measured([Said("限额为一百元", "", ()), Said("限额为两百元", "", ())]).distinct[2]
    0.7
    """
    near_texts, sample = NearTexts(near), _Sample()
    prompts: list[int] = []
    answers: list[int] = []
    tools: Counter[str] = Counter()
    intents: Counter[str] = Counter()
    for said in rows:
        units = words(said.prompt)
        near_texts.add(units)
        sample.add(said.prompt)
        prompts.append(len(units))
        answers.append(len(words(said.answer)))
        tools.update(set(said.tools) or {NO_TOOL})
        if said.intent:
            intents[said.intent] += 1
    joined = near_texts.joined()
    members = Counter(joined.root(number) for number in range(len(joined)))
    several = [count for count in members.values() if count > 1]
    return Diversity(
        rows=len(prompts),
        unread=0,
        distinct=sample.distinct(),
        prompt_words=spread(prompts),
        answer_words=spread(answers),
        tools=_ordered(tools) if set(tools) != {NO_TOOL} else {},
        intents=_ordered(intents),
        near_duplicates=sum(several) - len(several),
        clusters=len(several),
        largest_cluster=max(several, default=1 if prompts else 0),
    )


def of_drafts(drafts: Sequence[Draft], calls: CallFormat) -> Diversity:
    """The diversity of one split of a data set that is made."""
    return measured(
        Said(
            _asked(draft.sample),
            gold_text(draft.sample),
            tools_of(draft.sample.reference, calls),
            intent_of(draft.sample.reference, draft.sample.metadata),
        )
        for draft in drafts
    )


def lines(found: Mapping[str, Diversity], *, shown: int = 8) -> Iterator[str]:
    """The diversity of each split as Markdown."""
    yield "| split | distinct-1, -2, -3 | prompt words | answer words | near duplicates |"
    yield "|---|---:|---:|---:|---:|"
    for name, one in found.items():
        distinct = ", ".join(f"{one.distinct[length]:.2f}" for length in _LENGTHS)
        near = f"{one.near_duplicates:,} in {one.clusters:,} clusters, largest {one.largest_cluster:,}"
        lengths = " | ".join(
            f"{some.least:,} to {some.most:,}, median {some.median:,}" for some in (one.prompt_words, one.answer_words)
        )
        yield f"| {name} | {distinct} | {lengths} | {near if one.clusters else 'none'} |"
    for title, histograms in _histograms(found).items():
        yield ""
        yield f"{title}:"
        for name, counts in histograms.items():
            listed = [f"{value} {count:,}" for value, count in list(counts.items())[:shown]]
            more = [f"and {len(counts) - shown:,} more"] if len(counts) > shown else []
            yield f"{name}: {', '.join([*listed, *more])}."


def _histograms(found: Mapping[str, Diversity]) -> dict[str, dict[str, Mapping[str, int]]]:
    kinds = {
        "Rows by tool": {name: one.tools for name, one in found.items() if one.tools},
        "Rows by intent": {name: one.intents for name, one in found.items() if one.intents},
    }
    return {title: histograms for title, histograms in kinds.items() if histograms}


def spread(values: Sequence[int]) -> Spread:
    """Minimum, median and maximum; zeros of nothing."""
    ordered = sorted(values) or [0]
    return Spread(ordered[0], ordered[len(ordered) // 2], ordered[-1])


class _Sample:
    """At most so many texts, each as likely as any other to be among them (reservoir sampling), by a fixed seed."""

    def __init__(self) -> None:
        self._rng = Random("diversity")
        self._seen = 0
        self._kept: list[str] = []

    def add(self, text: str) -> None:
        self._seen += 1
        if len(self._kept) < _SAMPLED:
            self._kept.append(text)
        elif (place := self._rng.randrange(self._seen)) < _SAMPLED:
            self._kept[place] = text

    def distinct(self) -> dict[int, float]:
        """The share of different n-grams; 0 where no text is long enough for one."""
        return {length: self._share(length) for length in _LENGTHS}

    def _share(self, length: int) -> float:
        held = NumbersByKey()  # on disk once they are many: ten thousand long prompts have millions
        different = total = 0
        for number, text in enumerate(self._kept):
            units = words(text)
            if len(units) >= length:
                grams = gram_hashes(units, length)
                held.add(grams, number)
                different += len(grams)
                total += len(units) - length + 1
        different -= sum(len(group) - 1 for group in held.groups())
        return different / total if total else 0.0


def _asked(sample: Sample) -> str:
    return "\n".join(as_text(turn.content) for turn in sample.messages if turn.role == "user")


def tools_of(reference: JSON, calls: CallFormat = NATIVE) -> tuple[str, ...]:
    """The tools that a reference calls."""
    return tuple(call.name for call in calls.read(structured(reference)) or ())


def intent_of(reference: Any, row: Mapping[str, Any]) -> str:
    """The intent that the reference, else the row names; empty where none does."""
    for place in (reference if isinstance(reference, Mapping) else {}, row):
        for key in _INTENTS:
            value = place.get(key)
            if isinstance(value, str) and value:
                return value
    return ""


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
