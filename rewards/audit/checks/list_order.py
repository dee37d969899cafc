"""The order of a list of texts: against what is declared, and against what its key or the prompts say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean

from rewards.audit.checks.violation import Violation, example_of, is_full
from rewards.audit.perturb.examples import Rewritten
from rewards.audit.rows.cases import Answer, Case
from rewards.audit.rows.data_profile import World
from rewards.audit.scoring import Scorer

MOST = 0.75  # of the prompts speak of an order, where the data has one
KEYS = frozenset(
    {"steps", "sequence", "order", "ordered", "ranking", "ranked", "route", "path", "moves", "itinerary", "timeline"}
)
ASKED = re.compile(
    r"\b(in (the )?(right |correct |proper )?order|in order of|rank(ed|ing)?|sort(ed)?|sequence|chronological\w*"
    r"|(first|earliest|oldest|best|most \w+|largest|smallest) (to|first))\b",
    re.IGNORECASE,
)


def order_as_declared(world: World, scorer: Scorer, drawn: Rewritten) -> Violation | None:
    """The order of items matters though it is declared free, or does not though it is declared fixed."""
    declared = scorer.config.order
    other, right = _scores(scorer, drawn)
    if declared is None or other is None or right is None:
        return None
    moved = abs(other - right) > scorer.config.tolerance
    if moved == (declared == "fixed"):
        return None
    message = f"order is declared {declared}, yet with {drawn.how} it scores {other:.6g} (as given {right:.6g})"
    return Violation(message, example_of(drawn.case, drawn.text))


def order_is_free(world: World, scorer: Scorer, drawn: Rewritten) -> Violation | None:
    """A list keeps full marks in reverse, where the data says that its order means something."""
    return _free(scorer, drawn) if _says_order(world.few, drawn) else None


def order_is_unsaid(world: World, scorer: Scorer, drawn: Rewritten) -> Violation | None:
    """A list keeps full marks in reverse, and nothing says whether it may."""
    return None if _says_order(world.few, drawn) else _free(scorer, drawn)


def _free(scorer: Scorer, drawn: Rewritten) -> Violation | None:
    other, right = _scores(scorer, drawn)
    if scorer.config.order is not None or other is None or right is None or not is_full(right, scorer):
        return None
    if other < right - scorer.config.tolerance:
        return None
    return Violation(f"{drawn.how}: keeps the full score {right:.6g}", example_of(drawn.case, drawn.text))


def _scores(scorer: Scorer, drawn: Rewritten) -> list[float | None]:
    return scorer.values([Answer(drawn.case, drawn.text), Answer(drawn.case, drawn.case.gold or "")])


def _says_order(cases: Sequence[Case], drawn: Rewritten) -> bool:
    """Whether the key of the list, or the prompts, say that order means something.

    >>> bool(ASKED.search("List the events in chronological order.")), bool(ASKED.search("Think step by step."))
    (True, False)
    """
    key = drawn.how.removesuffix(" reversed").replace("[]", "").rpartition(".")[2].casefold()
    return key in KEYS or fmean(ASKED.search(case.prompt) is not None for case in cases) >= MOST
