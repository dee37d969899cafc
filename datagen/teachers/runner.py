"""Ask a teacher many questions: in parallel, patiently, within a budget, each answer kept the moment it arrives."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from random import Random
from threading import Event
from typing import TypeAlias

from datagen.errors import BusyError, RefusedError, TeacherError
from datagen.teachers import Teacher
from datagen.teachers.journal import Journal
from datagen.types import Answer, Request

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
    """How hard to try, and when to stop.

    A busy teacher is asked up to `attempts` times with growing pauses. The run stops when `refusals` requests in a row
    are refused, when of the last `window` requests more than `failing` failed, or when `max_cost_usd` is reached.
    """

    workers: int = 8
    attempts: int = 6
    refusals: int = 3
    window: int = 100
    failing: float = 0.2
    price: Price | None = None
    max_cost_usd: float | None = None
    sleep: Callable[[float], None] = time.sleep


@dataclass(slots=True)
class Asked:
    """What a round of questions came to."""

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
    progress: Progress | None = None,
) -> Asked:
    """Fill the journal with the answers to `requests`; those it has are not asked again.

    A request that fails for good is recorded and the rest goes on. Raises `TeacherError` where going on makes no sense;
    whatever had been asked by then is in the journal, as after Ctrl-C. `progress` is told how many are done, of how
    many.
    """
    keys = {request.key(teacher.identity): request for request in requests}
    missing = [key for key in keys if journal.answer(key) is None]
    kept = _Kept(journal, keys, patience, progress)
    kept.asked.from_journal = len(keys) - len(missing)
    stopping = Event()
    with ThreadPoolExecutor(patience.workers) as pool:
        try:
            for key in missing:
                kept.guard.check()
                kept.running[pool.submit(_patiently, teacher, keys[key], key, patience, stopping)] = key
                if len(kept.running) == (patience.workers if kept.guard.seen else 1):  # the first request goes alone
                    kept.keep_next()
        except BaseException:  # also Ctrl-C: no new attempts, but what is under way is paid for
            stopping.set()
            raise
        finally:
            while kept.running:
                kept.keep_next()
    return kept.asked


class _Kept:
    """The calls under way, and what becomes of those that are done: stored first, then counted and judged."""

    def __init__(
        self, journal: Journal, keys: Mapping[str, Request], patience: Patience, progress: Progress | None
    ) -> None:
        self.running: dict[Future[Answer | TeacherError], str] = {}
        self.asked = Asked()
        self.guard = _Guard(patience, journal)
        self._journal = journal
        self._keys = keys
        self._progress = progress

    def keep_next(self) -> None:
        """Wait until a call is done, and keep all that are; a bug of the teacher is raised."""
        for done in wait(self.running, return_when=FIRST_COMPLETED).done:
            key = self.running.pop(done)
            outcome = done.result()
            self._store(key, outcome)
            self.guard.note(outcome)
            if self._progress:
                asked = self.asked
                self._progress(asked.from_journal + asked.answered + asked.failed, len(self._keys))

    def _store(self, key: str, outcome: Answer | TeacherError) -> None:
        if isinstance(outcome, Answer):
            self._journal.store(key, self._keys[key], outcome)
            self.asked.answered += 1
        else:
            self._journal.store_failure(key, self._keys[key], str(outcome))
            self.asked.failed += 1
            self.asked.reasons[key] = str(outcome)


class _Guard:
    """Watches the outcomes and decides when going on would only cost money."""

    def __init__(self, patience: Patience, journal: Journal) -> None:
        self._patience = patience
        self._journal = journal
        self._recent: deque[bool] = deque(maxlen=patience.window)
        self._refused = 0
        self._stop = ""
        self.seen = 0

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
            raise TeacherError(f"stopped: {self._stop}; answers so far are kept, a rerun goes on from here")
        price, limit = self._patience.price, self._patience.max_cost_usd
        if price is None or limit is None:
            return
        usage = self._journal.usage()
        spent = price.of(usage.input_tokens, usage.output_tokens)
        if spent >= limit:
            raise TeacherError(f"stopped: ${spent:.2f} spent of at most ${limit:.2f}; answers so far are kept")

    def _share(self) -> float:
        return sum(self._recent) / len(self._recent)


def _patiently(
    teacher: Teacher, request: Request, key: str, patience: Patience, stopping: Event
) -> Answer | TeacherError:
    """The answer, or why there is none; a bug in the teacher is not caught."""
    rng = Random(f"{key}/pauses")
    for attempt in range(1, patience.attempts + 1):
        try:
            return teacher(request)
        except BusyError as error:
            if attempt == patience.attempts or stopping.is_set():
                return error
            pause = max(error.wait_s, min(60.0, 2.0**attempt) * rng.uniform(0.5, 1.0))
            log.debug("request %s, attempt %d: %s; again in %.1f s", key, attempt, error, pause)
            patience.sleep(pause)
        except TeacherError as error:
            return error
    raise AssertionError("the last attempt returns")
