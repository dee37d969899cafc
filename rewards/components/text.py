"""Components for answers that are a text, a label, a set of keywords or a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, get_args

from rewards.comparing.dress import undressed
from rewards.comparing.edit_distance import ALMOST, edit_ratio, token_f1
from rewards.comparing.matching import best_total, over_longer
from rewards.comparing.normalise import normaliser
from rewards.comparing.numbers import DecimalMark, Quantity, is_near, read_quantity
from rewards.comparing.values import DEFAULT, Comparison, accepted_values, similarity
from rewards.comparing.words import items_of
from rewards.errors import UngradableError
from rewards.hedging import Hedging
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.parsing.references import shown
from rewards.reward_tree import check_unit_interval
from rewards.types import JSON, Completion, Sample, Score

Method: TypeAlias = Literal["edit", "tokens"]

_METHODS: dict[str, Callable[[str, str], float]] = {"edit": edit_ratio, "tokens": token_f1}
_MAX_KEYWORDS = 1000


def exact_match(answer: AnswerFormat = WHOLE_ANSWER, *, values: Comparison = DEFAULT) -> ExactMatch:
    """1 where the answer equals the reference, else 0. Text is compared as text, and with `key` as a JSON value.

    Without `key` the reference must be text: whether 3 stands for "3" or "3.0" is not guessed (`numeric_match` compares
    numbers, `field_f1` objects).

    Source: exact match of SQuAD (arXiv 1606.05250), with a normaliser that is declared.

    >>> from rewards import Completion, Sample
    >>> exact_match()(Sample("a", (), reference="Bern"), Completion(" Bern\\n")).value
    1.0
    """
    return ExactMatch(answer, values)


def text_similarity(
    answer: AnswerFormat = WHOLE_ANSWER, *, method: Method = "edit", text: str = "nfc", floor: float = 0.0
) -> TextSimilarity:
    """How alike answer and reference are, in [0, 1]; 1 only where they are equal under the normaliser `text`.

    `edit`, which heeds the order of letters, is 2 x longest common subsequence / total length; `tokens` is the F1 of
    the words, in any order; in a script without spaces each character is one. Unequal texts get at most 0.999, and 0
    below `floor`: a floor keeps a policy from earning by texts of the right alphabet.

    Source: the Indel ratio of rapidfuzz and difflib; the token F1 of SQuAD (arXiv 1606.05250).

    >>> from rewards import Completion, Sample
    >>> reward, sample = text_similarity(floor=0.6), Sample("a", (), reference="net income")
    >>> [round(reward(sample, Completion(text)).value, 3) for text in ("net incom", "income", "loss")]
    [0.947, 0.75, 0.0]
    """
    normaliser(text)
    if method not in _METHODS:
        raise ValueError(f"method must be one of {', '.join(_METHODS)}, got {method!r}")
    return TextSimilarity(answer, method, text, check_unit_interval("floor", floor))


def keyword_jaccard(answer: AnswerFormat = WHOLE_ANSWER, *, text: str = "casefold") -> KeywordJaccard:
    """Keywords in common over keywords in either, in [0, 1]; 1 only where the sets are equal and nothing is repeated.

    The answer is a JSON list of strings, or text: items divided by lines, by the commas and semicolons of any script
    (`,`, `、`, `，`, `;`) or by `|`, without bullets, a heading, and what stands around each. The reference is a list.
    Naming a keyword twice counts as naming a wrong one. Hedging can pay a little (docs/rewards.md):
    `label_match(multi=True)` excludes it.

    Source: the coefficient of Jaccard, |A and B| / |A or B|, with repeated keywords counted as wrong ones.

    >>> from rewards import Completion, Sample
    >>> sample = Sample("a", (), reference=["税務", "監査"])
    >>> [keyword_jaccard()(sample, Completion(text)).value for text in ("監査、税務", "- 監査\\n- 賃貸借")]
    [1.0, 0.3333333333333333]
    """
    normaliser(text)
    return KeywordJaccard(answer, text)


def label_match(
    answer: AnswerFormat = WHOLE_ANSWER, *, text: str = "casefold", multi: bool = False, separator: str = ""
) -> LabelMatch:
    """1 where the label is an accepted one, else 0; "A or B" is no label.

    Bold, quotes, brackets, a fence, a full stop or "Label:" around a label do not matter, unless `text` is "strict".

    `multi` takes lists of labels and scores their best pairing over the longer list, so that hedging never pays. With a
    `separator`, labels are paths ("animal/dog/poodle") and a wrong one earns the depth that it shares over the longer
    depth.

    Source: S / max(n, m), as derived in docs/rewards.md.

    >>> from rewards import Completion, Sample
    >>> label_match(separator="/")(Sample("a", (), reference="animal/dog"), Completion("animal/cat")).value
    0.5
    """
    normaliser(text)
    return LabelMatch(answer, text, multi, separator)


def numeric_match(
    answer: AnswerFormat = WHOLE_ANSWER,
    *,
    abs_tol: float = 0.0,
    rel_tol: float = 0.0,
    units: Mapping[str, float] | None = None,
    decimal: DecimalMark = ".",
    magnitudes: Mapping[str, float] | None = None,
) -> NumericMatch:
    """1 where |number - reference| <= max(abs_tol, rel_tol x |reference|), else 0. Being near earns nothing.

    Numbers are decimal and exact: integers of any length are told apart, and 10.1 is within 0.1 of 10. Text may hold
    one number: with thousands separators, a currency, a percent sign, or brackets around a negative amount; as a
    fraction or with a power of ten; in the digits of any script, or in English, Chinese or Japanese words; and with
    bold, quotes, a fence, a box, a full stop or "Answer:" around it. With `decimal=","` it is written as in 1.234,56.
    Two amounts must be able to be of one currency: "$5" is not "5 EUR", and a mere 5 is either. `units` maps each
    allowed unit to its size; with units, a number without one counts in the unit of size 1. `magnitudes` maps words
    such as million or 万 to what they multiply by. A percent is 0.01, unless `units` has "%".

    Source: `math.isclose`, with the tolerance taken from the reference alone, so that no answer widens it.

    >>> from rewards import Completion, Sample
    >>> numeric_match(units={"m": 1, "km": 1000})(Sample("a", (), reference="1.2 km"), Completion("1,200 m")).value
    1.0
    >>> numeric_match(magnitudes={"万": 10_000})(Sample("a", (), reference=12_000), Completion("1.2万円")).value
    1.0
    """
    Comparison(abs_tol=abs_tol, rel_tol=rel_tol)
    if decimal not in get_args(DecimalMark):
        raise ValueError(f"the decimal mark must be one of {' '.join(get_args(DecimalMark))}, got {decimal!r}")
    for parameter, sizes in {"units": units or {}, "magnitudes": magnitudes or {}}.items():
        if any(not math.isfinite(size) or size <= 0 for size in sizes.values()):
            raise ValueError(f"the sizes of {parameter} must be finite and positive, got {sizes!r}")
    return NumericMatch(answer, abs_tol, rel_tol, dict(units or {}), decimal, dict(magnitudes or {}))


@dataclass(frozen=True)
class ExactMatch:
    """See `exact_match`."""

    name: ClassVar[str] = "exact_match"
    hedging: ClassVar[Hedging] = Hedging.ONE_ANSWER
    answer: AnswerFormat = WHOLE_ANSWER
    values: Comparison = DEFAULT

    def expected(self, sample: Sample) -> JSON:
        """What it compares with; raises UngradableError where there is nothing, or no text to compare text with."""
        if not self.answer.key:
            self.answer.expected_text(sample)
        return self.answer.expected(sample)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the answer with the reference."""
        expected = self.expected(sample)
        found = self.answer.value(completion) if self.answer.key else (self.answer.text(completion),)
        equal = bool(found) and similarity(found[0], expected, self.values) == 1.0
        return Score(float(equal), "equal" if equal else f"not {shown(expected, 80)}")


@dataclass(frozen=True)
class TextSimilarity:
    """See `text_similarity`."""

    name: ClassVar[str] = "text_similarity"
    hedging: ClassVar[Hedging] = Hedging.CAN_PAY
    answer: AnswerFormat = WHOLE_ANSWER
    method: Method = "edit"
    text: str = "nfc"
    floor: float = 0.0

    def expected(self, sample: Sample) -> tuple[str, ...]:
        """The texts it compares with; raises UngradableError where there are none."""
        return self.answer.expected_text(sample)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the text of the answer with that of the reference."""
        accepted, found = self.expected(sample), self.answer.text(completion)
        if found is None:
            return Score(0.0, "no text at the declared place")
        value = max(self._alike(found, text) for text in accepted)
        return Score(value, "equal" if value == 1 else f"{value:.3g} alike")

    def _alike(self, found: str, expected: str) -> float:
        normalise = normaliser(self.text)
        left, right = normalise(found), normalise(expected)
        if left == right:
            return 1.0
        alike = min(_METHODS[self.method](left, right), ALMOST)
        return alike if alike >= self.floor else 0.0


@dataclass(frozen=True)
class KeywordJaccard:
    """See `keyword_jaccard`."""

    name: ClassVar[str] = "keyword_jaccard"
    hedging: ClassVar[Hedging] = Hedging.CAN_PAY
    answer: AnswerFormat = WHOLE_ANSWER
    text: str = "casefold"

    def expected(self, sample: Sample) -> set[str]:
        """The keywords it compares with; raises UngradableError where they are no list of strings."""
        return {_key(label, self.text) for label in _labels(self.answer, sample)}

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the keywords of the answer with those of the reference."""
        expected = self.expected(sample)
        found = _found_labels(self.answer, completion)
        if found is None or len(found) > _MAX_KEYWORDS:
            return Score(0.0, "no list of keywords" if found is None else f"more than {_MAX_KEYWORDS:,} keywords")
        common = len(expected.intersection(_key(label, self.text) for label in found))
        either = len(found) + len(expected) - common
        return Score(common / either if either else 1.0, f"{common} of {either} keywords in common")


@dataclass(frozen=True)
class LabelMatch:
    """See `label_match`."""

    name: ClassVar[str] = "label_match"
    answer: AnswerFormat = WHOLE_ANSWER
    text: str = "casefold"
    multi: bool = False
    separator: str = ""

    @property
    def hedging(self) -> Hedging:
        """One label is right or wrong; several, and paths, earn a share."""
        return Hedging.NEVER_PAYS if self.multi or self.separator else Hedging.ONE_ANSWER

    def expected(self, sample: Sample) -> Sequence[str]:
        """The accepted labels, or with `multi` all labels; raises UngradableError where there are none."""
        return _labels(self.answer, sample) if self.multi else self.answer.expected_text(sample)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the label or labels of the answer with those of the reference."""
        return self._many(sample, completion) if self.multi else self._one(sample, completion)

    def _one(self, sample: Sample, completion: Completion) -> Score:
        accepted, found = self.expected(sample), self.answer.text(completion)
        if found is None:
            return Score(0.0, "no label at the declared place")
        given = _key(found, self.text)
        value = max(self._alike(given, _key(label, self.text)) for label in accepted)
        return Score(value, "accepted label" if value == 1 else f"{found!r:.80} is not {accepted[0]!r:.80}")

    def _many(self, sample: Sample, completion: Completion) -> Score:
        expected, found = self.expected(sample), _found_labels(self.answer, completion)
        if found is None or len(found) > _MAX_KEYWORDS:
            return Score(0.0, "no list of labels" if found is None else f"more than {_MAX_KEYWORDS:,} labels")
        given, wanted = ([_key(label, self.text) for label in labels] for labels in (found, expected))
        total = best_total([[self._alike(left, right) for right in wanted] for left in given])
        return Score(over_longer(total, len(found), len(expected)), f"{total:.3g} of {len(expected)} labels")

    def _alike(self, left: str, right: str) -> float:
        """How alike two labels are, by their keys."""
        if left == right or not self.separator:
            return float(left == right)
        return _shared_depth(left.split(self.separator), right.split(self.separator))


@dataclass(frozen=True)
class NumericMatch:
    """See `numeric_match`."""

    name: ClassVar[str] = "numeric_match"
    hedging: ClassVar[Hedging] = Hedging.ONE_ANSWER
    answer: AnswerFormat = WHOLE_ANSWER
    abs_tol: float = 0.0
    rel_tol: float = 0.0
    units: Mapping[str, float] = field(default_factory=dict)
    decimal: DecimalMark = "."
    magnitudes: Mapping[str, float] = field(default_factory=dict)

    def expected(self, sample: Sample) -> list[Quantity]:
        """The accepted numbers; raises UngradableError where one is none."""
        return [self._number(sample, value) for value in accepted_values(self.answer.expected(sample))]

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the number of the answer with that of the reference."""
        expected = self.expected(sample)
        found = self.answer.value(completion) if self.answer.key else (self.answer.text(completion),)
        given = self._read(found[0]) if found else None
        if given is None:
            return Score(0.0, f"no number alone: {shown(found[0])}" if found else "no answer")
        right = any(self._is_right(given, wanted) for wanted in expected)
        return Score(float(right), "within tolerance" if right else f"{given} is not {expected[0]}")

    def _is_right(self, given: Quantity, wanted: Quantity) -> bool:
        near = is_near(given.number, wanted.number, abs_tol=self.abs_tol, rel_tol=self.rel_tol)
        return near and given.may_be_of(wanted)

    def _number(self, sample: Sample, value: JSON) -> Quantity:
        number = self._read(value)
        if number is None:
            raise UngradableError(f"the reference of sample {sample.id!r} holds no number: {shown(value)}")
        return number

    def _read(self, value: JSON) -> Quantity | None:
        return read_quantity(value, self.units, decimal=self.decimal, magnitudes=self.magnitudes)


def _labels(answer: AnswerFormat, sample: Sample) -> list[str]:
    expected = answer.expected_structure(sample)
    if not isinstance(expected, list) or not all(isinstance(label, str) for label in expected):
        raise UngradableError(f"the reference of sample {sample.id!r} must be a list of strings, got {shown(expected)}")
    return [str(label) for label in expected]


def _found_labels(answer: AnswerFormat, completion: Completion) -> list[str] | None:
    """A JSON list of strings, and no other list or object; without JSON, the items of the text."""
    found = answer.value(completion)
    if found and isinstance(found[0], list | dict):
        is_list = isinstance(found[0], list) and all(isinstance(label, str) for label in found[0])
        return [str(label) for label in found[0]] if is_list else None
    text = None if answer.key else answer.text(completion)
    return None if text is None else items_of(undressed(text, brackets=True))


def _key(label: str, text: str) -> str:
    """What two labels are compared by: without their dress, unless even letter case and white space count."""
    return normaliser(text)(label if text == "strict" else undressed(label, brackets=True))


def _shared_depth(left: list[str], right: list[str]) -> float:
    shared = 0
    while shared < min(len(left), len(right)) and left[shared] == right[shared]:
        shared += 1
    return shared / max(len(left), len(right))
