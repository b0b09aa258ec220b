"""The whole SDK in a process of its own: exit, kill -9, fork; with the server there, away, or silent."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from longpole.settings import child_environment
from longpole.ship.spool import spool_file
from otlp_sink import OtlpSink, spooled_bodies, wait_until

PROGRAM = """
import sys, threading, os
import longpole

@longpole.agent
def worker(number): return number

longpole.configure(endpoint=sys.argv[1], spool=sys.argv[2], content="full")
{body}
"""
DONE = "for n in range(300): worker(n)\n"
KILLED = """
for n in range(300): worker(n)
threading.Event().wait(0.2)
print("ready", flush=True)
with longpole.time_step("hangs"):
    threading.Event().wait(60)
"""
FORKS = """
with longpole.time_step("outer"):
    pid = os.fork()
    worker(1)
if pid: os.waitpid(pid, 0)
"""


def start(url: str, folder: Path, body: str) -> subprocess.Popen[str]:
    program = PROGRAM.replace("{body}", body)
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program, url, str(folder)],
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def spooled(folder: Path, url: str) -> int:
    return sum(body.items for body in spooled_bodies(spool_file(folder, url)) if body.path == "/v1/traces")


def test_a_program_that_just_ends_has_delivered_everything(sink: OtlpSink, tmp_path: Path) -> None:
    with start(sink.url, tmp_path, DONE) as process:
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    # On a machine that is too busy to deliver within the time for exit, some of it is safe in the spool.
    assert len(sink.span_names) + spooled(tmp_path, sink.url) == 300


@pytest.mark.parametrize("state", ["down", "silent"])
def test_exit_takes_no_two_seconds_and_loses_nothing(state: str, absent: OtlpSink, tmp_path: Path) -> None:
    absent.may_answer.clear()
    if state == "silent":
        absent.start()
    with start(absent.url, tmp_path, DONE + "print('done', flush=True)") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        ended = time.monotonic()
        process.wait(30)
        assert time.monotonic() - ended < 2
    assert spooled(tmp_path, absent.url) == 300


@pytest.mark.parametrize("state", ["there", "down", "silent"])
def test_kill_9_loses_nothing_that_is_older_than_200_ms(state: str, absent: OtlpSink, tmp_path: Path) -> None:
    if state == "silent":
        absent.may_answer.clear()
    if state != "down":
        absent.start()
    with start(absent.url, tmp_path, KILLED) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if state == "there":
            wait_until(lambda: "hangs" in absent.span_names, "the open step to be shown")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    if state == "there":
        assert absent.span_names.count("worker") == 300
    else:
        assert spooled(tmp_path, absent.url) == 300


def test_the_next_process_delivers_what_a_killed_one_left(absent: OtlpSink, tmp_path: Path) -> None:
    with start(absent.url, tmp_path, KILLED) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait(10)
    assert spooled(tmp_path, absent.url) == 300
    absent.start()
    with start(absent.url, tmp_path, "longpole.flush(10)") as process:
        process.communicate(timeout=30)
    assert absent.span_names.count("worker") == 300
    assert spooled(tmp_path, absent.url) == 0


def test_a_forked_child_sends_its_own_steps_below_its_parents(sink: OtlpSink, tmp_path: Path) -> None:
    with start(sink.url, tmp_path, FORKS) as process:
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    with start(sink.url, tmp_path, "longpole.flush(10)") as process:  # whatever a busy machine left in the spool
        process.communicate(timeout=30)
    spans = [
        span
        for path, body in sink.bodies
        if path == "/v1/traces"
        for group in body["resourceSpans"]
        for span in group["scopeSpans"][0]["spans"]
    ]
    outer = {span["spanId"] for span in spans if span["name"] == "outer"}
    workers = [span for span in spans if span["name"] == "worker"]
    assert len(outer) == 1
    assert len({span["spanId"] for span in workers}) == 2
    assert {span["parentSpanId"] for span in workers} == outer
