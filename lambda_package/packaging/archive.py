"""Reproducible zip files: equal content gives equal bytes."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lambda_package.errors import ZipError
from rewards.writing import drafting

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
MAX_OPENED_BYTES = 1 << 30  # four times what Lambda unpacks: `verify` tells by how much a zip is too large
MAX_OPENED_FILES = 50_000
_FILE_MODE = 0o100644
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Package:
    """A grader zip on disk.

    `sha256` (in base64 it is Lambda's `CodeSha256`) also depends on the zlib that compressed it; `content_digest`
    depends on names and contents only, so it can be compared between machines.
    """

    path: Path
    sha256: str
    content_digest: str
    size_bytes: int
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


def write_zip(
    path: Path, contents: Mapping[str, bytes], bytecode: Mapping[str, bytes] | None = None, notes: tuple[str, ...] = ()
) -> Package:
    """Write `contents` (name in the zip -> bytes) to `path` atomically.

    `bytecode` goes in as well but not into the content digest: it depends on the patch version that compiled it.
    """
    everything = {**contents, **(bytecode or {})}
    with drafting(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name in sorted(everything):
            archive.writestr(_entry(name), everything[name], zipfile.ZIP_DEFLATED, compresslevel=9)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return Package(path, digest, content_digest(contents), len(data), tuple(sorted(everything)), notes)


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open the zip at `path`. Raises `ZipError` for a missing file, an invalid zip and a zip bomb.

    What unpacks to more than Lambda takes is refused before anything is unpacked; a member that lies about its size
    ends where it said.

    >>> open_zip(Path("reward.zip"))
    Traceback (most recent call last):
        ...
    lambda_package.errors.ZipError: no zip at 'reward.zip'; make one with: rft package build FILE.py:NAME -o reward.zip
    """
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        advice = f"make one with: rft package build FILE.py:NAME -o {path.name}"
        raise ZipError(f"no zip at {str(path)!r}; {advice}") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise ZipError(f"{str(path)!r} cannot be read as a zip: {error}") from error
    _refuse_bomb(archive, path)
    return archive


def _refuse_bomb(archive: zipfile.ZipFile, path: Path) -> None:
    entries = archive.infolist()
    size_bytes = sum(entry.file_size for entry in entries)
    if size_bytes > MAX_OPENED_BYTES or len(entries) > MAX_OPENED_FILES:
        archive.close()
        raise ZipError(
            f"{str(path)!r} unpacks to {size_bytes:,} bytes in {len(entries):,} files; "
            f"a grader has at most {MAX_OPENED_BYTES:,} in {MAX_OPENED_FILES:,}"
        )


def content_digest(contents: Mapping[str, bytes]) -> str:
    """SHA-256 over every name and the digest of its content, sorted by name.

    >>> content_digest({"a": b"1", "b": b"2"}) == content_digest({"b": b"2", "a": b"1"})
    True
    """
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(f"{name}\0{_FILE_MODE:o}\0{hashlib.sha256(contents[name]).hexdigest()}\n".encode())
    return digest.hexdigest()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = _UNIX
    entry.external_attr = _FILE_MODE << 16
    return entry
