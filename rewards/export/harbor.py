"""Harbor's Reward Kit: the `tests` folder of a task, whose criterion carries this library, the reward and the row.

A criterion is a Python function of the agent's workspace; the kit writes its score, to four digits, into
`/logs/verifier/reward.json`. Source: harbor-rewardkit 0.2.3, session.py `criterion` and runner.py `run`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewards.errors import RowError
from rewards.export.source import carrying
from rewards.rows import rollout_of, with_completion
from rewards.types import Reward

_BODY = """\
from pathlib import Path

from rewardkit import criterion

from rewards.export.harbor import HarborCriterion

_criterion = HarborCriterion(REWARD, json.loads((Path(__file__).parent / "row.json").read_text("utf-8")), {answer!r})


@criterion(description="the answer in {answer}, as the reward of rftkit scores it")
def reward(workspace: Path) -> float:
    return _criterion(workspace)
"""
_RUN = """\
#!/bin/bash
uvx --from harbor-rewardkit==0.2.3 rewardkit /tests
"""


def to_rewardkit(reward: Reward, row: Mapping[str, Any], *, answer: str = "answer.txt") -> dict[str, str]:
    """The files of a task's `tests` folder, by name: they score the text that the agent leaves in `answer` as the
    completion of `row`, a row of any shape without its completion. A missing file is an empty completion.

    A sample that cannot be judged raises at once, here: RowError or UngradableError. Raises SpecError for a reward that
    has no specification.

    >>> from rewards import exact_match
    >>> row = {"messages": [{"role": "user", "content": "6 * 7?"}], "reference_answer": "42"}
    >>> sorted(to_rewardkit(exact_match(), row))
    ['checks.py', 'row.json', 'test.sh']
    """
    if Path(answer).is_absolute() or ".." in Path(answer).parts:
        raise RowError(f"the answer is a file of the agent's workspace, such as answer.txt, got {answer!r}")
    HarborCriterion(reward, row, answer).score("")
    return {
        "checks.py": carrying(reward, _BODY.format(answer=answer)),
        "row.json": json.dumps(row, ensure_ascii=False),
        "test.sh": _RUN,
    }


@dataclass(frozen=True)
class HarborCriterion:
    """What runs inside `checks.py`."""

    reward: Reward
    row: Mapping[str, Any]
    answer: str

    def __call__(self, workspace: Path) -> float:
        """The score of the answer that the agent left in its workspace."""
        path = workspace / self.answer
        return self.score(path.read_text("utf-8", errors="replace") if path.is_file() else "")

    def score(self, text: str) -> float:
        """The score of a completion."""
        rollout = rollout_of(with_completion(self.row, text))
        return self.reward(rollout.sample, rollout.completion).value
