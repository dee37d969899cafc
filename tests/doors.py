"""Every way by which a row and its completion reach a reward, called alike: a row in, a score and its metrics out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from estimators.platforms.local.grader import event_of, grade, records_of
from estimators.results.graded import graded_rows
from lambda_package.handler import handler_for
from rewards import Reward
from rewards.audit.reward_grader import Lifted
from rewards.export import as_nemo_gym, as_trl, as_verl
from rewards.export.openai import OpenAIGrader
from rewards.grading.grade import Job, grade_rows
from rewards.rollouts import record_of
from rewards.rollouts.files import Row
from rewards.rows import rollout_of
from tests.fakes.probe import probe

PROBE = f"{Path(__file__).parent / 'fakes' / 'probe.py'}:probe"


class Verdict(NamedTuple):
    """What a door says of a row."""

    score: float
    metrics: Mapping[str, float]


def by_lambda(row: dict[str, Any], reward: Reward = probe) -> Verdict:
    (result,) = handler_for(reward)([_sent(row)], None)  # type: ignore[misc]  # the handler answers a list with a list
    return _of_result(result)


def by_audit(row: dict[str, Any], reward: Reward = probe) -> Verdict:
    (result,) = Lifted(reward)([_sent(row)])
    return _of_result(result)


def by_grade(row: dict[str, Any]) -> Verdict:
    (grade,) = grade_rows(Job(PROBE), [Row(1, json.dumps(row).encode(), 0, 1)])
    assert grade.score is not None, grade
    return Verdict(grade.score, {name: value for name, value in grade.metrics.items() if value is not None})


def by_compare(row: dict[str, Any], reward: Reward = probe) -> Verdict:
    (graded,) = graded_rows([(1, record_of(_sent(row)))], reward, "rows").values()
    return Verdict(graded.score, {k: v for k, v in graded.metrics.items() if k != "score" and v is not None})


def by_local_training(row: dict[str, Any], reward: Reward = probe) -> Verdict:
    """Only for a row that ends in a completion of plain text, as a local policy writes it."""
    handler = handler_for(reward)
    event = event_of(records_of([row], [rollout_of(row).completion.text]))
    (one,) = grade(lambda event: handler(event, None), event, batch_size=1)  # type: ignore[arg-type,return-value]  # as above
    return Verdict(one.reward, {name: value for name, value in one.metrics.items() if value is not None})


def by_trl(row: dict[str, Any], reward: Reward = probe) -> Verdict:
    """Columns of a data set: a prompt of turns, and the rest of the row."""
    prompts, completions, columns = _columns(row)
    logged: dict[str, float] = {}
    (score,) = as_trl(reward)(prompts, completions, log_metric=logged.__setitem__, **columns)
    assert score is not None
    return Verdict(score, {name.removeprefix("reward/"): value for name, value in logged.items()})


def by_verl(row: dict[str, Any], reward: Reward = probe) -> Verdict:
    """A row of verl's own shape, whose completion is text."""
    result = as_verl(reward)(
        row["data_source"], row["completion"], row["reward_model"]["ground_truth"], row["extra_info"]
    )
    return Verdict(result["score"], result)


def by_nemo_gym(row: dict[str, Any], reward: Reward = probe) -> Verdict:
    """A request of NeMo Gym's own shape."""
    result = as_nemo_gym(reward)(row)
    return Verdict(result["reward"], result)


def by_openai_grader(row: dict[str, Any], reward: Reward = probe) -> Verdict:
    """An item with the messages before the completion, and the completion as OpenAI's sample."""
    *asked, turn = row["messages"]
    sample = {"output_text": turn.get("content"), "output_tools": turn.get("tool_calls")}
    item = {**row, "messages": asked}
    return Verdict(OpenAIGrader(reward, "reference_answer", False)(sample, item), {})


Door = Callable[[dict[str, Any]], Verdict]
DOORS: dict[str, Door] = {
    "Lambda": by_lambda,
    "grade": by_grade,
    "audit": by_audit,
    "eval compare": by_compare,
    "TRL": by_trl,
}
"""The doors that take a row of any shape."""


def _sent(row: dict[str, Any]) -> dict[str, Any]:
    """The row as it arrives: through JSON."""
    sent: dict[str, Any] = json.loads(json.dumps(row))
    return sent


def _of_result(result: Any) -> Verdict:
    return Verdict(
        result["aggregate_reward_score"], {metric["name"]: metric["value"] for metric in result["metrics_list"]}
    )


def _columns(row: dict[str, Any]) -> tuple[list[Any], list[Any], dict[str, list[Any]]]:
    columns = {key: [value] for key, value in row.items() if key not in ("messages", "prompt", "completion")}
    columns.setdefault("reference_answer", [None])
    if "messages" not in row:
        return [row.get("prompt")], [row.get("completion")], columns
    turns = row["messages"]
    first = next((n for n in reversed(range(len(turns))) if turns[n].get("role") in ("assistant", "nova_assistant")), 0)
    return [turns[:first]], [turns[first:]], columns
