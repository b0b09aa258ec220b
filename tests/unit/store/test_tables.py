"""The schema is that of the structs, and migrations come in order."""

import typing
from pathlib import Path
from types import NoneType

import duckdb
import msgspec
import pytest

from longpole.model.batch import Batch
from longpole.model.errors import StoreTooNew
from longpole.model.step import Step
from longpole.store.migrate import migrations_of, missing_migrations
from longpole.store.store import open_store
from longpole.store.tables import RECORD_TABLES, TABLES

TYPES = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN"}


def columns_of(row_type: type[msgspec.Struct]) -> list[tuple[str, str, bool]]:
    """Name, SQL type and whether it may be null, of each field in order."""
    columns = list[tuple[str, str, bool]]()
    for field in msgspec.structs.fields(row_type):
        plain = [kind for kind in typing.get_args(field.type) or (field.type,) if kind is not NoneType]
        sql_type = "SMALLINT" if field.name == "duration_bucket" else TYPES[plain[0]]
        columns.append((field.name, sql_type, NoneType in typing.get_args(field.type)))
    return columns


@pytest.mark.parametrize(("table", "row_type"), [*TABLES.items(), *RECORD_TABLES.items()])
def test_columns_are_the_fields_in_their_order(tmp_path: Path, table: str, row_type: type[msgspec.Struct]) -> None:
    open_store(tmp_path / "longpole.duckdb").close()
    with duckdb.connect(str(tmp_path / "longpole.duckdb")) as database:
        found = database.execute(
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
            "WHERE table_name = ? ORDER BY column_index",
            [table],
        ).fetchall()
    assert found == columns_of(row_type)


def test_no_table_has_an_index_or_a_key(tmp_path: Path) -> None:
    open_store(tmp_path / "longpole.duckdb").close()
    with duckdb.connect(str(tmp_path / "longpole.duckdb")) as database:
        assert database.execute("SELECT * FROM duckdb_indexes()").fetchall() == []
        keys = database.execute("SELECT constraint_type FROM duckdb_constraints()").fetchall()
    assert {kind for (kind,) in keys} == {"NOT NULL"}


def test_a_batch_has_a_list_for_every_table() -> None:
    assert set(TABLES) == set(Batch.__struct_fields__) - {
        "replace", "forget", "records", "removed", "expired", "spared", "leases", "compact", "position", "number",
    }  # fmt: skip


def test_only_missing_migrations_are_applied() -> None:
    migrations = migrations_of("duckdb")
    assert missing_migrations(migrations, 0) == migrations
    assert missing_migrations(migrations, len(migrations)) == []
    with pytest.raises(StoreTooNew):
        missing_migrations(migrations, len(migrations) + 1)


def test_a_database_of_the_first_version_keeps_its_rows(tmp_path: Path) -> None:
    first = migrations_of("duckdb")[0]
    with duckdb.connect(str(tmp_path / "longpole.duckdb")) as database:
        database.execute(first.text)
        database.execute("CREATE TABLE schema_version (version BIGINT NOT NULL, applied_ns BIGINT NOT NULL)")
        database.execute("INSERT INTO schema_version VALUES (1, 1)")
        database.execute(
            "INSERT INTO steps SELECT * FROM (SELECT 'default' AS workspace, 't' AS trace_id, 's' AS step_id) "
            "CROSS JOIN (SELECT NULL, NULL, NULL, 'e', 'e', 'a', 'n', 'llm', 'action', NULL, 'success', 1, 2, 1, 1, 0, "
            "1, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, "
            "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1.0, 1)"
        )
    store = open_store(tmp_path / "longpole.duckdb")
    [step] = store.rows("trace_steps", {"workspace": "default", "trace_ids": ["t"]})
    assert msgspec.convert(step, Step).process is None
    store.close()
