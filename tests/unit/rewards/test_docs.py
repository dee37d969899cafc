"""docs/rewards.md says what the code does: its sessions run, and every reward is on it."""

from __future__ import annotations

import doctest
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from rewards import REWARDS, from_spec
from rewards.audit import AuditConfig, audit, bounded, case_of, lift

PAGE = (Path(__file__).parents[3] / "docs" / "rewards.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


COMPONENTS = [
    name for name, make in REWARDS.items() if make.__module__ not in ("rewards.combinators", "rewards.arithmetic")
]


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_says_its_range_its_source_and_shows_an_example(name: str) -> None:
    said = REWARDS[name].__doc__ or ""
    assert re.search(r"in \[0, 1\]|^1 where .* else 0\b", said), "the range"
    assert "Source: " in said
    assert ">>> " in said


def test_the_sessions_of_the_page_run() -> None:
    session = "\n".join(blocks("pycon"))
    test = doctest.DocTestParser().get_doctest(session, {}, "rewards.md", "rewards.md", 0)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert report == []


INTENTS = ["返品", "解約", "見積もり", "請求書の再発行", "住所変更", "配送状況", "支払い方法", "その他"]
TERMS = ["租赁", "押金", "违约金", "转让", "保险", "维修"]


def page_names() -> dict[str, Any]:
    """What the sessions of the page define."""
    test = doctest.DocTestParser().get_doctest("\n".join(blocks("pycon")), {}, "rewards.md", "rewards.md", 0)
    doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None, clear_globs=False)
    return test.globs


@pytest.mark.parametrize(
    ("name", "references"),
    [
        ("intent", [{"意図": label} for label in INTENTS]),
        (
            "contract",
            [{"关键词": [*pair], "金额": f"{12 * n + 7}万元"} for n, pair in enumerate(combinations(TERMS, 2))],
        ),
    ],
)
def test_the_japanese_and_the_chinese_reward_pass_their_audit(name: str, references: list[Any]) -> None:
    rows = [
        {"id": str(n), "messages": [{"role": "user", "content": f"{n}"}], "reference_answer": reference}
        for n, reference in enumerate(references)
    ]
    reward = page_names()[name]
    config = bounded(AuditConfig(law_examples=25, hostile_bytes=5_000), reward)
    report = audit(lift(reward), [case_of(row, n) for n, row in enumerate(rows)], config)
    assert [(one.code, one.message) for one in report.findings if one.severity == "error"] == []


def test_the_specifications_of_the_page_are_rewards() -> None:
    for text in blocks("yaml"):
        from_spec(yaml.safe_load(text))


@pytest.mark.parametrize("name", sorted(REWARDS))
def test_every_reward_has_a_row_on_the_page(name: str) -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    assert any(re.search(rf"`{name}\b", row) for row in rows)
