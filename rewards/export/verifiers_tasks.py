"""A task set for verifiers v1: a package whose tasks are the rows, scored by the reward that it carries.

`eval NAME` of verifiers imports the package and takes the one `Taskset` of its `__all__`. Source: verifiers 0.4.0,
v1/taskset.py `Taskset.load`, v1/task.py `TaskData`, v1/utils/loaders.py `_plugin_class`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rewards.errors import RowError
from rewards.export.source import carrying
from rewards.reward_tree import signals_in
from rewards.rows import CONVERSATION, rollout_of, sample_of, split_turns, with_completion
from rewards.types import JSON, Message, Reward

_BODY = """\
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import verifiers.v1 as vf

from rewards.export.verifiers_tasks import scored


class RowData(vf.TaskData):
    row: dict[str, Any]


class RowTask(vf.Task[RowData]):
    @vf.reward(weight=1.0)
    async def earned(self, trace: vf.Trace) -> float:
        value, metrics = scored(REWARD, self.data.row, [message.model_dump() for message in trace.messages])
        trace.record_metrics(metrics)
        return value


class RowTaskset(vf.Taskset[RowTask, vf.TasksetConfig]):
    def load(self) -> Iterator[RowTask]:
        with (Path(__file__).parent / "tasks.jsonl").open(encoding="utf-8") as file:
            for line in file:
                yield RowTask(RowData(**json.loads(line)), self.config.task)


__all__ = ["RowTaskset"]
"""
_PROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{project}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["verifiers>=0.4,<0.5"]

[tool.setuptools]
packages = ["{module}"]

[tool.setuptools.package-data]
{module} = ["tasks.jsonl"]
"""


def to_verifiers_taskset(reward: Reward, rows: Iterable[Mapping[str, Any]], *, name: str) -> dict[str, str]:
    """The files of a package called `name`, by their paths: `pip install` its folder, and `name` is the id of a task
    set. Rows are of any shape; what a model wrote in them is left out. The score is the reward, parts are metrics.

    A row that could never be judged, that declares tools or whose prompt holds pictures raises at once: RowError or
    UngradableError. Raises SpecError for a reward that has no specification.

    >>> from rewards import exact_match
    >>> row = {"id": "a", "messages": [{"role": "user", "content": "6 * 7?"}], "reference_answer": "42"}
    >>> files = to_verifiers_taskset(exact_match(), [row], name="sums")
    >>> sorted(files)
    ['pyproject.toml', 'sums/__init__.py', 'sums/tasks.jsonl']
    >>> json.loads(files["sums/tasks.jsonl"])["prompt"]
    [{'role': 'user', 'content': '6 * 7?'}]
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise RowError(f"the name of a task set is that of a module, such as support_routing, got {name!r}")
    tasks = [_task(reward, row, index) for index, row in enumerate(rows)]
    if not tasks:
        raise RowError("no rows: a task set has one task for each")
    return {
        "pyproject.toml": _PROJECT.format(project=name.replace("_", "-"), module=name),
        f"{name}/__init__.py": carrying(reward, _BODY),
        f"{name}/tasks.jsonl": "".join(f"{json.dumps(task, ensure_ascii=False)}\n" for task in tasks),
    }


def scored(reward: Reward, row: Mapping[str, Any], turns: Sequence[JSON]) -> tuple[float, dict[str, float]]:
    """The score of what a model wrote to the task of `row`, and its parts; `turns` are all of a trace. What stands
    before the turns of the prompt, as the system prompt of a harness does, and the prompt itself are no answer.

    >>> from rewards import exact_match
    >>> row = {"messages": [{"role": "user", "content": "6 * 7?"}], "reference_answer": "42"}
    >>> scored(exact_match(), row, [*row["messages"], {"role": "assistant", "content": "42"}])[0]
    1.0
    """
    asked = [turn for turn in row["messages"] if turn.get("role") != "system"]
    heard = [turn for turn in turns if not (isinstance(turn, dict) and turn.get("role") == "system")]
    said = heard[len(asked) :] or [{"role": "assistant", "content": ""}]
    rollout = rollout_of({**row, "messages": [*row["messages"], *said]})
    score = reward(rollout.sample, rollout.completion)
    return score.value, {name: value for name, value in signals_in(score).items() if value is not None}


def _task(reward: Reward, row: Mapping[str, Any], index: int) -> dict[str, Any]:
    """The fields of a task's data; its `row` has the prompt alone."""
    sample = sample_of(row, index=index)
    if sample.tools:
        raise RowError(f"row {sample.id!r} declares tools, which a task set can only offer by a tool server of its own")
    if any(message.attachments for message in sample.messages):
        raise RowError(f"row {sample.id!r} asks with a picture or document, which this task set cannot send")
    first = rollout_of(with_completion(row, ""))
    reward(first.sample, first.completion)
    system = "\n\n".join(message.content for message in sample.messages if message.role == "system")
    kept = {key: value for key, value in row.items() if key not in CONVERSATION}
    task: dict[str, Any] = {
        "id": sample.id,
        "prompt": [_turn(message) for message in sample.messages if message.role != "system"],
        "row": {**kept, "messages": [dict(turn) for turn in split_turns(row).prompt]},
    }
    return {**task, "system_prompt": system} if system else task


def _turn(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.content}
