"""The page: self-contained, well-formed, and safe against what a model wrote."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

from estimators.results.compare import Difference
from rft.report import (
    TOTAL,
    Curve,
    Departure,
    Gain,
    Interval,
    Point,
    RecipeSheet,
    Report,
    ScoredCompletion,
    Verdict,
    render,
)
from rft.report.page import SHOWN_CHARS, Earlier

HOSTILE = '</pre><script>alert("x")</script><img src=http://example.com/x>\ud800'


def report(text: str = "answer") -> Report:
    scores = {m: {"base": Interval(0.1, 0.01, 9), "SFT": Interval(0.5, 0.02, 9)} for m in (TOTAL, "tool_choice")}
    worst = ScoredCompletion("row-1", "RFT", text, text, text, 0.25, {"tool_choice": 0.5, "boxes": None}, text)
    sheet = RecipeSheet("RFT", text, (Departure("run.name", "mapped", text, text, text),))
    curve = Curve("Mean reward", (Point(1, 0.2), Point(2, 0.4)))
    return Report(
        title="regulatory-tools",
        question=text,
        facts=(("rows", "120"),),
        comparisons=(("greedy", scores), ("sampled (temperature 0.7)", scores)),
        verdict=Verdict(lead=(text,), better=(text,), worse=(text,)),
        gains=(
            Gain("base", "SFT", "greedy", Difference(-0.081, -0.137, -0.025, wins=6, losses=21, ties=113)),
            Gain("base", text, text, Difference(0.081, 0.025, 0.137, wins=21, losses=6, ties=113), metric=text),
        ),
        curves=(curve,),
        more_curves=(curve, curve),
        lost=(replace(worst, before=Earlier(text, 0.75, text)),),
        worst=(worst,),
        view=text,
        recipes=(sheet,),
        digests=(("grader.zip", "ab" * 32),),
        constructed=("the base",),
        not_told=("the price",),
    )


class Tags(HTMLParser):
    """Collects tags and everything the page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_tag_is_closed_in_order() -> None:
    parser = Tags()
    parser.feed(render(report()))
    assert parser.open == []


def test_a_completion_cannot_inject_markup_nor_break_the_encoding() -> None:
    page = render(report(HOSTILE))
    parser = Tags()
    parser.feed(page)
    assert "img" not in parser.seen
    assert page.count("<script>") == page.count("</script>") == 1  # ours, which its hash in the policy allows
    digest = b64encode(sha256(page.partition("<script>")[2].partition("</script>")[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "<script" not in render(replace(report(HOSTILE), curves=()))
    assert page.encode("utf-8")


def test_the_page_loads_nothing() -> None:
    assert re.findall(r'(?:src|href)="(?!data:,|#)', render(report())) == []


def test_the_headline_shows_the_totals_of_the_first_comparison() -> None:
    assert "<b>0.100</b>base</span>" in render(report())
    assert "<b>0.500</b>SFT<small>-0.081 over base (-0.137 to -0.025)</small></span>" in render(report())


def test_a_model_that_lost_is_red_wherever_it_is_shown_and_never_green() -> None:
    page = render(report())
    assert '<span class="step worse"><b>0.500</b>SFT<small>' in page
    assert '<td class="worse">-0.081</td>' in page
    assert 'class="step better"' not in page


def test_every_curve_that_was_logged_is_drawn_the_lesser_ones_folded() -> None:
    page = render(report())
    assert page.count("<figcaption>Mean reward") == 3
    assert "<summary>2 more curves" in page


def test_what_lost_most_is_shown_beside_what_the_model_before_wrote() -> None:
    page = render(report("answer"))
    assert "Where RFT lost most against answer" in page
    assert "<b>0.75 → 0.25</b>" in page
    assert page.index('id="lost"') < page.index('id="worst"')


def test_the_verdict_comes_before_the_tables() -> None:
    page = render(report())
    assert page.index('id="verdict"') < page.index('id="compare"')


def test_a_gain_is_shown_with_its_interval_and_the_rows_it_comes_from() -> None:
    page = render(report())
    assert '<td class="better">+0.081</td><td>+0.025 to +0.137</td><td>21</td><td>6</td><td>113</td>' in page
    assert "Sampled (temperature 0.7)" in page


def test_sections_without_content_are_left_out_for_any_number_of_models() -> None:
    models = {f"m{n}": Interval(n / 20, 0.01, 9) for n in range(11)}
    page = render(Report("t", "q", (), (("", {TOTAL: models}),)))
    assert re.findall(r'<section id="(\w+)"', page) == ["verdict", "compare"]
    assert page.count('class="step ') == 11


def test_what_was_not_measured_is_not_shown_as_0() -> None:
    shown = report()
    boxes = {"base": Interval(0, 0, 0), "SFT": Interval(2.0, 0.1, 4)}
    page = render(replace(shown, comparisons=(("greedy", {**shown.comparisons[0][1], "boxes": boxes}),)))
    assert "<small>not measured</small>" in page
    assert '2.000 <small>± 0.100</small> <small class="of">(n = 4)</small>' in page
    assert "boxes not measured" in page


def test_the_page_stays_small_however_long_texts_and_trainings_are() -> None:
    worst = replace(report().worst[0], prompt="&" * 10**6, completion="é" * 10**6, reference="<" * 10**6)
    curve = Curve("Mean reward", tuple(Point(step, step % 7) for step in range(100_000)))
    page = render(replace(report(), worst=(worst,) * 12, curves=(curve,) * 6))
    assert len(page.encode()) < 3_000_000
    assert f"{10**6 - SHOWN_CHARS:,} characters more" in page
    assert "one step of 200" in page  # 100,000 / 500


def test_a_text_that_fits_is_shown_whole() -> None:
    worst = replace(report().worst[0], completion="x" * SHOWN_CHARS)
    page = render(replace(report(), worst=(worst,)))
    assert f"<pre>{'x' * SHOWN_CHARS}</pre>" in page
    assert "characters more" not in page
