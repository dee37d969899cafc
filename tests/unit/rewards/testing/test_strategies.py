"""What the strategies promise to users' own property tests."""

import json
import math

from hypothesis import given

from rewards.audit.rows.json_tree import same
from rewards.testing import strategies

GOLD = {"calls": [{"name": "search", "arguments": {"topic": "rules", "limit": 3, "exact": True}}]}


@given(strategies.json_values())
def test_json_values_survive_a_round_trip(value):
    assert same(json.loads(json.dumps(value)), value)


@given(strategies.json_objects())
def test_json_objects_are_objects(value):
    assert isinstance(value, dict)


@given(strategies.damaged_answers(GOLD))
def test_damaged_answers_are_never_the_right_one(value):
    assert not same(value, GOLD)


@given(strategies.boxes())
def test_boxes_are_upright_and_inside(found):
    assert all(0 <= x1 < x2 <= 1000 and 0 <= y1 < y2 <= 1000 for x1, y1, x2, y2 in found)


@given(strategies.tool_calls(["a", "b"]))
def test_only_named_tools_are_called(calls):
    assert {call.name for call in calls} <= {"a", "b"}
    assert not any(isinstance(v, float) and math.isnan(v) for call in calls for v in call.arguments.values())


@given(strategies.completions(GOLD))
def test_completions_are_texts(text):
    assert isinstance(text, str)
