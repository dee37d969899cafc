"""The slider of a report smooths every curve as `smoothed` does, and the page runs no other script."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import sync_playwright

from rft.report import Report, render
from rft.report.drawing import Point
from rft.report.line_charts import smoothed
from rft.report.page import Curve
from tests.e2e.test_report_in_browser import BROWSERS, QUIET

pytestmark = pytest.mark.browser


def heights(line: str) -> list[float]:
    return [float(place.split(",")[1]) for place in line.split(" ")]


def test_the_slider_smooths_every_curve_and_leaves_what_was_measured(tmp_path: Path) -> None:
    random = Random("curves")
    points, other = (tuple(Point(step, random.random()) for step in range(1, 61)) for _ in range(2))
    curve = Curve("Mean reward", points, beside={"seed-7": other})
    page_file = tmp_path / "report.html"
    page_file.write_text(render(Report("curves", "?", (), (("greedy", {}),), curves=(curve,))), encoding="utf-8")
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        page = browser.new_page(viewport={"width": 390, "height": 800})
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(page_file.as_uri())
        raw, smooth = (page.locator(f"polyline.{kind}") for kind in ("raw-line", "smooth"))
        assert (raw.count(), smooth.count()) == (2, 2)
        measured = [raw.nth(place).get_attribute("points") for place in range(2)]
        for weight in ("0", "0.9", "0.99", "0.6"):
            page.get_by_label("Smoothing").fill(weight)
            assert page.locator("#smoothing-told").inner_text() == f"{float(weight):.2f}"
            for place in range(2):
                drawn = heights(smooth.nth(place).get_attribute("points") or "")
                asked = [Point(step, height) for step, height in enumerate(heights(measured[place] or ""))]
                assert drawn == pytest.approx([point.y for point in smoothed(asked, float(weight))], abs=0.06)
        assert [raw.nth(place).get_attribute("points") for place in range(2)] == measured
        assert page.locator("figcaption .key").all_inner_texts() == ["this run", "seed-7"]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert said == []
        browser.close()
