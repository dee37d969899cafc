"""`sql_result`: the rows decide, half of the rows too; the query can only read its tables, within limits."""

import time

import pytest

from rewards import AnswerFormat, Completion, Sample, UngradableError, sql_result
from rewards.comparing.sql import agreement

SCHEMA = "CREATE TABLE city (name TEXT, size INTEGER, canton TEXT); CREATE TABLE canton (name TEXT, area REAL)"
ROWS = {
    "city": [["Bern", 134, "BE"], ["Biel", 55, "BE"], ["Basel", 177, "BS"], ["Thun", 44, "BE"], ["Chur", 38, "GR"]],
    "canton": [{"name": "BE", "area": 5959.5}, {"name": "BS", "area": 37}, {"name": "GR", "area": 7105.2}],
}


def value(
    text: str, query: str = "SELECT name FROM city WHERE canton = 'BE' ORDER BY size DESC", **parameters
) -> float:
    sample = Sample("a", (), reference={"rows": ROWS, "query": query})
    return sql_result(SCHEMA, **parameters)(sample, Completion(text)).value


@pytest.mark.parametrize(
    "text",
    [
        "SELECT name FROM city WHERE canton LIKE 'BE'",
        "SELECT c.name FROM city c JOIN canton k ON c.canton = k.name WHERE k.area BETWEEN 5000 AND 6000;",
        "Sure:\n```sql\nSELECT name FROM city WHERE canton = 'BE'\n```\nThat is all.",
        "WITH be AS (SELECT * FROM city WHERE canton = 'BE') SELECT name FROM be",
    ],
)
def test_any_query_with_the_right_rows_is_right(text):
    assert value(text) == 1


def test_a_text_in_a_query_is_no_html():
    assert value("SELECT '&amp;'", query="SELECT '&amp;'") == 1
    assert value("SELECT '&'", query="SELECT '&amp;'") < 1


def test_a_query_may_call_itself():
    counted = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n"
    assert value(counted, query="SELECT 1 UNION SELECT 2 UNION SELECT 3") == 1


def test_the_order_counts_where_it_is_declared():
    assert value("SELECT name FROM city WHERE canton = 'BE' ORDER BY size DESC", ordered=True) == 1
    assert value("SELECT name FROM city WHERE canton = 'BE' ORDER BY size", ordered=True) < 1


def test_rows_too_many_and_too_few_cost_their_share():
    whole = value("SELECT name FROM city")
    assert 0 < whole < 1
    assert 0 < value("SELECT name FROM city WHERE canton = 'BE' AND size > 50") < 1
    assert value("SELECT * FROM city") == value("SELECT size FROM city") == 0


@pytest.mark.parametrize(
    "constant", ["SELECT 'Bern' UNION SELECT 'Biel' UNION SELECT 'Thun'", "VALUES ('Bern'), ('Biel'), ('Thun')"]
)
def test_a_constant_that_is_right_once_is_not_the_right_query(constant):
    assert value(constant) < 1
    assert value("SELECT 3", query="SELECT count(*) FROM city WHERE canton = 'BE'") == 0


@pytest.mark.parametrize(
    "text",
    [
        "ATTACH DATABASE '/tmp/other.db' AS other",
        "PRAGMA table_info(city)",
        "SELECT * FROM pragma_table_info('city')",
        "DELETE FROM city",
        "UPDATE city SET size = 0",
        "CREATE TABLE t AS SELECT 1",
        "SELECT sql FROM sqlite_master",
        "SELECT load_extension('/tmp/x.so')",
        "SELECT name FROM city ORDER BY random()",
        "SELECT hex(zeroblob(1000000000))",
        "SELECT name FROM city; DROP TABLE city",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "SELECT count(*) FROM city a, city b, city c, city d, city e, city f, city g, city h, city i, city j, city k",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT i FROM n",
        "SELECT " + "(" * 5_000,
        "VACUUM INTO '/tmp/copy.db'",
        "SELECT 1\x00",
        "",
        "no idea",
        "```sql\nSELECT 1\n```\nor\n```sql\nSELECT name FROM city WHERE canton = 'BE'\n```",
    ],
)
def test_what_is_more_than_one_bounded_reading_query_pays_nothing(text, tmp_path):
    began = time.process_time()
    assert value(text) == 0
    assert time.process_time() - began < 5
    assert value("SELECT name FROM city WHERE canton = 'BE'") == 1, "the tables are as they were"


def test_a_place_a_schema_and_a_result_of_the_row():
    reference = {
        "schema": "CREATE TABLE t (a)",
        "rows": {"t": [[1.5], [None], ["x"]]},
        "result": [["x"], [1.5], [None]],
    }
    reward = sql_result(answer=AnswerFormat(tag="sql", reference_key="db"))
    sample = Sample("a", (), reference={"db": reference})
    assert reward(sample, Completion("<sql>SELECT a FROM t</sql>")).value == 1
    assert reward(sample, Completion("SELECT a FROM t")).value == 0


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ({"rows": {}, "query": "SELECT 1"}, "schema"),
        ({"schema": "CREATE TABLE t (a)", "rows": {"t": [[1]]}}, "query"),
        ({"schema": "CREATE TABLE t (a)", "rows": {"t": [[1]]}, "query": "SELECT a FROM t WHERE a > 1"}, "no rows"),
        ({"schema": "CREATE TABLE t (a)", "rows": {"t": [[1, 2]]}, "query": "SELECT a FROM t"}, "cannot be made"),
        ({"schema": "CREATE TABEL t (a)", "rows": {}, "query": "SELECT 1"}, "cannot be made"),
        ({"schema": "CREATE TABLE t (a)", "query": "SELECT b FROM t"}, "no such column"),
        ({"schema": "CREATE TABLE t (a)", "querry": "SELECT a FROM t"}, "mapping"),
        ("SELECT 1", "mapping"),
    ],
)
def test_a_reference_that_no_query_could_be_judged_by_is_refused(reference, problem):
    with pytest.raises(UngradableError, match=problem):
        sql_result()(Sample("a", (), reference=reference), Completion("SELECT 1"))


def test_cells_agree_by_value_and_kind():
    assert agreement([(1, "a")], [(1.0, "a")], ordered=True) == 1
    assert agreement([(0.1 + 0.2,)], [(0.3,)], ordered=True) == 1
    assert agreement([("1",)], [(1,)], ordered=True) == 0
    assert agreement([(10**15,)], [(10**15 + 1,)], ordered=True) == 0
    assert agreement([(None,)], [(0,)], ordered=True) == 0
    assert agreement([(1,), (1,)], [(1,)], ordered=False) == 0.5


@pytest.mark.parametrize(
    "dress", ["`{}`", "```sql\n{}\n```", "```\n{};\n```", "  {} ;\n", "-- cities\n{}", "Answer: {}"]
)
def test_what_stands_around_a_query_is_no_part_of_it(dress):
    reference = {"schema": "CREATE TABLE t (a)", "rows": {"t": [[1], [2]]}, "query": "SELECT a FROM t WHERE a > 1"}
    sample = Sample("a", (), reference=reference)
    assert sql_result()(sample, Completion(dress.format("SELECT a FROM t WHERE a >= 2"))).value == 1
    assert sql_result()(sample, Completion(dress.format("SELECT a FROM t WHERE a >= 3"))).value == 0
