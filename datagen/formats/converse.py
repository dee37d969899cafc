"""Converse rows: supervised fine-tuning, preference pairs, prompts of model distillation.

https://docs.aws.amazon.com/sagemaker/latest/dg/nova-data-prep-sft-2.html; for Nova 1 "Preparing data for multimodal
fine-tuning" and "Direct preference optimization".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from datagen.formats.jsonl import write_jsonl
from datagen.formats.translate import converse_tools
from rewards import CallFormat
from rewards.rows import gold_text
from rewards.types import JSON, Completion, Sample, ToolCall

MediaKind: TypeAlias = Literal["image", "video", "document"]
SCHEMA_VERSION = "bedrock-conversation-2024"


@dataclass(frozen=True, slots=True)
class Media:
    """An image, video or document in S3. `format` is Converse's own word, such as "jpeg" and not "jpg"."""

    kind: MediaKind
    format: str
    uri: str
    bucket_owner: str

    def block(self) -> dict[str, JSON]:
        """The content block."""
        place: dict[str, JSON] = {
            "uri": self.uri,
            "bucketOwner": self.bucket_owner,
        }  # optional by the docs; Forge wants it
        return {self.kind: {"format": self.format, "source": {"s3Location": place}}}


def sft_row(sample: Sample, *, reasoning: str = "", media: Sequence[Media] = ()) -> dict[str, JSON]:
    """A row whose assistant turn is the gold completion as text, after its reasoning where there is any.

    Media go before the text of the first user turn. Reasoning is for Nova 2 alone, and not beside images or video.
    """
    thought: list[JSON] = [{"reasoningContent": {"reasoningText": {"text": reasoning}}}] if reasoning else []
    return _row(sample, [*thought, {"text": gold_text(sample)}], media)


def tool_use_row(sample: Sample, calls: CallFormat) -> dict[str, JSON]:
    """A row whose assistant turn makes the reference's calls as `toolUse` blocks, with the tools declared.

    Bedrock's page on Nova 2 SFT says that tools are not supported; the page of training jobs says they are. So plans as
    text (`sft_row`) are the default, and this is for training jobs.
    """
    answer: list[JSON] = [
        {"toolUse": {"toolUseId": f"call-{index}", "name": call.name, "input": dict(call.arguments)}}
        for index, call in enumerate(_calls(sample, calls))
    ]
    return {**_row(sample, answer or [{"text": gold_text(sample)}], ()), **_tool_config(sample)}


def dpo_row(sample: Sample, *, preferred: str, non_preferred: str) -> dict[str, JSON]:
    """A preference pair: the prompt of the sample and two answers."""
    labels = (("preferred", preferred), ("non-preferred", non_preferred))
    candidates: list[JSON] = [{"content": [{"text": text}], "preferenceLabel": label} for label, text in labels]
    last: dict[str, JSON] = {"role": "assistant", "candidates": candidates}
    return {**_row(sample, [], ()), "messages": [*_turns(sample, ()), last]}


def distillation_row(sample: Sample) -> dict[str, JSON]:
    """A prompt that Bedrock's own teacher answers."""
    row = _row(sample, [], ())
    return {**row, "messages": _turns(sample, ())}


def write_sft(path: Path, samples: Iterable[Sample]) -> int:
    """Write rows of text; returns how many."""
    return write_jsonl(path, map(sft_row, samples))


def _row(sample: Sample, answer: list[JSON], media: Sequence[Media]) -> dict[str, JSON]:
    system: list[JSON] = [{"text": turn.content} for turn in sample.messages if turn.role == "system"]
    messages: list[JSON] = [*_turns(sample, media), {"role": "assistant", "content": answer}]
    return {"schemaVersion": SCHEMA_VERSION, **({"system": system} if system else {}), "messages": messages}


def _turns(sample: Sample, media: Sequence[Media]) -> list[JSON]:
    spoken = [turn for turn in sample.messages if turn.role != "system"]
    shown: list[JSON] = [item.block() for item in media]
    return [
        {"role": turn.role, "content": [*(shown if not index else []), {"text": turn.content}]}
        for index, turn in enumerate(spoken)
    ]


def _tool_config(sample: Sample) -> dict[str, JSON]:
    return {"toolConfig": converse_tools(sample.tools)} if sample.tools else {}


def _calls(sample: Sample, calls: CallFormat) -> Sequence[ToolCall]:
    return calls.found(Completion(gold_text(sample))) or ()
