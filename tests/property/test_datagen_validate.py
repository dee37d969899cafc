"""Laws of the checks and repairs, for rows that are nearly right."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.validate import RULES, Severity, Target, check
from datagen.validate.alike import Facts, Memory
from datagen.validate.fix_file import fix
from datagen.validate.line import _read_slowly, _surely_good
from datagen.validate.scan import WALKS, problems_of
from datagen.validate.walk import Walk
from datagen.validate.words import may_hold_reserved, reserved_words

SFT = {
    "schemaVersion": "bedrock-conversation-2024",
    "system": [{"text": "Be brief."}],
    "toolConfig": {
        "tools": [
            {
                "toolSpec": {
                    "name": "read",
                    "description": "d",
                    "inputSchema": {"json": {"type": "object", "properties": {"a": {"type": "integer"}}}},
                }
            }
        ]
    },
    "messages": [
        {"role": "user", "content": [{"text": "Hello"}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "read", "input": {"a": 1}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": "R"}]}}]},
        {"role": "assistant", "content": [{"reasoningContent": {"reasoningText": {"text": "r"}}}, {"text": "Bye"}]},
    ],
}
PARAMETERS = {"type": "object", "properties": {}}
RFT = {
    "id": "a",
    "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}],
    "reference_answer": {"x": 1},
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": PARAMETERS}}],
}
VALUES = st.sampled_from(
    [None, "", " ", "text", "User: x", "our bot: y", "<thinking>", 0, 1.5, True, [], {}, [[]], {"text": "x"}, "user",
     "system",
     "assistant", "t", float("nan"), "\ud800", ["a"], "human",
     [{"text": "x"}], "<unk>"]
)  # fmt: skip


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


@st.composite
def damaged(draw, row):
    """The row with one or two values replaced, removed, doubled or moved."""
    row = copy.deepcopy(row)
    for _ in range(draw(st.integers(0, 2))):
        if not row:
            break
        *path, last = draw(st.sampled_from([place for place in places(row) if place]))
        holder = row
        for step in path:
            holder = holder[step]
        match draw(st.sampled_from(["set", "remove", "double", "rename"])):
            case "set":
                holder[last] = copy.deepcopy(draw(VALUES))
            case "remove":
                del holder[last]
            case "double" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
            case "rename" if isinstance(holder, dict):
                holder[draw(st.sampled_from(["extra", f"{last}s", "text", "\ud800"]))] = holder.pop(last)
    return row


TARGETS = st.sampled_from([Target.BEDROCK_SFT, Target.TRAINING_JOB_SFT])
MODELS = st.sampled_from(["nova-micro", "nova-lite", "nova-2-lite"])


IMAGE = {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/a.png", "bucketOwner": "123456789012"}}}
PICTURE = {
    "schemaVersion": "bedrock-conversation-2024",
    "messages": [
        {"role": "user", "content": [{"image": IMAGE}, {"text": "What is it?"}]},
        {"role": "assistant", "content": [{"text": "A map."}]},
    ],
}
RESULTS = copy.deepcopy(SFT)
RESULTS["messages"][2]["content"][0]["toolResult"]["content"] = [{"json": {"a": [1, {"b": None}]}}, {"text": "x"}]
TAKES = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": "\\\\x"}'}}
CALLED = {
    **RFT,
    "messages": [
        {"role": "user", "content": "Q"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c", "content": "three\nfour"},
        {"role": "user", "content": 'say "system: x"'},
    ],
    "reference_answer": {"tool_calls": [CALL]},
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": TAKES}}],
}
AS_TEXT = {**CALLED, "reference_answer": json.dumps(CALL)}
WORDS = copy.deepcopy(SFT)
WORDS["system"] = [{"text": "our user: x <IMAGE>"}, {"text": "[EOS] in front of a system: y"}]
WORDS["messages"][2]["content"][0]["toolResult"]["content"] = [{"text": "User: z"}, {"text": "<thinking> user: z"}]
WORDS["messages"][3]["content"][0]["reasoningContent"]["reasoningText"]["text"] = "thought: or Thought:"
OWN_KEYS = {**RFT, "reference_answer": "yes", "topic": {"a": [1, {"b": 2}]}, "level": 1}


NAMED = copy.deepcopy(SFT)  # a text that is like a call's id, and two calls
NAMED["messages"][1]["content"] *= 2
NAMED["messages"][1]["content"][1] = {"toolUse": {"toolUseId": "u", "name": "read", "input": {"a": 2}}}
NAMED["messages"][2]["content"] = [
    {"toolResult": {"toolUseId": name, "content": [{"text": "t"}]}} for name in ("t", "u")
]
PAIR = {
    "schemaVersion": "bedrock-conversation-2024",
    "messages": [
        {"role": "user", "content": [{"text": "Q"}]},
        {
            "role": "assistant",
            "candidates": [
                {"content": [{"text": "good"}], "preferenceLabel": "preferred"},
                {"content": [{"text": "bad"}], "preferenceLabel": "non-preferred"},
            ],
        },
    ],
}
MULTITURN = {"id": "m", "metadata": {"prompt": CALLED["messages"], "answer": "4", "info": '{"a": 1}'}}
QUERY = {"query": "Q", "response": "A", "system": "S", "metadata": "m"}
KINDS = {
    **{key: [SFT, PICTURE, RESULTS, WORDS, NAMED] for key in (Target.BEDROCK_SFT, Target.TRAINING_JOB_SFT)},
    **{key: [RFT, OWN_KEYS, CALLED, AS_TEXT] for key in (Target.RFT, Target.BEDROCK_RFT, Target.RFT_EVAL)},
    Target.DPO: [PAIR],
    Target.RFT_MULTITURN: [MULTITURN],
    Target.RFT_MULTITURN_SERVERLESS: [{"prompt": CALLED["messages"], "n": 1}, {"prompt": "Q"}],
    Target.GEN_QA: [QUERY],
    Target.CPT: [{"text": "T"}],
}


def walked(line, target, model):
    walk = Walk(target, model)
    WALKS[target](walk, json.loads(line))
    return walk


@st.composite
def neighbours(draw, rows):
    """Rows that are each other but for a few values, as one file has them."""
    base = draw(st.sampled_from(rows))
    return [base, *draw(st.lists(damaged(base), min_size=1, max_size=4))]


@settings(max_examples=800)
@given(
    st.sampled_from(list(KINDS)).flatmap(lambda target: st.tuples(st.just(target), neighbours(KINDS[target]))),
    MODELS,
    st.booleans(),
)
def test_a_row_like_one_that_was_walked_has_the_problems_that_the_walk_finds(kind, model, ascii_only):
    target, rows = kind
    memory = Memory(target, model)
    for row in rows:
        line = json.dumps(row, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
        if (found := memory.find(line)) is None:
            _, problems = problems_of(line, target, model)
            walk = walked(line, target, model) if ascii_only else Walk(target, model)
            if ascii_only and walk.problems == problems:
                memory.learn(line, walk, Facts())
        else:
            assert list(found.problems) == problems_of(line, target, model)[1]


@pytest.mark.parametrize("target", KINDS, ids=str)
def test_the_second_of_two_good_rows_is_not_walked(target):
    for row in KINDS[target]:
        memory = Memory(target, "nova-lite" if target is Target.DPO else "nova-2-lite")
        line = json.dumps(row).encode()
        assert memory.find(line) is None
        memory.learn(line, walked(line, target, memory._model), Facts())
        assert memory.find(line) is not None, row


@pytest.mark.parametrize("about", ["another tool", 'it\u2019s "quoted"', " "], ids=["words", "escapes", "blank"])
@pytest.mark.parametrize("target", [Target.RFT, Target.TRAINING_JOB_SFT], ids=str)
def test_a_row_whose_tools_say_other_words_is_judged_by_these_alone(target, about):
    row = copy.deepcopy(CALLED if target is Target.RFT else RESULTS)
    held = row["tools"][0]["function"] if target is Target.RFT else row["toolConfig"]["tools"][0]["toolSpec"]
    memory, line = Memory(target, "nova-2-lite"), json.dumps(row).encode()
    memory.learn(line, walked(line, target, "nova-2-lite"), Facts())
    held["description"] = about
    found, problems = memory.find(json.dumps(row).encode()), problems_of(json.dumps(row).encode(), target)[1]
    assert (found is None) == (not about.strip())  # then the walk has the word
    assert found is None or list(found.problems) == problems


@pytest.mark.parametrize("target", KINDS, ids=str)
def test_a_line_that_was_cut_off_anywhere_is_like_no_row(target):
    for row in KINDS[target]:
        memory = Memory(target, "nova-lite" if target is Target.DPO else "nova-2-lite")
        line = json.dumps(row).encode()
        memory.learn(line, walked(line, target, memory._model), Facts())
        assert [cut for cut in range(len(line)) if memory.find(line[:cut])] == []


ROWS = st.lists(st.one_of(damaged(SFT), damaged(RFT)), max_size=6)


@settings(max_examples=150)
@given(ROWS, st.sampled_from(Target), st.sampled_from([b"\n", b"\r\n", b"\n\n"]))
def test_after_a_fix_no_error_is_left_and_every_row_is_accounted_for(rows, target, newline):
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder, "in.jsonl"), Path(folder, "out.jsonl")
        path.write_bytes(newline.join(json.dumps(row).encode() for row in rows))
        before = path.read_bytes()
        fixed = fix(path, out, target)
        left = check(out, target, rows=False)
        codes = {code for severity, code in left.counts if severity is Severity.ERROR}
        assert codes <= {"empty-file", "file-name", "mixed-fields", "mixed-media", "several-buckets"}, (
            "a matter of the file, not of a row"
        )
        log = [json.loads(line) for line in fixed.log.read_text().splitlines()]
        assert fixed.rows_read == len(rows) == fixed.rows_written + sum("left_out" in entry for entry in log)
        assert path.read_bytes() == before


@settings(max_examples=100)
@given(damaged(RFT) | damaged(SFT), st.sampled_from(Target))
def test_a_second_fix_changes_nothing(row, target):
    with tempfile.TemporaryDirectory() as folder:
        path, once, twice = (Path(folder, name) for name in ("in.jsonl", "once.jsonl", "twice.jsonl"))
        path.write_text(json.dumps(row))
        fix(path, once, target)
        fix(once, twice, target)
        assert once.read_bytes() == twice.read_bytes()


@settings(max_examples=300)
@given(damaged(SFT) | damaged(RFT) | damaged(CALLED), st.data())
def test_a_doubled_key_is_found_wherever_it_stands(row, data):
    text = json.dumps(row)
    places = [index for index, char in enumerate(text) if char == "{" and text[index + 1] == '"']
    place = data.draw(st.sampled_from(places))
    key = json.loads(text[place + 1 : text.index('"', place + 2) + 1])
    line = (
        f"{text[: place + 1]}{json.dumps(key)}: {data.draw(st.sampled_from(['1', '{}', 'null']))}, {text[place + 1 :]}"
    )
    target = Target.RFT if "reference_answer" in row else Target.TRAINING_JOB_SFT
    memory = Memory(target, "nova-2-lite")
    memory.learn(text.encode(), walked(text, target, "nova-2-lite"), Facts())
    assert memory.find(line.encode()) is None
    assert "duplicate-key" in {problem.code for problem in problems_of(line.encode(), target)[1]}


NUMBERS = st.sampled_from(["1e999", "-1e400", "NaN", "1E5", "-0", "12345678901234567890123", "0.1"])


@settings(max_examples=300)
@given(damaged(SFT) | damaged(OWN_KEYS), NUMBERS, st.booleans())
def test_a_line_is_read_the_same_by_the_fast_and_the_slow_reader(row, number, spaced):
    text = json.dumps({**row, "n": 17}, separators=None if spaced else (",", ":"), ensure_ascii=False)
    line = text.replace("17", number).encode("utf-8", "surrogatepass")
    fast = _surely_good(line)
    if fast is not None:
        assert (fast, []) == (_read_slowly(line).row, _read_slowly(line).problems)


def test_every_rule_that_says_fixable_is_one_that_a_fix_repairs():
    repaired = {
        "byte-order-mark", "blank-line", "lone-surrogate", "duplicate-key", "unknown-key", "letter-case", "empty",
        "wrong-type", "misspelt-key", "role", "role-forge", "reserved-word", "reserved-word-eos", "reserved-word-upper",
        "reserved-word-forge", "reserved-word-case", "reserved-word-result", "schema-version-missing", "schema-version",
        "media-format", "block-mixed", "system-not-first", "answer-leak", "reference-missing", "reference-type",
        "id-missing", "id-duplicate", "id-type", "content-blocks", "metadata-type", "tool-description",
        "tool-parameters",
    }  # fmt: skip
    assert {code for code, rule in RULES.items() if rule.fixable} == repaired


@given(st.text(st.sampled_from("Uusertbohyimang: <>[]EOSthk\u212a")))
def test_the_quick_look_for_reserved_words_misses_none(text):
    assert may_hold_reserved(text) or not list(reserved_words(text))
    for word in ("User:", "system:", "roBOT:", "Assistant:", "thought:", "<IMAGE>", "<video>", "<unk>", "[eos]"):
        assert may_hold_reserved(text + word)


@given(st.sampled_from(["\n", "1", "x" * 40]), st.integers(1, 9))
def test_a_file_is_counted_the_same_whatever_the_limit(word, limit):
    rows = [{**RFT, "id": f"{number}{word}"} for number in range(8)]
    for row in rows[::2]:
        del row["tools"]
    rows[5]["messages"] = [{"role": "user", "content": "x User: <unk> y"}]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        few, all_ = check(path, Target.RFT, limit=limit), check(path, Target.RFT)
    assert list(few.counts.items()) == list(all_.counts.items())
    assert few.findings == all_.findings[: len(few.findings)]
    assert len(few.findings) == min(limit, len(all_.findings))
