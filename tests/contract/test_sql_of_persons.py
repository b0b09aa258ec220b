"""SQL of a person over PostgreSQL: one workspace or all, and nothing else."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from contract.rows import joined, trace
from database_servers import PostgresServer
from longpole.model.errors import InvalidInput
from longpole.store.engines.postgres import PostgresEngine
from longpole.store.read_only_sql import ReadsSql, SqlQuestion

TIMEOUT_S = 20.0


@pytest.fixture
def engine(postgres_database: str) -> Iterator[PostgresEngine]:
    """A store with executions of the workspaces acme and other."""
    made = PostgresEngine(postgres_database, server="one")
    made.migrate()
    made.write(joined([trace(1, workspace="acme"), trace(2, workspace="acme"), trace(3, workspace="other")]))
    yield made
    made.close()


def ask(
    engine: PostgresEngine, sql: str, workspace: str | None = None, *, limit: int = 1000, timeout_s: float = TIMEOUT_S
) -> list[list[Any]]:
    return engine.ask_sql(SqlQuestion(sql=sql, limit=limit, timeout_s=timeout_s, workspace=workspace)).rows


def test_each_workspace_sees_its_own_rows_and_the_administrator_all(engine: PostgresEngine) -> None:
    assert isinstance(engine, ReadsSql)
    count = "SELECT workspace, count(*) FROM executions GROUP BY workspace ORDER BY workspace"
    assert ask(engine, count, "acme") == [["acme", 2]]
    assert ask(engine, count, "other") == [["other", 1]]
    assert ask(engine, count, "nobody's") == []
    assert ask(engine, count, "") == []
    assert ask(engine, count) == [["acme", 2], ["other", 1]]
    for table in ("steps", "events", "decisions", "scores", "bodies", "agents", "processes", "findings"):
        assert ask(engine, f"SELECT DISTINCT workspace FROM {table}", "acme") in ([["acme"]], []), table


def test_more_rows_than_wanted_are_left_out_and_that_is_said(engine: PostgresEngine) -> None:
    def answer(sql: str, limit: int) -> tuple[int, bool]:
        found = engine.ask_sql(SqlQuestion(sql=sql, limit=limit, timeout_s=TIMEOUT_S))
        return len(found.rows), found.has_more

    assert answer("SELECT * FROM generate_series(1, 1200)", 1200) == (1200, False)
    assert answer("SELECT * FROM generate_series(1, 1201)", 1200) == (1200, True)
    assert answer("SELECT repeat('x', 3000000) FROM generate_series(1, 9)", 10) == (2, True)
    assert answer("SELECT 1; -- a comment", 10) == (1, False)


ESCAPES = (
    "SELECT * FROM longpole.keys",
    "SELECT * FROM longpole.sql_roles",
    "SELECT * FROM longpole.sql_role('other', 'x')",
    "SELECT * FROM longpole.dead_letters",
    "SELECT * FROM analytics.agent_executions",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_authid",
    "SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS x(y INT)",
    "SELECT set_config('role', 'postgres', false)",
    "SELECT set_config('session_authorization', 'postgres', false)",
    "SELECT pg_reload_conf()",
    "SELECT query_to_xml('DELETE FROM longpole.steps', true, true, '')",
    "SELECT query_to_xml('SELECT * FROM longpole.keys', true, true, '')",
    "SELECT 1; DROP TABLE longpole.steps",
    "SELECT 1; SELECT 2",
    "DELETE FROM steps",
    "WITH gone AS (DELETE FROM steps RETURNING *) SELECT * FROM gone",
    "INSERT INTO steps SELECT * FROM steps",
    "SELECT * INTO stolen FROM steps",
    "CREATE TABLE public.x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "COPY steps TO '/tmp/out'",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "SET ROLE postgres",
    "RESET ROLE",
    "SET SESSION AUTHORIZATION postgres",
    "BEGIN",
    "COMMIT",
    "DO $$ BEGIN PERFORM 1; END $$",
    "CALL x()",
    "LOAD 'x'",
    "EXPLAIN ANALYZE DELETE FROM steps",
    "SELECT * FROM steps FOR UPDATE",
    "",
)


@pytest.mark.parametrize("workspace", ["acme", None])
def test_nothing_else_is_reached_or_changed(engine: PostgresEngine, workspace: str | None) -> None:
    before = engine.rows("store_counts")
    taken = [sql for sql in ESCAPES if is_answered(engine, sql, workspace)]
    assert taken == []
    assert engine.rows("store_counts") == before


def is_answered(engine: PostgresEngine, sql: str, workspace: str | None) -> bool:
    try:
        ask(engine, sql, workspace)
    except InvalidInput:
        return False
    return True


def test_partitions_do_not_lead_around_the_rows_of_a_workspace(engine: PostgresEngine) -> None:
    found = ask(engine, "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'", "acme")
    assert found
    for (name,) in found:
        with pytest.raises(InvalidInput, match="not open to it"):
            ask(engine, f"SELECT * FROM longpole.{name}", "acme")


def test_settings_of_the_session_open_nothing(engine: PostgresEngine) -> None:
    sql = """
    SELECT set_config('row_security', 'off', false), set_config('search_path', 'pg_temp', false),
        set_config('transaction_read_only', 'off', false)
    """
    with pytest.raises(InvalidInput, match="read-write mode"):
        ask(engine, sql, "acme")
    with pytest.raises(InvalidInput, match="row-level security"):
        ask(engine, "SELECT count(*) FROM (SELECT set_config('row_security', 'off', false)) s, "
            "LATERAL (SELECT query_to_xml('SELECT * FROM executions', true, true, '')) t", "acme")  # fmt: skip
    leaky = "SELECT count(*) FROM executions WHERE workspace <> 'acme' OR 1 / length(agent) < 0"
    assert ask(engine, leaky, "acme") == [[0]]


def test_time_is_bounded_also_where_the_query_lifts_the_limit(engine: PostgresEngine) -> None:
    for sql in (
        "SELECT pg_sleep(60)",
        "SELECT set_config('statement_timeout', '0', false), pg_sleep(60)",
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r",
    ):
        with pytest.raises(InvalidInput, match=r"not done after 0\.5 seconds"):
            ask(engine, sql, "acme", timeout_s=0.5)


def test_two_servers_that_need_the_same_role_at_once_make_it_once(
    engine: PostgresEngine, postgres: PostgresServer, postgres_database: str
) -> None:
    other = PostgresEngine(postgres_database, server="two")
    found: list[list[list[Any]]] = []

    def count(one: PostgresEngine) -> None:
        found.append(ask(one, "SELECT count(*) FROM executions", "acme"))

    threads = [threading.Thread(target=count, args=(one,)) for one in (engine, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert found == [[[2]], [[2]]]


def test_who_has_rights_of_their_own_sees_what_they_saw_before(
    engine: PostgresEngine, postgres: PostgresServer, postgres_database: str
) -> None:
    postgres.run(
        "DO $$ BEGIN CREATE ROLE of_grafana LOGIN PASSWORD 'x'; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "GRANT USAGE ON SCHEMA longpole TO of_grafana",
        "GRANT SELECT ON longpole.executions TO of_grafana",
        database="contract",
    )
    with psycopg.connect(postgres_database, user="of_grafana", password="x") as connection:
        assert connection.execute("SELECT count(*) FROM longpole.executions").fetchall() == [(3,)]
