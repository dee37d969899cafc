"""Groups of fields: found by the names of their four measures, with what each gained over the baseline."""

from __future__ import annotations

from rft.report.charts import Interval
from rft.report.field_groups import group_figures

NOTHING = Interval(0.0, 0.0, 0)


def known(*groups: str, above: str = "fields/") -> dict[str, dict[str, Interval]]:
    """Metrics of two models, for each group 0.25 and 0.75 in every measure."""
    names = [f"{above}{group}{measure}" for group in groups for measure in ("accuracy", "precision", "recall", "f1")]
    return {name: {"base": Interval(0.25, 0.0, 4), "SFT": Interval(0.75, 0.0, 4)} for name in names}


def test_each_group_has_four_measures_and_what_each_gained():
    (figure,) = group_figures({"score": {}, **known("", "state_")}, "base", "4 rows, greedy.")
    assert figure.head == ("group", "measure", "base", "SFT", "SFT - base")
    assert [row[:2] for row in figure.rows[::4]] == [("all fields", "accuracy"), ("state", "accuracy")]
    assert {row[2:] for row in figure.rows} == {(0.25, 0.75, 0.5)}


def test_what_was_not_measured_is_empty_and_gains_nothing():
    metrics = known("", "state_")
    metrics["fields/precision"]["base"] = NOTHING
    (figure,) = group_figures(metrics, "base", "4 rows, greedy.")
    assert figure.rows[1] == ("all fields", "precision", "", 0.75, "")


def test_a_metric_that_only_ends_in_f1_is_no_group():
    assert not list(
        group_figures({"rouge/f1": {"base": NOTHING}, "tokens_f1": {"base": NOTHING}}, "base", "4 rows, greedy.")
    )


def test_groups_of_two_rewards_with_one_name_keep_their_paths():
    (figure,) = group_figures({**known("state_"), **known("state_", above="other/")}, "base", "4 rows, greedy.")
    assert [row[0] for row in figure.rows[::4]] == ["fields/state", "other/state"]
