"""Pages of ours load and run nothing, and isolate foreign text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("rewards", "recipes", "datagen", "lambda_package", "estimators", "rft")
PAGES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if re.search("<!doctype html", path.read_text(encoding="utf-8"), re.IGNORECASE)
)


def test_there_are_pages() -> None:
    assert PAGES


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_page_has_the_policy_and_isolates_text(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert re.search(r"from rewards.pages import ISOLATION, (POLICY|policy_for)\n", source)
    assert len(re.findall(r"\b(?:POLICY|policy_for)\b", source)) >= 2
    assert len(re.findall(r"\bISOLATION\b", source)) >= 2
