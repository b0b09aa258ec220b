"""What failed is in tables of its own, and these hold nothing but the failed ones of all rows, whatever comes."""

import random
from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from contract.rows import START_NS, WORKSPACE, joined, trace, trace_id_of
from longpole.model.batch import Batch
from longpole.model.status import FAILED_STATUSES, ExecutionStatus
from longpole.store.dialects.fragments import FAILED
from longpole.store.engine import Engine
from longpole.store.migrate import migrations_of
from longpole.store.store import open_store
from longpole.store.tables import FAILED_TABLES

NUMBERS = range(6)
STATUSES = (*FAILED_STATUSES, ExecutionStatus.SUCCESS, ExecutionStatus.RUNNING, ExecutionStatus.SKIPPED)
LARGEST = 2**63 - 1


def some_traces(chance: random.Random) -> Batch:
    """A few traces in a state drawn at random; what is there of them is replaced, or added to."""
    numbers = chance.sample(NUMBERS, chance.randint(1, 3))
    pairs = [(WORKSPACE, trace_id_of(number)) for number in numbers]
    batch = joined(
        [trace(number, steps=chance.randint(0, 4)) for number in numbers],
        replace=pairs if chance.random() < 0.7 else [],
    )
    for name in ("executions", "steps"):
        rows = getattr(batch, name)
        setattr(batch, name, [replace(row, status=chance.choice(STATUSES).value) for row in rows])
    return batch


def something_happens(store: Engine, chance: random.Random) -> None:
    pair = WORKSPACE, trace_id_of(chance.choice(NUMBERS))
    match chance.randrange(6):
        case 0 | 1:
            store.write(some_traces(chance))
        case 2 | 3:
            store.write(some_traces(chance), fresh=True)
        case 4:
            store.write(Batch(replace=[pair], forget=[pair]))
        case _:
            before_ns = START_NS + chance.randint(0, 6) * 60 * 10**9
            expired = {name: before_ns for name in ("executions", "steps") if chance.random() < 0.8}
            store.write(Batch(expired=expired, spared=[pair] if chance.random() < 0.5 else []))


def failed_of_all(store: Engine) -> tuple[int, int]:
    given = {"workspace": WORKSPACE, "trace_ids": [trace_id_of(number) for number in NUMBERS]}
    executions, steps = (store.rows(query, given) for query in ("trace_executions", "trace_steps"))
    return (
        sum(row["status"] in FAILED_STATUSES for row in executions),
        sum(row["status"] in FAILED_STATUSES for row in steps),
    )


def failed_by_themselves(store: Engine) -> tuple[int, int]:
    scope = dict.fromkeys(("workspace", "agent", "environment", "version"))
    rows = store.rows("errors_counted", {**scope, "from_ns": 0, "to_ns": LARGEST, "slice_ns": LARGEST})
    return sum(row["executions"] for row in rows), sum(row["steps"] for row in rows)


@pytest.mark.parametrize("seed", range(8))
def test_after_every_write_readers_see_the_failed_rows_of_all_rows(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    store = open_store(tmp_path / "longpole.duckdb")
    for _ in range(25):
        something_happens(store, chance)
        assert failed_by_themselves(store) == failed_of_all(store)
    store.close()
    with duckdb.connect(str(tmp_path / "longpole.duckdb")) as database:
        for table, source in FAILED_TABLES.items():
            of_all = database.execute(f"SELECT * FROM {source} WHERE {FAILED} ORDER BY ALL").fetchall()
            assert database.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() == of_all


def test_a_file_of_an_older_version_gets_the_failed_rows_that_it_has(tmp_path: Path) -> None:
    now, old = tmp_path / "now.duckdb", tmp_path / "old.duckdb"
    store = open_store(now)
    chance = random.Random(1)
    for _ in range(5):
        store.write(some_traces(chance))
    failed = failed_by_themselves(store)
    store.close()
    migrations = migrations_of("duckdb")
    [apart] = [migration.number for migration in migrations if "failed_ones_apart" in migration.name]
    with duckdb.connect(str(old)) as database:
        database.execute("CREATE TABLE schema_version (version BIGINT NOT NULL, applied_ns BIGINT NOT NULL)")
        for migration in migrations[: apart - 1]:
            database.execute(migration.text)
            database.execute("INSERT INTO schema_version VALUES (?, 0)", [migration.number])
        database.execute(f"ATTACH '{now}' AS now (READ_ONLY)")
        for table in ("executions", "steps"):
            names = [name for (name,) in database.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()]
            database.execute(f"INSERT INTO {table} BY NAME SELECT {', '.join(names)} FROM now.{table}")
    store = open_store(old)
    assert failed_by_themselves(store) == failed_of_all(store) == failed != (0, 0)
    store.close()


@pytest.mark.parametrize("table", FAILED_TABLES)
def test_a_table_of_failed_rows_has_the_columns_of_the_table_of_all(tmp_path: Path, table: str) -> None:
    open_store(tmp_path / "longpole.duckdb").close()
    columns = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index"
    with duckdb.connect(str(tmp_path / "longpole.duckdb")) as database:
        found, of_all = (database.execute(columns, [name]).fetchall() for name in (table, FAILED_TABLES[table]))
    assert found == of_all
