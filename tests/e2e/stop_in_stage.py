"""Usage: stop_in_stage.py STAGE HOW ARGS... Runs `rft ARGS` and stops it amid STAGE, as HOW says: by a signal such
as `SIGKILL`, or `full`, when it may write no more. A training is stopped in its second step, an evaluation after its
first pass."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from estimators.platforms.local import checkpoints
from rft.cli import main
from rft.stages import evaluation, training


def stopping(how: str, calls: int) -> Callable[..., None]:
    """What the bar of the stage calls after each step or pass."""
    left = calls

    def stop(*_: object) -> None:
        nonlocal left
        left -= 1
        if left:
            return
        if how == "full":
            resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
        else:
            os.kill(os.getpid(), getattr(signal, how))

    return stop


@contextmanager
def bar(label: str, total: int | None, unit: str) -> Iterator[Callable[..., None]]:
    """As `rft.progress.bar`, of a stage that is stopped."""
    yield stopping(how, 1 if label.startswith("eval") else 2)


@contextmanager
def quiet(label: str, total: int | None, unit: str) -> Iterator[Callable[..., None]]:
    """A bar of another stage."""
    yield lambda *_: None


if __name__ == "__main__":
    stage, how, args = sys.argv[1], sys.argv[2], sys.argv[3:]
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as at a terminal, however the tests were started
    signal.signal(signal.SIGINT, signal.default_int_handler)
    checkpoints.PAUSE_S, checkpoints.SAVING_SHARE = 0.0, 1e9
    training.bar = lambda label, total, unit: (bar if label == stage else quiet)(label, total, unit)
    if stage.startswith("eval"):
        evaluation.bar = bar
    main(args)
