"""What follows reasoning, and which blocks a text has."""

from __future__ import annotations

import pytest

from rewards import (
    AnswerFormat,
    CallFormat,
    Completion,
    Sample,
    UngradableError,
    exact_match,
    has_tags,
    json_parse,
    label_match,
)
from rewards.parsing.tags import after_reasoning


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("refund", "refund"),
        ("<think>why</think>refund", "refund"),
        (" \n<think>why</think>refund", "refund"),
        ("why</think>refund", "refund"),
        ("</think>refund", "refund"),
        ("<plan>how</plan><think>why</think>refund", "refund"),
        ("<think>why</think>\n<plan>how</plan>refund", "refund"),
        ("why</think><plan>how</plan>refund", "refund"),
        ("<think>why", None),
        ("why</think><plan>how", None),
        ("<think>a</think>b</think>refund", "b</think>refund"),
        ("refund <think>why</think>", "refund <think>why</think>"),
        ("<think></think><think>why</think>refund", "<think>why</think>refund"),
    ],
)
def test_declared_reasoning_is_skipped_where_it_is_closed(text: str, rest: str | None) -> None:
    assert after_reasoning(text, ("think", "plan")) == rest


def test_reasoning_that_the_template_opened_is_skipped_by_every_reader() -> None:
    sample, text = Sample("s", (), reference="refund"), "It came {broken}.\n</think>\n\n"
    assert label_match(AnswerFormat(reasoning=("think",)))(sample, Completion(text + "refund")).value == 1.0
    assert json_parse(reasoning=("think",))(sample, Completion(text + "[]")).value == 1.0
    plan = CallFormat(calls="tools", reasoning=("think",))
    assert plan.found(Completion(text + '{"tools": []}')) == ()
    assert label_match()(sample, Completion(text + "refund")).value == 0.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a>1<b>2</a></b>", 0.0),
        ("<b>1<a>2</b></a>", 0.0),
        ("<a>1<b>2</b></a>", 1.0),
        ("<a>1</x><b>2</b>", 0.5),
        ("<a>1</b><b>2</a>", 0.5),
    ],
)
def test_blocks_that_overlap_do_not_count(text: str, expected: float) -> None:
    assert has_tags("a", "b")(Sample("s", ()), Completion(text)).value == expected


@pytest.mark.parametrize("settings", [{"tag": "<answer>"}, {"reasoning": "think"}, {"reasoning": ["a b"]}, {"key": 3}])
def test_a_declaration_that_finds_nothing_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        exact_match(AnswerFormat(**settings))  # type: ignore[arg-type]


def test_a_declaration_is_refused_by_the_name_of_its_parameter() -> None:
    with pytest.raises(ValueError, match=r"^key must be a key or a list of keys, got \(1,\)"):
        AnswerFormat(key=(1,))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^reference_key must be a key or a list of keys, got \(1,\)"):
        AnswerFormat(reference_key=(1,))  # type: ignore[arg-type]


def test_a_missing_reference_is_named_by_its_whole_path() -> None:
    with pytest.raises(UngradableError, match="sample 's' has no reference at 'a/b'"):
        AnswerFormat(key=("a", "b")).expected(Sample("s", (), reference={"a": {}}))
