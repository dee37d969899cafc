"""A Bedrock model customization job, by its name or ARN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from estimators.arns import grader_of_customization
from estimators.aws import Session, told
from estimators.monitoring.follow import LogLine, Status, asked_to_stop
from estimators.results.download import fetch_outputs


@dataclass(frozen=True, slots=True)
class CustomizationJob:
    """A job of `CreateModelCustomizationJob`. Bedrock exposes neither logs nor steps while it runs."""

    platform: ClassVar[str] = "bedrock"

    name: str
    session: Session

    def status(self) -> Status:
        """The current status; `phase` is the step in progress, if Bedrock reports it."""
        found = self.describe()
        return Status(
            name=self.name,
            state=found["status"],
            phase=_phase(found),
            created=found["creationTime"],
            changed=found.get("lastModifiedTime", found["creationTime"]),
            failure=found.get("failureMessage", ""),
            grader_arn=grader_of_customization(found),
        )

    def describe(self) -> Mapping[str, Any]:
        """The response of GetModelCustomizationJob. Raises `JobError` if the call fails."""
        with told(self._absent()):
            found: Mapping[str, Any] = self.session.client("bedrock").get_model_customization_job(
                jobIdentifier=self.name
            )
        return found

    def _absent(self) -> str:
        return f"no customization job {self.name!r} in {self.session.region_name}"

    def logs(self, since: datetime | None = None) -> Iterator[LogLine]:
        """No lines: Bedrock does not expose the log of a job."""
        return iter(())

    def total_steps(self) -> int | None:
        """Unknown: Bedrock counts epochs."""
        return None

    def stop(self) -> bool:
        """Ask Bedrock to stop the job, which may discard its progress; False if it had already ended."""
        found = self.describe()
        if found["status"] != "InProgress":
            return False

        def ask() -> object:
            return self.session.client("bedrock").stop_model_customization_job(jobIdentifier=found["jobArn"])

        return asked_to_stop(self, self._absent(), ask)

    def output_uri(self) -> str:
        """The beginning of the keys of its metrics (AWS, "Analyze the results of a model customization job")."""
        found = self.describe()
        job_id = found["jobArn"].rsplit("/", 1)[-1]
        return f"{found['outputDataConfig']['s3Uri'].rstrip('/')}/model-customization-job-{job_id}/"

    def fetch(self, out: Path) -> None:
        """Download the job's outputs to `out`."""
        fetch_outputs(self.output_uri(), out, self.session)

    def model_arn(self) -> str | None:
        """The ARN of the custom model, once it exists."""
        return self.describe().get("outputModelArn")


def _phase(found: Mapping[str, Any]) -> str:
    """The step under way: validation, data processing or training (`statusDetails`), else the job's own status.

    >>> _phase({"status": "InProgress", "statusDetails": {"trainingDetails": {"status": "InProgress"}}})
    'training'
    >>> _phase({"status": "Completed"})
    'Completed'
    """
    steps = {key.removesuffix("Details"): value for key, value in found.get("statusDetails", {}).items()}
    under_way = [name for name, value in steps.items() if value.get("status") == "InProgress"]
    return under_way[-1] if under_way else str(found["status"])
