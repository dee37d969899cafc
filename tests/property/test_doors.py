"""One reward, one verdict: whatever shape a row has, every door gives the reward the same sample and completion."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rewards import Completion, exact_match, tool_calls
from rewards.errors import RowError, UngradableError
from rewards.parsing.references import structured
from rewards.parsing.tool_calls import NO_TOOL
from rewards.rollouts import prompt_of, record_of
from rewards.rows import completion_of, gold_of, messages_of, rollout_of, sample_of, split_turns, with_completion
from rewards.types import ToolCall
from tests.doors import DOORS, by_local_training, by_nemo_gym, by_openai_grader, by_verl

text = st.text(st.characters(codec="utf-8"), max_size=12)
keys = st.text("abcdef_", min_size=1, max_size=6)
scalars = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | text
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)
calls = st.lists(st.builds(ToolCall, keys, st.dictionaries(keys, values, max_size=3)), max_size=3)
pictures = st.sampled_from([{"image": {"format": "png"}}, {"type": "image_url", "image_url": {"url": "x"}}])


def contents(said: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """A text in every way in which a message holds one, with or without pictures beside it."""
    blocks = said.map(lambda t: [{"text": t}]) | said.map(lambda t: [{"type": "text", "text": t}])
    return said | blocks | st.tuples(blocks, st.lists(pictures, max_size=2)).map(lambda pair: pair[1] + pair[0])


def spelt(call: ToolCall, spelling: str) -> dict[str, Any]:
    arguments = dict(call.arguments)
    match spelling:
        case "openai":
            return {
                "id": "c",
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(arguments)},
            }
        case "openai objects":
            return {"type": "function", "function": {"name": call.name, "arguments": arguments}}
        case "flat":
            return {"name": call.name, "arguments": arguments}
        case "flat text":
            return {"type": "function_call", "name": call.name, "arguments": json.dumps(arguments)}
        case "converse":
            return {"toolUse": {"toolUseId": "c", "name": call.name, "input": arguments}}
        case _:
            return {"type": "tool_use", "id": "c", "name": call.name, "input": arguments}


LISTED = ("openai", "openai objects", "flat", "flat text")
BLOCKS = ("converse", "anthropic")


@st.composite
def model_turns(draw: st.DrawFn) -> dict[str, Any]:
    role = draw(st.sampled_from(["assistant", "nova_assistant"]))
    made = draw(calls)
    if not made:
        return {"role": role, "content": draw(contents(text))}
    spelling = draw(st.sampled_from(LISTED + BLOCKS))
    written = [spelt(call, spelling) for call in made]
    if spelling in LISTED:
        return {"role": role, "content": draw(st.none() | text), "tool_calls": written}
    said = draw(text)
    return {"role": role, "content": [*([{"text": said}] if said else []), *written]}


asked = st.builds(lambda role, content: {"role": role, "content": content}, st.just("user"), contents(text))
results = st.builds(lambda content: {"role": "tool", "content": content}, text) | st.builds(
    lambda content: {"role": "user", "content": [{"toolResult": {"toolUseId": "c", "content": [{"text": content}]}}]},
    text,
)
systems = st.builds(lambda content: {"role": "system", "content": content}, text)
histories = st.lists(asked | model_turns() | results, max_size=3)
prompts = st.tuples(st.lists(systems, max_size=1), histories, asked).map(lambda three: [*three[0], *three[1], three[2]])
tools = st.lists(
    st.builds(lambda name: {"type": "function", "function": {"name": name, "parameters": {}}}, keys), max_size=2
)


extras = keys.map("x_{}".format) | st.sampled_from(["model", "reason", "sample", "score", "step", "tokens"])


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A rollout in one of the documented shapes."""
    turns = [*draw(prompts), draw(model_turns()), *draw(st.lists(results | asked, max_size=2))]
    row: dict[str, Any] = {"id": draw(keys), **draw(st.dictionaries(extras, values, max_size=2))}
    metadata = draw(st.none() | st.dictionaries(keys, values, max_size=2))
    reference = draw(values)
    match draw(st.sampled_from(["root", "root truth", "metadata", "metadata truth", "verl"])):
        case "root":
            row["reference_answer"] = reference
        case "root truth":
            row["ground_truth"] = reference
        case "verl":
            row["reward_model"] = {"style": "rule", "ground_truth": reference}
        case where:
            metadata = {**(metadata or {}), "reference_answer" if where == "metadata" else "ground_truth": reference}
    if metadata is not None:
        row["metadata"] = metadata
    if offered := draw(tools):
        row["tools"] = offered
    split = next(n for n in reversed(range(len(turns))) if turns[n]["role"] in ("assistant", "nova_assistant"))
    if draw(st.booleans()):
        return {**row, "messages": turns}
    return {**row, "prompt": turns[:split], "completion": turns[split:]}


@given(rows())
def test_every_door_gives_a_reward_the_same_sample_and_completion(row: dict[str, Any]) -> None:
    verdicts = {name: door(row) for name, door in DOORS.items()}
    assert len({verdict.score for verdict in verdicts.values()}) == 1, verdicts
    assert len({verdict.metrics["chars"] for verdict in verdicts.values()}) == 1, verdicts


@given(rows(), text)
def test_local_training_sends_the_row_that_aws_sends(row: dict[str, Any], said: str) -> None:
    sent = with_completion(row, said)
    assert by_local_training(sent).score == DOORS["Lambda"](sent).score
    assert split_turns(sent).prompt == [dict(turn) for turn in split_turns(row).prompt]


@given(rows(), prompts, text)
def test_verl_and_openai_s_grader_read_their_own_rows_as_the_lambda_does(
    row: dict[str, Any], prompt: list[dict[str, Any]], said: str
) -> None:
    reference = rollout_of(row).sample.reference
    verls = {
        "data_source": "d",
        "reward_model": {"ground_truth": reference},
        "extra_info": {"index": 3, "prompt": prompt},
        "completion": said,
    }
    if not isinstance(reference, str):
        assert by_verl(verls).score == DOORS["Lambda"]({**verls, "prompt": prompt}).score
    openais = {"reference_answer": reference, "messages": [*prompt, {"role": "assistant", "content": said}]}
    assert by_openai_grader(openais).score == DOORS["Lambda"](openais).score


@given(prompts, calls, text, values)
def test_nemo_gym_s_items_are_turns(
    prompt: list[dict[str, Any]], made: list[ToolCall], said: str, reference: Any
) -> None:
    items = [
        {"type": "message", "content": [{"type": "output_text", "text": said}]},
        *(spelt(call, "flat text") for call in made),
    ]
    request = {
        "responses_create_params": {"input": prompt},
        "response": {"output": items},
        "reference_answer": reference,
    }
    chat = {
        "messages": [
            *prompt,
            {"role": "assistant", "content": said, "tool_calls": [spelt(call, "openai") for call in made]},
        ],
        "reference_answer": reference,
    }
    assert by_nemo_gym(request).score == DOORS["Lambda"](chat).score


@given(calls, st.sampled_from(LISTED + BLOCKS))
def test_a_call_is_the_same_call_in_every_spelling(made: list[ToolCall], spelling: str) -> None:
    written = [spelt(call, spelling) for call in made]
    turn = {"role": "assistant", "content": written} if spelling in BLOCKS else {"tool_calls": written}
    assert completion_of({"role": "assistant", **turn}).tool_calls == tuple(made)


unreadable = st.sampled_from(
    ['{"q": 1, "q": 2}', "{q: 1}", "[1]", "NaN", '{"q": NaN}', '{"q": 1e999}', "7", '"x"', [1], 7, True, float("nan")]
)


@given(keys, unreadable, st.sampled_from(["function", "flat", "toolUse"]))
def test_a_call_that_cannot_be_read_is_never_rightly_no_call(name: str, arguments: Any, shape: str) -> None:
    call = {"name": name, "arguments": arguments}
    turn = {
        "function": {"role": "assistant", "content": None, "tool_calls": [{"function": call}]},
        "flat": {"role": "assistant", "content": None, "tool_calls": [call]},
        "toolUse": {"role": "assistant", "content": [{"toolUse": {"name": name, "input": arguments}}]},
    }[shape]
    row = {"id": "a", "messages": [{"role": "user", "content": "q"}, turn], "reference_answer": []}
    assert completion_of(turn).tool_calls == (NO_TOOL,)
    for name_of_door, door in DOORS.items():
        if name_of_door != "grade":  # it grades with the probe alone
            assert door(row, tool_calls()).score == 0.0, name_of_door  # type: ignore[call-arg]  # the others take a reward


@given(st.none() | st.just("") | st.just(" "), st.sampled_from(["absent", "given"]))
def test_no_arguments_are_no_arguments(empty: Any, given_or_not: str) -> None:
    call = {"name": "now", **({} if given_or_not == "absent" else {"arguments": empty})}
    assert completion_of({"role": "assistant", "tool_calls": [call]}).tool_calls == (ToolCall("now"),)


@given(prompts, model_turns(), results, st.lists(asked, max_size=1))
def test_a_rollout_that_ends_in_a_tool_s_result_has_no_answer(
    prompt: list[dict[str, Any]], turn: dict[str, Any], result: dict[str, Any], after: list[dict[str, Any]]
) -> None:
    turns = [*prompt, turn, result, *after]
    assert rollout_of({"messages": turns}).completion == Completion("")
    assert rollout_of({"prompt": prompt, "completion": [turn, result, *after]}).completion == Completion("")
    assert rollout_of({"messages": turns}).sample.messages == messages_of(turns)


@given(text, st.sampled_from(["function", "ipython", "tool", "result and text"]))
def test_a_result_is_a_tool_s_in_every_spelling(said: str, role: str) -> None:
    result: dict[str, Any] = {"role": role, "content": "found"}
    if role == "result and text":
        blocks = [{"type": "tool_result", "tool_use_id": "c", "content": "found"}, {"type": "text", "text": "Go on."}]
        result = {"role": "user", "content": blocks}
    row = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": said}, result]}
    assert rollout_of(row).completion == Completion("")
    assert rollout_of(row).sample.messages[-1].role == "tool"


@given(text, st.sampled_from(["server_tool_use", "functionCall", "tool_call", "tool-call"]), st.booleans())
def test_a_call_in_a_block_of_another_api_is_never_rightly_no_call(said: str, kind: str, by_key: bool) -> None:
    block = {kind: {"name": "wire", "args": {}}} if by_key else {"type": kind, "name": "wire", "args": {}}
    completion = completion_of({"role": "assistant", "content": [{"type": "text", "text": said}, block]})
    assert len(completion.tool_calls) == 1


@given(text.filter(bool), text, st.sampled_from(["prompt", "responses_create_params"]))
def test_a_system_prompt_beside_the_turns_is_a_message_and_keeps_prompts_apart(
    one: str, other: str, shape: str
) -> None:
    def row(system: str) -> dict[str, Any]:
        said = [{"role": "assistant", "content": "a"}]
        if shape == "prompt":
            return {"system": system, "prompt": "q", "completion": said, "reference_answer": "a"}
        asked = {"input": "q", "instructions": system}
        return {"responses_create_params": asked, "response": {"output": said}, "reference_answer": "a"}

    assert [message.role for message in rollout_of(row(one)).sample.messages] == ["system", "user"]
    assert (prompt_of(record_of(row(one))) == prompt_of(record_of(row(other)))) == (one == other)


@given(st.lists(text, min_size=1, max_size=3), st.integers(0, 2))
def test_a_reference_that_accepts_several_values_may_be_kept_as_text(accepted: list[str], which: int) -> None:
    kept = json.dumps({"$any_of": accepted})
    said = accepted[which % len(accepted)]
    row = {"id": "a", "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": said}]}
    for place in ({"reference_answer": kept}, {"ground_truth": kept}, {"metadata": {"ground_truth": kept}}):
        assert rollout_of({**row, **place}).sample.reference == {"$any_of": accepted}
        for name, door in DOORS.items():
            if name != "grade":  # it grades with the probe alone
                assert door({**row, **place}, exact_match()).score == 1.0, name  # type: ignore[call-arg]  # as above


@given(prompts, model_turns())
def test_a_prompt_is_the_same_sample_before_and_after_the_model_has_spoken(
    prompt: list[dict[str, Any]], turn: dict[str, Any]
) -> None:
    row = {"id": "a", "messages": prompt, "reference_answer": "x", "note": 1}
    assert sample_of(row) == rollout_of(with_completion(row, turn)).sample


@given(rows(), values)
def test_a_right_completion_holds_no_wrapper(row: dict[str, Any], value: Any) -> None:
    row = {key: kept for key, kept in row.items() if key not in ("ground_truth", "reward_model", "metadata")}
    row["reference_answer"] = {"a": {"$any_of": [value, "other"]}, "b": {"$any_of": [""], "$optional": True}}
    assert gold_of(sample_of(row)) == {"a": value}
    assert gold_of(sample_of({**row, "gold": "said so"})) == "said so"


@given(st.recursive(scalars | st.floats(), lambda i: st.lists(i, max_size=3) | st.dictionaries(text, i, max_size=3)))
def test_the_reader_raises_nothing_but_row_errors(value: Any) -> None:
    turn = {"role": "assistant", "content": value, "tool_calls": value}
    for row in (value, {"messages": value}, {"messages": [value]}, {"messages": [turn]}, {"prompt": value}):
        for read in (rollout_of, sample_of, split_turns):
            with contextlib.suppress(RowError):
                read(row)


@given(st.integers(300, 3000))
def test_a_reference_of_any_depth_is_text_a_value_or_ungradable(depth: int) -> None:
    deep: Any = "x"
    for _ in range(depth):
        deep = [deep]
    with contextlib.suppress(UngradableError):
        gold_of(sample_of({"prompt": "q", "reference_answer": deep}))
    assert structured("[" * depth + "]" * depth) == "[" * depth + "]" * depth  # beyond the limit of 64


@given(st.sampled_from(['{"a": 1, "a": 2}', '{"a": NaN}', "[1e999]", '{"a": 1', "72", "true", '"x"', ""]))
def test_a_reference_that_readers_would_read_apart_stays_text_at_every_door(text: str) -> None:
    row = {"data_source": "d", "reward_model": {"ground_truth": text}, "extra_info": {"prompt": "q"}, "completion": "x"}
    verdict = DOORS["Lambda"]({**row, "prompt": "q"})
    assert by_verl(row).score == verdict.score
