"""Scores from people and programs, through a real server: kept, shown, refused with a reason."""

import json
import subprocess
import sys
from typing import Any

import pytest

from longpole.settings import child_environment
from otlp_bodies import NOON_NS, json_body, json_span
from running_server import JSON, RunningServer, wait_until

TRACE, SPAN = f"{7:032x}", f"{1:016x}"
EXECUTION = TRACE + SPAN


def text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


@pytest.fixture(scope="module")
def scored_server(shared_server: RunningServer) -> RunningServer:
    """A server with one agent's execution and one step."""
    agent = [text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", "triage")]
    spans = (json_span(7, 1, attributes=agent), json_span(7, 2, parentSpanId=SPAN))
    assert shared_server.post(json_body(*spans), kind=JSON).status_code == 200
    shared_server.wait_for_spans(2)
    return shared_server


def post(server: RunningServer, score: object) -> Any:
    return server.client.post(f"{server.url}/api/scores", json=score)


def scores(server: RunningServer, name: str) -> list[dict[str, Any]]:
    return server.get("/api/scores", params={"name": name}).json()["items"]


def wait_for_score(server: RunningServer, name: str) -> dict[str, Any]:
    return wait_until(lambda: scores(server, name), f"the score {name}")[0]


def test_a_score_is_kept_and_shown_with_its_execution(scored_server: RunningServer) -> None:
    given = {
        "execution_id": EXECUTION[:40],
        "name": "helpful",
        "value": 0.8,
        "label": "good",
        "comment": "short and right",
        "time": "2026-11-21T12:00:00Z",
    }
    answer = post(scored_server, given)
    assert answer.status_code == 202
    assert answer.json()["execution_id"] == EXECUTION
    found = wait_for_score(scored_server, "helpful")
    assert found == answer.json()
    assert (found["value"], found["label"], found["comment"], found["agent"]) == (
        0.8, "good", "short and right", "triage",
    )  # fmt: skip
    assert found["time"].startswith("2026-11-21T12:00:00")
    tree = scored_server.get(f"/api/executions/{EXECUTION}").json()
    assert [score["name"] for score in tree["scores"]].count("helpful") == 1
    assert [event["name"] for event in tree["events"]].count("gen_ai.evaluation.result") >= 1


def test_a_score_survives_a_killed_server(server: RunningServer) -> None:
    assert server.post(json_body(json_span(7, 1)), kind=JSON).status_code == 200
    server.wait_for_spans(1)
    assert post(server, {"execution_id": TRACE, "name": "kept", "value": 1}).status_code == 202
    server.kill()
    server.start()
    assert wait_for_score(server, "kept")["value"] == 1.0


def test_a_log_record_of_any_program_is_a_score_of_its_execution(scored_server: RunningServer) -> None:
    record = {
        "timeUnixNano": str(NOON_NS + 5),
        "eventName": "gen_ai.evaluation.result",
        "traceId": TRACE,
        "spanId": f"{2:016x}",
        "attributes": [
            text("gen_ai.evaluation.name", "faithful"),
            {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.25}},
        ],
    }
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()
    for _ in range(2):  # an exporter that tries again
        assert scored_server.post(body, "/v1/logs", JSON).status_code == 200
    found = wait_for_score(scored_server, "faithful")
    assert (found["execution_id"], found["value"], found["label"]) == (EXECUTION, 0.25, None)
    assert len(scores(scored_server, "faithful")) == 1


def test_a_program_scores_its_own_execution(server: RunningServer) -> None:
    program = (
        "import longpole\n"
        "longpole.configure()\n"
        "@longpole.agent\n"
        "def judged():\n"
        "    with longpole.time_step('inner'):\n"
        "        longpole.score('correct', 1.0, comment='as expected')\n"
        "judged()\n"
    )
    environment = child_environment({"LONGPOLE_DATA_FOLDER": str(server.folder)})
    subprocess.run([sys.executable, "-c", program], env=environment, timeout=60, check=True)
    found = wait_for_score(server, "correct")
    assert (found["agent"], found["value"], found["comment"]) == ("judged", 1.0, "as expected")


def test_scores_are_filtered(scored_server: RunningServer) -> None:
    post(scored_server, {"execution_id": EXECUTION, "name": "tone", "label": "rude"})
    wait_for_score(scored_server, "tone")

    def count(**filters: str) -> int:
        return len(scored_server.get("/api/scores", params={"name": "tone", **filters}).json()["items"])

    assert (count(agent="triage"), count(agent="other")) == (1, 0)
    assert (count(label="rude"), count(label="polite")) == (1, 0)
    assert (count(workspace="default"), count(workspace="theirs")) == (1, 0)


@pytest.mark.parametrize(
    ("score", "status", "words"),
    [
        ({"execution_id": "f" * 48, "name": "n", "value": 1}, 404, "There is no execution"),
        ({"execution_id": EXECUTION, "name": "n"}, 400, "neither a value nor a label"),
        ({"execution_id": EXECUTION, "name": "n", "label": "  "}, 400, "neither a value nor a label"),
        ({"execution_id": EXECUTION, "name": " ", "value": 1}, 400, "name"),
        ({"execution_id": EXECUTION, "name": "n", "value": "high"}, 400, "float"),
        ({"execution_id": EXECUTION, "name": "n", "value": 1, "time": "yesterday"}, 400, "RFC 3339"),
        ({"execution_id": EXECUTION, "name": "n", "value": 1, "time": "1960-01-01T00:00:00Z"}, 400, "1970"),
        ({"execution_id": EXECUTION, "name": "n", "value": 1, "colour": "red"}, 400, "colour"),
        ({"name": "n", "value": 1}, 400, "execution_id"),
        ([1], 400, "object"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_reason(
    scored_server: RunningServer, score: object, status: int, words: str
) -> None:
    answer = post(scored_server, score)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert words in problem["detail"]
    assert "Expected" in problem["detail"]


@pytest.mark.parametrize("value", ["1e999", "-1e999", "NaN", "Infinity"])
def test_a_value_that_is_not_finite_is_refused(scored_server: RunningServer, value: str) -> None:
    body = f'{{"execution_id": "{EXECUTION}", "name": "n", "value": {value}}}'.encode()
    answer = scored_server.post(body, "/api/scores", JSON)
    assert answer.status_code == 400
    assert "Expected" in answer.json()["detail"]


def test_the_schema_documents_scores_and_processes(scored_server: RunningServer) -> None:
    paths = scored_server.get("/schema").json()["paths"]
    assert {"get", "post"} <= paths["/api/scores"].keys()
    assert {"202", "400", "404", "503"} <= paths["/api/scores"]["post"]["responses"].keys()
    names = {parameter["name"] for parameter in paths["/api/scores"]["get"]["parameters"]}
    assert {"name", "label", "agent", "from", "limit"} <= names
    assert "get" in paths["/api/processes"]
