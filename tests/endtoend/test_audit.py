"""From the code to what it costs: a program is audited and run, and the server names the place with its saving."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from library_programs import child_environment
from longpole.reports.audit_views import AuditReport
from running_server import RunningServer, wait_until

EXAMPLE = Path(__file__).parents[2] / "examples" / "research_team.py"


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that has seen the research team at work, with the event loop watched."""
    folder = tmp_path_factory.mktemp("audit")
    running = RunningServer(folder / "longpole").start()
    settings = {"LONGPOLE_DATA_FOLDER": str(folder / "agent"), "LONGPOLE_WATCH_RUNTIME": "usual"}
    try:
        program = [sys.executable, str(EXAMPLE), "--endpoint", running.url]
        done = subprocess.run(
            [str(Path(sys.executable).with_name("longpole")), "run", "--", *program],
            cwd=folder, env=child_environment(settings), capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        wait_until(lambda: ended(running), "the execution to end")
        yield running
    finally:
        running.stop()
        running.close()


def ended(running: RunningServer) -> Any:
    items = running.get("/api/executions", params={"agent": "lead"}).json()["items"]
    return [item for item in items if item["duration_ns"]]


def place_of(text: str) -> int:
    """The line of the example that has this text."""
    (line,) = [number for number, one in enumerate(EXAMPLE.read_text().splitlines(), start=1) if text in one]
    return line


def longpole(*words: str) -> subprocess.CompletedProcess[str]:
    """A command of the command line."""
    program = str(Path(sys.executable).with_name("longpole"))
    command = [program, *words]
    return subprocess.run(
        command, env=child_environment({"COLUMNS": "200"}), capture_output=True, text=True, timeout=60, check=False
    )


def test_the_places_that_the_audit_found_have_what_they_cost(audited: RunningServer) -> None:
    done = longpole("audit", str(EXAMPLE), "--measured", "--json", "--url", audited.url)
    assert done.returncode == 0, done.stderr
    report = msgspec.json.decode(done.stdout, type=AuditReport)
    places = {(item.rule, item.code_line): item for item in report.items}
    sleep = places["LP002", place_of("time.sleep(0.35)")]
    assert (sleep.program, sleep.ran_by, sleep.agents, sleep.share) == ("research_team", "line", ["lead"], 1.0)
    assert sleep.time_p50_ns is not None
    assert 300_000_000 <= sleep.time_p50_ns < 1_000_000_000
    assert sleep.saving_ns == 0, "nothing else was running meanwhile"
    one_by_one = next(item for item in report.items if item.rule == "LP001" and item.code_function == "researcher")
    assert one_by_one.saving_ns is not None
    assert 400_000_000 < one_by_one.saving_ns < 900_000_000, "articles and news take 0.6 and 0.7 s"
    assert report.items[0] == one_by_one, "what would save most is told first"
    twice = [item for item in report.items if item.rule == "LP003" and item.ran_by == "stack"]
    assert len(twice) == 2, "both calls of load_facts, each by its own stack"


def test_people_read_the_same(audited: RunningServer) -> None:
    said = longpole("audit", str(EXAMPLE), "--measured", "--url", audited.url).stdout.replace("\u202f", " ")
    assert f"LP002 research_team.py:{place_of('time.sleep(0.35)')}" in said
    assert "per execution in 100.0 % of 1 execution" in said


def test_too_few_executions_have_no_figures_before_and_after(audited: RunningServer) -> None:
    sets = ("..2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z..")
    done = longpole("audit", "--verify", *sets, "--agent", "lead", "--url", audited.url)
    assert done.returncode == 0, done.stderr
    assert "0 executions of lead before, 1 after: too few to say" in done.stdout
    wrong = longpole("audit", "--verify", "1.0", "..2020-01-01T00:00:00Z", "--agent", "lead", "--url", audited.url)
    assert (wrong.returncode, "two versions, or two periods" in wrong.stderr) == (2, True)


def test_the_program_told_what_the_process_did_meanwhile(audited: RunningServer) -> None:
    lead = ended(audited)[0]
    detail = audited.get(f"/api/executions/{lead['execution_id']}/steps/{lead['execution_id'][-16:]}").json()
    told = {name: value for name, value in detail["attributes"].items() if name.startswith("longpole.runtime.")}
    assert told["longpole.runtime.cpu_ns"] > 0
    assert told["longpole.runtime.memory_peak_bytes"] > 10_000_000
    assert told["longpole.runtime.threads"] >= 2


def test_a_fix_and_what_people_say_are_kept(audited: RunningServer) -> None:
    finding = {
        "rule": "LP002", "title": "t", "message": "m", "advice": "a", "confidence": "high", "path": "shop.py",
        "line": 3, "end_line": 3, "column": 0, "function": "f", "fingerprint": "one",
    }  # fmt: skip
    for findings in ([finding], []):
        body = json.dumps({"program": "shop", "findings": findings})
        posted = audited.post(body.encode(), "/api/audit/findings", "application/json")
        assert posted.status_code == 200, posted.text
    assert posted.json()["disappeared"] == 1
    said = json.dumps({"state": "accepted", "by": "eva", "reason": "a tool"}).encode()
    assert audited.post(said, "/api/audit/findings/one", "application/json").status_code == 200
    (item,) = audited.get("/api/audit", params={"program": "shop"}).json()["items"]
    assert (item["state"], item["state_by"], item["ran_by"]) == ("accepted", "eva", None)
    assert audited.post(b"{}", "/api/audit/findings", "application/json").status_code == 400
