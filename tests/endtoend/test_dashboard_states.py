"""How an execution stands, in a real browser: what hangs, what crashed, what stood still, what no step explains."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from running_server import JSON, RunningServer, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

MS = 1_000_000
HANGS, CRASHED, FINISHED = "1" * 32, "2" * 32, "3" * 32
AGENT = {"longpole.kind": "agent", "longpole.agent": "claims-triage"}
CALL = {"longpole.kind": "step", "longpole.category": "llm", "gen_ai.request.model": "gpt-5.2-mini"}
TOOL = {"longpole.kind": "step", "longpole.category": "tool"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with executions that hang, one whose process has vanished, and one that is finished."""
    running = RunningServer(tmp_path_factory.mktemp("states") / "longpole")
    running.folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGPOLE_CRASHED_AFTER_MS", "200")
        running.start()
    try:
        now = time.time_ns()
        send(running, None, hanging(HANGS, now - 12_000 * MS))
        send(running, "p-2", hanging(CRASHED, now - 15_000 * MS))
        send(running, "p-3", finished(FINISHED, now - 60_000 * MS))
        for number, status in enumerate(("llm_response", "llm_request", "pending")):
            told = AGENT | {"longpole.status": status}
            send(running, None, [span(f"{number + 4:032x}", 1, 0, "later", now + number, None, told)])
        for process in ("p-2", "p-3"):
            send_beat(running, process, now, is_last=process == "p-3")
        wait_until(lambda: status_of(running, CRASHED) == "crashed", "the silence of a process to be noticed")
        wait_until(lambda: tree_of(running, FINISHED)["execution"]["is_settled"], "an execution to settle")
        yield running
    finally:
        running.close()


@pytest.fixture
def page(open_page: Callable[[str], Page], filled: RunningServer) -> Page:
    """A page of the filled server."""
    return open_page(filled.url)


def hanging(trace: str, start: int) -> list[dict[str, Any]]:
    """An execution whose model call has no answer yet."""
    return [
        span(trace, 1, 0, "claims-triage", start, None, AGENT),
        span(trace, 2, 1, "chat", start + 2000 * MS, None, CALL | {"longpole.status": "llm_request"}),
    ]


def finished(trace: str, start: int) -> list[dict[str, Any]]:
    """An execution of 2 s with stages, a blocked step and 500 ms that no step explains."""
    stages = [
        event(start, "longpole.stage", stage="init", status="started"),
        event(start + 3 * MS, "longpole.stage", stage="init", status="completed", duration_ms=3.0),
        event(start + 3 * MS, "longpole.stage", stage="llm_call", status="started"),
        event(start + 2000 * MS, "longpole.stage", stage="llm_call", status="left_open", duration_ms=1997.0),
    ]
    blocked = event(start + 500 * MS, "longpole.loop_blocked", duration_ms=120.0, by="refresh_rate_table")
    place = {"code.file.path": "agents/triage.py", "code.line.number": 18}
    return [
        span(trace, 1, 0, "claims-triage", start, start + 2000 * MS, AGENT | place, stages),
        span(trace, 2, 1, "search", start, start + 900 * MS, TOOL, [blocked]),
        span(trace, 3, 1, "write", start + 1400 * MS, start + 2000 * MS, TOOL),
    ]


def span(
    trace: str,
    number: int,
    parent: int,
    name: str,
    start: int,
    end: int | None,
    told: dict[str, Any],
    events: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A span as JSON has it; without an end it is open."""
    return {
        "traceId": trace,
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": name,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end or 0),
        "attributes": attributes(told if end else told | {"longpole.open": True}),
        "events": events or [],
        "status": {"code": 1} if end else {},
    }


def event(at: int, name: str, **told: Any) -> dict[str, Any]:
    """An event of a span as JSON has it."""
    return {"timeUnixNano": str(at), "name": name, "attributes": attributes(told)}


def attributes(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Attributes as JSON has them."""
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return [{"key": key, "value": {kinds[type(value)]: value}} for key, value in told.items()]


def resource_of(process: str | None) -> dict[str, Any]:
    """The resource of a process that names itself or does not."""
    return {"attributes": attributes({} if process is None else {"service.instance.id": process})}


def send(server: RunningServer, process: str | None, spans: list[dict[str, Any]]) -> None:
    """Post spans of one process."""
    body = {"resourceSpans": [{"resource": resource_of(process), "scopeSpans": [{"spans": spans}]}]}
    assert server.post(json.dumps(body).encode(), kind=JSON).status_code == 200


def send_beat(server: RunningServer, process: str, at: int, *, is_last: bool) -> None:
    """Post a heartbeat with what recording cost so far."""
    told = {
        "interval_ms": 5000,
        "started_ns": str(at - 100_000 * MS),
        "open": 2,
        "recorded": 1204,
        "dropped": 3,
        "background_ns": 900 * MS,
        "caller_ns": 100 * MS,
        "is_last": is_last,
    }
    record = {"timeUnixNano": str(at), "eventName": "longpole.process.heartbeat", "attributes": attributes(told)}
    body = {"resourceLogs": [{"resource": resource_of(process), "scopeLogs": [{"logRecords": [record]}]}]}
    assert server.post(json.dumps(body).encode(), "/v1/logs", kind=JSON).status_code == 200


def tree_of(server: RunningServer, trace: str) -> dict[str, Any]:
    """What REST says of a trace's execution."""
    return server.get(f"/api/executions/{trace}").json()


def status_of(server: RunningServer, trace: str) -> str | None:
    """The status of a trace's execution, once it is there."""
    return tree_of(server, trace).get("execution", {}).get("status")


def test_a_model_call_that_hangs_says_for_whom_it_waits(page: Page) -> None:
    page.goto(f"/executions/{HANGS}")

    expect(page.get_by_text(re.compile(r"Waiting for gpt-5\.2-mini for \d+"))).to_be_visible()
    expect(page.get_by_role("treeitem", name=re.compile("chat, llm, waiting for model"))).to_be_attached()
    expect(page.get_by_label("What the numbers rest on")).to_contain_text("not reported by this client")


def test_a_crash_says_when_the_process_was_last_heard_and_leads_to_the_step(page: Page) -> None:
    page.goto(f"/executions/{CRASHED}")

    expect(page.get_by_text(re.compile("last heard at .* while waiting for gpt-5.2-mini"))).to_be_visible()
    page.get_by_role("button", name=re.compile("Interrupted step: chat")).click()
    details = page.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("chat")
    expect(details).to_contain_text("crashed")


def test_every_status_has_its_word_in_the_list(page: Page) -> None:
    page.goto("/executions")

    expect(page.locator("tbody tr[aria-rowindex] td.status")).to_have_text(
        ["pending", "waiting for model", "generating", "running", "crashed", "success"]
    )


def test_stages_findings_and_losses_are_shown(page: Page) -> None:
    page.goto(f"/executions/{FINISHED}")

    stages = page.get_by_role("list", name="Stages").get_by_role("listitem")
    expect(stages).to_have_count(2)
    expect(stages.nth(1)).to_contain_text("left open")
    page.get_by_role("button", name="worth knowing").click()
    expect(page.get_by_label("Findings")).to_contain_text("llm_call")
    expect(page.get_by_label("What the numbers rest on")).to_contain_text("3 steps of its process dropped")


def test_a_step_says_how_long_it_stood_still_and_because_of_whom(page: Page) -> None:
    page.goto(f"/executions/{FINISHED}?step={2:016x}")

    details = page.get_by_role("complementary", name="Details")
    expect(details).to_contain_text(re.compile(r"Stood still 120\sms"))
    expect(details).to_contain_text("refresh_rate_table held the event loop")


def test_the_largest_gap_leads_to_every_gap(page: Page, filled: RunningServer) -> None:
    page.goto(f"/executions/{FINISHED}")
    (gap,) = filled.get(f"/api/executions/{FINISHED}/coverage").json()["gaps"]

    expect(page.get_by_label("What changed")).to_contain_text("No number of this agent moved")  # it stands above
    page.get_by_label("What the numbers rest on").get_by_role("button").click()

    row = page.get_by_role("row").filter(has_text="search → write")
    expect(row).to_contain_text(re.compile(rf"{gap['duration_ns'] // MS}\sms"))
    expect(row).to_contain_text("agents/triage.py:18")
    expect(row).to_contain_text("llm call")
