"""Servers on a real PostgreSQL: what is shown, what a stopped database, a killed server and a second server change."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from database_servers import PostgresServer, postgres_server
from longpole.settings import child_environment
from otlp_bodies import body, span, text
from otlp_clients import CLIENTS, TRUTHS, requests_of
from running_server import RunningServer, put_into_spool, wait_until

NUMBERS = count()
DISTINCT = """
SELECT count(*), count(DISTINCT (trace_id, span_id)) FROM (
    SELECT trace_id, span_id FROM longpole.executions UNION ALL SELECT trace_id, step_id FROM longpole.steps
) AS spans
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """The address of an empty database."""
    return postgres.make_database(f"test_{next(NUMBERS)}")


@pytest.fixture
def serve(database: str, tmp_path: Path) -> Iterator[Callable[[str], RunningServer]]:
    """Starts servers of given names on the database, each with a folder of its own."""
    running: list[RunningServer] = []

    def start(name: str) -> RunningServer:
        server = RunningServer(tmp_path / name, "--store", database)
        server.folder.mkdir()
        running.append(server)
        return server.start()

    yield start
    for server in running:
        server.close()


def stored_spans(database: str) -> tuple[int, int]:
    """How many rows of spans there are, and of how many spans."""
    with psycopg.connect(database) as connection:
        [found] = connection.execute(DISTINCT.encode()).fetchall()
    return found[0], found[1]


def traces_of(number: int, size: int = 6) -> bytes:
    """A body with one trace: an agent with some steps."""
    agent = span(number, 1, attributes=[text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", "a")])
    return body(agent, *(span(number, place, 1) for place in range(2, size + 1)))


def test_what_a_client_sent_is_shown_from_postgresql(serve: Callable[[str], RunningServer], database: str) -> None:
    server = serve("one")
    client = CLIENTS[0]
    for request in requests_of(client) * 2:
        headers = {name: value for name, value in request.headers.items() if name != "transfer-encoding"}
        assert server.client.post(server.url + request.path, content=request.body, headers=headers).status_code == 200
    server.wait_for_spans(TRUTHS[client].spans)
    items = server.get("/api/executions").json()["items"]
    top = next(item for item in items if item["parent_execution_id"] is None)
    tree = server.get(f"/api/executions/{top['execution_id']}").json()
    assert tree["steps"]
    wait_until(lambda: stored_spans(database) == (TRUTHS[client].spans,) * 2, "every span once")
    assert "postgresql://" in server.log.read_text()


def test_a_database_that_is_gone_for_a_while_loses_nothing(
    serve: Callable[[str], RunningServer], database: str, postgres: PostgresServer
) -> None:
    server = serve("one")
    assert server.post(traces_of(1)).status_code == 200
    server.wait_for_spans(6)
    postgres.stop()
    try:
        for number in range(2, 40):
            assert server.post(traces_of(number)).status_code == 200
    finally:
        postgres.start()
    wait_until(lambda: stored_spans(database) == (39 * 6, 39 * 6), "every span once", 60)
    server.wait_for_spans(39 * 6)


def test_a_killed_server_stores_everything_once_when_it_is_back(
    serve: Callable[[str], RunningServer], database: str
) -> None:
    server = serve("one")
    for number in range(1, 60):
        assert server.post(traces_of(number)).status_code == 200
        if number % 20 == 0:
            server.kill()
            server.start()
    wait_until(lambda: stored_spans(database) == (59 * 6, 59 * 6), "every span once", 60)
    assert len(list((server.folder / "spool").glob("*"))) <= 2


def test_two_servers_that_each_get_half_of_a_trace_lose_and_double_nothing(
    serve: Callable[[str], RunningServer], database: str
) -> None:
    servers = [serve("one"), serve("two")]
    for place in range(2, 42):
        for number in range(1, 6):
            assert servers[place % 2].post(body(span(number, place, 1))).status_code == 200
    for number in range(1, 6):
        assert servers[number % 2].post(traces_of(number, 1)).status_code == 200
    wait_until(lambda: stored_spans(database) == (5 * 41, 5 * 41), f"every span once: {stored_spans(database)}", 60)
    for server in servers:
        server.wait_for_spans(5 * 41)
    for server in servers:
        assert server.stop() == 0
    assert stored_spans(database) == (5 * 41, 5 * 41)


def longpole(*arguments: str, folder: Path, store: str) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("longpole")), *arguments, "--data", str(folder)]
    environment = child_environment({"LONGPOLE_STORE": store, "LONGPOLE_PORT": "1"})
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_commands_answer_from_the_database_while_no_server_runs(
    serve: Callable[[str], RunningServer], database: str, tmp_path: Path
) -> None:
    server = serve("one")
    server.post(traces_of(1))
    server.wait_for_spans(6)
    assert server.stop() == 0
    listed = longpole("list", "--json", folder=tmp_path, store=database)
    assert [item["agent"] for item in json.loads(listed.stdout)["items"]] == ["a"]


def test_executions_are_deleted_while_no_server_runs_also_what_waits_in_its_spool(
    serve: Callable[[str], RunningServer], database: str
) -> None:
    server = serve("one")
    server.post(traces_of(1))
    server.wait_for_spans(6)
    assert server.stop() == 0
    put_into_spool(server.folder, traces_of(2), traces_of(3))
    gone = longpole("store", "delete", "--execution", f"{1:032x}", "--yes", folder=server.folder, store=database)
    assert (gone.returncode, gone.stderr) == (0, "")
    assert stored_spans(database) == (12, 12)
    found = longpole("store", "delete", "--before", "2100-01-01T00:00:00Z", "--yes", "--json", folder=server.folder,
                     store=database)  # fmt: skip
    assert json.loads(found.stdout) | {"is_done": True, "executions": 2, "steps": 10} == json.loads(found.stdout)
    assert stored_spans(database) == (0, 0)
    server.start()
    assert server.stored_spans() == 0


def test_dead_letters_in_the_database_are_tried_again_while_no_server_runs(
    serve: Callable[[str], RunningServer], database: str
) -> None:
    server = serve("one")
    assert server.stop() == 0
    put_into_spool(server.folder, b"no protobuf")
    server.start()
    wait_until(lambda: server.get("/api/dead-letters").json()["items"], "the dead letter")
    assert server.stop() == 0
    (letter,) = json.loads(longpole("deadletter", "list", "--json", folder=server.folder, store=database).stdout)[
        "items"
    ]
    again = longpole("deadletter", "retry", "--all", "--json", folder=server.folder, store=database)
    assert (again.returncode, json.loads(again.stdout)[0]["attempts"]) == (1, 2)
    assert longpole("deadletter", "drop", letter["letter_id"], folder=server.folder, store=database).returncode == 0
    assert "No dead letters" in longpole("deadletter", "list", folder=server.folder, store=database).stdout
