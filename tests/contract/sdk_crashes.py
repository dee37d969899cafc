"""Crashes around the calls of an SDK that starts a planned job."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from estimators.plan import JobPlan
from estimators.platforms.platform import Sdk
from estimators.start import start
from tests.fakes.aws_model import FakeAws
from tests.fakes.crash import Crash, CrashAt
from tests.fakes.fake_sagemaker import FakeSageMaker


def jobs(aws: FakeAws) -> dict[str, Any]:
    """The requests of the jobs in the account, by name."""
    service = aws.services["sagemaker"]
    assert isinstance(service, FakeSageMaker)
    return {name: job.request for name, job in service.jobs.items()}


def calls_healed(planned: Callable[[int], JobPlan], sdk: Sdk, aws: FakeAws, folder: Path) -> int:
    """One job after the other, each with a crash before the next call, until a job is started without one.

    Each is started a second time, after which it must be there once. A crash after a call is one before the call behind
    it: the account is the same. Returns how many calls there were.
    """
    for nth in range(1, 100):
        plan = planned(nth)
        forced = {finding.code for finding in plan.findings}  # the data is a row or two
        session = aws.process()
        crash = CrashAt(nth, "before", session)
        with suppress(Crash):
            start(plan, session, folder=folder, sdk=sdk, force=forced)
        start(plan, aws.process(), folder=folder, sdk=sdk, force=forced)
        assert len(jobs(aws)) == nth
        if not crash.fired:
            return nth - 1
    raise AssertionError("a hundred calls, and no end")
