"""Four senders send while something is wrong with the store: nothing that was acknowledged is lost or doubled."""

import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Event, Thread

import httpx
import psycopg
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from database_servers import PostgresServer, postgres_server
from longpole.settings import child_environment
from longpole.store.store import open_store
from otlp_bodies import NOON_NS, body, span
from running_server import DEADLINE_S, PROTOBUF, RunningServer, wait_until

NUMBERS = count()
SENDERS = 4
STEPS = 5
BUSY = (429, 503)
DISTINCT = """
SELECT count(*), count(DISTINCT (trace_id, span_id)) FROM (
    SELECT trace_id, span_id FROM longpole.executions UNION ALL SELECT trace_id, step_id FROM longpole.steps
) AS spans
"""
END_CONNECTIONS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'longpole' AND datname = current_database()
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """The address of a database that has our tables."""
    address = postgres.make_database(f"test_{next(NUMBERS)}")
    open_store(address).close()
    return address


@pytest.fixture
def on_postgres(database: str, tmp_path: Path) -> Iterator[RunningServer]:
    """A server on the database."""
    running = RunningServer(tmp_path / "one", "--store", database)
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


class Load:
    """Four senders. `acknowledged` are the traces that were taken; who is told to wait sends the same again."""

    def __init__(self, server: RunningServer, *, events: int = 0) -> None:
        self.acknowledged: list[int] = []
        self.refusals: list[int] = []
        self._server = server
        self._events = [Span.Event(name="e", time_unix_nano=NOON_NS)] * events  # more in the store than in the spool
        self._numbers = count(1)
        self._enough = Event()
        self._threads = [Thread(target=self._send) for _ in range(SENDERS)]

    def _send(self) -> None:
        with httpx.Client(timeout=DEADLINE_S, trust_env=False) as client:
            while not self._enough.is_set():
                number = next(self._numbers)
                content = body(*(span(number, place, 1, events=self._events) for place in range(2, STEPS + 2)))
                while (status := self._post(client, content)) in BUSY:
                    self.refusals.append(status)
                    self._enough.wait(0.1)
                    if self._enough.is_set():
                        return
                assert status == 200
                self.acknowledged.append(number)
                self._enough.wait(0.02)

    def _post(self, client: httpx.Client, content: bytes) -> int:
        address, headers = f"{self._server.url}/v1/traces", {"content-type": PROTOBUF}
        return client.post(address, content=content, headers=headers).status_code

    def goes_on(self, bodies: int = 20) -> None:
        """Wait until so many more bodies were acknowledged."""
        before = len(self.acknowledged)
        wait_until(lambda: len(self.acknowledged) >= before + bodies, f"{bodies} more bodies: {self.refusals[-5:]}")

    @contextmanager
    def running(self) -> Generator["Load"]:
        """The senders send within the block."""
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._enough.set()
            for thread in self._threads:
                thread.join(DEADLINE_S)


def trouble(server: RunningServer) -> str:
    """What the server says is wrong with its store; empty if nothing is."""
    health = server.get("/healthz").json()
    if health["store_trouble"] is None:
        return ""
    assert health["status"] == "degraded"
    return health["store_trouble"]["reason"]


def told_by_the_command_line(server: RunningServer) -> str:
    """What a command says beside its answer."""
    command = [str(Path(sys.executable).with_name("longpole")), "processes", "--url", server.url]
    done = subprocess.run(command, env=child_environment({}), capture_output=True, text=True, check=False, timeout=60)
    return " ".join(done.stderr.split())


def stored(database: str) -> tuple[int, int]:
    """How many rows of spans there are, and of how many spans."""
    with psycopg.connect(database) as connection:
        [found] = connection.execute(DISTINCT.encode()).fetchall()
    return found[0], found[1]


def wait_for_all(load: Load, found: Callable[[], tuple[int, int]]) -> None:
    """Every span that was acknowledged is stored, once."""
    spans = len(load.acknowledged) * STEPS
    wait_until(lambda: found() == (spans, spans), f"{spans} spans once, there are {found()}")


def test_postgresql_that_is_stopped_for_a_while(
    on_postgres: RunningServer, database: str, postgres: PostgresServer
) -> None:
    with Load(on_postgres).running() as load:
        load.goes_on()
        postgres.stop()
        try:
            wait_until(lambda: "does not answer" in trouble(on_postgres), "the server to say so")
            load.goes_on()
        finally:
            postgres.start()
        wait_until(lambda: trouble(on_postgres) == "", "the store to be well again")
        load.goes_on()
    assert load.refusals == []
    wait_for_all(load, lambda: stored(database))


def test_postgresql_that_ends_connections_again_and_again(on_postgres: RunningServer, database: str) -> None:
    with Load(on_postgres).running() as load, psycopg.connect(database, autocommit=True) as session:
        for _ in range(10):
            load.goes_on(10)
            session.execute(END_CONNECTIONS.encode())
        wait_until(lambda: trouble(on_postgres) == "", "the store to be well again")
    assert load.refusals == []
    wait_for_all(load, lambda: stored(database))


def test_tables_that_somebody_else_has_locked(on_postgres: RunningServer, database: str) -> None:
    with Load(on_postgres).running() as load:
        load.goes_on()
        with psycopg.connect(database) as session:
            session.execute(b"LOCK TABLE longpole.executions, longpole.steps IN ACCESS EXCLUSIVE MODE")
            wait_until(lambda: "neither answered nor failed" in trouble(on_postgres), "the server to say so")
            assert "neither answered nor failed for" in told_by_the_command_line(on_postgres)
            load.goes_on()
        wait_until(lambda: trouble(on_postgres) == "", "the store to be well again")
    assert load.refusals == []
    wait_for_all(load, lambda: stored(database))


class Narrow(RunningServer):
    """A server whose files may not grow beyond a size, until it is given room."""

    def start(self) -> "Narrow":
        self.launch("prlimit", "--fsize=1000000:unlimited")
        return self

    def give_room(self) -> None:
        assert self.process is not None
        subprocess.run(["prlimit", "--fsize=unlimited", f"--pid={self.process.pid}"], check=True)


def test_a_database_file_that_cannot_grow(tmp_path: Path) -> None:
    server = Narrow(tmp_path / "narrow")
    server.folder.mkdir()
    try:
        server.start()
        with Load(server, events=20).running() as load:
            wait_until(lambda: trouble(server), "the server to say that its disk is full")
            assert "The store takes no writes since" in told_by_the_command_line(server)
            server.give_room()
            wait_until(lambda: trouble(server) == "", "the store to be well again")
            load.goes_on()
        server.wait_for_spans(len(load.acknowledged) * STEPS)
        assert server.stop() == 0
        server.launch()
        server.wait_for_spans(len(load.acknowledged) * STEPS)
    finally:
        server.close()
