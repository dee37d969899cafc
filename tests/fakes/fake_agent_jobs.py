"""The part of SageMaker that runs jobs of CreateJob, with model package groups: one state further at each look."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.aws_model import AwsError, FakeService, moment

LIFE = (
    ("InProgress", "Starting"),
    ("InProgress", "Training"),
    ("InProgress", "Training"),
    ("InProgress", "Uploading"),
    ("Completed", "Completed"),
)
EVALUATION = tuple((status, "Evaluating" if phase == "Training" else phase) for status, phase in LIFE)
STEPS = 50


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
class FakeAgentJob(FakeJob):
    package: str = ""

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.request["JobConfigDocument"])
        return found


@dataclass
class FakeAgentJobs(FakeService):
    """Jobs of CreateJob by category and name. One of a category runs at a time; an unknown group is refused."""

    agent_jobs: dict[tuple[str, str], FakeAgentJob] = field(default_factory=dict)
    one_at_a_time: bool = True
    groups: set[str] = field(default_factory=set)
    created_groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)

    def create_job(self, **request: Any) -> dict[str, Any]:
        category, name = request["JobCategory"], request["JobName"]
        if (category, name) in self.agent_jobs:
            raise AwsError("ResourceInUse", f"Job names must be unique within an account and category: {name}")
        job = FakeAgentJob(request, LIFE if category == "AgentRFT" else EVALUATION)
        self._check_document(category, job.document)
        others = [other for (kind, _), other in self.agent_jobs.items() if kind == category and other.running]
        if others and self.one_at_a_time:
            raise AwsError("ResourceLimitExceeded", f"The account-level service limit for {category} jobs is 1")
        self.agent_jobs[category, name] = job
        return {"JobArn": self._job_arn(category, name)}

    def _check_document(self, category: str, document: Mapping[str, Any]) -> None:
        expected = "TrainingConfig" if category == "AgentRFT" else "EvaluationConfig"
        missing = {"AgentConfig", "InputDataConfig", "OutputDataConfig", expected} - set(document)
        if missing:
            raise AwsError("ValidationException", f"JobConfigDocument lacks {sorted(missing)}")
        for key, arn in document.get("ModelPackageConfig", {}).items():
            name = arn.rsplit("/", 1)[-1]
            if key.endswith("GroupArn") and name not in self.groups:
                raise AwsError("ResourceNotFound", f"ModelPackageGroup {arn} does not exist.")
            if key == "InputModelPackageArn" and arn not in self.packages:
                raise AwsError("ResourceNotFound", f"ModelPackage {arn} does not exist.")

    def describe_job(self, *, JobName: str, JobCategory: str) -> dict[str, Any]:  # noqa: N803 - AWS's spelling
        job = self._agent_job(JobCategory, JobName)
        status, secondary = job.status
        reply = {
            "JobName": JobName,
            "JobArn": self._job_arn(JobCategory, JobName),
            "RoleArn": job.request["RoleArn"],
            "JobCategory": JobCategory,
            "JobConfigSchemaVersion": job.request["JobConfigSchemaVersion"],
            "JobConfigDocument": json.dumps({**job.document, "ServiceOutput": self._output(job)}),
            "CreationTime": moment(0),
            "LastModifiedTime": moment(60 * job.step),
            "JobStatus": status,
            "SecondaryStatus": secondary,
            "SecondaryStatusTransitions": [{"Status": secondary, "StartTime": moment(60 * job.step)}],
        }
        if job.failure:
            reply["FailureReason"] = job.failure
        job.step += 1
        return reply

    def _output(self, job: FakeAgentJob) -> dict[str, Any]:
        """What the service writes into the document: progress, then tokens and the model."""
        training = job.request["JobCategory"] == "AgentRFT"
        if job.running:
            if not training:
                return {"RolloutInfo": {"Completed": 16 * job.step, "Total": 64}}
            return {"ProgressInfo": {"CurrentStep": 10 * job.step, "MaxSteps": STEPS}}
        if job.status[0] != "Completed":
            return {}
        tokens = {"TrainTokenCount": 30_000, "PrefillTokenCount": 10_000, "SampleTokenCount": 8_000}
        if not training:
            return {"BillableTokenUsage": tokens}
        group = job.document["ModelPackageConfig"]["OutputModelPackageGroupArn"].rsplit("/", 1)[-1]
        if not job.package:
            job.package = self.arn(f"model-package/{group}/{1 + sum(f'/{group}/' in arn for arn in self.packages)}")
            self.packages.add(job.package)
        return {"BillableTokenUsage": tokens, "OutputModelPackageArn": job.package}

    def stop_job(self, *, JobName: str, JobCategory: str) -> dict[str, Any]:  # noqa: N803
        job = self._agent_job(JobCategory, JobName)
        if not job.running:
            raise AwsError("ValidationException", f"The request was rejected because {JobName} is not running")
        job.life, job.step = (("Stopping", "Stopping"), ("Stopped", "Stopped")), 0
        return {}

    def delete_job(self, *, JobName: str, JobCategory: str) -> dict[str, Any]:  # noqa: N803
        if self._agent_job(JobCategory, JobName).running:
            raise AwsError("ResourceInUse", f"The job {JobName} is under way")
        del self.agent_jobs[JobCategory, JobName]
        return {}

    def list_jobs(self, **request: Any) -> dict[str, Any]:
        category = request["JobCategory"]
        found = [
            {
                "JobArn": self._job_arn(category, name),
                "JobName": name,
                "JobCategory": category,
                "JobStatus": job.status[0],
                "JobSecondaryStatus": job.status[1],
                "CreationTime": moment(0),
                "LastModifiedTime": moment(60 * job.step),
            }
            for (kind, name), job in sorted(self.agent_jobs.items())
            if kind == category
        ]
        start = int(request.get("NextToken", 0))
        page: dict[str, Any] = {"JobSummaries": found[start : start + 1]}
        return page | ({"NextToken": str(start + 1)} if start + 1 < len(found) else {})

    def create_model_package_group(self, **request: Any) -> dict[str, Any]:
        name = request["ModelPackageGroupName"]
        if name in self.groups:
            raise AwsError("ValidationException", f"Model Package Group already exists: {self._group_arn(name)}")
        self.groups.add(name)
        self.created_groups[name] = request
        return {"ModelPackageGroupArn": self._group_arn(name)}

    def describe_model_package_group(self, *, ModelPackageGroupName: str) -> dict[str, Any]:  # noqa: N803
        name = ModelPackageGroupName
        self._check_group(name)
        kept = self.created_groups.get(name, {})
        return {
            "ModelPackageGroupName": name,
            "ModelPackageGroupArn": self._group_arn(name),
            "CreationTime": moment(0),
            "CreatedBy": {},
            "ModelPackageGroupStatus": "Completed",
            **({"ManagedConfiguration": kept["ManagedConfiguration"]} if "ManagedConfiguration" in kept else {}),
        }

    def delete_model_package_group(self, *, ModelPackageGroupName: str) -> dict[str, Any]:  # noqa: N803
        self._check_group(ModelPackageGroupName)
        if any(f":model-package/{ModelPackageGroupName}/" in arn for arn in self.packages):
            raise AwsError("ConflictException", f"{ModelPackageGroupName} still has model packages")
        self.groups.remove(ModelPackageGroupName)
        self.created_groups.pop(ModelPackageGroupName, None)
        return {}

    def list_model_packages(self, **request: Any) -> dict[str, Any]:
        group = request["ModelPackageGroupName"].rsplit("/", 1)[-1]
        found = sorted(arn for arn in self.packages if f":model-package/{group}/" in arn)
        summaries = [
            {
                "ModelPackageArn": arn,
                "ModelPackageGroupName": group,
                "ModelPackageVersion": int(arn.rsplit("/", 1)[-1]),
                "CreationTime": moment(0),
                "ModelPackageStatus": "Completed",
            }
            for arn in found
        ]
        return {"ModelPackageSummaryList": summaries}

    def delete_model_package(self, *, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803
        if ModelPackageName not in self.packages:
            raise AwsError("ValidationException", f"ModelPackage {ModelPackageName} does not exist.")
        self.packages.remove(ModelPackageName)
        return {}

    def fail_agent_job(self, name: str, reason: str) -> None:
        """Let a job end in failure at the next look."""
        job = next(job for (_, other), job in self.agent_jobs.items() if other == name)
        job.life, job.step, job.failure = (("Failed", "Failed"),), 0, reason

    def tagged_of_agents(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Jobs and groups with their tags, as the tagging service knows them."""
        for (category, name), job in self.agent_jobs.items():
            yield self._job_arn(category, name), _tags(job.request)
        for name, request in self.created_groups.items():
            yield self._group_arn(name), _tags(request)

    def _job_arn(self, category: str, name: str) -> str:
        return self.arn(f"job/{category}/{name}", "sagemaker")

    def _group_arn(self, name: str) -> str:
        return self.arn(f"model-package-group/{name}", "sagemaker")

    def _check_group(self, name: str) -> None:
        if name not in self.groups:
            raise AwsError("ValidationException", f"ModelPackageGroup {self._group_arn(name)} does not exist.")

    def _agent_job(self, category: str, name: str) -> FakeAgentJob:
        if (category, name) not in self.agent_jobs:
            raise AwsError("ResourceNotFound", f"Job {name} of category {category} does not exist.")
        return self.agent_jobs[category, name]


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
