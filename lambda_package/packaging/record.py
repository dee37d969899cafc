"""Build and verification records next to a package: NAME.build.json and NAME.verified.json beside NAME.zip.

The first tells `verify` which source to compare the zip with, and `deploy` which variables and layers it was made
for; the second tells `deploy` that this very zip was proved. Both name the zip's SHA-256, so that neither outlives it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lambda_package.errors import MissingVariableError
from lambda_package.packaging.archive import content_digest
from lambda_package.packaging.members import is_image
from rewards.writing import write_text


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """How a zip was built: `entry` holds the generated files, `left_out` the optional imports that are missing.

    `variables` are the names of those that the function needs: a value may be a secret, and this file is one that
    people copy and commit. `bucket` is where a zip too large for a direct upload goes. `linked` are folders outside of
    `root` that links below it lead to.
    """

    root: str
    handler: str
    entry: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    bucket: str = ""
    linked: tuple[str, ...] = ()


def write_record(zip_path: Path, record: BuildRecord) -> Path:
    """Write `record` next to the zip."""
    path = beside(zip_path, ".build.json")
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
        variables=tuple(found.get("variables") or ()),
        layers=tuple(found.get("layers") or ()),
        left_out=tuple(found.get("left_out") or ()),
        linked=tuple(found.get("linked") or ()),
        bucket=str(found.get("bucket") or ""),
    )


def environment_of(record: BuildRecord | None, given: Mapping[str, str]) -> dict[str, str]:
    """The variables `given`, which are those of the function. Raises `MissingVariableError` where one that the build
    names is not among them."""
    missing = [name for name in (record.variables if record else ()) if name not in given]
    if missing:
        wanted = " ".join(f"--env {name}=VALUE" for name in missing)
        raise MissingVariableError(
            f"the zip was built for {', '.join(missing)}, whose values no file keeps: give {wanted}, "
            f"or `--env {missing[0]}` to take what this environment has"
        )
    return dict(given)


def write_verdict(zip_path: Path, problems: Mapping[str, str]) -> Path:
    """Write the verification's problem codes next to the zip; an empty list if it passed."""
    path = beside(zip_path, ".verified.json")
    write_text(path, json.dumps({"sha256": sha256_of(zip_path), "problems": dict(problems)}, indent=2) + "\n")
    return path


def verdict_of(zip_path: Path) -> Mapping[str, str] | None:
    """The problem codes from the verification of this zip; None if it was not verified."""
    found = _beside(zip_path, ".verified.json")
    return None if found is None else {str(code): str(text) for code, text in dict(found.get("problems") or {}).items()}


def sha256_of(package: Path) -> str:
    """The SHA-256 of a zip, in hex; of an image's build context that of the names and contents of its files."""
    if not is_image(package):
        return hashlib.sha256(package.read_bytes()).hexdigest()
    files = sorted(path for path in package.rglob("*") if path.is_file())
    return content_digest({path.relative_to(package).as_posix(): path.read_bytes() for path in files})


def beside(package: Path, suffix: str) -> Path:
    """The path of a record: grader.build.json beside grader.zip, grader.image.build.json beside grader.image.

    >>> str(beside(Path("a/grader.zip"), ".build.json"))
    'a/grader.build.json'
    """
    return package.with_name(package.name + suffix) if is_image(package) else package.with_suffix(suffix)


def _beside(zip_path: Path, suffix: str) -> dict[str, Any] | None:
    path = beside(zip_path, suffix)
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("sha256") == sha256_of(zip_path) else None
