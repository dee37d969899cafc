"""Preflight checks specific to SageMaker training jobs: instance quota, and permissions of the container."""

from __future__ import annotations

from collections.abc import Iterator

from estimators.aws import Session
from estimators.findings import JobFinding, Severity
from estimators.plan import JobPlan
from estimators.planning.permissions import Need, image_of, role_of
from estimators.planning.preflight import ask
from estimators.platforms.sagemaker.job import LOG_GROUP


def quota_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Whether the account may run that many instances of the type at once."""
    resources = plan.request["ResourceConfig"]
    wanted, name = resources["InstanceCount"], f"{resources['InstanceType']} for training job usage"
    pages = session.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    found, problem = ask(lambda: [quota for page in pages for quota in page["Quotas"] if quota["QuotaName"] == name])
    if problem:
        yield problem
    elif not found or found[0]["Value"] < wanted:
        has = f"{found[0]['Value']:.0f}" if found else "no"
        message = f"the account has a quota of {has} {name}, the job needs {wanted}"
        # whether a plan's instances count against this quota AWS does not say
        severity: Severity = "warning" if "TrainingPlanArn" in resources else "error"
        yield JobFinding("quota", severity, message, f"ask Service Quotas for {wanted} of {name!r}")


def log_need(plan: JobPlan) -> Need:
    """The actions by which a job writes its log."""
    account = str(role_of(plan)).split(":")[4]
    log = f"arn:aws:logs:{plan.region}:{account}:log-group:{LOG_GROUP}:*"
    return Need(("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"), (log,))


def needed_by_a_container(plan: JobPlan) -> Iterator[Need]:
    """IAM actions that SageMaker takes in the role's name: pull the image, write logs, put metrics.

    Source: "SageMaker AI roles", CreateTrainingJob API permissions.
    """
    image = image_of(plan)
    yield log_need(plan)
    if image is not None:
        pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
        yield Need(pull, (f"arn:aws:ecr:{plan.region}:{image[0]}:repository/{image[1]}",))
    yield Need(("cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"), ("*",))  # neither action knows a resource
