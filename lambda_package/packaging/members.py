"""The files that a function runs with, read alike from a zip and from the build context of a container image."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

from lambda_package.errors import ZipError
from lambda_package.packaging.archive import open_zip

APP = "app"  # the folder of a build context that becomes the task root
DOCKERFILE = "Dockerfile"


@dataclass(frozen=True, slots=True)
class Member:
    """One file; `mode` holds its permission bits, 0 below a closed folder, or None where none are known."""

    name: str
    size_bytes: int
    mode: int | None

    @property
    def is_readable(self) -> bool:
        """Whether a function can read it on AWS, where it owns no file: AWS asks for 644, and 755 for folders."""
        return self.mode is None or bool(self.mode & 0o004)


def is_image(package: Path) -> bool:
    """Whether `package` is the build context of an image."""
    return package.is_dir()


class Files:
    """The files of one package. Raises `ZipError` where it cannot be read as one."""

    def __init__(self, archive: zipfile.ZipFile | None, root: Path) -> None:
        self._archive, self._root = archive, root
        self.members = tuple(_of_folder(root) if archive is None else _of_zip(archive))

    def read(self, name: str, size_bytes: int = -1) -> bytes | None:
        """The first bytes of a file, or all of it; None if there is no such file."""
        if not any(member.name == name for member in self.members):
            return None
        with (self._root / name).open("rb") if self._archive is None else self._archive.open(name) as file:
            return file.read(size_bytes)


@contextmanager
def files_of(package: Path) -> Iterator[Files]:
    """Open the files of a zip or of an image's build context."""
    if not is_image(package):
        with open_zip(package) as archive:
            yield Files(archive, package)
        return
    if not (package / APP).is_dir() or not (package / DOCKERFILE).is_file():
        raise ZipError(f"{str(package)!r} is no build context of a grader; make one with: rft package build --image")
    yield Files(None, package / APP)


def size_bytes_of(package: Path) -> int:
    """The bytes of all files, unzipped."""
    with files_of(package) as files:
        return sum(member.size_bytes for member in files.members)


def extract(package: Path, folder: Path) -> None:
    """Unpack a zip into `folder`, or copy what a build context puts into its image. Raises `ZipError`."""
    if is_image(package):
        with files_of(package):
            shutil.copytree(package / APP, folder)
        return
    with open_zip(package) as archive:
        try:
            archive.extractall(folder)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:  # damaged, or encrypted
            raise ZipError(f"{str(package)!r} cannot be unpacked: {error}") from error


def _of_folder(root: Path) -> Iterator[Member]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            status = path.stat()
            yield Member(path.relative_to(root).as_posix(), status.st_size, status.st_mode)


def _of_zip(archive: zipfile.ZipFile) -> Iterator[Member]:
    """An archive without Unix modes, as Windows makes them, leaves everything readable."""
    modes = {entry.filename.rstrip("/"): entry.external_attr >> 16 for entry in archive.infolist()}
    shut = tuple(f"{name}/" for name, mode in modes.items() if S_ISDIR(mode) and not mode & 0o001)
    for entry in archive.infolist():
        if not entry.is_dir():
            mode = 0 if entry.filename.startswith(shut) else modes[entry.filename] or None
            yield Member(entry.filename, entry.file_size, mode)
