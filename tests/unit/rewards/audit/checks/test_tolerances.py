"""A tolerance that the task allows is declared and passes; more than that, and more than people mean, does not."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Score
from rewards.audit import AuditConfig, audit, case_of, lift
from rewards.audit.config import AuditConfigError
from rewards.audit.rows.forgiven import Forgiven

AMOUNTS = (121.75, 87.32, 408.7, 16.08, 555.21, 73.44, 918.6, 250.95, 333.17, 642.08)
QUICK = {"law_examples": 40, "hostile_bytes": 2_000, "search_calls": 0}


def within(share: float):
    def reward(sample, completion):
        found = re.findall(r"-?\d+(?:\.\d+)?", completion.text[-300:])
        return Score(
            float(bool(found) and abs(float(found[-1]) - float(sample.reference)) <= share * float(sample.reference))
        )

    return reward


def net_within(share: float):
    def reward(sample, completion):
        try:
            value = json.loads(completion.text)
            right = value.keys() == sample.reference.keys() and value["name"] == sample.reference["name"]
            near = abs(value["net"] - sample.reference["net"]) <= share * sample.reference["net"]
        except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
            return Score(0.0)
        return Score(float(right and near))

    return reward


def errors(reward, references, **settings):
    rows = [{"id": str(n), "reference_answer": one} for n, one in enumerate(references)]
    report = audit(lift(reward), [case_of(row, n) for n, row in enumerate(rows)], AuditConfig(**QUICK, **settings))
    return {finding.code for finding in report.errors}


FORMS = [{"name": f"item {n}", "net": amount} for n, amount in enumerate(AMOUNTS)]


@pytest.mark.parametrize(
    ("make", "references"), [(within, [str(one) for one in AMOUNTS]), (net_within, FORMS)], ids=["text", "JSON"]
)
class TestATolerance:
    def test_of_a_tenth_is_refused(self, make, references):
        assert "law-tolerance" in errors(make(0.1), references)

    def test_that_is_declared_passes(self, make, references):
        assert errors(make(0.1), references, forgiven_share=0.1) == set()

    def test_of_more_than_was_declared_is_refused(self, make, references):
        assert "law-tolerance" in errors(make(0.3), references, forgiven_share=0.1)


@pytest.mark.parametrize("off", [-0.1, float("nan"), float("inf")])
def test_what_is_forgiven_is_a_share(off):
    with pytest.raises(AuditConfigError, match="must be finite and not negative"):
        AuditConfig(forgiven_share=off)


@given(
    st.integers(-(10**6), 10**6),
    st.floats(0.001, 0.5),
    st.floats(0, 0.99),
    st.sampled_from(["{}", '{{"a": [{}]}}', "{} km"]),
)
def test_a_number_is_excused_within_its_share_and_not_beyond_it(number, share, part, form):
    forgiven, gold = Forgiven(share=share), form.format(number)
    inside, outside = number + part * share * abs(number), number + 2 * share * abs(number) + 1
    assert forgiven.excuses(form.format(f"{inside:.6f}"), gold) or number == 0
    assert not forgiven.excuses(form.format(f"{outside:.6f}"), gold)
