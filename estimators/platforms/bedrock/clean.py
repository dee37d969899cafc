"""A run's resources in Bedrock: customization jobs, deployments, provisioned throughput and custom models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from estimators.aws import Session
from estimators.leftovers import EVERY_S, Leftover, Sleep, exists, tagged, unless_gone

# In the order of deletion: Bedrock refuses to delete a model that something still serves.
_ACTIONS: Final = {
    "model-customization-job": "stop",
    "custom-model-deployment": "delete",
    "provisioned-model": "delete",
    "custom-model": "delete",
}


def leftovers(run: str, session: Session) -> Iterator[Leftover]:
    """Existing resources tagged with the run."""
    for entry in tagged(run, session, _ACTIONS, "bedrock"):
        if entry.action == "delete" or _runs(entry, session):
            yield entry


def remove(leftover: Leftover, session: Session, sleep: Sleep) -> None:
    """Stop or delete the resource, and wait until a deployment or throughput is deleted."""
    unless_gone(_REMOVERS[leftover.kind], leftover.id, session.client("bedrock"), sleep)


def _runs(entry: Leftover, session: Session) -> bool:
    found = session.client("bedrock").get_model_customization_job(jobIdentifier=entry.id)
    return bool(found["status"] == "InProgress")


def _stop_customization(arn: str, client: Any, sleep: Sleep) -> None:
    client.stop_model_customization_job(jobIdentifier=arn)


def _delete_deployment(arn: str, client: Any, sleep: Sleep) -> None:
    client.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)
    while exists(lambda: client.get_custom_model_deployment(customModelDeploymentIdentifier=arn)):
        sleep(EVERY_S)


def _delete_provisioned(arn: str, client: Any, sleep: Sleep) -> None:
    client.delete_provisioned_model_throughput(provisionedModelId=arn)
    while exists(lambda: client.get_provisioned_model_throughput(provisionedModelId=arn)):
        sleep(EVERY_S)


def _delete_model(arn: str, client: Any, sleep: Sleep) -> None:
    client.delete_custom_model(modelIdentifier=arn)


_REMOVERS: Final[Mapping[str, Callable[[str, Any, Sleep], None]]] = {
    "model-customization-job": _stop_customization,
    "custom-model-deployment": _delete_deployment,
    "provisioned-model": _delete_provisioned,
    "custom-model": _delete_model,
}
