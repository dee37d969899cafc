"""A SageMaker that runs training jobs in memory: one state further each time somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.fakes.aws_model import AwsError, FakeService, moment

# (TrainingJobStatus, SecondaryStatus) in the order a job goes through them.
LIFE = (
    ("InProgress", "Starting"),
    ("InProgress", "Downloading"),
    ("InProgress", "Training"),
    ("InProgress", "Training"),
    ("InProgress", "Uploading"),
    ("Completed", "Completed"),
)


@dataclass
class FakeJob:
    request: dict[str, Any]
    life: tuple[tuple[str, str], ...]
    step: int = 0
    failure: str = ""

    @property
    def status(self) -> tuple[str, str]:
        return self.life[min(self.step, len(self.life) - 1)]

    @property
    def running(self) -> bool:
        return self.status[0] in ("InProgress", "Stopping")


@dataclass
class FakeSageMaker(FakeService):
    service: ClassVar[str] = "sagemaker"

    jobs: dict[str, FakeJob] = field(default_factory=dict)
    quota: dict[str, int] = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict)
    restricted: dict[str, int] = field(default_factory=dict)

    def create_training_job(self, **request: Any) -> dict[str, Any]:
        name = request["TrainingJobName"]
        if name in self.jobs:
            raise AwsError("ResourceInUse", f"Training job names must be unique within an account: {name}")
        kind = request["ResourceConfig"]["InstanceType"]
        in_use = sum(j.request["ResourceConfig"]["InstanceCount"] for j in self.jobs.values() if j.running)
        if in_use + request["ResourceConfig"]["InstanceCount"] > self.quota.get(kind, 1_000):
            raise AwsError("ResourceLimitExceeded", f"The account-level service limit '{kind} for training job usage'")
        self.jobs[name] = FakeJob(request, LIFE)
        return {"TrainingJobArn": self.arn(f"training-job/{name}")}

    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:  # noqa: N803 - AWS's spelling
        job = self._job(TrainingJobName)
        status, secondary = job.status
        seconds = 60 * job.step
        reply = {
            "TrainingJobName": TrainingJobName,
            "TrainingJobArn": self.arn(f"training-job/{TrainingJobName}"),
            "TrainingJobStatus": status,
            "SecondaryStatus": secondary,
            "CreationTime": moment(0),
            "LastModifiedTime": moment(seconds),
            "SecondaryStatusTransitions": [
                {"Status": seen, "StartTime": moment(60 * i)} for i, (_, seen) in enumerate(job.life[: job.step + 1])
            ],
        }
        described = ("AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig")
        reply |= {key: job.request[key] for key in (*described, "StoppingCondition", "HyperParameters")}
        if job.failure:
            reply["FailureReason"] = job.failure
        output = job.request["OutputDataConfig"]["S3OutputPath"]
        reply["ModelArtifacts"] = {"S3ModelArtifacts": f"{output}/{TrainingJobName}/output/model.tar.gz"}
        if not job.running:
            reply |= {"BillableTimeInSeconds": 240, "TrainingTimeInSeconds": 240, "TrainingEndTime": moment(seconds)}
        job.step += 1
        return reply

    def stop_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:  # noqa: N803
        job = self._job(TrainingJobName)
        if not job.running:
            raise AwsError("ValidationException", f"The request was rejected because {TrainingJobName} is not running")
        job.life, job.step = (("Stopping", "Stopping"), ("Stopped", "Stopped")), 0
        return {}

    def list_training_jobs(self, **request: Any) -> dict[str, Any]:
        wanted = request.get("NameContains", "")
        names = sorted(name for name in self.jobs if wanted in name)
        start, size = int(request.get("NextToken", 0)), request.get("MaxResults", 10)
        page = {"TrainingJobSummaries": [self._summary(name) for name in names[start : start + size]]}
        return page | ({"NextToken": str(start + size)} if start + size < len(names) else {})

    def describe_cluster(self, *, ClusterName: str) -> dict[str, Any]:  # noqa: N803
        """A cluster with a Restricted Instance Group for each instance type in `restricted`."""
        if ClusterName not in self.clusters:
            raise AwsError("ResourceNotFound", f"Cluster with name {ClusterName} not found.")
        groups = [
            {"InstanceGroupName": f"rig-{kind}".replace(".", "-"), "InstanceType": kind, "CurrentCount": count}
            for kind, count in self.restricted.items()
        ]
        return {
            "ClusterArn": self.arn(f"cluster/{self.clusters[ClusterName]}"),
            "ClusterName": ClusterName,
            "ClusterStatus": "InService",
            "InstanceGroups": [],
            "RestrictedInstanceGroups": groups,
        }

    def list_tags(self, *, ResourceArn: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"Tags": self._job(ResourceArn.rsplit("/", 1)[-1]).request.get("Tags", [])}

    def fail(self, name: str, reason: str) -> None:
        """Let a job end in failure at the next look."""
        job = self._job(name)
        job.life, job.step, job.failure = (("Failed", "Failed"),), 0, reason

    def _job(self, name: str) -> FakeJob:
        if name not in self.jobs:
            raise AwsError("ValidationException", f"Requested resource not found: {name}")
        return self.jobs[name]

    def _summary(self, name: str) -> dict[str, Any]:
        return {
            "TrainingJobName": name,
            "TrainingJobArn": self.arn(f"training-job/{name}"),
            "CreationTime": moment(0),
            "TrainingJobStatus": self.jobs[name].status[0],
        }
