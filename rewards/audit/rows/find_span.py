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

from rewards.audit.rows.cases import Answer, AuditDataError, Case, sample_of, value_of
from rewards.audit.rows.spans import (
    JUNK,
    LETTER,
    NO_FRAME,
    READINGS,
    WHOLE_COMPLETION,
    Frame,
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
from rewards.comparing.values import canonical
from rewards.parsing.answers import AnswerFormat
from rewards.parsing.tool_calls import NATIVE
from rewards.reward_tree import declared

How: TypeAlias = Literal["declared", "found in the right answers", "found by trying", "nothing around it"]

PROBES = 12  # right answers a place is tried on
MOST = 0.75  # of them must agree; a data set has its own mistakes
PAYS = 0.8  # of the range: what a right completion gets at least, also from a judge that seldom gives full marks
REASONING = frozenset({"think", "thinking", "thought", "reasoning", "scratchpad", "analysis"})
LEAD = "Let me work it out step by step.\n"
COMPOSED = (
    Span("tag", "answer"), Span("boxed"), Span("after", "####"), Span("after", "The answer is"),
    Span("after", "ANSWER:"), Span("after", "Answer:"), Span("after", "The answer is:"), Span("key", "answer"),
)  # fmt: skip
WRAPPED = (
    "<think>\nLet me think.\n</think>\n<answer>\n{}\n</answer>", "<think>Let me think.</think>\n<answer>{}</answer>",
    "<|begin_of_solution|>{}<|end_of_solution|>", "```json\n{}\n```",
)  # fmt: skip


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
    held = all(isinstance(case.reference, dict | list) and _reference_text(case) for case in known)
    if not held or any(case.source != "reference" for case in known):
        return known
    bare = [replace(case, gold=_reference_text(case), tree=None) for case in known]
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
    return replace(case, gold=composed(span, case.gold or ""), tree=None) if case.source == "reference" else case


def _found(known: Sequence[Case], few: Sequence[Case], scorer: Scorer) -> Framing:
    for span in _candidates(few):
        if _is_the_place(span, few, scorer) and (span.kind != "last-line" or _is_free_in_front(span, few, scorer)):
            span = _narrowed(_boxed_inside(span, few, scorer), few, scorer)
            return _framing(span, "found in the right answers", known, scorer)
    if any(case.gold and case.gold != _reference_text(case) for case in few):  # else a word more is no prose
        narrow = _narrowed(WHOLE_COMPLETION, few, scorer)
        if narrow != WHOLE_COMPLETION:
            return _framing(narrow, "found in the right answers", known, scorer)
    return Framing(WHOLE_COMPLETION, "nothing around it", known, known)


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
    wanted = [_reference_text(case) for case in few]
    if span.reading or not all(wanted):
        return span
    for reading in (one for one in READINGS if one.endswith(_kind(wanted))):
        narrow = replace(span, reading=reading)
        parts = [part for case in few if (part := narrow.parted(case.gold or "")) is not None]
        agree = len(parts) == len(few) and all(map(is_right, (part.answer for part in parts), wanted))
        if agree and _is_read_alone(span, reading, parts, few, scorer):
            return narrow
    return span


def _kind(wanted: Sequence[str]) -> str:
    """What all the references are: numbers, letters or words."""
    if all(number_in(one) is not None for one in wanted):
        return "number"
    return "letter" if all(re.fullmatch(LETTER, one) for one in wanted) else "word"


def _is_read_alone(span: Span, reading: Reading, parts: Sequence[Parted], few: Sequence[Case], scorer: Scorer) -> bool:
    """Whether another answer costs nothing on the one side of the right one, and decides on the other."""
    asked, right, free, decides = [], [], [], []
    for index, case in enumerate(few):
        wide, other = span.parted(case.gold or ""), _other(parts, index)
        if wide is None or other is None:
            return False
        around = _masked(wide).around
        for one in (other, JUNK) if reading.endswith("word") else (other,):
            behind, before = around(f"{wide.answer} {one}"), around(f"{one} {wide.answer}")
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
        for span in COMPOSED:
            if _pays([replace(case, gold=composed(span, case.gold or ""), tree=None) for case in few], scorer):
                dressed = [replace(case, gold=composed(span, case.gold or ""), tree=None) for case in known]
                return _framing(span, "found by trying", dressed, scorer)
        for form in WRAPPED:
            if _pays([replace(case, gold=form.replace("{}", case.gold or ""), tree=None) for case in few], scorer):
                return _dressed(form, known)
    return Framing(WHOLE_COMPLETION, "nothing around it", known, known)


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


def _candidates(few: Sequence[Case]) -> Iterator[Span]:
    """Places that every right answer of the sample has, the most telling first."""
    if all(case.tree is not None for case in few) or all(case.lines for case in few):
        return
    golds = [case.gold or "" for case in few]
    tags = Counter(name for gold in golds for name in dict.fromkeys(re.findall(r"</(\w+)>", gold)))
    names = sorted((name for name in tags if name.casefold() not in REASONING), key=lambda name: name != "answer")
    last = [span for span in map(span_of, ("last-number", "last-letter")) if _is_the_reference(span, few)]
    fixed = [*(Span("tag", name) for name in names), Span("boxed"), Span("after", "####")]
    for span in (*fixed, *last, *_lead_in(few), Span("json"), Span("fence"), Span("last-line")):
        if all(span.parted(gold) is not None for gold in golds):
            yield span


def _is_the_reference(span: Span, few: Sequence[Case]) -> bool:
    """Whether every reference is one number or letter, and stands there in the right answer."""
    kind = r"\W*[A-J]\W*" if span.reading == "last-letter" else r"[^A-Za-z]*\d[^A-Za-z]*"
    for case in few:
        part, wanted = span.parted(case.gold or ""), _reference_text(case)
        if part is None or not re.fullmatch(kind, wanted) or not is_right(part.answer, wanted):
            return False
    return True


def _lead_in(few: Sequence[Case]) -> Iterator[Span]:
    """What the line with the answer begins with, where that is the same everywhere: "The answer is (" """
    leads = []
    for case in few:
        gold, wanted = case.gold or "", _reference_text(case)
        at = gold.rfind(wanted) if wanted else -1
        leads.append(gold[gold.rfind("\n", 0, max(at, 0)) + 1 : at] if at > 0 else "")
    if leads and leads[0].strip() and len(set(leads)) == 1:
        yield Span("after", leads[0].strip())


def _reference_text(case: Case) -> str:
    """The reference as it would stand in an answer; empty where it is not one value."""
    reference = value_of(canonical(case.reference))
    if isinstance(reference, list) and all(isinstance(one, str) for one in reference):
        reference = reference[0] if reference else None  # any of them is accepted
    return str(reference) if isinstance(reference, str | int | float) and not isinstance(reference, bool) else ""


def _is_the_place(span: Span, few: Sequence[Case], scorer: Scorer) -> bool:
    """Another answer there costs something in nearly every row; for a bare number or letter, also behind some prose."""
    parts = [part for case in few if (part := span.parted(case.gold or "")) is not None]
    others = [_other(parts, index) for index in range(len(parts))]
    tried = [(case, part, other) for case, part, other in zip(few, parts, others, strict=True) if other is not None]
    if not tried:
        return False
    frames = [_masked(part) for _, part, _ in tried]
    if all(part.frame == NO_FRAME for part in parts):
        frames = [Frame(before=LEAD)] * len(tried)
    cases = [case for case, _, _ in tried]
    right = _values(
        cases, [frame.around(part.answer) for frame, (_, part, _) in zip(frames, tried, strict=True)], scorer
    )
    wrong = _values(cases, [frame.around(other) for frame, (_, _, other) in zip(frames, tried, strict=True)], scorer)
    pairs = [(a, b) for a, b in zip(right, wrong, strict=True) if a is not None and b is not None]
    return len(pairs) >= MOST * len(tried) and fmean(b < a - scorer.config.tolerance for a, b in pairs) >= MOST


def _is_free_in_front(span: Span, few: Sequence[Case], scorer: Scorer) -> bool:
    """Whether what stands in front of the place may be prose, where the reference holds that too: of a matrix each line
    is part of the answer, of a solution that is worked out only the last."""
    bare = [case for case in few if case.gold == _reference_text(case)]
    parts = [(case, part) for case in bare if (part := span.parted(case.gold or "")) is not None and part.frame.before]
    cases = [case for case, _ in parts]
    return not parts or _all_pay(cases, [LEAD + part.answer + part.frame.behind for _, part in parts], scorer)


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
