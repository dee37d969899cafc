"""Where the work is done makes no difference."""

from __future__ import annotations

import sys

import pytest

from datagen.config import DataConfig
from datagen.errors import MissingExtraError
from datagen.executors import run_all
from datagen.pipeline import make
from rft.stages.data import GoldScore

REWARD = """
from rewards import Score


def reward(sample, completion):
    return Score(0.5 if "cite" in completion.text else 1.0, "look-ups are liked")
"""


@pytest.mark.parametrize("on", ["serial", "threads", "processes", "ray"])
def test_results_come_in_the_order_of_the_items(on):
    assert run_all(abs, list(range(-50, 0)), on=on, workers=2) == list(range(50, 0, -1))
    assert run_all(abs, [], on=on) == []


@pytest.mark.parametrize("on", ["threads", "processes", "ray"])
def test_the_same_bytes_come_out_wherever_the_work_is_done(project, config, on):
    (project / "documents" / "odd.csv").write_text("text\nWrite to ann@example.com about element9x9 soon.\n")
    (project / "documents" / "bad.pdf").write_bytes(b"no pdf")
    (project / "reward.py").write_text(REWARD)  # as a project has it: workers load it by its name
    base = config.model_dump() | {"mask": {}, "checks": {"no_inventions": True}, "formats": ["sft", "rft", "gen_qa"]}
    here, there = (DataConfig.model_validate(base | {"executor": where}) for where in ("serial", on))
    made = [
        make(each, root=project, seed=1, out=project / f"out{n}", gold_score=GoldScore(f"{project}/reward.py:reward"))
        for n, each in enumerate((here, there))
    ]
    files = [{name: path.read_bytes() for name, path in each.files.items()} for each in made]
    assert files[0] == files[1]
    assert made[0].rejected["gold"] > 0


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'rftkit\[ray\]'"):
        run_all(abs, [1], on="ray")
