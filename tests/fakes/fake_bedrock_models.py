"""A Bedrock that customises, imports, deploys and deletes models in memory, one state further with each look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.fakes.aws_model import AwsError, FakeService, moment

BASE = "amazon.nova-2-lite-v1:0:256k"


@dataclass
class Thing:
    """A model, deployment or job: its request, and how many looks it takes until it is finished."""

    arn: str
    request: dict[str, Any]
    looks: int = 2
    failure: str = ""
    stopping: list[str] = field(default_factory=list)
    stopped: str = ""

    def look(self, working: str, done: str) -> str:
        self.looks -= 1
        if self.failure:
            return "Failed"
        return working if self.looks >= 0 else done


@dataclass
class FakeBedrock(FakeService):
    service: ClassVar[str] = "bedrock"

    jobs: dict[str, Thing] = field(default_factory=dict)
    models: dict[str, Thing] = field(default_factory=dict)
    deployments: dict[str, Thing] = field(default_factory=dict)
    provisioned: dict[str, Thing] = field(default_factory=dict)
    leaving: list[str] = field(default_factory=list)
    lifecycle: str = "ACTIVE"
    made: int = 0

    def _new(self, kind: str, request: dict[str, Any]) -> Thing:
        self.made += 1
        return Thing(self.arn(f"{kind}/{self.made:012d}"), request)

    def get_foundation_model(self, *, modelIdentifier: str) -> dict[str, Any]:  # noqa: N803 - AWS's spelling
        arn = f"arn:aws:bedrock:{self.region}::foundation-model/{BASE}"
        if modelIdentifier not in (arn, BASE):
            raise AwsError("ResourceNotFoundException", "The foundation model could not be found", 404)
        details = {"modelArn": arn, "modelId": BASE, "modelLifecycle": {"status": self.lifecycle}}
        return {"modelDetails": details}

    # --- customization jobs
    def create_model_customization_job(self, **request: Any) -> dict[str, Any]:
        name, token = request["jobName"], request["clientRequestToken"]
        if name in self.jobs:
            if self.jobs[name].request["clientRequestToken"] == token:
                return {"jobArn": self.jobs[name].arn}
            raise AwsError("ConflictException", f"A job named {name} exists", 400)
        self.jobs[name] = self._new(f"model-customization-job/{BASE}", request)
        return {"jobArn": self.jobs[name].arn}

    def get_model_customization_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803
        found = [job for name, job in self.jobs.items() if jobIdentifier in (name, job.arn)]
        if not found:
            raise AwsError("ResourceNotFoundException", "The provided job identifier is not found", 404)
        [job] = found
        asked = job.request
        kept = (
            "jobName",
            "clientRequestToken",
            "roleArn",
            "trainingDataConfig",
            "outputDataConfig",
            "customizationType",
        )
        reply = {key: asked[key] for key in kept}
        if job.failure:
            reply["failureMessage"] = job.failure
        status = job.stopping.pop(0) if job.stopping else job.stopped or job.look("InProgress", "Completed")
        job.stopped = status if status in ("Stopping", "Stopped") else ""
        if status == "Completed":
            reply["outputModelArn"] = self.arn(f"custom-model/{BASE}/{job.arn.rsplit('/', 1)[-1]}")
        return reply | {
            "jobArn": job.arn,
            "outputModelName": asked["customModelName"],
            "baseModelArn": f"arn:aws:bedrock:{self.region}::foundation-model/{BASE}",  # of a custom model its own
            "status": status,
            "statusDetails": {"trainingDetails": {"status": "InProgress" if status == "InProgress" else "Completed"}},
            "creationTime": moment(0),
            "validationDataConfig": asked.get("validationDataConfig", {"validators": []}),
            "customizationConfig": asked.get("customizationConfig", {"rftConfig": {}}),
        }

    def stop_model_customization_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803
        [job] = [job for job in self.jobs.values() if job.arn == jobIdentifier]
        job.stopping = ["Stopping", "Stopped"]
        return {}

    # --- models
    def create_custom_model(self, **request: Any) -> dict[str, Any]:
        same = [m for m in self.models.values() if m.request["clientRequestToken"] == request["clientRequestToken"]]
        if same:
            return {"modelArn": same[0].arn}
        if any(m.request["modelName"] == request["modelName"] for m in self.models.values()):
            raise AwsError("ConflictException", "A model of this name exists", 400)
        model = self._new("custom-model/imported", request)
        self.models[model.arn] = model
        return {"modelArn": model.arn}

    def list_model_customization_jobs(self, **request: Any) -> dict[str, Any]:
        assert request.get("statusEquals") == "InProgress"
        found = [job for job in self.jobs.values() if job.looks >= 0 and not job.stopped]
        summaries = [
            {
                "jobArn": job.arn,
                "baseModelArn": f"arn:aws:bedrock:{self.region}::foundation-model/{BASE}",
                "jobName": job.request["jobName"],
                "status": "InProgress",
                "creationTime": moment(0),
            }
            for job in found
        ]
        return {"modelCustomizationJobSummaries": summaries}

    def get_custom_model(self, *, modelIdentifier: str) -> dict[str, Any]:  # noqa: N803
        model = self.models[modelIdentifier]
        status = model.look("Creating", "Active")
        reply = {"modelArn": model.arn, "modelName": model.request["modelName"], "creationTime": moment(0)}
        return reply | {"modelStatus": status} | ({"failureMessage": model.failure} if model.failure else {})

    def list_custom_models(self, **request: Any) -> dict[str, Any]:
        found = [m for m in self.models.values() if request.get("nameContains", "") in m.request["modelName"]]
        start = int(request.get("nextToken", 0))
        summaries = [
            {
                "modelArn": model.arn,
                "modelName": model.request["modelName"],
                "creationTime": moment(0),
                "baseModelArn": f"arn:aws:bedrock:{self.region}::foundation-model/{BASE}",
                "baseModelName": "amazon.nova-2-lite-v1",
            }
            for model in found[start : start + 1]  # one a page, so that paging is needed
        ]
        return {"modelSummaries": summaries} | ({"nextToken": str(start + 1)} if start + 1 < len(found) else {})

    def delete_custom_model(self, *, modelIdentifier: str) -> dict[str, Any]:  # noqa: N803
        if any(d.request["modelArn"] == modelIdentifier for d in self.deployments.values()):
            raise AwsError("ConflictException", "The model has deployments", 400)
        if any(p.request["modelId"] == modelIdentifier for p in self.provisioned.values()):
            raise AwsError("ConflictException", "The model has provisioned throughput", 400)
        if modelIdentifier not in self.models:
            raise AwsError("ResourceNotFoundException", "There is no such model", 404)
        del self.models[modelIdentifier]
        return {}

    # --- deployments
    def create_custom_model_deployment(self, **request: Any) -> dict[str, Any]:
        if self.models[request["modelArn"]].looks >= 0:
            raise AwsError("ValidationException", "The model is not active")
        deployment = self._new("custom-model-deployment", request)
        self.deployments[deployment.arn] = deployment
        return {"customModelDeploymentArn": deployment.arn}

    def get_custom_model_deployment(self, *, customModelDeploymentIdentifier: str) -> dict[str, Any]:  # noqa: N803
        if customModelDeploymentIdentifier not in self.deployments:
            raise AwsError("ResourceNotFoundException", "The deployment could not be found", 404)
        deployment = self.deployments[customModelDeploymentIdentifier]
        self._let_go()
        return {
            "customModelDeploymentArn": deployment.arn,
            "modelDeploymentName": deployment.request["modelDeploymentName"],
            "modelArn": deployment.request["modelArn"],
            "createdAt": moment(0),
            "status": deployment.look("Creating", "Active"),
        }

    def list_custom_model_deployments(self, **request: Any) -> dict[str, Any]:
        found = [d for d in self.deployments.values() if d.request["modelArn"] == request["modelArnEquals"]]
        summaries = [
            {
                "customModelDeploymentArn": deployment.arn,
                "customModelDeploymentName": deployment.request["modelDeploymentName"],
                "modelArn": deployment.request["modelArn"],
                "createdAt": moment(0),
                "status": "Active",
            }
            for deployment in found
        ]
        self._let_go()
        return {"modelDeploymentSummaries": summaries}

    def _let_go(self) -> None:
        """A deletion takes effect after the next look."""
        for arn in self.leaving:
            self.deployments.pop(arn, None)
            self.provisioned.pop(arn, None)

    def delete_custom_model_deployment(self, *, customModelDeploymentIdentifier: str) -> dict[str, Any]:  # noqa: N803
        if customModelDeploymentIdentifier not in self.deployments:
            raise AwsError("ResourceNotFoundException", "There is no such deployment", 404)
        self.leaving.append(customModelDeploymentIdentifier)
        return {}

    # --- provisioned throughput
    def create_provisioned_model_throughput(self, **request: Any) -> dict[str, Any]:
        same = [
            p for p in self.provisioned.values() if p.request["clientRequestToken"] == request["clientRequestToken"]
        ]
        if not same:
            made = self._new("provisioned-model", request)
            made.arn = self.arn(f"provisioned-model/abcdefgh{self.made:04d}")
            self.provisioned[made.arn] = made
            return {"provisionedModelArn": made.arn}
        return {"provisionedModelArn": same[0].arn}

    def get_provisioned_model_throughput(self, *, provisionedModelId: str) -> dict[str, Any]:  # noqa: N803
        if provisionedModelId not in self.provisioned:
            raise AwsError("ResourceNotFoundException", "The throughput could not be found", 404)
        found = self.provisioned[provisionedModelId]
        return self._throughput(found, found.look("Creating", "InService"))

    def list_provisioned_model_throughputs(self, **request: Any) -> dict[str, Any]:
        found = [p for p in self.provisioned.values() if p.request["modelId"] == request["modelArnEquals"]]
        summaries = [self._throughput(p, "InService") for p in found]
        self._let_go()
        return {"provisionedModelSummaries": summaries}

    def delete_provisioned_model_throughput(self, *, provisionedModelId: str) -> dict[str, Any]:  # noqa: N803
        self.leaving.append(provisionedModelId)
        return {}

    def _throughput(self, found: Thing, status: str) -> dict[str, Any]:
        return {
            "provisionedModelName": found.request["provisionedModelName"],
            "provisionedModelArn": found.arn,
            "modelArn": found.request["modelId"],
            "desiredModelArn": found.request["modelId"],
            "foundationModelArn": f"arn:aws:bedrock:{self.region}::foundation-model/{BASE}",
            "modelUnits": found.request["modelUnits"],
            "desiredModelUnits": found.request["modelUnits"],
            "status": status,
            "creationTime": moment(0),
            "lastModifiedTime": moment(0),
        }
