"""Real programs that vanish, stand still or leave early: what the server makes of their silence."""

import os
import signal
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from longpole.settings import child_environment
from running_server import RunningServer, wait_until

AGENT = """
import sys
import zlib
import longpole

@longpole.agent
def patient():
    with longpole.time_step("ask", category="llm"):
        longpole.set_usage(model="gpt-5.2-mini")
        print("waiting", flush=True)
        sys.stdin.readline()

longpole.configure()
patient()
"""
LEAVER = """
import sys, threading
import longpole

reached, forever = threading.Event(), threading.Event()

@longpole.agent
def left_behind():
    reached.set()
    forever.wait()

longpole.configure()
threading.Thread(target=left_behind, daemon=True).start()
reached.wait()
sys.stdin.readline()
"""


def start(program: str, server: RunningServer) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(server.folder)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def execution(server: RunningServer) -> dict[str, Any] | None:
    return next(iter(server.get("/api/executions").json()["items"]), None)


def wait_for(server: RunningServer, status: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        item = execution(server)
        return item if item is not None and item["status"] == status else None

    return wait_until(found, f"an execution that is {status}")


@pytest.fixture
def quick_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server that waits two seconds for a sign of life."""
    monkeypatch.setenv("LONGPOLE_CRASHED_AFTER_MS", "2000")
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


def test_a_killed_agent_crashes_and_shows_what_it_waited_for(quick_server: RunningServer) -> None:
    with start(AGENT, quick_server) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        wait_for(quick_server, "running")
        process.send_signal(signal.SIGKILL)
    item = wait_for(quick_server, "crashed")
    assert item["duration_ns"] is not None
    assert item["error_type"] == "ProcessGone"
    tree = quick_server.get(f"/api/executions/{item['execution_id']}").json()
    (step,) = tree["steps"]
    assert (step["status"], step["category"], step["model"]) == ("crashed", "llm", "gpt-5.2-mini")
    wait_until(lambda: (execution(quick_server) or {})["is_settled"], "the trace to settle")
    (seen,) = quick_server.get("/api/processes").json()["items"]
    assert (seen["ended_at"], seen["recorded"] is not None) == (None, True)
    wait_until(lambda: quick_server.intake()["open_spans"] == 0, "the trace to leave the server's memory")


def test_an_agent_that_stood_still_lives_again(quick_server: RunningServer) -> None:
    with start(AGENT, quick_server) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "waiting\n"
        wait_for(quick_server, "running")
        os.kill(process.pid, signal.SIGSTOP)
        wait_for(quick_server, "crashed")
        os.kill(process.pid, signal.SIGCONT)
        wait_for(quick_server, "running")  # its next heartbeat says so
        process.stdin.write("\n")
        process.stdin.close()
        process.wait(30)
    item = wait_for(quick_server, "success")
    assert (item["error_type"], item["steps_completed"]) == (None, 1)
    (seen,) = wait_until(
        lambda: [one for one in quick_server.get("/api/processes").json()["items"] if one["ended_at"]], "its goodbye"
    )
    assert seen["overhead_share"] < 0.5


def test_what_a_program_leaves_behind_crashes_soon_after_its_goodbye(server: RunningServer) -> None:
    with start(LEAVER, server) as process:
        wait_for(server, "running")
        process.communicate("\n", timeout=30)
    item = wait_for(server, "crashed")  # long before the 20 seconds that a silent process is given
    assert "ended while this was running" in item["error_message"]


def test_a_server_that_was_away_finds_out_when_it_is_back(quick_server: RunningServer) -> None:
    with start(AGENT, quick_server) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        wait_for(quick_server, "running")
        quick_server.stop()
        process.send_signal(signal.SIGKILL)
    quick_server.start()
    assert (execution(quick_server) or {})["status"] in ("running", "crashed")
    wait_for(quick_server, "crashed")


def test_an_agent_that_was_killed_before_there_was_a_server_has_crashed(quick_server: RunningServer) -> None:
    quick_server.stop()
    (quick_server.folder / "server.json").unlink(missing_ok=True)
    with start(AGENT.replace("configure()", "configure(port=9)"), quick_server) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        spool = quick_server.folder / "spool-sdk" / "local.sqlite"
        wait_until(lambda: "ask" in spooled_text(spool), "the open call to be in the spool")
        process.send_signal(signal.SIGKILL)
    quick_server.start()
    found = wait_for(quick_server, "crashed")
    assert found["agent"] == "patient"


def spooled_text(spool: Path) -> str:
    """What lies in a spool."""
    if not spool.exists():
        return ""
    with closing(sqlite3.connect(spool)) as connection:
        try:
            rows = connection.execute("SELECT body FROM bodies").fetchall()
        except sqlite3.OperationalError:  # the file is just being made
            return ""
    return "".join(zlib.decompress(body).decode() for (body,) in rows)
