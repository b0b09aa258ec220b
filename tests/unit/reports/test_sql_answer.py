"""What of SQL is refused before any database sees it, and to whom."""

from pathlib import Path
from typing import Any

import pytest

from longpole.model.errors import InvalidInput, KeyRefused
from longpole.reports.sql_answer import MOST_CHARS, SqlBody, SqlDesk
from longpole.store.engines.duckdb import DuckDBEngine
from longpole.store.read_only_sql import SqlQuestion, SqlRows


class Shared(DuckDBEngine):
    """A store that keeps workspaces apart: it answers whom it was asked about."""

    knows_workspaces = True

    def ask_sql(self, question: SqlQuestion) -> SqlRows:
        return SqlRows(columns=[("workspace", "TEXT")], rows=[[question.workspace]], has_more=False)


@pytest.fixture
def alone(tmp_path: Path) -> Any:
    engine = DuckDBEngine(str(tmp_path / "rows.duckdb"))
    engine.migrate()
    yield engine
    engine.close()


def desk(engine: Any) -> SqlDesk:
    return SqlDesk(engine, timeout_s=30.0, row_limit=50)


@pytest.mark.parametrize(
    ("sql", "limit", "said"),
    [
        ("SELECT 1", 0, "Expected 1 to 50"),
        ("SELECT 1", 51, "Expected 1 to 50"),
        ("SELECT '\0'", 10, "NUL"),
        ("SELECT '\ud800'", 10, "surrogate"),
        ("SELECT " + "1" * MOST_CHARS, 10, "Expected at most 100000"),
    ],
)
def test_what_no_database_can_answer_is_refused(alone: DuckDBEngine, sql: str, limit: int, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        desk(alone).answer(SqlBody(sql=sql, limit=limit))


def test_where_workspaces_cannot_be_kept_apart_only_the_servers_administrator_asks(alone: DuckDBEngine) -> None:
    with pytest.raises(KeyRefused, match="administrator of the whole server"):
        desk(alone).answer(SqlBody(sql="SELECT 1"), workspace="acme")
    with pytest.raises(KeyRefused):
        desk(alone).answer(SqlBody(sql="SELECT 1"), is_admin=False)
    assert desk(alone).answer(SqlBody(sql="SELECT 1 AS one")).rows == [[1]]


def test_where_they_can_a_reader_asks_about_its_own() -> None:
    engine = Shared(":memory:")
    answer = desk(engine).answer(SqlBody(sql="SELECT 1"), workspace="acme", is_admin=False)
    assert answer.rows == [["acme"]]
    engine.close()
