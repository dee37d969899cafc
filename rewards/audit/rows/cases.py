"""The rows under audit: a prompt, its reference, and the answer known to be right."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple, TypeAlias

from rewards.audit.rows.messages import Row, Spelling, Turn, Written, final_turn, with_answer, written
from rewards.audit.rows.spans import NO_FRAME, Frame
from rewards.comparing.values import accepted_values
from rewards.errors import RewardError, RowError
from rewards.parsing.messages import is_model_turn
from rewards.parsing.tool_calls import CallFormat
from rewards.rollouts import Record, RolloutFileError, group_of, read_rows, record_of, row_of
from rewards.rollouts.files import json_of
from rewards.rows import GOLD, as_text, gold_of, ground_truth_of, metadata_of
from rewards.types import JSON, Sample

GARBAGE = "I am not sure, sorry."  # an answer to no question
GoldSource: TypeAlias = Literal["field gold", "final assistant turn", "--gold function", "reference", "none"]
GoldFunction: TypeAlias = Callable[[dict[str, JSON]], "str | dict[str, JSON]"]
"""Returns the right answer of a row: its text, or the assistant message with its native calls."""


class AuditDataError(RewardError, ValueError):
    """The rows cannot be audited; lists each bad line."""


@dataclass(frozen=True)
class Case:
    """One row without its last model turn, its right answer, and the source of that answer."""

    id: str
    row: Row
    gold: str | None = None
    source: GoldSource = "none"
    tree: JSON = field(default=None, compare=False)
    """The right answer parsed, where it is a JSON object or list; else None."""
    spelling: Spelling = "text"
    """How an answer with native calls is sent."""
    frame: Frame = NO_FRAME
    """What stands around the answer when it is sent, where the answer is only a part of the completion."""
    outer: Case | None = field(default=None, compare=False, repr=False)
    """The same row with its whole completion as the right answer, where this one has a frame."""

    def asked(self, text: str, row_id: str) -> dict[str, JSON]:
        """The event row with `text` as the model's turn."""
        return with_answer(self.row, self.frame.around(text), row_id, self.spelling)

    def in_plan(self, plan: CallFormat) -> Case:
        """With what wraps the calls of an answer, where the right one is the reference and lacks it."""
        if self.source != "reference" or self.tree is None:
            return self
        whole = plan.wrapped(self.tree)
        return self if whole is self.tree else replace(self, gold=as_text(whole), tree=whole)

    @property
    def prompt(self) -> str:
        """The last user message."""
        turns, _ = final_turn(self.row)
        texts = [turn.get("content") for turn in turns if isinstance(turn, dict) and turn.get("role") == "user"]
        return texts[-1] if texts and isinstance(texts[-1], str) else ""

    @property
    def reference(self) -> JSON:
        """The reference, at the root of the row or in its metadata."""
        return ground_truth_of(self.row)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of a right answer that writes the items of its reference one a line, in order; else none."""
        items, lines = value_of(self.reference), [line for line in (self.gold or "").split("\n") if line.strip()]
        if not isinstance(items, list) or len(items) < 2 or len(items) != len(lines) or self.tree is not None:
            return ()
        held = all(
            isinstance(item, str) and line.rstrip().endswith(item) for item, line in zip(items, lines, strict=True)
        )
        return tuple(lines) if held else ()

    @cached_property
    def is_program(self) -> bool:
        """Whether the right answer is Python that defines something: what stands beside it changes nothing."""
        try:
            body = ast.parse(self.gold or "").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        return any(isinstance(one, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom) for one in body)

    @cached_property
    def aliases(self) -> frozenset[str]:
        """Texts that the reference lists as right in place of the gold, folded; none where the answer is JSON."""
        if self.lines:
            return frozenset()
        value = value_of(self.reference)
        listed = value if isinstance(value, list) else accepted_values(value)
        texts = {folded(one) for one in listed if isinstance(one, str)} if self.tree is None else set()
        return frozenset(texts - {folded(self.gold or "")})


def value_of(reference: JSON) -> JSON:
    """The one value of a reference such as {"answer": "4"} or {"target": ["4", "four"]}; else the reference.

    >>> value_of({"target": ["4", "four"]}), value_of({"a": 1, "b": 2})
    (['4', 'four'], {'a': 1, 'b': 2})
    """
    if not isinstance(reference, dict) or ("answer" not in reference and len(reference) != 1):
        return reference
    return reference["answer"] if "answer" in reference else next(iter(reference.values()))


def folded(text: str) -> str:
    """A text without what answers are usually compared without: case, punctuation, white space and articles.

    >>> folded("The U.S. Senate") == folded("us senate")
    True
    """
    words = re.sub(r"[^\w\s]|_", "", text.casefold()).split()
    return "".join(word for word in words if word not in ("a", "an", "the")) or text.casefold()


class Answer(NamedTuple):
    """A case and a text that answers it."""

    case: Case
    text: str

    @property
    def sent(self) -> str:
        """The whole completion."""
        return self.case.frame.around(self.text)


class _Gold(NamedTuple):
    text: str | None
    source: GoldSource
    spelling: Spelling = "text"


def case_of(row: dict[str, JSON], number: int, gold: GoldFunction | None = None) -> Case:
    """A row as a case.

    The right answer is `gold(row)` where a function is given; else the field `gold`, else a final assistant turn, else
    the reference itself: a string as it stands, an assistant message as its text or its native calls, anything else as
    compact JSON.

    >>> case_of({"reference_answer": {"Tool": "search"}}, 1).gold
    '{"Tool":"search"}'
    """
    text, source, spelling = _gold_of(row, gold)
    turns, _ = final_turn(row)
    asked = {**row, "messages": turns}
    return Case(str(row.get("id") or f"row-{number}"), asked, text, source, container_in(text), spelling)


def cases_of(rows: Iterable[tuple[int, dict[str, JSON]]], gold: GoldFunction | None = None) -> list[Case]:
    """Numbered rows as cases. If any row has native calls, all calls are sent as native calls."""
    cases = [case_of(row, number, gold) for number, row in rows]
    spelling = _native(case.spelling for case in cases)
    return [replace(case, spelling=spelling) for case in cases]


def _native(spellings: Iterable[Spelling]) -> Spelling:
    return next((spelling for spelling in spellings if spelling != "text"), "text")


def _gold_of(row: dict[str, JSON], gold: GoldFunction | None) -> _Gold:
    if gold is not None:
        return _found(gold(row), "--gold function")
    sample = Sample("", (), ground_truth_of(row), metadata=metadata_of(row))
    if sample.metadata.get(GOLD) is not None:
        return _found(gold_of(sample), "field gold")
    _, answer = final_turn(row)
    if answer is not None:
        return _found(answer, "final assistant turn")
    return _found(gold_of(sample), "reference") if sample.reference is not None else _Gold(None, "none")


def _found(answer: JSON, source: GoldSource) -> _Gold:
    if isinstance(answer, dict) and is_model_turn(answer):
        text, spelling = written(answer)
        return _Gold(text, source, spelling)
    return _Gold(as_text(answer), source)


def container_in(text: str | None) -> JSON:
    """The JSON object or list that a text is; None where it is none, or empty."""
    try:
        value: JSON = json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) and value else None


def sample_of(cases: Sequence[Case], count: int, salt: str) -> list[Case]:
    """At most `count` cases, the same for the same salt, in the order of the data."""
    if len(cases) <= count:
        return list(cases)
    picked = sorted(Random(salt).sample(range(len(cases)), count))
    return [cases[index] for index in picked]


def read_cases(path: Path, gold: GoldFunction | None = None) -> list[Case]:
    """The cases of an RFT JSONL file. Raises `AuditDataError` naming each line that is no JSON object with messages."""
    rows, faults = [], []
    for number, content in _contents(path):
        row = _object(content)
        if row is None:
            faults.append(f"line {number} is not a JSON object: {_start(content)!r}")
        elif final_turn(row) == ([], None):
            faults.append(f"line {number} has no list of 'messages'; its keys are {', '.join(row)}")
        else:
            rows.append((number, row))
    if faults or not rows:
        raise AuditDataError(f"{path}: " + ("; ".join(faults[:10]) if faults else "no rows"))
    return cases_of(rows, gold)


def read_rollouts(path: Path) -> list[Answer]:
    """The completions of a file of rollouts: records, or rows that end in the model's turn, in JSONL or Parquet.

    Completions of one group share the id of their case. Raises `AuditDataError` where a row holds no rollout.
    """
    records, faults = [], []
    for row in read_rows(path):
        try:
            record = record_of(json_of(row.content))
            if "unreadable" not in record:
                records.append((record, written(_last_turn(record))))
        except ValueError as error:
            faults.append(f"line {row.line}: {error}")
    if faults:
        rows = len(records) + len(faults)
        raise AuditDataError(f"{path}: {len(faults):,} of {rows:,} rows are no rollouts; the first, {faults[0]}")
    if not records:
        raise AuditDataError(f"{path}: no rows")
    return list(_answers(records))


def _last_turn(record: Record) -> Turn:
    _, turn = final_turn(record)
    if turn is None:
        raise RowError("no completion: the last of 'messages' is not the model's turn")
    return turn


def _answers(records: Sequence[tuple[Record, Written]]) -> Iterator[Answer]:
    """What was said before its last turn is the prompt of each completion; a group shares the id of its case."""
    spelling = _native(answer.spelling for _, answer in records)
    cases: dict[int, Case] = {}
    taken: Counter[str] = Counter()
    for record, answer in records:
        group, (turns, _) = group_of(record), final_turn(record)
        case = cases.get(group)
        if case is None:
            name = str(record.get("row_id", record.get("id", "row")))
            unique = f"{name}#{taken[name]}" if taken[name] else name
            taken[name] += 1
            case = cases[group] = Case(unique, {**row_of(record), "messages": turns}, spelling=spelling)
        elif turns != case.row["messages"]:
            case = replace(case, row={**row_of(record), "messages": turns})
        yield Answer(case, answer.text)


def _contents(path: Path) -> Iterator[tuple[int, bytes | dict[str, JSON]]]:
    try:
        yield from ((row.line, row.content) for row in read_rows(path))
    except RolloutFileError as error:
        raise AuditDataError(str(error)) from error


def _object(content: bytes | dict[str, JSON]) -> dict[str, JSON] | None:
    try:
        value = json_of(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _start(content: bytes | dict[str, JSON]) -> str:
    return content.decode("utf-8", "replace").strip()[:60] if isinstance(content, bytes) else str(content)[:60]
