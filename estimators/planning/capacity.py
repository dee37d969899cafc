"""What AWS tells about capacity before a launch: reserved capacity by region, training plans, quotas of Bedrock.

No call tells whether instances on demand are free. All of it is optional: where a question is not answered, for
whatever reason, nothing is said. Sources: botocore 1.44.5, `SearchTrainingPlanOfferings`, `ListTrainingPlans` and
`DescribeTrainingPlan`; Service Quotas, Bedrock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from estimators.aws import Session
from estimators.findings import JobFinding
from estimators.images import ACCOUNTS
from estimators.plan import JobPlan
from estimators.planning.preflight import ask
from recipes.checking.estimates import Estimate

_CODE, _TARGET, _OVER = "training-plan", "training-job", ("Expired", "Failed")
_RESERVED: Final = ("ml.p4", "ml.p5", "ml.p6", "ml.trn")  # families that training plans reserve
# Of a quota's name, in lower case: what it counts.
_JOBS, _MODELS = "scheduled customization jobs", "custom models per account"


def offering_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """A warning where AWS has no reserved capacity of the plan's size on offer, as on demand is then short as well.

    It says which other region with Nova's images has some, and which training plan of the account has room.
    """
    cost = plan.cost
    if not isinstance(cost, Estimate) or not cost.instance_type.startswith(_RESERVED) or _training_plan_of(plan):
        return
    hours = math.ceil(cost.hours or 1)
    wanted = {
        "InstanceType": cost.instance_type,
        "InstanceCount": cost.instances,
        "DurationHours": hours,
        "TargetResources": [_TARGET],
    }
    offers = _offers(wanted, session.client("sagemaker"))
    if offers != []:
        return
    what = f"{cost.instances} x {cost.instance_type} for {hours} h in {plan.region}"
    message = f"AWS offers no reserved capacity of {what}, and on demand a job may wait long or fail for capacity"
    yield JobFinding("capacity", "warning", message, "; ".join(_elsewhere(plan.region, wanted, session)))


def training_plan_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Whether the training plan that the job names is there, not over, for training jobs, and large enough.

    Source: "Training plans utilization for SageMaker training jobs", 2026: a job waits for its plan to be `Active`, and
    ends with InsufficientCapacityError after two days without room.
    """
    arn, cost = _training_plan_of(plan), plan.cost
    if arn is None or not isinstance(cost, Estimate):
        return
    name = arn.rsplit("/", 1)[-1]
    found, problem = ask(lambda: session.client("sagemaker").describe_training_plan(TrainingPlanName=arn))
    if found is None:
        fix = "correct training_plan_arn, or take it out: aws sagemaker list-training-plans"
        yield problem or JobFinding(_CODE, "error", f"there is no training plan {name!r} in {plan.region}", fix)
        return
    kinds = {capacity["InstanceType"] for capacity in found.get("ReservedCapacitySummaries", [])}
    if found["Status"] in _OVER:
        yield JobFinding(_CODE, "error", f"the training plan {name!r} is {found['Status']}", "name another")
    if _TARGET not in found.get("TargetResources", [_TARGET]):
        message = f"the training plan {name!r} is for {', '.join(found['TargetResources'])}, not for training jobs"
        yield JobFinding(_CODE, "error", message, "name one whose target is training-job")
    if kinds and cost.instance_type not in kinds:
        message = (
            f"the training plan {name!r} reserves {', '.join(sorted(kinds))}, the job runs on {cost.instance_type}"
        )
        yield JobFinding(_CODE, "error", message, "set instance_type to what it reserves, or name another plan")
    free = found.get("AvailableInstanceCount", cost.instances)
    if found["Status"] == "Active" and free < cost.instances:
        message = f"the training plan {name!r} has {free} free instances, the job needs {cost.instances}: it will wait"
        yield JobFinding(_CODE, "warning", message, "end what runs on it, or launch later: AWS gives up after two days")


def _training_plan_of(plan: JobPlan) -> str | None:
    arn: str | None = plan.request.get("ResourceConfig", {}).get("TrainingPlanArn")
    return arn


def _offers(wanted: Mapping[str, Any], client: Any) -> list[Any] | None:
    """What is on offer, cheapest first; None where nobody tells."""
    found, _ = ask(lambda: client.search_training_plan_offerings(**wanted))
    offers = None if found is None else found.get("TrainingPlanOfferings")
    return None if offers is None else sorted(offers, key=_fee)


def _fee(offer: Mapping[str, Any]) -> float:
    try:
        return float(offer.get("UpfrontFee", ""))
    except ValueError:
        return math.inf


def _elsewhere(region: str, wanted: Mapping[str, Any], session: Session) -> Iterator[str]:
    """What to do where a region has no capacity on offer, best first."""
    for name in _plans_with_room(wanted, session.client("sagemaker")):
        yield f"your training plan {name} has room: name it as training_plan_arn"
    asked = {other: _offers(wanted, session.client("sagemaker", region_name=other)) for other in ACCOUNTS}
    asked.pop(region, None)
    for other, offers in asked.items():
        if offers:
            yield f"{other} has some{_terms(offers[0])}: set region, with bucket, grader and role's reach there"
    if none := [other for other, offers in asked.items() if offers == []]:
        yield f"none in {' and '.join(none)} either"
    yield "try a lower max_run_s or fewer replicas: aws sagemaker search-training-plan-offerings"


def _terms(offer: Mapping[str, Any]) -> str:
    start = [
        str(each["StartTime"].date()) for each in offer.get("ReservedCapacityOfferings", []) if "StartTime" in each
    ]
    fee = f" for {offer['UpfrontFee']} {offer.get('CurrencyCode', '')}".rstrip() if offer.get("UpfrontFee") else ""
    return (f" from {min(start)}" if start else "") + fee


def _plans_with_room(wanted: Mapping[str, Any], client: Any) -> list[str]:
    """The account's training plans that a job of this size can use now or when they start; none where nobody tells."""
    pages = client.get_paginator("list_training_plans").paginate()
    found, _ = ask(lambda: [each for page in pages for each in page["TrainingPlanSummaries"]])
    return [each["TrainingPlanArn"] for each in found or () if _has_room(each, wanted)]


def _has_room(summary: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    kinds = {capacity["InstanceType"] for capacity in summary.get("ReservedCapacitySummaries", [])}
    free = summary.get("AvailableInstanceCount") if summary["Status"] == "Active" else summary.get("TotalInstanceCount")
    return (
        summary["Status"] in ("Active", "Scheduled")
        and wanted["InstanceType"] in kinds
        and _TARGET in summary.get("TargetResources", [])
        and (free or 0) >= wanted["InstanceCount"]
    )


def customization_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Warnings where Bedrock's quota of customization jobs under way, or of custom models, is used up."""
    quotas = quotas_of("bedrock", session)
    client = session.client("bedrock")
    running = {"statusEquals": "InProgress"}
    for name, listing, key, request in (
        (_JOBS, "list_model_customization_jobs", "modelCustomizationJobSummaries", running),
        (_MODELS, "list_custom_models", "modelSummaries", {"isOwned": True}),
    ):
        limit = next((value for quota, value in quotas.items() if name in quota), None)
        if limit is None:
            continue
        pages = client.get_paginator(listing).paginate(**request)
        used, _ = ask(_counting(pages, key))
        if used is not None and used >= limit:
            message = f"the account has a quota of {limit:.0f} {name.removesuffix(' per account')}, and {used} already"
            fix = "wait, delete what is not needed (`rft model delete`), or ask Service Quotas for more"
            yield JobFinding("quota-used", "warning", message, fix)


def _counting(pages: Any, key: str) -> Callable[[], int]:
    return lambda: sum(len(page.get(key, [])) for page in pages)


def quotas_of(service: str, session: Session) -> dict[str, float]:
    """The quotas of a service, by their names in lower case; none where they may not be looked at."""
    pages = session.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=service)
    found, _ = ask(lambda: {quota["QuotaName"].lower(): quota["Value"] for page in pages for quota in page["Quotas"]})
    return dict(found or {})
