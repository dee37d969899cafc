"""Rules for the ARN of a grader.

SageMaker takes the function without version or alias: both SDKs' checks refuse `...:function:name:live`. Bedrock takes
an alias. HyperPod wants "SageMaker" in the function's name (AWS, "Custom reward functions in your AWS environment").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from estimators.findings import JobFinding, Severity

# The job on HyperPod accepts exactly these spellings ("lambda_arn must contain one of", AWS, "RFT evaluation").
HYPERPOD_NAME_PARTS = ("SageMaker", "sagemaker", "Sagemaker")


class FunctionArn(NamedTuple):
    """A Lambda ARN taken apart; `qualifier` is a version or alias, or empty."""

    region: str
    account: str
    name: str
    qualifier: str


def parse_function_arn(arn: str) -> FunctionArn | None:
    """The parts of a Lambda function ARN, or None if the text is not one.

    >>> parse_function_arn("arn:aws:lambda:us-east-1:123456789012:function:SageMaker-tools:live")
    FunctionArn(region='us-east-1', account='123456789012', name='SageMaker-tools', qualifier='live')
    >>> parse_function_arn("SageMaker-tools") is None
    True
    """
    fields = arn.split(":")
    if len(fields) not in (7, 8) or fields[0] != "arn" or fields[2] != "lambda" or fields[5] != "function":
        return None
    return FunctionArn(fields[3], fields[4], fields[6], fields[7] if len(fields) == 8 else "")


def unqualified(arn: str) -> str:
    """The ARN without version or alias.

    >>> unqualified("arn:aws:lambda:us-east-1:123456789012:function:grader:live")
    'arn:aws:lambda:us-east-1:123456789012:function:grader'
    """
    return ":".join(arn.split(":")[:7])


def grader_of_customization(job: Mapping[str, Any]) -> str | None:
    """The grader's ARN in a Bedrock customization job: in its request, or in the response that describes it.

    >>> grader_of_customization({"customizationConfig": {"distillationConfig": {}}}) is None
    True
    """
    rft = job.get("customizationConfig", {}).get("rftConfig", {})
    arn: str | None = rft.get("graderConfig", {}).get("lambdaGrader", {}).get("lambdaArn")
    return arn


def grader_findings(arn: str, *, region: str, hyperpod: bool = False) -> tuple[JobFinding, ...]:
    """Findings on a grader ARN that SageMaker or HyperPod would reject."""
    parts = parse_function_arn(arn)
    if parts is None:
        fix = "use arn:aws:lambda:REGION:ACCOUNT:function:NAME"
        return (JobFinding("grader-arn", "error", f"the grader {arn!r} is not a Lambda function ARN", fix),)
    found = []
    if parts.qualifier:
        message = f"the grader ARN ends in the qualifier {parts.qualifier!r}, which SageMaker refuses"
        found.append(JobFinding("grader-qualified", "error", message, f"use {unqualified(arn)}"))
    if parts.region != region:
        message = f"the grader is in {parts.region!r}, the job in {region!r}"
        found.append(JobFinding("grader-region", "error", message, "deploy the grader in the job's region"))
    if not any(part in parts.name for part in HYPERPOD_NAME_PARTS):
        severity: Severity = "error" if hyperpod else "warning"
        message = f"the function name {parts.name!r} lacks 'SageMaker', which HyperPod requires"
        found.append(JobFinding("grader-name", severity, message, f"call it 'SageMaker-{parts.name}'"))
    return tuple(found)
