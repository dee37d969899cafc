"""Rows of every format, which the checks of their platform accept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen import formats
from datagen.errors import FormatError
from datagen.formats import Media
from datagen.validate import Target, check
from datagen.validate.scan import problems_of
from rewards import CallFormat, Message, Sample

PARAMETERS = {"type": "object", "properties": {"rule": {}}}
TOOL = {"type": "function", "function": {"name": "read", "description": "Read a rule", "parameters": PARAMETERS}}
PLAN = CallFormat(calls="Tools", name="Tool", arguments="Parameters")
SAMPLE = Sample(
    "a-1",
    (Message("system", "Plan."), Message("user", "What does R-1 say?")),
    {"Type": "lookup", "Tools": [{"Tool": "read", "Parameters": {"rule": "R-1"}}]},
    (TOOL,),
)
IMAGE = Media("image", "jpeg", "s3://bucket/a.jpg", "123456789012")
VIDEO = Media("video", "mp4", "s3://b/a.mp4", "123456789012")
PDF = Media("document", "pdf", "s3://b/a.pdf", "123456789012")
ROWS = {
    "text": (formats.sft_row(SAMPLE), Target.BEDROCK_SFT, "nova-2-lite"),
    "reasoning": (formats.sft_row(SAMPLE, reasoning="It asks for a rule."), Target.TRAINING_JOB_SFT, "nova-2-lite"),
    "image": (formats.sft_row(SAMPLE, media=[IMAGE]), Target.TRAINING_JOB_SFT, "nova-lite"),
    "video": (formats.sft_row(SAMPLE, media=[VIDEO]), Target.TRAINING_JOB_SFT, "nova-pro"),
    "document": (formats.sft_row(SAMPLE, media=[PDF]), Target.BEDROCK_SFT, "nova-2-lite"),
    "tools": (formats.tool_use_row(SAMPLE, PLAN), Target.TRAINING_JOB_SFT, "nova-2-lite"),
    "rft": (formats.rft_row(SAMPLE), Target.BEDROCK_RFT, "nova-2-lite"),
    "dpo": (formats.dpo_row(SAMPLE, preferred="good", non_preferred="bad"), Target.DPO, "nova-pro"),
    "distillation": (formats.distillation_row(SAMPLE), Target.DISTILLATION, "nova-pro"),
    "gen_qa": (formats.gen_qa_row(SAMPLE, images=("data:image/png;base64,aGk=",)), Target.GEN_QA, "nova-2-lite"),
    "judge": (formats.judge_row(SAMPLE, response_a="a", response_b="b"), Target.JUDGE, "nova-2-lite"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_row_passes_the_check_of_its_platform(name):
    row, target, model = ROWS[name]
    assert problems_of(json.dumps(row).encode(), target, model)[1] == []


def test_the_calls_of_a_plan_become_tool_use_blocks():
    (block,) = formats.tool_use_row(SAMPLE, PLAN)["messages"][-1]["content"]
    assert block["toolUse"] == {"toolUseId": "call-0", "name": "read", "input": {"rule": "R-1"}}


def test_media_stand_before_the_question():
    content = formats.sft_row(SAMPLE, media=[IMAGE])["messages"][0]["content"]
    assert [next(iter(block)) for block in content] == ["image", "text"]


TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)
)
SAMPLES = st.builds(
    Sample,
    id=TEXTS,
    messages=st.tuples(
        st.builds(Message, role=st.just("system"), content=TEXTS),
        st.builds(Message, role=st.just("user"), content=TEXTS),
    ),
    reference=JSONS,
    tools=st.just((TOOL,)),
    metadata=st.dictionaries(st.sampled_from(["difficulty", "gold"]), JSONS, max_size=2),
)


@given(samples=st.lists(SAMPLES, max_size=4))
def test_what_is_written_as_rft_is_read_again(tmp_path_factory, samples):
    path = tmp_path_factory.mktemp("rft") / "x.jsonl"
    assert formats.write_rft(path, samples) == len(samples)
    assert list(formats.read_rft(path)) == samples


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"x.jsonl:2:2: not JSON"),
        ("[]", "x.jsonl:2: this is an array; JSONL has one object on each line"),
        ('{"a": 1}', "x.jsonl:2: not an RFT row"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = tmp_path / "x.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(FormatError, match=message):
        list(formats.read_rft(path))


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    def rows():
        yield {"a": 1}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        formats.write_jsonl(tmp_path / "x.jsonl", rows())
    assert not (tmp_path / "x.jsonl").exists()


def test_a_whole_file_of_sft_rows_is_accepted(tmp_path):
    path = tmp_path / "x.jsonl"
    samples = [Sample(str(n), (Message("user", f"Question {n}?"),), f"Answer {n}.") for n in range(200)]
    formats.write_sft(path, samples)
    assert check(path, Target.BEDROCK_SFT).counts == {}
