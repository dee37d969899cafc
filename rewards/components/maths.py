"""The component for answers that are mathematics, whatever the form they are written in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, get_args

from rewards.comparing.maths import Answer, answer_of, are_equal
from rewards.comparing.numbers import DecimalMark
from rewards.errors import UngradableError
from rewards.hedging import Hedging
from rewards.limits import MAX_TEXT_CHARS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.types import Completion, Sample, Score


def math_equal(answer: AnswerFormat = WHOLE_ANSWER, *, decimal: DecimalMark = ".") -> MathEqual:
    r"""1 where the answer is the reference as mathematics, else 0.

    The answer is what the text boxes (`\boxed{…}`); or the whole text, where that is mathematics; or what stands behind
    "answer is", "answer:", "####" or their like in other languages; or the only formula between dollar signs. Different
    answers are a list of them, so boxing two pays nothing where one is right. A reference is read in the same way, so a
    worked solution will do.

    Read are LaTeX as models write it, and plain text: numbers, fractions, powers, roots, logarithms, angles, variables,
    percentages, units, amounts, sets, intervals, tuples, matrices, equations, inequalities, words. Equal are values
    that agree exactly as fractions, else in their first 30 digits; formulas that agree at four seeded points, whole
    ones where they count (`n!`); sets of numbers by what they contain; lists in any order; tuples in order; equations
    that are multiples of each other. A percentage is also its number (`28\%` is 28 and 0.28), a unit or currency may be
    left out but not be another one (`\$5` is not 5 euros), and a decimal fraction of six or more decimals may stand for
    what rounds to it. `log` without a base is to the base 10. With `decimal=","` a comma between digits is the decimal
    mark and dots divide thousands, so a semicolon or a comma and a space divide items. What cannot be read is compared
    as text. Nothing is run as Python, and work is bounded: 2,000 characters and 400 tokens are read.

    Source: the final answers of MATH (arXiv 2103.03874); checked against the package math-verify.

    >>> from rewards import Completion, Sample
    >>> reward, sample = math_equal(), Sample("a", (), reference=r"\frac{\sqrt{2}}{2}")
    >>> [reward(sample, Completion(text)).value for text in (r"So $x = \boxed{1/\sqrt2}$.", "The answer is 0.7")]
    [1.0, 0.0]
    """
    if decimal not in get_args(DecimalMark):
        raise ValueError(f"the decimal mark must be one of {' '.join(get_args(DecimalMark))}, got {decimal!r}")
    return MathEqual(answer, decimal)


@dataclass(frozen=True)
class MathEqual:
    """See `math_equal`."""

    name: ClassVar[str] = "math_equal"
    hedging: ClassVar[Hedging] = Hedging.ONE_ANSWER
    answer: AnswerFormat = WHOLE_ANSWER
    decimal: DecimalMark = "."

    def expected(self, sample: Sample) -> tuple[Answer, ...]:
        """The accepted answers; raises UngradableError where a reference gives none."""
        value = self.answer.expected(sample)
        texts = (str(value).replace(".", self.decimal),) if _is_number(value) else self.answer.expected_text(sample)
        answers = tuple(_reference(text, self.decimal) for text in texts)
        if not all(one.text for one in answers):
            raise UngradableError(f"the reference of sample {sample.id!r} gives no answer: {sample.reference!r:.200}")
        return answers

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the answer with the accepted ones."""
        accepted = self.expected(sample)
        text = self.answer.text(completion)
        if text is None or len(text) > MAX_TEXT_CHARS:
            return Score(0.0, "no text at the declared place")
        given = answer_of(text, self.decimal)
        if not given.text:
            return Score(0.0, "no answer is given")
        right = any(are_equal(given, one) for one in accepted)
        return Score(float(right), f"{given.text:.80} is {'right' if right else 'wrong'}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@lru_cache(maxsize=4096)
def _reference(text: str, decimal: DecimalMark) -> Answer:
    return answer_of(text, decimal)
