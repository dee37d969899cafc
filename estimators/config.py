"""Where and how a job runs: the `sagemaker:` section of a project file.

A field that a plan can do without is optional. Where it is missing, the plan shows a placeholder in angle brackets and
says so as a finding; a launch refuses placeholders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

# botocore 1.44.5, sagemaker model: RoleArn, S3Uri, TagKey; TrainingPlanArn; lambda model: FunctionArn.
_ROLE_ARN: Final = r"^arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$"
_FUNCTION_ARN: Final = r"^arn:aws[a-z\-]*:lambda:[a-z0-9\-]+:\d{12}:function:[A-Za-z0-9\-_]+(:[A-Za-z0-9\-_$]+)?$"
_PLAN_ARN: Final = r"^arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:\d{12}:training-plan/[a-zA-Z0-9](-*[a-zA-Z0-9]){0,63}$"
_BUCKET: Final = r"^[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]$"
_S3_URI: Final = r"^s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9](/.*)?$"

S3Uri = Annotated[str, Field(pattern=_S3_URI)]
_PLACEHOLDER: Final = re.compile(r"<[^<>\n]+>")


class Vpc(BaseModel):
    """The subnets and security groups a job's containers join."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subnets: tuple[str, ...] = Field(min_length=1, max_length=16)
    security_group_ids: tuple[str, ...] = Field(min_length=1, max_length=5)


class AccountConfig(BaseModel):
    """Account, bucket and network that every kind of job needs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str = Field(
        "us-east-1",
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        description="AWS region of job, data and grader",
        examples=["us-east-1"],
    )
    role_arn: str | None = Field(
        None,
        pattern=_ROLE_ARN,
        description="role that the service assumes",
        examples=["arn:aws:iam::123456789012:role/NAME"],
    )
    bucket: str | None = Field(
        None, pattern=_BUCKET, description="bucket for data, recipe and output", examples=["my-bucket"]
    )
    prefix: str = Field("rftkit", pattern=r"^[A-Za-z0-9_\-/.]*[A-Za-z0-9]$", description="key prefix in the bucket")
    output_uri: S3Uri | None = Field(None, description="where the output goes; default s3://BUCKET/PREFIX/output")
    grader_arn: str | None = Field(
        None,
        pattern=_FUNCTION_ARN,
        description="Lambda function that grades",
        examples=["arn:aws:lambda:us-east-1:123456789012:function:SageMaker-NAME"],
    )
    output_kms_key: str | None = Field(None, description="KMS key that encrypts output and model")
    vpc: Vpc | None = Field(None, description="network the containers join")
    tags: Mapping[str, str] = Field(default_factory=dict, description="tags of your own on everything that is created")

    def role(self) -> str:
        """The execution role, or a placeholder for it."""
        return self.role_arn or "arn:aws:iam::<account-id>:role/<execution-role>"

    def grader(self) -> str:
        """The grader's ARN, or a placeholder for it."""
        return self.grader_arn or f"arn:aws:lambda:{self.region}:<account-id>:function:<function-name>"

    def key(self, *parts: str) -> str:
        """An S3 URI below the bucket and prefix.

        >>> LaunchConfig(bucket="my-bucket").key("data", "train.jsonl")
        's3://my-bucket/rftkit/data/train.jsonl'
        """
        return "/".join((f"s3://{self.bucket or '<bucket>'}", self.prefix, *parts))

    def output(self) -> str:
        """The S3 URI below which the service writes the job's outputs."""
        return self.output_uri or self.key("output")


class LaunchConfig(AccountConfig):
    """A SageMaker job's account and hardware. The instance count comes from the recipe's `run.replicas` alone.

    >>> LaunchConfig().instance_type
    'ml.p5.48xlarge'
    >>> LaunchConfig().grader()
    'arn:aws:lambda:us-east-1:<account-id>:function:<function-name>'
    """

    instance_type: str = Field(
        "ml.p5.48xlarge",
        pattern=r"^ml\.[a-z0-9\-]+\.[a-z0-9]+$",
        description="instance type",
        examples=["ml.p5.48xlarge"],
    )
    max_run_s: int = Field(432_000, ge=60, le=2_419_200, description="hard stop in seconds (5 days; at most 28)")
    volume_gb: int = Field(30, ge=1, le=16_384, description="size of the attached volume in GB")
    training_plan_arn: str | None = Field(
        None,
        pattern=_PLAN_ARN,
        description="training plan whose reserved instances the job uses",
        examples=["arn:aws:sagemaker:us-east-1:123456789012:training-plan/NAME"],
    )
    image: str | None = Field(None, description="container image instead of the one published for method and region")


def placeholders_in(text: str) -> tuple[str, ...]:
    """The distinct `<...>` in a text, in order.

    >>> placeholders_in("s3://<bucket>/data/<sha256 of train.jsonl>/train.jsonl")
    ('<bucket>', '<sha256 of train.jsonl>')
    """
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))
