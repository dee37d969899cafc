"""What the rollout viewer takes: making its page, opening it, and every filter and order, in headless Chromium.

    python benchmarks/view.py                 # 10,000 rollouts; --json for machines; exit 1 where a budget is exceeded
    python benchmarks/view.py --rollouts 100000

A filter is timed by the page itself, from the change of a control until its list is drawn.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from playwright.sync_api import Page, sync_playwright

from rft.report.judged import Judged
from rft.report.viewing import page_of, view_rows

FILTER_MS = 100.0  # of 10,000 rollouts; a longer wait is felt
SAMPLES = 4
MODELS = ("base", "RFT")
SEARCHES = {
    "search that fits all": "comparison words",
    "search that fits few": "question 0117",
    "search that fits none": "zzz",
}
EXPRESSIONS = {
    "filter of three comparisons": 'score < 0.5 and model == "RFT" and part.values > 0.5',
    "filter of texts": 'completion ~ "zzz" or prompt ~ "question 0117" or reference ~ "nothing"',
}
ORDERS = ("worst", "best", "fell", "changed", "varied", "step")
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


def record(model: str, prompt: int, sample: int) -> dict[str, Any]:
    """A graded rollout of a training step."""
    random = Random(f"{model}/{prompt}/{sample}")
    answer = {"type": "comparison", "n": sample, "words": [random.randrange(99) for _ in range(20)]}
    score = random.random()
    turns = [{"role": "user", "content": f"question {prompt:04}"}, {"role": "assistant", "content": json.dumps(answer)}]
    made = {"rollout_version": 1, "row_id": f"row-{prompt:04}", "sample": sample, "step": prompt // 8 + 1}
    grade = {"score": score, "parts": {"names": score, "values": random.random()}, "metrics": {"chars": 80.0}}
    return {
        **made,
        "messages": turns,
        "reference_answer": {"type": "comparison", "n": 0},
        "kind": "ab"[prompt % 2],
        **grade,
    }


def write_page(path: Path, rollouts: int) -> None:
    """The viewer with so many rollouts."""
    prompts = rollouts // SAMPLES // len(MODELS)
    places = [(prompt, sample) for prompt in range(prompts) for sample in range(SAMPLES)]
    models = {model: [Judged(line, record(model, *place)) for line, place in enumerate(places, 1)] for model in MODELS}
    path.write_text(page_of(view_rows(models), "benchmark"), encoding="utf-8")


def measured(rollouts: int, folder: Path) -> Iterator[tuple[str, float]]:
    """Every figure by its name."""
    path, began = folder / "view.html", time.perf_counter()
    write_page(path, rollouts)
    yield "make the page: s", time.perf_counter() - began
    yield "size: MB", path.stat().st_size / 1e6
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=QUIET)
        page, began = browser.new_page(viewport={"width": 1280, "height": 900}), time.perf_counter()
        page.goto(path.as_uri(), timeout=120_000)
        page.locator(".row").first.wait_for()
        yield "open: s", time.perf_counter() - began
        yield from filters(page)
        browser.close()


def filters(page: Page) -> Iterator[tuple[str, float]]:
    """Milliseconds of every filter and order."""

    def took() -> float:
        return float(page.evaluate("document.documentElement.dataset.filterMs"))

    for name, words in SEARCHES.items():
        page.locator("#q").fill(words)
        yield f"{name}: ms", took()
    page.locator("#reset").click()
    for name, expression in EXPRESSIONS.items():
        page.locator("#f").fill(expression)
        yield f"{name}: ms", took()
    page.locator("#reset").click()
    page.select_option("#model", "RFT")
    yield "model: ms", took()
    page.select_option("#slice", "kind")
    page.select_option("#value", "a")
    yield "slice: ms", took()
    page.locator("#low").fill("0.5")
    yield "range of the score: ms", took()
    page.locator("#reset").click()
    for order in ORDERS:
        page.select_option("#sort", order)
        yield f"sort by {order}: ms", took()


def main() -> int:
    """Measure and print; 1 where a filter of 10,000 rollouts takes longer than its budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rollouts", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = dict(measured(options.rollouts, Path(folder)))
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(f"{name:<32} {value:>10.1f}" for name, value in found.items()))
    slow = [name for name, value in found.items() if name.endswith(": ms") and value > FILTER_MS]
    return int(bool(slow) and options.rollouts <= 10_000)


if __name__ == "__main__":
    sys.exit(main())
