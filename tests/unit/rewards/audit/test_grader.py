"""The seam: what a grader does wrong while it runs is a value, never an exception of ours."""

import json
import signal
import sys
from time import sleep
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.audit.grader import Context, Guard, InProcess, reply_of, undisturbed
from rewards.audit.rows.messages import final_turn, with_answer, written


def reply(handler, rows=({"id": "a"},)):
    return InProcess(handler, timeout_s=1.0).ask(list(rows))


def test_an_exception_is_a_fault_with_the_line_of_the_grader():
    def broken(event, context):
        return json.loads("{")

    fault = reply(broken).fault
    assert fault is not None
    assert fault.kind == "raised"
    assert fault.where.endswith("of test_grader.py")


def test_sys_exit_is_a_fault_of_its_own_kind():
    assert reply(lambda event, context: sys.exit(3)).fault.kind == "exited"


def test_a_handler_that_never_returns_is_stopped():
    def hangs(event, context):
        while True:
            pass

    fault = InProcess(hangs, timeout_s=0.05).ask([{}]).fault
    assert fault is not None
    assert fault.kind == "timed out"
    assert fault.where.endswith("of test_grader.py")  # where it hung, not the alarm


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this platform has no timers")
def test_a_grader_cannot_cancel_its_deadline():
    """As code with an alarm of its own does when that is over."""

    def cancels(event, context):
        signal.alarm(0)
        while True:
            pass

    before = [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGPROF)]
    fault = InProcess(cancels, timeout_s=0.05).ask([{}]).fault
    assert fault is not None
    assert fault.kind == "timed out"
    assert [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGPROF)] == before


def test_the_clock_of_a_grader_counts_sleep_and_no_waiting_for_a_core():
    with patch("rewards.audit.grader._waited_s", iter([1.0, 31.0]).__next__):
        start = undisturbed()
        with patch("rewards.audit.grader.time.perf_counter", lambda: start + 1.0 + 35.0):
            assert undisturbed() - start == pytest.approx(5.0)  # of 35 s, 30 waiting for a core


def test_a_grader_cannot_swallow_its_deadline():
    def stubborn(event, context):
        while True:
            try:
                while True:
                    pass
            except Exception:  # noqa: BLE001  this is what such a grader does
                continue

    fault = InProcess(stubborn, timeout_s=0.05).ask([{}]).fault
    assert fault is not None
    assert fault.kind == "timed out"


def test_a_bare_except_swallows_no_deadline():
    """As graders have it around an `eval`: what is raised to end them comes back as an ordinary score."""

    def swallows(event, context):
        try:
            while True:
                pass
        except:  # noqa: E722  this is what such a grader does
            return [{"id": "a", "aggregate_reward_score": 0.1}]

    fault = InProcess(swallows, timeout_s=0.05).ask([{}]).fault
    assert fault is not None
    assert fault.kind == "timed out"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this platform has no timers")
def test_a_grader_that_cancelled_an_alarm_once_cannot_sleep_past_its_deadline():
    """A timer of CPU time never ends one that waits; from the second call on another thread keeps the time."""

    def cancels(event, context):
        signal.alarm(0)
        if event[0].get("sleep"):
            sleep(20)
        return []

    grader = InProcess(cancels, timeout_s=0.2)
    assert grader.ask([{}]).fault is None
    fault = grader.ask([{"sleep": True}]).fault
    assert fault is not None
    assert fault.kind == "timed out"


def test_an_inner_guard_leaves_the_outer_deadline_standing():
    with Guard(0.05) as outer:
        with Guard(10.0):
            pass
        while True:
            pass
    assert outer.fault is not None
    assert outer.fault.kind == "timed out"


def test_ctrl_c_still_ends_the_audit():
    def interrupted(event, context):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reply(interrupted)


def test_a_changed_event_is_noticed_and_the_rows_of_the_audit_are_not_touched():
    rows = [{"id": "a", "messages": [1]}]

    def empties(event, context):
        event[0]["messages"].clear()
        return []

    assert reply(empties, rows).input_changed
    assert rows == [{"id": "a", "messages": [1]}]


def test_an_event_that_json_can_no_longer_write_counts_as_changed():
    def plants(event, context):
        event[0]["messages"] = {1, 2}
        return []

    assert reply(plants).input_changed


@pytest.mark.parametrize("answer", [{1, 2}, b"x", 1j, "\ud800", [object()]])
def test_what_lambda_cannot_write_is_a_fault(answer):
    fault = reply_of(answer, 0.0).fault
    assert fault is not None
    assert fault.kind == "unserialisable"


@given(st.recursive(st.none() | st.booleans() | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_a_json_reply_comes_back_as_it_was(answer):
    assert reply_of(answer, 0.0).payload == answer


def test_printing_does_not_reach_the_terminal(capsys):
    reply(lambda event, context: sys.stdout.write("debug"))
    assert capsys.readouterr().out == ""


def test_the_context_counts_down_to_zero():
    now = [0.0]
    context = Context(deadline=2.0, clock=lambda: now[0])
    assert context.get_remaining_time_in_millis() == 2000
    now[0] = 5.0
    assert context.get_remaining_time_in_millis() == 0


@pytest.mark.parametrize(
    ("content", "text"),
    [("4", "4"), ([{"type": "text", "text": "4"}, "5"], "45"), ({"text": "4"}, "4"), (None, ""), (7, "")],
)
def test_the_final_turn_is_read_in_every_shape(content, text):
    row = {"messages": [{"role": "user", "content": "?"}, {"role": "nova_assistant", "content": content}]}
    turns, turn = final_turn(row)
    assert (turns, written(turn).text) == ([{"role": "user", "content": "?"}], text)


def test_an_answered_row_ends_with_the_new_turn_and_keeps_no_gold():
    row = {
        "id": "a",
        "gold": "4",
        "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "4"}],
    }
    answered = with_answer(row, "5", "a/1")
    assert answered["messages"][1:] == [{"role": "assistant", "content": "5"}]
    assert "gold" not in answered
    assert answered["id"] == "a/1"
