"""The example's reward on the example's data: what we ship to be followed passes the audit, with room to spare."""

from pathlib import Path

import pytest

from datagen import make
from rewards import load_reward
from rewards.audit import Audit, AuditConfig, audit, bounded, lift, read_cases
from rft.project import load_project

EXAMPLE = Path(__file__).parents[2] / "examples" / "regulatory_tools"
NOT_GRADED = ("Information needed", "Reasoning")  # free text, as the reward's first lines say


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    project = load_project(EXAMPLE / "project.yaml").project
    out = tmp_path_factory.mktemp("data")
    make(project.data, root=EXAMPLE, seed=project.seed, out=out)
    reward = load_reward(f"{EXAMPLE / 'reward.py'}:reward")
    config = bounded(AuditConfig(ignore=NOT_GRADED, law_examples=25, hostile_bytes=5_000, search_calls=300), reward)
    return audit(lift(reward), read_cases(out / "rft" / "test.jsonl"), config)


def test_the_audit_is_clean(report: Audit):
    assert [(one.code, one.message) for one in report.findings if one.severity != "note"] == []


def test_every_reference_gets_the_maximum(report: Audit):
    assert report.gold is not None
    assert (report.gold.checked, report.gold.below) == (report.rows, 0)


def test_wrong_answers_stay_far_below_right_ones(report: Audit):
    assert max(row.highest for row in report.attacks if row.kind == "gross") < 0.95
    assert report.mean_of_wrong <= 0.7


def test_the_best_constant_answer_earns_at_most_0_15(report: Audit):
    assert report.constant is not None
    assert report.constant.mean <= 0.15


def test_every_group_of_wrong_answers_still_teaches(report: Audit):
    assert report.signal is not None
    assert (report.signal.zero_std_groups, report.signal.wrong_with_signal, report.signal.inversions) == (0.0, 1.0, 0.0)
