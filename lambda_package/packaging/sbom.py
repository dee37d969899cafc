"""The SBOM inside the zip: every component with its origin, licence and hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from lambda_package.packaging.members import files_of
from lambda_package.packaging.source import DEFAULT_HANDLER
from lambda_package.packaging.target import DEFAULT_ARCHITECTURE, DEFAULT_RUNTIME, Target, target_of
from lambda_package.packaging.vendor import Vendored

NAME = "sbom.json"
_RUNTIME, _ARCHITECTURE, _HANDLER = "aws:lambda:runtime", "aws:lambda:architecture", "aws:lambda:handler"


def bill_of_materials(
    contents: Mapping[str, bytes], vendored: Vendored, target: Target, grader: str, handler: str = DEFAULT_HANDLER
) -> bytes:
    """A CycloneDX 1.6 SBOM (https://cyclonedx.org), reproducible: it has neither a date nor a serial number.

    Vendored packages are components with their package URL; our own and the user's files are listed with their SHA-256.
    """
    ours = [name for name in sorted(contents) if name not in vendored.contents]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": grader},
            "tools": {"components": [{"type": "application", "name": "rftkit", "version": version("rftkit")}]},
            "properties": [
                {"name": _RUNTIME, "value": target.runtime.value},
                {"name": _ARCHITECTURE, "value": target.architecture.value},
                {"name": _HANDLER, "value": handler},
            ],
        },
        "components": [
            *(_library(pin.name, pin.version, vendored.licences.get(pin.name, "")) for pin in vendored.pins),
            *(_file(name, contents[name]) for name in ours),
        ],
    }
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _library(name: str, release: str, licence: str) -> dict[str, object]:
    licences = [{"license": {"name": licence}}] if licence else []
    return {
        "type": "library",
        "name": name,
        "version": release,
        "purl": f"pkg:pypi/{name}@{release}",
        "licenses": licences,
    }


def _file(name: str, data: bytes) -> dict[str, object]:
    return {
        "type": "file",
        "name": name,
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}],
    }


def target_in(zip_path: Path) -> Target:
    """The target that a zip was built for; the default one if the zip, built by another tool, does not declare it."""
    values = _properties(zip_path)
    return target_of(values.get(_RUNTIME, DEFAULT_RUNTIME), values.get(_ARCHITECTURE, DEFAULT_ARCHITECTURE))


def handler_in(zip_path: Path) -> str:
    """The handler as `module.function`; the default one if the zip does not declare it."""
    return _properties(zip_path).get(_HANDLER, DEFAULT_HANDLER)


def _properties(zip_path: Path) -> dict[str, str]:
    with files_of(zip_path) as files:
        bill = files.read(NAME)
    if bill is None:
        return {}
    properties = json.loads(bill).get("metadata", {}).get("properties", [])
    return {entry["name"]: entry["value"] for entry in properties}
