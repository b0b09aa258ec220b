"""Alerts as people meet them: rules from a file, a real server that looks at them, messages, the page, and budgets."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ingest_house import text, traces_body
from longpole.model.clock import now_ns
from longpole.settings import child_environment
from running_server import JSON, RunningServer, wait_until

SECOND = 10**9
FAILS = {"name": "Triage fails", "watch": "failure_rate", "above": "10 %", "agent": "triage"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that looks every second, and may send to this machine."""
    running = RunningServer(tmp_path_factory.mktemp("alerts") / "longpole")
    running.folder.mkdir()
    settings = {"LONGPOLE_ALERT_INTERVAL_S": "1", "LONGPOLE_ALERT_PRIVATE_TARGETS": "true"}
    try:
        running.launch(env=child_environment(settings))
        yield running
    finally:
        running.close()


@pytest.fixture
def hook() -> Iterator[tuple[str, list[Any]]]:
    """A web server that takes messages: its address for apprise, and what it got."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on stderr."""

    receiver = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=receiver.serve_forever, daemon=True)
    thread.start()
    yield f"json://127.0.0.1:{receiver.server_address[1]}/secret-token", got
    receiver.shutdown()
    receiver.server_close()


def run(server: RunningServer, agent: str, count: int, *, failed: int = 0) -> None:
    """So many executions of an agent that have just ended."""
    spans: list[dict[str, Any]] = []
    for place in range(count):
        end_ns = now_ns() - place * SECOND
        spans.append(
            {
                "traceId": f"{end_ns:032x}",
                "spanId": f"{place + 1:016x}",
                "name": agent,
                "startTimeUnixNano": str(end_ns - SECOND),
                "endTimeUnixNano": str(end_ns),
                "attributes": [text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", agent)],
                "status": {"code": 2, "message": "it broke"} if place < failed else {},
            }
        )
    assert server.post(traces_body(*spans), kind=JSON).status_code == 200


def put(server: RunningServer, path: str, body: Any) -> Any:
    answer = server.client.put(server.url + path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def firing(server: RunningServer, rule_id: str) -> list[Any]:
    return [item for item in server.get("/api/alerts").json()["items"] if item["rule_id"] == rule_id]


def command(server: RunningServer, *words: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("longpole")
    where = [] if words[0] == "check" else ["--url", server.url]
    return subprocess.run([program, "alerts", *words, *where], capture_output=True, text=True, check=False, timeout=60)


def test_an_alert_goes_from_a_file_of_rules_to_a_message(
    server: RunningServer, hook: tuple[str, list[Any]], tmp_path: Path
) -> None:
    address, got = hook
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        f"targets:\n  team: {address}\nrules:\n- name: Billing fails\n  watch: failure_rate\n  above: 10 %\n"
        "  agent: billing\n  notify: [team]\n"
    )
    checked = command(server, "check", str(rules))
    assert (checked.returncode, "Fires when the failure rate of agent billing" in checked.stdout) == (0, True)
    applied = command(server, "apply", str(rules))
    assert (applied.returncode, applied.stderr) == (0, "")
    run(server, "billing", 20, failed=10)
    [alert] = wait_until(lambda: firing(server, "billing-fails"), "the alert")
    assert alert["said"] == "Failure rate of agent billing: 50.0\u202f%, above 10 % over 15 min (20 executions)."
    [message] = wait_until(lambda: got, "the message")
    assert message["title"] == "Alert: Billing fails"
    assert f"{server.url}/executions?agent=billing&status=failed" in message["message"]
    shown = command(server, "list").stdout
    assert "Failure rate of agent billing" in shown
    assert alert["alert_id"] in shown
    assert command(server, "ack", alert["alert_id"], "--by", "eva").stdout.startswith("eva looks after")
    assert firing(server, "billing-fails")[0]["acknowledged_by"] == "eva"
    assert "is silent until" in command(server, "silence", "Billing fails", "--for", "1h", "--by", "eva").stdout
    assert "Billing fails" in command(server, "history").stdout
    tested = command(server, "test", "Billing fails").stdout
    assert "Billing fails would have fired once in the last 30 days." in tested
    assert "10 %" in tested
    for answer in (server.get("/api/alerts/rules").text, server.get("/api/alerts/deliveries").text, shown, tested):
        assert "secret-token" not in answer
    assert "secret-token" not in server.log.read_text()


def test_a_wrong_rule_is_refused_and_nothing_is_kept(server: RunningServer, tmp_path: Path) -> None:
    answer = server.client.put(server.url + "/api/alerts/rules", json=[FAILS, {**FAILS, "name": "b", "above": "5 s"}])
    assert answer.status_code == 400
    assert "Expected a share, not a duration" in answer.json()["detail"]
    assert "triage-fails" not in server.get("/api/alerts/rules").text
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n- {name: a, watch: failure_rate, above: 5 s}\n")
    refused = command(server, "check", str(rules))
    assert (refused.returncode, "not a duration" in refused.stderr) == (2, True)
    for path in ("/api/alerts/rules/nobody", "/api/alerts/silences/nobody", "/api/alerts/targets/nobody"):
        assert server.client.delete(server.url + path).status_code == 404
    assert (
        server.client.put(server.url + "/api/alerts/targets", json={"target": "t", "url": "file:///x"}).status_code
        == 400
    )


def test_what_fires_survives_the_end_of_the_server(tmp_path: Path) -> None:
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    settings = child_environment({"LONGPOLE_ALERT_INTERVAL_S": "1"})
    try:
        running.launch(env=settings)
        put(running, "/api/alerts/rules", [FAILS])
        run(running, "triage", 20, failed=10)
        [alert] = wait_until(lambda: firing(running, "triage-fails"), "the alert")
        running.kill()
        running.launch(env=settings)
        [again] = wait_until(lambda: firing(running, "triage-fails"), "the alert again")
        assert (again["alert_id"], again["fired_at"]) == (alert["alert_id"], alert["fired_at"])
    finally:
        running.close()


PROGRAM = """
import sys, time
import longpole, longpole.ship.budgets
from longpole.model.errors import BudgetExceeded

longpole.ship.budgets.ASK_EVERY_S = 0.2
longpole.configure(endpoint=sys.argv[1], on_budget="raise", persistence_enabled=False)

@longpole.agent("spender")
def spend():
    with longpole.time_step("chat", category="llm"):
        longpole.set_usage(model="m", input_tokens=400, output_tokens=100)

end = time.monotonic() + 40
runs = 0
try:
    while time.monotonic() < end:
        spend()
        runs += 1
        time.sleep(0.05)
except BudgetExceeded as error:
    print("stopped", error)
"""


def test_a_program_that_opted_in_is_stopped_by_a_budget(server: RunningServer, tmp_path: Path) -> None:
    rule = {"name": "Tokens of the day", "budget": "2000 tokens", "per": "day", "agent": "spender", "acts": True}
    put(server, "/api/alerts/rules", [rule])
    program = tmp_path / "spend.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, program, server.url], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "stopped The budget 'Tokens of the day' is used up. Budget used up: agent spender used"
    )


@pytest.mark.browser
def test_the_page_shows_what_fires_and_makes_a_rule(server: RunningServer, open_page: Callable[[str], Page]) -> None:
    put(server, "/api/alerts/rules", [{**FAILS, "name": "Letters fail", "agent": "letters"}])
    run(server, "letters", 20, failed=10)
    wait_until(lambda: firing(server, "letters-fail"), "the alert")
    page = open_page(server.url)
    page.goto("/alerts")
    now = page.get_by_role("region", name="Firing now")
    expect(now.get_by_text(re.compile(r"Failure rate of agent letters: \d"))).to_be_visible()
    expect(page.get_by_role("link", name="Alerts,")).to_be_visible()
    page.get_by_label("Your name").fill("eva")
    mine = now.get_by_role("listitem").filter(has_text="Letters fail")
    mine.get_by_role("button", name="Acknowledge").click()
    expect(mine.get_by_text("eva looks after it")).to_be_visible()
    mine.get_by_role("button", name="Silence").click()
    page.get_by_role("menuitem", name="for an hour").click()
    expect(mine.get_by_text("silenced")).to_be_visible()
    expect(page.get_by_role("region", name="Rules").get_by_role("img").first).to_be_visible()
    page.get_by_role("button", name="New rule").click()
    page.get_by_label("Name *").fill("Nothing nightly")
    page.get_by_text("Nothing runs").click()
    page.get_by_role("textbox", name="Agent").fill("nightly")
    form = page.get_by_role("dialog")
    expect(form.get_by_text("Fires when no execution of agent nightly has begun for 1 h")).to_be_visible()
    expect(form.get_by_text("in the last 30 days")).to_be_visible()
    form.get_by_label("No execution for").fill("2 h")
    form.get_by_role("button", name="Keep").click()
    expect(form).to_be_hidden()
    expect(page.get_by_role("region", name="Rules").get_by_text("Nothing nightly")).to_be_visible()
