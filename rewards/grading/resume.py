"""The output of a grading job: one line for each row, kept whatever happens, continued where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from rewards.errors import RewardError
from rewards.grading.grade import Graded

_HEAD_BYTES = 1 << 20


class JournalError(RewardError):
    """An output file belongs to another job."""


class Journal:
    """Grades in a JSONL file, with the fingerprint of the job in a file beside it.

    A half-written last line, as a kill leaves it, is cut off. Raises JournalError where the file holds grades of
    another reward or of other rows: mixing them would give a mean of nothing.
    """

    def __init__(self, path: Path, *, reward: Path, rows: Path) -> None:
        self.path = path
        self._mark = path.with_name(path.name + ".job")
        mark = f"{_fingerprint(reward)} {_fingerprint(rows)}\n"
        if path.exists() and path.stat().st_size and (not self._mark.exists() or self._mark.read_text() != mark):
            raise JournalError(f"{path} holds the grades of another job; remove it, or write somewhere else")
        self._mark.write_text(mark)
        path.touch()
        _cut_half_line(path)

    def finished(self) -> Iterator[Graded]:
        """The grades that an earlier run wrote."""
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def write(self, grades: Iterable[Graded]) -> None:
        """Append grades, and hand them to the operating system at once."""
        lines = "".join(json.dumps(grade) + "\n" for grade in grades)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(lines)


def _fingerprint(path: Path) -> str:
    """Of the size and the first megabyte: enough to tell files apart, and quick for a terabyte."""
    with path.open("rb") as file:
        return hashlib.sha256(f"{path.stat().st_size}\0".encode() + file.read(_HEAD_BYTES)).hexdigest()


def _cut_half_line(path: Path) -> None:
    with path.open("rb+") as file:
        end = file.seek(0, 2)
        while end:
            start = max(0, end - _HEAD_BYTES)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                file.truncate(start + found + 1)
                return
            end = start
        file.truncate(0)
