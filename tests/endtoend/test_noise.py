"""A server with rules against noise: what a chatty program leaves in it, and what is said of the rest."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from house.checkout import ROOT
from otlp_bodies import NOON_NS, body, span, text
from running_server import RunningServer, wait_until

MS = 1_000_000
READS, CHECKS = 1000, 40


def chatty() -> bytes:
    """An agent that reads a cache 1,000 times, one of them in vain, between health checks and two model calls."""
    agent = [text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", "shop")]
    spans = [span(7, 1, attributes=agent, start_time_unix_nano=NOON_NS, end_time_unix_nano=NOON_NS + 2000 * MS)]
    redis = [text("db.system.name", "redis"), text("db.operation.name", "GET")]
    checked = [text("http.request.method", "GET"), text("url.full", "http://stock/healthz")]
    call = [text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "m")]

    def add(begin_ms: float, name: str, attributes: list[Any], **more: Any) -> None:
        begin = NOON_NS + int(begin_ms * MS)
        times = {"start_time_unix_nano": begin, "end_time_unix_nano": begin + MS}
        spans.append(span(7, len(spans) + 1, 1, name=name, attributes=attributes, **times, **more))

    add(0, "chat m", call)
    for number in range(READS):
        failed = {"status": {"code": 2, "message": "no answer"}} if number == 700 else {}
        add(1 + number, "GET", redis, **failed)
    for number in range(CHECKS):
        add(1100 + number, "GET", checked)
    add(1500, "chat m", call)
    return body(*spans)


def probe() -> bytes:
    """Somebody asks whether the program is well: a trace of a server's own span and one below it."""
    asked = [text("http.request.method", "GET"), text("http.route", "/healthz")]
    return body(span(8, 1, name="GET /healthz", kind=2, attributes=asked), span(8, 2, 1, name="count tents"))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with the rules of the how-to page that has heard the program."""
    folder = tmp_path_factory.mktemp("noise") / "longpole"
    folder.mkdir()
    page = (ROOT / "docs/how-to/noise.md").read_text()
    (rules,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    file = folder / "noise.yaml"
    file.write_text(rules)
    running = RunningServer(folder)
    try:
        running.launch(env=os.environ | {"LONGPOLE_NOISE_RULES": str(file)})
        assert running.post(probe()).status_code == 200
        assert running.post(chatty()).status_code == 200
        wait_until(lambda: taken(running)["cache reads"][1], "the rules to be asked")
        wait_until(lambda: running.get("/api/executions").json()["items"], "the execution")
        yield running
    finally:
        running.close()


def taken(running: RunningServer) -> dict[str, tuple[int, int]]:
    return {rule["rule"]: (rule["dropped"], rule["folded"]) for rule in running.intake()["noise"]}


def tree_of(running: RunningServer) -> dict[str, Any]:
    (execution,) = running.get("/api/executions").json()["items"]
    return running.get(f"/api/executions/{execution['execution_id']}").json()


def run(*words: str, code: int = 0) -> str:
    program = Path(sys.executable).with_name("longpole")
    done = subprocess.run([str(program), *words], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_the_tree_has_the_first_of_each_run_one_step_for_the_others_and_the_failed_one(quiet: RunningServer) -> None:
    tree = tree_of(quiet)
    steps = [(step["name"], step["status"], step["duration_ns"] // MS) for step in tree["steps"]]
    first, second = 700 - 3, READS - 701 - 3
    assert steps == [
        ("chat m", "success", 1),
        *[("GET", "success", 1)] * 3,
        ("GET", "success", first),
        ("GET", "failed", 1),
        *[("GET", "success", 1)] * 3,
        ("GET", "success", second),
        ("chat m", "success", 1),
    ]
    told = [event["message"] for event in tree["events"] if event["name"] == "longpole.folded"]
    assert told == [f"×{first} folded", f"×{second} folded"]
    assert tree["missing_parents"] == 0


def test_the_details_of_a_folded_step_say_for_what_it_stands(quiet: RunningServer) -> None:
    tree = tree_of(quiet)
    folded = next(event for event in tree["events"] if event["name"] == "longpole.folded")
    place = f"/api/executions/{tree['execution']['execution_id']}/steps/{folded['span_id']}"
    attributes = wait_until(
        lambda: quiet.get(place).json()["attributes"], "its attributes, which come when it is stored"
    )
    assert attributes["db.operation.name"] == "GET"
    assert attributes["longpole.folded.steps"] == 697
    assert attributes["longpole.folded.duration_ns"] == 697 * MS
    assert attributes["longpole.folded.longest_ns"] == MS


def test_what_each_rule_took_is_told_to_people_and_machines(quiet: RunningServer) -> None:
    folded = READS - 1 - 2 * 3 - 2  # but the failed one, three kept of both runs, and one for the rest of each
    by_rule = {"probes": (2, 0), "health checks": (CHECKS, 0), "cache reads": (0, folded), "pings": (0, 0)}
    assert taken(quiet) == by_rule
    metrics = quiet.get("/metrics").text
    assert f'longpole_noise_dropped_steps_total{{rule="health checks"}} {CHECKS}.0' in metrics
    assert f'longpole_noise_folded_steps_total{{rule="cache reads"}} {folded}.0' in metrics
    health = quiet.get("/api/health").json()
    assert health["server"]["noise"] == quiet.intake()["noise"]
    assert health["words"][0]["level"] == "good"
    lines = run("health", "--url", quiet.url).splitlines()
    assert [line.split() for line in lines if line.startswith("health checks")] == [["health", "checks", "40", "–"]]


def test_the_terminal_says_how_many_a_step_stands_for(quiet: RunningServer) -> None:
    shown = run("show", tree_of(quiet)["execution"]["execution_id"], "--url", quiet.url)
    assert "×697 folded" in shown
    assert "×296 folded" in shown
    assert len([line for line in shown.splitlines() if "GET" in line]) == 9


def test_the_program_misses_nothing_for_what_a_rule_took(quiet: RunningServer) -> None:
    (program,) = quiet.get("/api/health").json()["programs"]
    assert program["spans"] == 2 + 1 + 1 + READS + CHECKS + 1
    assert not program["missing"]


def test_the_command_of_the_page_runs(quiet: RunningServer) -> None:
    said = run("noise", "check", str(quiet.folder / "noise.yaml"))
    assert "Keeps the first 3 of each run of steps named GET*" in said
    assert "4 rules, nothing wrong." in said


def test_a_wrong_file_is_told_and_no_server_starts(tmp_path: Path) -> None:
    file = tmp_path / "noise.yaml"
    file.write_text("rules:\n  - name: all\n    match: {}\n    drop: true\n")
    program = Path(sys.executable).with_name("longpole")
    environment = os.environ | {"LONGPOLE_NOISE_RULES": str(file)}
    for command in (["serve", "--data", str(tmp_path / "data"), "--port", "0"], ["noise", "check", str(file)]):
        done = subprocess.run(
            [str(program), *command], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 2
        assert "line 2, rule 'all': it matches every step. Expected" in done.stderr
