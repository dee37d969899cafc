"""Rollouts that people have labelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rewards.errors import RewardError
from rewards.rollouts import prompt_of, read_records
from rewards.rows import rollout_of
from rewards.types import JSON, Completion, Rollout

RIGHT = 0.5
"""A label above it says that the answer is good."""


class LabelError(RewardError, ValueError):
    """Labels that cannot be used; names the line."""


@dataclass(frozen=True)
class Labelled:
    """A rollout with a person's label in [0, 1], the prompt it belongs to, and the model that wrote it, where told."""

    rollout: Rollout
    label: float
    prompt: int
    model: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the label says that the answer is good."""
        return self.label > RIGHT

    def saying(self, text: str) -> Labelled:
        """The same with another text as the answer."""
        completion = Completion(text, self.rollout.completion.tool_calls)
        return replace(self, rollout=Rollout(self.rollout.sample, completion))


def read_labelled(path: Path, key: str = "label") -> list[Labelled]:
    """The rollouts of a file with their labels, found under `key` in the row or in its metadata: true or false, or a
    number from 0 to 1.

    Raises LabelError naming each line (ten at most) without one, or where all labels are alike.
    """
    found, faults = [], []
    for line, record in read_records(path):
        label = _label(record, key)
        if label is None:
            faults.append(f"line {line}: {record.get(key)!r:.60}")
            continue
        found.append(Labelled(rollout_of(record), label, prompt_of(record), str(record.get("model") or "")))
    if faults:
        more = f" and {len(faults) - 10} more" if len(faults) > 10 else ""
        raise LabelError(
            f"{path}: a label under {key!r} is true, false or a number from 0 to 1, got {'; '.join(faults[:10])}{more}"
        )
    if len({one.is_good for one in found}) < 2:
        raise LabelError(f"{path}: labels are needed above and up to {RIGHT}; all {len(found)} are on one side")
    return found


def _label(record: Mapping[str, JSON], key: str) -> float | None:
    metadata = record.get("metadata")
    inner = metadata.get(key) if isinstance(metadata, dict) else None
    label = record.get(key, inner)
    if isinstance(label, bool):
        return float(label)
    return float(label) if isinstance(label, int | float) and 0 <= label <= 1 else None
