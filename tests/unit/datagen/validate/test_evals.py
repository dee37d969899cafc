"""Evaluation files, continued pre-training and distillation prompts."""

from __future__ import annotations

import json

import pytest

from datagen.validate import Target, check

GOOD = {
    Target.GEN_QA: {"query": "Q", "response": "A", "system": "S", "metadata": "m"},
    Target.JUDGE: {"prompt": "P", "response_A": "a", "response_B": "b"},
    Target.CPT: {"text": "Some text."},
    Target.DISTILLATION: {
        "schemaVersion": "bedrock-conversation-2024",
        "messages": [{"role": "user", "content": [{"text": "Q"}]}],
    },
    Target.RFT_MULTITURN: {"id": "a", "metadata": {"prompt": "Q"}},
}
NAMES = {Target.GEN_QA: "gen_qa.jsonl", Target.JUDGE: "llm_judge.jsonl"}


def codes(tmp_path, target, item):
    path = tmp_path / NAMES.get(target, "x.jsonl")
    path.write_text(json.dumps(item) + "\n")
    return [finding.code for finding in check(path, target, rows=False).findings]


@pytest.mark.parametrize("target", GOOD)
def test_what_the_documentation_shows_is_accepted(tmp_path, target):
    assert codes(tmp_path, target, GOOD[target]) == []


@pytest.mark.parametrize(
    ("target", "change", "code"),
    [
        (Target.GEN_QA, {"metadata": {"a": 1}}, "metadata-type"),
        (Target.GEN_QA, {"response": ""}, "empty"),
        (Target.GEN_QA, {"images": [{"data": "s3://b/a.png"}]}, "image-data"),
        (Target.GEN_QA, {"querry": "Q"}, "unknown-key"),
        (Target.JUDGE, {"response_B": 3}, "wrong-type"),
        (Target.CPT, {"label": "x"}, "unknown-key"),
        (Target.DISTILLATION, {"messages": [{"role": "assistant", "content": [{"text": "Q"}]}]}, "first-turn"),
        (Target.RFT_MULTITURN, {"metadata": {"prompt": ""}}, "empty"),
        (Target.RFT_MULTITURN, {"metadata": {}}, "missing-key"),
    ],
)
def test_a_fault_is_found(tmp_path, target, change, code):
    assert code in codes(tmp_path, target, {**GOOD[target], **change})


def test_an_evaluation_looks_for_one_file_name(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(GOOD[Target.GEN_QA]) + "\n")
    (finding,) = check(path, Target.GEN_QA).findings
    assert (finding.code, finding.severity) == ("file-name", "error")
    assert "'gen_qa.jsonl'" in finding.message


@pytest.mark.parametrize(
    ("target", "key", "text", "expected"),
    [
        (Target.JUDGE, "prompt", "word " * 14_000, []),
        (Target.JUDGE, "prompt", "word " * 15_000, ["context"]),
        (Target.JUDGE, "prompt", "\u4e00" * 25_000, ["context"]),
        (Target.CPT, "text", "word " * 39_000, []),
        (Target.CPT, "text", "word " * 40_000, ["context"]),
    ],
)
def test_a_row_longer_than_the_context_is_told_where_even_the_lowest_estimate_says_so(
    tmp_path, target, key, text, expected
):
    assert codes(tmp_path, target, GOOD[target] | {key: text}) == expected


def test_a_picture_in_a_row_is_no_text(tmp_path):
    images = [{"data": "data:image/png;base64," + "A" * 400_000}]
    assert codes(tmp_path, Target.GEN_QA, GOOD[Target.GEN_QA] | {"images": images}) == []
