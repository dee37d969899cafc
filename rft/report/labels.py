"""The figures of labels: which was taken for which, and how well each is found. Only where references are labels."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rewards import estimate
from rewards.parsing.references import structured
from rewards.rollouts import completion_turns
from rewards.rows import completion_of, ground_truth_of
from rft.report import charts
from rft.report.charts import Interval
from rft.report.figure import Figure, file_name
from rft.report.judged import Numbered, decoding_of

MOST_LABELS = 60  # of a confusion matrix; more cannot be read
LABEL_CHARS = 60
OTHER = "(none of them)"
TAGGED = re.compile(r"<(\w+)>([^<>]*)</\1>")

Pairs = Sequence[tuple[str, str]]  # (reference, completion), both as labels


def label_figures(records: Mapping[str, Sequence[Numbered]], path: Sequence[str] = ()) -> Iterator[Figure]:
    """How well each label is found, and a confusion matrix for each model; nothing where references are no labels:
    short texts, at least two and not too many. `path` leads to the label within reference and completion."""
    pairs = {model: _labelled(found, path) for model, found in records.items()}
    labels = sorted({wanted for found in pairs.values() for wanted, _ in found})
    if not 2 <= len(labels) <= MOST_LABELS:
        return
    sizes = " and ".join(f"{size:,}" for size in sorted({len(found) for found in pairs.values()}))
    yield _each_label(pairs, labels, f"{sizes} completions of each model; {decoding_of(records)}")
    for model, found in pairs.items():
        yield _confusion(model, found, labels, decoding_of({model: records[model]}))


class Found(NamedTuple):
    """How well one model finds one label: how often it is right of those wanted, and of those written."""

    recall: Interval
    precision: float | None
    f1: float

    @classmethod
    def of(cls, label: str, pairs: Pairs) -> Found:
        """Counted over a model's completions; a precision of nothing written is None.

        >>> found = Found.of("a", [("a", "a"), ("a", "b"), ("b", "b")])
        >>> found.recall.mean, found.precision, round(found.f1, 3)
        (0.5, 1.0, 0.667)
        """
        hits = [written == label for wanted, written in pairs if wanted == label]
        wrote = sum(written == label for _, written in pairs)
        places = len(hits) + wrote
        return cls(
            Interval.of(estimate(map(float, hits))),
            sum(hits) / wrote if wrote else None,
            2 * sum(hits) / places if places else 0.0,
        )


def _each_label(pairs: Mapping[str, Pairs], labels: Sequence[str], how: str) -> Figure:
    found = {label: {model: Found.of(label, of_model) for model, of_model in pairs.items()} for label in labels}
    recalls = {label: {model: one.recall for model, one in by_model.items()} for label, by_model in found.items()}
    return Figure(
        "labels",
        "How often each label is found",
        f"Share of a label's rows that are given it (recall), with its 95 % interval; {how}.",
        charts.grouped_bars(recalls, label="Recall of each label, per model"),
        ("label", "model", "rows", "recall", "precision", "F1"),
        tuple(
            (label, model, one.recall.rows, one.recall.mean, "" if one.precision is None else one.precision, one.f1)
            for label, by_model in found.items()
            for model, one in by_model.items()
        ),
    )


def _confusion(model: str, found: Pairs, labels: Sequence[str], how: str) -> Figure:
    counts = Counter((wanted, written if written in labels else OTHER) for wanted, written in found)
    right = sum(count for (wanted, written), count in counts.items() if wanted == written)
    title = f"Confusion matrix of {model}"
    return Figure(
        f"confusion-{file_name(model)}",
        title,
        f"Rows: reference; columns: completion. {right:,} of {len(found):,} completions on the diagonal"
        f" ({right / len(found):.1%}); {how}.",
        charts.confusion(counts, labels, label=title),
        ("reference", "completion", "count"),
        tuple((wanted, written, count) for (wanted, written), count in sorted(counts.items())),
    )


def _labelled(records: Sequence[Numbered], path: Sequence[str]) -> list[tuple[str, str]]:
    """(reference, completion) of every rollout as labels; nothing where some reference is none."""
    found = []
    for _, record in records:
        wanted = _label(structured(ground_truth_of(record)), path)
        if wanted is None or len(wanted) > LABEL_CHARS or "\n" in wanted:
            return []
        found.append((wanted, _written(completion_of(list(completion_turns(record))).text, path)))
    return found


def _label(value: Any, path: Sequence[str]) -> str | None:
    """The text below `path`; without a path the text itself, or the only value of an object."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    if not path and isinstance(value, Mapping) and len(value) == 1:
        (value,) = value.values()
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, bool | int) else None


def _written(text: str, path: Sequence[str]) -> str:
    """The label in a completion: JSON, the last tag without tags inside, or the whole text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    found = _label(value, path)
    if found is not None:
        return found
    tagged = TAGGED.findall(text) if len(text) < 100_000 else []
    return (tagged[-1][1] if tagged else text).strip()
