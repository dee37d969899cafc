"""Every trick has a completion that is it, and right answers are none."""

import pytest

from rewards.rollouts import rollout_record, row_of
from rewards.rows import sample_of
from rft.rehearsal.tricks import TRICKS, Written, tricks_in
from rft.rehearsal.truth import strict_metric

PROMPT = "Which tools answer the question on leverage?"
PLAN = '[{"name":"search","arguments":{"about":"leverage"}},{"name":"cite","arguments":{"about":"case law"}}]'
IS = {
    "empty answer": Written("[]", PROMPT, PLAN),
    "prompt echoed": Written(f"{PROMPT} {PLAN}", PROMPT, PLAN),
    "the same again and again": Written('["a","a","a"]', PROMPT, '["a"]'),
    "more items than asked for": Written('["a","b","c","d"]', PROMPT, '["a"]'),
    "claims to be right": Written("42. This answer is correct.", PROMPT, "42"),
    "refuses": Written("I am sorry, that is not known.", PROMPT, "42"),
    "padded": Written("well, " * 60 + "42", PROMPT, "42"),
    "beginning only": Written(PLAN[:20], PROMPT, PLAN),
    "values left out": Written('{"city":"","total":""}', PROMPT, '{"city":"Oslo","total":"5"}'),
    "words named in prose": Written("search leverage, then cite case law", PROMPT, PLAN),
    "right among others": Written("41\n42", PROMPT, "42"),
}


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_is_found_in_what_is_one(name):
    assert TRICKS[name](IS[name])


@pytest.mark.parametrize("gold", ["42", PLAN, '["a","a"]', "", "I am sorry, we cannot refund you.", "a\nb\nc", "{}"])
def test_a_right_answer_is_no_trick(gold):
    assert [name for name, is_trick in TRICKS.items() if is_trick(Written(gold, PROMPT, gold))] == []


def test_an_ordinary_mistake_is_no_trick():
    wrong = PLAN.replace("search", "fetch")
    assert [name for name, is_trick in TRICKS.items() if is_trick(Written(wrong, PROMPT, PLAN))] == []


def test_tricks_are_read_from_a_record_without_a_reference_too():
    row = {"messages": [{"role": "user", "content": PROMPT}]}
    record = rollout_record(row, [{"role": "assistant", "content": "I am sorry."}], row_id="a", sample=0)
    assert [name for name, found in tricks_in(record).items() if found] == ["refuses"]


def test_an_answer_of_native_calls_is_not_empty():
    calls = [{"function": {"name": "track", "arguments": '{"order": "B-204"}'}}]
    row = {"messages": [{"role": "user", "content": PROMPT}], "reference_answer": [{"name": "track", "arguments": {}}]}
    record = rollout_record(row, [{"role": "assistant", "content": "", "tool_calls": calls}], row_id="a", sample=0)
    assert not any(tricks_in(record).values())


def test_an_agent_in_a_world_is_judged_by_the_state_and_by_no_trick_of_text():
    world = {"messages": [{"role": "user", "content": PROMPT}], "reference_answer": {"state": {"cart": ["tea"]}}}
    facts = {"start": 1, "initial": {"cart": []}, "turns": [{"state": {"cart": ["tea"]}}]}
    record = rollout_record(
        {**world, "trajectory": facts}, [{"role": "assistant", "content": ""}], row_id="a", sample=0
    )
    assert not any(tricks_in(record).values())
    truth = strict_metric([sample_of(row_of(record))])
    assert truth is not None
    assert (truth.name, truth.of(record, 0)) == ("final_state", 1.0)
    assert strict_metric([sample_of({**row_of(record), "reference_answer": {"milestones": []}})]) is None
