"""What is known beside the recipe itself, and the recipe as lints see it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipes.catalogue.officials import Official
from recipes.errors import FactsError
from recipes.model.base import Platform, Recipe
from recipes.problems import shown
from rewards.packed import lines_of

# English text and JSON run to about four characters a token; exact counts need Nova's tokenizer, which is not public.
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What a JSONL file says about the training to come. Lengths are in tokens, estimated from characters."""

    rows: int
    longest_prompt_tokens: int = 0
    largest_row_bytes: int = 0
    has_reasoning: bool | None = None


@dataclass(frozen=True, slots=True)
class GraderFacts:
    """What is known of a deployed grader. `seconds_per_answer` is measured; None where it was not."""

    timeout_s: float | None = None
    seconds_per_answer: float | None = None
    concurrency: int | None = None


def facts_of_grader(text: str) -> GraderFacts:
    """Facts of a grader from JSON with any of `timeout_s`, `seconds_per_answer`, `reserved_concurrency`.

    Other keys are left alone, so that a deployment's own description will do. Raises `FactsError`.

    >>> facts_of_grader('{"timeout_s": 300, "function": "grader"}').timeout_s
    300
    """
    try:
        facts = json.loads(text)
    except ValueError as error:
        raise FactsError(f"the grader's facts are not JSON: {error}") from error
    if not isinstance(facts, dict):
        raise FactsError(f"the grader's facts must be a JSON object, got {shown(facts)}")
    values = [_positive(facts, key) for key in ("timeout_s", "seconds_per_answer", "reserved_concurrency")]
    return GraderFacts(values[0], values[1], None if values[2] is None else int(values[2]))


def _positive(facts: Mapping[str, Any], key: str) -> float | None:
    value = facts.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise FactsError(f"{key} must be a positive number, got {shown(value)}")
    return value


@dataclass(frozen=True, slots=True)
class Context:
    """Where and with what the recipe is to run; every part may be unknown.

    `baseline` is the mean reward, in [0, 1], of the model before training. `image` is the container image of the job,
    `expected_image` the one that AWS publishes for this method, platform and region. `recipe` is the official recipe
    to check against; without it the file itself tells.
    """

    platform: Platform | None = None
    instance_type: str = ""
    image: str = ""
    expected_image: str = ""
    data: DataFacts | None = None
    grader: GraderFacts | None = None
    baseline: float | None = None
    recipe: Official | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A recipe without type errors, resolved and flat, with all that is known around it."""

    family: type[Recipe]
    official: Official
    values: Mapping[str, Any]
    context: Context = field(default_factory=Context)

    def named(self, name: str) -> tuple[str, Any] | None:
        """The last path that ends in the key `name`, and its value; None where there is none.

        The same setting sits at other paths in other methods (`training_config.max_steps`,
        `training_config.trainer.max_steps`, ...); in PPO the policy comes last.
        """
        paths = [path for path in self.values if path.rpartition(".")[2] == name]
        return (paths[-1], self.values[paths[-1]]) if paths else None

    def value(self, name: str) -> Any:
        """The value of the last key called `name`, None where there is none."""
        found = self.named(name)
        return found[1] if found else None


def facts_of_rows(lines: Iterable[str]) -> DataFacts:
    """Facts of JSONL training data, one pass, constant memory. Lines that are not JSON objects count as rows only.

    >>> facts_of_rows(['{"messages": [{"role": "user", "content": "12345678"}], "reference_answer": "x"}'])
    DataFacts(rows=1, longest_prompt_tokens=2, largest_row_bytes=80, has_reasoning=False)
    """
    rows = longest = largest = 0
    reasoning = False
    for line in lines:
        if not line.strip():
            continue
        rows += 1
        largest = max(largest, len(line.encode("utf-8", errors="surrogatepass")))
        reasoning = reasoning or '"reasoningContent"' in line
        longest = max(longest, _prompt_characters(line))
    return DataFacts(rows, longest // CHARACTERS_PER_TOKEN, largest, reasoning)


def facts_of_file(path: Path) -> DataFacts:
    """Facts of a file of JSONL, which may be packed; bytes that are no UTF-8 count as they are."""
    with lines_of(path) as lines:
        return facts_of_rows(line.decode("utf-8", "surrogateescape") for line in lines)


def _prompt_characters(line: str) -> int:
    try:
        row = json.loads(line)
        return _characters_of(row) if isinstance(row, dict) else 0
    except (ValueError, RecursionError):  # not JSON, or nested beyond what JSON libraries read
        return 0


def _characters_of(row: Mapping[str, Any]) -> int:
    """Characters of everything but the completion: system prompt, turns before it, tools."""
    messages = row.get("messages")
    turns = [turn for turn in messages if isinstance(turn, dict)] if isinstance(messages, list) else []
    contents = [turn.get("content", "") for turn in turns if turn.get("role") != "assistant"]
    parts = [*contents, *(row[key] for key in ("system", "tools", "toolConfig") if key in row)]
    return sum(len(part) if isinstance(part, str) else len(json.dumps(part)) for part in parts)
