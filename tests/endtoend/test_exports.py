"""Files of executions for other programs, asked of a real server and read as those programs read them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from running_server import RunningServer, wait_until

RUNS, AGENTS = 12, 4


@pytest.fixture(scope="module")
def example(shared_server: RunningServer) -> RunningServer:
    """A server with the example that an empty dashboard offers."""
    assert shared_server.client.post(shared_server.url + "/api/example").status_code == 202
    wait_until(lambda: len(items(shared_server)) == RUNS * AGENTS, "all executions to be settled")
    return shared_server


def items(server: RunningServer) -> list[dict[str, Any]]:
    listed = server.get("/api/executions", params={"limit": "1000"}).json()["items"]
    return [item for item in listed if item["is_settled"]]


def test_the_csv_file_has_the_rows_of_the_list_in_its_order(example: RunningServer) -> None:
    answer = example.get("/api/export/executions", params={"agent": "lead", "sort": "duration"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    listed = example.get("/api/executions", params={"agent": "lead", "sort": "duration"}).json()["items"]

    assert [row["execution_id"] for row in rows] == [item["execution_id"] for item in listed]
    assert [int(row["duration_ns"]) for row in rows] == [item["duration_ns"] for item in listed]
    assert json.loads(rows[0]["category_ns"]) == listed[0]["category_ns"]
    assert answer.headers["longpole-rows"] == str(RUNS)
    assert answer.headers["longpole-more"] == "false"


def test_a_limit_says_that_there_is_more(example: RunningServer) -> None:
    answer = example.get("/api/export/executions", params={"format": "json", "limit": "5"})

    assert len(answer.json()) == 5
    assert answer.headers["longpole-more"] == "true"


def test_the_parquet_file_is_read_by_a_database(example: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "executions.parquet"
    path.write_bytes(example.get("/api/export/executions", params={"format": "parquet"}).content)
    with duckdb.connect() as database:
        found = database.execute(
            f"SELECT agent, count(*), sum(duration_ns)::BIGINT FROM '{path}' GROUP BY 1 ORDER BY 1"
        ).fetchall()

    listed = items(example)
    expected = {
        agent: [item["duration_ns"] for item in listed if item["agent"] == agent]
        for agent in sorted({item["agent"] for item in listed})
    }
    assert found == [(agent, len(times), sum(times)) for agent, times in expected.items()]


@pytest.mark.parametrize(("limit", "format_"), [("0", "csv"), ("50001", "csv"), ("many", "csv"), ("5", "xlsx")])
def test_what_cannot_be_made_is_refused_in_words(example: RunningServer, limit: str, format_: str) -> None:
    answer = example.get("/api/export/executions", params={"format": format_, "limit": limit})

    assert answer.status_code == 400
    assert "Expected" in answer.json()["detail"]


def test_perfetto_sees_every_span_at_its_time(example: RunningServer) -> None:
    lead, tree = one_lead(example)
    events = example.get(f"/api/executions/{lead}/export", params={"format": "perfetto"}).json()["traceEvents"]

    spans = sorted((event["name"], event["ts"], event["dur"]) for event in events if event["ph"] == "X")
    executions = [(node["agent"], node["offset_ns"] / 1000, node["duration_ns"] / 1000) for node in tree["executions"]]
    steps = [(node["name"], node["offset_ns"] / 1000, node["duration_ns"] / 1000) for node in tree["steps"]]
    assert spans == sorted(executions + steps)


def test_speedscope_gets_stacks_that_open_and_close(example: RunningServer) -> None:
    lead, tree = one_lead(example)
    answer = example.get(f"/api/executions/{lead}/export", params={"format": "speedscope"})
    made = answer.json()
    frames = [frame["name"] for frame in made["shared"]["frames"]]

    opened = 0
    for profile in made["profiles"]:
        stack: list[int] = []
        at = 0
        for event in profile["events"]:
            assert at <= event["at"] <= profile["endValue"]
            at = event["at"]
            if event["type"] == "O":
                opened += 1
                stack.append(event["frame"])
            else:
                assert stack.pop() == event["frame"]
        assert stack == []
    assert opened == len(tree["executions"]) + len(tree["steps"])
    assert set(frames) == {node["agent"] for node in tree["executions"]} | {node["name"] for node in tree["steps"]}
    assert 'filename="lead-' in answer.headers["content-disposition"]


def one_lead(server: RunningServer) -> tuple[str, dict[str, Any]]:
    lead = next(item["execution_id"] for item in items(server) if item["agent"] == "lead")
    return lead, server.get(f"/api/executions/{lead}").json()
