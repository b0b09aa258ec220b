"""Spans that come late, in parts, in the wrong order or with another clock, through a real server."""

import json
from typing import Any

from otlp_bodies import NOON_NS
from running_server import JSON, RunningServer, wait_until

TRACE = "5e" * 16
SECOND = 1_000_000_000


def text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def post(server: RunningServer, *spans: dict[str, Any], process: str = "host-a:1") -> None:
    resource = {"attributes": [text("service.instance.id", process), text("service.name", "shop")]}
    content = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}
    assert server.post(json.dumps(content).encode(), kind=JSON).status_code == 200


def span(
    number: int, parent: int | None, *, start_s: float, end_s: float | None, name: str = "", **attributes: str
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "name": name or f"span {number}",
        "startTimeUnixNano": str(NOON_NS + int(start_s * SECOND)),
        "endTimeUnixNano": "0" if end_s is None else str(NOON_NS + int(end_s * SECOND)),
        "attributes": [text(key.replace("__", "."), value) for key, value in attributes.items()],
    }
    if end_s is None:
        told["attributes"].append({"key": "longpole.open", "value": {"boolValue": True}})
    return told if parent is None else told | {"parentSpanId": f"{parent:016x}"}


def tree(server: RunningServer) -> dict[str, Any]:
    return server.get(f"/api/executions/{TRACE}").json()


def agent(number: int, **told: Any) -> dict[str, Any]:
    return span(number, None, gen_ai__operation__name="invoke_agent", gen_ai__agent__name="buyer", **told)


def test_children_that_come_before_their_parent_find_it(server: RunningServer) -> None:
    post(server, span(3, 2, start_s=2, end_s=3))
    server.wait_for_spans(1)
    post(server, span(2, 1, start_s=1, end_s=4))
    post(server, agent(1, start_s=0, end_s=5))
    wait_until(lambda: len(server.get("/api/executions").json()["items"]) == 1, "one tree")
    wait_until(lambda: tree(server)["execution"]["is_settled"], "the tree to settle")
    found = tree(server)
    assert [(step["step_id"][-1], step["parent_step_id"][-1]) for step in found["steps"]] == [("2", "1"), ("3", "2")]
    assert found["missing_parents"] == 0


def test_a_span_sent_again_after_it_settled_tells_more_and_stays_one(server: RunningServer) -> None:
    post(server, agent(1, start_s=0, end_s=5), span(2, 1, start_s=1, end_s=4))
    wait_until(lambda: server.get(f"/api/executions/{TRACE}").status_code == 200, "the tree")
    wait_until(lambda: tree(server)["execution"]["is_settled"], "the tree to settle")
    wait_until(lambda: server.intake()["open_spans"] == 0, "the tree to leave the server's memory")
    more = {"gen_ai__operation__name": "chat", "gen_ai__request__model": "gpt-5.2-mini"}
    post(server, span(2, 1, start_s=1, end_s=4, **more))
    wait_until(lambda: tree(server)["steps"][0].get("model") == "gpt-5.2-mini", "what came later")
    assert len(tree(server)["steps"]) == 1
    assert server.intake()["replaced"] == 1


def test_a_running_execution_is_shown_grows_and_ends(server: RunningServer) -> None:
    post(server, agent(1, start_s=0, end_s=None))
    server.wait_for_spans(1)
    assert tree(server)["execution"]["status"] == "running"
    post(server, span(2, 1, start_s=1, end_s=2))
    wait_until(lambda: len(tree(server)["steps"]) == 1, "its step")
    assert tree(server)["duration_ns"] is None
    post(server, agent(1, start_s=0, end_s=3))
    wait_until(lambda: tree(server)["duration_ns"] == 3 * SECOND, "its end")
    assert tree(server)["execution"]["status"] == "success"


def test_a_host_whose_clock_is_behind_is_named_and_its_times_stay_as_told(server: RunningServer) -> None:
    post(server, agent(1, start_s=0, end_s=5), span(2, 1, start_s=1, end_s=4, http__request__method="GET"))
    post(server, span(3, 2, start_s=1.1 - 60, end_s=3.9 - 60), process="host-b:9")
    server.wait_for_spans(3)
    found = tree(server)
    (clock,) = found["clocks"]
    assert (clock["process"], clock["against"], clock["impossible"]) == ("host-b:9", "host-a:1", 1)
    assert clock["low_ns"] <= -60 * SECOND <= clock["high_ns"]
    told = next(step for step in found["steps"] if step["step_id"].endswith("3"))
    assert told["offset_ns"] == round((1.1 - 60) * SECOND)
