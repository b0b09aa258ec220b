"""What is deleted is gone: from the answers, from what is on its way, and from every file of the data folder."""

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest

from longpole.store.store import open_store
from running_server import JSON, RunningServer, wait_until

SECOND = 10**9
START_NS = 1_790_000_000 * SECOND
MARK = "SECRET-of-the-customer-4711"


def span(number: int, place: int, *, session: str, text: str, is_open: bool = False) -> dict[str, Any]:
    """The agent's span of a trace (place 0) or a step of it."""
    started = START_NS + number * SECOND + place * 1000
    attributes = {
        "gen_ai.operation.name": "invoke_agent" if place == 0 else "execute_tool",
        "gen_ai.agent.name": "clerk",
        "gen_ai.conversation.id": session,
        "longpole.input": f'{{"question": "{text}"}}',
        "error.message": text,
    }
    made: dict[str, Any] = {
        "traceId": f"{number:032x}",
        "spanId": f"{number:08x}{place + 1:08x}",
        "name": f"clerk {text}",
        "startTimeUnixNano": str(started),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
    }
    if is_open:
        made["attributes"].append({"key": "longpole.open", "value": {"boolValue": True}})
    else:
        made["endTimeUnixNano"] = str(started + SECOND // 2)
    if place:
        made["parentSpanId"] = f"{number:08x}{1:08x}"
    return made


def body(spans: list[dict[str, Any]]) -> bytes:
    return msgspec.json.encode({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})


def executions(server: RunningServer) -> set[str]:
    return {item["trace_id"] for item in server.get("/api/executions").json()["items"]}


def files_with(folder: Path, text: str) -> list[str]:
    """The files of a folder in which the text stands, as it is or compressed."""
    found: list[str] = []
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            if text.encode() in content or (content[:2] == b"\x1f\x8b" and text.encode() in gzip.decompress(content)):
                found.append(str(file.relative_to(folder)))
    return found


@pytest.fixture
def filled(server: RunningServer) -> RunningServer:
    """A server with an execution of a session that holds a mark, one of another session, and one that still runs."""
    mine = [span(1, place, session="s-1", text=MARK) for place in range(4)]
    others = [span(2, place, session="s-2", text="something else") for place in range(4)]
    running = [span(3, 0, session="s-1", text=MARK, is_open=True), span(3, 1, session="s-1", text=MARK)]
    assert server.post(body([*mine, *others, *running]), kind=JSON).status_code == 200
    server.wait_for_spans(10)
    return server


def test_a_deleted_session_is_in_no_answer_and_in_no_file(filled: RunningServer) -> None:
    server = filled
    assert files_with(server.folder, MARK)
    counted = server.client.delete(f"{server.url}/api/executions?session=s-1&dry_run=true").json()
    assert (counted["is_done"], counted["executions"], counted["running"], counted["steps"]) == (False, 2, 1, 4)
    assert executions(server) == {f"{number:032x}" for number in (1, 2, 3)}
    gone = server.client.delete(f"{server.url}/api/executions?session=s-1").json()
    assert gone == counted | {"is_done": True}
    assert executions(server) == {f"{2:032x}"}
    assert server.totals()["executions"] == 1
    assert files_with(server.folder, MARK) == []
    assert server.stop() == 0
    assert files_with(server.folder, MARK) == []
    store = open_store(server.folder / "longpole.duckdb")
    rollups = store.rows("every_rollups")
    store.close()
    assert {row["kind"]: row["count"] for row in rollups if row["count"]} == {"execution": 1, "step": 3}
    server.start()
    assert executions(server) == {f"{2:032x}"}


def test_what_a_deleted_execution_still_sends_begins_anew(filled: RunningServer) -> None:
    server = filled
    assert server.client.delete(f"{server.url}/api/executions/{3:032x}").json()["running"] == 1
    assert server.post(body([span(3, 2, session="s-1", text="later")]), kind=JSON).status_code == 200
    wait_until(lambda: f"{3:032x}" in executions(server), "the later step")
    tree = server.get(f"/api/executions/{3:032x}").json()
    assert MARK not in str(tree)


def test_a_deletion_that_names_nothing_is_refused(server: RunningServer) -> None:
    answer = server.client.delete(f"{server.url}/api/executions")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert "session" in answer.json()["detail"]
    assert server.client.delete(f"{server.url}/api/executions/feedfeedfeed").status_code == 404
    nobody = server.client.delete(f"{server.url}/api/executions?user=nobody").json()
    assert (nobody["is_done"], nobody["executions"]) == (True, 0)


def test_the_store_tells_what_it_holds_and_how_its_jobs_stand(filled: RunningServer) -> None:
    def state() -> dict[str, Any]:
        return filled.get("/api/store").json()

    wait_until(lambda: all(job["runs"] for job in state()["jobs"]["jobs"]), "the first run of every job")
    found = state()
    tables = {table["table"]: table for table in found["tables"]}
    wait_until(lambda: {t["table"]: t["rows"] for t in state()["tables"]}["steps"] == 7, "all steps")
    assert tables["bodies"]["oldest"] is not None
    assert found["used_bytes"] + found["log_bytes"] > 0  # what was not checkpointed yet is in the log
    assert found["spool"]["held_bytes"] >= 0
    assert (found["jobs"]["is_here"], [job["name"] for job in found["jobs"]["jobs"]]) == (
        True,
        ["rollups", "retention", "findings", "alerts", "alert messages", "webhooks"],
    )
    assert {job["error"] for job in found["jobs"]["jobs"]} == {None}
