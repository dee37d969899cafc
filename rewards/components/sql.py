"""The component for answers that are a query, judged by the rows that it returns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from rewards.comparing.dress import undressed
from rewards.comparing.sql import Database, QueryError, Rows, agreement
from rewards.errors import UngradableError
from rewards.limits import MAX_TEXT_CHARS
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.parsing.fences import only_code
from rewards.types import JSON, Completion, Sample, Score

_KEYS = ("schema", "rows", "query", "result")


def sql_result(schema: str = "", answer: AnswerFormat = WHOLE_ANSWER, *, ordered: bool = False) -> SqlResult:
    """The share of rows that the answer's query returns and should, in [0, 1]; 1 where they all agree.

    The query runs with SQLite, in memory, on tables of the row: its reference holds `rows`, the rows by table, each a
    list of cells or a mapping; `schema`, the statements that create the tables, unless the reward has it for all; and
    `query`, the right one, or `result`, the rows that it returns. The value is S / max(rows returned, rows expected), S
    the rows that agree: counted with repetition, or with `ordered` place by place. Columns are compared in their order,
    not by name; whole numbers and text exactly, other numbers in twelve digits. A query that fails pays 0.

    With `query` both queries run three times, also on every first and on every second row of the tables whose rows no
    other table names, and the lowest share counts: a constant that happens to be right for one database is not the
    right query. With `result` alone that cannot be told.

    An answer is SQL, or has it in its only fenced block. It can read the tables and nothing else: no ATTACH, no PRAGMA,
    no write, no random numbers; 2,000,000 steps, 10,000 rows and values of 1 MB are the limits.

    Source: execution accuracy of Spider and BIRD (arXiv 1809.08887, 2305.03111); several databases as in the
    test suite accuracy of arXiv 2010.02840.

    >>> from rewards import Completion, Sample
    >>> rows = {"city": [["Bern", 134], ["Basel", 177], ["Chur", 38]]}
    >>> reference = {"rows": rows, "query": "SELECT name FROM city WHERE size > 100"}
    >>> reward = sql_result("CREATE TABLE city (name TEXT, size INTEGER)")
    >>> queries = ("SELECT name FROM city WHERE 100 < size", "SELECT name FROM city", "DROP TABLE city")
    >>> [reward(Sample("a", (), reference=reference), Completion(query)).value for query in queries]
    [1.0, 0.5, 0.0]
    """
    return SqlResult(schema, answer, ordered)


class _Case(NamedTuple):
    """A database and the rows that the right query returns from it."""

    database: Database
    expected: Rows


@dataclass(frozen=True)
class SqlResult:
    """See `sql_result`."""

    name: ClassVar[str] = "sql_result"
    schema: str = ""
    answer: AnswerFormat = WHOLE_ANSWER
    ordered: bool = False

    def expected(self, sample: Sample) -> tuple[_Case, ...]:
        """The databases with what the right query returns; raises UngradableError where there is none to judge by."""
        reference = self.answer.expected_structure(sample)
        problem = _problem(reference, self.schema)
        if not problem and isinstance(reference, dict):
            try:
                return _cases(self.schema, json.dumps(reference, sort_keys=True))
            except (QueryError, TypeError, ValueError) as error:
                problem = str(error)
        raise UngradableError(f"the reference of sample {sample.id!r}: {problem}")

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Run the answer's query and compare its rows."""
        cases = self.expected(sample)
        text = self.answer.text(completion)
        query = only_code(undressed(text, entities=False)) if text is not None and len(text) <= MAX_TEXT_CHARS else None
        if not query:
            return Score(0.0, "no query, or several")
        try:
            shares = [agreement(case.database.rows_of(query), case.expected, ordered=self.ordered) for case in cases]
        except QueryError as error:
            return Score(0.0, f"the query fails: {error}"[:200])
        return Score(min(shares), "the right rows" if min(shares) == 1 else f"shares by database: {shares}")


def _problem(reference: JSON, schema: str) -> str:
    if not isinstance(reference, dict) or not set(reference) <= set(_KEYS):
        return f"it must be a mapping with {', '.join(_KEYS)}, got {reference!r:.200}"
    if not isinstance(reference.get("schema", schema), str) or not (reference.get("schema") or schema):
        return "no `schema` creates its tables; give it there or to the reward"
    if not isinstance(reference.get("rows", {}), dict):
        return "its `rows` must be lists of rows by table"
    if isinstance(reference.get("query"), str) == isinstance(reference.get("result"), list):
        return "it must have the right `query` as text, or the `result` as a list of rows"
    return ""


@lru_cache(maxsize=64)
def _cases(schema: str, reference: str) -> tuple[_Case, ...]:
    """The given database and two with half of its rows; raises QueryError where no right row is left to find."""
    row: dict[str, Any] = json.loads(reference)
    tables = row.get("rows", {})
    schema = row.get("schema") or schema
    if "result" in row:
        cases = [_Case(Database(schema, tables), [tuple(cells) for cells in row["result"]])]
    else:
        named = _named_tables(tables)
        halves = [
            {name: rows if name in named else rows[start::2] for name, rows in tables.items()} for start in (0, 1)
        ]
        databases = [Database(schema, some) for some in (tables, *halves)]
        cases = [_Case(database, database.rows_of(row["query"])) for database in databases]
    if not cases[0].expected:
        raise QueryError("the right query returns no rows, so any query that returns none would be right")
    return tuple(cases)


def _named_tables(tables: dict[str, Any]) -> set[str]:
    """The tables whose rows others name: a column of theirs, without repetition, holds all values of one elsewhere."""
    columns = {
        name: [
            [*column] for column in zip(*(row.values() if isinstance(row, dict) else row for row in rows), strict=False)
        ]
        for name, rows in tables.items()
    }
    keys = {name: [set(column) for column in all_ if len(set(column)) == len(column)] for name, all_ in columns.items()}
    values = {name: [set(column) - {None} for column in all_] for name, all_ in columns.items()}
    return {
        name
        for name in tables
        for key in keys[name]
        if any(column and column <= key for other in tables if other != name for column in values[other])
    }
