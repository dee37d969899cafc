"""OpenAI-style rows: reinforcement fine-tuning and its evaluation.

https://docs.aws.amazon.com/sagemaker/latest/dg/nova-data-prep-rft-2.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from datagen.errors import FormatError
from datagen.formats.jsonl import compact, read_jsonl, write_jsonl
from rewards.errors import RowError
from rewards.rows import sample_of
from rewards.types import JSON, Message, Sample


def rft_row(sample: Sample) -> dict[str, JSON]:
    """An RFT row: prompt, reference answer, the tools where the task has any, and the metadata as further keys."""
    row: dict[str, JSON] = {
        "id": sample.id,
        "messages": [_turn(message) for message in sample.messages],
        "reference_answer": sample.reference,
    }
    tools: dict[str, JSON] = {"tools": [dict(tool) for tool in sample.tools]} if sample.tools else {}
    return {**row, **tools, **sample.metadata}


def _turn(message: Message) -> dict[str, JSON]:
    """A message with its attachments before its text, and its calls in OpenAI's shape."""
    turn: dict[str, JSON] = {"role": message.role, "content": message.content}
    if message.attachments:
        shown: list[JSON] = [dict(block) for block in message.attachments]
        turn["content"] = [*shown, {"type": "text", "text": message.content}] if message.content else shown
    if message.tool_calls:
        turn["tool_calls"] = [
            {"type": "function", "function": {"name": call.name, "arguments": compact(dict(call.arguments))}}
            for call in message.tool_calls
        ]
    return turn


def write_rft(path: Path, samples: Iterable[Sample]) -> int:
    """Write RFT rows; returns how many."""
    return write_jsonl(path, map(rft_row, samples))


def read_rft(path: Path) -> Iterator[Sample]:
    """The samples of an RFT file, the line number as id where a row has none; see `rewards.rows`.

    Raises `FormatError` with path and line.
    """
    for number, row in read_jsonl(path):
        try:
            yield sample_of(row, index=number)
        except RowError as error:
            raise FormatError(f"{path}:{number}: not an RFT row ({error})") from error
