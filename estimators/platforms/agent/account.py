"""Preflight checks specific to agentic RFT: the agent, the groups' storage, and the quota of one job at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from estimators.aws import Session
from estimators.findings import JobFinding
from estimators.plan import JobPlan
from estimators.planning.capacity import quotas_of
from estimators.planning.permissions import Need, role_of
from estimators.planning.preflight import ask
from estimators.platforms.agent.job import LOG_GROUPS
from estimators.platforms.agent.launch import one_at_a_time, running
from estimators.platforms.agent.plan import group_requests

# "Quotas" of multi-turn RL (AWS page, read 2026-11-29): both are 1, and adjustable. In lower case.
_QUOTAS: Final = {
    "AgentRFT": "maximum number of concurrent multi-turn reinforcement fine tuning jobs",
    "AgentRFTEvaluation": "maximum number of concurrent multi-turn reinforcement evaluation jobs",
}


def agent_of(plan: JobPlan) -> str:
    """The ARN of the plan's agent."""
    config = json.loads(plan.request["JobConfigDocument"])["AgentConfig"]
    (kind,) = config.values()
    return str(kind.get("LambdaArn") or kind["AgentRuntimeArn"])


def needs(plan: JobPlan) -> Iterator[Need]:
    """What the role does beside reading and writing its buckets: call the agent, and write the log."""
    arn, account = agent_of(plan), str(role_of(plan)).split(":")[4]
    if ":lambda:" in arn:
        yield Need(("lambda:InvokeFunction",), (arn,))
    else:
        yield Need(("bedrock-agentcore:InvokeAgentRuntime",), (arn,))
    log = f"arn:aws:logs:{plan.region}:{account}:log-group:{LOG_GROUPS}/*"
    yield Need(("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"), (log,))


def agent_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Whether the agent is deployed."""
    arn = agent_of(plan)
    if ":lambda:" in arn:
        found, problem = ask(lambda: session.client("lambda").get_function(FunctionName=arn))
    else:
        runtime = arn.rsplit("/", 1)[-1]
        client = session.client("bedrock-agentcore-control")
        found, problem = ask(lambda: client.get_agent_runtime(agentRuntimeId=runtime))
    if found is None:
        fix = "deploy the agent, or correct agent.agent_arn"
        yield problem or JobFinding("agent-missing", "error", f"there is no agent {arn}", fix)


def group_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Whether groups that exist keep Nova's weights where they must stay; missing ones are created by the launch."""
    client = session.client("sagemaker")
    for request in group_requests(plan):
        name = request["ModelPackageGroupName"]
        found, problem = ask(lambda name=name: client.describe_model_package_group(ModelPackageGroupName=name))  # type: ignore[misc]
        if problem:
            yield problem
        elif found is not None and not _is_restricted(found):
            message = f"the model package group {name!r} is not of restricted storage, which models of Nova need"
            yield JobFinding("group-storage", "error", message, "name another group, which the launch creates")


def quota_findings(plan: JobPlan, session: Session) -> Iterator[JobFinding]:
    """Whether other jobs of the category, under way, use up the account's quota of them; it is 1 where nobody tells."""
    category = plan.request["JobCategory"]
    found, problem = ask(lambda: running(category, session))
    if problem:
        yield problem
    others = [name for name in found or () if name != plan.name]
    limit = int(quotas_of("sagemaker", session).get(_QUOTAS[category], 1)) if others else 1
    if len(others) < limit:
        return
    may = one_at_a_time(category) if limit == 1 else f"the account has a quota of {limit} of these jobs"
    for name in others:
        fix = f"wait for it, or stop it: rft train stop {name} --on agent"
        yield JobFinding("one-job-at-a-time", "error", f"{may}, and {name!r} is under way", fix)


def _is_restricted(found: Any) -> bool:
    return bool(found.get("ManagedConfiguration", {}).get("ManagedStorageType") == "Restricted")
