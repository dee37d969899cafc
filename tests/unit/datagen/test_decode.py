"""Reading a teacher's answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.decode import decoder
from datagen.errors import ConfigError
from datagen.types import Answer

SCHEMA = {"type": "object", "properties": {"Type": {"enum": ["lookup", "cite"]}}, "required": ["Type"]}
GOOD = {"question": "Why?", "answer": {"Type": "lookup"}, "reasoning": "It asks why."}


def read(samples, **more):
    return decoder(SCHEMA)(Answer(json.dumps({"samples": samples}), **more))


def test_good_samples_are_read():
    (pair,) = read([GOOD]).values
    assert (pair.question, pair.answer, pair.reasoning) == ("Why?", {"Type": "lookup"}, "It asks why.")


def test_a_code_fence_around_the_answer_is_taken_off():
    assert decoder()(Answer('```json\n{"samples": [{"question": "Q", "answer": 1}]}\n```\n')).values[0].answer == 1


SAMPLES = '{"samples": [{"question": "Q", "answer": 1}]}'


@pytest.mark.parametrize(
    "text",
    [
        f"<think>short</think>\n{SAMPLES}",
        f'<think>say {{"samples": []}} or not</think>{SAMPLES}',
        f"<thinking>\nlong\n</thinking>\n\n```json\n{SAMPLES}\n```",
        f"it asks for samples</think>\n{SAMPLES}",
        f"Here they are:\n\n```json\n{SAMPLES}\n```\nI hope this helps.",
        f"Here they are: {SAMPLES}",
        f'I follow {{"type": "object"}}: {SAMPLES}',
    ],
)
def test_thoughts_and_words_around_the_answer_are_passed_over(text):
    assert [pair.answer for pair in decoder()(Answer(text)).values] == [1]


ONE, TWO = (json.dumps({"question": asked, "answer": at}) for at, asked in enumerate("QR", 1))


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        (f"[{ONE}, {TWO}]", [1, 2]),
        (f"Here they are:\n```json\n[{ONE}]\n```", [1]),
        (f"<think>[1, 2]</think>[{ONE}]", [1]),
        (f"{ONE}\n{TWO}", [1, 2]),
        (ONE, [1]),
        (json.dumps({"samples": f"[{ONE}]"}), [1]),
        (f"[{ONE}] or [{TWO}]", []),
        (f"[{ONE}] and {TWO}", []),
        (f"{SAMPLES} {ONE}", [1]),
        (f'[{ONE}, {{"question": "R"}}]', []),
        (f"[{ONE}", []),
    ],
)
def test_the_samples_without_what_is_around_them_are_read_where_they_are_one_list(text, answers):
    assert [pair.answer for pair in decoder()(Answer(text)).values] == answers


@pytest.mark.parametrize(
    "text",
    [
        f"<think>never closed {SAMPLES}",
        f"{SAMPLES} or {SAMPLES.replace('1', '2')}",
        '{"samples": [{"question": "Q", "answer": 1, "answer": 2}]}',
        '{"samples": [], "samples": [{"question": "Q", "answer": 1}]}',
        '{"samples": [{"question": "Q", "answer": NaN}]}',
        '{"samples": [{"question": "Q", "answer": 1e999}]}',
        '{"samples": [{"question": "Q", "answer": 1}',
    ],
)
def test_what_says_two_things_or_none_is_malformed(text):
    assert decoder()(Answer(text)).code == "malformed"


def test_a_closing_tag_inside_the_answer_is_part_of_it():
    text = json.dumps({"samples": [{"question": "What does </think> {x} close?", "answer": "thoughts"}]})
    assert decoder()(Answer(text)).values[0].answer == "thoughts"


@pytest.mark.parametrize(
    ("sample", "problem"),
    [
        ({"question": "Q", "answer": {"Type": "other"}}, "$.Type: 'other' is not one of"),
        ({"question": "Q", "answer": {}}, "answer must not be empty"),
        ({"question": " ", "answer": {"Type": "cite"}}, "question must be text"),
        ("text", "expected an object"),
    ],
)
def test_a_bad_sample_is_named_and_the_good_ones_are_kept(sample, problem):
    found = read([GOOD, sample])
    assert len(found.values) == 1
    assert found.code == "schema"
    assert found.problem.startswith(f"samples[1]: {problem}")


@pytest.mark.parametrize(("reason", "code"), [("max_tokens", "truncated"), ("content_filtered", "refused")])
def test_how_the_teacher_stopped_is_a_reason_of_its_own(reason, code):
    assert read([GOOD], stop_reason=reason).code == code


@given(
    st.text()
    | st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)).map(
        json.dumps
    )
)
def test_no_text_raises(text):
    found = decoder(SCHEMA)(Answer(text))
    assert found.values == () or found.code == ""


def test_hostile_nesting_is_malformed():
    assert decoder()(Answer("[" * 200_000)).code == "malformed"


def test_a_schema_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="is not a JSON Schema"):
        decoder({"type": "objekt"})
