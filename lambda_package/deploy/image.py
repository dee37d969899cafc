"""The container image of a grader in Amazon ECR: its repository, its name, and how it gets there.

The tag of an image is the digest of its build context, so what is there already is neither built nor pushed again.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lambda_package.deploy.cloud import Cloud
from lambda_package.deploy.config import OWNER_TAG, DeployConfig
from lambda_package.deploy.policies import repository_policy
from lambda_package.errors import DeployError
from lambda_package.packaging.container import platform_of
from lambda_package.packaging.record import sha256_of
from lambda_package.packaging.sbom import target_in
from rewards.children import run_child


@dataclass(frozen=True, slots=True)
class Image:
    """The image of one build context; `digest` is that of the context, not of the image that Docker makes of it."""

    folder: Path
    digest: str
    platform: str

    def uri(self, config: DeployConfig) -> str:
        """Where it lies in ECR, by its tag."""
        return f"{config.repository_uri}:{self.tag}"

    @property
    def tag(self) -> str:
        """Its tag in the repository."""
        return self.digest[:32]

    def build_command(self, config: DeployConfig) -> list[str]:
        """The command that builds and pushes it. Lambda takes no image with a provenance attestation."""
        options = ["--platform", self.platform, "--provenance=false", "--push", "-t", self.uri(config)]
        return ["docker", "buildx", "build", *options, str(self.folder)]


class Push(Protocol):
    """How an image gets into its repository; `password` is for the user AWS of the registry."""

    def __call__(self, image: Image, config: DeployConfig, password: str, /) -> None:
        """Build and push `image`."""
        ...


def image_of(folder: Path) -> Image:
    """The image of a build context."""
    return Image(folder, sha256_of(folder), platform_of(target_in(folder)))


def repository_request(config: DeployConfig) -> dict[str, Any]:
    """The request of CreateRepository. A tag that cannot move keeps what a version of the function was made from."""
    return {
        "repositoryName": config.repository,
        "imageTagMutability": "IMMUTABLE",
        "tags": [{"Key": key, "Value": value} for key, value in config.tags.items()],
    }


def repository_policy_request(config: DeployConfig) -> dict[str, Any]:
    """The request of SetRepositoryPolicy."""
    return {"repositoryName": config.repository, "policyText": json.dumps(repository_policy(config))}


def ensure_image(image: Image, config: DeployConfig, cloud: Cloud, push: Push) -> str:
    """Build and push `image` unless it is there; returns the digest by which ECR knows it. Raises `DeployError`."""
    cloud.find("ecr", "create_repository", **repository_request(config))  # None where it exists already
    policy = cloud.find("ecr", "get_repository_policy", repositoryName=config.repository)
    if policy is None or json.loads(policy["policyText"]) != repository_policy(config):
        cloud.call("ecr", "set_repository_policy", **repository_policy_request(config))
    found = _in_ecr(image, config, cloud)
    if found is None:
        push(image, config, _password(cloud))
        found = _in_ecr(image, config, cloud)
    if found is None:
        raise DeployError(f"{image.uri(config)} is not in ECR after the push; look at what Docker wrote")
    return found


def owner_of_repository(config: DeployConfig, cloud: Cloud) -> str | None:
    """The deployment that created the repository: its name, "" without a tag of ours, None if there is none."""
    found = cloud.find("ecr", "list_tags_for_resource", resourceArn=config.repository_arn)
    if found is None:
        return None
    return next((str(tag["Value"]) for tag in found.get("tags", []) if tag["Key"] == OWNER_TAG), "")


def push_with_docker(image: Image, config: DeployConfig, password: str, /) -> None:
    """Build and push with the Docker of this machine. Raises `DeployError` with the commands where there is none."""
    command = image.build_command(config)
    if shutil.which("docker") is None:
        raise DeployError(
            f"the image is not in ECR yet, and there is no Docker here to build it; where there is one: "
            f"aws ecr get-login-password --region {config.region} | docker login --username AWS --password-stdin "
            f"{config.registry} && {' '.join(command)}; then deploy again"
        )
    _run(["docker", "login", "--username", "AWS", "--password-stdin", config.registry], password)
    _run(command)


def _run(command: Sequence[str], text: str | None = None) -> None:
    done = run_child(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DeployError(f"{' '.join(command[:3])} failed: {last}; deploy again to go on")


def _in_ecr(image: Image, config: DeployConfig, cloud: Cloud) -> str | None:
    request = {"repositoryName": config.repository, "imageIds": [{"imageTag": image.tag}]}
    found = cloud.find("ecr", "describe_images", **request)
    return None if found is None else str(found["imageDetails"][0]["imageDigest"])


def _password(cloud: Cloud) -> str:
    token = cloud.call("ecr", "get_authorization_token")["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().partition(":")[2]
