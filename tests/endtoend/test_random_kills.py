"""kill -9 of the server, of agents, of PostgreSQL and of Redis at seeded moments under load; ends in the middle of it.

What was acknowledged is stored exactly once; a body whose sender was not told is there whole, or not at all.
"""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from database_servers import PostgresServer, RedisServer, free_port, postgres_server
from live_agent import LiveClient
from longpole.settings import child_environment
from longpole.store.store import open_store
from running_server import DEADLINE_S, RunningServer, put_into_spool, wait_until
from senders import STEPS, Senders, check_rows, is_drained, shown, trace_of, traces_of

SEED = 1811
MOST_DRAIN_S = 10.0
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


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path, free_port())
    server.start()
    yield server
    server.stop()


def test_random_kills_of_redis_lose_and_double_nothing_and_listeners_hear_on(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(SEED)
    monkeypatch.setenv("LONGPOLE_REDIS", redis.address)
    server = RunningServer(tmp_path / "one")
    server.folder.mkdir()
    senders = Senders(server.start())
    with closing(server):
        with senders.running(), LiveClient(server, kinds=["execution.completed"], trees=False) as client:
            for _ in range(3):
                senders.go_on(10)
                Event().wait(chance.uniform(0.02, 0.4))
                redis.kill()
                senders.go_on(20)
                newest = max(senders.acknowledged)
                client.until_trace(lambda number, newest=newest: number >= newest)
                redis.start()
            senders.go_on(10)
            wait_until(lambda: server.get("/healthz").json()["live_trouble"] is None, "Redis to be heard again")
        wait_until(lambda: is_drained(server), "the spool to be read")
        check_rows(senders, lambda: shown(server))


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
