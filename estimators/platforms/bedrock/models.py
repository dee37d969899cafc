"""Custom models on Bedrock: launch, import, deploy, provision, delete; each step is idempotent.

Customization job, import of a SageMaker checkpoint, on-demand deployment or provisioned throughput, deletion in the
only order Bedrock allows. Every creation carries a client token made of its content, and looks for its own name first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Literal

from estimators.aws import Session
from estimators.errors import JobError
from estimators.findings import refuse
from estimators.leftovers import EVERY_S, Sleep, unless_gone
from estimators.plan import JobPlan
from estimators.platforms.bedrock.plan import BedrockConfig, tag_list, token
from estimators.platforms.platform import Launched
from estimators.results.outputs import Checkpoint
from estimators.uploads import upload_all
from rewards.aws import code_of, failures, message_of, refusal


def launch_customization(plan: JobPlan, session: Session, *, force: Collection[str] = ()) -> Launched:
    """Upload what the plan needs and create its customization job, or find the one an earlier launch created."""
    from botocore.exceptions import ClientError

    refuse(plan.findings, force)
    upload_all(plan.uploads, session)
    client = session.client("bedrock")
    try:
        return Launched(plan.name, client.create_model_customization_job(**plan.request)["jobArn"], started=True)
    except ClientError as error:
        if code_of(error) != "ConflictException":
            raise JobError(f"{code_of(error)}: {message_of(error)}") from error
    found = client.get_model_customization_job(jobIdentifier=plan.name)
    return Launched(plan.name, found["jobArn"], started=False, state=found["status"])


def import_request(checkpoint: Checkpoint, name: str, config: BedrockConfig) -> dict[str, Any]:
    """The `CreateCustomModel` request for a checkpoint that a training job left in AWS's escrow bucket.

    The token holds checkpoint and name: a constant one, as in AWS's samples, makes the second import answer with the
    first model.
    """
    request: dict[str, Any] = {
        "modelName": name,
        "modelSourceConfig": {"s3DataSource": {"s3Uri": checkpoint.uri}},
        "roleArn": config.role(),
        "modelTags": tag_list({**config.tags, "rftkit:run": name}),
        "clientRequestToken": token("import", name, checkpoint.uri),
    }
    return request | ({"modelKmsKeyArn": config.output_kms_key} if config.output_kms_key else {})


def deployment_request(model_arn: str, name: str, config: BedrockConfig) -> dict[str, Any]:
    """The `CreateCustomModelDeployment` request: the model on demand, paid by the token."""
    return {
        "modelDeploymentName": name,
        "modelArn": model_arn,
        "tags": tag_list({**config.tags, "rftkit:run": name}),
        "clientRequestToken": token("deploy", name, model_arn),
    }


def throughput_request(
    model_arn: str,
    name: str,
    config: BedrockConfig,
    *,
    units: int = 1,
    commitment: Literal["OneMonth", "SixMonths"] | None = None,
) -> dict[str, Any]:
    """The `CreateProvisionedModelThroughput` request: the model on reserved units, paid by the hour."""
    request: dict[str, Any] = {
        "provisionedModelName": name,
        "modelId": model_arn,
        "modelUnits": units,
        "tags": tag_list({**config.tags, "rftkit:run": name}),
        "clientRequestToken": token("provision", name, model_arn, str(units)),
    }
    return request | ({"commitmentDuration": commitment} if commitment else {})


def import_model(request: Mapping[str, Any], session: Session, *, sleep: Sleep) -> str:
    """Import a checkpoint and wait until the model is active; returns its ARN. A second call finds the first model."""
    client = session.client("bedrock")
    arn = model_arn(request["modelName"], session) or client.create_custom_model(**request)["modelArn"]
    _wait(lambda: client.get_custom_model(modelIdentifier=arn), "modelStatus", f"the model {arn}", sleep)
    return str(arn)


def deploy_model(request: Mapping[str, Any], session: Session, *, sleep: Sleep) -> str:
    """Deploy a model on demand and wait until it is active; returns the ARN that `invoke` takes."""
    client = session.client("bedrock")
    there = _named(_deployments(client, request["modelArn"]), "customModelDeployment", request["modelDeploymentName"])
    arn = there or client.create_custom_model_deployment(**request)["customModelDeploymentArn"]
    describe = client.get_custom_model_deployment
    _wait(lambda: describe(customModelDeploymentIdentifier=arn), "status", f"the deployment {arn}", sleep)
    return str(arn)


def provision_model(request: Mapping[str, Any], session: Session, *, sleep: Sleep) -> str:
    """Provision throughput for a model and wait until it is in service; returns the ARN for `invoke`. Idempotent."""
    client = session.client("bedrock")
    there = _named(_provisioned(client, request["modelId"]), "provisionedModel", request["provisionedModelName"])
    arn = there or client.create_provisioned_model_throughput(**request)["provisionedModelArn"]
    describe = client.get_provisioned_model_throughput
    _wait(lambda: describe(provisionedModelId=arn), "status", f"the throughput {arn}", sleep, ready="InService")
    return str(arn)


def model_arn(name: str, session: Session) -> str | None:
    """The ARN of the custom model of this name, None if there is none."""
    pages = session.client("bedrock").get_paginator("list_custom_models").paginate(nameContains=name)
    return _named((model for page in pages for model in page["modelSummaries"]), "model", name)


def delete_model(name: str, session: Session, *, sleep: Sleep) -> tuple[str, ...]:
    """Delete a custom model, after its deployments and throughput, as Bedrock requires; returns the ARNs in order."""
    client, standing = session.client("bedrock"), standing_model(name, session)
    if not standing:
        return ()
    *serving, arn = standing
    for found in serving:
        if ":custom-model-deployment/" in found:
            unless_gone(client.delete_custom_model_deployment, customModelDeploymentIdentifier=found)
        else:
            unless_gone(client.delete_provisioned_model_throughput, provisionedModelId=found)
    while any(True for _ in (*_deployments(client, arn), *_provisioned(client, arn))):
        sleep(EVERY_S)
    unless_gone(client.delete_custom_model, modelIdentifier=arn)
    return standing


def standing_model(name: str, session: Session) -> tuple[str, ...]:
    """The ARNs that `delete_model` would delete, the model last; empty where there is none. Only looks."""
    client, arn = session.client("bedrock"), model_arn(name, session)
    if arn is None:
        return ()
    deployments = [str(found["customModelDeploymentArn"]) for found in _deployments(client, arn)]
    return (*deployments, *(str(found["provisionedModelArn"]) for found in _provisioned(client, arn)), arn)


def _named(listed: Iterable[Mapping[str, Any]], kind: str, name: str) -> str | None:
    """The ARN of the first thing listed under this name; Bedrock's keys are the kind with Name and Arn behind it."""
    return next((entry[f"{kind}Arn"] for entry in listed if entry[f"{kind}Name"] == name), None)


def _deployments(client: Any, arn: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator("list_custom_model_deployments").paginate(modelArnEquals=arn):
        yield from page.get("modelDeploymentSummaries", [])


def _provisioned(client: Any, arn: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator("list_provisioned_model_throughputs").paginate(modelArnEquals=arn):
        yield from page.get("provisionedModelSummaries", [])


def _wait(
    describe: Callable[[], Mapping[str, Any]], key: str, what: str, sleep: Sleep, *, ready: str = "Active"
) -> None:
    try:
        while (found := describe())[key] == "Creating":
            sleep(EVERY_S)
    except failures() as error:
        said = refusal(error) or str(error)
        raise JobError(f"{what} is being made, but cannot be watched: {said}; the same command waits on") from error
    if found[key] != ready:
        raise JobError(f"{what} is {found[key]}: {found.get('failureMessage', 'no reason given')}")
