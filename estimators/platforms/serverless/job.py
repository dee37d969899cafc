"""A serverless customization job, by its name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from estimators.monitoring.follow import Status
from estimators.platforms.sagemaker.job import TrainingJob
from estimators.results.download import fetch_beside_model


@dataclass(frozen=True, slots=True)
class ServerlessJob(TrainingJob):
    """A job of `CreateTrainingJob` without instances; `grader_arn` is the plan's to know."""

    platform: ClassVar[str] = "serverless"

    grader_arn: str | None = None

    def status(self) -> Status:
        """The current status; SageMaker counts steps and epochs itself, and bills tokens."""
        found = self.describe()
        status = self.status_in(found)
        far = _far(found.get("ProgressInfo", {}))
        return replace(
            status,
            phase=f"{status.phase}, {far}" if far and not status.ended else status.phase,
            grader_arn=self.grader_arn,
            billable_tokens=found.get("BillableTokenCount"),
        )

    def total_steps(self) -> int | None:
        """The steps of all epochs, once SageMaker tells them."""
        found = self.describe().get("ProgressInfo", {})
        steps = found.get("TotalStepCountPerEpoch")
        return None if steps is None else int(steps) * int(found.get("MaxEpoch") or 1)

    def output_uri(self) -> str:
        """The S3 prefix of the job's files (nova-forge-sdk @a4d5b3d, checkpoint_util.py)."""
        folder = self.describe()["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        return f"{folder}/{self.name}/output/"

    def fetch(self, out: Path) -> None:
        """Download the job's files to `out`; a job with a model may have left none."""
        fetch_beside_model(self.output_uri(), out, self.session, self.model_arn)

    def model_arn(self) -> str | None:
        """The ARN of the model package, once it exists."""
        return self.describe().get("OutputModelPackageArn")


def _far(found: dict[str, Any]) -> str:
    """How far SageMaker says that the job is.

    >>> _far({"CurrentEpoch": 1, "MaxEpoch": 2, "CurrentStep": 3, "TotalStepCountPerEpoch": 10})
    'epoch 1 of 2, step 3 of 10'
    """
    pairs = (("epoch", "CurrentEpoch", "MaxEpoch"), ("step", "CurrentStep", "TotalStepCountPerEpoch"))
    return ", ".join(
        f"{what} {found[now]} of {found[of]}" if of in found else f"{what} {found[now]}"
        for what, now, of in pairs
        if now in found
    )
