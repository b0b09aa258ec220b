"""What only ClickHouse needs: tombstones, many servers without transactions, claims of a lease, tables of a cluster."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contract.rows import START_NS, WORKSPACE, agent, joined, trace, trace_id_of
from longpole.model.batch import Batch, SpoolPosition
from longpole.model.errors import StoreError, StoreTooNew
from longpole.model.event import Body
from longpole.model.execution import Execution
from longpole.model.intake import Lease
from longpole.model.step import Step
from longpole.store.engine import Engine
from longpole.store.engines.clickhouse import statements_about
from longpole.store.engines.clickhouse_client import Database, bind, read_address
from longpole.store.engines.clickhouse_schema import Layout
from longpole.store.migrate import migrations_of
from longpole.store.store import open_store

PAIR = (WORKSPACE, trace_id_of(1))
HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS

_WRITE_AND_BE_KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from longpole.model.batch import SpoolPosition
from longpole.store.engines.clickhouse_client import Database
from longpole.store.store import open_store
from contract.rows import joined, trace
store = open_store(sys.argv[1], server="s")
insert = Database.insert
def insert_or_die(self, table, rows):
    if table == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
    insert(self, table, rows)
Database.insert = insert_or_die
batch = joined([trace(1), trace(2)])
batch.position = SpoolPosition(segment=3, offset=7)
store.write(batch)
"""

_WRITE_AND_TELL = """
import sys
sys.path.insert(0, sys.argv[2])
from longpole.model.batch import SpoolPosition
from longpole.store.store import open_store
from contract.rows import joined, trace
store = open_store(sys.argv[1], server="s")
print(store.rows("spool_position", {"server": "s"}))
batch = joined([trace(1), trace(2)])
batch.position = SpoolPosition(segment=3, offset=7)
store.write(batch)
counts = store.rows("store_counts")[0]
print(*(counts[name] for name in ("executions", "steps", "events", "decisions", "bodies")))
print(store.rows("spool_position", {"server": "s"}))
store.close()
"""


@pytest.fixture
def servers(clickhouse_database: str) -> Iterator[Callable[[str], Engine]]:
    """Opens the store as the server of a name."""
    opened: list[Engine] = []

    def server(name: str) -> Engine:
        opened.append(open_store(clickhouse_database, server=name))
        return opened[-1]

    yield server
    for engine in opened:
        engine.close()


@pytest.fixture
def other_database(chdb: Database) -> Iterator[str]:
    """The address of a database that is not there yet."""
    yield f"chdb://{chdb.address.path}?database=other"
    chdb.command("DROP DATABASE IF EXISTS other SYNC")


def spans_of(store: Engine, number: int = 1) -> tuple[int, int]:
    given = {"workspace": WORKSPACE, "trace_ids": [trace_id_of(number)]}
    return len(store.rows("trace_executions", given)), len(store.rows("trace_steps", given))


def counts(store: Engine, *names: str) -> tuple[int, ...]:
    found = store.rows("store_counts")[0]
    return tuple(found[name] for name in names)


def as_step(batch: Batch) -> Step:
    """The execution of a batch told as a step."""
    [execution] = batch.executions
    return replace(batch.steps[0], step_id=execution.span_id, parent_step_id=None)


# Spans that are told again


def test_an_execution_that_turns_out_to_be_a_step_is_only_a_step(servers: Callable[[str], Engine]) -> None:
    store, batch = servers("one"), trace(1)
    store.write(batch)
    store.write(Batch(replace=[PAIR], steps=[as_step(batch)]))
    assert spans_of(store) == (0, 6)
    store.write(Batch(replace=[PAIR], executions=batch.executions))
    assert spans_of(store) == (1, 5)


def test_a_published_execution_that_is_stored_as_a_step_is_only_a_step(servers: Callable[[str], Engine]) -> None:
    store, batch = servers("one"), trace(1)
    store.write(batch, fresh=True)
    assert spans_of(store) == (1, 5)
    store.write(Batch(steps=[as_step(batch), *batch.steps]))
    assert spans_of(store) == (0, 6)


def test_a_span_that_is_told_with_a_start_in_another_hour_is_one_row(servers: Callable[[str], Engine]) -> None:
    store, batch = servers("one"), trace(1)
    store.write(batch)
    batch.steps = [replace(step, started_ns=step.started_ns - 3 * HOUR_NS) for step in batch.steps]
    store.write(joined([batch], replace=[PAIR]))
    assert spans_of(store) == (1, 5)
    store.write(joined([trace(1)], replace=[PAIR]))
    assert spans_of(store) == (1, 5)


def test_a_span_that_is_told_on_another_day_is_one_row(servers: Callable[[str], Engine]) -> None:
    store, batch = servers("one"), trace(1)
    store.write(batch)
    batch.steps = [replace(step, received_ns=step.received_ns + 2 * DAY_NS) for step in batch.steps]
    batch.executions = [replace(row, received_ns=row.received_ns + 2 * DAY_NS) for row in batch.executions]
    store.write(joined([batch], replace=[PAIR]))
    assert spans_of(store) == (1, 5)
    store.write(Batch(replace=[PAIR], forget=[PAIR]))
    assert spans_of(store) == (0, 0)


def test_an_event_that_is_not_told_again_with_its_span_goes(servers: Callable[[str], Engine]) -> None:
    store, batch = servers("one"), trace(1)
    more = replace(batch.events[0], event_index=7, message="twice")
    batch.events = [*batch.events, more, replace(more, message="another of this index")]
    store.write(batch)
    assert counts(store, "events") == (3,)
    batch.events = batch.events[:1]
    store.write(joined([batch], replace=[PAIR]))
    assert counts(store, "events", "decisions") == (1, 1)


# Several servers


def test_servers_that_hold_parts_of_one_trace_never_remove_each_others_rows(
    servers: Callable[[str], Engine], chdb: Database
) -> None:
    one, two = servers("one"), servers("two")
    whole = trace(1, steps=6)
    one.write(Batch(executions=whole.executions, steps=whole.steps[:3], events=whole.events))
    two.write(Batch(steps=whole.steps[3:]))
    two.write(Batch(steps=whole.steps[3:], replace=[PAIR]), fresh=True)
    two.write(Batch(steps=whole.steps[3:], replace=[PAIR]))
    one.write(Batch(executions=whole.executions, steps=whole.steps[:3], replace=[PAIR]))
    assert (spans_of(one), spans_of(two)) == ((1, 6), (1, 6))
    _, rows = chdb.query("SELECT _writer, count() FROM steps GROUP BY _writer ORDER BY _writer")
    assert rows == [("one", 3), ("two", 3)]
    two.write(Batch(replace=[PAIR], forget=[PAIR]))
    assert spans_of(one) == (0, 0)


def test_what_one_server_publishes_another_sees_once_it_was_asked_for(servers: Callable[[str], Engine]) -> None:
    one, two = servers("one"), servers("two")
    one.write(trace(1), fresh=True)
    assert spans_of(one) == spans_of(two) == (1, 5)


def test_an_agent_that_two_servers_see_is_one_row(servers: Callable[[str], Engine]) -> None:
    one, two = servers("one"), servers("two")
    one.write(Batch(agents=[agent("a", first_ns=3, last_ns=9, version="2")]))
    two.write(Batch(agents=[agent("a", first_ns=5, last_ns=7, version="1", is_registered=True)]))
    one.write(Batch(agents=[agent("a", first_ns=8, last_ns=8)]))
    [seen] = two.rows("agents_known", {"workspace": WORKSPACE})
    assert (seen["version"], seen["is_registered"], seen["first_seen_ns"], seen["last_seen_ns"]) == ("2", True, 3, 9)


def test_of_servers_that_claim_a_lease_at_once_all_see_the_same_holder(servers: Callable[[str], Engine]) -> None:
    engines = [servers(name) for name in "abcd"]

    def ask(place: int) -> None:
        lease = Lease(name="jobs", holder="abcd"[place], asked_ns=100 + place, until_ns=200 + place)
        engines[place].write(Batch(leases=[lease]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    holders = {engine.rows("lease", {"name": "jobs"})[0]["holder"] for engine in engines}
    assert len(holders) == 1
    [holder] = holders
    engines[0].write(Batch(leases=[Lease(name="jobs", holder="x", asked_ns=150, until_ns=250)]))
    assert engines[0].rows("lease", {"name": "jobs"})[0]["holder"] == holder


def test_servers_that_start_at_once_on_an_empty_database_both_find_their_tables(other_database: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        engines = list(pool.map(lambda name: open_store(other_database, server=name), "abc"))
    for engine in engines:
        with closing(engine):
            engine.write(trace(1))
            assert spans_of(engine) == (1, 5)


# No transaction


@pytest.mark.parametrize("place", ["events", "steps", "executions", "ingest_ledger"])
def test_a_write_that_is_killed_between_two_tables_is_whole_once_it_is_repeated(tmp_path: Path, place: str) -> None:
    here = str(Path(__file__).parents[1])
    address = f"chdb://{tmp_path}/clickhouse"
    killed = subprocess.run([sys.executable, "-c", _WRITE_AND_BE_KILLED, address, here, place], check=False, timeout=60)
    assert killed.returncode == -9
    command = [sys.executable, "-c", _WRITE_AND_TELL, address, here]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
    assert told == ["[]", "2 10 2 2 12", "[{'segment': 3, 'offset': 7}]"]


# Retention


def test_days_that_are_over_are_dropped_and_spared_traces_stay(
    servers: Callable[[str], Engine], chdb: Database
) -> None:
    store = servers("one")
    old, other, young = trace(1), trace(2), trace(3)
    old.steps = [replace(step, received_ns=START_NS - 9 * DAY_NS) for step in old.steps]
    other.steps = [replace(step, received_ns=START_NS - 5 * DAY_NS) for step in other.steps]
    store.write(joined([old, other, young]))
    store.write(Batch(expired={"steps": START_NS - 3 * DAY_NS}, spared=[(WORKSPACE, trace_id_of(2))]))
    assert [spans_of(store, number)[1] for number in (1, 2, 3)] == [0, 5, 5]
    days = "SELECT uniqExact(partition) FROM system.parts WHERE database = $name AND table = 'steps' AND active"
    assert chdb.query(days, {"name": chdb.address.database})[1] == [(2,)]
    store.write(Batch(expired={"steps": START_NS - 3 * DAY_NS}))
    assert [spans_of(store, number)[1] for number in (1, 2, 3)] == [0, 0, 5]


def test_compacting_leaves_nothing_of_what_was_forgotten(servers: Callable[[str], Engine], chdb: Database) -> None:
    store = servers("one")
    store.write(joined([trace(1), trace(2)]))
    store.write(Batch(replace=[PAIR], forget=[PAIR], compact=True))
    held = "SELECT count() FROM bodies WHERE trace_id = $trace_id AND input IS NOT NULL SETTINGS final = 0"
    assert chdb.query(held, {"trace_id": trace_id_of(1)})[1] == [(0,)]
    assert chdb.query(held, {"trace_id": trace_id_of(2)})[1] == [(6,)]


# Opening


def test_a_newer_schema_is_refused(other_database: str, chdb: Database) -> None:
    open_store(other_database).close()
    chdb.command("INSERT INTO other.schema_version VALUES (9999, 0)")
    with pytest.raises(StoreTooNew, match="9999"):
        open_store(other_database)


def test_a_database_of_another_program_is_refused_and_left_alone(other_database: str, chdb: Database) -> None:
    chdb.command("CREATE DATABASE other")
    chdb.command("CREATE TABLE other.invoices (id Int64) ENGINE = MergeTree ORDER BY id")
    with pytest.raises(StoreError, match="invoices"):
        open_store(other_database)
    assert chdb.query("SELECT name FROM system.tables WHERE database = 'other'")[1] == [("invoices",)]


def test_rows_outlive_closing_and_opening_again_changes_nothing(other_database: str) -> None:
    first = open_store(other_database, server="s")
    first.write(joined([trace(1)]))
    first.write(Batch(position=SpoolPosition(segment=3, offset=7)))
    first.close()
    with closing(open_store(other_database, server="s")) as second:
        assert spans_of(second) == (1, 5)
        assert second.rows("spool_position", {"server": "s"}) == [{"segment": 3, "offset": 7}]
        second.migrate()
        assert spans_of(second) == (1, 5)


@pytest.mark.parametrize(
    "address",
    [
        "clickhouse://",
        "clickhouse://user:hush@:8123/x",
        "clickhouse://user:hush@host:port/x",
        "clickhouse://user:hush@host/a/b",
        "chdb://",
    ],
)
def test_an_address_that_is_none_is_refused_without_showing_a_password(address: str) -> None:
    with pytest.raises(StoreError, match="clickhouse://user:password@host") as refused:
        open_store(address)
    assert "hush" not in str(refused.value)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match=r"clickhouse://me@127\.0\.0\.1:1/x") as refused:
        open_store("clickhouse://me:hush@127.0.0.1:1/x")
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("package", "told"), [("clickhouse_connect", "longpole[clickhouse]"), ("chdb", "pip install chdb")]
)
def test_a_package_that_is_missing_is_named(tmp_path: Path, package: str, told: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None; from longpole.store.store import open_store; "
        f"open_store('chdb://{tmp_path}/clickhouse')"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert "MissingPackage" in ended.stderr
    assert told in ended.stderr


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("clickhouse://me:p%40ss@host/db", ("db", "host", 8123, "me", "p@ss", False)),
        ("clickhouse://host:9/?secure=1", ("longpole", "host", 9, "default", "", True)),
        ("clickhouse://host/db?secure=true", ("db", "host", 8443, "default", "", True)),
    ],
)
def test_an_address_is_read(address: str, parts: tuple[Any, ...]) -> None:
    read = read_address(address)
    assert (read.database, read.host, read.port, read.user, read.password, read.is_secure) == parts


# Tables


@pytest.mark.parametrize("cluster", ["", "analytics-2"])
def test_clickhouse_reads_every_statement_that_makes_the_tables(chdb: Database, cluster: str) -> None:
    layout = Layout(cluster)
    statements = [text for migration in migrations_of("clickhouse") for text in layout.statements(migration)]
    for statement in statements:
        assert "@" not in statement
        [(formatted,)] = chdb.query("SELECT formatQuerySingleLine($statement)", {"statement": statement})[1]
        again = ("CREATE TABLE IF NOT EXISTS", "CREATE VIEW IF NOT EXISTS", "CREATE OR REPLACE TABLE", "ALTER TABLE")
        assert formatted.startswith(again)
        assert formatted.count("ADD COLUMN") == formatted.count("ADD COLUMN IF NOT EXISTS")
        assert ("ON CLUSTER" in formatted) == bool(cluster)
        assert chdb.query(f"EXPLAIN AST {statement}")[1]


@pytest.mark.parametrize("table", ["steps", "processes", "findings"])
def test_clickhouse_reads_every_statement_of_the_engine_on_a_cluster(chdb: Database, table: str) -> None:
    lists = {key: ["x"] for key in ("trace_ids", "workspaces", "span_ids", "names")}
    values = {**lists, "version": 1, "before_ns": 1, "applied_ns": 1, "day": "20000", "writer": "s", "name": "jobs"}
    values["sql"] = "SELECT 1"
    for name, text in statements_about("shards", table).items():
        if "steps" not in table and name.startswith(("bury", "has_expired_unless", "remove_expired_unless", "spared")):
            continue  # about tables of traces alone
        bound, _ = bind(text, values)
        [(formatted,)] = chdb.query("SELECT formatQuerySingleLine($bound)", {"bound": bound})[1]
        if name in ("compact", "drop_day", "remove_expired", "create_schema_version"):
            assert "_local ON CLUSTER shards" in formatted


def test_tables_of_a_store_that_survives_a_loss_of_power_sync_what_is_inserted(chdb: Database) -> None:
    address = f"chdb://{chdb.address.path}?database=power"
    unsynced = statements_about("", "")["tables_without_sync"]
    open_store(address).close()
    database = Database(read_address(address))
    database.enter()
    tables = {name for (name,) in database.query(unsynced)[1]}
    assert {"executions", "steps", "bodies", "ingest_ledger"} <= tables
    open_store(address, survives_power_loss=True).close()
    assert database.query(unsynced)[1] == []
    kept = "SELECT create_table_query FROM system.tables WHERE database = 'power' AND endsWith(engine, 'MergeTree')"
    for (made,) in database.query(kept)[1]:
        assert "fsync_after_insert = 1, fsync_part_directory = 1" in made
    store = open_store(address)
    store.write(Batch(position=SpoolPosition(segment=1, offset=2)))
    assert store.rows("spool_position", {"server": ""})[0]["offset"] == 2
    store.close()
    database.command("DROP DATABASE power")
    database.close()


def test_on_a_cluster_the_tables_with_rows_are_told_on_every_node_to_sync() -> None:
    told = statements_about("shards", "steps_local")["sync_inserts"]
    assert told.startswith("ALTER TABLE steps_local ON CLUSTER `shards` MODIFY SETTING fsync_after_insert = 1")


def test_on_a_cluster_every_table_is_replicated_and_has_one_in_front_that_spreads_its_rows() -> None:
    node, cluster = Layout(), Layout("shards")
    [first, *_] = migrations_of("clickhouse")
    plain, spread = node.statements(first), cluster.statements(first)
    tables = [text for text in plain if text.startswith("CREATE TABLE")]
    local = [text for text in spread if "ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}'" in text]
    front = [text for text in spread if "ENGINE = Distributed(`shards`" in text]
    assert len(tables) == len(local) == len(front)
    assert all("_local ON CLUSTER `shards`" in text for text in local)
    assert {text.split("cityHash64(")[1] for text in front if " steps " in text} == {"trace_id))"}


def test_a_cluster_has_a_name_that_needs_no_quotes() -> None:
    with pytest.raises(StoreError, match=r"system\.clusters"):
        Layout("shards; DROP TABLE steps")


def test_a_range_of_times_and_a_trace_are_found_without_reading_everything(
    servers: Callable[[str], Engine], chdb: Database
) -> None:
    servers("one").write(joined([trace(1), trace(2)]))
    by_time = "EXPLAIN indexes = 1 SELECT count() FROM steps WHERE workspace = 'w' AND started_ns >= $from_ns"
    by_trace = "EXPLAIN indexes = 1 SELECT count() FROM steps WHERE trace_id = $trace_id"
    explained = [text for (text,) in chdb.query(by_time, {"from_ns": START_NS})[1]]
    assert any("intDiv(started_ns, 3600000000000)" in text for text in explained)
    explained = [text for (text,) in chdb.query(by_trace, {"trace_id": trace_id_of(1)})[1]]
    assert any("by_trace_id" in text for text in explained)


# The same over HTTP


def test_over_http_rows_come_back_as_they_were_written(over_http: str) -> None:
    with closing(open_store(f"{over_http}/rows", server="one")) as store:
        batch = trace(1)
        odd = "nul \x00, quote ', back\\slash, {name:String}, emoji 🦆, new\nline"
        batch.bodies = [replace(body, input=odd) for body in batch.bodies]
        batch.position = SpoolPosition(segment=3, offset=7)
        store.write(batch, fresh=True)
        assert spans_of(store) == (1, 5)
        store.write(joined([batch], replace=[PAIR]))
        given = {"workspace": WORKSPACE, "trace_ids": [trace_id_of(1)]}
        for query, kind, sent in [
            ("trace_executions", Execution, batch.executions),
            ("trace_steps", Step, batch.steps),
            ("trace_bodies", Body, batch.bodies),
        ]:
            assert sorted((kind(**row) for row in store.rows(query, given)), key=repr) == sorted(sent, key=repr)
        assert store.rows("agents_known", {"workspace": odd}) == []
        store.write(Batch(expired={"steps": 2**62}, leases=[Lease(name="jobs", holder="one", asked_ns=1, until_ns=2)]))
        assert spans_of(store) == (1, 0)
        assert store.rows("lease", {"name": "jobs"})[0]["holder"] == "one"


def test_over_http_thousands_of_ids_are_asked_at_once(over_http: str) -> None:
    with closing(open_store(f"{over_http}/many")) as store:
        store.write(trace(1))
        trace_ids = [trace_id_of(number) for number in range(20_000)]
        assert len(store.rows("known_traces", {"workspace": WORKSPACE, "trace_ids": trace_ids})) == 1


def test_over_http_a_wrong_password_is_refused_and_not_shown(over_http: str) -> None:
    with pytest.raises(StoreError, match="does not let us in") as refused:
        open_store(over_http.replace("hush%20hush", "whisper") + "/rows")
    assert "whisper" not in str(refused.value)


def test_a_server_that_does_not_answer_is_named_in_one_sentence() -> None:
    with pytest.raises(StoreError, match=r"me@127.0.0.1:1/longpole does not answer: Connection refused\.") as refused:
        open_store("clickhouse://me:hunter2@127.0.0.1:1/longpole")
    assert "hunter2" not in str(refused.value)
