"""Settings of a deployment: names, limits and the calling service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lambda_package.errors import DeployError
from lambda_package.sizing import MAX_MEMORY_MB, MAX_TIMEOUT_S, ONE_CPU_MB

ALIAS = "live"
OWNER_TAG = "rftkit:deployment"
ACCOUNT_PLACEHOLDER = "<account-id>"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,48}")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/[\w+=,.@/-]+")
_ACCOUNT = re.compile(r"\d{12}")
_MODEL_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]*:(\d{12})?:[a-z-]+/[\w.:/-]+")
_LAYER_ARN = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9-_]+:\d+")
_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")  # CreateFunction, EnvironmentVariableName
_MAX_LAYERS = 5  # Lambda quota; the same page as below
_ENVIRONMENT_BYTES = 4096  # Lambda quota; AWS "Lambda quotas", read 2026-11
# AWS "Defined runtime environment variables": those that a function may not set.
_RESERVED_NAMES = """
    _HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE
    AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR
"""
_RESERVED = frozenset(_RESERVED_NAMES.split())
_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)  # CloudWatch Logs, PutRetentionPolicy


class Consumer(StrEnum):
    """The service whose jobs call the grader."""

    SAGEMAKER = "sagemaker"
    HYPERPOD = "hyperpod"
    BEDROCK = "bedrock"


@dataclass(frozen=True, slots=True)
class DeployConfig:
    """One deployment. Raises `DeployError` for settings that AWS would reject.

    `training_role` is the role of the jobs; it alone may invoke. `judge_models` are the ARNs that a grader with a model
    as judge invokes. `relaxed_trust` drops the source ARN from trust policies and keeps the source account.
    `environment` are variables of the function, `layers` ARNs of layer versions and zips to publish; `bucket` is where
    zips go first, which those of more than 50 MB have to.
    """

    name: str
    consumer: str
    region: str = "us-east-1"
    account: str | None = None
    training_role: str | None = None
    memory_mb: int = ONE_CPU_MB
    timeout_s: int = 300
    concurrency: int = 12
    retention_days: int = 30
    judge_models: tuple[str, ...] = ()
    relaxed_trust: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    bucket: str = ""

    def __post_init__(self) -> None:
        problems = [
            *_unless(_NAME.fullmatch(self.name), f"a name is 1 to 48 letters, digits, - or _, got {self.name!r}"),
            *_unless(self.consumer in set(Consumer), f"a grader is for {', '.join(Consumer)}, got {self.consumer!r}"),
            *_unless(
                self.training_role is None or _ROLE_ARN.fullmatch(self.training_role),
                f"the training role is arn:aws:iam::ACCOUNT:role/NAME, got {self.training_role!r}",
            ),
            *_unless(
                128 <= self.memory_mb <= MAX_MEMORY_MB, f"memory is 128 to {MAX_MEMORY_MB} MB, got {self.memory_mb}"
            ),
            *_unless(
                1 <= self.timeout_s <= MAX_TIMEOUT_S, f"the timeout is 1 to {MAX_TIMEOUT_S} s, got {self.timeout_s}"
            ),
            *_unless(
                self.account is None or _ACCOUNT.fullmatch(self.account),
                f"an account is 12 digits, got {self.account!r}",
            ),
            *(
                f"a judge model is one ARN, arn:aws:bedrock:REGION::foundation-model/ID, without *; got {model!r}"
                for model in self.judge_models
                if not _MODEL_ARN.fullmatch(model)
            ),
            *(
                f"a layer is a zip, or the ARN of a version, arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION; "
                f"got {layer!r}"
                for layer in self.layers
                if not (_LAYER_ARN.fullmatch(layer) or layer.endswith(".zip"))
            ),
            *_unless(
                len(self.layers) <= _MAX_LAYERS, f"a function has {_MAX_LAYERS} layers at most, got {len(self.layers)}"
            ),
            *(
                f"{name} is set by Lambda itself and cannot be a variable of yours"
                for name in self.environment
                if name in _RESERVED
            ),
            *(
                f"a variable's name is two or more letters, digits or _, a letter first; got {name!r}"
                for name in self.environment
                if name not in _RESERVED and not _VARIABLE.fullmatch(name)
            ),
            *_unless(
                sum(map(len, (*self.environment, *self.environment.values()))) <= _ENVIRONMENT_BYTES,
                f"environment variables take {_ENVIRONMENT_BYTES} bytes in all",
            ),
            *_unless(self.concurrency >= 1, f"reserved concurrency is at least 1, got {self.concurrency}"),
            *_unless(
                self.retention_days in _RETENTION_DAYS,
                f"logs are kept for one of {', '.join(map(str, _RETENTION_DAYS))} days, got {self.retention_days}",
            ),
        ]
        if problems:
            raise DeployError("; ".join(problems))

    @property
    def function_name(self) -> str:
        """The name in AWS: HyperPod jobs and AWS's managed policies accept only names that contain "SageMaker"."""
        return self.name if "SageMaker" in self.name else f"SageMaker-{self.name}"

    @property
    def role_name(self) -> str:
        """The name of the function's execution role."""
        return f"{self.function_name}-role"

    @property
    def log_group(self) -> str:
        """The function's CloudWatch log group."""
        return f"/aws/lambda/{self.function_name}"

    @property
    def account_id(self) -> str:
        """The account id: as given, else from the training role's ARN, else a placeholder."""
        role = _ROLE_ARN.fullmatch(self.training_role or "")
        return self.account or (role["account"] if role else ACCOUNT_PLACEHOLDER)

    @property
    def function_arn(self) -> str:
        """The unqualified ARN; both SageMaker SDKs refuse an alias behind it."""
        return self._arn(f"lambda:{self.region}:{self.account_id}:function:{self.function_name}")

    @property
    def alias_arn(self) -> str:
        """The ARN of the alias, which stays on the published version until the next deploy."""
        return f"{self.function_arn}:{ALIAS}"

    @property
    def role_arn(self) -> str:
        """The ARN of the execution role."""
        return self._arn(f"iam::{self.account_id}:role/{self.role_name}")

    @property
    def log_group_arn(self) -> str:
        """The ARN of the log group."""
        return self._arn(f"logs:{self.region}:{self.account_id}:log-group:{self.log_group}")

    @property
    def registry(self) -> str:
        """The host of the account's image registry."""
        suffix = ".cn" if partition_of(self.region) == "aws-cn" else ""
        return f"{self.account_id}.dkr.ecr.{self.region}.amazonaws.com{suffix}"

    @property
    def repository(self) -> str:
        """The repository of the function's images; ECR knows no capitals."""
        return f"rftkit/{self.function_name.lower()}"

    @property
    def repository_uri(self) -> str:
        """The repository as Docker names it."""
        return f"{self.registry}/{self.repository}"

    @property
    def repository_arn(self) -> str:
        """The ARN of the repository."""
        return self._arn(f"ecr:{self.region}:{self.account_id}:repository/{self.repository}")

    def layer_name(self, stem: str) -> str:
        """The name under which a zip of that stem is published as a layer."""
        return f"{self.function_name}-layer-{re.sub(r'[^A-Za-z0-9_-]', '-', stem)}"

    @property
    def layers_arn(self) -> str:
        """The layers that this deployment may publish, for policies."""
        return self._arn(f"lambda:{self.region}:{self.account_id}:layer:{self.layer_name('')}*")

    @property
    def arn_for_jobs(self) -> str:
        """The ARN to put into a recipe or job: the alias for Bedrock, unqualified for SageMaker."""
        return self.alias_arn if self.consumer == Consumer.BEDROCK else self.function_arn

    @property
    def tags(self) -> dict[str, str]:
        """The tags that mark a resource as created by this deployment, which may therefore change and delete it."""
        return {OWNER_TAG: self.name}

    def _arn(self, rest: str) -> str:
        return f"arn:{partition_of(self.region)}:{rest}"


def partition_of(region: str) -> str:
    """The partition of a region, the second word of its ARNs.

    >>> partition_of("cn-north-1"), partition_of("eu-central-1")
    ('aws-cn', 'aws')
    """
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")


def _unless(holds: object, problem: str) -> list[str]:
    return [] if holds else [problem]
