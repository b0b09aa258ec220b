"""A real server on ClickHouse's own engine: what it takes is shown, once, also after it was killed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from otlp_bodies import body, span
from otlp_clients import TRUTHS, Recorded, requests_of
from running_server import RunningServer, wait_until

# Each row counted, and each span counted: FINAL leaves one row of a key, and no span is in both tables. It is asked in
# a process of its own, as one process can have one folder of ClickHouse open.
ROWS_AND_SPANS = """
import sys
from longpole.store.engines.clickhouse_client import Database, read_address
database = Database(read_address(sys.argv[1]))
database.enter()
print(*database.query(sys.argv[2])[1][0])
"""
SPANS = """
SELECT
    (SELECT count() FROM executions) + (SELECT count() FROM steps) AS rows,
    (
        SELECT uniqExact(workspace, trace_id, id)
        FROM (
            SELECT workspace, trace_id, span_id AS id FROM executions
            UNION ALL
            SELECT workspace, trace_id, step_id AS id FROM steps
        )
    ) AS spans
"""


@pytest.fixture
def clickhouse(tmp_path: Path) -> str:
    return f"chdb://{tmp_path}/clickhouse"


@pytest.fixture
def clickhouse_server(clickhouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server whose store is a ClickHouse in its own process."""
    monkeypatch.setenv("LONGPOLE_STORE", clickhouse)
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


def send(server: RunningServer, requests: list[Recorded]) -> None:
    for request in requests:
        kind = request.headers["content-type"]
        assert server.post(request.plain_body, request.path, kind).status_code == 200


def wait_for_spans(server: RunningServer, count: int) -> None:
    wait_until(lambda: server.stored_spans() == count, f"{count} spans; the server's log: {server.log}")


def test_what_a_real_client_sent_is_there_once_before_and_after_a_kill(
    clickhouse_server: RunningServer, clickhouse: str
) -> None:
    server, truth = clickhouse_server, TRUTHS["openaiagents"]
    requests = requests_of("openaiagents")
    half = len(requests) // 2
    send(server, requests[:half])
    server.kill()
    server.start()
    send(server, requests[half:])
    send(server, requests[:half])
    wait_for_spans(server, truth.spans)
    server.kill()
    server.start()
    wait_for_spans(server, truth.spans)
    totals = server.totals()
    assert (totals["input_tokens"], totals["output_tokens"], totals["model_calls"]) == (
        *truth.tokens,
        truth.model_calls,
    )
    agents = {row["agent"]: row["executions"] for row in server.get("/api/overview").json()["agents"]}
    assert agents == truth.agents
    assert server.stop() == 0
    command = [sys.executable, "-c", ROWS_AND_SPANS, clickhouse, SPANS]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert told.split() == [str(truth.spans), str(truth.spans)]


def test_sql_is_answered_to_the_servers_administrator_and_to_nobody_else(clickhouse_server: RunningServer) -> None:
    server = clickhouse_server
    assert server.post(body(span(1, 1), span(1, 2))).status_code == 200
    server.wait_for_spans(2)

    def ask(sql: str, key: str) -> tuple[int, dict[str, Any]]:
        headers = {"authorization": f"Bearer {key}"}
        answer = server.client.post(f"{server.url}/api/sql", json={"sql": sql}, headers=headers)
        return answer.status_code, answer.json()

    own = json.loads((server.folder / "server.json").read_text())["key"]
    status, answer = ask(
        "SELECT count() AS spans FROM (SELECT span_id FROM executions UNION ALL SELECT step_id FROM steps)", own
    )
    assert (status, answer["columns"], answer["rows"]) == (200, [{"name": "spans", "type": "UInt64"}], [[2]])
    for sql in ("SELECT * FROM keys", "SELECT file('/etc/passwd')", "DROP TABLE steps"):
        assert ask(sql, own)[0] == 400, sql
    program = Path(sys.executable).with_name("longpole")
    command = [str(program), "sql", "SELECT 7 AS n", "--csv", "--url", server.url]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout == "n\n7\n"
    of_a_workspace = {"title": "ours", "workspace": "default", "rights": ["admin"]}
    made = server.client.post(
        f"{server.url}/api/keys", json=of_a_workspace, headers={"authorization": f"Bearer {own}"}
    ).json()["key"]
    status, problem = ask("SELECT 1", made)
    assert (status, "administrator of the whole server" in problem["detail"]) == (403, True)
