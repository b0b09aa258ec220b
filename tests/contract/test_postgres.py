"""What only PostgreSQL has: a network, passwords, several servers at once, partitions."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote

import psycopg
import pytest
from msgspec.structs import replace

from contract.rows import START_NS, WORKSPACE, joined, score, trace, trace_id_of
from database_servers import PostgresServer, postgres_server
from longpole.model.batch import Batch, SpoolPosition
from longpole.model.errors import InvalidInput, StoreError, StoreTooNew
from longpole.store.engine import Engine
from longpole.store.migrate import migrations_of
from longpole.store.reading import CountsReading
from longpole.store.store import open_store
from running_server import wait_until

DAY_NS = 86_400_000_000_000
OPEN = "import sys; from longpole.store.store import open_store; open_store(sys.argv[1]).close()"
NO_PSYCOPG = f"import sys; sys.modules['psycopg'] = None; {OPEN}"
SECRET = "hunter2 @:/"


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[str]:
    """The address of a database without our tables."""
    yield postgres.make_database("untouched")
    postgres.drop_database("untouched")


def asked(address: str, statement: str) -> list[tuple[object, ...]]:
    """What the database answers."""
    with psycopg.connect(address) as connection:
        return connection.execute(statement.encode()).fetchall()


def steps_of(store: Engine, number: int = 1) -> list[str]:
    rows = store.rows("trace_steps", {"workspace": WORKSPACE, "trace_ids": [trace_id_of(number)]})
    return sorted(row["step_id"] for row in rows)


def test_servers_that_start_at_once_make_the_tables_once(empty: str) -> None:
    starting = [subprocess.Popen([sys.executable, "-c", OPEN, empty], stderr=subprocess.PIPE) for _ in range(4)]
    said = [process.communicate(timeout=60)[1] for process in starting]
    assert [process.returncode for process in starting] == [0, 0, 0, 0], said
    versions = range(1, len(migrations_of("postgres")) + 1)
    assert asked(empty, "SELECT version FROM longpole.schema_version ORDER BY version") == [(one,) for one in versions]


def test_questions_that_wait_for_a_connection_are_counted(
    open_as: Callable[[str], Engine], postgres_database: str
) -> None:
    engine = open_as("one")
    assert isinstance(engine, CountsReading)
    most = engine.reading().most
    askers = [threading.Thread(target=engine.rows, args=("every_leases",)) for _ in range(most + 1)]
    with psycopg.connect(postgres_database) as holder:
        holder.execute("LOCK TABLE longpole.leases")
        for asker in askers:
            asker.start()
        wait_until(lambda: (now := engine.reading()).in_use == most and now.waiting == 1, "one to wait")
    for asker in askers:
        asker.join()
    after = engine.reading()
    assert (after.in_use, after.waiting, after.waits.number) == (0, 0, most + 1)
    assert after.waits.total_s > 0


def test_a_newer_schema_is_refused(empty: str) -> None:
    open_store(empty).close()
    with psycopg.connect(empty) as connection:
        connection.execute("INSERT INTO longpole.schema_version VALUES (9999, 0)")
    with pytest.raises(StoreTooNew, match="9999"):
        open_store(empty)


@pytest.mark.parametrize("taken", ["longpole.invoices", "analytics.agent_executions"])
def test_tables_of_another_program_are_refused_and_left_alone(empty: str, taken: str) -> None:
    with psycopg.connect(empty) as connection:
        connection.execute(f"CREATE SCHEMA {taken.split('.')[0]}; CREATE TABLE {taken} (id BIGINT)".encode())
    with pytest.raises(StoreError, match=rf"another program in the schema {taken.split('.')[0]}"):
        open_store(empty)
    assert asked(empty, f"SELECT count(*) FROM {taken}") == [(0,)]
    assert asked(empty, "SELECT to_regclass('longpole.executions')") == [(None,)]


def test_a_database_that_others_use_is_shared_with_them(empty: str) -> None:
    with psycopg.connect(empty) as connection:
        connection.execute("CREATE TABLE executions (mine BIGINT)")
    store = open_store(empty)
    store.write(trace(1))
    assert store.rows("store_counts")[0]["executions"] == 1
    store.close()
    assert asked(empty, "SELECT count(*) FROM public.executions") == [(0,)]


def test_a_role_that_may_not_make_schemas_is_told_so(postgres: PostgresServer, empty: str) -> None:
    postgres.run("CREATE ROLE lodger LOGIN")
    with pytest.raises(StoreError, match=r"does not allow .*permission denied for database untouched.*Grant it"):
        open_store(empty.replace("postgres:", "lodger:"))
    with psycopg.connect(empty) as connection:
        connection.execute("CREATE SCHEMA longpole AUTHORIZATION lodger; CREATE SCHEMA analytics AUTHORIZATION lodger")
    open_store(empty.replace("postgres:", "lodger:")).close()


@pytest.fixture(scope="module")
def guarded() -> Iterator[PostgresServer]:
    """A PostgreSQL that asks for passwords, and may be stopped."""
    with postgres_server() as server:
        server.run(f"CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '{SECRET}'", "CREATE DATABASE longpole OWNER keeper")
        rules = server.folder / "pg_hba.conf"
        rules.write_text("local all keeper scram-sha-256\n" + rules.read_text())
        server.run("SELECT pg_reload_conf()")
        yield server


def address_of(server: PostgresServer, user: str, password: str, database: str) -> str:
    return f"postgresql://{user}:{quote(password, safe='')}@/{database}?host={quote(str(server.folder), safe='')}"


def test_the_password_lets_us_in_and_is_shown_nowhere(
    guarded: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(address_of(guarded, "keeper", SECRET, "longpole"))
    store.write(trace(1))
    store.close()
    assert "keeper" in repr(store)
    assert "hunter2" not in repr(store) + caplog.text


@pytest.mark.parametrize(
    ("user", "password", "database", "said"),
    [
        ("keeper", "hunter3", "longpole", "did not let us in"),
        ("keeper", SECRET, "nowhere", "has no such database"),
        ("nobody", SECRET, "longpole", "knows no such user"),
    ],
)
def test_what_keeps_us_out_is_said_without_the_password(
    guarded: PostgresServer, user: str, password: str, database: str, said: str
) -> None:
    with pytest.raises(StoreError, match=said) as raised:
        open_store(address_of(guarded, user, password, database))
    assert "hunter" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://me:hunter2@127.0.0.1:1/longpole", r"me@127.0.0.1:1/longpole does not answer.*Start PostgreSQL"),
        ("postgresql://me:hunter2@nowhere.invalid/longpole", r"on a host that nobody knows.*Correct the host"),
        ("postgresql://me:hunter2@[host/longpole", r"cannot be read.*Correct the setting"),
    ],
)
def test_a_wrong_address_is_told_without_the_password(address: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as raised:
        open_store(address)
    assert "hunter2" not in str(raised.value)


def test_without_psycopg_the_command_that_installs_it_is_named() -> None:
    command = [sys.executable, "-c", NO_PSYCOPG, "postgresql://me@localhost/longpole"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "pip install 'longpole[postgres]'" in ended.stderr


def test_a_database_that_was_gone_is_used_again_when_it_is_back(guarded: PostgresServer) -> None:
    store = open_store(guarded.make_database("restarted"))
    store.write(trace(1))
    guarded.stop()
    with pytest.raises(StoreError, match=r"tried again|does not answer"):
        store.write(trace(2))
    with pytest.raises(StoreError, match="does not answer"):
        store.rows("store_counts")
    guarded.start()
    store.write(trace(2))
    assert store.rows("store_counts")[0]["executions"] == 2
    store.close()


def test_connections_that_were_cut_while_idle_are_replaced_unseen_by_readers(
    postgres: PostgresServer, open_as: Callable[[str], Engine]
) -> None:
    store = open_as("one")
    store.write(trace(1))
    assert steps_of(store)
    postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'longpole'")
    assert len(steps_of(store)) == 5


def test_a_column_that_a_newer_server_adds_is_no_trouble_for_readers(
    postgres_database: str, open_as: Callable[[str], Engine]
) -> None:
    store = open_as("one")
    store.write(trace(1))
    before = store.rows("every_leases")
    with psycopg.connect(postgres_database) as connection:
        connection.execute("ALTER TABLE longpole.leases ADD COLUMN newer BIGINT")
    try:
        assert store.rows("every_leases") == before
    finally:
        with psycopg.connect(postgres_database) as connection:
            connection.execute("ALTER TABLE longpole.leases DROP COLUMN newer")


def test_servers_that_hold_parts_of_a_trace_keep_each_others_rows(
    postgres_database: str, open_as: Callable[[str], Engine]
) -> None:
    whole = trace(1, steps=6)
    pair = [(WORKSPACE, trace_id_of(1))]
    one, two = open_as("one"), open_as("two")
    one.write(Batch(executions=whole.executions, steps=whole.steps[:3]))
    two.write(Batch(steps=whole.steps[3:], replace=pair), fresh=True)
    two.write(Batch(steps=whole.steps[3:], replace=pair, position=SpoolPosition(segment=1, offset=1)))
    one.write(Batch(executions=whole.executions, steps=whole.steps[:3], replace=pair))
    assert steps_of(one) == steps_of(two) == sorted(step.step_id for step in whole.steps)
    writers = asked(postgres_database, "SELECT _writer, count(*) FROM longpole.steps GROUP BY 1 ORDER BY 1")
    assert writers == [("one", 3), ("two", 3)]
    assert one.rows("spool_position", {"server": "one"}) == []


def test_servers_that_tell_the_same_spans_at_once_store_each_once(open_as: Callable[[str], Engine]) -> None:
    numbers = range(5)
    failures: list[BaseException] = []

    def write(server: str) -> None:
        store = open_as(server)
        try:
            for turn in range(12):
                batch = joined([trace(number, steps=4) for number in numbers])
                store.write(batch, fresh=turn % 2 == 0)
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(f"server {number}",)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert failures == []
    counts = open_as("reader").rows("store_counts")[0]
    assert (counts["executions"], counts["steps"], counts["events"], counts["bodies"]) == (5, 20, 5, 25)


def test_an_earlier_version_of_a_span_does_not_replace_a_later_one(open_as: Callable[[str], Engine]) -> None:
    one, two = open_as("one"), open_as("two")
    one.write(trace(1, version=1))
    two.write(joined([trace(1, version=2)], replace=[(WORKSPACE, trace_id_of(1))]))
    one.write(joined([trace(1, version=1)], replace=[(WORKSPACE, trace_id_of(1))]), fresh=True)
    rows = one.rows("trace_executions", {"workspace": WORKSPACE, "trace_ids": [trace_id_of(1)]})
    assert [row["model"] for row in rows] == ["model 2"]


def test_a_span_that_becomes_a_step_is_no_execution_any_more(open_as: Callable[[str], Engine]) -> None:
    store = open_as("one")
    first = trace(1)
    store.write(first)
    [was] = first.executions
    step = replace(first.steps[0], step_id=was.span_id, row_version=2)
    store.write(Batch(steps=[step], replace=[(WORKSPACE, trace_id_of(1))]))
    counts = store.rows("store_counts")[0]
    assert (counts["executions"], counts["steps"]) == (0, 6)


def received(number: int, day: int) -> Batch:
    """A trace that was received on a day."""
    batch = trace(number)
    for name in ("executions", "steps", "events", "decisions", "bodies"):
        setattr(batch, name, [replace(row, received_ns=START_NS + day * DAY_NS) for row in getattr(batch, name)])
    return batch


def days_of(address: str, table: str) -> list[str]:
    names = asked(address, f"SELECT tablename FROM pg_tables WHERE tablename LIKE '{table}\\_2%' ORDER BY 1")
    return [str(name).removeprefix(f"{table}_") for (name,) in names]


def test_whole_days_are_dropped_and_of_the_day_that_is_cut_only_what_is_older(
    postgres_database: str, open_as: Callable[[str], Engine]
) -> None:
    store = open_as("one")
    store.write(joined([received(1, 0), received(2, 1), received(3, 2)]))
    later = received(4, 1)
    later.steps = [replace(step, received_ns=step.received_ns + 10) for step in later.steps]
    store.write(later)
    assert days_of(postgres_database, "steps") == ["20260921", "20260922", "20260923"]
    store.write(Batch(expired={"steps": START_NS + DAY_NS + 5}))
    assert days_of(postgres_database, "steps") == ["20260922", "20260923"]
    assert [len(steps_of(store, number)) for number in (1, 2, 3, 4)] == [0, 0, 5, 5]
    assert days_of(postgres_database, "events") == ["20260921", "20260922", "20260923"]


def test_a_spared_trace_stays_when_its_day_goes(open_as: Callable[[str], Engine]) -> None:
    store = open_as("one")
    store.write(joined([received(1, 0), received(2, 0)]))
    store.write(Batch(expired={"steps": START_NS + 5 * DAY_NS}, spared=[(WORKSPACE, trace_id_of(2))]))
    assert [len(steps_of(store, number)) for number in (1, 2)] == [0, 5]
    store.write(received(3, 0))
    assert len(steps_of(store, 3)) == 5


def test_a_day_that_another_server_dropped_is_made_again(open_as: Callable[[str], Engine]) -> None:
    one, two = open_as("one"), open_as("two")
    one.write(received(1, 0))
    two.write(Batch(expired={"steps": START_NS + 5 * DAY_NS}))
    one.write(received(2, 0))
    assert len(steps_of(two, 2)) == 5


def test_half_a_surrogate_pair_and_a_nul_spoil_no_batch(open_as: Callable[[str], Engine]) -> None:
    store = open_as("one")
    batch = trace(1, steps=1)
    batch.steps = [replace(batch.steps[0], name="half \ud83d", tool="nul \x00")]
    batch.scores = [replace(score(1), comment="\udc00")]
    store.write(batch)
    [step] = store.rows("trace_steps", {"workspace": WORKSPACE, "trace_ids": [trace_id_of(1)]})
    assert (step["name"], step["tool"]) == ("half \ufffd", "nul \ufffd")


def test_a_number_that_fits_nowhere_is_told_and_nothing_is_stored(open_as: Callable[[str], Engine]) -> None:
    store = open_as("one")
    batch = trace(1)
    batch.steps = [replace(batch.steps[0], input_tokens=2**70)]
    with pytest.raises(InvalidInput, match="trying again does not help"):
        store.write(batch)
    assert set(store.rows("store_counts")[0].values()) == {0}


def test_rows_removed_for_good_are_in_no_file(open_as: Callable[[str], Engine]) -> None:
    store = open_as("one")
    store.write(joined([trace(number, steps=30) for number in range(40)]))
    before = {row["table_name"]: row["size_bytes"] for row in store.rows("table_sizes")}
    pairs = [(WORKSPACE, trace_id_of(number)) for number in range(40)]
    store.write(Batch(replace=pairs, forget=pairs, compact=True))
    after = {row["table_name"]: row["size_bytes"] for row in store.rows("table_sizes")}
    assert after["steps"] < before["steps"] / 2


@pytest.mark.parametrize(
    ("asked_for", "index"),
    [
        ("longpole.executions WHERE agent = 'agent 1' AND started_ns > 5", "agent_started_ns_workspace_duration_ns_"),
        ("longpole.executions WHERE execution_id = 'x'", "execution_id"),
        ("longpole.executions WHERE starts_with(execution_id, 'x')", "execution_id"),
        ("longpole.executions WHERE starts_with(reverse(execution_id), 'x')", "reverse"),
        ("analytics.execution_steps WHERE execution_id = 'x'", "execution_id"),
        ("longpole.steps WHERE trace_id = 'x'", "trace_id"),
        ("longpole.bodies WHERE trace_id = 'x' AND span_id = 'y'", "trace_id_span_id"),
    ],
)
def test_what_is_often_asked_for_has_an_index(
    postgres_database: str, open_as: Callable[[str], Engine], asked_for: str, index: str
) -> None:
    open_as("one").write(trace(1))
    with psycopg.connect(postgres_database) as connection:
        connection.execute("SET enable_seqscan = off")  # so few rows are quicker read without one
        plan = connection.execute(f"EXPLAIN SELECT 1 FROM {asked_for}".encode()).fetchall()
    assert f"_{index}_idx" in str(plan)
