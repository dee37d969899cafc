"""Temporary folders of ours that do not stay: what a killed run left is removed by the next one that needs a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "rftkit-"
_IN_USE = ".in-use"  # locked as long as the folder's process lives


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """An empty folder in the system's temporary one, removed with all that is in it when the block ends.

    >>> with scratch_folder("doc") as folder:
    ...     folder.is_dir()
    True
    >>> folder.exists()
    False
    """
    sweep()
    made = tempfile.TemporaryDirectory(prefix=f"{PREFIX}{purpose}-", ignore_cleanup_errors=True)
    with made as house, _marked(Path(house)):
        folder = Path(house) / "work"
        folder.mkdir()
        yield folder


def sweep() -> None:
    """Remove the folders whose process was killed: their lock is free."""
    for house in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (house / _IN_USE).open("rb") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(house, ignore_errors=True)


@contextmanager
def _marked(house: Path) -> Iterator[None]:
    """Hold the mark, which has its name only once it is locked: nobody sees it free before we are gone."""
    unnamed = house / f"{_IN_USE}.{os.getpid()}"
    with unnamed.open("wb") as mark:
        with contextlib.suppress(OSError):  # a file system without locks: the folder is not swept
            fcntl.flock(mark, fcntl.LOCK_SH)
            unnamed.rename(house / _IN_USE)
        yield
