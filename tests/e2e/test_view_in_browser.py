"""The rollout viewer clicked through in headless Chromium: 10,000 rollouts, keys, links, and content that would act."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from rft.cli import rft
from rft.report.judged import Judged
from rft.report.picturing import small_copies
from rft.report.viewing import page_of, view_rows
from tests.e2e.test_report_in_browser import BROWSERS, QUIET

pytestmark = pytest.mark.browser
PROMPTS, SAMPLES = 1_250, 4
HOSTILE = (
    "</script><script>window.ran = 1</script><img src=x onerror='window.ran = 2'>"
    "<a href='javascript:window.ran=3'>click</a> https://example.com \u202eevil\u2066 \x1b[31m ${window.ran=4}"
)


def record(model: str, prompt: int, sample: int, random: Random) -> dict[str, Any]:
    answer = json.dumps({"type": "comparison", "n": sample, "words": [random.randrange(99) for _ in range(20)]})
    said = HOSTILE if prompt == 7 else answer
    turns = [{"role": "user", "content": f"question {prompt:04}"}, {"role": "assistant", "content": said}]
    score = random.random()
    return {
        "rollout_version": 1,
        "row_id": HOSTILE if prompt == 7 else f"row-{prompt:04}",
        "sample": sample,
        "step": prompt // 8 + 1,
        "messages": turns,
        "reference_answer": {"type": "comparison", "n": 0, "words": []},
        "kind": ("odd", "even", "constructor", HOSTILE)[prompt % 4][:60],
        "score": score,
        "parts": {"names": score, "constructor": 0.5},
        "metrics": {HOSTILE: 1.0} if prompt == 7 else {"__proto__": None},
        "reason": HOSTILE if prompt == 7 else "",
    }


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = Random("view")
    models = {
        model: [
            Judged(prompt * SAMPLES + sample + 1, record(model, prompt, sample, random))
            for prompt in range(PROMPTS)
            for sample in range(SAMPLES)
        ]
        for model in ("base", "RFT")
    }
    path = tmp_path_factory.mktemp("view") / "view.html"
    path.write_text(page_of(view_rows(models), HOSTILE), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: said.append(request.url) if request.url.startswith("http") else None)
    opened.goto(file.as_uri())
    yield opened
    assert said == []
    context.close()


def count(page: Page) -> int:
    return int(page.locator("#count").inner_text().split(" ")[0].replace(",", ""))


def test_all_rollouts_are_there_and_only_those_in_sight_are_drawn(page: Page) -> None:
    assert count(page) == 10_000
    assert 0 < page.locator(".row").count() < 60
    page.locator("#list").evaluate("list => { list.scrollTop = list.scrollHeight }")
    page.locator("#row-9999").wait_for()
    assert page.locator(".row").count() < 60


def test_filters_count_what_fits_and_reset_brings_all_back(page: Page) -> None:
    page.select_option("#model", "RFT")
    assert count(page) == 5_000
    page.select_option("#step", "3")
    assert count(page) == 8 * SAMPLES
    page.locator("#q").fill("question 0017 comparison")
    assert count(page) == SAMPLES
    page.locator("#q").fill("nothing of the kind")
    assert "No rollout fits" in page.locator("#detail").inner_text()
    page.locator("#reset").click()
    assert count(page) == 10_000


def test_a_slice_and_a_range_of_a_part_filter(page: Page) -> None:
    page.select_option("#slice", "kind")
    page.select_option("#value", "constructor")
    assert count(page) == pytest.approx(10_000 / 4, abs=8)
    page.select_option("#slice", "")
    page.select_option("#signal", "constructor")
    page.locator("#low").fill("0.6")
    assert count(page) == 0
    page.locator("#low").fill("0.5")
    assert count(page) == 10_000


def test_the_worst_come_first_and_no_prompt_fills_the_list(page: Page) -> None:
    page.select_option("#sort", "worst")
    assert count(page) == PROMPTS
    shown = [float(text) for text in page.locator(".row b").all_inner_texts()]
    assert shown == sorted(shown)


def test_what_lost_most_to_the_model_before_comes_first_with_the_means_of_all_models(page: Page) -> None:
    page.select_option("#sort", "fell")
    first = page.locator(".row").first
    before, after = map(float, first.locator(".down").inner_text().split(" → "))
    assert after < before
    assert first.locator("span").first.inner_text().strip() == "RFT"
    page.click("#reset")


def test_models_stand_side_by_side_with_differences_marked_and_the_group_with_advantages(page: Page) -> None:
    assert page.locator(".side h3").count() == 2
    assert page.locator(".side ins").count() > 0
    group = page.locator("#detail h2", has_text="Group").inner_text()
    assert group == f"Group: {SAMPLES} completions of this prompt"
    before = page.locator("#detail p").first.inner_text()
    page.locator("#detail tr:not(.here) .link").first.click()
    assert page.locator("#detail p").first.inner_text() != before


def test_keys_walk_search_and_help(page: Page) -> None:
    first = page.locator(".row[aria-selected=true]").get_attribute("id")
    page.keyboard.press("j")
    assert page.locator(".row[aria-selected=true]").get_attribute("id") != first
    page.keyboard.press("k")
    assert page.locator(".row[aria-selected=true]").get_attribute("id") == first
    page.keyboard.press("/")
    page.keyboard.type("jjk?")
    assert page.locator("#q").input_value() == "jjk?"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()


def test_the_address_leads_back_to_filters_and_rollout(page: Page, file: Path) -> None:
    page.select_option("#model", "RFT")
    page.select_option("#slice", "kind")
    page.select_option("#value", "even")
    for _ in range(40):
        page.keyboard.press("j")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    address, chosen = page.evaluate("navigator.clipboard.readText()"), page.locator("#detail h2").first.inner_text()
    page.goto("about:blank")
    page.goto(address)
    assert page.locator("#detail h2").first.inner_text() == chosen
    assert page.locator("#value").input_value() == "even"
    assert page.locator(".row[aria-selected=true]").count() == 1


def test_a_rollout_is_copied_as_json(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as JSON").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert (copied["model"], copied["id"]) == ("base", "row-0000")
    assert copied["prompt"]["turns"][0]["text"] == "question 0000"


def test_what_a_model_wrote_runs_nothing_and_hides_nothing(page: Page) -> None:
    page.locator("#q").fill("question 0007")
    assert count(page) == 2 * SAMPLES
    detail = page.locator("#detail")
    assert "<img src=x onerror=" in detail.inner_text()
    assert "\\u202eevil\\u2066" in detail.inner_text()
    assert page.evaluate("window.ran") is None
    assert page.locator("img, a, iframe, #detail script").count() == 0


def test_the_policy_refuses_any_script_but_ours(page: Page, file: Path, browser: Browser, tmp_path: Path) -> None:
    injected = file.read_text(encoding="utf-8").replace(
        "<main>", "<script>window.ran = 1</script><main onclick='ran=2'>", 1
    )
    other = tmp_path / "injected.html"
    other.write_text(injected, encoding="utf-8")
    opened = browser.new_page()
    opened.goto(other.as_uri())
    assert opened.evaluate("window.ran") is None
    assert opened.locator("#count").inner_text().startswith("10,000 of 10,000")
    opened.close()


def test_a_page_of_figures_is_no_wider_than_a_phone(browser: Browser, tmp_path: Path) -> None:
    random = Random("figures")
    files = []
    for model in ("base", "a-model-with-a-long-name-" * 4):
        more = {"grader": "sha256:" + "ab" * 32, "parts": {"names": 0.5, "multi_state_of_employers": 0.0}}
        rows = [{**record(model, prompt, 0, random), **more} for prompt in range(8, 40)]
        (tmp_path / f"{model}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        files.append(f"{model}={tmp_path / model}.jsonl")
    html = tmp_path / "page.html"
    done = CliRunner().invoke(
        rft, ["eval", "compare", *files, "--html", str(html), "--by", "kind", "--resamples", "100"]
    )
    assert done.exit_code == 0, done.output
    opened = browser.new_page(viewport={"width": 390, "height": 800})
    opened.goto(html.as_uri())
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390
    assert opened.locator("#figures svg").count() >= 5
    drawn = "svgs => Math.min(...svgs.map(svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))"
    assert opened.locator("#figures svg").evaluate_all(drawn) >= 0.74  # text of 11 pixels is no smaller than 8
    ends = "all => all.map(e => [e.getBoundingClientRect().left, e.getBoundingClientRect().right])"
    names, dots = (opened.locator(f".intervals {what}").evaluate_all(ends) for what in ("text.name", "circle"))
    assert max(right for _, right in names) < min(left for left, _ in dots)
    cut = "all => all.filter(e => e.scrollWidth > e.parentElement.clientWidth).length"
    assert opened.locator("#compare .scroll > table").evaluate_all(cut) == 0
    opened.locator("#figures summary").first.click()
    assert opened.locator("#figures table").first.is_visible()
    opened.set_viewport_size({"width": 718, "height": 1047})  # A4 with margins of a centimetre
    opened.emulate_media(media="print", color_scheme="dark")
    assert opened.locator("#compare .scroll > table").evaluate_all(cut) == 0
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    opened.close()


def test_every_control_has_a_name_and_nothing_is_wider_than_a_phone(page: Page) -> None:
    for control in page.locator("input, select, button").all():
        label = control.evaluate("e => e.ariaLabel || e.labels?.[0]?.textContent || e.textContent")
        assert label.strip()
    names = page.locator("[aria-label]").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert {"Number from", "Number to"} <= set(names)  # "from" alone says nothing
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".row").count() > 0


def test_a_picture_is_shown_with_the_boxes_of_reference_and_model(browser: Browser, tmp_path: Path) -> None:
    Image.new("RGB", (400, 200), "#345").save(tmp_path / "a.jpg")
    asked = [{"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://b/a.jpg"}}}}, {"text": "where?"}]
    row = {
        "row_id": "a",
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": '{"boxes": [[0, 0, 500, 1000]]}'},
        ],
        "reference_answer": {"boxes": [[0, 0, 100, 100], [200, 0, 300, 100]]},
        "score": 0.5,
    }
    page_file = tmp_path / "view.html"
    page_file.write_text(page_of(view_rows({"m": [Judged(1, row)]}), "t", small_copies([row], tmp_path)), "utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.goto(page_file.as_uri())
    assert page.locator(".picture img").evaluate_all("found => found.map(one => one.naturalWidth)") == [400, 400]
    assert page.locator(".picture").nth(0).locator("rect").count() == 2
    half = page.locator(".picture").nth(1).locator("rect").bounding_box()
    whole = page.locator(".picture").nth(1).bounding_box()
    assert half is not None
    assert whole is not None
    assert half["width"] == pytest.approx(whole["width"] / 2, abs=3)
    assert "1 box" in page.locator(".side").inner_text()
    page.close()
