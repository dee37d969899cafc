"""Figures of a comparison: they hold the numbers of the rollouts, as drawing and as table, whatever those say."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimators.errors import OutputError
from estimators.results.compare import compare
from rft.report.figure import Figure, write_figures
from rft.report.figures import Compared, figures_of, values_of
from rft.report.judged import Numbered, rows_of, with_accuracy

HOSTILE = '</svg><script>alert(1)</script>\x00\x1b\u202e"&='


def rollout(row: str, score: float, *, text: str = "a", reference: str = "a", **more: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": row}, {"role": "assistant", "content": text}]
    made = {"rollout_version": 1, "row_id": row, "sample": 0, "messages": turns, "reference_answer": reference}
    return {**made, "score": score, "parts": {"part": score}, "metrics": {}, **more}


def compared(models: dict[str, list[dict[str, Any]]], **more: Any) -> Compared:
    records: dict[str, list[Numbered]] = {
        name: list(with_accuracy(enumerate(rows, 1), 1.0)) for name, rows in models.items()
    }
    by = more.pop("by", ())
    rows = {name: rows_of(found, Path(name), threshold=1.0, keep_rows=True) for name, found in records.items()}
    return Compared(records, compare(rows, resamples=100, by=by, metric=more.get("metric", "score")), **more)


def drawn(*args: Any, **more: Any) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures_of(compared(*args, **more))}


def table(figure: Figure) -> list[list[str]]:
    return list(csv.reader(io.StringIO(figure.to_csv())))


def test_every_figure_is_drawn_of_two_models() -> None:
    models = {
        name: [
            rollout(f"r{n}", (n % 5) / 4 * share, text="ab"[n % 2], reference="ab"[n % 3 == 0], kind="ab"[n % 2])
            for n in range(20)
        ]
        for name, share in (("base", 0.5), ("tuned", 1.0))
    }
    found = drawn(models, by=("kind",))
    expected = {"parts", "distributions", "histogram", "four-panel", "scatter-tuned", "slices"}
    assert set(found) == expected | {"confusion-base", "confusion-tuned", "labels"}
    for figure in found.values():
        assert (
            "n = 20 items, 1 completion of each; decoding not recorded" in figure.caption
            or "diagonal" in figure.caption
            or "20 completions of each model; decoding not recorded" in figure.caption
        )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 300)), min_size=1, max_size=20))
def test_what_is_drawn_is_in_the_table_and_well_formed(scores: list[tuple[float, float]]) -> None:
    models = {
        name: [rollout(f"r{n}", pair[place]) for n, pair in enumerate(scores)]
        for place, name in enumerate(("base", HOSTILE))
    }
    found = drawn(models)
    for figure in found.values():
        ElementTree.fromstring(figure.to_svg())
        ElementTree.fromstring(
            f"<div>{figure.to_html()}</div>".encode("utf-8", "replace").replace(b"\x00", b"").replace(b"\x1b", b"")
        )
        assert "<script" not in figure.to_svg()
    pairs = [
        (float(a), float(b)) for _, a, b in table(next(f for n, f in found.items() if n.startswith("scatter")))[1:]
    ]
    assert pairs == scores
    assert sum(int(count) for *_, count, _ in table(found["histogram"])[1:]) == len(scores)


def test_only_items_that_all_models_completed_are_drawn() -> None:
    records = compared({"a": [rollout("x", 1), rollout("y", 0)], "b": [rollout("y", 1)]}).records
    assert values_of(records, "score") == {"a": {"y": [0.0]}, "b": {"y": [1.0]}}


@pytest.mark.parametrize(
    "text", ["flight", '"flight"', '{"intent": "flight"}', "<think>x</think><answer>flight</answer>"]
)
def test_a_label_is_found_in_json_in_a_tag_or_as_the_text(text: str) -> None:
    rows = [rollout("1", 1, text=text, reference="flight"), rollout("2", 0, text="no idea", reference="fare")]
    assert table(drawn({"m": rows})["confusion-m"])[1:] == [["fare", "(none of them)", "1"], ["flight", "flight", "1"]]


def test_a_label_is_looked_for_below_a_path() -> None:
    rows = [
        rollout(str(n), 1, text=f'{{"q": {{"type": "{kind}"}}, "why": "x"}}', reference={"q": {"type": kind}, "n": n})  # type: ignore[arg-type]  # a reference is any JSON
        for n, kind in enumerate("ab")
    ]
    assert "2 of 2 completions on the diagonal" in drawn({"m": rows}, labels=("q", "type"))["confusion-m"].caption


def test_references_that_are_no_labels_have_no_matrix() -> None:
    assert not any(name.startswith("confusion") for name in drawn({"m": [rollout("1", 1, reference="long " * 30)] * 2}))


def test_training_rollouts_are_drawn_by_step_and_part() -> None:
    rows = [rollout(f"r{n}", n % 2, step=n // 2 + 1, sample=n) for n in range(8)]
    found = drawn({"run": rows})["steps-run"]
    assert table(found)[1:5] == [["score", str(step), "0.5"] for step in (1, 2, 3, 4)]
    assert found.caption == "Mean of each step; 4 steps, 8 rollouts."


def test_a_count_is_drawn_over_its_own_range_with_the_number_of_repeats_and_the_decoding() -> None:
    rows = [
        rollout(f"r{n}", 1.0, sample=k, temperature=0.7, metrics={"boxes": 90.0 + n + k})
        for n in range(5)
        for k in range(3)
    ]
    found = drawn({"before": rows}, metric="boxes")
    assert "n = 5 items, 3 completions of each; temperature 0.7" in found["four-panel"].caption
    assert ">100</text>" in found["four-panel"].svg


def test_a_cell_of_a_table_runs_nothing_in_a_spreadsheet(tmp_path: Path) -> None:
    rows = [rollout("=cmd()", 1.0), rollout("r2", 0.0)]
    write_figures(figures_of(compared({"base": rows, "a": rows})), tmp_path)
    assert "'=cmd()" in (tmp_path / "scatter-a.csv").read_text(encoding="utf-8")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == sorted([".csv", ".svg"] * 5)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text("aA/ .", min_size=1, max_size=3), min_size=2, max_size=4, unique=True))
def test_no_figure_takes_the_file_of_another(names: list[str]) -> None:
    found = figures_of(compared({name: [rollout("1", 1.0), rollout("2", 0.5)] for name in names}))
    assert len({figure.name.lower() for figure in found}) == len(found) == 4 + len(names) - 1
    assert not any("/" in figure.name for figure in found)


def test_a_metric_that_no_rollout_has_is_refused_with_the_closest() -> None:
    with pytest.raises(OutputError, match=r"no metric 'scor'.*'score'"):
        figures_of(compared({"m": [rollout("1", 1.0)]}, metric="scor"))
