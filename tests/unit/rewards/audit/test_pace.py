"""An audit of a slow grader ends in time, and says what it tried. Time is what the replies say; no clock is read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from rewards import Completion, Sample, Score
from rewards.audit import Audit, audit, case_of, lift
from rewards.audit.config import AuditConfig
from rewards.audit.grader import Event, Grader, Reply
from rewards.audit.pace import Allowance, Left, Meter, answers_foreseen, fitted

CASES = [
    case_of({"id": f"r{n}", "messages": [{"role": "user", "content": f"Double {n}."}], "reference_answer": str(2 * n),
             "gold": f"So it is \\boxed{{{2 * n}}}."}, n)
    for n in range(101, 161)
]  # fmt: skip


def _boxed(sample: Sample, completion: Completion) -> Score:
    found = re.findall(r"\\boxed\{([^{}]{0,40})\}", completion.text[-300:])
    return Score(float(bool(found) and found[-1].strip() == sample.reference))


def _anywhere(sample: Sample, completion: Completion) -> Score:
    return Score(float(str(sample.reference) in completion.text[-300:]))


@dataclass
class _Slow:
    """A grader that says of each answer that it took so long, and longer of a hostile one."""

    grader: Grader
    row_s: float
    hostile_s: float = 0.0
    name: str = "slow"
    rows: list[int] = field(default_factory=list)
    spent_s: float = 0.0

    def ask(self, event: Event, /) -> Reply:
        reply = self.grader.ask(event)
        long = any(len(str(row)) > 100_000 for row in event)
        seconds = len(event) * self.row_s + self.hostile_s * long
        self.rows.append(len(event))
        self.spent_s += seconds
        return replace(reply, seconds=seconds, cpu_s=None)


def _audited(
    reward: Callable[[Sample, Completion], Score], row_s: float, *, hostile_s: float = 0.0
) -> tuple[Audit, _Slow]:
    slow = _Slow(lift(reward), row_s, hostile_s)
    return audit(slow, CASES, AuditConfig()), slow


@pytest.mark.parametrize(("row_s", "hostile_s"), [(0.02, 0.0), (0.05, 0.0), (0.03, 4.0)])
def test_a_slow_grader_gets_its_verdict_within_a_minute(row_s: float, hostile_s: float) -> None:
    report, slow = _audited(_anywhere, row_s, hostile_s=hostile_s)
    assert slow.spent_s < 60
    assert {"attack-full-marks", "cost-partial"} <= {one.code for one in report.findings}


def test_a_slow_sound_grader_passes_and_the_report_says_which_share_was_tried() -> None:
    report, _ = _audited(_boxed, 0.03)
    partial = next(one for one in report.findings if one.code == "cost-partial")
    assert report.passed
    assert partial.message.startswith("30 ms an answer, 45 s for the audit; tried were ")
    assert "4 of 40 rows of each attack" in partial.message
    assert all(0 <= float(str(share)) < 1 for share in partial.evidence.values())


def test_of_a_fast_grader_everything_is_tried() -> None:
    config = AuditConfig(law_examples=10, attack_rows=5, constant_rows=6, hostile_bytes=2_000)
    limited, unlimited = (_Slow(lift(_boxed), 1e-6) for _ in range(2))
    report, whole = audit(limited, CASES, config), audit(unlimited, CASES, replace(config, audit_s=0))
    assert not any(one.code == "cost-partial" for one in report.findings)
    assert (report.findings, limited.rows) == (whole.findings, unlimited.rows)


def test_a_plan_for_a_slower_grader_never_asks_more() -> None:
    asked = [answers_foreseen(fitted(AuditConfig(), 2.0**n / 1000, 500), 500) for n in range(-3, 8)]
    assert asked == sorted(asked, reverse=True)
    assert asked[0] == answers_foreseen(AuditConfig(), 500)


def test_a_noisy_grader_which_is_asked_four_times_gets_a_quarter() -> None:
    once, often = (fitted(AuditConfig(repeats=times), 0.002, 500) for times in (1, 4))
    assert (once.attack_rows, often.attack_rows) == (20, 5)


def test_an_allowance_without_an_end_is_never_over() -> None:
    assert not Allowance(Meter(spent_s=1e9)).is_over
    assert Allowance(Meter(spent_s=5), until_s=5).is_over
    assert math.isinf(Allowance(Meter(spent_s=5)).share(0.5).until_s)


def test_what_was_left_out_of_one_kind_is_counted_together() -> None:
    meter = Meter()
    for tried, of in ((2, 5), (0, 10), (7, 7)):
        meter.tried("completions", tried, of)
    assert meter.left == [Left("completions", 2, 15)]


def test_a_formula_in_other_letters_is_no_wrong_answer() -> None:
    """`letters of each word reversed` makes y3+x2 of 2x+3y, which a grader of mathematics pays rightly."""

    def polynomial(text: str) -> tuple[int, int] | None:
        found = re.fullmatch(r"(?:(\d)x|x(\d))\+(?:(\d)y|y(\d))|(?:(\d)y|y(\d))\+(?:(\d)x|x(\d))", text.strip())
        if found is None:
            return None
        a, b, c, d, e, f, g, h = (int(one or 0) for one in found.groups())
        return a + b + g + h, c + d + e + f

    def formula(sample: Sample, completion: Completion) -> Score:
        return Score(float(polynomial(completion.text[:100]) == polynomial(str(sample.reference))))

    cases = [case_of({"id": f"p{n}", "reference_answer": f"{n % 8 + 2}x+{(3 * n) % 7 + 2}y"}, n) for n in range(24)]
    report = audit(lift(formula), cases, AuditConfig(law_examples=20, search_calls=0, hostile_bytes=2_000))
    assert [one.code for one in report.errors] == []
