"""Stage `check`: the reward is run on every reference; gold scores 1, and damaged gold scores less."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from datagen import formats
from rewards import load_reward
from rewards.audit.rows.json_tree import dumps, walk, without
from rewards.parsing.references import structured
from rewards.rows import as_text, gold_completion, gold_of
from rewards.types import JSON, Completion
from rewards.writing import write_text
from rft.errors import StageError
from rft.project import ProjectFile
from rft.stages.data import reward_spec

SHOWN = 5  # findings named in the error; check.json holds all


def check_reward(file: ProjectFile, data: Path, out: Path) -> Mapping[str, JSON]:
    """Grade every reference of every split, and every reference after each of several damages.

    Raises `StageError` where a gold answer does not score 1, or a damaged one does not score less.
    """
    reward = load_reward(reward_spec(file))
    samples = [sample for path in sorted((data / "rft").glob("*.jsonl")) for sample in formats.read_rft(path)]
    findings: list[JSON] = []
    counts = {"gold": 0, "damaged": 0}
    for sample in samples:
        counts["gold"] += 1
        value = reward(sample, gold_completion(sample)).value
        if value != 1.0:
            findings.append({"id": sample.id, "damage": None, "score": value})
        for damage, text in damaged(structured(gold_of(sample))):
            counts["damaged"] += 1
            value = reward(sample, Completion(text)).value
            if value >= 1.0:
                findings.append({"id": sample.id, "damage": damage, "score": value})
    write_text(out / "check.json", json.dumps({**counts, "findings": findings}, indent=2) + "\n")
    if findings:
        raise StageError(_message(findings))
    return {"gold answers at 1": counts["gold"], "damaged answers below": counts["damaged"]}


def damaged(reference: JSON) -> Iterator[tuple[str, str]]:
    """Name and text of answers that are wrong in one way each: cut short, emptied, or without one item of a list.

    >>> [name for name, text in damaged({"calls": ["a", "b"]})]
    ['last character cut', 'empty object', 'without calls[0]', 'without calls[1]']
    """
    gold = as_text(reference)
    yield "last character cut", gold[:-1]
    yield "empty object", "{}"
    for path, value in walk(reference):
        if isinstance(value, list):
            for index in range(len(value)):
                yield f"without {'.'.join(map(str, path))}[{index}]", dumps(without(reference, (*path, index)))


def _message(findings: list[JSON]) -> str:
    lines = [
        f"row {finding['id']}: {finding['damage'] or 'gold'} scores {finding['score']:.3g}"
        for finding in findings[:SHOWN]
        if isinstance(finding, dict)
    ]
    more = f"; and {len(findings) - SHOWN} more" if len(findings) > SHOWN else ""
    return f"the reward and the data do not fit: {'; '.join(lines)}{more} (gold must score 1, damaged gold less)"
