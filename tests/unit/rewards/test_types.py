"""A score is a number with named parts and metrics, and nothing else passes for one."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from rewards import InvalidScoreError, Score

NO_SCORES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"value": "1"}, TypeError, "must be real number, not str"),
    ({"value": None}, TypeError, "must be real number, not NoneType"),
    ({"value": [1.0]}, TypeError, "must be real number, not list"),
    ({"value": 1j}, TypeError, "must be real number, not complex"),
    ({"value": 10**400}, OverflowError, "int too large"),
    ({"value": float("inf")}, InvalidScoreError, "score must be finite in float32, got inf"),
    ({"value": float("nan")}, InvalidScoreError, "score must be finite in float32, got nan"),
    ({"value": -1e39}, InvalidScoreError, "score must be finite in float32, got -1e+39"),
    ({"metrics": {"a": 1e39}}, InvalidScoreError, "metric 'a' must be finite in float32, got 1e+39"),
    ({"metrics": [1]}, InvalidScoreError, "names are text, got [1]"),
    ({"metrics": {"a": "x"}}, TypeError, "must be real number, not str"),
    ({"metrics": {"a": float("nan")}}, InvalidScoreError, "metric 'a' must be finite in float32"),
    ({"metrics": {"a": {"b": 1}}}, TypeError, "must be real number, not dict"),
    ({"metrics": {3: 1.0}}, InvalidScoreError, "names are text, got {3: 1.0}"),
    ({"parts": [Score(1.0)]}, InvalidScoreError, "names are text, got [Score("),
    ({"parts": {"a": True}}, InvalidScoreError, "part 'a' must be a Score, got True"),
    ({"parts": {None: Score(1.0)}}, InvalidScoreError, "names are text, got {None:"),
]


@pytest.mark.parametrize(("wrong", "error", "said"), NO_SCORES, ids=[repr(wrong)[:60] for wrong, _, _ in NO_SCORES])
def test_what_is_no_score_is_refused_where_it_is_made(wrong: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=re.escape(said)):
        Score(**{"value": 1.0, **wrong})


@pytest.mark.parametrize("value", [1, True, Decimal("0.5"), Fraction(1, 2), 0.0])
def test_every_number_becomes_a_float(value: Any) -> None:
    score = Score(value, metrics={"a": value, "b": None}, parts={"c": Score(value)})
    assert (type(score.value), type(score.metrics["a"])) == (float, float)
    assert (score.value, score.metrics["a"], score.metrics["b"]) == (value, value, None)
