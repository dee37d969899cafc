"""The README's example prints what the page shows."""

import pytest

from tests.pages import ROOT, blocks, page

README = page("README.md")


def test_the_example_prints_what_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    (code,), (shown,) = blocks(README, "python"), blocks(README, "text")
    exec(code.text, {})
    assert capsys.readouterr().out == shown.text


def test_decisions_are_numbered_without_gaps() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for number, record in enumerate(records, start=1):
        assert record.read_text(encoding="utf-8").startswith(f"# {number}. ")
