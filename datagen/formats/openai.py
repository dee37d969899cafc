"""OpenAI-style rows: reinforcement fine-tuning and its evaluation.

https://docs.aws.amazon.com/sagemaker/latest/dg/nova-data-prep-rft-2.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from datagen.errors import FormatError
from datagen.formats.jsonl import compact, read_jsonl, write_jsonl
from rewards.types import JSON, Message, Sample

GOLD = "gold"  # our key beside Nova's own: a right answer, in rows whose reference is not one itself


def gold(sample: Sample) -> str:
    """The completion that a perfect model would write: the row's `gold` where it has one, else the reference.

    Text is taken as it is, anything else as compact JSON.

    >>> gold(Sample("1", (), reference={"Type": "control_text"}))
    '{"Type":"control_text"}'
    """
    return as_text(sample.metadata.get(GOLD, sample.reference))


def as_text(answer: JSON) -> str:
    """An answer as a model would write it: text as it is, anything else as compact JSON."""
    return answer if isinstance(answer, str) else compact(answer)


def rft_row(sample: Sample) -> dict[str, JSON]:
    """An RFT row: prompt, reference answer, the tools where the task has any, and the metadata as further keys."""
    row: dict[str, JSON] = {
        "id": sample.id,
        "messages": [{"role": turn.role, "content": turn.content} for turn in sample.messages],
        "reference_answer": sample.reference,
    }
    tools: dict[str, JSON] = {"tools": [dict(tool) for tool in sample.tools]} if sample.tools else {}
    return {**row, **tools, **sample.metadata}


def write_rft(path: Path, samples: Iterable[Sample]) -> int:
    """Write RFT rows; returns how many."""
    return write_jsonl(path, map(rft_row, samples))


def read_rft(path: Path) -> Iterator[Sample]:
    """The samples of an RFT file, the line number as id where a row has none.

    Keys beyond Nova's own become `Sample.metadata`. Raises `FormatError` with path and line.
    """
    for number, row in read_jsonl(path):
        try:
            yield _sample(row, default_id=str(number))
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"{path}:{number}: not an RFT row ({error})") from error


def _sample(row: dict[str, JSON], default_id: str) -> Sample:
    messages, tools = row["messages"], row.get("tools") or []
    if not isinstance(messages, list) or not isinstance(tools, list):
        raise TypeError("messages and tools must be lists")
    known = ("id", "messages", "reference_answer", "tools")
    return Sample(
        id=str(row.get("id", default_id)),
        messages=tuple(map(_message, messages)),
        reference=row.get("reference_answer"),
        tools=tuple(tool for tool in tools if isinstance(tool, dict)),
        metadata={key: value for key, value in row.items() if key not in known},
    )


def _message(turn: JSON) -> Message:
    if not isinstance(turn, dict) or not isinstance(turn.get("role"), str):
        raise TypeError(f"a message needs a role, got {turn!r}")
    content = turn.get("content")
    if isinstance(content, list):  # evaluation rows may hold content blocks
        content = "".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
    if not isinstance(content, str):
        raise TypeError(f"content must be text, got {content!r}")
    return Message(str(turn["role"]), content)
