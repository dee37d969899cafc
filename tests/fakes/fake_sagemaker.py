"""A SageMaker that runs training jobs in memory: one state further each time somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.fakes.aws_model import AwsError, moment
from tests.fakes.fake_agent_jobs import FakeAgentJobs, FakeJob

# (TrainingJobStatus, SecondaryStatus) in the order a job goes through them.
LIFE = (
    ("InProgress", "Starting"),
    ("InProgress", "Downloading"),
    ("InProgress", "Training"),
    ("InProgress", "Training"),
    ("InProgress", "Uploading"),
    ("Completed", "Completed"),
)


DESCRIBED = (
    *("AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "HyperParameters"),
    *("StoppingCondition", "ServerlessJobConfig", "ModelPackageConfig", "MlflowConfig"),
)


@dataclass
class FakeSageMaker(FakeAgentJobs):
    service: ClassVar[str] = "sagemaker"

    jobs: dict[str, FakeJob] = field(default_factory=dict)
    quota: dict[str, int] = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict)
    restricted: dict[str, int] = field(default_factory=dict)
    hub_contents: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    hubs: set[str] = field(default_factory=set)
    offered: dict[str, int] = field(default_factory=dict)  # instances by type, or by "TYPE in REGION"
    plans: dict[str, dict[str, Any]] = field(default_factory=dict)

    def search_training_plan_offerings(self, **request: Any) -> dict[str, Any]:
        """What is on offer; a request without a duration is refused by the service, though not by its model."""
        kind = request["InstanceType"]
        free = self.offered.get(f"{kind} in {self.asked_in}", self.offered.get(kind, 1_000))
        if "DurationHours" not in request or free < max(1, request["InstanceCount"]):
            return {"TrainingPlanOfferings": []}
        reserved = {"InstanceType": kind, "InstanceCount": request["InstanceCount"], "StartTime": moment(0)}
        one = {"TargetResources": request["TargetResources"], "ReservedCapacityOfferings": [reserved]}
        fees = {"tpo-2": {"UpfrontFee": "30000.5", "CurrencyCode": "USD"}, "tpo-1": {"UpfrontFee": "9000"}, "tpo-3": {}}
        return {"TrainingPlanOfferings": [{"TrainingPlanOfferingId": name, **one, **fee} for name, fee in fees.items()]}

    def list_training_plans(self, **request: Any) -> dict[str, Any]:
        """The account's plans, one a page."""
        start, names = int(request.get("NextToken", 0)), sorted(self.plans)
        page = {"TrainingPlanSummaries": [self.plans[name] for name in names[start : start + 1]]}
        return page | ({"NextToken": str(start + 1)} if start + 1 < len(names) else {})

    def describe_training_plan(self, *, TrainingPlanName: str) -> dict[str, Any]:  # noqa: N803
        name = TrainingPlanName.rsplit("/", 1)[-1]
        if name not in self.plans:
            raise AwsError("ResourceNotFound", f"Training plan {name} not found")
        return self.plans[name]

    def reserve(self, name: str, free: int, *, status: str = "Active", kind: str = "ml.p5.48xlarge") -> None:
        """A training plan of eight instances for training jobs, of which `free` have nothing to do."""
        arn = self.arn(f"training-plan/{name}")
        reserved = {"InstanceType": kind, "TotalInstanceCount": 8, "Status": status}
        reserved["ReservedCapacityArn"] = self.arn(f"reserved-capacity/{name}")
        counts = {"TotalInstanceCount": 8, "AvailableInstanceCount": free if status == "Active" else 0}
        found = {"TrainingPlanArn": arn, "TrainingPlanName": name, "Status": status, **counts}
        self.plans[name] = {**found, "TargetResources": ["training-job"], "ReservedCapacitySummaries": [reserved]}

    def create_training_job(self, **request: Any) -> dict[str, Any]:
        name = request["TrainingJobName"]
        if name in self.jobs:
            raise AwsError("ResourceInUse", f"Training job names must be unique within an account: {name}")
        if "ServerlessJobConfig" in request:
            self._check_serverless(request)
        else:
            self._check_instances(request)
        self.jobs[name] = FakeJob(request, LIFE)
        return {"TrainingJobArn": self.arn(f"training-job/{name}")}

    def _check_instances(self, request: dict[str, Any]) -> None:
        missing = {"AlgorithmSpecification", "ResourceConfig", "StoppingCondition"} - set(request)
        if missing:
            raise AwsError("ValidationException", f"{sorted(missing)} must be given without ServerlessJobConfig")
        kind, running = request["ResourceConfig"]["InstanceType"], [j for j in self.jobs.values() if j.running]
        in_use = sum(j.request.get("ResourceConfig", {}).get("InstanceCount", 0) for j in running)
        if in_use + request["ResourceConfig"]["InstanceCount"] > self.quota.get(kind, 1_000):
            raise AwsError("ResourceLimitExceeded", f"The account-level service limit '{kind} for training job usage'")

    def _check_serverless(self, request: dict[str, Any]) -> None:
        too_much = {"AlgorithmSpecification", "ResourceConfig"} & set(request)
        if too_much:
            raise AwsError("ValidationException", f"{sorted(too_much)} cannot be given with ServerlessJobConfig")
        config = request["ServerlessJobConfig"]
        kind = "EvaluationType" if config["JobType"] == "Evaluation" else "CustomizationTechnique"
        if kind not in config:
            raise AwsError("ValidationException", f"{kind} must be given with JobType {config['JobType']}")
        evaluator = config.get("EvaluatorArn")
        if evaluator and tuple(evaluator.split(":hub-content/")[1].split("/")[:3]) not in self.hub_contents:
            raise AwsError("ValidationException", f"Requested resource not found: {evaluator}")

    def import_hub_content(self, **request: Any) -> dict[str, Any]:
        key = (request["HubName"], request["HubContentType"], request["HubContentName"])
        if request["HubName"] not in self.hubs:
            raise AwsError("ResourceNotFound", f"Hub with name {request['HubName']} does not exist")
        if key in self.hub_contents:
            raise AwsError("ResourceInUse", f"Hub content {'/'.join(key)} already exists")
        self.hub_contents[key] = request
        version = request["HubContentVersion"]
        arn = self.arn(f"hub-content/{'/'.join(key)}/{version}")
        return {"HubArn": self.arn(f"hub/{request['HubName']}"), "HubContentArn": arn}

    def describe_hub_content(self, **request: Any) -> dict[str, Any]:
        key = (request["HubName"], request["HubContentType"], request["HubContentName"])
        if key not in self.hub_contents:
            raise AwsError("ResourceNotFound", f"HubContent {'/'.join(key)} does not exist")
        return {
            "HubContentName": request["HubContentName"],
            "HubContentArn": f"arn:aws:sagemaker:{self.region}:aws:hub-content/{'/'.join(key)}/1.0.0",
            "HubContentVersion": "1.0.0",
            "HubContentType": request["HubContentType"],
            "DocumentSchemaVersion": "2.0.0",
            "HubName": request["HubName"],
            "HubArn": f"arn:aws:sagemaker:{self.region}:aws:hub/{request['HubName']}",
            "HubContentDocument": self.hub_contents[key]["HubContentDocument"],
            "HubContentStatus": "Available",
            "CreationTime": moment(0),
        }

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
        reply |= {"StoppingCondition": {"MaxRuntimeInSeconds": 86_400}}
        reply |= {key: value for key, value in job.request.items() if key in DESCRIBED}
        if job.failure:
            reply["FailureReason"] = job.failure
        output = job.request["OutputDataConfig"]["S3OutputPath"]
        reply["ModelArtifacts"] = {"S3ModelArtifacts": f"{output}/{TrainingJobName}/output/model.tar.gz"}
        if "ServerlessJobConfig" in job.request:
            reply |= self._serverless(TrainingJobName, job)
        elif not job.running:
            reply |= {"BillableTimeInSeconds": 240, "TrainingTimeInSeconds": 240, "TrainingEndTime": moment(seconds)}
        job.step += 1
        return reply

    def _serverless(self, name: str, job: FakeJob) -> dict[str, Any]:
        """What only a serverless job's description tells: progress, then tokens and the model."""
        if job.running:
            at = {"CurrentEpoch": 1, "MaxEpoch": 1, "CurrentStep": job.step, "TotalStepCountPerEpoch": len(job.life)}
            return {"ProgressInfo": at}
        if job.status[0] != "Completed":
            return {}
        if job.request["ServerlessJobConfig"]["JobType"] == "Evaluation":
            return {"BillableTokenCount": 48_000}
        group = job.request["ModelPackageConfig"]["ModelPackageGroupArn"].rsplit("/", 1)[-1]
        package = self.arn(f"model-package/{group}/1")
        self.packages.add(package)
        return {"BillableTokenCount": 48_000, "OutputModelPackageArn": package}

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
