"""Asking a teacher: in parallel, patiently, within a budget, and each answer paid for once."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from dataclasses import replace

import pytest

from datagen.errors import BusyError, RefusedError, TeacherError
from datagen.teachers.journal import open_journal
from datagen.teachers.runner import Patience, Price, ask
from datagen.types import Answer, Document, Passage, Request
from rewards.writing import BusyOutputError

DOCUMENT = Document("a.md", "x" * 1000, "0")
REQUESTS = [Request(Passage(DOCUMENT, index, index, index + 1), 1, "seed") for index in range(40)]


class Pupil:
    """A teacher that counts its calls; `plan` says what the n-th call of a passage does."""

    identity = "pupil"

    def __init__(self, plan=lambda passage, attempt: None, tokens=10):
        self.calls = Counter()
        self.plan = plan
        self.tokens = tokens
        self.lock = threading.Lock()
        self.running = 0
        self.most = 0

    def __call__(self, request, /):
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.calls[request.passage.index] += 1
            attempt = self.calls[request.passage.index]
        try:
            fault = self.plan(request.passage.index, attempt)
            if fault:
                raise fault
            return Answer(f"answer {request.passage.index}", "end_turn", self.tokens, self.tokens)
        finally:
            with self.lock:
                self.running -= 1


def no_pause(seconds):
    pass


PATIENT = Patience(workers=4, sleep=no_pause)


def texts(journal):
    return [journal.answer(request.key("pupil")) for request in REQUESTS]


def test_every_request_is_answered_once():
    pupil = Pupil()
    with open_journal(None) as journal:
        asked = ask(pupil, REQUESTS, journal, PATIENT)
        assert [answer.text for answer in texts(journal)] == [f"answer {index}" for index in range(40)]
    assert asked.answered == 40
    assert set(pupil.calls.values()) == {1}


def test_no_more_calls_are_under_way_than_workers():
    pupil = Pupil()
    with open_journal(None) as journal:
        ask(pupil, REQUESTS, journal, Patience(workers=3))
    assert pupil.most <= 3


def test_a_second_run_asks_nothing(tmp_path):
    pupil = Pupil()
    for _ in range(2):
        with open_journal(tmp_path / "t.sqlite") as journal:
            ask(pupil, REQUESTS, journal, PATIENT)
    assert set(pupil.calls.values()) == {1}


def test_a_busy_teacher_is_asked_again():
    pupil = Pupil(lambda passage, attempt: BusyError("throttled") if attempt < 4 else None)
    with open_journal(None) as journal:
        assert ask(pupil, REQUESTS, journal, PATIENT).answered == 40
    assert set(pupil.calls.values()) == {4}


def test_pauses_grow_and_respect_what_the_other_side_asks_for():
    pauses = []
    pupil = Pupil(
        lambda passage, attempt: BusyError("throttled", wait_s=90 if attempt == 4 else 0) if attempt < 5 else None
    )
    with open_journal(None) as journal:
        ask(pupil, REQUESTS[:1], journal, Patience(workers=1, sleep=pauses.append))
    assert [low <= pause <= high for pause, low, high in zip(pauses, (1, 2, 4, 90), (2, 4, 8, 90), strict=True)] == [
        True
    ] * 4


def test_what_stays_busy_is_recorded_and_asked_again_by_the_next_run(tmp_path):
    ill = {7}
    pupil = Pupil(lambda passage, attempt: BusyError("timeout") if passage in ill else None)
    with open_journal(tmp_path / "t.sqlite") as journal:
        first = ask(pupil, REQUESTS, journal, PATIENT)
        assert list(journal.failures().values()) == ["timeout"]
    ill.clear()
    with open_journal(tmp_path / "t.sqlite") as journal:
        second = ask(pupil, REQUESTS, journal, PATIENT)
    assert (first.answered, first.failed, second.from_journal, second.answered) == (39, 1, 39, 1)


def test_three_refusals_in_a_row_stop_the_run_and_answers_are_kept():
    pupil = Pupil(lambda passage, attempt: RefusedError("AccessDenied") if passage >= 10 else None)
    with open_journal(None) as journal:
        with pytest.raises(TeacherError, match=r"3 requests in a row were refused.*AccessDenied.*rerun"):
            ask(pupil, REQUESTS, journal, Patience(workers=1))
        assert journal.usage().calls == 10
    assert sum(pupil.calls.values()) == 13


def test_too_many_failures_stop_the_run_before_it_costs_more():
    pupil = Pupil(lambda passage, attempt: BusyError("overloaded") if passage % 2 else None)
    with open_journal(None) as journal, pytest.raises(TeacherError, match="50% of the last 10 requests failed"):
        ask(pupil, REQUESTS, journal, Patience(workers=1, window=10, sleep=no_pause))


def test_the_budget_is_a_hard_stop():
    pupil = Pupil(tokens=1_000_000)
    budget = Patience(workers=1, price=Price(0.5, 0.5), max_cost_usd=5)  # one dollar a call
    with open_journal(None) as journal, pytest.raises(TeacherError, match=r"\$5.00 spent of at most \$5.00"):
        ask(pupil, REQUESTS, journal, budget)
    assert sum(pupil.calls.values()) == 5


def under_way_when(stops):
    """Calls made, and answers kept, where `stops` is called with three calls still under way."""
    go_on, under_way = threading.Event(), threading.Semaphore(0)

    def plan(passage, attempt):
        if passage >= 2:
            under_way.release()
            go_on.wait()

    pupil = Pupil(plan, tokens=1_000_000)

    def progress(done, total):
        if done == 2:
            for _ in range(3):
                under_way.acquire()
            go_on.set()
            stops()

    budget = Patience(workers=4, price=Price(0.5, 0.5), max_cost_usd=5)  # one dollar a call
    with open_journal(None) as journal:
        with pytest.raises((TeacherError, KeyboardInterrupt)):
            ask(pupil, REQUESTS, journal, budget, progress=progress)
        return sum(pupil.calls.values()), journal.usage().calls


def ctrl_c():
    raise KeyboardInterrupt


@pytest.mark.parametrize("stops", [lambda: None, ctrl_c], ids=["budget", "ctrl-c"])
def test_calls_under_way_when_a_run_stops_are_paid_for_and_kept(stops):
    assert under_way_when(stops) == (5, 5)


def test_calls_under_way_do_not_break_the_budget():
    pupil = Pupil(tokens=1_000_000)
    budget = Patience(workers=8, price=Price(0.5, 0.5), max_cost_usd=3.5)  # one dollar a call
    with open_journal(None) as journal:
        with pytest.raises(TeacherError, match=r"\$4.00 spent of at most \$3.50"):
            ask(pupil, REQUESTS, journal, budget)
        assert journal.usage().calls == 4


def test_the_budget_is_that_of_this_data_set():
    pupil = Pupil(tokens=1_000_000)
    budget = Patience(workers=1, price=Price(0.5, 0.5), max_cost_usd=5)
    with open_journal(None) as journal:
        ask(pupil, REQUESTS[:5], journal, budget)
        assert ask(pupil, REQUESTS[5:9], journal, budget).answered == 4
        with pytest.raises(TeacherError, match=r"\$9.00 spent of at most \$5.00"):
            ask(pupil, REQUESTS[9:12], journal, budget, before=REQUESTS[:9])


def test_a_teacher_that_reports_no_usage_is_counted_by_estimate_and_the_budget_holds():
    requests = [replace(request, prompt="word " * 3_000) for request in REQUESTS]  # 15,000 characters
    budget = Patience(workers=1, price=Price(100, 100), max_cost_usd=1)
    with open_journal(None) as journal, pytest.raises(TeacherError, match=r"\$1\.\d\d spent of at most \$1.00"):
        ask(Pupil(tokens=0), requests, journal, budget)


def test_a_teacher_that_costs_nothing_is_counted_as_nothing():
    with open_journal(None) as journal:
        ask(Pupil(tokens=0), REQUESTS, journal, PATIENT)
        assert journal.usage() == (40, 0, 0)


@pytest.fixture
def ctrl_c():
    """Ctrl-C as at a terminal: a shell starts its background jobs with the signal ignored, and so Python leaves it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_wakes_every_wait(ctrl_c):
    paused = threading.Semaphore(0)

    def plan(passage, attempt):
        if passage == 0:
            return None
        paused.release()
        return BusyError("throttled", wait_s=10_000)

    def progress(done, total):
        if done == 1:
            threading.Thread(target=stop, daemon=True).start()

    def stop():
        for _ in range(3):
            paused.acquire()  # three workers wait for hours from here on
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    with open_journal(None) as journal:
        with pytest.raises(KeyboardInterrupt):
            ask(Pupil(plan), REQUESTS[:4], journal, Patience(workers=3), progress=progress)
        assert sorted(journal.failures().values()) == ["throttled"] * 3


def test_what_could_not_be_read_is_kept_with_the_failure():
    pupil = Pupil(lambda passage, attempt: BusyError("cut", raw='{"choices": [') if passage == 3 else None)
    with open_journal(None) as journal:
        ask(pupil, REQUESTS, journal, PATIENT)
        kept = journal._connection.execute("SELECT answer FROM calls WHERE state = 'failed'").fetchall()
    assert kept == [('{"choices": [',)]


def test_a_bug_of_a_teacher_is_not_swallowed():
    pupil = Pupil(lambda passage, attempt: KeyError("bug"))
    with open_journal(None) as journal, pytest.raises(KeyError, match="bug"):
        ask(pupil, REQUESTS, journal, PATIENT)


def test_another_prompt_or_limit_is_another_key():
    base = REQUESTS[0]
    others = [
        Request(base.passage, 2, "seed"),
        Request(base.passage, 1, "seed", prompt="p"),
        Request(base.passage, 1, "seed", max_tokens=1),
    ]
    assert len({request.key("a") for request in [base, *others]} | {base.key("b")}) == 5


def test_two_runs_cannot_write_one_journal(tmp_path):
    path = tmp_path / "t.sqlite"
    with open_journal(path), pytest.raises(BusyOutputError, match="another process is writing"), open_journal(path):
        pass


def test_only_the_owner_reads_a_journal_and_its_recording(tmp_path):
    with open_journal(tmp_path / "t.sqlite") as journal:
        journal.export(tmp_path / "replay.jsonl")
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir() if path.suffix != ".lock"} == {0}
