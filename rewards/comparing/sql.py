"""Runs a query of an answer on a small database in memory: it can read the tables and nothing else, within limits."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

Cell: TypeAlias = "str | int | float | bytes | None"
Rows: TypeAlias = "list[tuple[Cell, ...]]"
Tables: TypeAlias = "Mapping[str, Sequence[Sequence[Cell] | Mapping[str, Cell]]]"

STEPS, MAX_ROWS = 2_000_000, 10_000
"""Instructions of SQLite's machine that a query may take, about 50 ms, and rows that it may return."""
_STRIDE, _MAX_BYTES, _DIGITS = 1_000, 1_000_000, 12
_SCHEMA_TABLES = ("sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema", "sqlite_sequence")
_REFUSED_FUNCTIONS = ("load_extension", "random", "randomblob", "fts3_tokenizer", "readfile", "writefile", "edit")
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: _MAX_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 20_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


class QueryError(ValueError):
    """A query that fails, does what it may not, or takes too long."""


class Database:
    """A database in memory that is filled once and then only read.

    >>> database = Database("CREATE TABLE t (a INTEGER, b TEXT)", {"t": [[1, "x"], {"a": 2, "b": "y"}]})
    >>> database.rows_of("SELECT b FROM t ORDER BY a DESC")
    [('y',), ('x',)]
    """

    def __init__(self, schema: str, tables: Tables) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        try:
            with _bounded(self._connection):
                self._connection.executescript(schema)
                for name, rows in tables.items():
                    for row in rows:
                        self._connection.execute(*_insertion(name, row))
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise QueryError(f"the tables cannot be made: {error}") from error
        for limit, value in _LIMITS.items():
            self._connection.setlimit(limit, value)
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.set_authorizer(_only_reading)

    def rows_of(self, query: str) -> Rows:
        """The rows of one query; raises QueryError with SQLite's reason."""
        try:
            with _bounded(self._connection):
                cursor = self._connection.execute(query)
                rows = cursor.fetchmany(MAX_ROWS + 1)
                cursor.close()
        except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError) as error:
            raise QueryError(_reason(error)) from error
        if len(rows) > MAX_ROWS:
            raise QueryError(f"more than {MAX_ROWS:,} rows")
        return rows


@contextmanager
def _bounded(connection: sqlite3.Connection) -> Iterator[None]:
    """Stops what runs on a connection after `STEPS` instructions."""
    left = iter(range(STEPS // _STRIDE))
    connection.set_progress_handler(lambda: next(left, None) is None, _STRIDE)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


def agreement(rows: Rows, expected: Rows, *, ordered: bool) -> float:
    """How many rows agree over the larger number of rows: with `ordered` place by place, else counted with repetition.

    Whole numbers and text agree exactly, other numbers in twelve digits; a number is no text.

    >>> agreement([(1,), (2.0,)], [(2,), (1.0,), (3,)], ordered=False)
    0.6666666666666666
    """
    most = max(len(rows), len(expected))
    if not most:
        return 1.0
    ours, theirs = [tuple(map(_key, row)) for row in rows], [tuple(map(_key, row)) for row in expected]
    if ordered:
        return sum(one == other for one, other in zip(ours, theirs, strict=False)) / most
    return sum((Counter(ours) & Counter(theirs)).values()) / most


def _key(cell: Cell) -> tuple[str, Cell]:
    """A cell as what equal cells share."""
    if isinstance(cell, float) and math.isfinite(cell):
        cell = float(f"{cell:.{_DIGITS}g}")
        return "number", int(cell) if cell.is_integer() else cell
    return "number" if isinstance(cell, (int, float)) else type(cell).__name__, cell


def _insertion(table: str, row: Sequence[Cell] | Mapping[str, Cell]) -> tuple[str, tuple[Cell, ...]]:
    names = f" ({', '.join(map(_quoted, row))})" if isinstance(row, Mapping) else ""
    values = tuple(row.values()) if isinstance(row, Mapping) else tuple(row)
    statement = f"INSERT INTO {_quoted(table)}{names} VALUES ({', '.join('?' * len(values))})"  # noqa: S608  # quoted
    return statement, values


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _only_reading(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    allowed: dict[int, Callable[[], bool]] = {
        sqlite3.SQLITE_SELECT: lambda: True,
        sqlite3.SQLITE_RECURSIVE: lambda: True,
        sqlite3.SQLITE_READ: lambda: first not in _SCHEMA_TABLES,
        sqlite3.SQLITE_FUNCTION: lambda: second not in _REFUSED_FUNCTIONS,
    }
    return sqlite3.SQLITE_OK if action in allowed and allowed[action]() else sqlite3.SQLITE_DENY


def _reason(error: Exception) -> str:
    text = str(error)
    if "interrupted" in text:
        return f"it takes more than {STEPS:,} steps"
    if "not authorized" in text or "prohibited" in text:
        return "it does more than read the tables"
    return text or type(error).__name__
