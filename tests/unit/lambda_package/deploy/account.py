"""An account in memory: IAM, CloudWatch Logs and STS by moto, Lambda by our fake, clients by boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto import mock_aws

from lambda_package.deploy import DeployConfig
from lambda_package.deploy.cloud import Session
from lambda_package.deploy.image import Image
from tests.fakes.aws_model import FakeAws
from tests.fakes.fake_lambda import FakeLambda

ACCOUNT = "123456789012"
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@dataclass
class Account:
    """`session` for our code; `waits` are the seconds it wanted to sleep."""

    aws: FakeAws
    functions: FakeLambda
    waits: list[float] = field(default_factory=list)

    @property
    def session(self) -> Session:
        return self.aws

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def state(self) -> dict[str, Any]:
        """Everything that stands, for comparing two accounts."""
        iam, logs = self.aws.client("iam"), self.aws.client("logs")
        roles = {role["RoleName"]: role["AssumeRolePolicyDocument"] for role in iam.list_roles()["Roles"]}
        policies = {name: _inline_policies(iam, name) for name in roles}
        groups = {
            group["logGroupName"]: group.get("retentionInDays") for group in logs.describe_log_groups()["logGroups"]
        }
        repositories = [
            found["repositoryName"] for found in self.aws.client("ecr").describe_repositories()["repositories"]
        ]
        return {
            "repositories": repositories,
            "layers": self.functions.layers,
            "roles": roles,
            "policies": policies,
            "log groups": groups,
            "functions": dict(self.functions.functions),
        }


@contextmanager
def account(**lambda_options: Any) -> Iterator[Account]:
    with mock_aws():
        functions = FakeLambda(**lambda_options)
        aws = FakeAws(functions)
        functions.roles = lambda: {role["Arn"] for role in aws.client("iam").list_roles()["Roles"]}
        s3 = aws.client("s3")
        ecr = aws.client("ecr")
        functions.images = lambda uri: image_digest(ecr, uri)
        functions.objects = lambda bucket, key: s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        yield Account(aws, functions)


def image_digest(ecr: Any, uri: str) -> str:
    """The digest of an image in ECR; "" if it is not there."""
    repository, _, tag = uri.partition("/")[2].rpartition(":")
    found = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}])["images"]
    return str(found[0]["imageId"]["imageDigest"]) if found else ""


@dataclass
class FakeDocker:
    """Pushes a manifest of its own making, as `docker buildx build --push` would; `pushed` are the tags."""

    ecr: Any
    pushed: list[str] = field(default_factory=list)

    def __call__(self, image: Image, config: DeployConfig, password: str, /) -> None:
        assert password
        self.pushed.append(image.tag)
        push(self.ecr, config.repository, image.tag)


def push(ecr: Any, repository: str, tag: str) -> None:
    """An image of its own in ECR under that tag."""
    layer = {"mediaType": LAYER_TYPE, "size": 1, "digest": f"sha256:{tag:0>64}"}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": layer, "layers": [layer]}
    request = {"repositoryName": repository, "imageManifest": json.dumps(manifest), "imageTag": tag}
    ecr.put_image(**request, imageManifestMediaType=MANIFEST_TYPE)


def _inline_policies(iam: Any, role: str) -> dict[str, Any]:
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: json.dumps(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]) for name in names}
