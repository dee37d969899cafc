"""Laws of the grading wire: they hold for every JSON value that anybody may send."""

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lambda_package.handler import handler_for
from lambda_package.wire import parse_event, without_surrogates
from rewards.errors import UngradableError
from rewards.parsing.messages import solution_of, text_of
from rewards.types import Completion, Sample, Score

text = st.text(st.characters(), max_size=20)  # surrogates included
scalars = st.none() | st.booleans() | st.integers() | st.floats() | text
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4)
)
roles = st.sampled_from(["system", "user", "assistant", "nova_assistant", "tool"]) | json_values
messages = st.fixed_dictionaries({"role": roles, "content": json_values}, optional={"tool_calls": json_values})
samples = st.fixed_dictionaries(
    {},
    optional={
        "id": json_values,
        "messages": st.lists(messages | json_values, max_size=4) | json_values,
        "reference_answer": json_values,
        "metadata": json_values,
        "tools": json_values,
        "my_field": json_values,
    },
)
batches = st.lists(samples | json_values, max_size=6)


def moody(sample: Sample, completion: Completion, /) -> Score:
    """Raises in several ways, depending on the text; a grader of the worst kind."""
    match len(completion.text) % 5:
        case 0:
            raise UngradableError(completion.text)
        case 1:
            raise SystemExit(completion.text)
        case 2:
            raise ValueError(completion.text)
        case _:
            return Score(1.0, metrics={"length": float(len(completion.text))})


moody.metric_names = ("length",)  # type: ignore[attr-defined]  functions carry attributes
handler = handler_for(moody)


NAMES = ["length", "length/measured", "ungradable", "timed_out"]


def is_well_formed(result: Any) -> bool:
    json.dumps(result, ensure_ascii=False, allow_nan=False).encode()
    return (
        set(result) == {"id", "aggregate_reward_score", "metrics_list"}
        and math.isfinite(result["aggregate_reward_score"])
        and [metric["name"] for metric in result["metrics_list"]] == NAMES
    )


@given(batches)
def test_a_list_of_anything_gets_as_many_well_formed_results(batch: list[Any]):
    results = handler(batch, {})
    assert len(results) == len(batch)
    assert all(is_well_formed(result) for result in results)


@given(batches)
def test_string_ids_come_back_in_order(batch: list[Any]):
    results = handler(batch, {})
    for sample, result in zip(batch, results, strict=True):
        if isinstance(sample, dict) and isinstance(sample.get("id"), str):
            assert result["id"] == without_surrogates(sample["id"])


@given(json_values)
def test_any_event_at_all_gets_an_answer_that_can_be_sent(event: Any):
    json.dumps(handler(event, {}), ensure_ascii=False, allow_nan=False).encode()


records = st.dictionaries(st.sampled_from(["system", "prompt", "inference_output", "gold", "id"]) | text, json_values)
own_metrics = st.fixed_dictionaries(
    {
        "process_type": st.sampled_from(["preprocess", "postprocess"]) | json_values,
        "data": records | st.lists(records, max_size=2) | json_values,
    }
)


@given(own_metrics)
def test_own_metrics_always_get_their_envelope(event: Any):
    answer = handler(event, {})
    json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    assert answer["statusCode"] == 200


@given(st.recursive(text, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3)))
def test_preprocessing_gives_back_what_it_got_but_for_lone_surrogates(gold: Any):
    answer = handler({"process_type": "preprocess", "data": {"prompt": "2 + 2?", "gold": gold}}, {})
    as_utf8 = json.dumps(gold, ensure_ascii=False).encode("utf-8", "replace")
    assert answer["body"] == {"prompt": "2 + 2?", "gold": json.loads(as_utf8)}


def test_preprocessing_survives_any_depth():
    gold: Any = "4"
    for _ in range(900):
        gold = [gold]
    json.dumps(handler({"process_type": "preprocess", "data": {"gold": gold}}, {}))


@given(batches)
def test_an_envelope_holds_what_the_bare_list_would_say(batch: list[Any]):
    wrapped = handler({"body": batch}, {})
    assert json.loads(wrapped["body"]) == json.loads(json.dumps(handler(batch, {})))


@given(batches, batches)
def test_neighbours_do_not_change_a_grade(left: list[Any], right: list[Any]):
    scores = [result["aggregate_reward_score"] for result in handler(left + right, {})]
    alone = [result["aggregate_reward_score"] for batch in (left, right) for result in handler(batch, {})]
    assert scores == alone


@given(json_values)
def test_content_of_any_type_has_a_text(content: Any):
    assert isinstance(text_of(content), str)


@given(text, text)
def test_text_in_the_solution_block_is_all_that_counts(before: str, inside: str):
    wrapped = f"{before}<|begin_of_solution|>{inside}<|end_of_solution|>"
    assert solution_of(wrapped) == inside


@given(text)
def test_parsing_twice_gives_the_same(content: str):
    event = [{"id": "a", "messages": [{"role": "assistant", "content": content}]}]
    assert parse_event(event) == parse_event(event)
