"""`longpole sql` and `POST /api/sql`, with a server and without one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from longpole.settings import child_environment
from otlp_bodies import body, span
from running_server import RunningServer

SPANS = 5
STORED = "SELECT (SELECT count(*) FROM steps) + (SELECT count(*) FROM executions) AS stored"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that holds one trace, and answers SQL for three seconds at most."""
    running = RunningServer(tmp_path_factory.mktemp("sql") / "longpole")
    running.folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGPOLE_SQL_TIMEOUT_MS", "3000")
        running.start()
    try:
        assert running.post(body(*(span(1, number) for number in range(1, SPANS + 1)))).status_code == 200
        running.wait_for_spans(SPANS)
        yield running
    finally:
        running.close()


def ask(filled: RunningServer, sql: str, **more: object) -> tuple[int, dict[str, object]]:
    answer = filled.client.post(f"{filled.url}/api/sql", json={"sql": sql, **more})
    return answer.status_code, answer.json()


def run(*words: str, status: int = 0, given: str | None = None) -> tuple[str, str]:
    program = Path(sys.executable).with_name("longpole")
    done = subprocess.run([str(program), *words], input=given, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


def test_a_select_is_answered_and_anything_else_refused(filled: RunningServer) -> None:
    status, answer = ask(
        filled, "SELECT count(*) AS number, 'x' AS word FROM (FROM executions SELECT trace_id) LIMIT 1"
    )
    assert (status, answer["columns"]) == (
        200,
        [{"name": "number", "type": "BIGINT"}, {"name": "word", "type": "VARCHAR"}],
    )
    assert ask(filled, "DELETE FROM executions")[0] == 400
    assert ask(filled, "SELECT * FROM read_text('/etc/passwd')")[0] == 400
    status, problem = ask(filled, "SELECT 1", limit=0)
    assert (status, "Expected 1 to 10000" in str(problem["detail"])) == (400, True)
    assert ask(filled, "SELECT 1", workspace="x")[0] == 400
    status, problem = ask(filled, "WITH RECURSIVE r AS (SELECT 1 i UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r")
    assert (status, "not done after 3 seconds" in str(problem["detail"])) == (400, True)
    assert filled.get("/healthz").status_code == 200


def test_the_command_prints_a_table_json_or_csv(filled: RunningServer) -> None:
    told, _ = run("sql", "SELECT range AS n, NULL AS nothing FROM range(3)", "--limit", "2", "--url", filled.url)
    lines = told.splitlines()
    assert [line.split() for line in lines[:3]] == [["n", "nothing"], ["0", "null"], ["1", "null"]]
    assert lines[3].startswith("The first 2 rows, there is more;")
    told, _ = run("sql", "SELECT 1 AS n, [1, 2] AS list", "--json", "--url", filled.url)
    assert json.loads(told)["rows"] == [[1, [1, 2]]]
    told, said = run("sql", "-", "--csv", "--url", filled.url, given="SELECT 'a,b' AS text, NULL AS nothing")
    assert told == 'text,nothing\n"a,b",\n'
    assert said.startswith("1 row;")


def test_the_command_tells_the_errors_of_the_database(filled: RunningServer) -> None:
    _, said = run("sql", "SELECT nome FROM steps", "--url", filled.url, status=2)
    assert "LINE 1: SELECT nome FROM steps" in said
    run("sql", "SELECT 1", "--csv", "--json", "--url", filled.url, status=2)


def test_without_a_server_the_store_is_asked_itself(tmp_path: Path) -> None:
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    running.start()
    try:
        running.post(body(span(1, 1), span(1, 2)))
        running.wait_for_spans(2)
        running.stop()
    finally:
        running.close()
    program = Path(sys.executable).with_name("longpole")
    command = [str(program), "sql", STORED, "--csv", "--data", str(running.folder)]
    environment = child_environment({"LONGPOLE_PORT": "9"})
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "stored\n2\n"
