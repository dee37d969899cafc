"""The page reads an expression as the terminal does, and its field is typed into in headless Chromium."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from rft.filtering import FACTS, KINDS, FilterError
from rft.report.choosing import chosen
from rft.report.judged import Judged
from rft.report.viewing import ViewRow, page_of, view_rows
from tests.e2e.test_report_in_browser import BROWSERS, QUIET
from tests.pages import page as text_of

pytestmark = pytest.mark.browser
CASES: dict[str, Any] = json.loads(text_of("tests/fixtures/filters.json"))
READ = """expressions => expressions.map(text => {
  try {
    const read = FILTERS.parse(text);
    FILTERS.check(read, NAMES);
    return ROWS.filter(row => read.fits(name => valueOf(row, name))).map(row => row.index);
  } catch (error) { return error instanceof FILTERS.FilterError ? error.message : String(error.stack); }
})"""


def rollouts() -> list[ViewRow]:
    records = [Judged(line, record) for line, record in enumerate(CASES["rollouts"], 1)]
    return view_rows({"m": records, "n": records[:2]})


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    file = tmp_path_factory.mktemp("filters") / "view.html"
    file.write_text(page_of(rollouts(), "filters"), encoding="utf-8")
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        opened = browser.new_page(viewport={"width": 1280, "height": 860})
        opened.goto(file.as_uri())
        yield opened
        browser.close()


def in_terminal(expression: str) -> list[int] | str:
    rows = rollouts()
    try:
        return [rows.index(row) for row in chosen(rows, expression)]
    except FilterError as refused:
        return str(refused)


def drawn(random: Random, depth: int = 0) -> str:
    """An expression, or something near one."""
    if depth < 3 and random.random() < 0.5:
        inner = [drawn(random, depth + 1) for _ in range(2)]
        return random.choice(["{} and {}", "{} or {}", "not {}", "({}) or {}", "not ({} and {})", "{} {}"]).format(
            *inner
        )
    literals = ["0", "0.3", "1", "-2e0", "null", "true", '"sales"', "'SORRY'", '"3"', '"Grüße 😀"']
    facts = ["score", "step", "reason", "completion", "model", "line", "advantage"]
    keys = ["shelf", "urgent", "desk", "row.desk", "part.schema", 'part["my part"]', "metric.chars", "tokens.prompt"]
    values, odd = [*literals, *facts, *keys], ["nobody", '"open', "1x", "😀"]
    marks = ["==", "!=", "<", "<=", ">", ">=", "~", "=", "&&"]
    left, right, other = (random.choice(values if random.random() < 0.97 else odd) for _ in range(3))
    if random.random() < 0.2:
        return f"{left} {random.choice(['in', 'not in'])} ({right}, {other})"
    mark = random.choice(marks[:7] if random.random() < 0.97 else marks)
    return f"{left} {mark} {right}" + (f" {random.choice(marks[:7])} {other}" if random.random() < 0.1 else "")


def test_the_page_and_the_terminal_read_an_expression_alike(page: Page) -> None:
    random = Random("filters")
    expressions = [*(case[0] for kind in ("fits", "refused") for case in CASES[kind])]
    expressions += [drawn(random) for _ in range(600)]
    in_page = page.evaluate(READ, expressions)
    differ = [
        pair for pair in zip(expressions, in_page, map(in_terminal, expressions), strict=True) if pair[1] != pair[2]
    ]
    assert differ == []
    assert 60 < sum(isinstance(found, list) and bool(found) for found in in_page) < len(in_page) - 60


def test_the_page_knows_the_same_names(page: Page) -> None:
    assert page.evaluate("FILTERS.FACTS") == list(FACTS)
    assert page.evaluate("FILTERS.KINDS") == list(KINDS)


def test_a_typed_filter_chooses_beside_the_search_and_a_fault_is_explained(page: Page) -> None:
    def count() -> str:
        return page.locator("#count").inner_text().split(" ")[0]

    page.keyboard.press("f")
    page.keyboard.type('score < 0.5 and model == "m"')
    assert (count(), page.locator("#wrong").is_visible()) == ("2", False)
    page.locator("#q").fill("sorry")
    assert count() == "1"
    page.locator("#f").fill("score <")
    assert page.locator("#wrong").inner_text() == (
        "Filter, character 8: a name, a number or a text in quotes belongs before the end"
    )
    assert page.locator("#f").get_attribute("aria-invalid") == "true"
    assert count() == "1"  # the last good one stays
    page.locator("#f").fill("part.shema == 0")
    assert "there are part.schema" in page.locator("#wrong").inner_text()
    page.locator("#reset").click()
    assert (count(), page.locator("#f").input_value(), page.locator("#wrong").is_visible()) == ("6", "", False)


def test_the_address_keeps_the_filter_and_help_names_what_there_is(page: Page) -> None:
    page.locator("#f").fill('desk == "Grüße 😀"')
    address = page.evaluate("(rememberNow(), location.href)")
    page.goto("about:blank")
    page.goto(address)
    assert page.locator("#f").input_value() == 'desk == "Grüße 😀"'
    assert page.locator("#count").inner_text().startswith("1 of 6")
    page.locator("#help").click()
    assert 'part["my part"]' in page.locator("#names").inner_text()
    page.keyboard.press("Escape")
