"""State that is written behind: what is in the database is always all changes up to one of them."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

import pytest
import redis
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

import longpole
from database_servers import postgres_server, redis_server
from longpole.model.errors import RemedyFull, SettingsError
from longpole.remedies import BatchState, StateChange, read_redis, read_sql, redis_writer, sql_writer
from longpole.remedies.snapshots import EMPTY, as_plain, changed, without
from unit.record.conftest import Recorded

PATHS = st.lists(st.sampled_from("ab"), min_size=1, max_size=3).map(tuple)
CHANGES = st.lists(st.tuples(PATHS, st.integers() | st.just({}) | st.just({"a": 1}), st.booleans()), max_size=12)
LONG_S = 1000.0


def in_memory() -> sqlalchemy.Engine:
    """SQLite for the threads of a test."""
    shared = {"check_same_thread": False}
    return sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.StaticPool, connect_args=shared)


class Written:
    """Transactions as they were committed, and a gate that holds them up."""

    def __init__(self, failures: int = 0) -> None:
        self.batches: list[list[StateChange]] = []
        self.failures = failures
        self.begun, self.may_go = threading.Event(), threading.Event()
        self.may_go.set()

    def __call__(self, changes: Sequence[StateChange]) -> None:
        self.begun.set()
        self.may_go.wait(10)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")
        self.batches.append(list(changes))


def test_many_changes_are_one_transaction_in_their_order():
    written = Written()
    with BatchState(written, interval_s=LONG_S) as state:
        for number in range(300):
            state.put(("plan", f"step {number % 7}"), number)
        assert state.flush()
        assert state.figures.transactions == 1
    [batch] = written.batches
    assert [change.number for change in batch] == list(range(1, 301))
    assert [change.value for change in batch] == list(range(300))


def test_a_full_batch_does_not_wait_for_the_interval():
    written = Written()
    with BatchState(written, interval_s=LONG_S, most_changes=10) as state:
        for number in range(10):
            state.put("a", number)
        assert written.begun.wait(10)
    assert [len(batch) for batch in written.batches] == [10]


def test_what_the_database_does_not_take_is_tried_again_in_order():
    written = Written(failures=3)
    with BatchState(written, interval_s=0.001, most_changes=2) as state:
        for number in range(5):
            state.put("a", number)
        assert state.flush()
        assert state.figures.failed_transactions == 3
    assert [change.value for batch in written.batches for change in batch] == [0, 1, 2, 3, 4]


def test_a_change_for_which_there_is_no_room_is_refused_and_changes_nothing():
    written = Written()
    written.may_go.clear()
    state = BatchState(written, interval_s=0.001, most_changes=1, most_waiting=3)
    for number in range(3):
        state.put("a", number)
    with pytest.raises(RemedyFull, match="3 changes of the state wait"):
        state.put("a", "too much")
    assert state.snapshot()["a"] == 2
    written.may_go.set()
    assert state.close()
    with pytest.raises(RemedyFull, match="closed"):
        state.put("a", "too late")
    assert [change.value for batch in written.batches for change in batch] == [0, 1, 2]


def test_flush_says_when_it_did_not_come_true_in_time():
    written = Written()
    written.may_go.clear()
    state = BatchState(written, interval_s=0.001)
    state.put("a", 1)
    assert not state.flush(0.01)
    written.may_go.set()
    assert state.close()


def test_senseless_limits_are_refused():
    with pytest.raises(SettingsError, match="interval_s=0"):
        BatchState(Written(), interval_s=0)


def applied(changes: list[tuple[tuple[str, ...], Any, bool]]) -> tuple[Any, list[StateChange]]:
    """The slow and obvious way, and the changes that were possible."""
    state, possible = EMPTY, list[StateChange]()
    for path, value, is_removal in changes:
        try:
            before, state = state, without(state, path) if is_removal else changed(state, path, value)
        except KeyError:
            continue
        if state is before:
            continue
        possible.append(StateChange(len(possible) + 1, path, None if is_removal else value, is_removal))
    return state, possible


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with redis_server(tmp_path_factory.mktemp("redis")) as port, redis.Redis(port=port) as client:
        engine = in_memory()
        yield {"redis": client, "sqlite": engine}
        engine.dispose()


@given(CHANGES, st.integers(1, 5), st.sampled_from(["redis", "sqlite"]))
def test_what_is_read_back_is_the_state_after_the_last_committed_change(
    stores: dict[str, Any], changes: Any, batch: int, kind: str
):
    state, possible = applied(changes)
    if kind == "redis":
        client = stores["redis"]
        client.flushdb()
        write, read = redis_writer(client), lambda: read_redis(client)
    else:
        engine = stores["sqlite"]
        write, read = sql_writer(engine), lambda: read_sql(engine)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("DELETE FROM agent_state"))
    for begin in range(0, len(possible), batch):
        write(possible[begin : begin + batch])
        done = possible[: begin + batch]
        expected, _ = applied([(change.path, change.value, change.is_removal) for change in done])
        found, number = read()
        assert (as_plain(found), number) == (as_plain(expected), len(done))
    if possible:
        assert as_plain(read()[0]) == as_plain(state)


@given(CHANGES)
def test_a_snapshot_never_changes(changes: Any):
    state = EMPTY
    for path, value, is_removal in changes:
        before, copy = state, deepcopy(as_plain(state))
        try:
            state = without(state, path) if is_removal else changed(state, path, value)
        except KeyError:
            pass
        assert as_plain(before) == copy


def test_a_change_copies_the_way_to_it_and_shares_the_rest():
    state = changed(changed(EMPTY, ("plan", "a"), {"deep": 1}), ("notes",), ["long"] * 3)
    later = changed(state, ("plan", "b"), 2)
    assert later["notes"] is state["notes"]
    assert later["plan"]["a"] is state["plan"]["a"]
    with pytest.raises(TypeError):
        later["plan"]["b"] = 3  # a snapshot cannot be written to


PROGRAM = """
import sys
import sqlalchemy, redis
from longpole.remedies import BatchState, read_redis, read_sql, redis_writer, sql_writer
kind, address = sys.argv[1:]
if kind == "redis":
    client = redis.Redis(port=int(address)); write = redis_writer(client)
else:
    write = sql_writer(sqlalchemy.create_engine(address))
state = BatchState(write, interval_s=0.01, most_changes=50)
number = 0
while True:
    number += 1
    state.put(f"key {number % 10}", number)
    state.put("twin", [number, number])
    if number % 1000 == 0 and number <= 3000:
        assert state.flush()
        print(2 * number, flush=True)
    if number % 100 == 0:
        while state.figures.changes - state.figures.written > 5000:
            state.flush(0.01)
"""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with redis_server(tmp_path_factory.mktemp("redis")) as port, postgres_server() as postgres:
        sqlite = tmp_path_factory.mktemp("sqlite") / "state.db"
        yield {
            "redis": str(port),
            "sqlite": f"sqlite:///{sqlite}",
            "postgres": postgres.address().replace("postgresql://", "postgresql+psycopg://"),
        }


@pytest.mark.parametrize("kind", ["sqlite", "redis", "postgres"])
def test_kill_9_costs_only_the_last_changes_and_leaves_no_half_of_a_transaction(kind: str, addresses: dict[str, str]):
    command = [sys.executable, "-c", PROGRAM, kind, addresses[kind]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        flushed = [int(process.stdout.readline()) for _ in range(3)]
        os.kill(process.pid, signal.SIGKILL)
    if kind == "redis":
        with redis.Redis(port=int(addresses[kind])) as client:
            state, last = read_redis(client)
    else:
        engine = sqlalchemy.create_engine(addresses[kind])
        state, last = read_sql(engine)
        engine.dispose()
    assert last >= flushed[-1]  # what flush() has promised is there
    number, is_whole = divmod(last, 2)
    expected: dict[str, Any] = {}
    for each in range(1, number + 1 + is_whole):
        expected[f"key {each % 10}"] = each
    if number:
        expected["twin"] = [number, number]
    assert json.loads(json.dumps(as_plain(state))) == expected


def test_the_transaction_is_a_step_below_the_one_that_made_the_change(recorded: Recorded):
    written = Written()

    @longpole.agent
    def lead(state: BatchState) -> None:
        for number in range(3):
            state.put("a", number)
        state.flush()

    with BatchState(written, interval_s=LONG_S) as state:
        state.put("before", 1)  # outside of any execution: nothing of it is recorded
        state.flush()
        lead(state)
    told = recorded.span("write state")
    assert recorded.parent_of("write state") == "lead"
    assert told.attributes["longpole.state.changes"] == 3
    assert told.attributes["longpole.state.up_to"] == 4
    assert told.attributes["longpole.remedy"] == "batch_state"


def test_the_program_goes_on_where_it_was():
    engine = in_memory()
    with BatchState(sql_writer(engine)) as state:
        state.put(("plan", "search"), "done")
        state.put("draft", "text")
        state.remove("draft")
        assert state.remove(("plan", "nothing")) == 3  # nothing was there: no change
    start, number = read_sql(engine)
    with BatchState(sql_writer(engine), start=start, first_number=number + 1) as state:
        assert state.snapshot()["plan"]["search"] == "done"
        assert state.put(("plan", "write"), "running") == 4
    assert as_plain(read_sql(engine)[0]) == {"plan": {"search": "done", "write": "running"}}
    engine.dispose()
