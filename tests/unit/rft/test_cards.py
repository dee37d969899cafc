"""The cards of the components say what the code says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from rewards import REWARDS
from rft.cards import card, component_names, known_sizes_kb, sizes_kb, written
from tests.pages import blocks

PAGE = (Path(__file__).parents[3] / "docs" / "components.md").read_text(encoding="utf-8")


def test_the_cards_are_those_of_the_code() -> None:
    assert written(PAGE, known_sizes_kb(PAGE)) == PAGE, "run: python -m rft.cards docs/components.md"


def test_every_component_has_a_card_with_a_size() -> None:
    assert list(known_sizes_kb(PAGE)) == component_names()
    assert min(known_sizes_kb(PAGE).values()) > 0


def test_the_examples_of_the_cards_run() -> None:
    session = "\n".join(block.text for block in blocks(PAGE, "pycon"))
    test = doctest.DocTestParser().get_doctest(session, {}, "components.md", "components.md", 0)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert report == []


def test_a_size_is_that_of_the_zip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rft.cards.component_names", lambda: ["has_tags", "overlong"])
    known = known_sizes_kb(PAGE)
    assert sizes_kb() == {name: pytest.approx(known[name], rel=0.1) for name in ("has_tags", "overlong")}


@pytest.mark.parametrize("name", component_names())
def test_a_card_keeps_every_line_of_the_docstring(name: str) -> None:
    said = " ".join((REWARDS[name].__doc__ or "").split()).replace("Source: ", "")
    on_card = " ".join(card(name, 1.0).replace("&#124;", "|").split())
    for sentence in re.findall(r"[A-Z][^.>|]{20,}\.", said.partition(">>>")[0]):
        assert sentence in on_card
