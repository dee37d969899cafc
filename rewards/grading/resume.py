"""The output of a grading job: rollout records, one for each row, kept whatever happens, continued where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rewards.errors import RewardError
from rewards.grading.grade import Grade, grade_of
from rewards.rollouts.record import VERSION, VERSION_KEY, record_of
from rewards.writing import appending, write_text

_SHOWN_FILES = 5
_REMEDY = "Remove it, or write somewhere else"


class JournalError(RewardError):
    """An output file belongs to another job."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What grades depend on: the digest of each file of the reward by its name, and that of all rows."""

    reward: Mapping[str, str]
    rows: str

    @property
    def grader(self) -> str:
        """One digest of the reward with all of its files."""
        text = json.dumps(sorted(self.reward.items()))
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class Journal:
    """Rollout records in a JSONL file, with the sources of the job in a file `.job` beside it; locks the file while the
    `with` block lasts.

    The file is cut behind its last whole record that follows on the one before: a kill leaves half a line, a crash of
    the machine may leave worse. `dropped` counts the whole lines that are graded anew for that. Raises `JournalError`
    where the file holds grades of another reward or of other rows, as mixing them would give a mean of nothing, and
    `BusyOutputError` where another process is grading into it.
    """

    def __init__(self, path: Path, sources: Sources) -> None:
        self.path = path
        mark = path.with_name(path.name + ".job")
        if path.exists() and path.stat().st_size:
            _check(mark, sources, path)
        job = {VERSION_KEY: VERSION, "rows": sources.rows, "reward": dict(sorted(sources.reward.items()))}
        with ExitStack() as stack:
            self._file = stack.enter_context(appending(path))
            write_text(mark, json.dumps(job, indent=1) + "\n")
            self.dropped = _cut(self._file)
            self._closing = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._closing.__exit__(kind, error, trace)

    def finished(self) -> Iterator[Grade]:
        """The grades that an earlier run wrote."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield grade_of(record_of(json.loads(line)), number)

    def write(self, lines: str) -> None:
        """Append lines, and hand them to the operating system at once."""
        self._file.write(lines.encode())
        self._file.flush()


def _check(job: Path, sources: Sources, path: Path) -> None:
    try:
        before = json.loads(job.read_text(encoding="utf-8"))
        rows, reward = before["rows"], before["reward"]
    except (OSError, ValueError, KeyError, TypeError):
        raise JournalError(
            f"{path} holds the grades of another job: {job.name} beside it does not tell of which. {_REMEDY}"
        ) from None
    changed = [name for name in {**reward, **sources.reward} if reward.get(name) != sources.reward.get(name)]
    if rows != sources.rows:
        raise JournalError(f"{path} holds the grades of another job: the rows have changed. {_REMEDY}")
    if changed:
        names = ", ".join(sorted(changed)[:_SHOWN_FILES])
        raise JournalError(f"{path} holds the grades of another job: the reward has changed ({names}). {_REMEDY}")


def _cut(file: IO[bytes]) -> int:
    """Keep the whole records that follow on each other; returns how many lines behind them are dropped."""
    kept_bytes, number, lines = 0, 0, 0
    file.seek(0)
    for line in file:
        lines += 1
        if number == lines - 1 and _is_record(line, lines):
            number, kept_bytes = lines, kept_bytes + len(line)
    file.truncate(kept_bytes)
    file.seek(kept_bytes)
    return lines - number


def _is_record(line: bytes, number: int) -> bool:
    if not line.endswith(b"\n"):
        return False
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and record.get("row") == number and VERSION_KEY in record
