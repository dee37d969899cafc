"""Components that judge the form of an answer rather than its content: its JSON, its tags, its length, its silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import ClassVar, get_args

from rewards.comparing.values import accepted_values
from rewards.comparing.words import words_of
from rewards.hedging import Hedging
from rewards.limits import MAX_TEXT_CHARS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.parsing.json_text import FENCED, IN_PROSE, SEVERAL, WHOLE, Root, read_json
from rewards.parsing.tags import block, check_tags
from rewards.types import JSON, Completion, Sample, Score

_PARSED = {
    score.value: score
    for score in (
        Score(WHOLE, "the whole text is JSON"),
        Score(FENCED, "JSON in one fence or tag"),
        Score(IN_PROSE, "one JSON value among other text"),
        Score(SEVERAL, "several JSON values"),
    )
}


def json_parse(root: Root = "any", *, reasoning: tuple[str, ...] = (), tags: tuple[str, ...] = ()) -> JsonParse:
    """How cleanly the text is one JSON value of type `root`, in [0, 1].

    1 the whole text; 0.9 inside one code fence or declared tag; 0.75 among other text; 0.5 several values; 0.1
    something that looks like JSON and is not; 0 nothing. Beside an object, lists are other text, and so is a list of
    whole numbers beside any value: "[1]" cites a source. `reasoning` names tags whose closed block may come first.
    Strict: RFC 8259, without duplicate keys, NaN or Infinity, within `rewards.limits`. Nothing is repaired, because the
    consumer will not repair it either.

    Source: RFC 8259; the levels are ours.

    >>> from rewards import Completion, Sample
    >>> [json_parse()(Sample("a", ()), Completion(text)).value for text in ('{"a": 1}', 'Here: {"a": 1}', '{"a": 1')]
    [1.0, 0.75, 0.1]
    """
    if root not in get_args(Root):
        raise ValueError(f"root must be one of {', '.join(get_args(Root))}, got {root!r}")
    return JsonParse(root, check_tags("reasoning", reasoning), check_tags("tags", tags))


def has_tags(*tags: str) -> HasTags:
    """Share of the tags whose opening and closing each appear exactly once, in that order, in [0, 1].

    A block may lie inside another one; of two that overlap otherwise neither counts.

    Source: the format reward of DeepSeek-R1 (arXiv 2501.12948), graded by tag.

    >>> from rewards import Completion, Sample
    >>> has_tags("think", "answer")(Sample("a", ()), Completion("<think>…</think><answer>4")).value
    0.5
    """
    if not tags or len(set(tags)) < len(tags):
        raise ValueError(f"name each tag once, and at least one, got {tags!r}")
    return HasTags(check_tags("tags", tags))


def overlong(limit_chars: int = 0, *, buffer_chars: int = 0, limit_words: int = 0, buffer_words: int = 0) -> Overlong:
    """How much too long the text is, in [0, 1]: 0 up to limit - buffer, 1 from the limit on, straight between. A
    penalty.

    Give it a negative weight, and limit and buffer in characters or in words: in a script without spaces each character
    is a word.

    Source: the soft overlong punishment of DAPO (arXiv 2503.14476, equation 13), in characters or words.

    >>> from rewards import Completion, Sample
    >>> overlong(100, buffer_chars=50)(Sample("a", ()), Completion("x" * 75)).value
    0.5
    >>> overlong(limit_words=8, buffer_words=4)(Sample("a", ()), Completion("税務監査報告")).value
    0.5
    """
    for unit, (limit, buffer) in {"chars": (limit_chars, buffer_chars), "words": (limit_words, buffer_words)}.items():
        if (limit or buffer) and not 0 < buffer <= limit:
            raise ValueError(f"0 < buffer_{unit} <= limit_{unit} must hold, got {buffer!r} and {limit!r}")
    if bool(limit_chars) == bool(limit_words):
        raise ValueError(f"give a limit in characters or in words, got {limit_chars!r} and {limit_words!r}")
    return Overlong(limit_chars, buffer_chars, limit_words, buffer_words)


def repetition(words: int = 3) -> Repetition:
    """Share of the runs of so many words that were there before, in [0, 1]. A penalty: give it a negative weight.

    Texts with fewer words score 0. In a script without spaces each character is a word: more of them make a phrase, so
    give such texts about `words=8`.

    Source: the n-gram repetition penalty of arXiv 2502.03373, unscaled.

    >>> from rewards import Completion, Sample
    >>> [repetition(1)(Sample("a", ()), Completion(text)).value for text in ("no no no yes", "否否否是")]
    [0.5, 0.5]
    """
    if words < 1:
        raise ValueError(f"words must be at least 1, got {words!r}")
    return Repetition(words)


def abstention(answer: AnswerFormat = WHOLE_ANSWER) -> Abstention:
    """1 where the answer is empty exactly when the reference is, else 0. Empty: no text, null, [], {} or "".

    A reference that accepts both, by `$any_of`, makes both right.

    The metrics tell the two errors apart: `false_positive` where something was said though nothing is there, and
    `false_negative` where nothing was said though something is. Where there is no answer at the declared place the
    value is 0 and neither is measured. Their means over the empty references are the rates.

    Source: the two errors of a detector, counted per image.

    >>> from rewards import Completion, Sample
    >>> abstention()(Sample("a", (), reference=[]), Completion('["a ship"]')).metrics
    {'false_positive': 1.0, 'false_negative': 0.0}
    """
    return Abstention(answer)


@dataclass(frozen=True)
class JsonParse:
    """See `json_parse`."""

    name: ClassVar[str] = "json_parse"
    hedging: ClassVar[Hedging] = Hedging.NO_REFERENCE
    root: Root = "any"
    reasoning: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge the text of the answer; the sample plays no part."""
        reading = read_json(completion.text, reasoning=self.reasoning, tags=self.tags)
        level = reading.level(self.root)
        return _PARSED.get(level) or Score(level, reading.problem or f"no JSON {self.root}")


@dataclass(frozen=True)
class HasTags:
    """See `has_tags`."""

    name: ClassVar[str] = "has_tags"
    hedging: ClassVar[Hedging] = Hedging.NO_REFERENCE
    tags: tuple[str, ...]

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge the tags of the text; the sample plays no part."""
        wrong = _without_own_block(completion.text, self.tags)
        reason = f"not exactly one block of {', '.join(wrong)}" if wrong else "each tag once"
        return Score(1 - len(wrong) / len(self.tags), reason)


@dataclass(frozen=True)
class Overlong:
    """See `overlong`."""

    name: ClassVar[str] = "overlong"
    hedging: ClassVar[Hedging] = Hedging.NO_REFERENCE
    limit_chars: int = 0
    buffer_chars: int = 0
    limit_words: int = 0
    buffer_words: int = 0

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The unit that it counts in."""
        return ("words",) if self.limit_words else ("chars",)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge the length of the text; the sample plays no part."""
        (unit,) = self.metric_names
        length = len(words_of(completion.text)) if self.limit_words else len(completion.text)
        limit, buffer = self.limit_words or self.limit_chars, self.buffer_words or self.buffer_chars
        excess = (length - (limit - buffer)) / buffer
        return Score(min(max(excess, 0.0), 1.0), f"{length:,} {unit}", {unit: float(length)})


@dataclass(frozen=True)
class Repetition:
    """See `repetition`."""

    name: ClassVar[str] = "repetition"
    hedging: ClassVar[Hedging] = Hedging.NO_REFERENCE
    words: int = 3

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge the wording of the text; the sample plays no part."""
        words = words_of(completion.text[:MAX_TEXT_CHARS])
        runs = Counter(zip(*(words[start:] for start in range(self.words)), strict=False))
        total = runs.total()
        return Score(1 - len(runs) / total if total else 0.0, f"{len(runs)} of {total} runs are new")


@dataclass(frozen=True)
class Abstention:
    """See `abstention`."""

    name: ClassVar[str] = "abstention"
    metric_names: ClassVar[tuple[str, ...]] = ("false_positive", "false_negative")
    hedging: ClassVar[Hedging] = Hedging.ONE_ANSWER
    answer: AnswerFormat = WHOLE_ANSWER

    def expected(self, sample: Sample) -> set[bool]:
        """Whether it is right to say nothing, as the one or two accepted answers; raises UngradableError where the
        sample does not tell."""
        accepted = accepted_values(self.answer.expected_structure(sample))
        return {value in _EMPTY for value in accepted}

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge whether to answer at all was right."""
        silence_is_right, nothing_said = self.expected(sample), self._is_silent(completion)
        if nothing_said is None:
            return Score(0.0, "no answer", dict.fromkeys(self.metric_names))
        is_right = nothing_said in silence_is_right
        metrics = {
            "false_positive": float(not is_right and not nothing_said),
            "false_negative": float(not is_right and nothing_said),
        }
        return Score(float(is_right), "said nothing" if nothing_said else "said something", metrics)

    def _is_silent(self, completion: Completion) -> bool | None:
        """None where nothing stands at the declared place: a refusal has not said that something is there."""
        found = self.answer.value(completion)
        if found:
            return found[0] in _EMPTY
        text = None if self.answer.key else self.answer.text(completion)
        return None if text is None else not text.strip()


_EMPTY: tuple[JSON, ...] = (None, "", [], {})


def _without_own_block(text: str, tags: Sequence[str]) -> list[str]:
    """The tags that do not have exactly one block, or whose block ends inside another one."""
    blocks = {tag: found for tag in tags if (found := block(text, tag))}
    crossed = {
        tag
        for (one, (start, end)), (other, (begin, stop)) in permutations(blocks.items(), 2)
        if start < begin < end < stop
        for tag in (one, other)
    }
    return [tag for tag in tags if tag not in blocks or tag in crossed]
