"""Labels: how often each is found, and what for what; drawn only where references are labels."""

from __future__ import annotations

import json
from typing import Any

from rft.report.labels import OTHER, label_figures


def records(*pairs: tuple[Any, str]) -> list[tuple[int, dict[str, Any]]]:
    """Rollouts of (reference, completion)."""
    return [
        (line, {"messages": [{"role": "assistant", "content": written}], "ground_truth": wanted, "temperature": 0})
        for line, (wanted, written) in enumerate(pairs, 1)
    ]


def test_recall_precision_and_f1_are_of_each_label():
    figures = list(label_figures({"SFT": records(("a", "a"), ("a", "b"), ("b", "b"), ("b", "b"))}))
    assert [figure.name for figure in figures] == ["labels", "confusion-SFT"]
    rows = {row[0]: row[2:] for row in figures[0].rows}
    assert rows["a"] == (2, 0.5, 1.0, 2 / 3)  # 1 of 2 wanted, 1 of 1 written, 2 x 1 / (2 + 1)
    assert rows["b"] == (2, 1.0, 2 / 3, 0.8)  # 2 of 2 wanted, 2 of 3 written, 2 x 2 / (2 + 3)


def test_a_label_that_is_never_written_has_no_precision():
    (each, _) = label_figures({"base": records(("a", "x"), ("b", "b"))})
    assert each.rows[0] == ("a", "base", 1, 0.0, "", 0.0)


def test_what_is_no_label_is_one_column():
    (_, confusion) = label_figures({"base": records(("a", "well, perhaps"), ("b", "b"))})
    assert confusion.rows == (("a", OTHER, 1), ("b", "b", 1))
    assert "1 of 2 completions on the diagonal (50.0%)" in confusion.caption


def test_objects_and_a_single_label_are_no_labels():
    assert not list(label_figures({"base": records(({"calls": [1]}, "{}"), ({"calls": [2]}, "{}"))}))
    assert not list(label_figures({"base": records(("a", "a"), ("a", "b"))}))


def test_the_only_value_of_an_object_is_a_label():
    pairs = (({"intent": "a"}, json.dumps({"intent": "a"})), ({"intent": "b"}, json.dumps({"intent": "a"})))
    (_, confusion) = label_figures({"base": records(*pairs)})
    assert confusion.rows == (("a", "a", 1), ("b", "a", 1))
