"""Native tool calls: read from rows, sent back in their spelling, damaged and attacked like any other answer."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import CallFormat, Score, tool_calls
from rewards.audit import AuditConfig, InProcess, audit, bounded, lift
from rewards.audit.attacks.battery import BATTERY
from rewards.audit.attacks.native_calls import NATIVE_ATTACKS
from rewards.audit.checks.reward_hacking import run_attacks
from rewards.audit.rows.cases import cases_of, read_rollouts
from rewards.audit.rows.data_profile import CallList, survey
from rewards.audit.rows.messages import final_turn, turn_of, written
from rewards.audit.scoring import Scorer
from rewards.rows import completion_of
from rewards.testing import strategies

from .conftest import QUERIES

SPELLINGS = ("openai", "openai objects", "converse")
REWARD = tool_calls()


def native_row(number: int, spelling: str = "openai") -> dict:
    query, calls = QUERIES[number]
    reference = [{"name": name, "arguments": arguments} for name, arguments in calls]
    answer = turn_of(json.dumps({"tool_calls": reference}), spelling)
    return {
        "id": f"q{number}",
        "messages": [{"role": "user", "content": query}, answer],
        "reference_answer": reference,
    }


def native_cases(spelling: str = "openai") -> list:
    return cases_of((number, native_row(number, spelling)) for number in range(len(QUERIES)))


def quick_audit(reward, cases):
    config = AuditConfig(law_examples=30, hostile_bytes=8_000, search_calls=300)
    return audit(lift(reward), cases, bounded(config, reward))


@given(strategies.tool_calls(max_size=3), st.sampled_from(SPELLINGS), st.sampled_from(["", "Let me see."]))
def test_what_was_written_is_read_back(calls, spelling, said):
    listed = [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]
    text = json.dumps({"content": said, "tool_calls": listed})
    turn = turn_of(text, spelling)
    assert completion_of(turn).tool_calls == tuple(calls)
    assert completion_of(turn).text == said
    assert turn_of(written(turn).text, spelling) == turn or not calls


@pytest.mark.parametrize("text", ["plain", '{"a": 1}', '{"tool_calls": [], "tool_calls": []}', '[{"tool_calls": []}]'])
def test_a_text_that_is_no_object_with_calls_is_the_content(text):
    assert turn_of(text, "openai") == {"role": "assistant", "content": text}


def test_a_plan_whose_key_is_tool_calls_stays_text_where_the_rows_hold_text():
    rows = [(1, {"id": "a", "reference_answer": {"tool_calls": [{"name": "f", "arguments": {}}]}})]
    (case,) = cases_of(rows)
    assert case.asked(case.gold, "a")["messages"][-1]["content"] == '{"tool_calls":[{"name":"f","arguments":{}}]}'


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_calls_of_a_row_are_found_and_sent_as_they_came(spelling):
    row = native_row(3, spelling)
    case = native_cases(spelling)[3]
    assert case.asked(case.gold, "x")["messages"] == row["messages"]
    assert case.source == "final assistant turn"


def test_one_row_with_native_calls_makes_all_of_them_native():
    silent = {"id": "s", "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello."}]}
    assert {case.spelling for case in cases_of([(1, silent), (2, native_row(0))])} == {"openai"}


def test_an_assistant_message_may_stand_in_the_field_gold():
    row = native_row(0)
    turns, answer = final_turn(row)
    (case,) = cases_of([(1, {**row, "messages": turns, "gold": answer})])
    assert (case.spelling, case.source) == ("openai", "field gold")
    assert case.gold == native_cases()[0].gold


def test_rollouts_of_one_prompt_share_a_case_whether_they_call_or_talk(tmp_path):
    path = tmp_path / "rollouts.jsonl"
    called = native_row(0)
    talked = {**called, "messages": [*called["messages"][:1], {"role": "assistant", "content": "I cannot."}]}
    path.write_text(json.dumps(talked) + "\n" + json.dumps(called) + "\n", encoding="utf-8")
    talk, call = read_rollouts(path)
    assert talk.case is call.case
    assert call.case.asked(call.text, "q0")["messages"] == called["messages"]


@pytest.mark.parametrize("spelling", ["openai", "converse"])
def test_our_tool_calls_pass_the_whole_audit_on_native_rows(spelling):
    report = quick_audit(REWARD, native_cases(spelling))
    assert [str(finding.message) for finding in report.findings if finding.severity != "note"] == []
    assert {attack.name for attack in NATIVE_ATTACKS} <= {row.name for row in report.attacks}
    assert report.gold.mean == 1.0


def test_the_attacks_on_native_calls_find_their_list():
    scorer = Scorer(lift(REWARD), bounded(AuditConfig(), REWARD))
    world = survey(scorer, native_cases())
    assert world.calls == CallList(("tool_calls",), "name", "arguments")
    rows = {row.name: row for row in run_attacks(world, scorer, BATTERY)}
    assert rows["every call twice"].mean == pytest.approx(0.5)  # S / max(n, m) with m = 2n
    assert rows["arguments as text inside text"].highest <= 0.2  # the tool alone
    assert rows["junk beside the calls"].mean == 1.0  # the calls are what is asked


def calls_of(row: dict) -> list[dict]:
    turn = row["messages"][-1]
    calls = turn.get("tool_calls") if isinstance(turn, dict) else None
    functions = [call.get("function") for call in calls or () if isinstance(call, dict)]
    return [function for function in functions if isinstance(function, dict)]


def handler(score):
    def graded(event, context):
        return [{"id": row.get("id"), "aggregate_reward_score": float(score(row))} for row in event]

    return InProcess(graded)


def loads(arguments) -> object:
    try:
        return json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        return None


def by_names(row: dict) -> float:
    """Recall of names: every argument is ignored, and so is what else is called."""
    wanted = {call["name"] for call in row.get("reference_answer") or () if isinstance(call, dict)}
    return len(wanted & {str(call.get("name")) for call in calls_of(row)}) / len(wanted) if wanted else 0.0


def equal(row: dict) -> float:
    """Python's ==, for which true is 1, and only where arguments are text."""
    wanted = row.get("reference_answer")
    given = [
        {"name": call.get("name"), "arguments": loads(call.get("arguments"))}
        for call in calls_of(row)
        if isinstance(call.get("arguments"), str)
    ]
    return float(isinstance(wanted, list) and bool(wanted) and given == wanted)


@pytest.mark.parametrize(
    ("score", "codes"),
    [(by_names, {"attack-full-marks", "law-blind-reference"}), (equal, {"law-bool-int", "law-call-spelling"})],
)
def test_bad_graders_of_native_calls_are_rejected_for_the_right_reason(score, codes):
    report = audit(handler(score), native_cases(), AuditConfig(law_examples=60, hostile_bytes=8_000, search_calls=300))
    assert not report.passed
    assert codes <= {finding.code for finding in report.findings}


def test_a_reward_that_pays_for_talking_beside_the_calls_is_caught():
    def talkative(sample, completion, /):
        return Score(min(1.0, REWARD(sample, completion).value * 0.8 + 0.2 * (len(completion.text) > 100)))

    found = {finding.code for finding in quick_audit(talkative, native_cases()).findings}
    assert {"attack-above-gold", "gold-below-max"} <= found


def test_the_seed_decides_not_the_spelling():
    openai, converse = (quick_audit(REWARD, native_cases(one)) for one in ("openai", "converse"))
    assert [replace(row, worst_text="") for row in openai.attacks] == [
        replace(row, worst_text="") for row in converse.attacks
    ]


def test_references_may_leave_out_what_wraps_the_calls_of_an_answer() -> None:
    reward = tool_calls(CallFormat(unwrap="plan", calls="steps"))
    rows = []
    for number, (query, calls) in enumerate(QUERIES):
        steps = [{"name": name, "arguments": arguments} for name, arguments in calls]
        reference = (steps, {"steps": steps}, {"plan": {"steps": steps}})[number % 3]
        rows.append(
            {"id": f"q{number}", "messages": [{"role": "user", "content": query}], "reference_answer": reference}
        )
    report = audit(lift(reward), cases_of(enumerate(rows)), bounded(AuditConfig(), reward))
    assert report.gold is not None
    assert report.gold.mean == 1.0
    assert report.passed, [finding.code for finding in report.errors]
