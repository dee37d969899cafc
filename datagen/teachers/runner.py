"""Concurrent teacher requests with retries, a cost limit and a durable response cache."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from queue import Empty, SimpleQueue
from random import Random
from threading import Event
from typing import TypeAlias

from datagen.errors import BusyError, RefusedError, TeacherError
from datagen.teachers import Teacher
from datagen.teachers.journal import Journal, Usage
from datagen.teachers.pace import Pace
from datagen.tokens import estimate
from datagen.types import Answer, Request

_LOOK_S = 0.5  # how long a wait goes on before signals are looked at again

log = logging.getLogger(__name__)
Progress: TypeAlias = Callable[[int, int], None]  # is told how many are done, of how many


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """Dollars for so many tokens.

        >>> Price(0.8, 3.2).of(1_000_000, 500_000)
        2.4
        """
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class Patience:
    """Concurrency, retries and cost limit.

    A busy teacher is asked up to `attempts` times with growing pauses, and never faster than `pace`. The run stops when
    `refusals` requests in a row are refused, when of the last `window` requests more than `failing` failed, or when
    `max_cost_usd` is reached. `sleep` is for tests: without it a pause ends when the run stops.
    """

    workers: int = 8
    attempts: int = 8
    refusals: int = 3
    window: int = 100
    failing: float = 0.2
    price: Price | None = None
    max_cost_usd: float | None = None
    pace: Pace | None = None
    sleep: Callable[[float], object] | None = None


@dataclass(slots=True)
class Asked:
    """Totals of one round of requests."""

    answered: int = 0
    from_journal: int = 0
    failed: int = 0
    reasons: dict[str, str] = field(default_factory=dict)


def ask(
    teacher: Teacher,
    requests: Sequence[Request],
    journal: Journal,
    patience: Patience,
    *,
    before: Sequence[Request] = (),
    progress: Progress | None = None,
) -> Asked:
    """Fill the journal with the replies to `requests`; those it holds are not sent again.

    A request that fails for good is recorded and the rest goes on. Raises `TeacherError` where going on makes no sense;
    whatever had been asked by then is in the journal, as after Ctrl-C. The limit of cost counts `requests` and those
    asked `before` them for the same data set. `progress` is told how many are done, of how many.
    """
    keys = {request.key(teacher.identity): request for request in requests}
    missing = [key for key in keys if journal.answer(key) is None]
    kept = _Kept(journal, keys, patience, progress)
    kept.guard.count(journal.usage({*keys, *(request.key(teacher.identity) for request in before)}))
    kept.asked.from_journal = len(keys) - len(missing)
    stopping = Event()
    with ThreadPoolExecutor(patience.workers) as pool:
        try:
            for key in missing:
                while kept.under_way and not kept.guard.affords(kept.under_way + 1):
                    kept.keep_next()  # those under way may use up what is left
                kept.guard.check()
                kept.under_way += 1
                pool.submit(kept.run, partial(_patiently, teacher, keys[key], key, patience, stopping), key)
                if kept.under_way == (patience.workers if kept.guard.seen else 1):  # the first request goes alone
                    kept.keep_next()
            while kept.under_way:
                kept.keep_next()
        except BaseException:  # also Ctrl-C: no new attempts, but what is under way is paid for
            stopping.set()
            raise
        finally:
            pool.shutdown(wait=True)
            kept.keep_rest()
    return kept.asked


class _Kept:
    """The calls under way, and what becomes of those that are done: stored first, then counted and judged.

    A call puts its own outcome into the queue, so that none is lost wherever Ctrl-C meets the thread that stores them.
    """

    def __init__(
        self, journal: Journal, keys: Mapping[str, Request], patience: Patience, progress: Progress | None
    ) -> None:
        self.under_way = 0
        self.asked = Asked()
        self.guard = _Guard(patience)
        self._done: SimpleQueue[tuple[str, Answer | BaseException]] = SimpleQueue()
        self._journal = journal
        self._keys = keys
        self._progress = progress

    def run(self, call: Callable[[], Answer | TeacherError], key: str) -> None:
        """Make the call, in a thread of its own."""
        try:
            self._done.put((key, call()))
        except BaseException as error:  # noqa: BLE001 -- a bug of the teacher: raised where outcomes are read
            self._done.put((key, error))

    def keep_next(self) -> None:
        """Wait until a call is done, and keep it; a bug of the teacher is raised."""
        key, outcome = self._wait()
        self.under_way -= 1
        if not isinstance(outcome, Answer | TeacherError):
            raise outcome
        self._store(key, outcome)
        self.guard.note(outcome)
        if self._progress:
            asked = self.asked
            self._progress(asked.from_journal + asked.answered + asked.failed, len(self._keys))

    def _wait(self) -> tuple[str, Answer | BaseException]:
        """What is done next. A Ctrl-C that comes between Python's look at its signals and the wait does not end it."""
        while True:
            with contextlib.suppress(Empty):
                return self._done.get(timeout=_LOOK_S)

    def keep_rest(self) -> None:
        """Keep what else is done, once no call is under way any more."""
        while not self._done.empty():
            key, outcome = self._done.get()
            if isinstance(outcome, Answer | TeacherError):
                self._store(key, outcome)

    def _store(self, key: str, outcome: Answer | TeacherError) -> None:
        if isinstance(outcome, Answer):
            self._journal.store(key, self._keys[key], outcome)
            self.guard.count(Usage(1, outcome.input_tokens, outcome.output_tokens))
            self.asked.answered += 1
        else:
            self._journal.store_failure(key, self._keys[key], str(outcome), outcome.raw)
            self.asked.failed += 1
            self.asked.reasons[key] = str(outcome)


class _Guard:
    """Watches the outcomes and decides when going on would only cost money."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._recent: deque[bool] = deque(maxlen=patience.window)
        self._refused = 0
        self._stop = ""
        self._used = Usage(0, 0, 0)
        self.seen = 0

    def count(self, usage: Usage) -> None:
        """So many calls and tokens more, which were paid for."""
        self._used = Usage(*map(sum, zip(self._used, usage, strict=True)))

    def affords(self, calls: int) -> bool:
        """Whether so many calls fit into what is left, if they cost what the others did; `check` has the last word."""
        limit, spent = self._patience.max_cost_usd, self._spent()
        return limit is None or not self._used.calls or spent + calls * spent / self._used.calls <= limit

    def _spent(self) -> float:
        price = self._patience.price
        return price.of(self._used.input_tokens, self._used.output_tokens) if price else 0.0

    def note(self, outcome: Answer | TeacherError) -> None:
        """One more outcome; `allows_more` is asked afterwards."""
        self.seen += 1
        self._recent.append(isinstance(outcome, TeacherError))
        self._refused = self._refused + 1 if isinstance(outcome, RefusedError) else 0
        if self.seen == 1 and self._refused:
            self._stop = f"the first request, sent alone to see whether any works, was refused: {outcome}"
        elif self._refused >= self._patience.refusals:
            self._stop = f"{self._refused} requests in a row were refused, the last with: {outcome}"
        elif len(self._recent) == self._patience.window and self._share() > self._patience.failing:
            self._stop = f"{self._share():.0%} of the last {self._patience.window} requests failed, the last: {outcome}"

    def check(self) -> None:
        """Raise `TeacherError` where the run has to stop."""
        if self._stop:
            raise TeacherError(f"stopped: {self._stop}; replies so far are kept, and a rerun resumes")
        limit, spent = self._patience.max_cost_usd, self._spent()
        if limit is not None and spent >= limit:
            raise TeacherError(f"stopped: ${spent:.2f} spent of at most ${limit:.2f}; replies so far are kept")

    def _share(self) -> float:
        return sum(self._recent) / len(self._recent)


def _patiently(
    teacher: Teacher, request: Request, key: str, patience: Patience, stopping: Event
) -> Answer | TeacherError:
    """The answer, or why there is none; a bug in the teacher is not caught."""
    rng = Random(f"{key}/pauses")
    pause = patience.sleep or stopping.wait
    if stopping.is_set():
        return BusyError("not asked: the run was stopped")
    for attempt in range(1, patience.attempts + 1):
        try:
            return _in_pace(teacher, request, patience.pace, pause, stopping)
        except BusyError as error:
            if attempt == patience.attempts or stopping.is_set():
                return error
            pause_s = max(error.wait_s, min(60.0, 2.0**attempt) * rng.uniform(0.5, 1.0))
            log.debug("request %s, attempt %d: %s; again in %.1f s", key, attempt, error, pause_s)
            pause(pause_s)
            if stopping.is_set():
                return error
        except TeacherError as error:
            return error
    raise AssertionError("the last attempt returns")


def _in_pace(
    teacher: Teacher, request: Request, pace: Pace | None, pause: Callable[[float], object], stopping: Event
) -> Answer:
    if pace is None:
        return counted(teacher(request), request)
    tokens = _expected_tokens(request)
    while (place := pace.take(tokens)).wait_s:
        pause(place.wait_s)
        if stopping.is_set():
            raise BusyError("not asked: the run was stopped")
    answer = counted(teacher(request), request)
    pace.settle(place, answer.input_tokens + answer.output_tokens)
    return answer


def _expected_tokens(request: Request) -> int:
    """Tokens in and out; the answer is taken to be as long as the question, and no longer than it may be."""
    asked = estimate(request.system + request.prompt).mid
    return asked + min(asked, request.max_tokens)


def counted(answer: Answer, request: Request) -> Answer:
    """The answer with tokens at the high end of the estimate where its teacher reports none, so that limits hold."""
    if answer.input_tokens or answer.output_tokens or not request.prompt:
        return answer
    asked = estimate(request.system + request.prompt).high
    return replace(answer, input_tokens=asked, output_tokens=estimate(answer.text).high)
