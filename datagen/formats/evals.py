"""Rows of evaluation jobs: generated answers against expected ones, and pairs for a judge.

"Evaluating your SageMaker AI-trained model": one file per job, of a fixed name.
"""

from __future__ import annotations

from datagen.formats.jsonl import compact
from rewards.rows import gold_text
from rewards.types import JSON, Sample

GEN_QA_FILE = "gen_qa.jsonl"
RFT_EVAL_FILE = "rft_eval.jsonl"  # any name does for this one
JUDGE_FILE = "llm_judge.jsonl"


def gen_qa_row(sample: Sample, *, images: tuple[str, ...] = ()) -> dict[str, JSON]:
    """A query with the response that is expected; `images` are data addresses. The metadata is text, as it must be."""
    system = [turn.content for turn in sample.messages if turn.role == "system"]
    shown: dict[str, JSON] = {"images": [{"data": image} for image in images]} if images else {}
    return {
        "query": sample.messages[-1].content,
        "response": gold_text(sample),
        **({"system": "\n".join(system)} if system else {}),
        **shown,
        "metadata": compact({"id": sample.id}),
    }


def judge_row(sample: Sample, *, response_a: str, response_b: str) -> dict[str, JSON]:
    """Two answers to one prompt, for a judge to compare."""
    return {"prompt": sample.messages[-1].content, "response_A": response_a, "response_B": response_b}
