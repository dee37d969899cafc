"""Components are made with the defaults of their classes, refuse what they cannot do, and say why they pay what."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from rewards import (
    REWARDS,
    AnswerFormat,
    BoxFormat,
    Completion,
    Criterion,
    Sample,
    SpecError,
    UngradableError,
    box_count,
    box_iou,
    citations,
    code_tests,
    coverage,
    excess_calls,
    excess_turns,
    field_f1,
    final_state,
    from_spec,
    has_tags,
    instruction_constraints,
    json_parse,
    judge,
    keyword_jaccard,
    label_match,
    math_equal,
    milestones,
    multiple_choice,
    numeric_match,
    on_turns,
    overlong,
    parameters,
    regex_match,
    repetition,
    rubric,
    schema_valid,
    sequence,
    sql_result,
    text_similarity,
    tool_calls,
)
from rewards.types import JSON

NEEDED: dict[str, dict[str, Any]] = {
    "excess_calls": {"budget": 1, "limit": 2},
    "excess_turns": {"budget": 1, "limit": 2},
    "has_tags": {},
    "judge": {"rubric": "right?"},
    "on_turns": {"reward": json_parse()},
    "overlong": {"limit_chars": 2, "buffer_chars": 1},
    "schema_valid": {"schema": {}},
}
COMBINATORS = {"best_of", "clipped", "expression", "gated", "minimum", "product", "rubric", "weighted", "has_tags"}


@pytest.mark.parametrize("name", sorted(REWARDS.keys() - COMBINATORS))
def test_a_component_is_made_with_the_defaults_of_its_class(name: str) -> None:
    made: Any = REWARDS[name](**NEEDED.get(name, {}))
    for field in fields(made):
        declared = field.default if field.default is not MISSING else None
        if field.init and field.name not in NEEDED.get(name, {}) and declared is not None:
            assert getattr(made, field.name) == declared, field.name


def test_a_rubric_asks_with_the_defaults_of_a_judge() -> None:
    parts = rubric({"a": "right?", "b": Criterion("rude?", weight=-0.5, scale="graded")}).reward.parts  # type: ignore[attr-defined]
    assert parts["a"] == (judge("right?", scale="yes_no"), 1.0)
    assert parts["b"] == (judge("rude?"), -0.5)


LETTERS = "choices must be two or more different letters from A to Z, such as 'ABCD', got "
RANGE = "give both low and high, with 0 <= low <= high, or neither, got "
CROWD = "crowd must be at least 0 and crowd_high at least 1, got "
QUOTES = "1 <= min_words <= max_words must hold, got "
PROCESS = "seconds must be up to 600 and megabytes 64 to 8192, got "
GROUP = "a group needs a name without '/' and at least one field, got "
ASKING = "timeout_s must be positive and workers at least 1, got "
CRITERION = "criterion 'a' is a text, or a mapping with text, weight and scale, got "
UNITS = "give a limit in characters or in words, got "
SIZES = "the sizes of {} must be finite and positive, got "
TURN = "turn must be 'last', 'all' or a number from 0, got "
BUDGET = "0 <= budget < limit must hold, in {}, got "
REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: BoxFormat(scale=-1), "scale must be finite and not negative, got -1"),
    (lambda: BoxFormat(scale=float("inf")), "scale must be finite and not negative, got inf"),
    (lambda: box_count(low=1), f"{RANGE}1 and None"),
    (lambda: box_count(high=1), f"{RANGE}None and 1"),
    (lambda: box_count(low=2, high=1), f"{RANGE}2 and 1"),
    (lambda: box_count(low=-1, high=1), f"{RANGE}-1 and 1"),
    (lambda: box_count(crowd=-1), f"{CROWD}-1 and 3"),
    (lambda: box_count(crowd=1, crowd_high=0), f"{CROWD}1 and 0"),
    (lambda: box_iou(threshold=1.1), "threshold must lie in [0, 1], got 1.1"),
    (lambda: coverage(inside=0), "inside must lie in (0, 1], got 0"),
    (lambda: coverage(inside=1.1), "inside must lie in (0, 1], got 1.1"),
    (lambda: multiple_choice(choices="A"), f"{LETTERS}'A'"),
    (lambda: multiple_choice(choices="AA"), f"{LETTERS}'AA'"),
    (lambda: multiple_choice(choices="ab"), f"{LETTERS}'ab'"),
    (lambda: multiple_choice(choices="A1"), f"{LETTERS}'A1'"),
    (lambda: multiple_choice(choices="ÄB"), f"{LETTERS}'ÄB'"),
    (lambda: regex_match("("), "'(' is no regular expression of Python: missing ), unterminated subpattern at pos"),
    (lambda: regex_match("a)|(b"), "'a)|(b' is no regular expression of Python: unbalanced parenthesis"),
    (lambda: citations(min_words=0), f"{QUOTES}0 and 60"),
    (lambda: citations(min_words=5, max_words=4), f"{QUOTES}5 and 4"),
    (lambda: code_tests(seconds=0), f"{PROCESS}0 and 512"),
    (lambda: code_tests(seconds=601), f"{PROCESS}601 and 512"),
    (lambda: code_tests(megabytes=63), f"{PROCESS}10 and 63"),
    (lambda: code_tests(megabytes=8193), f"{PROCESS}10 and 8193"),
    (lambda: instruction_constraints(metrics=["keywords:existance"]), "no instruction 'keywords:existance'; "),
    (lambda: field_f1(groups={"a/b": ("c",)}), f"{GROUP}{{'a/b': ('c',)}}"),
    (lambda: field_f1(groups={"a": ()}), f"{GROUP}{{'a': ()}}"),
    (lambda: judge(" "), "a judge needs a rubric, got an empty one"),
    (lambda: judge("a", timeout_s=0), f"{ASKING}0 and 8"),
    (lambda: judge("a", timeout_s=float("inf")), f"{ASKING}inf and 8"),
    (lambda: judge("a", workers=0), f"{ASKING}30.0 and 0"),
    (lambda: judge("a", scale="ten"), "scale must be one of graded, yes_no, got 'ten'"),  # type: ignore[arg-type]
    (
        lambda: rubric({"a": {"text": "b", "weight": -1}}),
        "a rubric needs a criterion with a positive weight, got ['a']",
    ),
    (lambda: rubric({"a": {"weight": 1}}), f"{CRITERION}{{'weight': 1}}"),
    (lambda: rubric({"a": {"text": "b", "cost": 1}}), f"{CRITERION}{{'text': 'b', 'cost': 1}}"),
    (lambda: rubric({"a": 7}), f"{CRITERION}7"),  # type: ignore[dict-item]
    (lambda: math_equal(decimal=";"), "the decimal mark must be one of . ,, got ';'"),  # type: ignore[arg-type]
    (lambda: numeric_match(decimal=";"), "the decimal mark must be one of . ,, got ';'"),  # type: ignore[arg-type]
    (lambda: numeric_match(units={"m": 0}), f"{SIZES.format('units')}{{'m': 0}}"),
    (lambda: numeric_match(magnitudes={"k": -1}), f"{SIZES.format('magnitudes')}{{'k': -1}}"),
    (lambda: numeric_match(units={"m": float("inf")}), f"{SIZES.format('units')}{{'m': inf}}"),
    (lambda: numeric_match(abs_tol=-1), "a tolerance must be finite and not negative, got -1"),
    (lambda: numeric_match(rel_tol=-1), "a tolerance must be finite and not negative, got -1"),
    (lambda: json_parse("list"), "root must be one of any, object, array, got 'list'"),  # type: ignore[arg-type]
    (lambda: json_parse(reasoning="think"), "reasoning must be a list of tags, got 'think'"),  # type: ignore[arg-type]
    (lambda: json_parse(tags="think"), "tags must be a list of tags, got 'think'; write ('think',)"),  # type: ignore[arg-type]
    (lambda: json_parse(tags=("<a>",)), "tags takes the name of a tag without brackets, such as 'think', got '<a>'"),
    (lambda: has_tags(), "name each tag once, and at least one, got ()"),
    (lambda: has_tags("a", "a"), "name each tag once, and at least one, got ('a', 'a')"),
    (lambda: has_tags("a b"), "tags takes the name of a tag without brackets, such as 'think', got 'a b'"),
    (lambda: overlong(), f"{UNITS}0 and 0"),
    (lambda: overlong(2, buffer_chars=1, limit_words=2, buffer_words=1), f"{UNITS}2 and 2"),
    (lambda: overlong(2), "0 < buffer_chars <= limit_chars must hold, got 0 and 2"),
    (lambda: overlong(2, buffer_chars=3), "0 < buffer_chars <= limit_chars must hold, got 3 and 2"),
    (lambda: overlong(limit_words=2, buffer_words=3), "0 < buffer_words <= limit_words must hold, got 3 and 2"),
    (lambda: repetition(0), "words must be at least 1, got 0"),
    (lambda: text_similarity(method="near"), "method must be one of edit, tokens, got 'near'"),  # type: ignore[arg-type]
    (lambda: text_similarity(floor=2), "floor must lie in [0, 1], got 2"),
    (lambda: parameters(key_credit=2), "key_credit must lie in [0, 1], got 2"),
    (lambda: tool_calls(key_credit=2), "key_credit must lie in [0, 1], got 2"),
    (lambda: tool_calls(tool_credit=-1), "tool_credit must lie in [0, 1], got -1"),
    (lambda: sequence(stages=[["a"], ["a"]]), "a tool belongs to one stage, got [['a'], ['a']]"),
    (lambda: on_turns(json_parse(), "first"), f"{TURN}'first'"),  # type: ignore[arg-type]
    (lambda: on_turns(json_parse(), -1), f"{TURN}-1"),
    (lambda: on_turns(json_parse(), True), f"{TURN}True"),
    (lambda: excess_calls(2, limit=2), f"{BUDGET.format('calls')}2 and 2"),
    (lambda: excess_turns(-1, limit=2), f"{BUDGET.format('turns')}-1 and 2"),
    *(
        (lambda make=make: make(text="upper"), "no text normaliser 'upper'; known: strict, nfc, ")
        for make in (citations, keyword_jaccard, label_match, text_similarity)
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_what_a_component_cannot_do_is_refused_when_it_is_made(make: Callable[[], object], message: str) -> None:
    with pytest.raises((ValueError, SpecError)) as error:
        make()
    assert str(error.value).startswith(message)


ALLOWED: list[Callable[[], object]] = [
    lambda: box_count(low=0, high=0),
    lambda: box_count(crowd=0, crowd_high=1),
    lambda: box_iou(threshold=1),
    lambda: coverage(inside=1),
    lambda: multiple_choice(choices="AB"),
    lambda: citations(min_words=1, max_words=1),
    lambda: code_tests(seconds=600, megabytes=64),
    lambda: code_tests(megabytes=8192),
    lambda: judge("a", timeout_s=0.1, workers=1),
    lambda: overlong(1, buffer_chars=1),
    lambda: repetition(1),
    lambda: excess_calls(0, limit=1),
    lambda: on_turns(json_parse(), 0),
]


@pytest.mark.parametrize("make", ALLOWED, ids=[str(number) for number in range(len(ALLOWED))])
def test_the_ends_of_a_range_belong_to_it(make: Callable[[], object]) -> None:
    assert make() == make()


UNGRADABLE: list[tuple[object, JSON, str]] = [
    (box_count(), "x", "must be a list of boxes, got 'x'"),
    (box_iou(), [[0, 0, 1]], "must be a list of boxes, got [[0, 0, 1]]"),
    (box_iou(boxes=BoxFormat(scale=1000)), [[0, 0, 1, 1]], "needs the image's width in its metadata, got None"),
    (multiple_choice(), "Bern", "must name one of the choices A, B, C, D, E, F, G, H, I, J, got 'Bern'"),
    (regex_match(), "(", "'(' is no regular expression of Python"),
    (citations(), {"sources": {}}, "has no texts under `sources`: {'sources': {}}"),
    (citations(), {"sources": {"a": " "}}, "has no texts under `sources`"),
    (citations(), ["a"], "has no texts under `sources`: ['a']"),
    (citations(), {"sources": "a", "claims": 0}, "must be from 1 to 100, got 0"),
    (citations(), {"sources": "a", "claims": 101}, "must be from 1 to 100, got 101"),
    (citations(), {"sources": "a", "claims": True}, "must be from 1 to 100, got True"),
    (code_tests(), {"test": "assert x"}, "it must hold `tests`, and may hold `entry` and `setup`, as text: got"),
    (code_tests(), {"tests": 7}, "it must hold `tests`"),
    (code_tests(), {"tests": "assert"}, "its tests are no Python: "),
    (code_tests(), {"tests": "x = 1"}, "its tests assert nothing"),
    (field_f1(), [1], "must be an object, got [1]"),
    (field_f1(), {"$any_of": [{"a": 1}, 2]}, "must be an object, got {'$any_of': [{'a': 1}, 2]}"),
    (keyword_jaccard(), "a", "must be a list of strings, got 'a'"),
    (label_match(multi=True), ["a", 1], "must be a list of strings, got ['a', 1]"),
    (label_match(), 1, "must be text, got 1"),
    (numeric_match(), "x", "holds no number: 'x'"),
    (instruction_constraints(), {"instruction_id_list": ["a"]}, "must be a mapping with `instruction_id_list` and as"),
    (sql_result(), {"query": "SELECT 1", "sql": ""}, "it must be a mapping with schema, rows, query, result, got"),
    (sql_result(), {"query": "SELECT 1"}, "no `schema` creates its tables; give it there or to the reward"),
    (sql_result("CREATE TABLE t (a)"), {"rows": [], "query": ""}, "its `rows` must be lists of rows by table"),
    (sql_result("CREATE TABLE t (a)"), {}, "it must have the right `query` as text, or the `result` as a list of"),
    (sql_result("CREATE TABLE t (a)"), {"query": "SELECT a FROM t"}, "the right query returns no rows, so any query"),
    (sql_result("CREATE TABLE t (a)"), {"query": "SELECT b FROM t"}, "no such column: b"),
    (sql_result("CREATE TABLE"), {"query": "SELECT b FROM t"}, "the tables cannot be made: "),
]


@pytest.mark.parametrize(("reward", "reference", "message"), UNGRADABLE, ids=range(len(UNGRADABLE)))
@pytest.mark.parametrize("text", ["", "[]"])
def test_a_reference_to_judge_nothing_by_is_named_whatever_the_answer(
    reward: Any, reference: JSON, message: str, text: str
) -> None:
    with pytest.raises(UngradableError, match="sample 'q7'") as error:
        reward(Sample("q7", (), reference=reference), Completion(text))
    assert message in str(error.value)


REASONS: list[list[Any]] = json.loads((Path(__file__).parents[2] / "fixtures" / "reasons.json").read_text("utf-8"))


def test_a_score_says_why_and_what_was_measured() -> None:
    """Each line of the table: a reward, a reference, an answer, and its value, reason and metrics."""
    wrong = []
    for spec, reference, text, *wanted in REASONS:
        score = from_spec(spec)(Sample("a", (), reference=reference), Completion(text))
        metrics = {name: value if value is None else round(value, 4) for name, value in score.metrics.items()}
        if (found := [round(score.value, 4), score.reason, metrics]) != wanted:
            wrong.append((spec, text, found, wanted))
    assert wrong == []


@pytest.mark.parametrize(("reward", "item", "most"), [(box_iou(), [0, 0, 1, 1], 256), (coverage(), [0, 0, 1, 1], 256)])
def test_more_boxes_than_are_compared_earn_nothing(reward: Any, item: JSON, most: int) -> None:
    sample = Sample("a", (), reference=[item])
    assert reward(sample, Completion(json.dumps([item] * most))).value == pytest.approx(1 / most)
    assert reward(sample, Completion(json.dumps([item] * (most + 1)))).value == 0.0


@pytest.mark.parametrize("reward", [keyword_jaccard(), label_match(multi=True)])
def test_more_than_a_thousand_labels_earn_nothing(reward: Any) -> None:
    sample = Sample("a", (), reference=["a"])
    assert reward(sample, Completion(", ".join("a" * 1001))).reason.startswith("more than 1,000 ")
    assert reward(sample, Completion(", ".join("a" * 1000))).value == pytest.approx(1 / 1000)
    assert reward(sample, Completion(", ".join("a" * 1001))).value == 0.0


def test_boxes_of_another_scale_are_read_in_pixels_of_the_picture() -> None:
    sample = Sample("a", (), reference=[[10, 20, 30, 40]], metadata={"width": 100, "height": 200})
    answer = Completion("[[100, 100, 300, 200]]")  # thousandths of 100 and of 200 pixels
    assert box_iou(boxes=BoxFormat(scale=1000))(sample, answer).value == 1.0
    for pixels in (0, -1, True, "100", 1e9):
        with pytest.raises(UngradableError, match="needs the image's height in its metadata"):
            box_iou(boxes=BoxFormat(scale=1000))(
                Sample("a", (), reference=[[0, 0, 1, 1]], metadata={"width": 100, "height": pixels}), answer
            )


def test_a_schema_says_what_it_does_not_check() -> None:
    assert schema_valid({"format": "date"}, AnswerFormat(key="a")).ignored != ()
    assert schema_valid({"type": "string"}).ignored == ()


@pytest.mark.parametrize("stop", ["completed", "failed"])
def test_a_rollout_that_failed_reached_nothing(stop: str) -> None:
    facts: Any = {"start": 0, "stop": stop, "initial": {"cart": []}, "turns": [{"state": {"cart": ["tea"]}}]}
    reference: JSON = {"state": {"cart": ["tea"]}, "milestones": [{"cart": ["tea"]}]}
    sample = Sample("a", (), reference=reference, metadata={"trajectory": facts})
    for reward in (final_state(), milestones()):
        assert reward(sample, Completion("")).value == float(stop != "failed")
