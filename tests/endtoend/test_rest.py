"""The REST interface as a client meets it: real routes over a real DuckDB."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from longpole.reports.questions import QUESTIONS, QUESTIONS_OF_ONE
from longpole.server.http import api_app
from longpole.store.store import open_store
from triage_example import CHILD_ID, EXECUTION_ID, PLAN_SPAN, TRACE_ID, triage_batch


class Client:
    """Asks the application, one event loop per question."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def get(self, path: str, *, method: str = "GET", **more: Any) -> httpx.Response:
        """The answer to one request."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    store = open_store(":memory:")
    store.write(triage_batch())
    yield Client(api_app(store))
    store.close()


def test_the_list_has_the_fields_that_were_promised(client: Client) -> None:
    page = client.get("/api/executions", params={"parent": "none"}).json()
    assert page["next_cursor"] is None
    (item,) = page["items"]
    promised = (
        "execution_id trace_id parent_execution_id agent method status stage started_at duration_ns steps_total "
        "input_tokens output_tokens cost_usd error_type error_message session_id user_id version environment workspace"
    )
    assert set(promised.split()) <= item.keys()
    assert item["started_at"] == "2026-11-21T01:45:53.000000Z"
    assert item["duration_ns"] == 10_000_000_000


def test_pages_follow_each_other_by_the_cursor(client: Client) -> None:
    first = client.get("/api/executions", params={"limit": 1}).json()
    second = client.get("/api/executions", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [page["items"][0]["execution_id"] for page in (first, second)] == [CHILD_ID, EXECUTION_ID]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("name", [EXECUTION_ID, TRACE_ID])
def test_an_execution_is_found_by_its_id_and_by_its_trace(client: Client, name: str) -> None:
    tree = client.get(f"/api/executions/{name}").json()
    assert tree["execution"]["execution_id"] == EXECUTION_ID
    assert sum(tree["shares"].values()) == tree["duration_ns"]
    assert len(tree["executions"]) + len(tree["steps"]) == 11


def test_a_step_brings_its_bodies(client: Client) -> None:
    detail = client.get(f"/api/executions/{EXECUTION_ID}/steps/{PLAN_SPAN}").json()
    assert detail["input"] == [{"role": "user", "content": "Please plan"}]


def test_coverage_names_the_gaps_over_the_limit(client: Client) -> None:
    path = f"/api/executions/{EXECUTION_ID}/coverage"
    assert len(client.get(path).json()["gaps"]) == 3
    coverage = client.get(path, params={"gap_ms": "500", "workspace": "default"}).json()
    assert [(gap["inside"], gap["before"], gap["after"]) for gap in coverage["gaps"]] == [
        ("claims-triage", "damage-assessor", None)
    ]
    assert coverage["share"] == client.get(f"/api/executions/{EXECUTION_ID}").json()["coverage"]["share"] == 0.79


def test_questions_about_an_agent_are_answered(client: Client) -> None:
    why = client.get("/api/analysis/why-not", params={"agent": "fraud-review"}).json()
    assert (why["outcome"], why["considered"][0]["score"]) == ("below_threshold", 0.58)
    agent = client.get("/api/analysis/agent", params={"agent": "claims-triage"}).json()
    assert (agent["executions"], agent["success_rate"], agent["tokens"]) == (1, 0.0, 1540)
    trend = client.get("/api/analysis/trend", params={"operation": "embed", "days": "3660"}).json()
    assert trend["points"][0]["timings"] == 5


def test_questions_about_executions_are_answered(client: Client) -> None:
    (failed,) = client.get("/api/analysis/failed-executions").json()["items"]
    assert (failed["execution"]["execution_id"], failed["input"]) == (EXECUTION_ID, {"claim": "CLM-48213"})
    (slow,) = client.get("/api/analysis/slow-executions").json()["items"]
    assert slow["model_ns"] + slow["overhead_ns"] == slow["execution"]["duration_ns"]
    log = client.get(f"/api/executions/{EXECUTION_ID}/log").json()
    assert [entry["name"] for entry in log["entries"]] == ["claim read"]
    (call,) = client.get(f"/api/executions/{EXECUTION_ID}/model-calls").json()["calls"]
    assert call["request"] == [{"role": "user", "content": "Please plan"}]
    (link,) = client.get(f"/api/executions/{CHILD_ID}/calls").json()["calls"]
    assert (link["parent_agent"], link["child_agent"]) == ("claims-triage", "damage-assessor")


def test_the_report_tells_the_period_that_was_asked_for(client: Client) -> None:
    report = client.get("/api/analysis/report", params={"period": "1d", "to": "2026-11-22T00:00:00Z"}).json()
    assert (report["from_time"], len(report["stretches"])) == ("2026-11-21T00:00:00.000000Z", 24)
    assert report["sentences"][0].startswith("2 executions of 2 agents in 1 day: ")
    assert [agent["agent"] for agent in report["agents"]] == ["claims-triage", "damage-assessor"]
    before = client.get("/api/analysis/report", params={"to": "2026-11-21T00:00:00Z"}).json()
    assert before["sentences"] == ["Nothing ran from 14 Nov 2026 to 21 Nov 2026 UTC."]


def test_the_overview_adds_up(client: Client) -> None:
    overview = client.get("/api/overview").json()
    assert overview["totals"]["executions"] + overview["totals"]["steps"] == 11


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/executions?agnt=x", 400, "Did you mean 'agent'?"),
        ("/api/executions?limit=1001", 400, "from 1 to 1000"),
        ("/api/executions?cursor=x", 400, "without a cursor"),
        ("/api/executions?from=soon", 400, "RFC 3339"),
        ("/api/executions?sort=speed", 400, "one of started"),
        ("/api/overview?limit=3", 400, "There is no filter 'limit'"),
        ("/api/executions/unknown", 404, "There is no execution 'unknown'"),
        ("/api/executions/" + EXECUTION_ID + "?fields=all", 400, "Expected only 'workspace'"),
        ("/api/executions/" + EXECUTION_ID + "/steps/0", 404, "There is no step '0'"),
        ("/api/executions/unknown/coverage", 404, "There is no execution 'unknown'"),
        ("/api/executions/" + EXECUTION_ID + "/coverage?gap_ms=soon", 400, "a number of milliseconds"),
        ("/api/executions/" + EXECUTION_ID + "/coverage?gap=1", 400, "Did you mean 'gap_ms'?"),
        ("/api/executions/unknown/log", 404, "There is no execution 'unknown'"),
        ("/api/executions/unknown/model-calls", 404, "There is no execution 'unknown'"),
        ("/api/executions/unknown/calls", 404, "There is no execution 'unknown'"),
        ("/api/executions/" + EXECUTION_ID + "/log?limit=1", 400, "Expected only 'workspace'"),
        ("/api/analysis/why-not", 400, "The filter 'agent' is missing"),
        ("/api/analysis/agent?agnt=x", 400, "Did you mean 'agent'?"),
        ("/api/analysis/trend?operation=x&days=0", 400, "from 1 to 3660"),
        ("/api/analysis/report?period=soon", 400, "Write it like 24h, 7d or 4w."),
        ("/api/analysis/failed-executions?status=failed", 400, "There is no filter 'status'"),
        ("/api/analysis/slow-executions?min_duration=soon", 400, "Write it like 250ms"),
        ("/api/nothing", 404, "There is nothing at /api/nothing"),
        ("/api/executions?agent=%00%FF%F0%9F%92%A9", 200, ""),
    ],
)
def test_every_error_is_problem_details_with_a_cure(client: Client, path: str, status: int, words: str) -> None:
    response = client.get(path)
    assert response.status_code == status
    if status != 200:
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == status
        assert words in problem["detail"]
        assert "Expected" in problem["detail"]
        assert "Traceback" not in response.text


def test_a_wrong_method_is_problem_details(client: Client) -> None:
    response = client.get("/api/executions", method="POST")
    assert response.status_code == 405
    assert response.json()["detail"].startswith("POST is not possible")


def test_a_big_answer_is_compressed_for_those_who_ask(client: Client) -> None:
    plain = client.get("/api/executions", headers={"accept-encoding": "identity"})
    packed = client.get("/api/executions", headers={"accept-encoding": "gzip"})
    refused = client.get("/api/executions", headers={"accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.json() == plain.json()


@pytest.mark.parametrize("path", ["/schema", "/schema/openapi.json"])
def test_the_schema_names_every_route_and_filter(client: Client, path: str) -> None:
    schema = client.get(path).json()
    assert schema["openapi"].startswith("3.1")
    of_many = {f"/api/analysis/{question.name}" for question in QUESTIONS}
    of_one = {f"/api/executions/{{execution_id}}/{question.name}" for question in QUESTIONS_OF_ONE}
    assert {"/api/analysis/why-not", "/api/executions/{execution_id}/critical-path"} <= of_many | of_one
    assert set(schema["paths"]) == {
        "/api/executions",
        "/api/executions/{execution_id}",
        "/api/executions/{execution_id}/steps/{step_id}",
        "/api/executions/{execution_id}/coverage",
        "/api/executions/{execution_id}/export",
        "/api/export/executions",
        "/api/overview",
        "/api/processes",
        "/api/scores",
        *of_many,
        *of_one,
    }
    names = {parameter["name"] for parameter in schema["paths"]["/api/executions"]["get"]["parameters"]}
    assert {"agent", "attribute", "min_duration", "from", "to", "cursor"} <= names
    assert "ExecutionItem" in schema["components"]["schemas"]
