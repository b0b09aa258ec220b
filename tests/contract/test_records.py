"""Records: one row for each key, taken, replaced and removed the same on every engine; leases and ages."""

from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from contract.rows import RECORDS, crashed, finding, joined, letter, process, score, trace
from longpole.model.batch import Batch, SpoolPosition
from longpole.model.intake import DeadLetter, Lease
from longpole.store.engine import Engine
from longpole.store.tables import AGES, RECORD_TABLES


def lease_of(store: Engine, name: str) -> str | None:
    rows = store.rows("lease", {"name": name})
    return rows[0]["holder"] if rows else None


def asked(holder: str, asked_ns: int, until_ns: int) -> Batch:
    return Batch(leases=[Lease(name="jobs", holder=holder, asked_ns=asked_ns, until_ns=until_ns)])


def test_a_lease_is_kept_until_it_runs_out(store: Engine) -> None:
    store.write(asked("one", 10, 20))
    store.write(asked("two", 15, 25))
    assert lease_of(store, "jobs") == "one"
    store.write(asked("one", 18, 28))
    store.write(asked("two", 28, 38))
    assert lease_of(store, "jobs") == "two"


def test_every_server_has_a_position_of_its_own(store: Engine) -> None:
    store.write(Batch(position=SpoolPosition(segment=1, offset=2)))
    store.write(Batch(position=SpoolPosition(segment=3, offset=4)))
    assert store.rows("spool_position", {"server": store.server}) == [{"segment": 3, "offset": 4}]
    assert store.rows("spool_position", {"server": "another"}) == []


def records_of(store: Engine, row_type: type[Struct]) -> list[Struct]:
    rows = store.rows("every_" + next(name for name, kind in RECORD_TABLES.items() if kind is row_type))
    return [msgspec.convert(row, row_type, strict=True) for row in rows]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_was_kept_until_it_is_removed(store: Engine, record: Struct) -> None:
    store.write(Batch(records=[record]))
    store.write(Batch(records=[record]))
    assert records_of(store, type(record)) == [record]
    store.write(Batch(removed=[record]))
    assert records_of(store, type(record)) == []


def test_a_record_takes_the_place_of_the_one_with_its_key(store: Engine) -> None:
    store.write(Batch(records=[letter("one"), letter("two"), letter("one", attempts=2)]))
    store.write(Batch(records=[letter("two", attempts=7)], removed=[letter("nobody")]))
    assert sorted((row.letter_id, row.attempts) for row in records_of(store, DeadLetter)) == [("one", 2), ("two", 7)]


@pytest.mark.parametrize("table", sorted(AGES))
def test_what_is_older_than_a_time_goes_from_the_table_that_is_named(store: Engine, table: str) -> None:
    batch = crashed(joined([trace(1), trace(2)]), process="p")
    batch.findings, batch.scores, batch.processes = [finding(1)], [score(1)], [process("p", heard_ns=1)]
    batch.records = [*RECORDS]
    store.write(batch)
    before = everything(store)
    store.write(Batch(expired={table: 0}))
    assert everything(store) == before
    store.write(Batch(expired={table: 2**62}))
    assert everything(store) == {**before, table: 0}


def everything(store: Engine) -> dict[str, Any]:
    """How many rows there are in every table."""
    found = dict(store.rows("store_counts")[0])
    return found | {name: len(records_of(store, kind)) for name, kind in RECORD_TABLES.items()}


def test_a_dead_letter_is_as_old_as_its_burial_however_long_its_body_had_waited(store: Engine) -> None:
    store.write(Batch(records=[replace(letter("late"), received_ns=5, buried_ns=1000)]))
    store.write(Batch(expired={"dead_letters": 900}))
    [row] = [row for row in store.rows("row_ages") if row["table_name"] == "dead_letters"]
    assert (row["row_count"], row["oldest_ns"]) == (1, 1000)
    store.write(Batch(expired={"dead_letters": 1001}))
    assert records_of(store, DeadLetter) == []
