"""What the base practises: right answers that stand in the prompt, and nothing of our examples."""

import importlib.util
import json
import sys
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

SOURCE = Path(__file__).parents[3] / "benchmarks" / "base_policy" / "exercises.py"


def loaded() -> ModuleType:
    """The script beside the wheel: benchmarks are no package."""
    spec = importlib.util.spec_from_file_location("base_policy_exercises", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


EXERCISE_MODULE = loaded()
CURRICULUM, EXERCISES = EXERCISE_MODULE.CURRICULUM, EXERCISE_MODULE.EXERCISES
Exercise, exercise, read_text = EXERCISE_MODULE.Exercise, EXERCISE_MODULE.exercise, EXERCISE_MODULE.read_text

CONTROLS = [
    {
        "family_id": family,
        "title": title,
        "statement": "The organization reviews records of each system every year; staff report what they find.",
        "guidance": f"{title} helps people who work with records. See [ma-2](#ma-2) for more about reports.",
    }
    for family, title in (("ma", "Timely Maintenance"), ("pe", "Visitor Records"), ("ac", "Account Management"))
]


@pytest.fixture(scope="module")
def controls(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("text") / "controls.json"
    path.write_text(json.dumps(CONTROLS), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def text(controls):
    return read_text(controls, held_out=False)


def made(name: str, text, count: int = 200) -> list[Exercise]:
    return [EXERCISES[name](Random(f"{name}/{number}"), text) for number in range(count)]


def test_held_out_families_are_never_read(text, controls):
    assert "Account Management" not in " ".join((*text.sentences, *text.titles))
    assert read_text(controls, held_out=True).titles == ("Account Management",)


def test_links_and_brackets_are_taken_out_of_sentences(text):
    assert not any(sign in sentence for sentence in text.sentences for sign in ("[", "]", "(#"))


@pytest.mark.parametrize("name", [name for name in EXERCISES if name != "random_json"])
def test_what_is_to_be_copied_stands_in_the_prompt(name, text):
    assert all(value in item.prompt and value in item.answer for item in made(name, text) for value in item.values)


@pytest.mark.parametrize("name", ["pairs_to_object", "list_to_array", "follow_mapping", "fill_template", "random_json"])
def test_answers_are_json(name, text):
    for item in made(name, text):
        json.loads(item.answer)


@pytest.mark.parametrize("name", EXERCISES)
def test_no_example_of_ours_is_practised(name, text):
    ours = ("Query analysis", "regulation_retrieval", "guidance_search", "compliance_checker", "citation_validator")
    assert not any(word in item.prompt + item.answer for item in made(name, text) for word in ours)


def test_an_exercise_is_the_same_however_many_are_made(text):
    assert exercise(3, 7, progress=0.5, text=text) == exercise(3, 7, progress=0.5, text=text)
    assert exercise(3, 7, progress=0.5, text=text) != exercise(4, 7, progress=0.5, text=text)


def test_every_phase_of_the_curriculum_practises_known_exercises():
    assert all(set(shares) <= set(EXERCISES) for _, shares in CURRICULUM)
    assert CURRICULUM[-1][0] == 1.0
