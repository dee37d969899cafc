"""The output of a grading job: one line for each row, kept whatever happens, continued where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from rewards.errors import RewardError
from rewards.grading.grade import Graded
from rewards.writing import appending, write_text

_HEAD_BYTES = 1 << 20


class JournalError(RewardError):
    """An output file belongs to another job, or does not hold the first rows of this one."""


class Journal:
    """Grades in a JSONL file, with the fingerprint of the job in a file beside it; a context manager that locks both.

    A half-written last line, as a kill leaves it, is cut off. Raises JournalError where the file holds grades of
    another reward or of other rows, as mixing them would give a mean of nothing, and `BusyOutputError` where another
    process is grading into it.
    """

    def __init__(self, path: Path, *, reward: Path, rows: Path) -> None:
        self.path = path
        self._mark = path.with_name(path.name + ".job")
        mark = f"{_fingerprint(reward)} {_fingerprint(rows)}\n"
        with ExitStack() as stack:
            self._file = stack.enter_context(appending(path))
            if path.stat().st_size and (not self._mark.exists() or self._mark.read_text() != mark):
                raise JournalError(f"{path} holds the grades of another job; remove it, or write somewhere else")
            write_text(self._mark, mark)
            self._closing = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._closing.__exit__(kind, error, trace)

    def finished(self) -> Iterator[Graded]:
        """The grades that an earlier run wrote: rows 1, 2, 3 and so on. Raises JournalError where they are not."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield _grade_of_row(number, line, self.path)

    def write(self, grades: Iterable[Graded]) -> None:
        """Append grades, and hand them to the operating system at once."""
        self._file.write("".join(json.dumps(grade) + "\n" for grade in grades).encode())
        self._file.flush()


def _grade_of_row(number: int, line: bytes, path: Path) -> Graded:
    try:
        grade = json.loads(line)
    except ValueError as error:
        raise JournalError(f"{path}:{number}: not the grade of a row ({error}); remove the file") from None
    if not isinstance(grade, dict) or grade.get("row") != number:
        found = grade.get("row") if isinstance(grade, dict) else None
        raise JournalError(f"{path}:{number}: expected the grade of row {number}, got row {found!r}; remove the file")
    return grade


def _fingerprint(path: Path) -> str:
    """Of the size and the first megabyte: enough to tell files apart, and quick for a terabyte."""
    with path.open("rb") as file:
        return hashlib.sha256(f"{path.stat().st_size}\0".encode() + file.read(_HEAD_BYTES)).hexdigest()
