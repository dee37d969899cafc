"""The report as a person sees it: it opens in headless Chromium without a word on the console."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.e2e.conftest import FinishedRun

pytestmark = [pytest.mark.browser, pytest.mark.train]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Chromium otherwise looks up its maker's hosts at every start.
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


@pytest.fixture(scope="module")
def page(finished_run: FinishedRun) -> Iterator[tuple[Page, list[str]]]:
    said: list[str] = []
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=QUIET)
        opened = browser.new_page(viewport={"width": 1100, "height": 900})
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.on("request", lambda request: said.append(request.url) if request.url.startswith("http") else None)
        opened.goto((finished_run.root / "report" / "report.html").as_uri())
        yield opened, said
        browser.close()


def test_it_opens_without_console_messages_and_asks_for_nothing(page: tuple[Page, list[str]]) -> None:
    opened, said = page
    assert opened.title() == "regulatory-tools: base, SFT, RFT"
    assert said == []


def test_it_compares_base_sft_and_rft(page: tuple[Page, list[str]]) -> None:
    opened, _ = page
    assert opened.locator("#compare thead").first.inner_text().split() == ["metric", "base", "SFT", "RFT"]
    assert opened.locator("#compare tr.total td").count() == 6  # three models, greedy and sampled


def test_every_curve_is_drawn(page: tuple[Page, list[str]]) -> None:
    opened, _ = page
    titles = opened.locator("#curves figcaption").all_inner_texts()
    assert [title.split("\n")[0].split(" each")[0].strip() for title in titles][:2] == [
        "SFT: loss (nats per token)",
        "RFT: mean reward",
    ]
    assert opened.locator("#curves figure.empty").count() == 0


def test_a_worst_completion_opens_and_shows_reference_and_completion(page: tuple[Page, list[str]]) -> None:
    opened, _ = page
    worst = opened.locator("details.completion").first
    worst.locator("summary").click()
    assert worst.locator("pre").count() == 3  # what it was before, what it is, and the reference
    assert "Query analysis" in worst.locator("pre").first.inner_text()


def test_nothing_is_wider_than_the_window(page: tuple[Page, list[str]]) -> None:
    opened, _ = page
    for width in (1100, 420):
        opened.set_viewport_size({"width": width, "height": 900})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
