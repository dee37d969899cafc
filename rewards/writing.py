"""The one way to write: a draft beside the output, flushed to the disk, then renamed over it; folders the same way.

So a kill, a crash or a full disk at any moment leaves the old output whole or the new one, never half of either, and
the same command run again gives what an undisturbed run gives. A draft is called ``.NAME.draft`` and locked while it is
written: a second process that wants the same output is told so, and a draft that a killed process left is used up by
the next run.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import io
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO

from rewards.errors import RewardError

_DISK_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS})  # some network file systems
_HALF_PAIRS = "backslashreplace"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2; <linux/fs.h>


class WriteError(RewardError):
    """An output cannot be written; what was there before is untouched."""


class BusyOutputError(WriteError):
    """Another process is writing the same output."""


_STANDARD = ("stdin", "stdout", "stderr")


@contextmanager
def drafting(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """A file to write bytes to, which takes the place of `path` once the block ends well; folders above are made.

    With `private` only its owner may read it, else it keeps the mode of the file it replaces. What is no regular file,
    such as ``/dev/stdout``, is written as it is. Raises `WriteError` where the disk is full or `path` cannot be
    written, `BusyOutputError` where another process is writing it.
    """
    if _is_device(path):
        descriptor = _descriptor_of(path)
        with _faults(path), path.open("wb") if descriptor is None else os.fdopen(os.dup(descriptor), "wb") as device:
            yield device
        return
    with _faults(path):
        target = _target_of(path)
    if target.is_dir():
        raise WriteError(f"{path} is a folder; name a file")
    if target.exists() and not os.access(target, os.W_OK):
        raise WriteError(f"{path} cannot be written: it is read-only")
    draft = _draft_of(target)
    with _faults(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = _locked_draft(draft, path, private=private)
    with _removing(draft), _faults(path), file:
        yield file
        file.flush()
        _keep_mode(target, file, private=private)
        os.fsync(file.fileno())
        draft.replace(target)
    _sync_folder(target.parent)


@contextmanager
def drafting_text(path: Path, *, private: bool = False) -> Iterator[IO[str]]:
    """As `drafting`, for UTF-8 text with ``\\n`` at the ends of lines. Half a surrogate pair, which UTF-8 does not
    have, is written as ``\\uXXXX``, which in JSON means the same character."""
    with drafting(path, private=private) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors=_HALF_PAIRS, newline="\n", write_through=True)
        yield text
        text.flush()
        text.detach()


def write_bytes(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file, whole or not at all."""
    with drafting(path, private=private) as file:
        file.write(data)


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file of UTF-8 text, whole or not at all; half a surrogate pair as `drafting_text` does.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_text(Path(folder, "new", "a.txt"), "one")
    ...     [path.name for path in Path(folder, "new").iterdir()]
    ['a.txt']
    """
    write_bytes(path, text.encode(errors=_HALF_PAIRS), private=private)


@contextmanager
def drafting_folder(path: Path, *, ours: Iterable[str]) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `path` in one step once the block ends well.

    `ours` are the patterns, below `path`, of the files that an earlier run may have left there and that are replaced
    as a set; every other file of an existing folder stays. Where the system cannot exchange two folders (the folder is
    the current one, a mount, or on a file system without it), the old set is removed before the new files move in: a
    kill then leaves an incomplete set, never a mixed one.
    """
    target = _target_of(path)
    if target.exists() and not target.is_dir():
        raise WriteError(f"{path} is a file; name a folder")
    draft = _draft_of(target)
    with _faults(path), _locked_folder(draft, path):
        _empty(draft)
        try:
            yield draft
            _replace_folder(draft, target, tuple(ours))
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    _sync_folder(target.parent)


@contextmanager
def appending(path: Path) -> Iterator[IO[bytes]]:
    """A file that grows line by line, locked for this process; half a line, as a kill leaves it, is cut off first.

    Raises `WriteError` for a pipe or a device, of which nobody can read what an earlier run wrote.
    """
    if _is_device(path):
        raise WriteError(f"{path} is no file that can grow; name one")
    with _faults(path, kept="its whole lines are kept, and the same command goes on from there"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            _lock(file.fileno(), path)
            _cut_half_line(file)
            yield file


@contextmanager
def holding(lock: Path, what: Path) -> Iterator[None]:
    """Hold `lock`, a file that stays, while the block runs; it ends with the process, however that ends.

    Raises `BusyOutputError`, which names `what`, where another process holds it.
    """
    with _faults(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("ab") as file:
            _lock(file.fileno(), what)
            yield


def beside(path: Path, ending: str) -> Path:
    """The file for what belongs to `path`: its name without suffix, and `ending`. Nothing lies beside a device.

    >>> beside(Path("rows/new.jsonl"), ".log.jsonl").as_posix(), beside(Path("/dev/null"), ".log.jsonl").as_posix()
    ('rows/new.log.jsonl', '/dev/null')
    """
    return Path(os.devnull) if _is_device(path) else path.with_name(path.stem + ending)


def _is_device(path: Path) -> bool:
    """Whether it is written as it is: a pipe, a device, or an open descriptor, whatever that leads to."""
    if path.parent in (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd")):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def _descriptor_of(path: Path) -> int | None:
    """The number of the open descriptor that a path names. Opened anew, a file would be written from its start on, and
    what is printed into it after that would lie over it.
    """
    if path.parent == Path("/dev") and path.name in _STANDARD:
        return _STANDARD.index(path.name)
    return int(path.name) if path.parent in (Path("/dev/fd"), Path("/proc/self/fd")) and path.name.isdigit() else None


def _target_of(path: Path) -> Path:
    """What a link leads to, so that the link stays."""
    try:
        return path.resolve()
    except RuntimeError:  # of Python before 3.13
        raise WriteError(f"{path} cannot be written: its symbolic links lead in a circle") from None


def _draft_of(target: Path) -> Path:
    return target.with_name(f".{target.name}.draft")


@contextmanager
def _faults(path: Path, kept: str = "what was there before is untouched") -> Iterator[None]:
    """What the disk says, as one sentence about the output; any other error passes."""
    try:
        yield
    except OSError as error:
        target, named = path.resolve(), Path(os.fsdecode(error.filename)).absolute() if error.filename else None
        places = (target, _draft_of(target), *target.parents)
        about_output = named in places or (named is not None and _draft_of(target) in named.parents)
        if error.errno in _DISK_FAULTS and (named is None or about_output):
            raise WriteError(f"{path} was not written: {error.strerror}; {kept}") from error
        if about_output:
            raise WriteError(f"{path} cannot be written: {error.strerror}") from error
        raise


def _locked_draft(draft: Path, path: Path, *, private: bool) -> IO[bytes]:
    """The draft, empty and locked. One that its writer has just renamed away is no draft any more: take a new one."""
    while True:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600 if private else 0o666)
        file = os.fdopen(descriptor, "w+b")
        try:
            _lock(descriptor, path)
            if _is_still(draft, descriptor):
                with _removing(draft):
                    file.truncate(0)
                return file
        except BaseException:
            file.close()
            raise
        file.close()


@contextmanager
def _removing(draft: Path) -> Iterator[None]:
    """Leave no draft of ours where the block does not end well."""
    try:
        yield
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def _locked_folder(draft: Path, path: Path) -> Iterator[None]:
    while True:
        draft.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            descriptor = os.open(draft, os.O_RDONLY | os.O_DIRECTORY)
            try:
                _lock(descriptor, path)
                if _is_still(draft, descriptor):
                    yield
                    return
            finally:
                os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    return path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor))


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyOutputError(f"another process is writing {path}; wait for it, or write somewhere else") from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


def _keep_mode(target: Path, file: IO[bytes], *, private: bool) -> None:
    if private:
        os.fchmod(file.fileno(), 0o600)
    elif target.exists():
        os.fchmod(file.fileno(), target.stat().st_mode & 0o777)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable, where folders can be synchronised at all."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _replace_folder(draft: Path, target: Path, ours: tuple[str, ...]) -> None:
    if not target.exists():
        draft.rename(target)
        return
    if target not in (here := Path.cwd().resolve(), *here.parents):
        _bring_along(target, draft, ours)
        if _exchanged(draft, target):
            return
    for path in _files(target):
        if _is_ours(path.relative_to(target), ours):
            path.unlink()
    for path in _files(draft):
        destination = target / path.relative_to(draft)
        destination.parent.mkdir(parents=True, exist_ok=True)
        path.replace(destination)


def _bring_along(target: Path, draft: Path, ours: tuple[str, ...]) -> None:
    """What the folder holds besides ours goes into the new one as well, as further names of the same files."""
    for path in _files(target):
        name = path.relative_to(target)
        if _is_ours(name, ours) or (draft / name).exists():
            continue
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            (draft / name).symlink_to(path.readlink())
        else:
            _link(path, draft / name)


def _link(path: Path, new: Path) -> None:
    try:
        os.link(path, new)
    except OSError:  # a file system without hard links
        shutil.copy2(path, new)


def _is_ours(name: Path, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern has the name: ``a/*.jsonl`` in that folder, ``a/**`` anything below ``a``, ``**`` anything."""
    return any(fnmatchcase(name.as_posix(), pattern) for pattern in patterns if "**" in pattern) or any(
        name.match(pattern) and len(name.parts) == len(Path(pattern).parts) for pattern in patterns
    )


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]


def _exchanged(one: Path, other: Path) -> bool:
    """Whether two folders have changed names in one step; only Linux can."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return rename is not None and rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _cut_half_line(file: IO[bytes], block_bytes: int = 1 << 20) -> None:
    """Truncate behind the last end of a line."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - block_bytes)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            file.truncate(start + found + 1)
            break
        end = start
    else:
        file.truncate(0)
    file.seek(0, os.SEEK_END)
