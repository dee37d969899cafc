"""A SageMaker training job, by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from estimators.aws import Session, bucket_and_key, told
from estimators.monitoring.follow import LogLine, Status, asked_to_stop, cloudwatch_lines
from estimators.planning.recipe_facts import read_facts
from estimators.platforms.sagemaker.plan import RECIPE_FILE
from estimators.results.download import fetch_outputs

LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """Any job of `CreateTrainingJob`."""

    platform: ClassVar[str] = "sagemaker"

    name: str
    session: Session

    def status(self) -> Status:
        """The current status, with the billed seconds once the job has ended."""
        return self.status_in(self.describe())

    def status_in(self, found: Mapping[str, Any]) -> Status:
        """The status in a response of DescribeTrainingJob."""
        resources = found.get("ResourceConfig", {})
        return Status(
            name=self.name,
            state=found["TrainingJobStatus"],
            phase=found["SecondaryStatus"],
            created=found["CreationTime"],
            changed=found.get("LastModifiedTime", found["CreationTime"]),
            failure=found.get("FailureReason", ""),
            billable_s=found.get("BillableTimeInSeconds"),
            grader_arn=found.get("HyperParameters", {}).get("reward_lambda_arn"),
            instance_type=resources.get("InstanceType", ""),
            instance_count=resources.get("InstanceCount", 0),
        )

    def describe(self) -> Mapping[str, Any]:
        """The response of DescribeTrainingJob. Raises `JobError` if the call fails."""
        with told(self._absent()):
            found: Mapping[str, Any] = self.session.client("sagemaker").describe_training_job(TrainingJobName=self.name)
        return found

    def _absent(self) -> str:
        return f"no training job {self.name!r} in {self.session.region_name}"

    def logs(self, since: datetime | None = None) -> Iterator[LogLine]:
        """The log lines of all containers of the job, by time; none before they run."""
        return cloudwatch_lines(LOG_GROUP, self.session, since, logStreamNamePrefix=f"{self.name}/")

    def total_steps(self) -> int | None:
        """The steps in the recipe that the job was started with; None if that cannot be read."""
        from botocore.exceptions import ClientError

        channels = self.describe().get("InputDataConfig", [])
        uris = [c["DataSource"]["S3DataSource"]["S3Uri"] for c in channels if c["ChannelName"] == "recipe"]
        if not uris:
            return None
        bucket, key = bucket_and_key(uris[0])
        key = key if key.endswith(".yaml") else f"{key.rstrip('/')}/{RECIPE_FILE}"
        try:
            recipe = self.session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError:  # gone, or not for whoever watches: the rest of the status is worth having
            return None
        return read_facts(recipe).steps

    def stop(self) -> bool:
        """Ask SageMaker to stop the job; its checkpoints are kept. False if it had already ended."""
        if self.status().ended:
            return False

        def ask() -> object:
            return self.session.client("sagemaker").stop_training_job(TrainingJobName=self.name)

        return asked_to_stop(self, self._absent(), ask)

    def output_uri(self) -> str:
        """The S3 URI of the archive that SageMaker stores when the job ends."""
        folder = self.describe()["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        return f"{folder}/{self.name}/output/output.tar.gz"

    def fetch(self, out: Path) -> None:
        """Download the job's outputs to `out`."""
        fetch_outputs(self.output_uri(), out, self.session)

    def model_arn(self) -> str | None:
        """None: the manifest in the output names the checkpoint."""
        return None
