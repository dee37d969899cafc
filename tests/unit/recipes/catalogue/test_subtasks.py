"""Each benchmark takes its own subtasks, one or several, and no other name."""

from __future__ import annotations

from typing import get_args

from hypothesis import assume, given
from hypothesis import strategies as st

from recipes.catalogue.subtasks import SUBTASKS, unknown_subtasks
from recipes.families.benchmarks import MultimodalBenchmark, TextTask

NAMED = st.sampled_from([(task, name) for task, names in SUBTASKS.items() for name in names])


@given(NAMED, st.data())
def test_any_of_the_subtasks_of_a_benchmark_pass_together(named: tuple[str, str], data: st.DataObject):
    task, name = named
    others = data.draw(st.lists(st.sampled_from(SUBTASKS[task])))
    assert unknown_subtasks(task, ", ".join([name, *others])) == ()


@given(NAMED, st.integers(0), st.characters(categories=["L", "N"]))
def test_a_subtask_with_a_letter_more_is_found_among_right_ones(named: tuple[str, str], place: int, letter: str):
    task, name = named
    at = place % (len(name) + 1)
    wrong = name[:at] + letter + name[at:]
    assume(wrong not in SUBTASKS[task])
    assert unknown_subtasks(task, f"{name},{wrong}") == (wrong,)


@given(st.sampled_from(["mmlu_pro", "gpqa", "ifeval"]), NAMED)
def test_a_benchmark_without_subtasks_takes_none(task: str, named: tuple[str, str]):
    assert unknown_subtasks(task, named[1]) == (named[1],)
    assert unknown_subtasks(task, "") == ()


def test_every_benchmark_of_the_table_is_a_task_of_a_recipe():
    tasks = {*get_args(TextTask), MultimodalBenchmark().task}
    assert set(SUBTASKS) <= tasks


def test_mmlu_has_its_57_subjects():
    assert len(SUBTASKS["mmlu"]) == 57
