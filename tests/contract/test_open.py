"""Opening, closing and opening again: what stays, what goes, and what is refused."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from contract.rows import WORKSPACE, joined, trace, trace_id_of
from longpole.model.batch import SpoolPosition
from longpole.model.errors import StoreError, StoreLocked, StoreTooNew
from longpole.store.engine import Engine
from longpole.store.store import open_store

_HOLD = """
import sys
from longpole.store.store import open_store
store = open_store(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""

_WRITE_AND_VANISH = """
import os, sys
sys.path.insert(0, sys.argv[2])
from longpole.model.batch import SpoolPosition
from longpole.store.store import open_store
from contract.rows import trace
store = open_store(sys.argv[1])
batch = trace(1)
batch.position = SpoolPosition(segment=3, offset=7)
store.write(batch)
store.write(trace(2), fresh=True)
os._exit(9)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "longpole.duckdb"


def test_stored_rows_outlive_a_restart_and_fresh_ones_do_not(path: Path) -> None:
    first = open_store(path)
    batch = trace(1)
    batch.position = SpoolPosition(segment=3, offset=7)
    first.write(batch)
    first.write(joined([trace(2), trace(1, steps=9)], replace=[(WORKSPACE, trace_id_of(1))]), fresh=True)
    first.close()
    second = open_store(path)
    assert second.rows("store_counts")[0]["steps"] == 5
    assert second.rows("spool_position", {"server": ""}) == [{"segment": 3, "offset": 7}]
    second.close()


def test_what_was_written_outlives_a_process_that_vanishes(path: Path) -> None:
    here = str(Path(__file__).parents[1])
    ended = subprocess.run([sys.executable, "-c", _WRITE_AND_VANISH, str(path), here], check=False, timeout=60)
    assert ended.returncode == 9
    store = open_store(path)
    assert store.rows("store_counts")[0]["executions"] == 1
    assert store.rows("spool_position", {"server": ""}) == [{"segment": 3, "offset": 7}]
    store.close()


def test_migrating_again_changes_nothing(store: Engine) -> None:
    store.write(trace(1))
    store.migrate()
    assert store.rows("store_counts")[0]["steps"] == 5


def test_a_newer_schema_is_refused(path: Path) -> None:
    open_store(path).close()
    with duckdb.connect(str(path)) as database:
        database.execute("INSERT INTO schema_version VALUES (9999, 0)")
    with pytest.raises(StoreTooNew, match="9999"):
        open_store(path)


def test_a_file_that_another_process_holds_is_refused_with_its_pid(path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreLocked, match=rf"process {holder.pid}\b"):
            open_store(path)
        holder.stdin.close()
    assert holder.returncode == 0
    open_store(path).close()


def test_a_file_is_opened_once_per_process(path: Path) -> None:
    store = open_store(path)
    with pytest.raises(StoreLocked, match="already open"):
        open_store(path)
    store.close()


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with duckdb.connect(str(path)) as database:
        database.execute("CREATE TABLE invoices (id BIGINT)")
    with pytest.raises(StoreError, match="invoices"):
        open_store(path)
    with duckdb.connect(str(path)) as database:
        assert database.execute("SHOW TABLES").fetchall() == [("invoices",)]


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("my shopping list\n" * 1000)
    with pytest.raises(StoreError, match="not a valid DuckDB database"):
        open_store(path)
    assert path.read_text().startswith("my shopping list")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        open_store(tmp_path / "nowhere" / "longpole.duckdb")


def test_a_path_with_quotes_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / 'it\'s "mine".duckdb'
    store = open_store(path)
    store.write(trace(1))
    store.close()
    assert path.exists()
