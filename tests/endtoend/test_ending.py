"""A server that is told to stop ends in bounded time, whatever its database does, and loses nothing by it."""

import signal
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Thread

import httpx
import psycopg
import pytest

from database_servers import PostgresServer, postgres_server
from longpole.model.clock import now_ns
from longpole.server.ending import END_S
from longpole.store.store import open_store
from otlp_bodies import body, span
from running_server import DEADLINE_S, RunningServer, wait_until

NUMBERS = count()
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'longpole' AND wait_event_type = 'Lock'"
_STARTING_S = 1.5  # of the process's end, on a busy machine


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
def server(database: str, tmp_path: Path) -> Iterator[RunningServer]:
    """A server on the database, not started yet."""
    running = RunningServer(tmp_path / "one", "--store", database)
    running.folder.mkdir()
    yield running
    running.close()


@contextmanager
def locked(database: str, *tables: str) -> Generator[None]:
    """Nobody else can read or write these tables within the block."""
    with psycopg.connect(database) as session:
        for table in tables:
            session.execute(f"LOCK TABLE longpole.{table} IN ACCESS EXCLUSIVE MODE".encode())
        yield


def waiting(database: str) -> int:
    """How many statements of Longpole wait for a lock."""
    with psycopg.connect(database) as session:
        [(found,)] = session.execute(WAITING).fetchall()
    return found


def seconds_to_stop(server: RunningServer) -> float:
    """How long it takes from the signal to the end of the process, which has ended well."""
    assert server.process is not None
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE_S) == 0
    return time.monotonic() - began


def test_a_job_that_waits_for_the_database_is_cancelled_and_hands_over_its_lease(
    server: RunningServer, database: str
) -> None:
    with locked(database, "rollups"):
        server.start()
        wait_until(lambda: waiting(database) == 1, "the rollups to wait for their table")
        assert seconds_to_stop(server) < 3 + _STARTING_S
        assert waiting(database) == 0
    with psycopg.connect(database) as session:
        [(until_ns,)] = session.execute("SELECT until_ns FROM longpole.leases WHERE name = 'jobs'").fetchall()
    assert until_ns < now_ns()


def test_a_question_that_takes_too_long_is_cancelled_when_the_server_stops(
    server: RunningServer, database: str
) -> None:
    server.start()
    with locked(database, "findings"):
        answers: list[httpx.Response] = []
        asking = Thread(target=lambda: answers.append(server.get("/api/store")))
        asking.start()
        wait_until(lambda: waiting(database) > 0, "the question to wait for a table")
        assert seconds_to_stop(server) < 3 + 1 + _STARTING_S
        assert waiting(database) == 0
        asking.join(DEADLINE_S)


def test_a_server_whose_database_hangs_ends_in_time_and_stores_all_of_it_when_it_is_back(
    server: RunningServer, database: str
) -> None:
    server.start()
    with locked(database, "executions", "steps", "leases", "ingest_ledger"):
        for number in range(1, 11):
            assert server.post(body(*(span(number, place, 1) for place in range(2, 7)))).status_code == 200
        wait_until(lambda: waiting(database) > 0, "the database to hang")
        assert seconds_to_stop(server) < END_S + _STARTING_S
    server.start()
    server.wait_for_spans(50)
