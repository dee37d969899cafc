"""A component for extraction: which fields of a document were read, and which were invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from rewards.comparing.matching import best_total
from rewards.comparing.values import (
    ANY_OF,
    DEFAULT,
    Comparison,
    accepted_values,
    canonical,
    is_optional,
    ordered_total,
    similarity,
)
from rewards.errors import UngradableError
from rewards.hedging import Hedging, hedging_by
from rewards.limits import MAX_DEPTH, MAX_PAIRS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.parsing.references import shown
from rewards.types import JSON, Completion, Sample, Score

_MEASURES = ("accuracy", "precision", "recall", "f1")


class Tally(NamedTuple):
    """How many leaves are right, wanted, given, and invented: given where none is wanted."""

    earned: float
    wanted: float
    given: float
    invented: float

    @property
    def places(self) -> float:
        """What the leaves earned is divided by."""
        return max(self.wanted, self.given) + self.invented

    @property
    def score(self) -> float:
        """The share earned, in [0, 1]; 1 where there was no place."""
        return self.earned / self.places if self.places else 1.0


def field_f1(
    answer: AnswerFormat = WHOLE_ANSWER,
    *,
    values: Comparison = DEFAULT,
    groups: Mapping[str, tuple[str, ...]] | None = None,
) -> FieldF1:
    """Leaves that are right over the larger number of leaves, in [0, 1]; 1 only where the objects are equal.

        sum over leaves of s / (max(leaves wanted, leaves given) + invented leaves)

    A field that is missing, wrong or invented costs its leaves; lists are aligned item by item. Optional leaves are
    neither wanted nor given, and 1 - s of each that is given counts as invented. More leaves than any reference may
    have never pay, where plain F1 pays for hedging with extra fields. Accuracy, precision, recall and F1 are metrics:
    `f1` for all fields, and `income_f1` for a group "income" of top-level fields.

    Source: S / max(n, m) of docs/rewards.md, carried down to leaves.

    >>> from rewards import Completion, Sample
    >>> sample = Sample("a", (), reference={"ein": "12-3", "wages": 10})
    >>> score = field_f1()(sample, Completion('{"ein": "12-3", "tips": 1}'))
    >>> round(score.value, 3), score.metrics["precision"], score.metrics["recall"]
    (0.333, 0.5, 0.5)
    """
    chosen = {name: tuple(keys) for name, keys in (groups or {}).items()}
    if any(not keys or "/" in name for name, keys in chosen.items()):
        raise ValueError(f"a group needs a name without '/' and at least one field, got {groups!r}")
    return FieldF1(answer, values, chosen)


@dataclass(frozen=True)
class FieldF1:
    """See `field_f1`."""

    name: ClassVar[str] = "field_f1"
    answer: AnswerFormat = WHOLE_ANSWER
    values: Comparison = DEFAULT
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def hedging(self) -> Hedging:
        """Near text can pay it; else never."""
        return hedging_by(self.values)

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The measures for all fields, then for each group."""
        return (*_MEASURES, *(f"{group}_{measure}" for group in self.groups for measure in _MEASURES))

    def expected(self, sample: Sample) -> dict[str, JSON]:
        """The fields it compares with; raises UngradableError where they are no object."""
        expected = self.answer.expected_structure(sample)
        if not isinstance(expected, dict) or not all(isinstance(item, dict) for item in accepted_values(expected)):
            raise UngradableError(f"the reference of sample {sample.id!r} must be an object, got {shown(expected)}")
        return expected

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the fields of the answer with those of the reference."""
        expected = self.expected(sample)
        found = self.answer.value(completion)
        given = found[0] if found and isinstance(found[0], dict) else None
        if given is None:  # no field is right, and none was given that could be wrong
            nothing = {name: None if name.endswith("precision") else 0.0 for name in self.metric_names}
            return Score(0.0, "no JSON object", nothing)
        expected = self._nearest(given, expected)
        by_key = _by_key(given, expected, self.values, 1)
        tally = _summed(given, expected, by_key) if given or expected else compare(given, expected, self.values)
        metrics = self._metrics(given, expected, by_key)
        return Score(tally.score, f"{tally.earned:.3g} of {tally.places:.3g} leaves", metrics)

    def _nearest(self, given: dict[str, JSON], expected: dict[str, JSON]) -> dict[str, JSON]:
        """The accepted object that `given` is most like."""
        if ANY_OF not in expected:
            return expected
        accepted = [item for item in accepted_values(expected) if isinstance(item, dict)]
        return max(accepted, key=lambda item: compare(given, item, self.values).score)

    def _metrics(
        self, given: dict[str, JSON], expected: dict[str, JSON], by_key: Mapping[str, Tally]
    ) -> dict[str, float | None]:
        metrics = _measures(given, expected, by_key)
        for group, keys in self.groups.items():
            of_group = _measures(_only(given, keys), _only(expected, keys), by_key)
            metrics |= {f"{group}_{name}": value for name, value in of_group.items()}
        return metrics


def compare(value: JSON, reference: JSON, how: Comparison = DEFAULT, depth: int = 0) -> Tally:
    """The tally of `value` against `reference`, leaf by leaf."""
    if isinstance(reference, dict) and ANY_OF in reference:
        return max((compare(value, a, how, depth) for a in accepted_values(reference)), key=lambda tally: tally.score)
    if depth < MAX_DEPTH and isinstance(value, dict) and isinstance(reference, dict) and (value or reference):
        return _compare_objects(value, reference, how, depth + 1)
    if depth < MAX_DEPTH and isinstance(value, list) and isinstance(reference, list) and value and reference:
        return _compare_lists(value, reference, how, depth + 1)
    wanted, given = leaves(canonical(reference)), leaves(value)
    return Tally(similarity(value, reference, how, depth) * wanted, wanted, given, max(0, given - wanted))


def leaves(value: JSON) -> int:
    """How many values without children `value` holds; an empty object or list counts as one."""
    if not (value and isinstance(value, dict | list)):
        return 1
    stack: list[JSON] = [value]
    count = 0
    while stack:
        item = stack.pop()
        children = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
        stack.extend(children)
        count += not children
    return count


def _compare_objects(value: dict[str, JSON], reference: dict[str, JSON], how: Comparison, depth: int) -> Tally:
    return _summed(value, reference, _by_key(value, reference, how, depth))


def _by_key(value: dict[str, JSON], reference: dict[str, JSON], how: Comparison, depth: int) -> dict[str, Tally]:
    """The tally under each key that both objects have."""
    return {
        key: compare(value[key], expected, how.at(key), depth) for key, expected in reference.items() if key in value
    }


def _summed(value: dict[str, JSON], reference: dict[str, JSON], by_key: Mapping[str, Tally]) -> Tally:
    unknown = sum(leaves(item) for key, item in value.items() if key not in reference)
    total = Tally(0.0, 0.0, unknown, unknown)
    for key, expected in reference.items():
        total = _added(total, _at_key(expected, by_key.get(key)))
    return total


def _at_key(expected: JSON, tally: Tally | None) -> Tally:
    """What a key adds, whose value earns `tally`; None where the answer has no such key."""
    optional = is_optional(expected)
    if tally is None:
        return Tally(0.0, 0.0 if optional else leaves(canonical(expected)), 0.0, 0.0)
    return Tally(0.0, 0.0, 0.0, tally.places - tally.earned) if optional else tally


def _added(left: Tally, right: Tally) -> Tally:
    return Tally(
        left.earned + right.earned,
        left.wanted + right.wanted,
        left.given + right.given,
        left.invented + right.invented,
    )


def _compare_lists(value: list[JSON], reference: list[JSON], how: Comparison, depth: int) -> Tally:
    """Each reference item is worth the mean number of leaves of a reference item, and so is each surplus item.

    The worth does not depend on the answer's items, so that repairing a leaf can only raise the score.
    """

    def alike(v: JSON, r: JSON) -> float:
        return compare(v, r, how, depth).score if isinstance(r, dict | list) else similarity(v, r, how, depth)

    if how.ordered or len(value) * len(reference) > MAX_PAIRS:
        total = ordered_total(value, reference, alike)
    else:
        total = best_total([[alike(v, r) for r in reference] for v in value])
    worth, surplus = leaves(canonical(reference)) / len(reference), max(0, len(value) - len(reference))
    return Tally(worth * total, worth * len(reference), worth * len(value), worth * surplus)


def _measures(
    given: dict[str, JSON], expected: dict[str, JSON], by_key: Mapping[str, Tally]
) -> dict[str, float | None]:
    """Precision and recall count leaves; accuracy is the share of expected fields that are right. Where nothing was
    given and something was wanted, there is no precision to measure."""
    earned = sum(by_key[key].earned for key in expected if key in given)
    right = sum(by_key[key].score == 1.0 if key in given else is_optional(wanted) for key, wanted in expected.items())
    wanted, told = _required_leaves(given, expected), leaves(given) if given else 0
    precision, recall = _over(earned, told) if told or not wanted else None, _over(earned, wanted)
    return {
        "accuracy": right / len(expected) if expected else float(not given),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision and recall else 0.0,
    }


def _required_leaves(given: dict[str, JSON], expected: dict[str, JSON]) -> int:
    counted = (wanted for key, wanted in expected.items() if key in given or not is_optional(wanted))
    return sum(leaves(canonical(wanted)) for wanted in counted)


def _over(earned: float, count: int) -> float:
    return min(1.0, earned / count) if count else 1.0


def _only(fields: dict[str, JSON], keys: tuple[str, ...]) -> dict[str, JSON]:
    return {key: fields[key] for key in keys if key in fields}
