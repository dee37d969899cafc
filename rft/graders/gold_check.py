"""Whether a reward can judge the rows of a file, and pays their right completions in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from datagen.validate.findings import DataFinding, Severity
from rewards import Reward, Sample, UngradableError, bounds_of
from rewards.parsing.tool_calls import plan_of
from rewards.rollouts.files import json_of, read_rows
from rewards.rows import gold_completion, gold_text, sample_of

_REFERENCE = "reference_answer"
GOLD_RULES: Final[Mapping[str, tuple[Severity, str]]] = {
    "reference-ungradable": (Severity.ERROR, "a row that the reward cannot judge, most often for its reference"),
    "gold-below-best": (Severity.WARNING, "a right completion that the reward does not pay in full"),
}


def gold_findings(path: Path, reward: Reward) -> Iterator[DataFinding]:
    """An error for each row that `reward` cannot judge, a warning for each whose right completion is not paid in full.

    The right completion is `rewards.rows.gold_of` the row, with what wraps its calls. Lines that hold no row are left
    to `rft data check`.
    """
    best, plan = bounds_of(reward).high, plan_of(reward)
    for line, found in _samples(path):
        sample = replace(found, reference=plan.wrapped(found.reference))
        try:
            value = reward(sample, gold_completion(sample)).value
        except UngradableError as error:
            yield DataFinding(line, _REFERENCE, "reference-ungradable", Severity.ERROR, str(error), fixable=False)
            continue
        if value < best - 1e-9:
            message = f"the right completion scores {value:.3g} of {best:.3g}: {gold_text(sample)!r:.80}"
            yield DataFinding(line, _REFERENCE, "gold-below-best", Severity.WARNING, message, fixable=False)


def _samples(path: Path) -> Iterator[tuple[int, Sample]]:
    for row in read_rows(path):
        try:
            yield row.line, sample_of(json_of(row.content), index=row.number)
        except ValueError:  # not JSON, or no row
            continue
