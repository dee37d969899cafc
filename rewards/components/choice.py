"""Components for answers of a fixed form: one of several lettered choices, or a text that a pattern describes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rewards.comparing.choices import named_choices
from rewards.comparing.linear_regex import PatternError, Searcher, searcher
from rewards.errors import SpecError, UngradableError
from rewards.hedging import Hedging
from rewards.limits import MAX_TEXT_CHARS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.types import Completion, Sample, Score


def multiple_choice(answer: AnswerFormat = WHOLE_ANSWER, *, choices: str = "ABCDEFGHIJ") -> MultipleChoice:
    r"""1 where the answer names the right choice and no other, else 0.

    `choices` are the letters that there are. An answer names a choice by the letter alone (`b`), in brackets (`(B)`),
    in bold (`**B**`), at the start of a line with a mark behind it (`B. Bern`), on a line of its own, or by stating it:
    in a box (`\boxed{B}`), after "answer is", "option:", "I choose", 答案, 答え and their like in ten languages, or as
    in "B is correct". A letter elsewhere is a word of the text. What is stated goes before what is only written so;
    "B or C" names both, and a letter that is denied ("not B", "B is wrong") is not named. Two different choices are no
    answer, so listing them all pays nothing: let a model think in a tag and declare it with `answer`.
    The reference is a letter, in one of the same forms.

    Source: the letter answers of MMLU (arXiv 2009.03300); unlike its extractors, neither the first nor the last of
    several letters wins.

    >>> from rewards import Completion, Sample
    >>> reward, sample = multiple_choice(choices="ABCD"), Sample("a", (), reference="B")
    >>> [reward(sample, Completion(text)).value for text in ("(b)", "The answer is B.", "A dog: B) Bern", "A) or B)")]
    [1.0, 1.0, 0.0, 0.0]
    """
    if not (choices.isascii() and choices.isalpha() and choices.isupper() and len(set(choices)) == len(choices) > 1):
        raise ValueError(f"choices must be two or more different letters from A to Z, such as 'ABCD', got {choices!r}")
    return MultipleChoice(answer, choices)


def regex_match(pattern: str = "", answer: AnswerFormat = WHOLE_ANSWER, *, part: bool = False) -> RegexMatch:
    r"""1 where the whole answer is as the pattern says, else 0; with `part`, where some part of it is.

    Without a `pattern` the reference of each sample is one, or accepts several by `$any_of`. White space around the
    answer is left out, and nothing else: bold or a full stop must be in the pattern. Patterns are those of Python's
    `re`, also with `(?i)`, searched in time linear in the answer, whatever it is; one that could take longer is
    refused: SpecError when built, UngradableError from a reference.

    Source: `re.fullmatch` and `re.search`.

    >>> from rewards import Completion, Sample
    >>> reward = regex_match(r"[A-Z]{2}-\d+")
    >>> [reward(Sample("a", ()), Completion(text)).value for text in ("AC-12", " AC-12\n", "see AC-12")]
    [1.0, 1.0, 0.0]
    """
    if pattern:
        try:
            _searcher(pattern, part=part)
        except PatternError as error:
            raise SpecError(str(error)) from error
    return RegexMatch(pattern, answer, part)


@dataclass(frozen=True)
class MultipleChoice:
    """See `multiple_choice`."""

    name: ClassVar[str] = "multiple_choice"
    hedging: ClassVar[Hedging] = Hedging.ONE_ANSWER
    answer: AnswerFormat = WHOLE_ANSWER
    choices: str = "ABCDEFGHIJ"

    def expected(self, sample: Sample) -> frozenset[str]:
        """The accepted letters; raises UngradableError where a reference names no choice, or several."""
        letters = [named_choices(text, self.choices) for text in self.answer.expected_text(sample)]
        if any(len(named) != 1 for named in letters):
            wanted = f"one of the choices {', '.join(self.choices)}"
            raise UngradableError(
                f"the reference of sample {sample.id!r} must name {wanted}, got {sample.reference!r:.200}"
            )
        return frozenset().union(*letters)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the letter with the accepted ones."""
        accepted = self.expected(sample)
        text = self.answer.text(completion)
        named = named_choices(text, self.choices) if text is not None and len(text) <= MAX_TEXT_CHARS else frozenset()
        if len(named) != 1:
            return Score(0.0, f"several choices: {', '.join(sorted(named))}" if named else "no choice is named")
        return Score(float(named <= accepted), f"{min(named)} is {'right' if named <= accepted else 'wrong'}")


@dataclass(frozen=True)
class RegexMatch:
    """See `regex_match`."""

    name: ClassVar[str] = "regex_match"
    pattern: str = ""
    answer: AnswerFormat = WHOLE_ANSWER
    part: bool = False

    @property
    def hedging(self) -> Hedging:
        """Part of an answer may match where it lists them all."""
        if self.pattern:
            return Hedging.NO_REFERENCE
        return Hedging.CAN_PAY if self.part else Hedging.ONE_ANSWER

    def expected(self, sample: Sample) -> tuple[Searcher, ...]:
        """What looks for each accepted pattern; raises UngradableError for one that cannot be searched."""
        patterns = (self.pattern,) if self.pattern else self.answer.expected_text(sample)
        try:
            return tuple(_searcher(pattern, part=self.part) for pattern in patterns)
        except PatternError as error:
            raise UngradableError(f"the reference of sample {sample.id!r}: {error}") from error

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Look for the patterns."""
        searchers = self.expected(sample)
        text = self.answer.text(completion)
        if text is None or len(text) > MAX_TEXT_CHARS:
            return Score(0.0, "no text at the declared place")
        matches = any(found(text.strip()) for found in searchers)
        return Score(float(matches), "matches" if matches else "does not match")


def _searcher(pattern: str, *, part: bool) -> Searcher:
    found = searcher(pattern)  # an unbalanced bracket must not close the one below
    if part:
        return found
    flags, rest = _leading_flags(pattern)
    return searcher(rf"{flags}\A(?:{rest}" + ("\n" if "x" in flags else "") + r")\Z")  # a comment ends with its line


def _leading_flags(pattern: str) -> tuple[str, str]:
    """The flags that a pattern opens with, which may stand nowhere else, and the rest."""
    found = re.match(r"(?:\(\?[a-zA-Z]+\))*", pattern)
    end = found.end() if found else 0
    return pattern[:end], pattern[end:]
