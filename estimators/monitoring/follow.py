"""Watch a job: status, log lines, progress and reward.

Everything is found again by the job's name alone; nothing is kept on this machine. How each platform is asked
is in `job.py` of its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from estimators.aws import Session, told
from estimators.errors import JobError
from estimators.monitoring.metrics import Point, read_log, series
from estimators.planning.cost import billed
from recipes.checking.estimates import Estimate
from rewards.aws import code_of, message_of

LATENESS: Final = timedelta(minutes=2)  # how far behind others a container's log lines may arrive
ENDED: Final = ("Completed", "Failed", "Stopped")


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a job. `state` is InProgress, Completed, Failed, Stopping or Stopped; `phase` is finer."""

    name: str
    state: str
    phase: str
    created: datetime
    changed: datetime
    failure: str = ""
    billable_s: int | None = None
    billable_tokens: int | None = None
    grader_arn: str | None = None
    instance_type: str = ""
    instance_count: int = 0

    @property
    def ended(self) -> bool:
        """Whether the status is final."""
        return self.state in ENDED

    @property
    def cost(self) -> Estimate | None:
        """The cost that SageMaker bills; None while the job runs."""
        if self.billable_s is None or not self.instance_type:
            return None
        return billed(self.instance_type, self.instance_count, self.billable_s)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a container's log."""

    time: datetime
    stream: str
    text: str


class Job(Protocol):
    """A job on any platform that can be watched, stopped and collected."""

    @property
    def name(self) -> str:
        """The job's name."""
        ...

    @property
    def session(self) -> Session | None:
        """The AWS session; None for a job outside AWS."""
        ...

    @property
    def platform(self) -> str:
        """The name of the platform, on which alone its checkpoint can be used."""
        ...

    def status(self) -> Status:
        """The current status; raises `JobError` for a name that does not exist."""
        ...

    def logs(self, since: datetime | None = None) -> Iterator[LogLine]:
        """The lines of all of its containers from `since` on, in order of time; none before they run."""
        ...

    def total_steps(self) -> int | None:
        """The steps it will take, None where nothing tells."""
        ...

    def stop(self) -> bool:
        """Ask the platform to stop it; False where it had ended, and stays as it is."""
        ...

    def fetch(self, out: Path) -> None:
        """Bring the files it left into `out`; none is fetched twice. Raises `JobError` where it left nothing yet."""
        ...

    def model_arn(self) -> str | None:
        """The model it made, where the platform keeps it under an ARN; None where a manifest names a checkpoint."""
        ...


def asked_to_stop(job: Job, absent: str, ask: Callable[[], object]) -> bool:
    """Ask AWS by `ask` to stop a job; False where AWS refuses because it ended meanwhile.

    `absent` is what to say of a job that AWS does not know. Raises `JobError` for any other refusal.
    """
    from botocore.exceptions import ClientError

    try:
        with told(absent):
            ask()
    except JobError as error:
        if isinstance(error.__cause__, ClientError) and job.status().ended:
            return False
        raise
    return True


@dataclass(frozen=True, slots=True)
class Progress:
    """Training progress. `reward`, `left` and `pace` (time per step) are None if they are not logged."""

    step: int
    of: int | None
    reward: float | None = None
    left: timedelta | None = None
    pace: timedelta | None = None
    last: datetime | None = None


def progress(lines: list[LogLine], of: int | None) -> Progress | None:
    """Training progress from the log; None before the first step.

    The time left assumes that the remaining steps take as long as those between the first and the last one seen.
    """
    times = {point.step: line.time for line in lines for point in read_log([line.text])}
    if not times:
        return None
    first, last = min(times), max(times)
    rewards: tuple[Point, ...] = series(read_log(line.text for line in lines), "reward")
    pace = (times[last] - times[first]) / (last - first) if last > first else None
    left = pace * (of - last) if of is not None and pace is not None else None
    return Progress(last, of, rewards[-1].value if rewards else None, left, pace, times[last])


def cloudwatch_lines(group: str, session: Session, since: datetime | None, **more: str) -> Iterator[LogLine]:
    """Lines of a CloudWatch log group, filtered by arguments of FilterLogEvents; none if the group does not exist."""
    from botocore.exceptions import ClientError

    request: dict[str, Any] = {"logGroupName": group, **more}
    if since is not None:
        request["startTime"] = int(since.timestamp() * 1000)
    try:
        for page in session.client("logs").get_paginator("filter_log_events").paginate(**request):
            for event in page["events"]:
                time = datetime.fromtimestamp(event["timestamp"] / 1000, tz=UTC)
                yield LogLine(time, event["logStreamName"], event["message"].rstrip("\n"))
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise JobError(f"cannot read {group}: {message_of(error)}") from error


def follow(
    job: Job,
    *,
    sleep: Callable[[float], None],
    on_status: Callable[[Status], None],
    on_line: Callable[[LogLine], None],
    every_s: float = 30,
) -> Status:
    """Report each change of status and each log line until the job ends; returns its last status.

    Interrupting it (Ctrl-C) leaves the job alone; calling it again takes it up.
    """
    told: set[LogLine] = set()
    before: tuple[str, str] | None = None
    while True:
        now = job.status()
        if (now.state, now.phase) != before:
            before = (now.state, now.phase)
            on_status(now)
        told = _tell_new(job, told, on_line)
        if now.ended:
            return now
        sleep(every_s)


def _tell_new(job: Job, told: set[LogLine], on_line: Callable[[LogLine], None]) -> set[LogLine]:
    """Call back with lines not told yet; returns the lines that may be read a second time.

    CloudWatch takes in the streams of several containers independently, so a line may turn up behind later ones.
    """
    since = max(line.time for line in told) - LATENESS if told else None
    lines = list(job.logs(since))
    for line in lines:
        if line not in told:
            on_line(line)
    return told.union(lines) if since is None else {line for line in told.union(lines) if line.time >= since}
