"""Export to LangSmith in a process of its own: exit, a server that is away or silent, fork."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from longpole.settings import child_environment
from otlp_sink import OtlpSink

PROGRAM = """
import os, sys
import longpole
from longpole import PerformanceProfiler, profile_sync

@profile_sync
def work(): pass

@profile_sync
def child(): work()

longpole.configure(endpoint=sys.argv[1], persistence_enabled=False,
    langsmith_endpoint=sys.argv[2], request_timeout_ms=30_000)
"""
FORKS = """
work()
pid = os.fork()
if pid:
    assert os.waitpid(pid, 0)[1] == 0
else:
    child()
    assert [each.name for each in PerformanceProfiler().all_metrics()] == ["child", "work"]
    assert PerformanceProfiler().get_metrics("work").count == 1
longpole._running._langsmith.hurry()
assert longpole._running._langsmith.flush(20)  # the exit waits 1.5 s only, which a busy machine may need for more
"""


def _run(body: str, folder: Path, url: str) -> tuple[float, str]:
    """Seconds that the program took, and what it wrote to stderr."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + body, "http://127.0.0.1:1", url],
        cwd=folder,
        env=child_environment({"LONGPOLE_LANGSMITH_API_KEY": "lsv2_secret"}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return time.monotonic() - started, done.stderr


def _runs(sink: OtlpSink) -> list[dict[str, Any]]:
    return [run for _, body in sink.bodies for run in body["post"]]


def test_what_waits_at_the_exit_is_delivered(sink: OtlpSink, tmp_path: Path) -> None:
    _run("for _ in range(13): work()", tmp_path, sink.url)
    assert sorted(len(body["post"]) for _, body in sink.bodies) == [3, 10]
    assert len({run["id"] for run in _runs(sink)}) == 13


@pytest.mark.parametrize("is_silent", [False, True])
def test_the_exit_does_not_wait_for_a_server_that_does_not_answer(
    sink: OtlpSink, absent: OtlpSink, tmp_path: Path, is_silent: bool
) -> None:
    idle, _ = _run("", tmp_path, sink.url)
    sink.may_answer.clear()
    took, error = _run("for _ in range(30): work()", tmp_path, sink.url if is_silent else absent.url)
    assert took - idle < 2.5
    assert "lsv2_secret" not in error
    assert "did not reach LangSmith" in error


def test_a_forked_child_exports_its_own_calls_and_counts_from_nothing(sink: OtlpSink, tmp_path: Path) -> None:
    _run(FORKS, tmp_path, sink.url)
    runs = _runs(sink)
    assert sorted(run["name"] for run in runs) == ["child", "work", "work"]
    assert len({run["id"] for run in runs}) == 3
    child = next(run for run in runs if run["name"] == "child")
    assert [run["parent_run_id"] for run in runs if "parent_run_id" in run] == [child["id"]]
