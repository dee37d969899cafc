"""Hostile input: neighbours are held against the grader, and time must grow like length."""

import gc
import re
from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.audit import AuditConfig, Case, Fault, InProcess, Reply, case_of
from rewards.audit.checks.robustness import NOISE_S, SHORT, SIZES, _is_linear, check_total
from rewards.audit.perturb.hostile import growing_texts, hostile_texts, likely_rows, odd_rows

CASES = [case_of({"id": str(n), "reference_answer": {"calls": [{"name": "a"}]}}, n) for n in range(2)]


class Paced:
    """Answers at once, and says it took `seconds(text)`."""

    name = "paced"

    def __init__(self, seconds):
        self.seconds = seconds

    def ask(self, rows):
        text = rows[-1]["messages"][-1]["content"] if len(rows) == 1 else ""
        results = [{"id": row["id"], "aggregate_reward_score": 0.0, "metrics_list": []} for row in rows]
        return Reply(results, self.seconds(text))


CONFIG = AuditConfig(hostile_bytes=2000)


def findings(grader, config: AuditConfig = CONFIG) -> set[str]:
    return {finding.code for finding in check_total(grader, CASES, config)}


@pytest.mark.parametrize("power", [2, 3])
def test_a_grader_slower_than_linear_is_found(power):
    assert findings(Paced(lambda text: (len(text) / 20_000) ** power)) == {"total-time"}


LIMIT_S = AuditConfig().call_max_s
SECONDS = st.floats(0.5, 30.0).filter(lambda seconds: abs(seconds - LIMIT_S) > 0.1)


@given(st.floats(1.7, 4.0), SECONDS)
def test_growth_is_an_error_only_where_the_longest_text_takes_too_long(power, longest_s):
    grader = Paced(lambda text: longest_s * (len(text) / SIZES[-1]) ** power)
    with patch("rewards.audit.checks.robustness.PAUSES_S", (0, 0)):
        found = findings(grader)
    assert found == {"total-time" if longest_s > LIMIT_S else "total-growth"}


@given(st.floats(1.7, 4.0), SECONDS)
def test_on_text_of_a_derailed_policy_it_is_an_error_only_where_a_short_one_takes_too_long(power, short_s):
    grader = Paced(lambda text: short_s * (len(text) / SHORT) ** power if text.startswith("[[") else 0.0)
    with patch("rewards.audit.checks.robustness.PAUSES_S", (0, 0)):
        found = findings(grader)
    assert found == {"total-time" if short_s > LIMIT_S else "total-growth"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"<answer>(.*?)</answer>", "total-growth"),
        (r"<answer>\s*(.*?)\s*</answer>", "total-growth"),
        (r"^(\w+\s?)*$", "total-time"),
        (r"<answer>([^<]*)</answer>", None),
    ],
)
def test_patterns_as_people_write_them(pattern, expected):
    def read(row):
        content = row["messages"][-1].get("content") if row.get("messages") else ""
        return bool(re.search(pattern, content, re.S)) if isinstance(content, str) else False

    def grade(event, context):
        return [{"id": row.get("id"), "aggregate_reward_score": float(read(row)), "metrics_list": []} for row in event]

    quick = replace(CONFIG, call_max_s=1.0, timeout_s=1.5)  # of CPU time, so that nothing depends on the machine
    found = findings(InProcess(grade, timeout_s=1.5), quick if expected == "total-time" else CONFIG)
    timing = {code for code in found if code in ("total-time", "total-growth")}
    assert timing == ({expected} if expected else set())


@pytest.mark.parametrize(
    ("stops_after_s", "expected"), [(3.0, "total-growth"), (5.5, "total-growth"), (99.0, "total-time")]
)
def test_a_grader_that_stops_itself_never_takes_what_its_growth_foretells(stops_after_s, expected):
    """As `math_verify` does after five seconds: of 64,000 characters 160 s are foretold, and never come."""
    with patch("rewards.audit.checks.robustness.PAUSES_S", (0, 0)):
        assert findings(Paced(lambda text: min(stops_after_s, (len(text) / 5_000) ** 2))) == {expected}


def test_a_grader_that_stops_itself_is_not_waited_for_on_every_kind_of_text():
    """Each wait is a deadline of its own, and twenty kinds of text have one in sizes that nobody needs to see."""

    class Counted(Paced):
        waited_s = 0.0

        def ask(self, rows):
            reply = super().ask(rows)
            type(self).waited_s += reply.seconds
            return reply

    with patch("rewards.audit.checks.robustness.PAUSES_S", (0, 0)):
        assert findings(Counted(lambda text: min(8.0, (len(text) / 5_000) ** 2))) == {"total-growth"}
    assert Counted.waited_s < 150


def test_time_that_a_busy_machine_took_does_not_count():
    class Busy(Paced):
        def ask(self, rows):
            return replace(super().ask(rows), cpu_s=0.001)

    assert findings(Busy(lambda text: (len(text) / 20_000) ** 2)) == set()


def test_cpu_time_that_was_lost_once_is_no_verdict():
    class Interrupted(Paced):
        paused = False

        def ask(self, rows):
            reply = super().ask(rows)
            now = len(rows) == 1 and len(rows[0]["messages"][-1]["content"] or "") == 32_000 and not self.paused
            self.paused = self.paused or now
            return replace(reply, cpu_s=1.5 if now else reply.seconds)

    grader = Interrupted(lambda text: len(text) / 10_000_000)
    with patch("rewards.audit.checks.robustness.PAUSES_S", (0,)):
        assert findings(grader) == set()
    assert grader.paused


def test_no_garbage_is_collected_while_time_is_measured():
    collecting = []

    def seconds(text):
        collecting.append(gc.isenabled())
        return 0.001

    findings(Paced(seconds))
    assert not all(collecting)
    assert gc.isenabled()


def test_a_slow_but_linear_grader_passes():
    assert findings(Paced(lambda text: len(text) / 100_000)) == set()


def test_a_constant_cost_is_no_growth():
    assert findings(Paced(lambda text: 0.3)) == set()


def test_a_grader_that_hangs_on_short_text_is_found():
    class Hangs(Paced):
        def ask(self, rows):
            fault = Fault("timed out", "no answer within 10 s") if len(rows) == 1 else None
            return Reply(None, 10.0, fault) if fault else super().ask(rows)

    assert "total-time" in findings(Hangs(lambda text: 0.0))


def test_a_changed_neighbour_is_found():
    class Leaky(Paced):
        def ask(self, rows):
            reply = super().ask(rows)
            if any(not row.get("messages") for row in rows):
                reply.payload[0]["aggregate_reward_score"] = 1.0
            return reply

    assert findings(Leaky(lambda text: 0.0)) == {"total-neighbours"}


@given(st.floats(0.3, 1.4), st.floats(1e-9, 1e-4))
def test_any_power_below_the_limit_is_linear(power, unit):
    assert _is_linear({size: unit * size**power for size in (2000, 4000, 8000, 16000)})


@given(st.floats(1.7, 4.0))
def test_any_power_above_the_limit_is_not_once_it_can_be_measured(power):
    assert not _is_linear({size: NOISE_S * 2 * (size / 2000) ** power for size in (2000, 4000, 8000, 16000)})


def test_one_slow_run_is_not_a_verdict():
    assert _is_linear({2000: 0.02, 4000: 0.08, 8000: 0.09, 16000: 0.18})


def test_a_busy_machine_is_no_verdict():
    spike = {2000: 0.0031, 4000: 0.0017, 8000: 0.0254, 16000: 0.0026, 32000: 0.0074, 64000: 0.0109}
    assert _is_linear(spike)


def test_a_spike_that_does_not_come_back_is_forgiven():
    calls = {"n": 0}

    def seconds(text: str) -> float:
        calls["n"] += 1
        return (len(text) / 10_000) ** 2 if calls["n"] <= 18 else 0.001

    assert findings(Paced(seconds)) == set()


def test_a_jump_to_beyond_measuring_is_found():
    assert not _is_linear({2000: 0.001, 4000: 10.0})


def test_hostile_texts_hold_the_classics_and_never_the_right_answer():
    case: Case = CASES[0]
    texts = hostile_texts(case, 1000)
    assert {"nothing", "NaN", "lone surrogate", "very deep list", "JSON null", "duplicate keys"} <= texts.keys()
    assert case.gold not in texts.values()


def test_odd_rows_leave_the_case_alone():
    case = CASES[0]
    before = repr(case.row)
    assert len(odd_rows(case)) + len(likely_rows([case])) >= 20
    assert repr(case.row) == before


def test_the_right_answer_grows_by_its_items():
    head, unit, tail, _ = growing_texts(CASES[0])["list items"]
    assert head + unit * 2 + tail == '{"calls":[{"name":"a"},{"name":"a"},{"name":"a"}]}'
