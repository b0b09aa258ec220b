"""Everything moves from one engine to another and comes back the same, checked by counts and checksums."""

import shutil
from pathlib import Path

import duckdb
import msgspec
import pytest

from contract.rows import RECORDS, agent, finding, joined, process, score, trace
from longpole.model.errors import InvalidInput, StoreError
from longpole.model.step import Step
from longpole.store import transfer
from longpole.store.engine import Engine
from longpole.store.parquet import parquet_files
from longpole.store.store import open_store
from longpole.store.transfer import MANIFEST, Manifest, Sum, count_rows, export_store, import_store, read_manifest


def quiet(_table: str, _rows: int) -> None:
    """Tells nobody."""


def export(store: Engine, folder: Path) -> Manifest:
    return export_store(store, folder, release="0.1.0", now_ns=1_790_000_000_000_000_000, tell=quiet)


@pytest.fixture
def filled(store: Engine) -> Engine:
    """A store with something in every table."""
    batch = joined([trace(number) for number in range(1, 40)])
    batch.agents = [agent("agent 1", first_ns=1, last_ns=2, is_registered=True)]
    batch.findings, batch.scores, batch.processes = [finding(1)], [score(1)], [process("p", heard_ns=5)]
    batch.records = [*RECORDS]
    store.write(batch)
    return store


def test_what_was_exported_is_imported_into_another_engine_and_back(
    filled: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "ROWS_AT_ONCE", 30)  # several files of a table
    first = export(filled, tmp_path / "first")
    assert {name: told.rows for name, told in first.tables.items()} == count_rows(filled)
    assert all(told.rows for told in first.tables.values())
    assert len(first.tables["steps"].files) > 3
    other = open_store(":memory:")
    import_store(other, tmp_path / "first", tell=quiet)
    again = export(other, tmp_path / "again")
    other.close()
    assert {name: (told.rows, told.checksum) for name, told in again.tables.items()} == {
        name: (told.rows, told.checksum) for name, told in first.tables.items()
    }


def test_an_export_of_another_engine_is_imported_here(store: Engine, tmp_path: Path) -> None:
    other = open_store(":memory:")
    other.write(joined([trace(number) for number in range(1, 10)]))
    export(other, tmp_path / "export")
    other.close()
    manifest = import_store(store, tmp_path / "export", tell=quiet)
    assert manifest.tables["steps"].rows == 45
    assert store.rows("store_counts")[0]["steps"] == 45


def test_an_import_into_a_store_that_holds_something_is_refused(filled: Engine, tmp_path: Path) -> None:
    export(filled, tmp_path / "export")
    before = count_rows(filled)
    with pytest.raises(StoreError, match="Expected an empty one"):
        import_store(filled, tmp_path / "export", tell=quiet)
    assert count_rows(filled) == before


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """An export of a few traces."""
    store = open_store(":memory:")
    store.write(joined([trace(number) for number in range(1, 5)]))
    export(store, tmp_path / "export")
    store.close()
    return tmp_path / "export"


def refused(folder: Path, words: str) -> None:
    store = open_store(":memory:")
    with pytest.raises(InvalidInput, match=words):
        import_store(store, folder, tell=quiet)
    store.close()


def test_a_changed_file_a_lost_one_and_a_damaged_one_are_told(exported: Path, tmp_path: Path) -> None:
    other = open_store(":memory:")
    other.write(joined([trace(number) for number in range(11, 15)]))
    export(other, tmp_path / "other")
    other.close()
    shutil.copy(tmp_path / "other" / "steps-00001.parquet", exported / "steps-00001.parquet")
    refused(exported, "files of steps")
    (exported / "steps-00001.parquet").write_bytes(b"no Parquet at all")
    refused(exported, "cannot be read")
    (exported / "steps-00001.parquet").unlink()
    refused(exported, "cannot be read")


def test_an_export_of_a_newer_longpole_is_refused(exported: Path) -> None:
    manifest = msgspec.json.decode((exported / MANIFEST).read_bytes())
    (exported / MANIFEST).write_bytes(msgspec.json.encode(manifest | {"format": 2}))
    refused(exported, "knows format 1")
    (exported / MANIFEST).unlink()
    refused(exported, "is no export")


def test_an_export_of_an_older_longpole_has_fewer_columns(exported: Path) -> None:
    manifest = read_manifest(exported)
    told, file = manifest.tables["steps"], exported / "steps-00001.parquet"
    with duckdb.connect(":memory:") as database:
        database.execute(f"COPY (SELECT * EXCLUDE (process) FROM '{file}') TO '{file}.part' (FORMAT parquet)")
    Path(f"{file}.part").replace(file)
    told.columns.remove("process")
    with parquet_files() as files:
        found = Sum(told.columns)
        for rows in files.read(file, Step):
            found.add(rows)
    told.checksum = found.text
    (exported / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    store = open_store(":memory:")
    import_store(store, exported, tell=quiet)
    assert store.rows("store_counts")[0]["steps"] == 20
    store.close()


def test_a_folder_that_holds_something_is_not_exported_into(store: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    with pytest.raises(InvalidInput, match="is not empty"):
        export(store, folder)
    assert [file.name for file in folder.iterdir()] == ["mine"]
