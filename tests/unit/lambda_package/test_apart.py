"""A sample that hangs where no alarm reaches it, or crashes, costs itself and nobody else."""

import contextlib
import ctypes
import faulthandler
import itertools
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_package.apart import outcomes_apart
from lambda_package.handler import Handler, Outcome, handler_for
from lambda_package.packaging.build import build
from lambda_package.runtime import Runtime
from lambda_package.wire import Result
from rewards.types import Completion, Sample, Score
from tests.unit.lambda_package.test_handler import Remaining, batch, value_of

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that other tests left idle hold no lock; without a fork, what hangs here would hang us."""
    monkeypatch.setattr("lambda_package.handler.threading.active_count", lambda: 1)


def that(does: Callable[[], object]) -> Any:
    """A reward that does something bad on the text `bad`, and 1 else."""

    def reward(sample: Sample, completion: Completion, /) -> Score:
        if completion.text == "bad":
            does()
        return Score(1.0)

    return reward


def runaway_threads() -> None:
    for _ in range(4):
        threading.Thread(target=lambda: [None for _ in itertools.repeat(None)], daemon=True).start()
    while True:
        pass


def apart(reward: Any) -> Handler:
    return handler_for(reward, apart=outcomes_apart)


HANGS = {
    "a sum without end": lambda: sum(itertools.repeat(1)),
    "all of no end": lambda: all(itertools.repeat(True)),
    "a pattern that backtracks": lambda: re.match(r"(a+)+$", "a" * 40 + "b"),
    "a decimal of a million digits": lambda: int(__import__("decimal").Decimal("1e100000000")),
    "threads that never end": runaway_threads,
    "signals blocked": lambda: (
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()),
        sum(itertools.repeat(1)),
    ),
}
CRASHES = {
    "an exit": lambda: os._exit(3),
    "a segmentation fault": lambda: (faulthandler.disable(), ctypes.string_at(0)),
    "a kill of itself": lambda: os.kill(os.getpid(), signal.SIGKILL),
}


@pytest.mark.parametrize("hang", HANGS.values(), ids=HANGS)
def test_a_sample_that_hangs_costs_only_itself(hang: Callable[[], object]):
    results = apart(that(hang))(batch("a", "bad", "b", "bad", "c"), Remaining(1500))
    assert [value_of(result, "timed_out") for result in results] == [0.0, 1.0, 0.0, 1.0, 0.0]
    assert [result["aggregate_reward_score"] for result in results] == [1.0, 0.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES)
def test_a_sample_that_crashes_costs_only_itself(crash: Callable[[], object], caplog: pytest.LogCaptureFixture):
    results = apart(that(crash))(batch("a", "bad", "b"), Remaining(60_000))
    assert [value_of(result, "ungradable") for result in results] == [0.0, 1.0, 0.0]
    assert value_of(results[1], "timed_out") == 0.0
    assert "the process ended" in caplog.text


def test_samples_of_a_batch_share_their_state_and_batches_do_not():
    seen: list[str] = []

    def reward(sample: Sample, completion: Completion, /) -> Score:
        seen.append(completion.text)
        return Score(1 / len(seen))

    handler = apart(reward)
    for _ in range(2):
        assert [r["aggregate_reward_score"] for r in handler(batch("a", "b"), Remaining(60_000))] == [1.0, 0.5]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from rewards import json_parse, weighted\nreward = weighted({'json': (json_parse(), 1.0)})\n", False),
        ("from rewards import Score\nreward = lambda sample, completion: Score(1.0)\n", True),
        ("from rewards import json_parse\nimport helpers\nreward = json_parse()\n", True),
    ],
    ids=["of ours alone", "a function", "a helper with a function"],
)
def test_only_code_of_the_user_s_own_is_graded_apart(tmp_path: Path, code: str, expected: bool):
    (tmp_path / "reward.py").write_text(code)
    (tmp_path / "helpers.py").write_text("def half(): return 0.5\n")
    files = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip").files
    assert ("lambda_package/apart.py" in files) is expected


def test_what_a_sample_prints_is_written_once(capfd: pytest.CaptureFixture[str]):
    sys.stdout.write("before ")
    apart(that(lambda: sys.stdout.write("of the sample")))(batch("bad", "a"), Remaining(60_000))
    sys.stdout.flush()
    assert capfd.readouterr().out == "before of the sample"


def test_no_process_and_no_descriptor_is_left():
    before = descriptors(), children()  # other tests may have left processes of theirs
    apart(that(lambda: os._exit(1)))(batch("bad", "a", "bad"), Remaining(60_000))
    assert (descriptors(), children()) == before


def children() -> set[str]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat") if sys.platform == "linux" else ():
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.add(stat.parent.name)
    return found


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["fine", "crash", "stopped"]), max_size=6))
def test_each_sample_has_its_outcome_in_order_whatever_the_others_do(kinds: list[str]):
    def grade(index: int) -> Outcome:
        if kinds[index] == "crash":
            os._exit(9)
        return outcome(index, timed_out=kinds[index] == "stopped")

    def lost(index: int, problem: str, *, timed_out: bool) -> Outcome:
        assert not timed_out
        return Outcome(Result(index, 0.0), problem)

    found = list(outcomes_apart(grade, lost, lambda index: 60.0, len(kinds)))
    assert [each.result.id for each in found] == list(range(len(kinds)))
    assert [each.problem for each in found] == [
        "the process ended with status 9" if k == "crash" else "" for k in kinds
    ]


def outcome(index: int, *, timed_out: bool) -> Outcome:
    return Outcome(Result(index, 1.0), timed_out=timed_out)


LOOPS = """
import itertools, os, threading
from rewards.types import Score
def reward(sample, completion):
    if completion.text == "loop": sum(itertools.repeat(1))
    if completion.text == "exit": os._exit(1)
    return Score(1.0)
"""


def test_in_lambda_a_loop_in_c_and_an_exit_cost_themselves_and_the_function_stays_warm(tmp_path: Path):
    (tmp_path / "reward.py").write_text(LOOPS)
    package = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip")
    with Runtime(package.path, timeout_s=5) as runtime:
        invocation = runtime.invoke(batch("a", "loop", "b", "exit", "c"))
        again = runtime.invoke(batch("a"))
    assert invocation.error is None
    assert [result["aggregate_reward_score"] for result in invocation.payload] == [1.0, 0.0, 1.0, 0.0, 1.0]
    assert not again.cold
