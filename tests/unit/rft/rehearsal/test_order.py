"""The audit's damages and attacks on a reward, as a rehearsal tells them."""

import json
import math

from rewards import Score, exact_match, field_f1, judge, rubric, weighted
from rft.rehearsal.order import asks_a_judge, audited

RIGHT = ({"city": "Oslo", "total": 5, "day": "Monday"}, {"city": "Lima", "total": 7, "day": "Friday"})
ROWS = [
    {"id": str(n), "messages": [{"role": "user", "content": "Read it."}], "reference_answer": right}
    for n, right in enumerate(RIGHT)
]


def mentions(sample, completion):
    """Pays for every value of the reference that stands anywhere."""
    values = [str(value) for value in sample.reference.values()]
    return Score(sum(value in completion.text for value in values) / len(values))


def equals(sample, completion):
    """All or nothing."""
    try:
        return Score(float(json.loads(completion.text) == sample.reference))
    except ValueError:
        return Score(0.0)


def test_a_strict_reward_keeps_the_order_and_its_attacks_earn_less_than_all():
    found = audited(field_f1(), ROWS)
    assert found.order == 1
    assert not list(found.notes())


def test_a_reward_that_asks_for_mentions_is_paid_by_an_attack():
    found = audited(mentions, ROWS)
    assert found.earns == 1
    assert any("attack" in note for note in found.notes())


def test_a_reward_that_ties_all_mistakes_keeps_half_of_the_order():
    found = audited(equals, ROWS)
    assert found.order == 3 / 6  # of the six pairs of 0 to 3 mistakes, the three with the right answer
    assert any("damaged" in note for note in found.notes())


def test_answers_with_one_place_have_no_order():
    row = {"id": "a", "messages": [{"role": "user", "content": "?"}], "reference_answer": "yes"}
    assert math.isnan(audited(exact_match(), [row]).order)


def test_a_reward_that_asks_a_model_is_known_as_one():
    asks = weighted({"form": (exact_match(), 0.5), "style": (judge("Is it polite?"), 0.5)})
    assert [asks_a_judge(one) for one in (asks, rubric({"short": "It is short."}), field_f1())] == [True, True, False]
