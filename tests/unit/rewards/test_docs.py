"""docs/rewards.md says what the code does: its sessions run, and every reward is on it."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
import yaml

from rewards import REWARDS, from_spec

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


def test_the_specifications_of_the_page_are_rewards() -> None:
    for text in blocks("yaml"):
        from_spec(yaml.safe_load(text))


@pytest.mark.parametrize("name", sorted(REWARDS))
def test_every_reward_has_a_row_on_the_page(name: str) -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    assert any(re.search(rf"`{name}\b", row) for row in rows)
