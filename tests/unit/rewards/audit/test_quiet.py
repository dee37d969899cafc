# ruff: noqa: T201  what is printed is what is tested
"""Only the asking thread is silenced: nothing that another prints is lost or goes elsewhere, whoever ends first."""

import io
import sys
import threading
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.audit.grader import InProcess
from rewards.audit.quiet import quiet


@contextmanager
def standard_output():
    """A standard output of our own, that is there again at the end."""
    before, sys.stdout = sys.stdout, io.StringIO()
    ours = sys.stdout
    try:
        yield ours
        assert sys.stdout is ours
    finally:
        sys.stdout = before


def run(function) -> threading.Thread:
    thread = threading.Thread(target=function)
    thread.start()
    return thread


@given(st.permutations([0, 0, 1, 1, 2, 2]))
def test_however_silences_overlap_all_of_the_rest_is_printed(order):
    """Three threads begin and end a silence in any order; one that is none of them prints all the while."""
    turns = [threading.Semaphore(0) for _ in range(3)]
    done = threading.Semaphore(0)

    def silent(me: int) -> None:
        turns[me].acquire()
        with quiet():
            print("swallowed")
            done.release()
            turns[me].acquire()
            print("swallowed")
        done.release()

    with standard_output() as out:
        threads = [run(lambda me=me: silent(me)) for me in range(3)]
        for step, me in enumerate(order):
            turns[me].release()
            done.acquire()
            print(step)
        for thread in threads:
            thread.join()
    assert out.getvalue() == "".join(f"{step}\n" for step in range(6))


def test_a_thread_that_outlives_its_call_takes_no_output_along():
    go_on = threading.Event()
    left = []

    def handler(event, context):
        def late(stream=sys.stdout):
            go_on.wait()
            print("kept stream", file=stream)

        left.append(run(late))
        print("swallowed")
        return []

    with standard_output() as out:
        InProcess(handler).ask([])
        print("after")
        go_on.set()
        left[0].join()
        print("still")
    assert out.getvalue() == "after\nkept stream\nstill\n"


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_an_error_ends_the_silence(error):
    with standard_output() as out:
        with pytest.raises(error), quiet(), quiet():
            raise error
        print("heard")
    assert out.getvalue() == "heard\n"
