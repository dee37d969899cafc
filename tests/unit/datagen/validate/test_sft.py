"""Converse rows: each fault is found where it is."""

from __future__ import annotations

import copy
import json

import pytest

from datagen.validate import Target, check
from datagen.validate.scan import problems_of

SPEC = {
    "name": "read",
    "description": "Read a rule",
    "inputSchema": {"json": {"type": "object", "properties": {"rule": {"type": "string"}}, "required": ["rule"]}},
}
USE = {"toolUse": {"toolUseId": "t0", "name": "read", "input": {"rule": "R-1"}}}
OTHER_USE = {"toolUse": {**USE["toolUse"], "toolUseId": "t1"}}
RESULT = {"toolResult": {"toolUseId": "t0", "content": [{"text": "The rule."}]}}
IMAGE = {"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://b/a.jpg", "bucketOwner": "123456789012"}}}}
VIDEO = {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/a.mp4", "bucketOwner": "123456789012"}}}}


def text(value="Hello"):
    return {"text": value}


def result(part):
    return {"toolResult": {"toolUseId": "t0", "content": [part]}}


def user(*blocks):
    return {"role": "user", "content": list(blocks or [text()])}


def assistant(*blocks):
    return {"role": "assistant", "content": list(blocks or [text("Fine.")])}


def row(*turns, **more):
    return {"schemaVersion": "bedrock-conversation-2024", **more, "messages": list(turns or [user(), assistant()])}


def with_tools(*turns):
    return row(
        *(turns or (user(), assistant(USE), user(RESULT), assistant())), toolConfig={"tools": [{"toolSpec": SPEC}]}
    )


def codes(item, target=Target.TRAINING_JOB_SFT, model="nova-2-lite"):
    return [(problem.code, problem.path) for problem in problems_of(json.dumps(item).encode(), target, model)[1]]


GOOD = {
    "text": row(),
    "system": row(system=[text("Be brief.")]),
    "several turns": row(user(), assistant(), user(), assistant()),
    "tools": with_tools(),
    "reasoning": row(user(), assistant({"reasoningContent": {"reasoningText": {"text": "because"}}}, text())),
    "image": row(user(IMAGE, text()), assistant()),
    "video": row(user(VIDEO), assistant()),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_the_documentation_shows_is_accepted(name):
    assert codes(GOOD[name]) == []


MESSAGE_FAULTS = {
    "one turn": (row(user()), [("too-few-turns", "messages")]),
    "assistant first": (row(assistant(), user(), assistant()), [("first-turn", "messages[0].role")]),
    "user last": (row(user(), assistant(), user()), [("last-turn", "messages[2].role")]),
    "two users": (row(user(), user(), assistant()), [("alternation", "messages[1].role")]),
    "unknown role": (
        row({"role": "bot", "content": [text()]}, assistant()),
        [("role", "messages[0].role"), ("first-turn", "messages[0].role")],
    ),
    "no content": (row({"role": "user"}, assistant()), [("missing-key", "messages[0].content")]),
    "empty content": (row({"role": "user", "content": []}, assistant()), [("content-empty", "messages[0].content")]),
    "content as text": (row({"role": "user", "content": "Hi"}, assistant()), [("wrong-type", "messages[0].content")]),
    "blank text": (row(user(text("  ")), assistant()), [("blank", "messages[0].content[0].text")]),
    "empty text": (
        row(user(text("")), assistant()),
        [("blank", "messages[0].content[0].text"), ("empty", "messages[0].content")],
    ),
    "two kinds in a block": (row(user(text() | IMAGE), assistant()), [("block-mixed", "messages[0].content[0]")]),
    "a key that nobody reads": (
        row(user(text() | {"note": 1}), assistant()),
        [("extra-key", "messages[0].content[0].note")],
    ),
    "no known kind": (row(user({"note": 1}), assistant()), [("block", "messages[0].content[0]")]),
    "reasoning alone": (
        row(user(), assistant({"reasoningContent": {"reasoningText": {"text": "because"}}})),
        [("reasoning-alone", "messages[1].content")],
    ),
    "image of the assistant": (row(user(), assistant(IMAGE)), [("block-role", "messages[1].content[0]")]),
    "unknown key": (row() | {"note": 1}, [("unknown-key", "note")]),
    "misspelt key": (row() | {"sytem": [text()]}, [("misspelt-key", "sytem")]),
    "no version": ({"messages": row()["messages"]}, [("schema-version-missing", "schemaVersion")]),
    "other version": (row() | {"schemaVersion": "2023"}, [("schema-version", "schemaVersion")]),
    "unknown tool": (
        with_tools(user(), assistant({"toolUse": {**USE["toolUse"], "name": "write"}})),
        [("tool-unknown", "messages[1].content[0].toolUse.name")],
    ),
    "call without declaration": (row(user(), assistant(USE)), [("tool-config-missing", "toolConfig")]),
    "arguments of another type": (
        with_tools(user(), assistant({"toolUse": {**USE["toolUse"], "input": {"rule": 7}}})),
        [("call-arguments", "messages[1].content[0].toolUse.input")],
    ),
    "a call without its result": (
        with_tools(user(), assistant(USE, OTHER_USE), user(RESULT), assistant()),
        [("call-unanswered", "messages[1].content[1].toolUse")],
    ),
    "a result that comes a turn late": (
        with_tools(user(), assistant(USE), user(), assistant(), user(RESULT), assistant()),
        [("call-unanswered", "messages[1].content[0].toolUse")],
    ),
    "a result as a list": (
        with_tools(user(), assistant(USE), user(result({"json": [1]})), assistant()),
        [("wrong-type", "messages[2].content[0].toolResult.content[0].json")],
    ),
    "id used twice": (
        with_tools(user(), assistant(USE, USE)),
        [("tool-use-id", "messages[1].content[1].toolUse.toolUseId")],
    ),
    "result without call": (
        with_tools(user(RESULT), assistant()),
        [("tool-use-id", "messages[0].content[0].toolResult.toolUseId")],
    ),
    "eleven images": (row(user(*[IMAGE] * 11), assistant()), [("media-count", "messages[0].content")]),
    "eleven images in two turns": (
        row(user(*[IMAGE] * 6), assistant(), user(*[IMAGE] * 5), assistant()),
        [("media-count-row", "messages")],
    ),
    "image and video": (row(user(IMAGE, VIDEO), assistant()), [("media-together", "messages[0].content")]),
    "image and video in two turns": (
        row(user(IMAGE), assistant(), user(VIDEO), assistant()),
        [("media-kinds", "messages")],
    ),
    "reasoning with an image": (
        row(user(IMAGE), assistant({"reasoningContent": {"reasoningText": {"text": "x"}}}, text())),
        [("reasoning-media", "messages")],
    ),
    "thinking tag": (
        row(user(), assistant(text("<thinking>x</thinking>"))),
        [("thinking-tag", "messages[1].content[0].text")],
    ),
}


@pytest.mark.parametrize("name", MESSAGE_FAULTS)
def test_the_fault_is_found_where_it_is_and_nothing_else(name):
    item, expected = MESSAGE_FAULTS[name]
    assert codes(item) == expected


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "jpg"}, "media-format"),
        ({"format": "webp"}, "webp"),
        ({"source": {"s3Location": {"uri": "s3://b/a b.jpg", "bucketOwner": "123456789012"}}}, "s3-uri"),
        ({"source": {"s3Location": {"uri": "https://b/a.jpg", "bucketOwner": "123456789012"}}}, "s3-uri"),
        ({"source": {"s3Location": {"uri": "s3://b/a.jpg"}}}, "bucket-owner"),
        ({"source": {"s3Location": {"uri": "s3://b/a.jpg", "bucketOwner": 12345678901}}}, "wrong-type"),
        ({"source": {"s3Location": {"uri": "s3://b/a.jpg", "bucketOwner": "12345678901"}}}, "bucket-owner-digits"),
        ({"format": "JPEG"}, "letter-case"),
        ({"source": {"bytes": "aGk="}}, "block"),
    ],
)
def test_a_fault_of_an_image_is_found(change, code):
    assert [found for found, _ in codes(row(user({"image": IMAGE["image"] | change}), assistant()))] == [code]


@pytest.mark.parametrize(("model", "code"), [("nova-micro", "media-model"), ("nova-lite", None)])
def test_what_a_model_reads_depends_on_the_model(model, code):
    assert [found for found, _ in codes(GOOD["image"], model=model)] == ([code] if code else [])


def test_reasoning_is_for_nova_2_alone():
    assert [found for found, _ in codes(GOOD["reasoning"], model="nova-pro")] == ["reasoning-model"]


@pytest.mark.parametrize(
    ("word", "target", "severity"),
    [
        ("User:", Target.TRAINING_JOB_SFT, "error"),
        ("[EOS]", Target.BEDROCK_SFT, "error"),
        ("Thought:", Target.BEDROCK_SFT, "warning"),
        ("BOT:", Target.BEDROCK_SFT, "error"),
        ("SYSTEM:", Target.BEDROCK_SFT, "error"),
        ("<unk>", Target.BEDROCK_SFT, "error"),
        ("Thought:", Target.TRAINING_JOB_SFT, "error"),
        ("our user: base", Target.BEDROCK_SFT, "error"),
        ("our user: base", Target.TRAINING_JOB_SFT, "warning"),
    ],
)
def test_a_reserved_word_is_an_error_where_its_platform_refuses_it(tmp_path, word, target, severity):
    path = tmp_path / "sft.jsonl"
    path.write_text(json.dumps(row(user(text(word)), assistant())) + "\n")
    assert [finding.severity for finding in check(path, target, rows=False).findings] == [severity]


def test_tools_are_fine_for_training_jobs_and_a_warning_for_bedrock(tmp_path):
    path = tmp_path / "sft.jsonl"
    path.write_text(json.dumps(with_tools()) + "\n")
    assert check(path, Target.TRAINING_JOB_SFT, rows=False).counts == {}
    assert list(check(path, Target.BEDROCK_SFT, rows=False).counts) == [("warning", "tools-on-bedrock")]


def test_a_file_that_mixes_media_or_fields_is_told_so(tmp_path):
    path = tmp_path / "sft.jsonl"
    elsewhere = copy.deepcopy(IMAGE)
    elsewhere["image"]["source"]["s3Location"]["uri"] = "s3://other/a.jpg"
    rows = [GOOD["text"], GOOD["system"], GOOD["image"], row(user(elsewhere), assistant())]
    path.write_text("".join(json.dumps(item) + "\n" for item in rows))
    found = {finding.code for finding in check(path, Target.TRAINING_JOB_SFT, rows=False).findings}
    assert found == {"mixed-media", "mixed-fields", "several-buckets"}


PAIR = {
    "messages": [
        user(),
        {
            "role": "assistant",
            "candidates": [
                {"content": [text("good")], "preferenceLabel": "preferred"},
                {"content": [text("bad")], "preferenceLabel": "non-preferred"},
            ],
        },
    ]
}


def test_a_preference_pair_is_for_nova_1():
    assert codes(PAIR, Target.DPO, "nova-lite") == []
    assert codes(PAIR, Target.DPO) == [("model-method", "$")]


def test_a_pair_needs_both_labels():
    same = copy.deepcopy(PAIR)
    same["messages"][1]["candidates"][1]["preferenceLabel"] = "preferred"
    assert codes(same, Target.DPO, "nova-lite") == [("candidates", "messages[1]")]


@pytest.mark.parametrize(("model", "least"), [("nova-lite", 8), ("nova-2-lite", 200)])
def test_bedrock_wants_more_rows_for_nova_2(tmp_path, model, least):
    def codes(rows):
        path = tmp_path / "train.jsonl"
        path.write_text(
            "".join(json.dumps(row(user(text(str(number))), assistant(text()))) + "\n" for number in range(rows))
        )
        return {code for _, code in check(path, Target.BEDROCK_SFT, model=model).counts}

    assert ("rows-too-few" in codes(least - 1), "rows-too-few" in codes(least)) == (True, False)
