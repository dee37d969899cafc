"""The evaluation stage: every completion is graded by the zip, and faults of ours are no scores of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rewards.rollouts import Record, rollout_record, write_records
from rft.stages.evaluation import BATCH, grade, summarise


def records(count: int) -> list[Record]:
    row = {"messages": [{"role": "user", "content": "?"}], "reference_answer": "x"}
    turn = {"role": "assistant", "content": "x"}
    return [rollout_record({**row, "id": str(n // 2)}, [turn], row_id=str(n // 2), sample=n % 2) for n in range(count)]


def result(sample: dict[str, Any], score: float, **metrics: float) -> dict[str, Any]:
    listed = [{"name": name.replace("_per_", "/"), "value": value, "type": "Metric"} for name, value in metrics.items()]
    return {"id": sample["id"], "aggregate_reward_score": score, "metrics_list": listed}


def test_the_grader_is_sent_plain_rows_in_batches_and_its_digest_is_kept(tmp_path: Path) -> None:
    sizes = []

    def grader(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
        sizes.append(len(event))
        assert all("rollout_version" not in sample and "row_id" not in sample for sample in event)
        return [result(sample, 0.5, boxes=0.0, boxes_per_measured=0.0) for sample in event]

    write_records(tmp_path / "r.jsonl", records(BATCH + 2))
    graded = list(grade(tmp_path / "r.jsonl", grader, "sha256:1"))  # type: ignore[arg-type]  # any function of an event
    assert sizes == [BATCH, 2]
    assert {(record["grader"], record["score"]) for record in graded} == {("sha256:1", 0.5)}
    assert graded[0]["metrics"] == {"boxes": None}


def test_what_was_not_measured_or_not_judged_is_in_no_mean_and_is_counted() -> None:
    first, second, third, fourth = records(4)  # two completions of each of two rows
    judged: dict[str, Any] = {"score": 1.0, "parts": {}, "metrics": {"boxes": None}}
    made: list[Record] = [
        {**first, **judged},
        {**second, **judged, "score": 0.0, "metrics": {"boxes": 4.0}},
        {**third, **judged},
        {**fourth, "ungradable": "the grader ran out of time", "metrics": {"timed_out": 1.0}},
    ]
    summary = summarise(made)
    assert (summary["score"].mean, summary["score"].rows) == (0.75, 2)  # (1/2 + 1) / 2
    assert (summary["boxes"].mean, summary["boxes"].rows) == (4.0, 1)
    assert summary["ungradable"].mean == summary["timed_out"].mean == pytest.approx(1 / 4)
