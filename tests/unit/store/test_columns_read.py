"""Which columns a query reads: too many cost time, too few would be an error of the database."""

import pytest

from longpole.store.columns_read import columns_read
from longpole.store.engines.duckdb_reader import with_tables

COLUMNS = ("workspace", "trace_id", "name", "status", "ended_ns")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("SELECT name FROM steps WHERE ended_ns > $from_ns", ("name", "ended_ns")),
        ("SELECT count(*) AS n FROM steps WHERE status = $status", ("status",)),
        ("SELECT count(*) AS n FROM steps", ("workspace",)),
        ("SELECT 2 * count(*) AS twice, sum(s.ended_ns * 3) FROM steps AS s", ("ended_ns",)),
        ("WITH some AS (SELECT name FROM steps) SELECT * FROM some ORDER BY name", ("name",)),
        ("WITH some AS (SELECT name FROM steps) SELECT p.*, 1 AS one FROM some AS p", ("name",)),
        ("SELECT *\nFROM steps\nWHERE name = $name", COLUMNS),
        ("SELECT DISTINCT * FROM steps AS s WHERE name = $name", COLUMNS),
        ("SELECT *, 1 AS one FROM steps", COLUMNS),
        ("SELECT s.*, e.agent FROM steps AS s JOIN executions AS e ON e.trace_id = s.trace_id", COLUMNS),
        ("SELECT * FROM executions JOIN steps ON TRUE", COLUMNS),
        ("SELECT * FROM executions AS e LEFT JOIN steps ON TRUE", COLUMNS),
        ("SELECT * FROM executions, steps", COLUMNS),
    ],
)
def test_a_query_reads_the_columns_that_it_names(text: str, read: tuple[str, ...]) -> None:
    assert columns_read(text, "steps", COLUMNS) == read


def test_what_stands_in_for_a_table_comes_before_what_the_query_names_itself() -> None:
    shown = {"steps": "SELECT 1 AS name"}
    assert with_tables("SELECT name FROM steps", {}) == "SELECT name FROM steps"
    alone = with_tables("SELECT name FROM steps", shown)
    among = with_tables("WITH x AS (SELECT name FROM steps) SELECT name FROM x", shown)
    put = "WITH steps AS NOT MATERIALIZED ( SELECT 1 AS name )"
    assert " ".join(alone.split()) == f"{put} SELECT name FROM steps"
    assert " ".join(among.split()) == f"{put}, x AS (SELECT name FROM steps) SELECT name FROM x"
