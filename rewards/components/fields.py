"""A component for extraction: which fields of a document were read, and which were invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from rewards.comparing.matching import best_pairs
from rewards.comparing.values import ANY_OF, DEFAULT, Comparison, accepted_values, canonical, is_optional, similarity
from rewards.errors import UngradableError
from rewards.limits import MAX_DEPTH, MAX_PAIRS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.parsing.references import shown
from rewards.types import JSON, Completion, Sample, Score

_MEASURES = ("accuracy", "precision", "recall", "f1")


class Tally(NamedTuple):
    """What the leaves earned, and in how many places there was something to earn or to lose."""

    earned: float
    places: float

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
    """Leaves that are right over all leaves that either side has, in [0, 1]; 1 only where the objects are equal.

        sum over leaves of s / (required leaves + invented leaves + sum over optional leaves given of (1 - s))

    A field that is missing, wrong or invented costs its leaves; lists are aligned item by item, and count the longer
    one. The denominator is the union, since plain F1 pays for hedging with extra fields; accuracy, precision, recall
    and F1 are metrics: `f1` for all fields, and `income_f1` for a group "income" of top-level fields.

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
        tally = compare(given, expected, self.values)
        metrics = self._metrics(given, expected)
        return Score(tally.score, f"{tally.earned:.3g} of {tally.places:.3g} leaves", metrics)

    def _nearest(self, given: dict[str, JSON], expected: dict[str, JSON]) -> dict[str, JSON]:
        """The accepted object that `given` is most like."""
        if ANY_OF not in expected:
            return expected
        accepted = [item for item in accepted_values(expected) if isinstance(item, dict)]
        return max(accepted, key=lambda item: compare(given, item, self.values).score)

    def _metrics(self, given: dict[str, JSON], expected: dict[str, JSON]) -> dict[str, float]:
        metrics = _measures(given, expected, self.values)
        for group, keys in self.groups.items():
            of_group = _measures(_only(given, keys), _only(expected, keys), self.values)
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
    return Tally(similarity(value, reference, how, depth), max(leaves(value), leaves(canonical(reference))))


def leaves(value: JSON) -> int:
    """How many values without children `value` holds; an empty object or list counts as one."""
    stack, count = [value], 0
    while stack:
        item = stack.pop()
        children = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
        stack.extend(children)
        count += not children
    return count


def _compare_objects(value: dict[str, JSON], reference: dict[str, JSON], how: Comparison, depth: int) -> Tally:
    earned = 0.0
    places: float = sum(leaves(item) for key, item in value.items() if key not in reference)
    for key, expected in reference.items():
        if key in value:
            tally = compare(value[key], expected, how.at(key), depth)
            right = 0.0 if is_optional(expected) else tally.earned
            earned, places = earned + right, places + (tally.places - tally.earned + right)
        elif not is_optional(expected):
            places += leaves(canonical(expected))
    return Tally(earned, places)


def _compare_lists(value: list[JSON], reference: list[JSON], how: Comparison, depth: int) -> Tally:
    """Each reference item is worth the mean number of leaves of a reference item, and so is each surplus item.

    The worth does not depend on the answer's items, so that repairing a leaf can only raise the score.
    """
    worth = leaves(canonical(reference)) / len(reference)
    longest = max(len(value), len(reference))
    if how.ordered or len(value) * len(reference) > MAX_PAIRS:
        return Tally(worth * longest * similarity(value, reference, how, depth), worth * longest)
    scores = [[compare(v, r, how, depth).score for r in reference] for v in value]
    return Tally(worth * sum(scores[row][column] for row, column in best_pairs(scores)), worth * longest)


def _measures(given: dict[str, JSON], expected: dict[str, JSON], how: Comparison) -> dict[str, float]:
    """Precision and recall count leaves; accuracy is the share of expected fields that are right."""
    earned = sum(compare(given[key], wanted, how.at(key)).earned for key, wanted in expected.items() if key in given)
    right = sum(_is_right(given, key, wanted, how) for key, wanted in expected.items())
    precision, recall = _over(earned, leaves(given) if given else 0), _over(earned, _required_leaves(given, expected))
    return {
        "accuracy": right / len(expected) if expected else float(not given),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
    }


def _required_leaves(given: dict[str, JSON], expected: dict[str, JSON]) -> int:
    counted = (wanted for key, wanted in expected.items() if key in given or not is_optional(wanted))
    return sum(leaves(canonical(wanted)) for wanted in counted)


def _is_right(given: dict[str, JSON], key: str, wanted: JSON, how: Comparison) -> bool:
    if key not in given:
        return is_optional(wanted)
    return compare(given[key], wanted, how.at(key)).score == 1.0


def _over(earned: float, count: int) -> float:
    return min(1.0, earned / count) if count else 1.0


def _only(fields: dict[str, JSON], keys: tuple[str, ...]) -> dict[str, JSON]:
    return {key: fields[key] for key in keys if key in fields}
