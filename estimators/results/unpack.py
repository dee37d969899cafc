"""Unpack a job's archive safely: nothing outside the folder, no links, bounded size."""

from __future__ import annotations

import lzma
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final

from estimators.errors import OutputError

MAX_BYTES: Final = 2 * 1024**3  # unpacked; evaluation details of 20,000 rows with logits stay far below
MAX_FILES: Final = 10_000
_PADDING_BYTES = 1 << 20


def extract(archive: Path, out: Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> tuple[Path, ...]:
    """Unpack the regular files of a tar archive (any compression) below `out`; returns their paths.

    Raises `OutputError` for an absolute path, `..`, a link, a device, more than `max_files` members or more than
    `max_bytes` of content. What was written before the error is removed.
    """
    try:
        with tarfile.open(archive, "r:*") as tar:
            return tuple(_extract_members(tar, out, max_bytes, max_files))
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk, not of the archive
        raise OutputError(f"{archive}: not a readable tar archive: {error}") from error


def _extract_members(tar: tarfile.TarFile, out: Path, max_bytes: int, max_files: int) -> Iterator[Path]:
    written: list[Path] = []
    left = max_bytes
    try:
        for member in tar:
            if member.isdir():
                continue
            target = out / _safe_name(member)
            left -= member.size
            if left < 0 or len(written) == max_files:
                raise OutputError(f"the archive unpacks to more than {max_bytes:,} bytes or {max_files:,} files")
            source = tar.extractfile(member)
            assert source is not None, "a regular file has content"
            written.append(target)
            _write(source, target)
        _read_to_end(tar)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    yield from written


def _read_to_end(tar: tarfile.TarFile) -> None:
    """Read what is behind the last member, so that a compressed archive is checked whole: tarfile stops before its
    end, where a download that was cut off shows. A record of tar is 10,240 bytes of padding at most."""
    if tar.fileobj is not None:
        tar.fileobj.read(_PADDING_BYTES)


def _safe_name(member: tarfile.TarInfo) -> PurePosixPath:
    name = PurePosixPath(member.name)
    if not member.isreg():
        raise OutputError(f"{member.name!r} in the archive is a link or a device; only files are unpacked")
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or "\0" in member.name:
        raise OutputError(f"{member.name!r} in the archive would be written outside its folder")
    return name


def _write(source: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)
