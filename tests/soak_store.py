"""What a soak finds in its store: steps of older days, made by the database from some that a server stored."""

from pathlib import Path

import duckdb
from rich.progress import track

from longpole.store.engines.duckdb import ROW_GROUP

MINUTE_NS = 60 * 10**9
DAY_MINUTES = 24 * 60
OVERDUE_MINUTES = 10
_TABLES = {"executions": "span_id", "steps": "step_index", "bodies": "span_id"}
_NEW_TRACE = "md5($copy || t.trace_id)"


def lay_out(file: Path, minutes: int, kept_minutes: int, now_ns: int) -> None:
    """Give a store the steps that a server of a day would have in it, as many a minute as it now has in all.

    `minutes` of them came from a day before `now_ns` on, so that a retention of one day removes as much a minute as
    comes, and `kept_minutes` half a day after. Those of `OVERDUE_MINUTES` before are what the first retention finds: as
    much as every later one, so that the beginning has seen all that the server does. A million steps take about twenty
    seconds.
    """
    first = now_ns - DAY_MINUTES * MINUTE_NS
    begins = [first + minute * MINUTE_NS for minute in range(-OVERDUE_MINUTES, minutes)]
    begins += [first + (DAY_MINUTES // 2 + minute) * MINUTE_NS for minute in range(kept_minutes)]
    with duckdb.connect(config={"memory_limit": "2GB"}) as database:
        # In groups as small as the server's: what goes has to take as much of the index along as what comes brings.
        database.execute(f"ATTACH '{file}' AS stored (ROW_GROUP_SIZE {ROW_GROUP})")
        database.execute("USE stored")
        for name in _TABLES:
            database.execute(f"CREATE TEMP TABLE seed_{name} AS SELECT * FROM {name}")
            database.execute(f"DELETE FROM {name}")
        database.execute(
            f"CREATE TEMP TABLE seed_traces AS SELECT trace_id, received_ns,"
            f" (row_number() OVER (ORDER BY trace_id) - 1) * {MINUTE_NS} // count(*) OVER () AS place_ns"
            " FROM seed_executions"
        )
        statements = {name: _copying(database, name) for name in _TABLES}
        for copy, begin in enumerate(track(begins, "older steps", transient=True)):
            for statement in statements.values():
                database.execute(statement, {"copy": f"{copy} ", "begin": begin})
        database.execute("CHECKPOINT stored")


def _copying(database: duckdb.DuckDBPyConnection, name: str) -> str:
    """The statement that copies the seeds of a table: other traces, other texts, their times moved to a minute."""
    columns = {row[0]: row[1] for row in database.execute(f"DESCRIBE {name}").fetchall()}
    changed = {
        "trace_id": _NEW_TRACE,
        "execution_id": f"{_NEW_TRACE} || substr(s.execution_id, 33)",
        "root_execution_id": f"{_NEW_TRACE} || substr(s.root_execution_id, 33)",
        "input": " || ".join(f"md5('{part}' || s.span_id || $copy || t.trace_id)" for part in range(6)),
    }
    for column, kind in columns.items():
        if column.endswith("_ns") and kind == "BIGINT" and _is_time(database, name, column):
            changed[column] = f"s.{column} + $begin + t.place_ns - t.received_ns"
    told = ", ".join(f"{changed.get(column, f's.{column}')} AS {column}" for column in columns)
    return (
        f"INSERT INTO {name} SELECT {told} FROM seed_{name} AS s JOIN seed_traces AS t USING (trace_id)"
        f" ORDER BY t.place_ns, s.{_TABLES[name]}"
    )


def _is_time(database: duckdb.DuckDBPyConnection, name: str, column: str) -> bool:
    """Whether a column of nanoseconds tells a time: a duration is never as long as a year."""
    [largest] = database.execute(f"SELECT max({column}) FROM seed_{name}").fetchone() or (None,)
    return (largest or 0) > 365 * DAY_MINUTES * MINUTE_NS
