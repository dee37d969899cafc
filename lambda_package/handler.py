"""The Lambda handler: one event in, one result per sample out, whatever the samples contain.

A Lambda that raises loses every sample of the batch, and AWS does not say whether the training job survives it. So
here, and only here, everything that a grader may throw is caught, sample by sample: the sample gets the declared
fallback score and the metric `ungradable = 1`. Standard library only.
"""

from __future__ import annotations

import logging
import math
import signal
import threading
import time
import traceback
from _signal import getsignal  # type: ignore[import-not-found]  # that of `signal` looks for an enum first: 20 x as long
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from lambda_package.wire import Item, Request, ResponseShape, Result, parse_event, render
from rewards.errors import UngradableError
from rewards.reward_tree import Signal, columns_of, numbers_of, score_of, signals_in, signals_of
from rewards.types import JSON, Reward, Rollout

if TYPE_CHECKING:
    from lambda_package.protocols import Apart, Context, Prepare

_log = logging.getLogger(__name__)

UNGRADABLE, TIMED_OUT = "ungradable", "timed_out"
_OURS = (Signal(UNGRADABLE, "Metric"), Signal(TIMED_OUT, "Metric"))
_MARGIN_SHARE, _MARGIN_MAX_S = 0.1, 1.0  # of the remaining time, kept for writing the response
_PREPARE_SHARE = 0.8  # of the remaining time, that preparing may take at most
_LOGGED_IDS = 10


@dataclass(frozen=True, slots=True)
class Handler:
    """A reward as a Lambda handler. Make it with `handler_for`."""

    reward: Reward
    signals: tuple[Signal, ...]
    fallback: float
    envelope: bool
    prepare: Prepare | None = None
    apart: Apart[Outcome] | None = None

    @property
    def columns(self) -> tuple[Signal, ...]:
        """What is reported of every sample, in this order."""
        return (*columns_of(self.signals), *_OURS)

    def __call__(self, event: Any, context: Any = None) -> JSON:
        """Grade every sample of `event`: same ids and order, finite scores, constant metric names. Never raises."""
        deadline_s = _deadline_s(context)
        request = parse_event(event)
        if self.envelope and request.shape is ResponseShape.LIST:
            request = Request(request.items, ResponseShape.ENVELOPE)
        with nullcontext() if math.isinf(deadline_s) else _interruptible():
            _prepare(self, request.items, deadline_s)
            outcomes = list(_outcomes(self, request.items, deadline_s))
        _log_failures(outcomes)
        return render(request, [outcome.result for outcome in outcomes], self.columns)


def handler_for(
    reward: Reward,
    *,
    fallback: float = 0.0,
    envelope: bool = False,
    prepare: Prepare | None = None,
    apart: Apart[Outcome] | None = None,
) -> Handler:
    """`lambda_handler` for `reward`, for every service that calls a grader.

    `fallback` is the score of a sample that cannot be judged or was not reached in time. `envelope` answers every list
    of samples as `{"statusCode": 200, "body": ...}`, which serverless jobs on open-weight models require. `prepare`
    sees all rollouts of a batch before they are judged one by one: `rewards.prefetch` lets judges ask their model in
    parallel, without which 128 questions of 2 s would take four minutes. `apart` grades in another process, where code
    that never looks for signals, or crashes, costs one sample: `lambda_package.apart.outcomes_apart`.

    >>> from rewards.types import Score
    >>> handler = handler_for(lambda sample, completion: Score(float(completion.text == sample.reference)))
    >>> handler([{"id": "a", "messages": [{"role": "assistant", "content": "4"}], "reference_answer": "4"}])[0]["id"]
    'a'
    """
    if not math.isfinite(fallback):
        raise ValueError(f"fallback must be a finite number, got {fallback!r}; 0.0 is the usual choice")
    return Handler(reward, signals_of(reward), float(fallback), envelope, prepare, apart)


class Outcome(NamedTuple):
    """The result of one sample; `problem` and `trace` say why it is the fallback."""

    result: Result
    problem: str = ""
    trace: str = ""
    timed_out: bool = False


class _OutOfTime(BaseException):
    """Raised by the alarm. Not an `Exception`, so that no `except Exception` in a grader swallows it."""


def _outcomes(handler: Handler, items: Sequence[Item], deadline_s: float) -> Iterator[Outcome]:
    endless, can_interrupt = math.isinf(deadline_s), _can_interrupt()

    def budget_s(index: int) -> float:
        return math.inf if endless else _share_s(deadline_s, len(items) - index)

    def grade(index: int) -> Outcome:
        return _grade(handler, items[index], budget_s(index), timed=can_interrupt and not endless)

    def lost(index: int, problem: str, *, timed_out: bool) -> Outcome:
        return _fallen_back(handler, items[index], problem, timed_out=timed_out)

    def grade_apart(index: int) -> Outcome:
        _watch_the_processor()
        return grade(index)

    # Another thread could hold a lock that a fork would wait for.
    alone = can_interrupt and threading.active_count() == 1
    if handler.apart is None or endless or not alone:
        return map(grade, range(len(items)))
    return handler.apart(grade_apart, lost, budget_s, len(items))


def _prepare(handler: Handler, items: Sequence[Item], deadline_s: float) -> None:
    """What goes wrong here goes wrong again, and is told, where the sample is judged."""
    budget_s = _PREPARE_SHARE * _share_s(deadline_s, 1)
    if handler.prepare is None or budget_s <= 0:
        return
    timed = _can_interrupt() and not math.isinf(budget_s)
    try:
        try:
            _arm(budget_s, timed)
            handler.prepare(handler.reward, [item.rollout for item in items if item.rollout is not None])
        finally:
            _disarm(timed)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  no sample is lost by a failure to be early
        _log.warning("preparing the batch failed: %s", _ascii(_line(error)))


def _grade(handler: Handler, item: Item, budget_s: float, *, timed: bool) -> Outcome:
    if item.rollout is None:
        return _fallen_back(handler, item, item.problem)
    if budget_s <= 0:
        return _fallen_back(handler, item, "not reached in time", timed_out=True)
    try:
        try:
            _arm(budget_s, timed)
            return Outcome(_graded(handler, item.id, item.rollout))
        finally:
            _disarm(timed)
    except KeyboardInterrupt:
        raise
    except _OutOfTime:
        return _fallen_back(handler, item, f"stopped after {budget_s:.3g} s", timed_out=True)
    except UngradableError as error:
        return _fallen_back(handler, item, _line(error))
    except BaseException as error:  # noqa: BLE001  sys.exit in a grader would end the runtime and lose the batch
        return _fallen_back(handler, item, _line(error), trace=_ascii("".join(traceback.format_exception(error))))


def _graded(handler: Handler, item_id: str | int, rollout: Rollout) -> Result:
    score = score_of(handler.reward, rollout.sample, rollout.completion)
    value = float(score.value)
    if not math.isfinite(value):
        raise ValueError(f"the reward returned {value!r}, which is not a finite score")
    return Result(item_id, value, [*numbers_of(handler.signals, signals_in(score)), 0.0, 0.0])


def _fallen_back(handler: Handler, item: Item, problem: str, *, timed_out: bool = False, trace: str = "") -> Outcome:
    numbers = [*numbers_of(handler.signals, {}), 1.0, float(timed_out)]
    result = Result(item.id, handler.fallback, numbers)
    return Outcome(result, f"{item.id!a:.80}: {_ascii(problem):.200}", trace, timed_out)


def _deadline_s(context: Context | Any) -> float:
    """When to stop grading, on the monotonic clock; infinite without a Lambda context (AWS's verifiers pass `{}`)."""
    remaining_ms = getattr(context, "get_remaining_time_in_millis", None)
    if remaining_ms is None:
        return math.inf
    remaining_s = float(remaining_ms()) / 1000
    return time.monotonic() + remaining_s - min(_MARGIN_MAX_S, _MARGIN_SHARE * remaining_s)


def _share_s(deadline_s: float, samples_left: int) -> float:
    """What one sample may take so that its neighbours get as much: the time left over the samples left."""
    return (deadline_s - time.monotonic()) / samples_left


class _Watch:
    """When the sample being graded has to be done, on the monotonic clock."""

    deadline_s = math.inf


_RECHECK_S = 0.02  # of processor time, between two looks at the clock; a small function gets a third of a processor


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let two timers interrupt the grader. Only the main thread can, and there awslambdaric runs every handler.

    The alarm clock ends what sleeps or waits, and belongs to the grader where it has an alarm of its own. The timer of
    processor time ends what computes: `signal.alarm(0)` in a grader does not switch it off.
    """
    if not _can_interrupt():
        yield
        return
    signals = (signal.SIGALRM, signal.SIGPROF)
    previous = [signal.signal(number, _raise_when_late) for number in signals]
    _watch_the_processor()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in zip(signals, previous, strict=True):
            signal.signal(number, handler or signal.SIG_DFL)  # None: it was set by something other than Python


def _watch_the_processor() -> None:
    """Start the timer of processor time. It goes on by itself, for all samples, and no fork inherits it."""
    signal.setitimer(signal.ITIMER_PROF, _RECHECK_S, _RECHECK_S)


def _arm(budget_s: float, timed: bool) -> None:
    """Raise `_OutOfTime` in `budget_s`; it stops `re`, `json`, big integers; not C code that never returns.

    No context manager, no disarming of what is armed again at once, one call of the system: each takes longer than a
    small reward.
    """
    if not timed:
        return
    _Watch.deadline_s = time.monotonic() + budget_s
    signal.setitimer(signal.ITIMER_REAL, budget_s)


def _disarm(timed: bool) -> None:
    """Let a late alarm of ours pass, and put it back where a grader set one; `_interruptible` ends the timers."""
    if not timed:
        return
    _Watch.deadline_s = math.inf
    if getsignal(signal.SIGALRM) is not _raise_when_late:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, _raise_when_late)


def _can_interrupt() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def _raise_when_late(signum: int, frame: FrameType | None) -> None:
    """Threads add up in processor time, so the clock decides; an alarm that the grader set for itself ends it too."""
    late = time.monotonic() >= _Watch.deadline_s
    if late or (signum == signal.SIGALRM and not math.isinf(_Watch.deadline_s)):
        raise _OutOfTime


def _line(error: BaseException) -> str:
    """Type and message of `error`, also where its own `__str__` raises."""
    return traceback.format_exception_only(error)[-1].strip()


def _ascii(text: str) -> str:
    """An exception may quote model text, and a lone surrogate must not reach the log stream."""
    return text.encode("ascii", "backslashreplace").decode()


def _log_failures(outcomes: list[Outcome]) -> None:
    """One log line per batch with the first ids, and the first traceback: a bad data set must not flood the log."""
    problems = [outcome.problem for outcome in outcomes if outcome.problem]
    if not problems:
        return
    shown = "; ".join(problems[:_LOGGED_IDS])
    _log.warning("%d of %d samples got the fallback score: %s", len(problems), len(outcomes), shown)
    trace = next((outcome.trace for outcome in outcomes if outcome.trace), "")
    if trace:
        _log.error("first error raised by the grader:\n%s", trace)
