import logging
import math
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from lambda_package.handler import handler_for
from rewards.errors import UngradableError
from rewards.types import Completion, Sample, Score


class Remaining:
    """A Lambda context with a fixed time left."""

    def __init__(self, milliseconds: int):
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def batch(*texts: str) -> list[Any]:
    return [{"id": text, "messages": [{"role": "assistant", "content": text}]} for text in texts]


def length(sample: Sample, completion: Completion, /) -> Score:
    return Score(1.0, metrics={"length": float(len(completion.text))})


length.metric_names = ("length",)  # type: ignore[attr-defined]  functions carry attributes


def value_of(result: Any, name: str) -> float:
    return next(metric["value"] for metric in result["metrics_list"] if metric["name"] == name)


def raising(error: BaseException) -> Any:
    def reward(sample: Sample, completion: Completion, /) -> Score:
        if completion.text == "bad":
            raise error
        return Score(1.0)

    return reward


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    "error",
    [UngradableError("no gold"), ValueError("bug"), SystemExit(1), GeneratorExit(), MemoryError(), UnprintableError()],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_reward_raises_costs_one_sample_the_fallback(error: BaseException):
    handler = handler_for(raising(error), fallback=-0.5)
    good, bad, last = handler(batch("good", "bad", "last"))
    assert [good["aggregate_reward_score"], last["aggregate_reward_score"]] == [1.0, 1.0]
    assert bad["aggregate_reward_score"] == -0.5
    assert [value_of(result, "ungradable") for result in (good, bad, last)] == [0.0, 1.0, 0.0]


def test_an_interrupt_from_the_keyboard_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        handler_for(raising(KeyboardInterrupt()))(batch("bad"))


def test_samples_that_are_not_reached_are_marked_timed_out():
    results = handler_for(length)(batch("a", "b"), Remaining(0))
    assert [value_of(result, "timed_out") for result in results] == [1.0, 1.0]
    assert [value_of(result, "ungradable") for result in results] == [1.0, 1.0]


def test_a_reward_that_never_ends_is_stopped_and_its_neighbours_are_graded():
    def spin(sample: Sample, completion: Completion, /) -> Score:
        while completion.text == "spin":
            try:
                sum(range(100))
            except Exception:  # noqa: BLE001  the reward of somebody careless must not swallow the alarm
                continue
        return Score(1.0)

    first, second = handler_for(spin)(batch("spin", "b"), Remaining(1000))
    assert (value_of(first, "timed_out"), value_of(second, "timed_out")) == (1.0, 0.0)
    assert second["aggregate_reward_score"] == 1.0


def test_without_a_lambda_context_there_is_no_deadline():
    assert value_of(handler_for(length)(batch("abc"), {})[0], "length") == 3.0


def test_the_handler_works_outside_the_main_thread_where_no_alarm_can_ring():
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.extend(handler_for(length)(batch("abc"), Remaining(1000))))
    thread.start()
    thread.join()
    assert value_of(results[0], "length") == 3.0


def test_metric_names_are_the_same_for_a_graded_and_an_ungradable_sample():
    graded, unread = handler_for(length)([*batch("a"), {"id": "no messages"}])
    names = ["length", "length/measured", "ungradable", "timed_out"]
    assert [metric["name"] for metric in graded["metrics_list"]] == names
    assert [metric["name"] for metric in unread["metrics_list"]] == names


def test_a_metric_that_was_not_measured_is_sent_as_0_and_marked_as_not_measured():
    def boxes(sample: Sample, completion: Completion, /) -> Score:
        return Score(0.0, metrics={"boxes": None if completion.text == "?" else 0.0})

    boxes.metric_names = ("boxes",)  # type: ignore[attr-defined]  # functions carry attributes
    results = handler_for(boxes)([*batch("[]", "?"), {"id": "no messages"}])
    assert [value_of(result, "boxes") for result in results] == [0, 0, 0]
    assert [value_of(result, "boxes/measured") for result in results] == [1, 0, 0]


def test_metrics_that_were_not_declared_are_left_out():
    def surprising(sample: Sample, completion: Completion, /) -> Score:
        return Score(1.0, metrics={completion.text: 1.0})

    (result,) = handler_for(surprising)(batch("model wrote this"))
    assert [metric["name"] for metric in result["metrics_list"]] == ["ungradable", "timed_out"]


def test_a_reward_that_returns_a_number_instead_of_a_score_is_a_bug_not_a_grade():
    (result,) = handler_for(lambda sample, completion: 1.0)(batch("a"))  # type: ignore[arg-type, return-value]  on purpose
    assert value_of(result, "ungradable") == 1.0


def test_open_weight_jobs_get_an_envelope_for_a_bare_list():
    answer = handler_for(length, envelope=True)(batch("a"))
    assert answer["statusCode"] == 200


@pytest.mark.parametrize("fallback", [math.nan, math.inf])
def test_a_fallback_that_is_not_finite_is_refused(fallback: float):
    with pytest.raises(ValueError, match="finite"):
        handler_for(length, fallback=fallback)


def test_failures_are_logged_once_per_batch_in_ascii(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        handler_for(raising(ValueError("\ud800")))(batch("bad", "bad", "good"))
    summary, trace = [record.getMessage() for record in caplog.records]
    assert summary.startswith("2 of 3 samples got the fallback score")
    assert trace.isascii()


def test_a_batch_is_prepared_before_it_is_judged():
    seen: list[str] = []
    handler = handler_for(length, prepare=lambda reward, rollouts: seen.extend(r.completion.text for r in rollouts))
    handler([*batch("a", "b"), {"id": "unreadable"}])
    assert seen == ["a", "b"]


@pytest.mark.parametrize("error", [ValueError("throttled"), SystemExit(1)], ids=lambda error: type(error).__name__)
def test_a_preparation_that_fails_costs_no_sample(error: BaseException, caplog: pytest.LogCaptureFixture):
    def prepare(reward: object, rollouts: object) -> None:
        raise error

    (result,) = handler_for(length, prepare=prepare)(batch("abc"))
    assert value_of(result, "length") == 3.0
    assert "preparing the batch failed" in caplog.text


def test_a_preparation_that_never_ends_leaves_time_for_the_samples():
    def prepare(reward: object, rollouts: object) -> None:
        while True:
            pass

    (result,) = handler_for(length, prepare=prepare)(batch("abc"), Remaining(1000))
    assert value_of(result, "timed_out") == 0.0


def meddling(meddle: Callable[[], object]) -> Any:
    """A reward that first does something to the timers, then never ends on the text `loop`."""

    def reward(sample: Sample, completion: Completion, /) -> Score:
        meddle()
        while completion.text == "loop":
            pass
        return Score(1.0)

    return reward


@pytest.mark.parametrize(
    "meddle",
    [
        lambda: (signal.alarm(5), signal.alarm(0)),
        lambda: signal.setitimer(signal.ITIMER_REAL, 0),
        lambda: signal.signal(signal.SIGALRM, signal.SIG_IGN),
        lambda: signal.signal(signal.SIGALRM, lambda *_: None),
    ],
    ids=["alarm off", "timer off", "ignored", "its own handler"],
)
def test_a_reward_that_plays_with_the_alarm_keeps_its_deadline(meddle: Callable[[], object]):
    before = signal.getsignal(signal.SIGALRM)
    results = handler_for(meddling(meddle))(batch("a", "loop", "b"), Remaining(900))
    assert [value_of(result, "timed_out") for result in results] == [0.0, 1.0, 0.0]
    assert [result["aggregate_reward_score"] for result in results] == [1.0, 0.0, 1.0]
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_a_sample_that_sleeps_after_another_that_took_the_alarm_is_still_ended():
    def reward(sample: Sample, completion: Completion, /) -> Score:
        if completion.text == "takes":
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
        if completion.text == "sleeps":
            threading.Event().wait(60)
        return Score(1.0)

    results = handler_for(reward)(batch("takes", "sleeps", "last"), Remaining(900))
    assert [value_of(result, "timed_out") for result in results] == [0.0, 1.0, 0.0]


def test_a_sample_costs_one_call_of_the_system(monkeypatch: pytest.MonkeyPatch):
    """Beside a reward of 50 microseconds, each setting of a timer shows."""
    calls: list[int] = []
    real = signal.setitimer

    def counted(which: int, *seconds: float) -> tuple[float, float]:
        calls.append(which)
        return real(which, *seconds)

    monkeypatch.setattr(signal, "setitimer", counted)
    handler_for(length)(batch(*map(str, range(50))), Remaining(60_000))
    assert calls.count(signal.ITIMER_REAL) == 50 + 1  # and once at the end
    assert calls.count(signal.ITIMER_PROF) == 2
    assert real(signal.ITIMER_PROF, 0) == real(signal.ITIMER_REAL, 0) == (0.0, 0.0)
