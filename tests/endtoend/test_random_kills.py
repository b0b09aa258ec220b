"""kill -9 of the server, of agents and of PostgreSQL at seeded moments under load; ends and starts in the middle of it.

What was acknowledged is stored exactly once; a body whose sender was not told is there whole, or not at all.
"""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread

import httpx
import psycopg
import pytest

from database_servers import PostgresServer, postgres_server
from longpole.settings import child_environment
from longpole.store.store import open_store
from otlp_bodies import body, span
from running_server import DEADLINE_S, PROTOBUF, RunningServer, put_into_spool, wait_until

SEED = 1811
SENDERS = 3
STEPS = 6
MOST_DRAIN_S = 10.0
ROWS = """
SELECT trace_id, step_id FROM longpole.steps UNION ALL SELECT trace_id, span_id FROM longpole.executions
"""
AGENT = """
import os, sys, time
import longpole

@longpole.timing_step(category="tool")
def work(number):
    return number

longpole.configure()
number = 0
while True:
    number += 1
    work(number)
    os.write(1, b"%d\\n" % number)
    time.sleep(0.002)
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def on_postgres(postgres: PostgresServer, tmp_path: Path) -> Iterator[RunningServer]:
    database = postgres.make_database("kills")
    open_store(database).close()
    running = RunningServer(tmp_path / "one", "--store", database)
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()
        postgres.drop_database("kills")


def trace_of(number: int) -> bytes:
    """A trace of six spans."""
    return body(*(span(number, place, min(place - 1, 1)) for place in range(1, STEPS + 1)))


class Senders:
    """Threads that send traces whatever happens; `acknowledged` are those that were taken."""

    def __init__(self, server: RunningServer) -> None:
        self.acknowledged: set[int] = set()
        self.sent: set[int] = set()
        self._server = server
        self._numbers = count(1)
        self._lock = Lock()
        self._enough = Event()
        self._threads = [Thread(target=self._send, daemon=True) for _ in range(SENDERS)]

    @contextmanager
    def running(self) -> Generator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._enough.set()
            for thread in self._threads:
                thread.join(DEADLINE_S)

    def go_on(self, bodies: int) -> None:
        """Wait until so many more were acknowledged."""
        goal = len(self.acknowledged) + bodies
        wait_until(lambda: len(self.acknowledged) >= goal, f"{bodies} more bodies")

    def _send(self) -> None:
        client = httpx.Client(timeout=5, trust_env=False)
        while not self._enough.is_set():
            with self._lock:
                number = next(self._numbers)
            self.sent.add(number)
            content = trace_of(number)
            try:
                answer = client.post(
                    f"{self._server.url}/v1/traces", content=content, headers={"content-type": PROTOBUF}
                )
            except httpx.TransportError:
                client.close()
                client = httpx.Client(timeout=5, trust_env=False)
                self._enough.wait(0.05)
                continue
            assert answer.status_code in (200, 429, 503)
            if answer.status_code == 200:
                self.acknowledged.add(number)
            self._enough.wait(0.01)
        client.close()


def is_drained(server: RunningServer) -> bool:
    with suppress(httpx.TransportError):
        health = server.get("/healthz").json()
        return health["pending_bytes"] == 0 and health["store_trouble"] is None
    return False


def check_rows(senders: Senders, rows: Callable[[], list[int]]) -> None:
    """Every acknowledged trace is there with all its spans, none twice, none in part."""

    def all_there() -> bool:
        return senders.acknowledged <= set(rows())

    wait_until(all_there, "what was acknowledged")
    found = rows()
    assert len(found) == len(set(found)) * STEPS
    assert set(found) <= senders.sent


def traces_of(database: str) -> list[int]:
    """The trace of each stored span; fails if a span is there twice."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(ROWS.encode()).fetchall()
    assert len(rows) == len(set(rows))
    return [int(trace, 16) for trace, _ in rows]


def test_random_kills_of_the_server_and_of_postgresql_lose_and_double_nothing(
    on_postgres: RunningServer, postgres: PostgresServer
) -> None:
    chance = random.Random(SEED)
    senders = Senders(on_postgres)
    with senders.running():
        for victim in chance.sample(["server", "postgres"] * 2, 4):
            senders.go_on(10)
            Event().wait(chance.uniform(0.02, 0.4))
            if victim == "server":
                on_postgres.kill()
                on_postgres.start()
            else:
                postgres.kill()
                senders.go_on(10)  # it is not needed for taking bodies
                postgres.start()
        senders.go_on(10)
    wait_until(lambda: is_drained(on_postgres), "the spool to be read")
    database = on_postgres.options[1]
    check_rows(senders, lambda: traces_of(database))


def test_random_kills_of_agents_keep_all_but_their_last_moment(server: RunningServer) -> None:
    chance = random.Random(SEED)
    done = 0
    for _ in range(3):
        environment = child_environment({"LONGPOLE_DATA_FOLDER": str(server.folder)})
        with subprocess.Popen([sys.executable, "-c", AGENT], env=environment, stdout=subprocess.PIPE) as agent:
            assert agent.stdout is not None
            assert agent.stdout.readline() == b"1\n"
            Event().wait(chance.uniform(0.3, 0.9))
            server.kill() if chance.random() < 0.5 else None
            agent.kill()
            done += int(agent.stdout.read().splitlines()[-1])
        if server.process is not None and server.process.poll() is not None:
            server.start()
    # What waited 200 ms at most, a hundred steps each time, may be gone with the process.
    wait_until(lambda: server.stored_spans() >= done - 3 * 100, f"the steps of {done}")
    assert server.stored_spans() <= done + 3


def test_sigterm_under_load_ends_within_ten_seconds_and_loses_nothing(server: RunningServer) -> None:
    senders = Senders(server)
    with senders.running():
        senders.go_on(100)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < MOST_DRAIN_S
        server.start()
    wait_until(lambda: is_drained(server), "the spool to be read")
    check_rows(senders, lambda: shown(server))
    assert "Traceback" not in server.log.read_text()


def shown(server: RunningServer) -> list[int]:
    """The trace of each span that the server shows."""
    found: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = server.get("/api/executions", params={"limit": 1000} | ({"cursor": cursor} if cursor else {})).json()
        for item in page["items"]:
            found += [int(item["trace_id"], 16)] * (1 + item["steps_completed"])
        cursor = page["next_cursor"]
    return found


def test_a_server_that_is_killed_or_started_again_while_it_drains_loses_nothing(server: RunningServer) -> None:
    chance = random.Random(SEED)
    bodies = 1000
    server.stop()
    put_into_spool(server.folder, *(trace_of(number) for number in range(1, bodies + 1)))
    server.start()
    for is_killed in (True, False):
        first = server.process
        assert first is not None
        first.send_signal(signal.SIGTERM)
        if is_killed:
            Event().wait(chance.uniform(0, 0.1))
            first.kill()
        wait_until(lambda: is_started_again(server), "the next one to be let in")
        assert first.wait(DEADLINE_S) == (-signal.SIGKILL if is_killed else 0)
    server.wait_for_spans(bodies * STEPS)


def is_started_again(server: RunningServer) -> bool:
    """Whether another server was let in; while the one before it drains it is told who holds the folder."""
    try:
        server.start()
    except AssertionError:
        told = " ".join(server.log.read_text().split())
        assert "is held by the process" in told
        assert "Traceback" not in told
        return False
    return True
