"""Lambda layers: zips that are unpacked to /opt; their `python` folder is on the import path after the code."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from lambda_package.errors import ZipError
from lambda_package.packaging.archive import open_zip

# AWS "Packaging your layer content": python/, and site-packages of one version below python/lib.
_FOLDERS = ("python",)


def names_in_layer(layer: Path) -> frozenset[str]:
    """The modules and packages that a layer adds to the import path. Raises `ZipError` if there are none."""
    return frozenset(PurePosixPath(name).parts[0].partition(".")[0] for name in _importable(layer))


def unpack_layer(layer: Path, folder: Path) -> None:
    """Unpack a layer's importable files into `folder`."""
    found = _importable(layer)
    with open_zip(layer) as archive:
        for name, member in found.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))


def _importable(layer: Path) -> dict[str, str]:
    """The files below the import folders: name from there on, and name in the zip."""
    with open_zip(layer) as archive:
        members = [name for name in archive.namelist() if not name.endswith("/") and ".." not in name.split("/")]
    found = {_below(name): name for name in members if _below(name)}
    if not found:
        raise ZipError(f"{str(layer)!r} has no folder python/ for Lambda's import path, as a layer for Python has")
    return found


def _below(name: str) -> str:
    parts = PurePosixPath(name).parts
    if parts[0] not in _FOLDERS or len(parts) < 2:
        return ""
    kept = parts[parts.index("site-packages") + 1 :] if "site-packages" in parts[:4] else parts[1:]
    return "/".join(kept)
