"""The one seam of the audit: a grader takes Nova event rows and replies with what a Lambda would send back.

A function, a Reward, a zip, a deployed function: each becomes a `Grader`, and nothing beyond this file knows which.
What the grader does wrong while running (raise, exit, hang) is a value here, because finding it is our job.
"""

from __future__ import annotations

import json
import math
import signal
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import ClassVar, Literal, NamedTuple, Protocol, TypeAlias

from rewards.audit.coverage import Coverage, constants_of
from rewards.audit.quiet import quiet
from rewards.audit.rows.messages import Row
from rewards.parsing.tool_calls import NATIVE, CallFormat
from rewards.types import JSON

Handler: TypeAlias = Callable[[list[dict[str, JSON]], object], object]
Event: TypeAlias = Sequence[Row] | dict[str, JSON]
"""What one call sends: rows as a bare list, or an object around them or around one record."""
FaultKind: TypeAlias = Literal["raised", "exited", "timed out", "unserialisable", "refused"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no reply: what happened, in one line, and where in the grader if known."""

    kind: FaultKind
    message: str
    where: str = ""

    def __str__(self) -> str:
        what = self.message if self.kind == "unserialisable" else f"{self.kind}: {self.message}"
        return what + (f" ({self.where})" if self.where else "")


@dataclass(frozen=True, slots=True)
class Reply:
    """What one call gave: the payload after a trip through JSON, the seconds it took, and what went wrong.

    `cpu_s` is what it computed, which a busy machine does not stretch; None where that cannot be known.
    """

    payload: JSON
    seconds: float
    fault: Fault | None = None
    input_changed: bool = False
    cpu_s: float | None = None


class Grader(Protocol):
    """Anything that answers a list of event rows the way a reward Lambda does."""

    @property
    def name(self) -> str:
        """How the report calls it."""
        ...

    def ask(self, event: Event, /) -> Reply:
        """Grade the rows of `event`; never raises for what the grader did."""
        ...


class Step(NamedTuple):
    """One call under observation: its reply, and how many branches of the grader's own code it took first."""

    reply: Reply
    new: int


class Explorer(Protocol):
    """A grader whose own code can be watched while it grades."""

    def constants(self) -> list[str | float]:
        """The texts and numbers in the grader's own code, in the order of the code."""
        ...

    def steps(self, events: Sequence[Event], /) -> list[Step]:
        """One call for each event."""
        ...


def explorer_of(grader: Grader) -> Explorer | None:
    """The grader under observation; None for one whose code is out of reach."""
    explored = getattr(grader, "explored", None)
    explorer: Explorer | None = explored() if explored is not None else None
    return explorer


def sent(event: Event) -> JSON:
    """`event` as the JSON value that goes over the wire."""
    return event if isinstance(event, dict) else [dict(row) for row in event]


EARLY_S = 0.01  # by which a timer may come before the clock
AGAIN_S = 1.0  # until it is raised once more: one raised inside a weak reference's callback is lost


class DeadlineError(BaseException):
    """Raised into a grader that runs too long, with what is to be said; no `except Exception` can swallow it."""


class Guard:
    """Runs foreign code and keeps what it raised as a value, with a deadline where the platform has timers.

    Two timers run, of the clock and of CPU time: code under it that sets an alarm of its own, as `math_verify` does,
    cancels the first. Once code was seen to do so, another thread keeps the clock as well. What a busy machine makes
    this thread wait for a core puts the deadline off. A deadline that code swallows with a bare `except` is one too.

    >>> with Guard(timeout_s=1) as guard:
    ...     raise SystemExit(3)
    >>> str(guard.fault)
    'exited: SystemExit: 3 (line 2 of <doctest rewards.audit.grader.Guard[0]>)'
    """

    cancelled: ClassVar[bool] = False
    """Whether code under a guard of this process cancelled its alarm."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.fault: Fault | None = None
        self._watch: _Watch | None = None
        timed = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
        self._timers = ((signal.ITIMER_REAL, signal.SIGALRM), (signal.ITIMER_PROF, signal.SIGPROF)) if timed else ()

    def __enter__(self) -> Guard:
        self.fault = None
        self._outer = []
        self._raised = False
        self._due = undisturbed() + self.timeout_s
        for timer, number in self._timers:
            remaining = signal.setitimer(timer, self.timeout_s, AGAIN_S)
            self._outer.append((signal.signal(number, self._stop), remaining))
        if self._timers and Guard.cancelled:
            self._watch = _Watch(self.timeout_s)
        return self

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if undisturbed() >= self._due - EARLY_S:
            self._raised = True
            raise DeadlineError

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        self._due = math.inf  # nothing is raised from here on
        if self._watch is not None:
            self._watch.end()
        if self._timers and (signal.getsignal(signal.SIGALRM) != self._stop or not any(_left_of_alarm())):
            Guard.cancelled = True
        for (timer, number), (handler, remaining) in zip(self._timers, self._outer, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
            signal.setitimer(timer, *remaining)  # an outer guard's timer goes on where ours interrupted it
        if error is None and self._raised:
            self.fault = Fault(
                "timed out", f"no answer within {self.timeout_s:g} s, and a bare except that swallowed so"
            )
        if error is None or isinstance(error, KeyboardInterrupt):
            return False
        self.fault = _fault(error, self.timeout_s)
        return True


def _left_of_alarm() -> tuple[float, float]:
    """Seconds until the alarm of the clock, and those between two of them; zeros where it was cancelled."""
    return signal.getitimer(signal.ITIMER_REAL)


class _Watch:
    """A thread that sends the signal of a deadline to the main one, until it is ended."""

    def __init__(self, timeout_s: float) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait, args=(timeout_s,), daemon=True)
        self._thread.start()

    def _wait(self, timeout_s: float) -> None:
        while not self._over.wait(timeout_s):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGPROF)
            timeout_s = AGAIN_S

    def end(self) -> None:
        """No signal comes after this."""
        self._over.set()
        self._thread.join()


def _fault(error: BaseException, timeout_s: float) -> Fault:
    if isinstance(error, DeadlineError):
        return Fault("timed out", str(error) or f"no answer within {timeout_s:g} s", _where(error))
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Fault("exited" if isinstance(error, SystemExit) else "raised", message[:300], _where(error))


def _where(error: BaseException) -> str:
    """The innermost line that is neither the standard library's nor of this file: where to look first."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith((_STDLIB, __file__))] or frames
    return f"line {own[-1].lineno} of {own[-1].filename.rsplit('/', 1)[-1]}" if own else ""


_STDLIB = sysconfig.get_paths()["stdlib"]
_SCHEDSTAT = Path("/proc/thread-self/schedstat")


def undisturbed() -> float:
    """Seconds on a clock that stands still while this thread waits for a core, where Linux says how long it did.

    What a grader sleeps or waits for an answer counts, what a busy machine makes it wait does not.
    """
    return time.perf_counter() - _waited_s()


def _waited_s() -> float:
    try:
        _, waited_ns, _ = _SCHEDSTAT.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return 0.0
    return int(waited_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Context:
    """The Lambda context object a handler may ask for its deadline and its request."""

    deadline: float
    clock: Callable[[], float]
    function_name: str = "SageMaker-rft-audit"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 512
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:SageMaker-rft-audit"
    log_group_name: str = "/aws/lambda/SageMaker-rft-audit"
    log_stream_name: str = "audit"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the handler is stopped."""
        return max(0, int((self.deadline - self.clock()) * 1000))


@dataclass(frozen=True)
class InProcess:
    """A grader that is a Python handler `(event, context) -> results`, run here behind a JSON border.

    >>> def handler(event, context):
    ...     return [{"id": row["id"], "aggregate_reward_score": 1.0} for row in event]
    >>> InProcess(handler).ask([{"id": "7"}]).payload
    [{'id': '7', 'aggregate_reward_score': 1.0}]
    """

    handler: Handler
    name: str = "handler"
    timeout_s: float = 10.0
    clock: Callable[[], float] = field(default=undisturbed, compare=False)
    unchecked: tuple[str, ...] = ()
    """Places in the reward that look like a rule and are none, each with the reason."""
    hedged: tuple[str, ...] = ()
    """Combinators in the reward that can pay hedging though none of their parts does."""
    paying: tuple[str, ...] = ()
    """Components of the reward that can pay hedging by their own definition."""
    plan: CallFormat = NATIVE
    """Where the reward reads its calls from; a reference may lack what wraps them, an answer may not."""

    def ask(self, event: Event, /) -> Reply:
        """One call of the handler with its own copy of the event; what it prints in this thread is swallowed."""
        text = json.dumps(sent(event))
        copy = json.loads(text)
        guard = Guard(self.timeout_s)
        answer: object = None
        start, cpu = self.clock(), time.process_time()
        with quiet(), guard:
            answer = self.handler(copy, Context(start + self.timeout_s, self.clock))
        seconds, cpu_s = self.clock() - start, time.process_time() - cpu
        if guard.fault is not None:
            return Reply(None, seconds, guard.fault, cpu_s=cpu_s)
        return replace(reply_of(answer, seconds, input_changed=_is_changed(copy, text)), cpu_s=cpu_s)

    def explored(self) -> Explorer:
        """The handler under observation."""
        return _Watched(self, Coverage())


@dataclass(frozen=True)
class _Watched:
    grader: InProcess
    coverage: Coverage

    def constants(self) -> list[str | float]:
        return constants_of(self.grader.handler)

    def steps(self, events: Sequence[Event], /) -> list[Step]:
        return [self._step(event) for event in events]

    def _step(self, event: Event) -> Step:
        def handler(rows: list[dict[str, JSON]], context: object) -> object:
            return self.coverage.run(self.grader.handler, rows, context)

        self.coverage.new = 0
        reply = replace(self.grader, handler=handler).ask(event)
        return Step(reply, self.coverage.new)


def _is_changed(event: object, text: str) -> bool:
    guard = Guard(5.0)
    unchanged = False
    with guard:  # a handler may have put anything into the event, also what JSON cannot write
        unchanged = json.dumps(event) == text
    return not unchanged


def reply_of(answer: object, seconds: float, *, input_changed: bool = False) -> Reply:
    """The reply as it comes out of Lambda's own JSON encoder, which refuses what it cannot write."""
    guard = Guard(5.0)
    payload: JSON = None
    with guard:
        text = json.dumps(answer, ensure_ascii=False)
        text.encode()  # the runtime client writes UTF-8: a lone surrogate kills the process there
        payload = json.loads(text)
    if guard.fault is not None:
        fault = Fault("unserialisable", f"the reply cannot be written as JSON: {guard.fault.message}")
        return Reply(None, seconds, fault, input_changed)
    return Reply(payload, seconds, None, input_changed)
