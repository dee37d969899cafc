"""Prepare import folders with AWS's runtime client, and nothing else of this environment, for the sandbox."""

from __future__ import annotations

import contextlib
from importlib import metadata
from pathlib import Path

from lambda_package.errors import RuntimeSetupError

# What AWS's Python runtimes bring along beside the client ("Lambda runtimes", runtime-included SDK versions).
SDK = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "urllib3", "six")
CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
_INSIDE = Path(__file__).parent / "inside"
BOOT = _INSIDE / "boot.py"
JAIL = _INSIDE / "jail.py"
SOURCE = _INSIDE / "source.py"


def lay_out_client(folder: Path) -> tuple[Path, Path]:
    """Two import folders: the client with its dependencies; the stand-in for its C extension, and AWS's SDK.

    Python takes the first folder's extension where it fits the interpreter and falls through to the stand-in where not.
    Raises `RuntimeSetupError` where the client is not installed.
    """
    client, standin = folder / "client", folder / "standin"
    client.mkdir()
    standin.mkdir()
    for distribution in CLIENT:
        for entry in _top_level_entries(distribution):
            (client / entry.name).symlink_to(entry)
    (standin / "runtime_client.py").symlink_to(_INSIDE / "runtime_client.py")
    for distribution in SDK:
        with contextlib.suppress(RuntimeSetupError):  # where it is not installed, an import of it says so
            for entry in _top_level_entries(distribution):
                (standin / entry.name).symlink_to(entry)
    return client, standin


def _top_level_entries(distribution: str) -> list[Path]:
    """Packages and modules that `distribution` installed, by its own record."""
    try:
        found = metadata.distribution(distribution)
    except metadata.PackageNotFoundError as error:
        raise RuntimeSetupError(
            f"{distribution} is not installed, and the zip runs under AWS's own client: pip install 'rftkit[lambda]'"
        ) from error
    names = {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}
    kept = sorted(name for name in names if not name.endswith(".dist-info"))
    return [Path(str(found.locate_file(name))).resolve() for name in kept]
