"""Whether a judge favours a model: answers of several models, against answers that people call equally good."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import Final, NamedTuple

from rft.judging.figures import Estimated, mean_change
from rft.judging.labelled import Labelled

_LEAST_NAME: Final = 4


class Favour(NamedTuple):
    """How much more the answers of a model score than others', with its interval; of how many; is it the judge."""

    change: Estimated
    answers: int
    own: bool


def favours(answers: Sequence[Labelled], scores: Sequence[float], judge_model: str) -> dict[str, Favour]:
    """For each model that wrote some of the answers, how the judge favours it; empty where fewer than two are named.

    An answer's score is taken against what is usual on the label's side of it, in which every model counts the same, so
    that a model which answers better is not favoured by that. The change is the mean over prompts that both the model
    and others answered.
    """
    models = sorted({one.model for one in answers if one.model})
    if len(models) < 2:
        return {}
    named = [(one, score) for one, score in zip(answers, scores, strict=True) if one.model]
    sides: dict[bool, dict[str, list[float]]] = {True: defaultdict(list), False: defaultdict(list)}
    for one, score in named:
        sides[one.is_good][one.model].append(score)
    usual = {side: fmean(map(fmean, found.values())) for side, found in sides.items() if found}
    above = [(one, score - usual[one.is_good]) for one, score in named]
    return {model: _favour(model, above, judge_model) for model in models}


def _favour(model: str, above: Sequence[tuple[Labelled, float]], judge_model: str) -> Favour:
    own: dict[int, list[float]] = defaultdict(list)
    others: dict[int, list[float]] = defaultdict(list)
    for one, value in above:
        (own if one.model == model else others)[one.prompt].append(value)
    change = mean_change([(fmean(own[prompt]) - fmean(others[prompt]), prompt) for prompt in own if prompt in others])
    return Favour(change, sum(map(len, own.values())), is_same_model(model, judge_model))


def is_same_model(name: str, other: str) -> bool:
    """Whether two names are of one model, written with or without its region, vendor and version.

    >>> is_same_model("nova-pro", "us.amazon.nova-pro-v1:0"), is_same_model("nova-lite", "us.amazon.nova-pro-v1:0")
    (True, False)
    """
    parts = [re.split(r"[^a-z0-9]+", one.casefold().rpartition("/")[2]) for one in (name, other)]
    short, long = sorted(parts, key=len)
    starts = range(len(long) - len(short) + 1)
    return len("".join(short)) >= _LEAST_NAME and any(long[at : at + len(short)] == short for at in starts)
