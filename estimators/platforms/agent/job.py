"""A job of agentic RFT, a training or an evaluation, by its name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final, get_args

from estimators.aws import Session, told
from estimators.monitoring.follow import LogLine, Status, asked_to_stop, cloudwatch_lines
from estimators.platforms.agent.plan import Category
from estimators.results.download import fetch_beside_model
from rewards.aws import is_absent

LOG_GROUPS: Final = "/aws/sagemaker/Job"  # a group of each category below it; sagemaker-python-sdk, log_streamer.py
_UNDER_WAY: Final = ("InProgress", "Stopping")


@dataclass(frozen=True, slots=True)
class AgentJob:
    """A job of `CreateJob`. SageMaker finds it by name and category; without its category both are tried."""

    platform: ClassVar[str] = "agent"

    name: str
    session: Session
    category: Category | None = None

    def status(self) -> Status:
        """The current status; what the service counts stands in the job's own document."""
        found = self.describe()
        state, output = found["JobStatus"], service_output(found)
        runs = state in _UNDER_WAY
        far = _far(output) if runs else ""
        return Status(
            name=self.name,
            state=state,
            phase=", ".join(filter(None, (found["SecondaryStatus"], far))),
            created=found["CreationTime"],
            changed=found.get("LastModifiedTime", found["CreationTime"]),
            failure=found.get("FailureReason", ""),
            billable_tokens=None if runs else _tokens(output),
        )

    def describe(self) -> Mapping[str, Any]:
        """The response of DescribeJob. Raises `JobError` if the call fails."""
        categories = (self.category,) if self.category else get_args(Category)
        with told(self._absent()):
            return _described(self.name, categories, self.session)

    def _absent(self) -> str:
        return f"no agentic RFT job {self.name!r} in {self.session.region_name}"

    def logs(self, since: datetime | None = None) -> Iterator[LogLine]:
        """The lines of all of its streams, by time; none before they run."""
        group = f"{LOG_GROUPS}/{self.describe()['JobCategory']}"
        return cloudwatch_lines(group, self.session, since, logStreamNamePrefix=self.name)

    def total_steps(self) -> int | None:
        """The steps it will take, once SageMaker tells them."""
        far = service_output(self.describe()).get("ProgressInfo", {})
        if far.get("MaxEpoch") and far.get("StepsPerEpoch"):
            return int(far["MaxEpoch"]) * int(far["StepsPerEpoch"])
        return int(far["MaxSteps"]) if far.get("MaxSteps") else None

    def stop(self) -> bool:
        """Ask SageMaker to stop the job. False if it had already ended, or is being stopped."""
        found = self.describe()
        if found["JobStatus"] != "InProgress":
            return False

        def ask() -> object:
            return self.session.client("sagemaker").stop_job(JobName=self.name, JobCategory=found["JobCategory"])

        return asked_to_stop(self, self._absent(), ask)

    def output_uri(self) -> str:
        """The S3 prefix of the job's files."""
        folder = json.loads(self.describe()["JobConfigDocument"])["OutputDataConfig"]["S3OutputPath"]
        return f"{folder.rstrip('/')}/{self.name}/"

    def fetch(self, out: Path) -> None:
        """Download the job's files to `out`; a job with a model may have left none."""
        fetch_beside_model(self.output_uri(), out, self.session, self.model_arn)

    def model_arn(self) -> str | None:
        """The ARN of the model package, once it exists."""
        return service_output(self.describe()).get("OutputModelPackageArn")


def service_output(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the service has written into the job's document (sagemaker-python-sdk, `agent_rft_job.py`).

    >>> service_output({"JobConfigDocument": '{"ServiceOutput": {"OutputModelPackageArn": "arn:a"}}'})
    {'OutputModelPackageArn': 'arn:a'}
    """
    output: Mapping[str, Any] = json.loads(found.get("JobConfigDocument") or "{}").get("ServiceOutput") or {}
    return output


def _described(name: str, categories: tuple[Category, ...], session: Session) -> Mapping[str, Any]:
    """The job in the first category that has one of the name; the last one's error where none has."""
    from botocore.exceptions import ClientError

    first, *others = categories
    try:
        found: Mapping[str, Any] = session.client("sagemaker").describe_job(JobName=name, JobCategory=first)
    except ClientError as error:
        if others and is_absent(error):
            return _described(name, tuple(others), session)
        raise
    return found


def _far(output: Mapping[str, Any]) -> str:
    """How far SageMaker says that the job is: by epochs, by steps, or by rollouts of an evaluation.

    >>> _far({"ProgressInfo": {"CurrentEpoch": 1, "MaxEpoch": 2, "CurrentStep": 3, "StepsPerEpoch": 10}})
    'epoch 1 of 2, step 3 of 10'
    >>> _far({"ProgressInfo": {"CurrentStep": 3, "MaxSteps": 50}}), _far({"RolloutInfo": {"Completed": 5, "Total": 64}})
    ('step 3 of 50', '5 of 64 rollouts')
    """
    far, rollouts = output.get("ProgressInfo") or {}, output.get("RolloutInfo") or {}
    if rollouts.get("Total"):
        return f"{rollouts.get('Completed', 0)} of {rollouts['Total']} rollouts"
    steps = far.get("StepsPerEpoch") or far.get("MaxSteps")
    if not steps:
        return ""
    step = f"step {far.get('CurrentStep', 0)} of {steps}"
    return f"epoch {far.get('CurrentEpoch', 0)} of {far['MaxEpoch']}, {step}" if far.get("MaxEpoch") else step


def _tokens(output: Mapping[str, Any]) -> int | None:
    """All tokens that are billed: trained on, prefilled and sampled."""
    usage = output.get("BillableTokenUsage")
    return sum(int(count) for count in usage.values()) if usage else None
