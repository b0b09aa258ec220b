"""DuckDB gives a database up whose checkpoint finds the disk full: it must come back by itself."""

import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from contract.rows import trace
from longpole.model.batch import Batch
from longpole.model.errors import StoreError
from longpole.store.engines.duckdb import DuckDBEngine


@contextmanager
def files_up_to(size: int) -> Generator[None]:
    """No file of this process grows beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_checkpoint_that_finds_the_disk_full_costs_nothing_that_was_stored(tmp_path: Path) -> None:
    path = tmp_path / "rows.duckdb"
    engine = DuckDBEngine(str(path), quiet_s=1e6)
    engine.migrate()
    for number in range(1, 30):
        engine.write(trace(number))
    before = engine.rows("store_counts")
    with files_up_to(path.stat().st_size + 1000):
        with pytest.raises(duckdb.Error):
            engine._checkpoint()  # pyright: ignore[reportPrivateUsage]
        assert engine.rows("store_counts") == before
        with pytest.raises(duckdb.Error):
            engine.write(Batch(bodies=trace(30).bodies * 2000))
        assert engine.rows("store_counts") == before
    engine.write(trace(31))
    engine.close()
    again = DuckDBEngine(str(path))
    again.migrate()
    assert again.rows("store_counts")[0]["executions"] == before[0]["executions"] + 1
    again.close()


def test_a_database_that_cannot_be_opened_again_says_so_and_is_back_when_it_can_be_read(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "rows.duckdb", tmp_path / "elsewhere"
    engine = DuckDBEngine(str(path), quiet_s=1e6)
    engine.migrate()
    for number in range(1, 30):
        engine.write(trace(number))
    before = engine.rows("store_counts")
    path.rename(elsewhere)
    path.mkdir()
    with files_up_to(elsewhere.stat().st_size + 1000), pytest.raises(StoreError):
        engine._checkpoint()  # pyright: ignore[reportPrivateUsage]

    with pytest.raises(StoreError, match=str(path)):
        engine.rows("store_counts")
    path.rmdir()
    elsewhere.rename(path)

    assert engine.rows("store_counts") == before
    engine.close()
