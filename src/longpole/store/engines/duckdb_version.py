"""Which schema a DuckDB file has, without changing it."""

from pathlib import Path

import duckdb

from longpole.model.errors import StoreError, StoreLocked
from longpole.store.engines.duckdb_reader import Statements
from longpole.store.migrate import migrations_of


def schema_versions(path: Path) -> tuple[int | None, int]:
    """The version of a database file's schema (null: not one of ours), and the newest that this Longpole knows.

    Raises:
        StoreLocked: another process holds it.
        StoreError: it cannot be read.
    """
    newest = len(migrations_of("duckdb"))
    literal = str(path).replace("'", "''")
    try:
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{literal}' AS stored (READ_ONLY)")
            rows = connection.execute(Statements().text("schema_version")).fetchall()
    except duckdb.CatalogException:
        return None, newest
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise StoreLocked(
                f"{path} is held by another process, which does not answer. Expected a free file. End that process."
            ) from None
        raise _unreadable(path, error) from None
    except duckdb.Error as error:
        raise _unreadable(path, error) from None
    return rows[0][0], newest


def _unreadable(path: Path, error: duckdb.Error) -> StoreError:
    return StoreError(
        f"{path} cannot be read: {error}. Expected a database that Longpole has made. Restore it from an export, or "
        "name another data folder."
    )
