"""A program with the SDK against a real server: what a newcomer sees."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from longpole.settings import child_environment
from running_server import RunningServer, wait_until

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "research_team.py"
LONG_AGENT = """
import sys
import longpole

@longpole.agent
def patient():
    with longpole.time_step("first part"):
        pass
    with longpole.time_step("second part"):
        print("waiting", flush=True)
        sys.stdin.readline()

longpole.configure()
patient()
"""

OWN_RULES = """
import sys
import longpole

def mine(text):
    if "explosive" in text:
        raise RuntimeError("my rule has a fault")
    return text.replace("Ada Lovelace", "[person]")

longpole.configure(endpoint=sys.argv[1], content="full", redact=mine, redact_keys="iban, account")

@longpole.timing_step
def look_up(name, iban): return f"{name} lives in Lisbon"

@longpole.timing_step
def fails(): raise ValueError("explosive Ada Lovelace")

look_up("Ada Lovelace", iban="PT50-1234")
try:
    fails()
except ValueError:
    pass
"""


def start(program: str, folder: Path) -> subprocess.Popen[str]:
    """A program that is told nothing but the data folder."""
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(folder)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def executions(server: RunningServer) -> list[dict[str, Any]]:
    return server.get("/api/executions").json()["items"]


def status_of(server: RunningServer, agent: str) -> str | None:
    return next((item["status"] for item in executions(server) if item["agent"] == agent), None)


def test_the_example_shows_what_it_knows_of_itself(server: RunningServer, tmp_path: Path) -> None:
    served = tmp_path / "served.json"
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), "--endpoint", server.url, "--served", str(served)],
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(tmp_path / "sdk")}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    execution_id = done.stdout.strip().rpartition("execution ")[2]
    truth = json.loads(EXAMPLE.with_suffix(".truth.json").read_text())
    wait_until(lambda: status_of(server, "lead") == "success", "the lead to be done")
    wait_until(lambda: len(executions(server)) == 4, "all executions")
    found = {item["agent"]: item for item in executions(server)}
    expected = {agent: said["status"] for agent, said in truth["agents"].items() if said["executions"]}
    assert {agent: item["status"] for agent, item in found.items()} == expected
    assert found["lead"]["execution_id"] == execution_id
    counted = json.loads(served.read_text())
    assert (found["lead"]["input_tokens"], found["lead"]["output_tokens"]) == (
        counted["input_tokens"],
        counted["output_tokens"],
    )
    agents = {agent["agent"] for agent in server.get("/api/overview").json()["agents"]}
    assert agents == set(truth["agents"])  # also the one that never ran


def test_an_execution_is_shown_while_it_runs_and_replaced_when_it_ends(server: RunningServer) -> None:
    with start(LONG_AGENT, server.folder) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "waiting\n"
        wait_until(lambda: status_of(server, "patient") == "running", "the running execution")
        assert executions(server)[0]["duration_ns"] is None
        process.stdin.write("\n")
        process.stdin.close()
        process.wait(30)
    wait_until(lambda: status_of(server, "patient") == "success", "its end")
    server.wait_for_spans(3)


def test_the_next_server_takes_in_what_happened_before_it(server: RunningServer) -> None:
    server.stop()
    (server.folder / "server.json").unlink(missing_ok=True)
    with start(LONG_AGENT.replace("configure()", "configure(port=9)"), server.folder) as process:
        process.communicate("\n", timeout=30)
    server.start()
    wait_until(lambda: status_of(server, "patient") == "success", "the execution from the spool")
    server.wait_for_spans(3)


def test_the_programs_own_rules_apply_before_anything_leaves_it(server: RunningServer, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OWN_RULES, server.url],
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(tmp_path)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    server.wait_for_spans(2)
    bodies = ""
    for item in executions(server):
        where = f"/api/executions/{item['execution_id']}/steps/{item['execution_id'][32:]}"
        bodies += server.get(where).text
    assert "[person] lives in Lisbon" in bodies
    for secret in ("Ada Lovelace", "PT50-1234", "explosive"):
        assert secret not in bodies
    assert bodies.count("[redacted]") >= 2  # by key, and where the rule failed
