"""What AWS tells about capacity before a launch: reserved capacity on offer, and quotas of Bedrock's customization.

No call tells whether instances on demand are free. All of it is optional: where a question is not answered, for
whatever reason, nothing is said. Sources: botocore 1.44.5, `SearchTrainingPlanOfferings`; Service Quotas, Bedrock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

from estimators.aws import Session
from estimators.findings import JobFinding
from estimators.plan import JobPlan
from estimators.planning.preflight import ask
from recipes.checking.estimates import Estimate

_RESERVED: Final = ("ml.p4", "ml.p5", "ml.p6", "ml.trn")  # families that training plans reserve
# Of a quota's name, in lower case: what it counts.
_JOBS, _MODELS = "scheduled customization jobs", "custom models per account"


def offering_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """A warning where AWS has no reserved capacity of the plan's size on offer, as on demand is then short as well."""
    cost = plan.cost
    if not isinstance(cost, Estimate) or not cost.instance_type.startswith(_RESERVED):
        return
    wanted = {
        "InstanceType": cost.instance_type,
        "InstanceCount": cost.instances,
        "DurationHours": math.ceil(cost.hours or 1),
        "TargetResources": ["training-job"],
    }
    found, problem = ask(lambda: session.client("sagemaker").search_training_plan_offerings(**wanted))
    if found is not None and problem is None and not found.get("TrainingPlanOfferings"):
        what = f"{cost.instances} x {cost.instance_type} for {wanted['DurationHours']} h in {plan.region}"
        message = f"AWS offers no reserved capacity of {what}, and on demand a job may wait long or fail for capacity"
        fix = "try another region, a lower max_run_s or fewer replicas: aws sagemaker search-training-plan-offerings"
        yield JobFinding("capacity", "warning", message, fix)


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
