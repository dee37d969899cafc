"""What a check of a package says, and the checks of its files, which need no run: size, modes, platform."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lambda_package.packaging.build import MAX_UNZIPPED_BYTES, MAX_ZIP_BYTES
from lambda_package.packaging.compiled_code import compiled_names, unfit
from lambda_package.packaging.members import files_of, is_image, size_bytes_of
from lambda_package.packaging.target import Target, interpreter_of

MAX_IMAGE_BYTES = 10 * 1024**3  # Lambda quota, AWS's base image included; AWS "Lambda quotas", read 2026-11


class Status(StrEnum):
    """The outcome of a check. A warning does not fail the verification."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One check and its outcome."""

    name: str
    status: Status
    detail: str


def file_checks(path: Path, layers: Sequence[Path], target: Target, *, by_s3: bool) -> list[Check]:
    """The checks of the files of a package and its layers; `by_s3` says that its upload goes by way of S3."""
    return [*_size(path, layers, by_s3=by_s3), _readable(path), _platform(path, layers, target)]


def _size(path: Path, layers: Sequence[Path], *, by_s3: bool) -> Iterator[Check]:
    if is_image(path):
        size = size_bytes_of(path)
        fits = size <= MAX_IMAGE_BYTES
        detail = f"{size / 1024:.1f} KB of files beside AWS's base image; the limit of an image is 10 GB"
        yield Check("size", Status.OK if fits else Status.PROBLEM, detail)
        return
    unzipped, zipped = size_bytes_of(path), path.stat().st_size
    of_layers = sum(map(size_bytes_of, layers))
    fits = (zipped <= MAX_ZIP_BYTES or by_s3) and unzipped + of_layers <= MAX_UNZIPPED_BYTES
    limit = "none by way of S3" if by_s3 else "50 MB"
    beside = f" and {of_layers / 1024:.1f} KB of layers" if layers else ""
    detail = f"{zipped / 1024:.1f} KB zipped, {unzipped / 1024:.1f} KB unzipped{beside}; limits {limit} and 250 MB"
    yield Check("size", Status.OK if fits else Status.PROBLEM, detail)


def _readable(path: Path) -> Check:
    """A function runs as a user of its own, to whom the bits of the others apply."""
    with files_of(path) as files:
        closed = [member for member in files.members if not member.is_readable]
    if not closed:
        return Check("files", Status.OK, "all can be read by the user that Lambda runs a function as")
    mode = (closed[0].mode or 0) & 0o777
    detail = (
        f"{len(closed)} cannot be read on AWS, first {closed[0].name} with the mode {mode:03o}; "
        "files need 644 and folders 755 before they are zipped (Python's ZipFile.writestr gives 600)"
    )
    return Check("files", Status.PROBLEM, detail)


def _platform(path: Path, layers: Sequence[Path], target: Target) -> Check:
    compiled: list[str] = []
    for package in (path, *layers):
        with files_of(package) as files:
            if wrong := list(unfit(files, target)):
                return Check("platform", Status.PROBLEM, f"{wrong[0]}; build with --arch and --runtime of the function")
            compiled += compiled_names(files)
    there = f"{target.runtime.value} on {target.architecture.value}"
    exact = interpreter_of(target.runtime.value) is not None
    if compiled and not (exact and target.matches_this_machine):
        detail = f"holds code compiled for {there} ({compiled[0]}), which does not run here; verify a build that does"
        return Check("platform", Status.PROBLEM, detail)
    if not exact:
        return Check("platform", Status.WARNING, f"built for {there}; another Python ran it, as that one is not here")
    return Check("platform", Status.OK, there)
