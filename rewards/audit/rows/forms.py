"""How answers are usually given: the forms that bare references are put into, and the prose that stands around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean

from rewards.audit.rows.cases import Case, value_of
from rewards.audit.rows.spans import Frame, Span
from rewards.comparing.values import canonical

MOST_TEXTS = 200  # of the code that are looked at
MOST_PLACES = 24  # that are taken from there
MOST_ASK = 0.75  # of the prompts ask for a reason, where the data expects one
LEAD = "Let me work it out step by step.\n"
TAIL = "\nThis follows from what is given."
INLINE = ("I think it is ", ", all things considered.")
VERDICTS = frozenset({
    "yes", "no", "true", "false", "correct", "incorrect", "right", "wrong", "valid", "invalid", "safe", "unsafe",
    "pass", "fail", "passed", "failed", "approve", "reject", "approved", "rejected", "accept", "accepted", "agree",
    "disagree", "supported", "refuted", "allow", "deny", "block",
})  # fmt: skip
"""One word that people give a reason for."""
REASONS = re.compile(r"\b(because|explain|explanation|justif\w+|reasons?|reasoning|why|rationale)\b", re.IGNORECASE)
COMPOSED = (
    Span("tag", "answer"), Span("boxed"), Span("after", "####"), Span("after", "The answer is"),
    Span("after", "ANSWER:"), Span("after", "Answer:"), Span("after", "The answer is:"), Span("bold"),
    Span("quoted"), Span("key", "answer"),
)  # fmt: skip
WRAPPED = (
    "<think>\nLet me think.\n</think>\n<answer>\n{}\n</answer>", "<think>Let me think.</think>\n<answer>{}</answer>",
    "<|begin_of_solution|>{}<|end_of_solution|>", "```json\n{}\n```",
)  # fmt: skip
PROSE = {"first-line": Frame(behind=TAIL), "regex": Frame(*INLINE), "bold": Frame(*INLINE), "quoted": Frame(*INLINE)}
"""What stands around an answer in longer text, for the places where that is not a line in front."""


def reference_text(case: Case) -> str:
    """The reference as it would stand in an answer; empty where it is not one value."""
    reference = value_of(canonical(case.reference))
    if isinstance(reference, list) and all(isinstance(one, str) for one in reference):
        reference = reference[0] if reference else None  # any of them is accepted
    return str(reference) if isinstance(reference, str | int | float) and not isinstance(reference, bool) else ""


def has_prose(few: Sequence[Case]) -> bool:
    """Whether words may stand beside the answer, by what the data says: right answers have some, the prompts ask for a
    reason, or the answers are verdicts. A grader of bare labels that looks at the first word alone is a fault."""
    if any(case.gold and case.gold != reference_text(case) for case in few):
        return True
    if all((case.gold or "").casefold() in VERDICTS for case in few):
        return True
    return fmean(REASONS.search(case.prompt) is not None for case in few) >= MOST_ASK


def named_places(few: Sequence[Case], constants: Sequence[str | float]) -> list[Span]:
    """Tags and lead-ins that the prompts or the constants of a grader name: `<verdict>`, `Final answer:`."""
    texts = [*(case.prompt for case in few[:2]), *(one for one in constants[:MOST_TEXTS] if isinstance(one, str))]
    tags = dict.fromkeys(name for text in texts for name in re.findall(r"<(\w+)>", text))
    leads = dict.fromkeys(lead for text in texts for lead in re.findall(r"\b[A-Za-z][A-Za-z ]{1,24}:", text))
    spans = [*(Span("tag", name) for name in tags), *(Span("after", lead) for lead in leads)]
    return [span for span in spans if span not in COMPOSED][:MOST_PLACES]
