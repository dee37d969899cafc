"""Build and verification records next to a zip: ZIP.build.json and ZIP.verified.json.

The first tells `verify` which source to compare the zip with, and `deploy` which environment and layers it was made
for; the second tells `deploy` that this very zip was proved. Both name the zip's SHA-256, so that neither outlives it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rewards.writing import write_text


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """How a zip was built: `entry` holds the generated files, `left_out` the optional imports that are missing.

    `bucket` is where a zip too large for a direct upload goes.
    """

    root: str
    handler: str
    entry: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    bucket: str = ""


def write_record(zip_path: Path, record: BuildRecord) -> Path:
    """Write `record` next to the zip."""
    path = zip_path.with_suffix(".build.json")
    write_text(path, json.dumps({"sha256": sha256_of(zip_path), **asdict(record)}, indent=2) + "\n")
    return path


def record_of(zip_path: Path) -> BuildRecord | None:
    """The build record of this zip; None if there is none, or if it belongs to another build."""
    found = _beside(zip_path, ".build.json")
    if found is None:
        return None
    return BuildRecord(
        root=str(found.get("root", "")),
        handler=str(found.get("handler", "")),
        entry=dict(found.get("entry") or {}),
        environment=dict(found.get("environment") or {}),
        layers=tuple(found.get("layers") or ()),
        left_out=tuple(found.get("left_out") or ()),
        bucket=str(found.get("bucket") or ""),
    )


def write_verdict(zip_path: Path, problems: Mapping[str, str]) -> Path:
    """Write the verification's problem codes next to the zip; an empty list if it passed."""
    path = zip_path.with_suffix(".verified.json")
    write_text(path, json.dumps({"sha256": sha256_of(zip_path), "problems": dict(problems)}, indent=2) + "\n")
    return path


def verdict_of(zip_path: Path) -> Mapping[str, str] | None:
    """The problem codes from the verification of this zip; None if it was not verified."""
    found = _beside(zip_path, ".verified.json")
    return None if found is None else {str(code): str(text) for code, text in dict(found.get("problems") or {}).items()}


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _beside(zip_path: Path, suffix: str) -> dict[str, Any] | None:
    path = zip_path.with_suffix(suffix)
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("sha256") == sha256_of(zip_path) else None
