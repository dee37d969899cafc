"""What stands at the edge of a limit is judged, one beyond it is not; what is declared counts everywhere."""

from __future__ import annotations

import json
from itertools import permutations
from threading import Barrier
from typing import Any

import pytest

from rewards import (
    AnswerFormat,
    BoxFormat,
    Comparison,
    Completion,
    Reward,
    Rollout,
    Sample,
    bleu,
    box_count,
    box_iou,
    chrf,
    citations,
    code_tests,
    coverage,
    exact_match,
    field_f1,
    instruction_constraints,
    json_parse,
    judge,
    keyword_jaccard,
    label_match,
    math_equal,
    multiple_choice,
    parameters,
    regex_match,
    rouge_l,
    similarity,
    sql_result,
    tool_calls,
)
from rewards.components.fields import compare
from rewards.components.judge import prefetch
from rewards.limits import MAX_CALLS, MAX_DEPTH, MAX_PAIRS, MAX_TEXT_CHARS
from rewards.testing import ScriptedJudge
from rewards.types import JSON

SQL = {"schema": "CREATE TABLE t (a INTEGER)", "rows": {"t": [[1], [2]]}, "query": "SELECT a FROM t"}
LONG: list[tuple[Reward, JSON, str, str]] = [
    (multiple_choice(), "C", "The answer is C.", " "),
    (regex_match("[A-Z]+"), None, "AC", " "),
    (math_equal(), "7", r"\boxed{7}", " "),
    (code_tests(), {"tests": "assert f() == 1"}, "def f():\n    return 1\n", "#"),
    (sql_result(), SQL, "SELECT a FROM t", " "),
    (rouge_l(), "a b c", "a b c", " "),
    (chrf(), "a b c", "a b c", " "),
    (bleu(), "a b c d", "a b c d", " "),
    (instruction_constraints(), {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}, "a", "a"),
    (field_f1(), {"a": 1}, '{"a": 1}', " "),
    (json_parse(), None, "[]", " "),
    (tool_calls(), [{"name": "now"}], '{"name": "now"}', " "),
]


@pytest.mark.parametrize(("reward", "reference", "answer", "filling"), LONG, ids=lambda one: getattr(one, "name", ""))
def test_a_text_is_read_up_to_its_greatest_length(reward: Reward, reference: JSON, answer: str, filling: str) -> None:
    sample, full = Sample("a", (), reference=reference), answer + filling * (MAX_TEXT_CHARS - len(answer))
    assert [reward(sample, Completion(text)).value for text in (answer, full, full + filling)] == [1.0, 1.0, 0.0]


CAPITALS = Comparison(text="casefold")
CALLS = [{"name": "say", "arguments": {"word": word}} for word in ("ja", "nein", "nie")]
SAID = [{"name": "say", "arguments": {"word": word}} for word in ("JA", "NEIN", "NIE")]


@pytest.mark.parametrize("order", [*permutations(range(3))])
@pytest.mark.parametrize("component", [tool_calls, parameters])
def test_a_declared_comparison_counts_in_any_order_of_calls(component: type, order: tuple[int, ...]) -> None:
    sample, said = Sample("a", (), reference=CALLS), json.dumps([SAID[index] for index in order])
    assert component(values=CAPITALS)(sample, Completion(said)).value == 1.0
    assert component()(sample, Completion(said)).value < 1.0


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ({"a": "x"}, {"a": "X"}), ({"a": ["x", "y"]}, {"a": ["X", "Y"]}), ({"a": {"b": "x"}}, {"a": {"b": "X"}}),
        ({"a": {"$any_of": ["y", "x"]}}, {"a": "X"}), ({"a": [{"b": "x"}, 1]}, {"a": [{"b": "X"}, 1]}),
    ],
)  # fmt: skip
def test_a_declared_comparison_counts_at_any_depth(wanted: JSON, given: JSON) -> None:
    sample, answer = Sample("a", (), reference=wanted), Completion(json.dumps(given))
    for component in (field_f1(values=CAPITALS), exact_match(AnswerFormat(key="a"), values=CAPITALS)):
        assert component(sample, answer).value == 1.0
    for strict in (field_f1(), exact_match(AnswerFormat(key="a"))):
        assert strict(sample, answer).value < 1.0


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"a": 5, "b": 1}, 1), ({"a": 6, "b": 1}, 1 / 2), ({"b": 1}, 1 / 2), ({"a": {"x": 5}, "b": 1}, 1 / 2),
        ({"a": {"x": 5, "y": 5}, "b": 1}, 1 / 4), ({"a": [5, 5, 5], "b": 1}, 1 / 6), ({"a": [], "b": 1}, 1 / 2),
    ],
)  # fmt: skip
def test_what_stands_in_the_place_of_a_leaf_counts_by_its_leaves(given: JSON, value: float) -> None:
    score = field_f1()(Sample("a", (), reference={"a": 5, "b": 1}), Completion(json.dumps(given)))
    assert score.value == pytest.approx(value)


@pytest.mark.parametrize(("size", "count"), [(1e9 - 1, 1.0), (1e9, 0.0), (-1e9, 0.0), (1e10, 0.0)])
def test_a_corner_lies_below_a_thousand_million(size: float, count: float) -> None:
    corners = sorted((0.0, size))
    answer = Completion(json.dumps([[corners[0], 0, corners[1], 5]]))
    assert box_count(low=1, high=1)(Sample("a", ()), answer).value == count


def boxes(count: int) -> list[JSON]:
    return [[10 * index, 0, 10 * index + 5, 5] for index in range(count)]


@pytest.mark.parametrize("component", [box_iou(), coverage()])
def test_boxes_are_judged_up_to_their_greatest_number(component: Reward) -> None:
    sample = Sample("a", (), reference=boxes(1))
    values = [component(sample, Completion(json.dumps(boxes(count)))).value for count in (MAX_CALLS, MAX_CALLS + 1)]
    assert values[0] > 0.0 == values[1]


@pytest.mark.parametrize(
    ("answer", "covered", "waste"),
    [(boxes(1), 1.0, 0.0), ([[0, 100, 5, 105]], 0.0, 0.0), ([[0, 0, 10, 5]], 1.0, 0.5), ([], 0.0, 0.0)],
)
def test_coverage_measures_what_is_covered_and_what_is_wasted(answer: JSON, covered: float, waste: float) -> None:
    score = coverage()(Sample("a", (), reference=boxes(1)), Completion(json.dumps(answer)))
    assert score.metrics == {"covered": covered, "waste": pytest.approx(waste)}


@pytest.mark.parametrize(
    ("component", "reference", "answer", "said"),
    [
        (box_iou(), boxes(1), boxes(MAX_CALLS + 1), f"more than {MAX_CALLS} boxes"),
        (box_iou(), boxes(1), {}, "no list of boxes"),
        (keyword_jaccard(), ["a"], ["a"] * 1001, "more than 1,000 keywords"),
        (keyword_jaccard(), ["a"], {}, "no list of keywords"),
        (label_match(multi=True), ["a"], ["a"] * 1001, "more than 1,000 labels"),
        (label_match(multi=True), ["a"], [1], "no list of labels"),
    ],
)
def test_too_many_are_told_from_none(component: Reward, reference: JSON, answer: JSON, said: str) -> None:
    assert component(Sample("a", (), reference=reference), Completion(json.dumps(answer))).reason == said


@pytest.mark.parametrize("component", [keyword_jaccard(), label_match(multi=True)])
def test_keywords_are_judged_up_to_a_thousand(component: Reward) -> None:
    words = [f"w{index}" for index in range(1001)]
    sample = Sample("a", (), reference=words[:1])
    values = [component(sample, Completion(json.dumps(words[:count]))).value for count in (1, 1000, 1001)]
    assert values == [1.0, 1 / 1000, 0.0]


def test_claims_are_judged_up_to_a_hundred() -> None:
    sources = " ".join(f"w{index}" for index in range(500))
    claims = [{"claim": "x", "quote": " ".join(f"w{4 * index + place}" for place in range(4))} for index in range(101)]
    sample = Sample("a", (), reference={"sources": sources})
    assert [citations()(sample, Completion(json.dumps(claims[:count]))).value for count in (1, 100, 101)] == [1, 1, 0]


FREE = Comparison(ordered=False)


@pytest.mark.parametrize(("items", "found"), [(MAX_PAIRS // 8, 8), (MAX_PAIRS // 8 + 1, 0)])
def test_items_in_any_order_are_paired_up_to_a_number_of_pairs(items: int, found: int) -> None:
    wanted: list[JSON] = [*range(8)]
    given = [*reversed(wanted), *range(-items + 8, 0)]
    assert similarity(given, wanted, FREE) == found / items
    tally = compare(given, wanted, FREE)
    assert (tally.earned, tally.given) == (found, items)


@pytest.mark.parametrize(("depth", "earned"), [(MAX_DEPTH, 1), (MAX_DEPTH + 1, 0)])
def test_a_document_is_compared_down_to_its_greatest_depth(depth: int, earned: int) -> None:
    document: JSON = 1
    for _ in range(depth):
        document = {"a": document}
    assert compare(document, document).earned == earned


@pytest.mark.parametrize("scale", [0, 0.5, 1, 1000])
def test_boxes_may_be_on_any_scale(scale: float) -> None:
    half = [0, 0, scale / 2 or 50, scale / 2 or 50]
    sample = Sample("a", (), reference=[[0, 0, 50, 50]], metadata={"width": 100, "height": 100})
    assert box_iou(boxes=BoxFormat(scale=scale))(sample, Completion(json.dumps([half]))).value == 1.0


def test_a_judge_is_asked_by_as_many_threads_as_it_has() -> None:
    arrived, asked = Barrier(3), []

    class Meeting:
        """Answers three that are asked at one time, and none before."""

        def converse(self, **request: Any) -> Any:
            asked.append(arrived.wait(timeout=10))
            return ScriptedJudge(1.0).converse(**request)

    answers = [Rollout(Sample("a", ()), Completion(text)) for text in "abc"]
    prefetch(judge("right?", client=Meeting(), workers=3), answers)
    assert sorted(asked) == [0, 1, 2]
