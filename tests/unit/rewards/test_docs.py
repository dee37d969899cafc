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


CITIES = [["Bern", 134], ["Basel", 177], ["Chur", 38], ["Thun", 44], ["Genf", 203], ["Biel", 55]]
QUERIES = [
    "SELECT name FROM city WHERE size > 100",
    "SELECT count(*) FROM city WHERE size < 180",
    "SELECT name, size FROM city WHERE name LIKE 'B%'",
    "SELECT max(size) FROM city WHERE name <> 'Genf'",
]
FORMS = [("Alder", 52310.5, "CA"), ("Birch", 61000, "NY"), ("Cedar", 48250.25, "TX"), ("Elm", 73455.1, "OR")]


def row(reference: Any, gold: str = "") -> dict[str, Any]:
    return {"reference_answer": reference, **({"gold": gold} if gold else {})}


ROWS = {
    "intent": [row({"意図": label}) for label in INTENTS],
    "contract": [
        row({"关键词": [*pair], "金额": f"{12 * n + 7}万元"}) for n, pair in enumerate(combinations(TERMS, 2))
    ],
    "w2": [
        row({"employer": f"{name} Ltd", "wages": f"{wages:,.2f}", "tax_withheld": f"{wages / 7:,.2f}", "state": state})
        for name, wages, state in FORMS
    ],
    "text_to_sql": [row({"rows": {"city": CITIES}, "query": query}, query) for query in QUERIES],
    "mathematics": [row(answer) for answer in (r"\frac{1}{2}", "12", r"\sqrt{3}", "x^2-1", "(0, 1]")],
}


@pytest.mark.parametrize("name", ROWS)
def test_the_rewards_of_the_page_pass_their_audit(name: str) -> None:
    reward = page_names()[name]
    asked = {"messages": [{"role": "user", "content": "?"}]}
    cases = [case_of({"id": str(n), **asked, **each}, n) for n, each in enumerate(ROWS[name])]
    settings = AuditConfig(law_examples=10, search_calls=200, hostile_bytes=2_000)
    report = audit(lift(reward), cases, bounded(settings, reward))
    assert [(one.code, one.message) for one in report.findings if one.severity == "error"] == []


def test_the_specifications_of_the_page_are_rewards() -> None:
    for text in blocks("yaml"):
        from_spec(yaml.safe_load(text))


@pytest.mark.parametrize("name", sorted(REWARDS))
def test_every_reward_has_a_row_on_the_page(name: str) -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    assert any(re.search(rf"`{name}\b", row) for row in rows)
