"""The room that things take in a DuckDB file: given back where it is worth it, and kept below a limit."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contract.rows import START_NS, WORKSPACE, joined, trace, trace_id_of
from longpole.model.batch import Batch
from longpole.model.clock import DAY_NS
from longpole.model.errors import StoreLocked
from longpole.store import retention
from longpole.store.engine import Engine
from longpole.store.engines import duckdb as duckdb_engine
from longpole.store.engines.duckdb import DuckDBEngine
from longpole.store.retention import Keep, Removed, retain
from longpole.store.store import open_store

DAYS = 10
KEEP = Keep(steps_ns=5 * DAY_NS, bodies_ns=5 * DAY_NS, rollups_ns=400 * DAY_NS)
NOW_NS = START_NS // DAY_NS * DAY_NS + DAYS * DAY_NS


def fill(store: Engine, *, days: int = DAYS, each: int = 150) -> None:
    """Traces with big bodies, as many on every day."""
    for day in range(days):
        batch = joined([trace(day * each + number) for number in range(each)])
        at_ns = START_NS // DAY_NS * DAY_NS + day * DAY_NS + DAY_NS // 2
        for name in ("executions", "steps", "events", "decisions", "bodies"):
            setattr(batch, name, [replace(row, received_ns=at_ns) for row in getattr(batch, name)])
        batch.bodies = [replace(row, output=incompressible(row.span_id)) for row in batch.bodies]
        store.write(batch)


def incompressible(seed: str) -> str:
    return "".join(trace_id_of(int(seed, 16) + number) for number in range(120))


def run(store: Engine, keep: Keep, now_ns: int = NOW_NS) -> Removed:
    removed = Removed()
    for _ in retain(store, keep, now_ns, removed):
        pass
    return removed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "longpole.duckdb"


def test_the_file_gets_smaller_when_most_of_it_was_removed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "COMPACT_FROM_BYTES", 1_000_000)
    store = open_store(path)
    fill(store)
    store.write(Batch(expired={"processes": 0}))  # a checkpoint
    before = path.stat().st_size
    assert run(store, KEEP).compacted == 1
    assert path.stat().st_size < before * 0.7
    assert store.rows("store_counts")[0]["executions"] == 750
    fill(store, days=1)
    assert run(store, KEEP).compacted == 0
    store.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    again = open_store(path)
    assert again.rows("store_counts")[0]["executions"] == 750
    again.close()


def test_who_reads_and_writes_while_the_file_is_exchanged_notices_nothing(path: Path) -> None:
    store = DuckDBEngine(str(path))
    store.migrate()
    fill(store, days=2)
    with busy(store) as written:
        for _ in range(3):
            store.write(Batch(compact=True))
    assert counted_anew(store, path) == 300 + written()


def test_a_store_that_took_much_lets_go_of_its_index_and_nobody_notices(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    attach = duckdb_engine._attach
    monkeypatch.setattr(duckdb_engine, "_INDEXED_ROWS", 2_000)
    monkeypatch.setattr(duckdb_engine, "_attach", lambda path, memory: (opened.append(path), attach(path, memory))[1])
    store = DuckDBEngine(str(path))
    store.migrate()
    fill(store, days=1, each=300)
    store.write(Batch(expired={"processes": 0}))  # a checkpoint
    assert len(opened) == 2
    fills = 1
    with busy(store) as written:
        while len(opened) < 4:
            fill(store, days=1, each=300)
            store.write(Batch(expired={"processes": 0}))
            fills += 1
    assert store.rows("trace_steps", {"workspace": WORKSPACE, "trace_ids": [trace_id_of(1)]})
    assert counted_anew(store, path) == 300 * fills + written()


def test_a_file_that_cannot_be_opened_at_once_costs_no_row_and_doubles_none(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach = duckdb_engine._attach
    monkeypatch.setattr(duckdb_engine, "_INDEXED_ROWS", 2_000)
    store = DuckDBEngine(str(path))
    store.migrate()

    def refused(_path: str, _memory_bytes: int) -> None:
        raise StoreLocked("another process was quicker")

    monkeypatch.setattr(duckdb_engine, "_attach", refused)
    fill(store, days=1, each=300)
    store.write(Batch(expired={"processes": 0}))  # stored, then the file is let go
    with pytest.raises(StoreLocked):
        store.write(trace(10_000))
    monkeypatch.setattr(duckdb_engine, "_attach", attach)
    store.write(trace(10_000))
    assert counted_anew(store, path) == 301


@contextmanager
def busy(store: Engine) -> Iterator[Callable[[], int]]:
    """Two threads ask and one writes until the end of the block; gives how many executions were written."""
    done = threading.Event()
    trouble: list[Exception] = []
    numbers = iter(range(10_000, 100_000))

    def work(act: Any) -> None:
        while not done.is_set():
            try:
                act()
            except Exception as error:
                trouble.append(error)
                return

    def read() -> None:
        assert store.rows("trace_steps", {"workspace": WORKSPACE, "trace_ids": [trace_id_of(1)]})

    def write() -> None:
        store.write(trace(next(numbers)))

    threads = [threading.Thread(target=work, args=(act,)) for act in (read, read, write)]
    for thread in threads:
        thread.start()
    try:
        yield lambda: next(numbers) - 10_000
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert trouble == []


def counted_anew(store: Engine, path: Path) -> int:
    """How many executions are there once the store was closed and opened again."""
    store.close()
    again = open_store(path)
    count = again.rows("store_counts")[0]["executions"]
    again.close()
    return count


def test_a_store_over_its_limit_loses_its_oldest_bodies_and_then_its_oldest_days(path: Path) -> None:
    store = open_store(path)
    fill(store)
    store.write(Batch(expired={"processes": 0}))
    used = store.rows("database_size")[0]["used_bytes"]
    forever = {"steps_ns": 400 * DAY_NS, "bodies_ns": 400 * DAY_NS, "rollups_ns": 400 * DAY_NS}
    run(store, Keep(**forever, size_bytes=round(used * 0.7)))
    counts = store.rows("store_counts")[0]
    assert 0 < counts["bodies"] < 9000
    assert counts["executions"] == 1500
    [oldest] = [row["oldest_ns"] for row in store.rows("row_ages") if row["table_name"] == "bodies"]
    assert oldest > START_NS + DAY_NS
    assert store.rows("database_size")[0]["used_bytes"] <= used * 0.75
    run(store, Keep(**forever, size_bytes=1))
    counts = store.rows("store_counts")[0]
    assert (counts["bodies"], counts["executions"]) == (0, 0)
    store.close()


def test_old_rows_go_in_pieces_that_leave_room_for_others(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "TRACE_ROWS_AT_ONCE", 500)
    store = open_store(path)
    fill(store)
    pieces = 0
    for _ in retain(store, KEEP, NOW_NS, Removed()):
        pieces += 1
    assert pieces >= 10
    assert store.rows("store_counts")[0]["executions"] == 750
    store.close()
