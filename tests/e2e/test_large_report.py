"""The report of a run with 10,000 held-out rows opens in headless Chromium."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from rft.project import load_project
from rft.report import render
from rft.stages.reporting import collect
from tests.e2e.test_report_in_browser import BROWSERS, QUIET

pytestmark = pytest.mark.browser
ROWS = 10_000
LOAD = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "load.py"))


def test_the_report_of_ten_thousand_rows_opens(tmp_path: Path) -> None:
    root = LOAD["write_run"](tmp_path, ROWS)
    page = tmp_path / "report.html"
    page.write_text(render(collect(load_project(tmp_path / "demo" / "project.yaml"), root)), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, BROWSERS)), None), args=QUIET
        )
        opened = browser.new_page()
        opened.goto(page.as_uri())
        assert f"{ROWS} held out" in opened.locator("dl.facts").inner_text()
        assert opened.locator("#worst details").count() == 12
        assert opened.locator("#curves figure").first.locator("circle").count() == 500  # of 9,999 steps, one in 20
        browser.close()
