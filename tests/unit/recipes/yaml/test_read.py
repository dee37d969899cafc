"""YAML as people write it: versions of it, and what is odd in it."""

import pytest

from recipes.yaml.read import read_yaml


@pytest.mark.parametrize(
    ("text", "number"), [("1e-5", 1e-5), ("7e-7", 7e-7), ("1e-06", 1e-6), ("1.5e3", 1500.0), ("-2E4", -2e4)]
)
def test_exponents_are_floats_with_a_finding(text: str, number: float):
    document = read_yaml(f"lr: {text}")
    assert document.mapping == {"lr": number}
    assert [problem.code for problem in document.problems] == ["yaml-exponent"]


@pytest.mark.parametrize("text", ["1.0e-05", "0.5", "1.0e+22"])
def test_floats_that_every_reader_reads_are_not_remarked_on(text: str):
    assert read_yaml(f"lr: {text}").problems == ()


@pytest.mark.parametrize("text", ['"1e-5"', "'1e-5'", "2026-11-21", "e5", "|\n  1e-5"])
def test_text_stays_text(text: str):
    document = read_yaml(f"a: {text}")
    assert document.mapping is not None
    assert isinstance(document.mapping["a"], str)
    assert document.problems == ()


def test_a_duplicate_key_is_named_with_its_path_and_line():
    (problem,) = read_yaml("run:\n  name: a\n  name: b\n").problems
    assert (problem.code, problem.path, problem.line) == ("yaml-duplicate-key", "run.name", 3)


def test_an_alias_is_read():
    assert read_yaml("a: &x [1]\nb: *x").mapping == {"a": [1], "b": [1]}


def test_lines_are_those_of_the_keys():
    assert read_yaml("run:\n  name: a\n").lines == {"run": 1, "run.name": 2}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "yaml-not-a-mapping"),
        ("- a", "yaml-not-a-mapping"),
        ("a: [", "yaml-syntax"),
        ("a: *b", "yaml-alias"),
        ("a: &a [*a]", "yaml-alias"),
        ("a: {<<: {b: 1}}", "yaml-merge-key"),
        ("a: !!int 3", "yaml-tag"),
        ("[1]: 2", "yaml-key"),
        ("a: 1\n---\nb: 2", "yaml-many-documents"),
        ("[" * 1000, "yaml-too-deep"),
    ],
)
def test_what_cannot_be_a_recipe_is_said_in_one_problem(text: str, code: str):
    document = read_yaml(text)
    assert document.mapping is None
    assert [problem.code for problem in document.problems] == [code]
