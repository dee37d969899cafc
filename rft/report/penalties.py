"""Which parts of a reward lower the score, so that less of them is better: found from the scores, as files of rollouts
do not hold the weights of the reward that judged them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import Final

from estimators.results.compare import Comparison, ModelResult
from rewards.rollouts import Record
from rft.lab.groups import Group, Rollout
from rft.lab.influence import Influence
from rft.report.judged import Numbered

_ENOUGH: Final = 2_000  # rollouts; a sum of a few parts shows its weights in far fewer
_A_SUM: Final = 0.99  # share of the variance that the weights must explain: else the score is no weighted sum


def penalties_in(*models: Iterable[Numbered]) -> frozenset[str]:
    """The names of the parts with a negative weight, where the scores are a weighted sum of their parts; none where
    they are not, as with a gate or a product.

    >>> rows = [(0, {"score": a - 0.2 * b, "parts": {"right": a, "waste": b}}) for a in (0, 1) for b in (0, 1)]
    >>> penalties_in(rows)
    frozenset({'waste'})
    """
    records = list(islice((record for _, record in chain(*models) if _is_whole(record)), _ENOUGH))
    names = sorted({name for record in records for name in _parts(record) if "/" not in name})
    rollouts = [
        Rollout(float(record["score"]), parts=tuple(_parts(record)[name] for name in names))  # type: ignore[arg-type]  # _is_whole
        for record in records
        if set(names) <= set(_parts(record))
    ]
    influence = Influence(names)
    influence.add(Group(0, None, rollouts))
    found = influence.result()
    if (found.get("explained") or 0.0) < _A_SUM:  # type: ignore[operator]  # a float or None
        return frozenset()
    return frozenset(_negative(found["parts"]))  # type: ignore[arg-type]  # a table by the name of the part


def noted(records: Iterable[Numbered], into: list[Numbered]) -> Iterator[Numbered]:
    """The records as they come; those that `penalties_in` needs are kept in `into`, whatever the length of the file."""
    for line, record in records:
        if len(into) < _ENOUGH and _is_whole(record):
            into.append((line, record))
        yield line, record


def less_is_better(comparison: Comparison, penalties: Collection[str]) -> Comparison:
    """The comparison with wins and losses of the penalties exchanged, so that a win is a row on which the model is
    better; means and differences stay as they were measured."""
    return replace(comparison, models=tuple(_exchanged(model, penalties) for model in comparison.models))


def _exchanged(model: ModelResult, penalties: Collection[str]) -> ModelResult:
    found = {
        name: replace(one, wins=one.losses, losses=one.wins) if name in penalties else one
        for name, one in model.against_baseline.items()
    }
    return replace(model, against_baseline=found)


def _negative(parts: dict[str, dict[str, float | None]]) -> Iterator[str]:
    return (name for name, part in parts.items() if (part["weight"] or 0.0) < 0)


def _is_whole(record: Record) -> bool:
    score = record.get("score")
    return isinstance(score, int | float) and bool(_parts(record))


def _parts(record: Record) -> dict[str, float]:
    parts = record.get("parts")
    return {k: float(v) for k, v in parts.items() if isinstance(v, int | float)} if isinstance(parts, dict) else {}
