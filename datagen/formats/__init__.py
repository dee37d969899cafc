"""The JSONL rows that Amazon Nova reads, and how a sample becomes one: the only place that knows their field names."""

from datagen.formats.converse import (
    SCHEMA_VERSION,
    Media,
    MediaKind,
    distillation_row,
    dpo_row,
    sft_row,
    tool_use_row,
    write_sft,
)
from datagen.formats.evals import GEN_QA_FILE, JUDGE_FILE, RFT_EVAL_FILE, gen_qa_row, judge_row
from datagen.formats.jsonl import compact, read_jsonl, write_jsonl
from datagen.formats.openai import read_rft, rft_row, write_rft

__all__ = [
    "GEN_QA_FILE",
    "JUDGE_FILE",
    "RFT_EVAL_FILE",
    "SCHEMA_VERSION",
    "Media",
    "MediaKind",
    "compact",
    "distillation_row",
    "dpo_row",
    "gen_qa_row",
    "judge_row",
    "read_jsonl",
    "read_rft",
    "rft_row",
    "sft_row",
    "tool_use_row",
    "write_jsonl",
    "write_rft",
    "write_sft",
]
