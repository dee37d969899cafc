"""Rows as public data sets and APIs have them: accepted once converted, or refused by name, and no text lost."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest

from datagen.errors import FormatError
from datagen.existing.convert import convert
from datagen.existing.forms import written_as
from datagen.existing.shapes import conversation_of
from datagen.validate import Target, check


def call(name_of_call, city):
    function = {"name": "w", "arguments": json.dumps({"city": city})}
    return {"id": name_of_call, "type": "function", "function": function}


ROWS = json.loads(Path(__file__).parents[3].joinpath("fixtures", "real_shapes.json").read_text(encoding="utf-8"))
REFUSED = {
    "openai_image": "is not in S3",
    "anthropic_image": "is not in S3",
    "squad_empty": "answers holds no answer",
    "translation": "no shape fits the keys 'translation'",
    "bfcl_multi": "no answer to learn from",
    "openai_end_user": "no answer to learn from",
    "anth_redacted": "is not in S3",
    "anth_doc": "is not in S3",
    "gem_inline": "is no block that Converse has",
    "oai_batch_in": "no answer to learn from",
    "bedrock_batch": "no answer to learn from",
    "llava": "is not in S3",
    "vqa": "s3Location.bucketOwner: the Forge SDK wants the account number",
    "oai_img_s3": "s3Location.bucketOwner: the Forge SDK wants the account number",
    "kto_msgs": "not wanted",
    "kto_tag": "not wanted",
    "dpo_diff_prompt": "answer different prompts",
    "toolcall_bad_json": "arguments that are no JSON object",
}
UNSAID = {"role", "from", "author", "type", "schemaVersion", "label", "answerKey", "chat"}  # keys of how a row is built
REWRITTEN = {
    "function",
    "human",
    "assistant",
    "str",
    "int",
    "string",
    "optional",
    "think",
    "2",
    "arguments",
    "parameters",
}  # speakers and keys inside a text
_WRITTEN_AROUND = re.compile(
    r"<[|/]?[a-z_]+[|]?>(?:user|system|model)?|<</?SYS>>|</?s>|\[/?INST\]|\[TOOL_CALLS\]|### (?:Human|Assistant):"
)  # by templates and around calls and thoughts


def written(tmp_path, row, form):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return convert(path, tmp_path / "out.jsonl", form)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_becomes_one_that_the_check_accepts_or_is_refused_by_name(tmp_path, name):
    result = written(tmp_path, ROWS[name], "sft")
    if name in REFUSED:
        assert REFUSED[name] in next(iter(result.refused))
    else:
        assert result.rows_written == 1
        assert check(result.out, Target.TRAINING_JOB_SFT, rows=False).errors == 0


@pytest.mark.parametrize("name", ROWS)
def test_an_rft_row_is_accepted_or_refused(tmp_path, name):
    result = written(tmp_path, ROWS[name], "rft")
    assert result.rows_written + sum(result.refused.values()) == 1
    if result.rows_written:
        assert check(result.out, Target.RFT, rows=False).errors == 0


@pytest.mark.parametrize("form", ["sft", "rft", "rft-multiturn", "rft-multiturn-serverless", "openai", "distillation"])
@pytest.mark.parametrize("name", ROWS)
def test_every_text_is_in_the_new_row_or_in_the_log(tmp_path, name, form):
    result = written(tmp_path, ROWS[name], form)
    if not result.rows_written:
        assert result.refused
        return
    kept = REWRITTEN | _words(result.out.read_text(encoding="utf-8") + result.log.read_text(encoding="utf-8"))
    missing = [text for text in _leaves(ROWS[name]) if not _words(_WRITTEN_AROUND.sub(" ", text)) <= kept]
    assert not missing


def places(value, path=()):
    if isinstance(value, dict):
        yield path
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def with_key(row, path, key):
    row = copy.deepcopy(row)
    target = row
    for step in path:
        target = target[step]
    target.setdefault(key, MARK)
    return row


MARK = "told nowhere else"
ALIASES = (
    "mood",
    "answer",
    "completion",
    "reference_answer",
    "ground_truth",
    "response",
    "output",
    "solution",
    "label",
)


@pytest.mark.parametrize("name", ROWS)
def test_a_key_anywhere_in_a_row_is_in_the_new_row_or_named_as_lost(name):
    inner = [(path, "mood") for path in places(ROWS[name]) if path]
    for path, key in [*inner, *(((), key) for key in ALIASES)]:
        row = with_key(ROWS[name], path, key)
        if MARK not in json.dumps(row):
            continue
        for form in ("sft", "rft", "gen-qa", "dpo", "distillation", "rft-multiturn", "openai"):
            try:
                made = written_as(conversation_of(copy.deepcopy(row)), form, "row")
            except FormatError:
                continue
            assert MARK in json.dumps(made) or (name.startswith("bfcl") and "ground_truth" in path), (path, key, form)


def test_what_shows_an_unwanted_answer_teaches_none():
    for row in (ROWS["kto_msgs"], ROWS["kto_tag"], {"prompt": "a?", "completion": "b", "label": "False"}):
        told = conversation_of(row)
        assert told.reply is None
        assert told.worse is not None


@pytest.mark.parametrize("form", ["sft", "rft", "rft-eval", "gen-qa", "openai"])
def test_an_answer_of_weight_0_is_not_taught(tmp_path, form):
    turns = [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "b", "weight": 0}]
    assert written(tmp_path, {"messages": turns}, form).refused == {
        "the answer has weight 0: it is not to be learned": 1
    }
    assert written(tmp_path, {"messages": [*turns, *turns[:1], {**turns[1], "weight": 1}]}, form).rows_written == 1


@pytest.mark.parametrize("form", ["rft", "rft-eval", "gen-qa", "rft-multiturn"])
@pytest.mark.parametrize("name", ["llava", "vqa", "oai_img_s3", "gem_inline", "anth_doc"])
def test_a_row_with_a_picture_is_never_one_without_it(tmp_path, name, form):
    result = written(tmp_path, ROWS[name], form)
    assert result.rows_written == 0
    assert "text only" in next(iter(result.refused))


def test_pictures_stand_where_the_text_says(tmp_path):
    said = [{"from": "human", "value": "<image>Which?<image>"}, {"from": "gpt", "value": "The left."}]
    result = written(tmp_path, {"conversations": said, "images": ["s3://b/a.png", "s3://b/c.png"]}, "distillation")
    content = json.loads(result.out.read_text(encoding="utf-8"))["messages"][0]["content"]
    assert [next(iter(block)) for block in content] == ["image", "text", "image"]


@pytest.mark.parametrize(
    ("name", "calls"),
    [("oai_responses_call", [("wx", {"c": "Rome"})]), ("gem_fc", [("wx", {"c": "Rome"})])],
)
def test_calls_of_other_apis_are_calls_with_their_results(tmp_path, name, calls):
    result = written(tmp_path, ROWS[name], "sft")
    turns = json.loads(result.out.read_text(encoding="utf-8"))["messages"]
    used = [block["toolUse"] for turn in turns for block in turn["content"] if "toolUse" in block]
    results = [block["toolResult"] for turn in turns for block in turn["content"] if "toolResult" in block]
    assert [(use["name"], use["input"]) for use in used] == calls
    assert [use["toolUseId"] for use in used] == [result["toolUseId"] for result in results]


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("oai_responses", "Hello from responses"),
        ("bedrock_invlog_full", "il a"),
        ("oai_completion_log", "log says"),
        ("bedrock_eval", "be ref"),
        ("trl_grpo", "<answer>9</answer>"),
        ("mmlu_abcd", "B"),
        ("mmlu_option_cols", "C"),
        ("winogrande", "B"),
        ("piqa", "A"),
        ("coqa", "a two"),
        ("oai_evals_many", {"$any_of": ["one ideal", "two ideal"]}),
        ("triviaqa", {"$any_of": ["val", "al one", "al two"]}),
        ("Q_A_caps", "qc a"),
        ("gem_thought", "ga"),
    ],
)
def test_the_answer_of_each_shape_is_what_a_grader_compares_with(tmp_path, name, reference):
    result = written(tmp_path, ROWS[name], "rft")
    assert json.loads(result.out.read_text(encoding="utf-8"))["reference_answer"] == reference


def _leaves(value):
    if isinstance(value, dict):
        return [text for key, item in value.items() if key not in UNSAID for text in _leaves(item)]
    if isinstance(value, list):
        return [text for item in value for text in _leaves(item)]
    return [value] if isinstance(value, str) else []


def _words(text):
    letters = "".join(letter if letter.isalnum() else " " for letter in text.replace("\\n", " "))
    return set(letters.lower().split())


def test_a_result_goes_to_the_call_of_its_name(tmp_path):
    calls = {"role": "assistant", "tool_calls": [call("a", "Rome"), {**call("b", "Oslo"), "id": None}]}
    calls["tool_calls"][1]["function"]["name"] = "time"
    results = [{"role": "tool", "name": "time", "content": "noon"}, {"role": "tool", "content": "sun"}]
    turns = [{"role": "user", "content": "?"}, calls, *results, {"role": "assistant", "content": "Done."}]
    result = written(tmp_path, {"messages": turns}, "openai")
    said = json.loads(result.out.read_text(encoding="utf-8"))["messages"]
    assert [turn.get("tool_call_id") for turn in said[2:4]] == ["call-1-1", "a"]


@pytest.mark.parametrize(("answer", "letter"), [(2, "C"), ("2", "B"), ("B", "B"), ("4", "D")])
def test_a_number_is_a_place_and_text_a_choice(tmp_path, answer, letter):
    row = {"question": "2 + 0?", "choices": ["1", "2", "3", "4"], "answer": answer}
    result = written(tmp_path, row, "rft")
    assert json.loads(result.out.read_text(encoding="utf-8"))["reference_answer"] == letter


def test_an_unknown_speaker_is_named(tmp_path):
    result = written(tmp_path, {"messages": [{"role": "narrator", "content": "Once"}]}, "sft")
    assert "messages[0] is spoken by 'narrator'" in next(iter(result.refused))
