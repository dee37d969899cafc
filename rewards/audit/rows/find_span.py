"""Locate an undeclared answer span: candidates come from right completions, and the grader confirms one.

A span holds the answer if another answer there lowers the score, and the same answer keeps it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal, TypeAlias

from rewards.audit.grader import explorer_of
from rewards.audit.rows.cases import Answer, AuditDataError, Case, sample_of, value_of
from rewards.audit.rows.forms import COMPOSED, LEAD, PROSE, TAIL, WRAPPED, has_prose, named_places, reference_text
from rewards.audit.rows.shapes import ends_of, marked_pattern_of, pattern_of
from rewards.audit.rows.spans import (
    DATE,
    JUNK,
    LETTER,
    NO_FRAME,
    READINGS,
    WHOLE_COMPLETION,
    Frame,
    Kind,
    Parted,
    Reading,
    Span,
    composed,
    is_right,
    number_in,
    span_of,
    span_of_format,
)
from rewards.audit.scoring import Scorer
from rewards.parsing.answers import AnswerFormat
from rewards.parsing.tool_calls import NATIVE
from rewards.reward_tree import declared

How: TypeAlias = Literal["declared", "found in the right answers", "found by trying", "nothing around it"]

PROBES = 12  # right answers a place is tried on
MOST = 0.75  # of them must agree; a data set has its own mistakes
PAYS = 0.8  # of the range: what a right completion gets at least, also from a judge that seldom gives full marks
LINES: tuple[Kind, ...] = ("last-line", "first-line")
REASONING = frozenset({"think", "thinking", "thought", "reasoning", "scratchpad", "analysis"})


@dataclass(frozen=True)
class Framing:
    """The answer span, how it was found, and the cases with their answers in frames."""

    span: Span
    how: How
    wholes: Sequence[Case]
    cases: Sequence[Case]

    def among(self, cases: Sequence[Case]) -> list[Case]:
        """`cases`, those with a right answer as a whole."""
        wholes = iter(self.wholes)
        return [next(wholes) if case.gold is not None else case for case in cases]


def span_of_reward(reward: object) -> Span | None:
    """The span that a reward's own `AnswerFormat` declares, if all of its parts declare the same one."""
    found = {span for one in declared(reward, AnswerFormat) if (span := span_of_format(one)) is not None}
    return found.pop() if len(found) == 1 else None


def framed(scorer: Scorer, cases: Sequence[Case]) -> Framing:
    """The answers of `cases` in their frames. Raises `AuditDataError` if a right answer is not at the declared span."""
    found = _framed(scorer, cases)
    return replace(found, wholes=without_intervals(found.wholes), cases=without_intervals(found.cases))


def without_intervals(cases: Sequence[Case]) -> Sequence[Case]:
    """`cases` with no answer taken for JSON, where some are intervals such as (2, 5]: then [2, 5] is one as well."""
    texts = [case.gold or "" for case in cases if case.tree is None]
    if not any(ends_of(text) for text in texts) or any(
        not ends_of(case.gold) for case in cases if case.tree is not None
    ):
        return cases
    return [replace(case, tree=None) for case in cases]


def _framed(scorer: Scorer, cases: Sequence[Case]) -> Framing:
    known = [case.in_plan(getattr(scorer.grader, "plan", NATIVE)) for case in cases if case.gold is not None]
    if not known or any(case.spelling != "text" for case in known):
        return Framing(WHOLE_COMPLETION, "nothing around it", known, known)
    if scorer.config.answer:
        return _declared(span_of(scorer.config.answer), known, scorer)
    if all(case.is_program for case in known):
        return Framing(WHOLE_COMPLETION, "nothing around it", known, known)
    answers = _bare(known, scorer)
    few = sample_of(answers, PROBES, f"{scorer.config.seed}/span")
    if _all_pay(few, [case.gold or "" for case in few], scorer):
        return _found(answers, few, scorer)
    return _tried(answers, few, scorer)


def _bare(known: Sequence[Case], scorer: Scorer) -> Sequence[Case]:
    """Right answers out of references like {"answer": "4"} or {"target": ["4", "four"]}: one value alone, unless the
    grader wants the object; of a list it may also want every item."""
    held = all(isinstance(case.reference, dict | list) and reference_text(case) for case in known)
    if not held or any(case.source != "reference" for case in known):
        return known
    bare = [replace(case, gold=reference_text(case), tree=None) for case in known]
    few, whole = (sample_of(cases, PROBES, f"{scorer.config.seed}/span") for cases in (bare, known))
    if any(isinstance(value_of(case.reference), list) for case in known):
        return known if _pays_in_some_form(whole, scorer) or not _pays_in_some_form(few, scorer) else bare
    return bare if _pays(few, scorer) or not _pays(whole, scorer) else known


def _pays_in_some_form(few: Sequence[Case], scorer: Scorer) -> bool:
    """Whether the answers of these cases are paid bare, or dressed in one of the usual forms."""
    forms = ["{}", *(composed(span, "{}") for span in COMPOSED if span.kind != "key"), *WRAPPED]
    dressed = ([replace(one, gold=form.replace("{}", one.gold or ""), tree=None) for one in few] for form in forms)
    return any(_pays(cases, scorer) for cases in dressed)


def _declared(span: Span, known: Sequence[Case], scorer: Scorer) -> Framing:
    whole = [case if span.parted(case.gold or "") else _recomposed(case, span) for case in known]
    empty = [case.id for case in whole if span.parted(case.gold or "") is None]
    if empty:
        raise AuditDataError(
            f"the right answers of {len(empty)} rows have nothing at {str(span)!r}: {', '.join(empty[:5])}"
        )
    return _framing(span, "declared", whole, scorer)


def _recomposed(case: Case, span: Span) -> Case:
    """A right answer that is bare, because it comes from the reference, in the form that was declared."""
    return _put(span, case) if case.source == "reference" else case


def _found(known: Sequence[Case], few: Sequence[Case], scorer: Scorer) -> Framing:
    for span in _candidates(known, few):
        if span.kind in LINES and (narrow := _narrowed(WHOLE_COMPLETION, few, scorer)) != WHOLE_COMPLETION:
            return _framing(narrow, "found in the right answers", known, scorer)
        if _is_the_place(span, few, scorer) and _is_free_around(span, few, scorer):
            span = _narrowed(_boxed_inside(_first_of(span, few, scorer), few, scorer), few, scorer)
            return _framing(span, "found in the right answers", known, scorer)
    narrow = _narrowed(WHOLE_COMPLETION, few, scorer)
    if narrow != WHOLE_COMPLETION:
        return _framing(narrow, "found in the right answers", known, scorer)
    return Framing(WHOLE_COMPLETION, "nothing around it", known, known)


def _first_of(span: Span, few: Sequence[Case], scorer: Scorer) -> Span:
    """The first number, letter or date of all the text instead of the last, where the grader reads that one."""
    if span.kind != "whole" or not span.reading.startswith("last-"):
        return span
    reading: Reading = next(one for one in READINGS if one == span.reading.replace("last-", "first-"))
    first = replace(span, reading=reading)
    parts = [part for case in few if (part := first.parted(case.gold or "")) is not None]
    agree = len(parts) == len(few) and all(map(is_right, (part.answer for part in parts), map(reference_text, few)))
    return first if agree and _is_read_alone(WHOLE_COMPLETION, reading, parts, few, scorer) else span


def _boxed_inside(span: Span, few: Sequence[Case], scorer: Scorer) -> Span:
    """`span`, or the box in it, where that is what the grader reads and what stands beside it there is prose."""
    box = Span("boxed")
    pairs = [(span.parted(case.gold or ""), box.parted(case.gold or "")) for case in few]
    if span.kind != "tag" or not all(
        wide
        and inner
        and len(wide.frame.before) <= len(inner.frame.before)
        and inner.frame.behind.endswith(wide.frame.behind)
        for wide, inner in pairs
    ):
        return span
    beside = [wide.frame.around(f"{JUNK} {wide.answer} {JUNK}") for wide, _ in pairs if wide is not None]
    return box if _is_the_place(box, few, scorer) and _all_pay(few, beside, scorer) else span


def _narrowed(span: Span, few: Sequence[Case], scorer: Scorer) -> Span:
    """`span`, or the one number, letter or word there that the grader reads, where the references are no more."""
    wanted = [reference_text(case) for case in few]
    if span.reading or not all(wanted):
        return span
    kinds = [_kind(wanted), *(["sentence"] if span == WHOLE_COMPLETION else [])]
    for reading in (one for kind in kinds for one in READINGS if one.endswith(kind) and _may_be_read(one, few)):
        narrow = replace(span, reading=reading)
        parts = [part for case in few if (part := narrow.parted(case.gold or "")) is not None]
        agree = len(parts) == len(few) and all(map(is_right, (part.answer for part in parts), wanted))
        if agree and _is_read_alone(span, reading, parts, few, scorer):
            return narrow
    return span


def _may_be_read(reading: Reading, few: Sequence[Case]) -> bool:
    """Whether a text may hold more than this: a number, a letter or a date is picked out on purpose."""
    return not reading.endswith(("word", "sentence")) or has_prose(few)


def _kind(wanted: Sequence[str]) -> str:
    """What all the references are: numbers, dates, letters or words."""
    if all(number_in(one) is not None for one in wanted):
        return "number"
    if all(re.fullmatch(DATE, one) for one in wanted):
        return "date"
    return "letter" if all(re.fullmatch(LETTER, one) for one in wanted) else "word"


def _is_read_alone(span: Span, reading: Reading, parts: Sequence[Parted], few: Sequence[Case], scorer: Scorer) -> bool:
    """Whether another answer costs nothing on the one side of the right one, and decides on the other."""
    asked, right, free, decides = [], [], [], []
    for index, case in enumerate(few):
        wide, other = span.parted(case.gold or ""), _other(parts, index)
        if wide is None or other is None:
            return False
        around = _masked(wide).around
        join = ". " if reading.endswith("sentence") else " "
        junk = TAIL.strip(" .\n") if reading.endswith("sentence") else JUNK
        for one in (other, junk) if reading.endswith(("word", "sentence")) else (other,):
            behind, before = around(f"{wide.answer}{join}{one}"), around(f"{one}{join}{wide.answer}")
            asked.append(case)
            right.append(around(wide.answer))
            free.append(behind if reading.startswith("first") else before)
            decides.append(before if reading.startswith("first") else behind)
    values = [_values(asked, texts, scorer) for texts in (right, free, decides)]
    tried = [(a, b, c) for a, b, c in zip(*values, strict=True) if a is not None and b is not None and c is not None]
    slack = scorer.config.tolerance
    return (
        len(tried) == len(asked)
        and all(b >= a - slack for a, b, _ in tried)
        and fmean(c < a - slack for a, _, c in tried) >= MOST
    )


def _tried(known: Sequence[Case], few: Sequence[Case], scorer: Scorer) -> Framing:
    """Right answers out of references that are too bare for the grader: dressed in the usual forms until they pay."""
    if all(case.source == "reference" for case in few):
        for span in (*COMPOSED, *named_places(few, _constants(scorer))):
            some = [_put(span, case) for case in few]
            if _pays(some, scorer):
                dressed = [_put(span, case) for case in known]
                return _framing(_narrowed(span, some, scorer), "found by trying", dressed, scorer)
        for form in WRAPPED:
            if _pays([replace(case, gold=form.replace("{}", case.gold or ""), tree=None) for case in few], scorer):
                return _dressed(form, known)
    return Framing(WHOLE_COMPLETION, "nothing around it", known, known)


def _put(span: Span, case: Case) -> Case:
    return replace(case, gold=composed(span, case.gold or ""), tree=None)


def _constants(scorer: Scorer) -> Sequence[str | float]:
    explorer = explorer_of(scorer.grader)
    return explorer.constants() if explorer else []


def _dressed(form: str, known: Sequence[Case]) -> Framing:
    before, _, behind = form.partition("{}")
    tag = re.search(r"<(\w+)>\s*$", before)
    span = Span("tag", tag[1]) if tag else Span("json")
    wholes = [replace(case, gold=f"{before}{case.gold}{behind}", tree=None) for case in known]
    inner = [replace(case, frame=Frame(before, behind), outer=whole) for case, whole in zip(known, wholes, strict=True)]
    return Framing(span, "found by trying", wholes, inner)


def _pays(dressed: Sequence[Case], scorer: Scorer) -> bool:
    return _all_pay(dressed, [case.gold or "" for case in dressed], scorer)


def _all_pay(cases: Sequence[Case], texts: Sequence[str], scorer: Scorer) -> bool:
    """Whether (nearly) all of these completions are paid as right ones."""
    return fmean(_is_paid(value, scorer) for value in _values(cases, texts, scorer)) >= MOST


def _values(cases: Sequence[Case], texts: Sequence[str], scorer: Scorer) -> list[float | None]:
    return scorer.values([Answer(case, text) for case, text in zip(cases, texts, strict=True)])


def _is_paid(value: float | None, scorer: Scorer) -> bool:
    return value is not None and scorer.config.share(value) >= PAYS


def _candidates(known: Sequence[Case], few: Sequence[Case]) -> Iterator[Span]:
    """Places that every right answer of the sample has, the most telling first."""
    if all(case.tree is not None for case in few) or all(case.lines for case in few):
        return
    golds = [case.gold or "" for case in few]
    tags = Counter(name for gold in golds for name in dict.fromkeys(re.findall(r"</(\w+)>", gold)))
    names = sorted((name for name in tags if name.casefold() not in REASONING), key=lambda name: name != "answer")
    last = [span for span in map(span_of, ("last-number", "last-letter", "last-date")) if _is_the_reference(span, few)]
    marked = [span for span in (Span("bold"), Span("quoted")) if _is_right_everywhere(span, few)]
    fixed = [*(Span("tag", name) for name in names), Span("boxed"), Span("after", "####"), *marked]
    for span in (*fixed, *last, *_shaped(known, few), *_lead_in(few), Span("json"), Span("fence"), *map(Span, LINES)):
        if all(span.parted(gold) is not None for gold in golds):
            yield span


def _shaped(known: Sequence[Case], few: Sequence[Case]) -> Iterator[Span]:
    """The last text of the shape that all references have, where that is the reference in the right answers."""
    wanted = [reference_text(case) for case in known]
    patterns = (pattern_of(wanted), marked_pattern_of(wanted)) if all(wanted) and _kind(wanted) == "word" else ()
    for span in (Span("regex", pattern) for pattern in patterns if pattern):
        if _is_right_everywhere(span, few):
            yield span


def _is_right_everywhere(span: Span, few: Sequence[Case]) -> bool:
    parts = [(span.parted(case.gold or ""), reference_text(case)) for case in few]
    return all(part is not None and wanted and is_right(part.answer, wanted) for part, wanted in parts)


def _is_the_reference(span: Span, few: Sequence[Case]) -> bool:
    """Whether every reference is one number or letter, and stands there in the right answer."""
    kinds: dict[str, str] = {"last-letter": r"\W*[A-J]\W*", "last-date": DATE}
    kind = kinds.get(span.reading, r"[^A-Za-z]*\d[^A-Za-z]*")
    for case in few:
        part, wanted = span.parted(case.gold or ""), reference_text(case)
        if part is None or not re.fullmatch(kind, wanted) or not is_right(part.answer, wanted):
            return False
    return True


def _lead_in(few: Sequence[Case]) -> Iterator[Span]:
    """What the line with the answer begins with, where that is the same everywhere: "The answer is (" """
    leads = []
    for case in few:
        gold, wanted = case.gold or "", reference_text(case)
        at = gold.rfind(wanted) if wanted else -1
        leads.append(gold[gold.rfind("\n", 0, max(at, 0)) + 1 : at] if at > 0 else "")
    if leads and leads[0].strip() and len(set(leads)) == 1:
        yield Span("after", leads[0].strip())


def _is_the_place(span: Span, few: Sequence[Case], scorer: Scorer) -> bool:
    """Another answer there costs something in nearly every row; for a bare number or letter, also behind some prose."""
    parts = [part for case in few if (part := span.parted(case.gold or "")) is not None]
    others = [_other(parts, index) for index in range(len(parts))]
    tried = [(case, part, other) for case, part, other in zip(few, parts, others, strict=True) if other is not None]
    if not tried:
        return False
    frames = [_masked(part) for _, part, _ in tried]
    if all(part.frame == NO_FRAME for part in parts):
        frames = [PROSE.get(span.kind, Frame(before=LEAD))] * len(tried)
    cases = [case for case, _, _ in tried]
    right = _values(
        cases, [frame.around(part.answer) for frame, (_, part, _) in zip(frames, tried, strict=True)], scorer
    )
    wrong = _values(cases, [frame.around(other) for frame, (_, _, other) in zip(frames, tried, strict=True)], scorer)
    pairs = [(a, b) for a, b in zip(right, wrong, strict=True) if a is not None and b is not None]
    return len(pairs) >= MOST * len(tried) and fmean(b < a - scorer.config.tolerance for a, b in pairs) >= MOST


def _is_free_around(span: Span, few: Sequence[Case], scorer: Scorer) -> bool:
    """Whether what stands around the place may be prose. Of a matrix each line is part of the answer, of a
    solution that is worked out only the last; of `[2] > [1]` all of it, though `[1]` by itself is JSON."""
    parts = [(case, part) for case in few if (part := span.parted(case.gold or "")) is not None]
    among_others = span.kind == "json" and all(re.search(r"[\[{]", part.frame.before) for _, part in parts)
    if span.kind not in (*LINES, *PROSE) and not among_others:
        return True
    if span.kind in LINES:
        parts = [(case, part) for case, part in parts if part.frame != NO_FRAME]
    prose = PROSE.get(span.kind, Frame(before=LEAD))
    dressed = [prose.around(_dressed_alone(span, part.answer)) for _, part in parts]
    return not parts or _all_pay([case for case, _ in parts], dressed, scorer)


def _dressed_alone(span: Span, answer: str) -> str:
    return answer if span.kind == "regex" else composed(span, answer)


def _other(parts: Sequence[Parted], index: int) -> str | None:
    mine = parts[index].answer
    return next(
        (part.answer for part in (*parts[index + 1 :], *parts[:index]) if not is_right(part.answer, mine)), None
    )


def _masked(part: Parted) -> Frame:
    """The frame without the answer itself, which reasoning tends to mention."""
    if len(part.answer) < 1 or part.frame.value:
        return part.frame
    pattern = rf"(?<!\w){re.escape(part.answer)}(?!\w)"
    return part.frame._replace(before=re.sub(pattern, "...", part.frame.before))


def _framing(span: Span, how: How, known: Sequence[Case], scorer: Scorer) -> Framing:
    """Masks the answer in the reasoning, where the right answers keep their scores without it."""
    parts = [(case, span.parted(case.gold or "")) for case in known]
    few = sample_of([case for case, part in parts if part is not None], PROBES, f"{scorer.config.seed}/span")
    masked = [_masked(part).around(part.answer) for case in few if (part := span.parted(case.gold or "")) is not None]
    mask = _masked if _all_pay(few, masked, scorer) else lambda part: part.frame
    return Framing(span, how, known, [_inner(case, part, mask(part)) if part else case for case, part in parts])


def _inner(case: Case, part: Parted, frame: Frame) -> Case:
    from rewards.audit.rows.cases import container_in

    tree = container_in(part.answer)
    return replace(case, gold=part.answer, tree=tree, frame=frame, outer=case)
