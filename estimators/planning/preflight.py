"""Preflight checks of a planned job against an AWS account. All findings at once, each with its fix.

Only reading calls are made. What may not be looked at is a warning, not an error: the person who launches often has
fewer rights than the roles have.
"""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from estimators.arns import parse_function_arn
from estimators.aws import Session
from estimators.findings import JobFinding, Severity
from estimators.plan import JobPlan
from estimators.planning.permissions import (
    Need,
    base_model_of,
    buckets_of,
    grader_of,
    image_of,
    needed_actions,
    role_of,
)
from rewards.aws import advice, code_of, failures, is_absent, message_of, said_by

_SIGN_IN: Final = "sign in, or choose --profile"
_DENIED: Final = ("AccessDenied", "AccessDeniedException", "403", "Forbidden")


Check = Callable[[JobPlan, Session], Iterator[JobFinding]]


def account_findings(
    plan: JobPlan,
    session: Session,
    *,
    service: str = "",
    needs: Iterable[Need] = (),
    own: Sequence[Check] = (),
    missing_model: Severity = "warning",
) -> tuple[JobFinding, ...]:
    """Findings about credentials, role, buckets, image, grader, base model, and those of the platform's `own` checks.

    `service` assumes the role, which needs the actions in `needs` beside those of every job. How bad a model is that
    Bedrock does not offer is for the platform to say: SageMaker trains by recipe and image.
    """
    account, problem = _caller(session)
    if problem:
        return (problem,)
    checks: tuple[Check, ...] = (bucket_findings, *own, image_findings, grader_findings)
    return (
        *role_findings(plan, session, account, service=service, needs=needs),
        *(finding for check in checks for finding in check(plan, session)),
        *model_findings(plan, session, severity=missing_model),
    )


def role_findings(
    plan: JobPlan, session: Session, account: str, *, service: str, needs: Iterable[Need] = ()
) -> Iterator[JobFinding]:
    """Whether the role exists in this account, trusts the service, and may do what the job does.

    `needs` are those of the platform, beside what every job needs.
    """
    arn = role_of(plan)
    if arn is None:
        return
    name, iam = arn.rsplit("/", 1)[-1], session.client("iam")
    if f":{account}:" not in arn:
        message = f"the role {arn} is not of account {account}, whose credentials are in use"
        yield JobFinding("role-account", "error", message, "use a role of this account, or other credentials")
        return
    role, problem = ask(lambda: iam.get_role(RoleName=name))
    if role is None:
        yield problem or JobFinding("role-missing", "error", f"there is no role {name!r}", "create it, or name another")
        return
    if not trusts(role["Role"]["AssumeRolePolicyDocument"], service):
        message = f"{service} may not assume the role {name!r}"
        yield JobFinding(
            "role-trust", "error", message, f"put into its trust policy: {_text(trust_statement(service))}"
        )
    yield from _permissions((*needed_actions(plan), *needs), arn, iam)


def bucket_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Findings on each bucket of the job: it must exist, be accessible, and be in the job's region."""
    for bucket in buckets_of(plan):
        found, problem = ask(lambda bucket=bucket: session.client("s3").head_bucket(Bucket=bucket))  # type: ignore[misc]
        if found is None:
            fix = "create it, or correct its name"
            yield problem or JobFinding("bucket-missing", "error", f"there is no bucket {bucket!r}", fix)
        elif found.get("BucketRegion", plan.region) != plan.region:
            message = f"the bucket {bucket!r} is in {found['BucketRegion']}, the job in {plan.region}"
            yield JobFinding("bucket-region", "error", message, f"use a bucket in {plan.region}")


def image_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Whether the container image is published, in the repository and under the tag that the plan names."""
    image = image_of(plan)
    if image is None:
        return
    account, repository, tag = image
    request = {"registryId": account, "repositoryName": repository, "imageIds": [{"imageTag": tag}]}
    found, problem = ask(lambda: session.client("ecr").describe_images(**request))
    if found is None:
        message = f"account {account} publishes no image {repository}:{tag} in {plan.region}"
        fix = "take out 'image', to use the one AWS publishes for the method, or correct it"
        yield problem or JobFinding("image-missing", "error", message, fix)


def grader_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Whether the grader is deployed, with the very code whose digest the plan carries."""
    arn = grader_of(plan)
    parts = parse_function_arn(arn) if arn else None
    if arn is None or parts is None:
        return
    found, problem = ask(lambda: session.client("lambda").get_function(FunctionName=arn))
    if found is None:
        fix = "deploy it: rft package deploy"
        yield problem or JobFinding("grader-missing", "error", f"there is no function {parts.name!r}", fix)
        return
    deployed, audited = base64.b64decode(found["Configuration"]["CodeSha256"]).hex(), plan.tags.get("rftkit:grader")
    if audited and deployed != audited:
        message = f"the function {parts.name!r} runs code {deployed[:12]}, the project's grader is {audited[:12]}"
        yield JobFinding("grader-digest", "error", message, "deploy the packaged grader: rft package deploy")


def model_findings(plan: JobPlan, session: Session, *, severity: Severity) -> Iterator[JobFinding]:
    """Whether the base model is offered in the region and not about to be withdrawn."""
    model = base_model_of(plan)
    if model is None:
        return
    found, problem = ask(lambda: session.client("bedrock").get_foundation_model(modelIdentifier=model))
    if found is None:
        fix = "see which models Bedrock offers in this region"
        yield problem or JobFinding("model-missing", severity, f"Bedrock offers no model {model} in {plan.region}", fix)
    elif found["modelDetails"].get("modelLifecycle", {}).get("status") == "LEGACY":
        fix = "plan to move to its successor"
        yield JobFinding("model-legacy", "warning", f"{model} is LEGACY: AWS will withdraw it", fix)


def hub_model_findings(arn: str, session: Session) -> Iterator[JobFinding]:
    """Whether SageMaker's public hub offers the model of a hub-content ARN in its region."""
    path = arn.split(":hub-content/")[1].split("/")
    asked = {"HubName": path[0], "HubContentType": "Model", "HubContentName": path[2]}
    asked |= {"HubContentVersion": path[3]} if len(path) > 3 else {}
    found, problem = ask(lambda: session.client("sagemaker").describe_hub_content(**asked))
    if found is None:
        message = f"the hub offers no model {'/'.join(path[2:])} in {arn.split(':')[3]}"
        yield problem or JobFinding("model-missing", "error", message, "use a region or a version that has it")


def trust_statement(service: str) -> dict[str, Any]:
    """The statement by which a service may assume a role."""
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}


# --- asking ------------------------------------------------------------------------------------------------------
def _caller(session: Session) -> tuple[str, JobFinding | None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return session.client("sts").get_caller_identity()["Account"], None
    except (BotoCoreError, ClientError) as error:
        return "", JobFinding(
            "credentials", "error", f"who you are is not known: {said_by(error)}", advice(error) or _SIGN_IN
        )


def ask(call: Callable[[], Any]) -> tuple[Any | None, JobFinding | None]:
    """The response, or None: with a warning if the call was denied or failed, without one if there is none."""
    from botocore.exceptions import ClientError

    try:
        return call(), None
    except ClientError as error:
        if is_absent(error):
            return None, None
        message = f"{error.operation_name}: {message_of(error)}"
        if code_of(error) in _DENIED:
            fix = "ask somebody who may, or go on without this check"
            return None, JobFinding("not-allowed-to-look", "warning", message, fix)
        return None, JobFinding("could-not-look", "warning", message, "try again, or go on without this check")
    except failures() as error:  # an address out of reach, an answer that does not come, or a proxy's page
        return None, JobFinding("could-not-look", "warning", said_by(error), "try again, or go on without this check")


def _permissions(needs: Iterable[Need], arn: str, iam: Any) -> Iterator[JobFinding]:
    missing = []
    for actions, resources in needs:
        request = {"PolicySourceArn": arn, "ActionNames": list(actions), "ResourceArns": list(resources)}
        reply, problem = ask(lambda request=request: iam.simulate_principal_policy(**request))  # type: ignore[misc]
        if reply is None:
            if problem:
                yield problem
            return
        refused = sorted({r["EvalActionName"] for r in reply["EvaluationResults"] if r["EvalDecision"] != "allowed"})
        if refused:
            missing.append(_allow(refused, resources))
    if missing:
        listed = ", ".join(action for statement in missing for action in statement["Action"])
        policy = _text({"Version": "2012-10-17", "Statement": missing})
        message = f"the role {arn.rsplit('/', 1)[-1]!r} may not {listed}"
        yield JobFinding("role-permissions", "error", message, f"attach this policy: {policy}")


def _allow(actions: Sequence[str], resources: Collection[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": sorted(resources)}


def trusts(document: Any, service: str) -> bool:
    """Whether a trust policy (a mapping, or its URL-encoded text) lets a service assume the role."""
    policy: Mapping[str, Any] = json.loads(urllib.parse.unquote(document)) if isinstance(document, str) else document
    # A lone statement may stand without a list, and a principal may be "*" instead of a mapping.
    principals = (s["Principal"] for s in _as_list(policy["Statement"]) if s["Effect"] == "Allow" and "Principal" in s)
    return any(who == "*" or service in _as_list(who.get("Service", [])) for who in principals)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(", ", ": "))
