"""A comparison in the terminal: its columns stand below each other, however long names and cells are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from estimators.results.compare import Comparison, Difference, ModelResult
from rewards import Estimate
from rft.report.comparing_text import lines_of

names = st.text(alphabet="abc_/", min_size=1, max_size=45)


@given(st.lists(names, min_size=1, max_size=4, unique=True), names, st.integers(1, 10**6))
def test_columns_are_aligned_from_model_to_model(metrics: list[str], model: str, rows: int) -> None:
    found = dict.fromkeys(metrics, Estimate(0.5, 0.125, 1))
    gains = dict.fromkeys(metrics, Difference(0.5, 0.25, 0.75, 1, 0, rows))
    models = (ModelResult("base", found, {}, ()), ModelResult(model, found, gains, ()))
    lines = list(lines_of(Comparison("base", rows, 0, models), "score", (), metrics[:1]))
    begins = {line.index("0.500 ±") for line in lines if "0.500 ±" in line}
    heads = {line.rindex("mean") for line in lines if "  mean" in line}
    ends = {line.rindex("[") for line in lines if "[" in line}
    assert begins == heads
    assert (len(begins), len(ends)) == (1, 1)


def test_no_row_is_won_by_what_is_only_recorded() -> None:
    found = dict.fromkeys(("score", "right", "boxes"), Estimate(0.5, 0.125, 4))
    gains = dict.fromkeys(found, Difference(-0.5, -0.75, -0.25, 1, 2, 1))
    models = (ModelResult("base", found, {}, ()), ModelResult("rft", found, gains, ()))
    lines = list(lines_of(Comparison("base", 4, 0, models), "score", (), {"right"}))
    ends = {line.split()[0]: line.split()[-3:] for line in lines[-3:]}
    assert ends == {"score": ["1", "2", "1"], "right": ["1", "2", "1"], "boxes": ["-", "-", "1"]}
