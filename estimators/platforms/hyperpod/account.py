"""Preflight checks specific to HyperPod: the cluster and its capacity."""

from __future__ import annotations

from collections.abc import Iterator

from estimators.aws import Session
from estimators.findings import JobFinding
from estimators.plan import JobPlan
from estimators.planning.preflight import ask
from recipes.checking.estimates import Estimate


def cluster_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Whether the cluster is in service and has a Restricted Instance Group with enough instances of the type."""
    name = plan.request["cluster"]["name"]
    found, problem = ask(lambda: session.client("sagemaker").describe_cluster(ClusterName=name))
    if found is None:
        fix = "correct hyperpod.name in the project file, or the region"
        yield problem or JobFinding("cluster-missing", "error", f"there is no cluster {name!r} in {plan.region}", fix)
        return
    if found["ClusterStatus"] != "InService":
        message = f"the cluster {name!r} is {found['ClusterStatus']}"
        yield JobFinding("cluster-status", "error", message, "wait until it is InService, or mend it")
    assert isinstance(plan.cost, Estimate), "a job on a cluster is billed by instance-hours"
    kind, wanted = plan.cost.instance_type, plan.cost.instances
    groups = found.get("RestrictedInstanceGroups", [])
    has = sum(group.get("CurrentCount", 0) for group in groups if group.get("InstanceType") == kind)
    if has < wanted:
        message = f"the cluster {name!r} has {has} {kind} in Restricted Instance Groups, the job needs {wanted}"
        yield JobFinding(
            "cluster-capacity", "error", message, "enlarge the group, or add one; Nova runs in no other kind"
        )
