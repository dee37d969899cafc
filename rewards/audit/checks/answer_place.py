"""Where errors would go away if the answer were declared to be a part of the completion: which `--answer` to try."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Case
from rewards.audit.rows.spans import READINGS, Span, is_right, span_of

PLACES = ("boxed", "bold", "quoted", "first-line", "last-line", "json", "fence")
MOST_TRIED = 2  # each is an audit of laws and attacks


def other_place(
    errors: Sequence[Finding], cases: Sequence[Case], now: Span, errors_at: Callable[[Span], int]
) -> list[Finding]:
    """A note that names the `--answer` by which most errors of laws and attacks go away; nothing where none does.

    `errors_at` counts the errors with a declared place. Only places are tried where some wrong answer of `errors` holds
    the right one.
    """
    judged = [one for one in errors if one.section in ("laws", "attacks")]
    golds = {case.id: case.gold for case in cases if case.gold}
    explained = {span: sum(_is_right_at(span, one, golds) for one in judged) for span in _places(cases) if span != now}
    likely = sorted((span for span in explained if explained[span]), key=lambda span: -explained[span])[:MOST_TRIED]
    left = {span: errors_at(span) for span in likely}
    best = min(likely, key=lambda span: left[span], default=None)
    if best is None or left[best] >= len(judged):
        return []
    message = (
        f"with --answer {str(best)!r}, {left[best]} of the {len(judged)} errors of laws and attacks are left: it says "
        f"that this part of a completion is the answer and that the rest may be anything"
    )
    return [Finding("law-answer-place", message, {"answer": str(best), "left": left[best], "errors": len(judged)})]


def _places(cases: Sequence[Case]) -> Iterator[Span]:
    """The places and readings at which each right answer has all of itself."""
    golds = [case.gold for case in cases if case.gold][:50]
    for span in (*map(span_of, READINGS), *map(span_of, PLACES)):
        parts = [(span.parted(gold), gold) for gold in golds]
        if golds and all(part is not None and is_right(part.answer, gold) for part, gold in parts):
            yield span


def _is_right_at(span: Span, finding: Finding, golds: Mapping[str, str]) -> bool:
    """Whether the wrong answer shown holds the right one at this place."""
    gold = golds.get(str(finding.example.get("id")))
    part = span.parted(str(finding.example.get("completion")))
    return gold is not None and part is not None and is_right(part.answer, gold)
