"""A slower agent, from its spans to what a person is told: no version was sent, and yet the new prompt is named."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from longpole import ExecutionAnalytics, configure
from longpole.model.clock import now_ns, to_rfc3339
from otlp_bodies import json_body, json_span
from running_server import JSON, RunningServer

DAY_NS = 86_400 * 10**9
DAYS, CHANGED_AFTER, RUNS_A_DAY = 30, 20, 12
MS = 10**6


def test_a_new_prompt_that_made_an_agent_slow_is_told_by_every_door_as_its_new_version(server: RunningServer):
    today_ns = now_ns() // DAY_NS * DAY_NS
    random = Random(5)
    spans = [
        span
        for number in range(DAYS * RUNS_A_DAY)
        for span in run(random, number, today_ns - (DAYS - number // RUNS_A_DAY) * DAY_NS)
    ]
    assert server.post(json_body(*spans), kind=JSON).status_code == 200
    server.wait_for_spans(2 * DAYS * RUNS_A_DAY)

    (found,) = server.get("/api/analysis/regressions").json()["items"]
    assert found["agent"] == "triage"
    assert found["at"][:10] == to_rfc3339(today_ns - (DAYS - CHANGED_AFTER) * DAY_NS)[:10]
    causes = {cause["kind"]: (cause["before"], cause["after"]) for cause in found["changed_then"]}
    assert set(causes) == {"version", "prompt"}
    before, after = causes["version"]
    assert before.startswith("auto-")
    assert after.startswith("auto-")
    assert before != after
    assert found["first_bad"]["version"] == after

    configure(endpoint=server.url)
    (asked,) = ExecutionAnalytics.get_regressions("triage", days=60).items
    assert [(cause.kind, cause.after) for cause in asked.changed_then] == [
        (cause["kind"], cause["after"]) for cause in found["changed_then"]
    ]

    program = Path(sys.executable).with_name("longpole")
    told = subprocess.run([program, "regressions", "--url", server.url], capture_output=True, text=True, check=True)
    assert "▲ triage since" in told.stdout
    assert f"version {before} → {after}" in " ".join(told.stdout.split())


def run(random: Random, number: int, day_ns: int) -> list[dict[str, Any]]:
    """An execution of the agent with its one model call."""
    has_changed = number // RUNS_A_DAY >= CHANGED_AFTER
    start_ns = day_ns + number % RUNS_A_DAY * 3600 * 10**9
    took_ns = int((900 if has_changed else 600) * random.lognormvariate(0, 0.2) * MS)
    prompt = "You are thorough. Think at length." if has_changed else "You are brief."
    system = json.dumps([{"type": "text", "content": f"{prompt} Today is day {number // RUNS_A_DAY}."}])
    times = {"startTimeUnixNano": str(start_ns), "endTimeUnixNano": str(start_ns + took_ns)}
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "triage"}
    call = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.system_instructions": system}
    parent = f"{1:016x}"
    return [
        json_span(number + 1, 1, name="invoke_agent triage", attributes=told(agent), **times),
        json_span(number + 1, 2, name="chat m", parentSpanId=parent, attributes=told(call), **times),
    ]


def told(attributes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Attributes as OTLP has them in JSON."""
    return [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
