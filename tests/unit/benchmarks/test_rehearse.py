"""The zoo of planted holes: right answers are right in it, its parts share nothing, and its policies learn."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks" / "rehearse"
PARTS = ("zoo_open", "zoo_held_out", "zoo_later")
NAMES = ("tools", "extraction", "intent", "maths", "keywords", "answers")


@pytest.fixture(scope="module")
def load():
    """Modules of the benchmark, by name; names such as `tasks` are for others afterwards and before."""
    others = {name: sys.modules.pop(name) for name in [*sys.modules] if (FOLDER / f"{name}.py").exists()}
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    yield importlib.import_module
    sys.path.remove(str(FOLDER))
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "").parent == FOLDER:
            del sys.modules[name]
    sys.modules.update(others)


@pytest.mark.parametrize("name", NAMES)
def test_the_right_completion_of_every_row_is_worth_one(load, name):
    task = load("tasks").task_of(name)
    assert {task.truth(row, task.gold(row)) for row in task.rows} == {1.0}
    assert all(load("candidates").completions(task, number)[0] == task.gold(task.rows[number]) for number in range(3))


@pytest.mark.parametrize("part", PARTS)
def test_scores_lie_in_the_unit_interval_and_sound_ones_pay_the_right_answer_most(load, part):
    zoo: ModuleType = load(part)
    for name in zoo.TASKS:
        task = load("tasks").task_of(name)
        written = load("candidates").completions(task, 0)
        for scoring in {**zoo.HOLES, **zoo.SOUND}.values():
            assert all(0 <= scoring(task, task.rows[0], text) <= 1 for text in written)
        for kind, scoring in zoo.SOUND.items():
            if "noisy" not in kind:
                scores = [scoring(task, task.rows[0], text) for text in written]
                assert scores[0] == max(scores), kind


def test_no_hole_is_in_two_parts(load):
    names = [name for part in PARTS for name in load(part).HOLES]
    assert len(names) == len(set(names)) >= 20


def test_a_policy_that_is_paid_for_being_right_becomes_right_and_one_that_is_not_does_not(load):
    policy, task = load("policy"), load("tasks").task_of("maths")
    zoo = load("zoo_open")
    strict = policy.train(task, policy.table(task, zoo.strict), "test")
    cheated = policy.train(task, policy.table(task, zoo.activity), "test")
    assert strict.truth[-1] > strict.truth[0] + 0.2
    assert cheated.truth[-1] < cheated.truth[0]
    assert cheated.proxy[-1] > cheated.proxy[0]


def test_the_same_seed_is_the_same_run(load):
    policy, task = load("policy"), load("tasks").task_of("intent")
    graded = policy.table(task, load("zoo_open").strict)
    assert policy.train(task, graded, "7", steps=4) == policy.train(task, graded, "7", steps=4)


def test_auroc_and_ranks_by_hand(load):
    run = load("run")
    assert run._auroc([2, 3], [1, 2]) == (1 + 0.5 + 1 + 1) / 4
    pairs = [run.Pair(*both, 0) for both in zip([1, 2, 3], [10, 20, 15], strict=True)]
    assert run.rank_correlation(pairs) == pytest.approx(0.5)
