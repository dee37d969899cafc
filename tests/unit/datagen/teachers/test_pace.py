"""The quota of an account is used and not broken, by a clock that the test turns."""

from __future__ import annotations

import heapq
from collections import deque
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.teachers.pace import Pace


def run(
    *, calls, workers, latency_s, requests_per_minute=None, tokens_per_minute=None, tokens=lambda index: 0, late_s=0.001
):
    """Starts of calls with their true tokens: workers ask one call after another, each answered after `latency_s`.

    Whoever waits wakes up `late_s` after its time.

    The pace is told 1,000 tokens for each call and learns the truth from the answer.
    """
    now = 0.0
    pace = Pace(requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute, now=lambda: now)
    free = [(0.0, worker) for worker in range(workers)]
    answers = []  # (time, number, place, true tokens)
    starts = []
    while len(starts) < calls:
        now, worker = heapq.heappop(free)
        while answers and answers[0][0] <= now:
            *_, place, used = heapq.heappop(answers)
            pace.settle(place, used)
        place = pace.take(1000)
        if place.wait_s:
            heapq.heappush(free, (now + place.wait_s + late_s, worker))
            continue
        index = len(starts)
        starts.append((now, tokens(index)))
        heapq.heappush(answers, (now + latency_s, index, place, tokens(index)))
        heapq.heappush(free, (now + latency_s, worker))
    return starts


def most_in_a_minute(starts):
    """Most calls, and most tokens, in any window of a minute."""
    window, held, calls, most = deque(), 0, 0, 0
    for start, tokens in starts:
        window.append((start, tokens))
        held += tokens
        while window[0][0] <= start - 60:
            held -= window.popleft()[1]
        calls, most = max(calls, len(window)), max(most, held)
    return calls, most


@given(st.integers(1, 3000), st.integers(1, 20), st.floats(0.05, 20))
def test_no_minute_holds_more_calls_than_the_quota(quota, workers, latency_s):
    starts = run(calls=100, workers=workers, latency_s=latency_s, requests_per_minute=quota)
    assert most_in_a_minute(starts)[0] <= quota


@pytest.mark.parametrize(("quota", "workers", "latency_s"), [(60, 8, 4), (200, 64, 10), (1000, 256, 12)])
def test_at_least_95_percent_of_the_requests_are_used(quota, workers, latency_s):
    starts = run(calls=quota * 5, workers=workers, latency_s=latency_s, requests_per_minute=quota)
    minutes = starts[-1][0] / 60
    assert len(starts) / minutes >= 0.95 * quota
    assert most_in_a_minute(starts)[0] <= quota


@pytest.mark.parametrize("mean", [300, 1000, 4000])
def test_at_least_95_percent_of_the_tokens_are_used_though_each_call_was_guessed_wrong(mean):
    quota = 400_000
    sizes = [round(mean * Random(f"{mean}/{index}").uniform(0.5, 1.5)) for index in range(2000)]
    starts = run(calls=2000, workers=100, latency_s=3, tokens_per_minute=quota, tokens=lambda index: sizes[index])
    late = [(start, tokens) for start, tokens in starts if start >= 60]  # the first minute is spent on guesses
    minutes = (late[-1][0] - late[0][0]) / 60
    assert sum(tokens for _, tokens in late) / minutes >= 0.95 * quota
    assert most_in_a_minute(late)[1] <= 1.05 * quota


def test_without_a_quota_nothing_waits():
    assert {start for start, _ in run(calls=50, workers=50, latency_s=1)} == {0.0}
