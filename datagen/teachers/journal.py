"""A durable cache of teacher calls, written before a reply is parsed.

A call is paid for once: after ``kill -9`` at any moment a rerun finds each answer that had arrived, and asks only for
the rest. Failures are recorded too, but count as unanswered. Change the prompt or a parameter and the keys change with
it, so nothing stale is used; change the parser and the raw answers are read again for nothing.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from datagen.errors import ConfigError
from datagen.types import Answer, Request
from rewards.scratch import scratch_folder
from rewards.writing import WriteError, holding, write_text

_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    key TEXT PRIMARY KEY, about TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, answer TEXT,
    stop_reason TEXT, input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0, error TEXT)
"""
_STORE = """
INSERT INTO calls (key, about, state, attempts, answer, stop_reason, input_tokens, output_tokens, error)
VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET state = excluded.state, attempts = attempts + 1, answer = excluded.answer,
    stop_reason = excluded.stop_reason, input_tokens = excluded.input_tokens,
    output_tokens = excluded.output_tokens, error = excluded.error
"""
ANSWERED, FAILED, BATCHED = "answered", "failed", "batched"


class Usage(NamedTuple):
    """Answered calls and the tokens they used."""

    calls: int
    input_tokens: int
    output_tokens: int


class Journal:
    """Answers by request key in one sqlite file. One thread writes; use `open_journal`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # survives a killed process; 10,000 commits/s instead of 250
        connection.execute(_SCHEMA)

    def answer(self, key: str) -> Answer | None:
        """The answer to a request, or None where there is none yet."""
        row = self._connection.execute(
            "SELECT answer, stop_reason, input_tokens, output_tokens FROM calls WHERE key = ? AND state = ?",
            (key, ANSWERED),
        ).fetchone()
        return Answer(*row) if row else None

    def store(self, key: str, request: Request, answer: Answer) -> None:
        """Keep an answer, durable when this returns."""
        values = (answer.text, answer.stop_reason, answer.input_tokens, answer.output_tokens, None)
        self._write(key, request.subject, ANSWERED, *values)

    def store_failure(self, key: str, request: Request, error: str, raw: str = "") -> None:
        """Keep why there is no answer, with the reply that could not be read; the next run asks again."""
        self._write(key, request.subject, FAILED, raw or None, None, 0, 0, error)

    def store_batched(self, requests: Mapping[str, Request], job: str) -> None:
        """Keep that these requests, by key, are part of a batch job: all of them or, where this dies, none."""
        rows = [(key, request.subject, BATCHED, None, None, 0, 0, job) for key, request in requests.items()]
        with self._connection:
            self._connection.executemany(_STORE, rows)

    def attempts(self, keys: Iterable[str]) -> int:
        """How often these requests were noted before, together."""
        query = "SELECT attempts FROM calls WHERE key = ?"
        rows = [self._connection.execute(query, (key,)).fetchone() for key in keys]
        return sum(row[0] for row in rows if row)

    def jobs(self) -> dict[str, list[str]]:
        """Keys still waiting for their batch job, by job."""
        rows = self._connection.execute("SELECT error, key FROM calls WHERE state = ? ORDER BY error, key", (BATCHED,))
        jobs: dict[str, list[str]] = {}
        for job, key in rows:
            jobs.setdefault(job, []).append(key)
        return jobs

    def failures(self) -> dict[str, str]:
        """Why requests failed, by key."""
        return dict(self._connection.execute("SELECT key, error FROM calls WHERE state = ? ORDER BY key", (FAILED,)))

    def answers(self) -> list[Answer]:
        """All answers, in the order they were first asked for."""
        query = "SELECT answer, stop_reason, input_tokens, output_tokens FROM calls WHERE state = ? ORDER BY rowid"
        return [Answer(*row) for row in self._connection.execute(query, (ANSWERED,))]

    def usage(self, keys: Iterable[str] | None = None) -> Usage:
        """What answered calls used together, in this run and before: all of them, or those of these requests."""
        if keys is not None:
            answers = [answer for key in keys if (answer := self.answer(key))]
            tokens = [(answer.input_tokens, answer.output_tokens) for answer in answers]
            return Usage(len(tokens), sum(used for used, _ in tokens), sum(made for _, made in tokens))
        query = "SELECT count(*), total(input_tokens), total(output_tokens) FROM calls WHERE state = ?"
        return Usage(*map(int, self._connection.execute(query, (ANSWERED,)).fetchone()))

    def export(self, path: Path) -> int:
        """Write the answers as a file for the teacher `replay`; returns how many."""
        rows = self._connection.execute("SELECT about, answer FROM calls WHERE state = ? ORDER BY rowid", (ANSWERED,))
        lines = [json.dumps({"about": about, "answer": answer}, ensure_ascii=False) + "\n" for about, answer in rows]
        write_text(path, "".join(lines), private=True)
        return len(lines)

    def _write(self, *values: object) -> None:
        with self._connection:
            self._connection.execute(_STORE, values)


def journal_of_judge(journal: Path) -> Path:
    """Where the verdicts are kept: beside the answers, since another model may have given them for another price."""
    return journal.with_name("judge.sqlite")


@contextmanager
def look_into(path: Path | None) -> Iterator[Journal]:
    """A copy of the journal at `path`, or an empty one where there is none: to look without touching anything."""
    with scratch_folder("journal") as folder:
        for suffix in ("", "-wal") if path and path.exists() else ():
            source = path.with_name(f"{path.name}{suffix}") if path else Path()
            if source.exists():
                shutil.copyfile(source, Path(folder, f"copy{suffix}"))
        connection = sqlite3.connect(Path(folder, "copy"))
        try:
            yield _opened(connection, path or Path())
        finally:
            connection.close()


def export(journal: Path, out: Path) -> int:
    """Write the answers of the journal at `journal` as a file for the teacher `replay`; returns how many."""
    with look_into(journal) as answers:
        return answers.export(out)


@contextmanager
def open_journal(path: Path | None) -> Iterator[Journal]:
    """The journal at `path`, locked for this process, or a temporary one; `BusyOutputError` where another has it."""
    if path is None:
        connection = sqlite3.connect("")  # in a file without a name once it is large
        yield Journal(connection)
        connection.close()
        return
    with holding(path.with_name(f"{path.name}.lock"), path):
        path.touch(mode=0o600)  # answers may quote documents that are not everybody's
        connection = sqlite3.connect(path)
        try:
            yield _opened(connection, path)
        finally:
            connection.close()


def _opened(connection: sqlite3.Connection, path: Path) -> Journal:
    try:
        return Journal(connection)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise WriteError(f"{path} cannot be written: {error}; is the disk full?") from error
        raise ConfigError(f"{path} is no journal of answers: {error}") from error
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"{path} is no journal of answers: {error}") from error
