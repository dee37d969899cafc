"""Layers of a deployment: zips on this machine become layer versions of the account, ARNs stay as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lambda_package.deploy.cloud import Cloud
from lambda_package.deploy.config import DeployConfig
from lambda_package.errors import DeployError
from lambda_package.packaging.build import MAX_ZIP_BYTES
from lambda_package.packaging.layers import names_in_layer


@dataclass(frozen=True, slots=True)
class Layer:
    """A zip to publish as a layer version."""

    name: str
    code: bytes = field(repr=False)
    request: dict[str, Any] = field(repr=False)
    """The request of PublishLayerVersion, but for the content."""

    @property
    def s3_key(self) -> str:
        """Where the zip goes in S3, by its digest."""
        return f"rftkit/graders/{hashlib.sha256(self.code).hexdigest()}.zip"

    def content(self, config: DeployConfig) -> dict[str, Any]:
        """The content of the request: inline, or in S3."""
        return {"S3Bucket": config.bucket, "S3Key": self.s3_key} if config.bucket else {"ZipFile": self.code}


def layer_of(zip_path: Path, config: DeployConfig, *, runtime: str, architecture: str) -> Layer:
    """The layer of a zip. Raises `ZipError` for one without importable files, `DeployError` for one too large."""
    names_in_layer(zip_path)
    code = zip_path.read_bytes()
    if len(code) > MAX_ZIP_BYTES and not config.bucket:
        raise DeployError(
            f"the layer {zip_path} is {len(code) / 2**20:.0f} MB, a direct upload takes 50; name a bucket with --bucket"
        )
    name = config.layer_name(zip_path.stem)
    request = {
        "LayerName": name,
        "Description": _description(config, code),
        "CompatibleRuntimes": [runtime],
        "CompatibleArchitectures": [architecture],
    }
    return Layer(name, code, request)


def ensure_layer(layer: Layer, config: DeployConfig, cloud: Cloud) -> str:
    """The ARN of the version that holds these very bytes; published where there is none."""
    for version in _versions(layer.name, cloud):
        if version.get("Description") == layer.request["Description"]:
            return str(version["LayerVersionArn"])
    if config.bucket:
        cloud.call("s3", "put_object", Bucket=config.bucket, Key=layer.s3_key, Body=layer.code)
    published = cloud.call("lambda", "publish_layer_version", **layer.request, Content=layer.content(config))
    return str(published["LayerVersionArn"])


def delete_layers(names: set[str], config: DeployConfig, cloud: Cloud) -> list[str]:
    """Delete the versions that this deployment published under `names`; returns their ARNs."""
    versions = published(names, config, cloud)
    for name, version in versions:
        cloud.find("lambda", "delete_layer_version", LayerName=name, VersionNumber=version["Version"])
    return [str(version["LayerVersionArn"]) for _, version in versions]


def published(names: set[str], config: DeployConfig, cloud: Cloud) -> list[tuple[str, dict[str, Any]]]:
    """The versions that this deployment published, each with the name of its layer."""
    return [
        (name, version)
        for name in sorted(names)
        for version in _versions(name, cloud)
        if str(version.get("Description", "")).startswith(_mark(config))
    ]


def own_names(arns: list[str], config: DeployConfig) -> set[str]:
    """The names of layers among `arns` that this deployment may have published."""
    names = {arn.split(":")[6] for arn in arns}
    return {name for name in names if name.startswith(config.layer_name(""))}


def _versions(name: str, cloud: Cloud) -> Iterator[dict[str, Any]]:
    request: dict[str, Any] = {"LayerName": name}
    while True:
        page = cloud.find("lambda", "list_layer_versions", **request) or {}
        yield from page.get("LayerVersions", [])
        if not page.get("NextMarker"):
            return
        request["Marker"] = page["NextMarker"]


def _description(config: DeployConfig, code: bytes) -> str:
    return f"{_mark(config)}{hashlib.sha256(code).hexdigest()}"


def _mark(config: DeployConfig) -> str:
    """Layers take no tags, so their description says whose they are."""
    return f"rftkit deployment {config.name}, SHA-256 "
