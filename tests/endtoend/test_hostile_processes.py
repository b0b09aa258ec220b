"""Signals, finalizers, threads and odd surroundings: the program neither hangs nor fails because it is recorded."""

import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from longpole.settings import child_environment

PREAMBLE = """
import asyncio, os, signal, sys, threading, time
import longpole

@longpole.timing_step
def step(x=0):
    return x
"""
PROGRAMS = {
    "a signal handler that flushes while the program flushes": """
longpole.configure(port=9)
handled = []
signal.signal(signal.SIGALRM, lambda *_: (step(), longpole.flush(0.01), handled.append(1)))
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
while len(handled) < 10:
    for number in range(100):
        step(number)
    longpole.flush(0.05)
signal.setitimer(signal.ITIMER_REAL, 0, 0)
""",
    "a signal handler that shuts down while the program flushes": """
longpole.configure(port=9)
signal.signal(signal.SIGTERM, lambda *_: (longpole.shutdown(), sys.exit(0)))
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
while True:
    for number in range(100):
        step(number)
    longpole.flush(0.05)
""",
    "a profiled function in a signal handler": """
@longpole.profile_sync
def profiled():
    handled.append(1)
handled = []
signal.signal(signal.SIGALRM, lambda *_: profiled())
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
until = time.monotonic() + 1
while time.monotonic() < until:
    profiled()
signal.setitimer(signal.ITIMER_REAL, 0, 0)
""",
    "threads that go on recording at the exit": """
longpole.configure(port=9)
def work():
    while True:
        step()
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.3)
""",
    "a folder that is gone, no arguments": """
import tempfile
folder = tempfile.mkdtemp(); os.chdir(folder); os.rmdir(folder)
longpole.configure(port=9); step()
del sys.argv
longpole.configure(port=9, workspace="\\udcff"); step()
""",
    "no thread to be had": """
def refuse(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = refuse
longpole.configure(port=9); step(); longpole.flush(0.1)
assert not longpole._recorder.is_on
""",
    "event loops of every kind": """
longpole.configure(port=9)
loop = asyncio.new_event_loop(); loop.close()
longpole.watch_loop(loop=loop).stop()
longpole.watch_loop(float("nan")); longpole.watch_loop(float("inf")); longpole.watch_loop(-1)
for is_debug in (True, False):
    asyncio.run(asyncio.sleep(0), debug=is_debug)
""",
    "configured and shut down again and again": """
import psutil
process = psutil.Process()
def turn(times):
    for _ in range(times):
        longpole.configure(port=9); step(); longpole.shutdown()
turn(3); before = process.num_fds()
turn(30)
deadline = time.monotonic() + 10
while (threading.active_count() > 1 or process.num_fds() > before + 2) and time.monotonic() < deadline:
    time.sleep(0.05)
assert threading.active_count() == 1 and process.num_fds() <= before + 2
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_ends_by_itself_and_well(name: str, tmp_path: Path) -> None:
    done = run(PROGRAMS[name], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_a_step_that_is_open_while_recording_is_configured_anew_is_told_at_its_end(tmp_path: Path) -> None:
    done = run(
        'longpole.configure(port=9)\nwith longpole.time_step("across"):\n    longpole.configure(port=9)\n', tmp_path
    )
    assert done.returncode == 0, done.stderr
    files = list(tmp_path.rglob("*.sqlite"))
    bodies = [
        zlib.decompress(body) for file in files for (body,) in sqlite3.connect(file).execute("SELECT body FROM bodies")
    ]
    assert any(b'"across"' in body and b'"endTimeUnixNano":"0"' not in body for body in bodies)


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PREAMBLE + program],
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(folder)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
