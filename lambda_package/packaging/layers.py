"""Lambda layers: zips that are unpacked to /opt; their `python` folder is on the import path after the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lambda_package.errors import ZipError
from lambda_package.packaging.archive import open_zip
from lambda_package.packaging.members import extract

# AWS "Packaging your layer content": python/, and site-packages of one version below python/lib.
_FOLDER = "python"


def names_in_layer(layer: Path) -> frozenset[str]:
    """The modules and packages that a layer adds to the import path. Raises `ZipError` if there are none."""
    with open_zip(layer) as archive:
        found = frozenset(_modules(archive.namelist()))
    if not found:
        raise ZipError(f"{str(layer)!r} has no folder python/ for Lambda's import path, as a layer for Python has")
    return found


def import_folders(python_version: str) -> tuple[str, str]:
    """The folders of a layer that are on the import path, in its order.

    >>> import_folders("3.13")
    ('python/lib/python3.13/site-packages', 'python')
    """
    return f"{_FOLDER}/lib/python{python_version}/site-packages", _FOLDER


def unpack_layer(layer: Path, folder: Path) -> None:
    """Unpack a layer into `folder`, which stands for /opt, over those before it. Raises `ZipError` as above."""
    names_in_layer(layer)
    extract(layer, folder)


def _modules(names: list[str]) -> Iterator[str]:
    for name in names:
        parts = PurePosixPath(name).parts
        if len(parts) < 2 or parts[0] != _FOLDER or name.endswith("/"):
            continue
        below = parts[parts.index("site-packages") + 1 :] if "site-packages" in parts[:4] else parts[1:]
        if below:
            yield below[0].partition(".")[0]
