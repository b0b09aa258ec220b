"""A database that was brought up step by step, with rows in it, has the same schema as one that is made at once."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from database_servers import PostgresServer
from longpole.store.migrate import migrations_of
from longpole.store.store import open_store

# One value of each type, for the rows that later migrations meet.
VALUES = {"VARCHAR": "'x'", "BIGINT": "1", "DOUBLE": "0", "BOOLEAN": "false", "SMALLINT": "1"}
DUCKDB_SCHEMA = """
SELECT schema_name, table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE NOT internal
UNION ALL
SELECT schema_name, view_name, '', sql, false FROM duckdb_views() WHERE NOT internal
UNION ALL
SELECT schema_name, function_name, '', macro_definition, false FROM duckdb_functions() WHERE NOT internal
ORDER BY ALL
"""
POSTGRES_SCHEMA = """
SELECT n.nspname, c.relname, c.relkind::TEXT, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attnum
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
WHERE n.nspname IN ('longpole', 'analytics') AND NOT c.relispartition
UNION ALL
SELECT n.nspname, p.proname, 'f', pg_get_functiondef(p.oid), '', false, 0
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = 'longpole'
UNION ALL
SELECT schemaname, viewname, 'v', definition, '', false, 0 FROM pg_views WHERE schemaname IN ('longpole', 'analytics')
ORDER BY 1, 2, 3, 7, 4
"""
ONE_DAY = """
DO $$
DECLARE
    one RECORD;
BEGIN
    FOR one IN SELECT relname FROM pg_class WHERE relnamespace = 'longpole'::REGNAMESPACE AND relkind = 'p' LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (0) TO (10)',
            one.relname || '_one', one.relname
        );
    END LOOP;
END
$$
"""


def test_a_duckdb_file_brought_up_step_by_step_is_as_one_made_at_once(tmp_path: Path) -> None:
    stepwise, at_once = tmp_path / "stepwise.duckdb", tmp_path / "at_once.duckdb"
    with duckdb.connect(str(stepwise)) as database:
        database.execute("CREATE TABLE schema_version (version BIGINT NOT NULL, applied_ns BIGINT NOT NULL)")
        for migration in migrations_of("duckdb"):
            database.execute(migration.text)
            database.execute("INSERT INTO schema_version VALUES (?, 0)", [migration.number])
            for (table,) in database.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                columns = database.execute(
                    "SELECT data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index", [table]
                ).fetchall()
                if table != "schema_version":
                    values = ", ".join(VALUES[kind] for (kind,) in columns)
                    database.execute(f"INSERT INTO {table} VALUES ({values})")
    for path in (stepwise, at_once):
        open_store(path).close()
    assert duckdb_schema(stepwise) == duckdb_schema(at_once)
    with duckdb.connect(str(stepwise)) as database:
        rows = database.execute("SELECT count(*) FROM executions").fetchall()
    assert rows == [(len(migrations_of("duckdb")),)]


def duckdb_schema(path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path)) as database:
        return database.execute(DUCKDB_SCHEMA).fetchall()


@pytest.fixture
def two_databases(postgres: PostgresServer) -> Iterator[tuple[str, str]]:
    """The addresses of two databases without our tables."""
    yield postgres.make_database("stepwise"), postgres.make_database("at_once")
    postgres.drop_database("stepwise")
    postgres.drop_database("at_once")


def test_a_postgresql_database_brought_up_step_by_step_is_as_one_made_at_once(two_databases: tuple[str, str]) -> None:
    stepwise, at_once = two_databases
    with psycopg.connect(stepwise, autocommit=True) as database:
        database.execute("CREATE SCHEMA longpole; SET search_path = longpole")
        database.execute("CREATE TABLE schema_version (version BIGINT NOT NULL, applied_ns BIGINT NOT NULL)")
        for migration in migrations_of("postgres"):
            database.execute(migration.text.encode())
            database.execute("INSERT INTO schema_version VALUES (%s, 0)", [migration.number])
            database.execute(ONE_DAY)
            if migration.number == 1:
                fill(database)
    for address in (stepwise, at_once):
        open_store(address).close()
    assert postgres_schema(stepwise) == postgres_schema(at_once)
    with closing(open_store(stepwise)) as store:
        assert store.rows("store_counts")[0]["steps"] == 1


def fill(database: psycopg.Connection[Any]) -> None:
    """A row in every table."""
    kinds = {"text": "'x'", "bigint": "1", "double precision": "0", "boolean": "false", "smallint": "1"}
    tables: dict[str, list[str]] = {}
    for name, kind in database.execute(
        "SELECT c.relname, format_type(a.atttypid, NULL) "
        "FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'longpole'::REGNAMESPACE AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
        "AND a.attnum > 0 ORDER BY c.relname, a.attnum"
    ).fetchall():
        tables.setdefault(name, []).append(kinds[kind])
    for name, values in tables.items():
        if name != "schema_version":
            database.execute(f"INSERT INTO {name} VALUES ({', '.join(values)})".encode())


def postgres_schema(address: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as database:
        return database.execute(POSTGRES_SCHEMA.encode()).fetchall()
