"""Grader health during training: Lambda errors and throttles alongside the reward curve, and stalled steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from estimators.arns import parse_function_arn
from estimators.aws import Session
from estimators.errors import JobError
from estimators.findings import JobFinding
from estimators.monitoring.follow import LogLine, Progress
from estimators.monitoring.metrics import read_log

BUCKETS: Final = 30  # of time, from a job's beginning to now: what fits beside a label on a line
_OVERDUE: Final = 5.0  # a step that takes this many times as long as the others did
_LEAST_OVERDUE: Final = timedelta(minutes=10)
_FLAT: Final = 5  # equal rewards in a row that are no accident
_BARS: Final = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class GraderHealth:
    """CloudWatch metrics of the grader's function; `trouble` is errors and throttles per time bucket."""

    invocations: int
    errors: int
    throttles: int
    trouble: tuple[int, ...] = ()

    def findings(self) -> tuple[JobFinding, ...]:
        """Findings on throttles and errors, with their fixes.

        >>> [finding.code for finding in GraderHealth(1_000, 0, 25).findings()]
        ['grader-throttled']
        """
        found = []
        if self.throttles:
            message = f"Lambda refused {self.throttles:,} of {self.invocations + self.throttles:,} calls of the grader"
            fix = "raise the function's reserved concurrency, or lower lambda_concurrency_limit in the recipe"
            found.append(JobFinding("grader-throttled", "warning", message, fix))
        if self.errors:
            message = f"the grader failed in {self.errors:,} of {self.invocations:,} calls"
            found.append(JobFinding("grader-errors", "warning", message, "read its log: /aws/lambda/FUNCTION"))
        return tuple(found)


def grader_health(grader_arn: str, session: Session, *, since: datetime, until: datetime) -> GraderHealth:
    """Lambda's counts of the grader's invocations, errors and throttles."""
    parts = parse_function_arn(grader_arn)
    if parts is None:
        raise JobError(f"{grader_arn!r} is not a Lambda function ARN")
    client, width = session.client("cloudwatch"), bucket_width(since, until)

    def counts(metric: str) -> list[int]:
        reply = client.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": parts.name}],
            StartTime=since,
            EndTime=until,
            Period=int(width.total_seconds()),
            Statistics=["Sum"],
        )
        found = [0] * BUCKETS
        for point in reply["Datapoints"]:
            found[_bucket(point["Timestamp"], since, width)] += round(float(point["Sum"]))
        return found

    invocations, errors, throttles = counts("Invocations"), counts("Errors"), counts("Throttles")
    trouble = tuple(error + throttle for error, throttle in zip(errors, throttles, strict=True))
    return GraderHealth(sum(invocations), sum(errors), sum(throttles), trouble)


def bucket_width(since: datetime, until: datetime) -> timedelta:
    """The length of one of `BUCKETS` equal time buckets, in whole minutes as CloudWatch requires.

    >>> bucket_width(datetime(2026, 11, 21, 10), datetime(2026, 11, 21, 12))
    datetime.timedelta(seconds=240)
    """
    return timedelta(minutes=max(1, math.ceil((until - since).total_seconds() / 60 / BUCKETS)))


def reward_curve(lines: Iterable[LogLine], *, since: datetime, until: datetime) -> tuple[float | None, ...]:
    """The mean logged reward in each time bucket, None if none was logged."""
    sums: dict[int, list[float]] = {}
    width = bucket_width(since, until)
    for line in lines:
        for point in read_log([line.text]):
            if point.name == "reward":
                sums.setdefault(_bucket(line.time, since, width), []).append(point.value)
    return tuple(math.fsum(sums[i]) / len(sums[i]) if i in sums else None for i in range(BUCKETS))


def bars(values: Sequence[float | None]) -> str:
    """A sparkline of the values, scaled from the smallest to the largest; a blank for a missing value.

    >>> bars([0.0, None, 0.5, 1.0]), bars([2, 2])
    ('▁ ▄█', '▁▁')
    """
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    spread = (high - low) or 1.0
    shares = [None if value is None else (value - low) / spread for value in values]
    return "".join(" " if share is None else _BARS[int(share * (len(_BARS) - 1))] for share in shares).rstrip()


def stalls(progress: Progress, lines: Iterable[LogLine], *, now: datetime) -> tuple[JobFinding, ...]:
    """Findings on a stalled training: an overdue step, or rewards that do not change."""
    found = []
    overdue = now - progress.last if progress.last else timedelta()
    if progress.pace and overdue > max(progress.pace * _OVERDUE, _LEAST_OVERDUE):
        message = f"the last step was logged {_minutes(overdue)} ago, the steps before took {_minutes(progress.pace)}"
        fix = "look into the log, and at the grader's duration and throttles: training waits for its slowest answer"
        found.append(JobFinding("step-overdue", "warning", message, fix))
    rewards = [point.value for point in read_log(line.text for line in lines) if point.name == "reward"][-_FLAT:]
    if len(rewards) == _FLAT and len(set(rewards)) == 1:
        message = f"the reward was {rewards[0]:.3g} in each of the last {_FLAT} steps"
        fix = "equal rewards teach nothing: try the grader on some answers with rft grade"
        found.append(JobFinding("reward-flat", "warning", message, fix))
    return tuple(found)


def _bucket(time: datetime, since: datetime, width: timedelta) -> int:
    return min(BUCKETS - 1, max(0, (time - since) // width))


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.3g} min"
