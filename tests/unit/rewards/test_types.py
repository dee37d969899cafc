"""A score is a number with named parts and metrics, and nothing else passes for one."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from rewards import InvalidScoreError, Score

NO_SCORES = [
    ({"value": "1"}, "score must be a number, got '1'"),
    ({"value": None}, "score must be a number, got None"),
    ({"value": [1.0]}, "score must be a number"),
    ({"value": 1j}, "score must be a number"),
    ({"value": 10**400}, "score must be finite in float32, which trainers use, got a number of over 300 digits"),
    ({"value": float("inf")}, "score must be finite in float32, which trainers use, got inf"),
    ({"value": -1e39}, "score must be finite in float32, which trainers use, got -1e+39"),
    ({"metrics": {"a": 1e39}}, "metric 'a' must be finite in float32, which trainers use, got 1e+39"),
    ({"reason": {"a": 1}}, "the reason of a score is text, got {'a': 1}"),
    ({"reason": None}, "the reason of a score is text, got None"),
    ({"metrics": [1]}, "the metrics of a score are a dictionary by name"),
    ({"metrics": {"a": "x"}}, "metric 'a' must be a number, got 'x'"),
    ({"metrics": {"a": float("nan")}}, "metric 'a' must be finite"),
    ({"metrics": {"a": {"b": 1}}}, "metric 'a' must be a number"),
    ({"metrics": {3: 1.0}}, "the names of metrics are text, got 3"),
    ({"metrics": {"": 1.0}}, "the names of metrics are text, got ''"),
    ({"parts": [Score(1.0)]}, "the parts of a score are a dictionary by name"),
    ({"parts": {"a": True}}, "part 'a' is a Score such as Score(1.0), got True"),
    ({"parts": {None: Score(1.0)}}, "the names of parts are text, got None"),
]


@pytest.mark.parametrize(("wrong", "said"), NO_SCORES, ids=[said for _, said in NO_SCORES])
def test_what_is_no_score_is_refused_where_it_is_made(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidScoreError, match=re.escape(said)):
        Score(**{"value": 1.0, **wrong})


@pytest.mark.parametrize("value", [1, True, Decimal("0.5"), Fraction(1, 2), 0.0])
def test_every_number_becomes_a_float(value: Any) -> None:
    score = Score(value, metrics={"a": value, "b": None}, parts={"c": Score(value)})
    assert (type(score.value), type(score.metrics["a"])) == (float, float)
    assert (score.value, score.metrics["a"], score.metrics["b"]) == (value, value, None)
