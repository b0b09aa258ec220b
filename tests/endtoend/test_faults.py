"""Whatever happens to the disk, the network, the clock or the process: the program goes on, and what it did is told."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from longpole.settings import child_environment
from running_server import RunningServer, wait_until

WORTH_OF_STEPS_NS = 200_000_000  # what the end of a process by force may take with it
PREAMBLE = """
import sys, time, os
import longpole

@longpole.timing_step(category="tool")
def work(number):
    return number
"""
# Every finished step's number and time go to a pipe first, so that the test knows what the program had done.
BUSY = (
    PREAMBLE
    + """
@longpole.agent
def busy():
    number = 0
    while True:
        number += 1
        work(number)
        os.write(1, b"%d %d\\n" % (number, time.monotonic_ns()))
        time.sleep(0.002)

longpole.configure(port=9)
busy()
"""
)


def start(program: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(folder), **variables}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(program: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    process = start(PREAMBLE + program, folder, **variables)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(program, process.returncode, out, err)


@contextmanager
def server_that_never_answers() -> Iterator[str]:
    """Takes connections and requests, and says nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[Any] = []

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept())
            except OSError:
                return

    Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    for connection, _ in held:
        connection.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "SIGTERM"])
def test_a_killed_process_loses_at_most_its_last_200_ms(how: signal.Signals, server: RunningServer) -> None:
    server.stop()
    with start(BUSY, server.folder) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(400)]
        process.send_signal(how)
        lines += process.stdout.read().splitlines()
        process.wait(30)
    done = [(int(number), int(when)) for number, when in (line.split() for line in lines if line.count(" ") == 1)]
    safe = sum(when < done[-1][1] - WORTH_OF_STEPS_NS for _, when in done)
    assert safe > 100
    server.start()
    wait_until(lambda: server.stored_spans() > safe, f"{safe} of {len(done)} steps and their execution")
    assert server.stored_spans() <= len(done) + 2


def test_a_process_that_leaves_by_os_exit_loses_at_most_its_last_200_ms(server: RunningServer) -> None:
    server.stop()
    done = run(
        """
longpole.configure(port=9)
with longpole.time_step("all"):
    work(0)
    longpole.flush()
    for number in range(1, 300):
        work(number)
    time.sleep(0.25)
    os._exit(3)
""",
        server.folder,
    )
    assert done.returncode == 3
    server.start()
    server.wait_for_spans(301)


def test_a_program_ends_soon_and_loses_nothing_when_the_server_is_down(server: RunningServer) -> None:
    server.stop()
    done = run(
        """
longpole.configure(port=9)
for number in range(5000):
    work(number)
began = time.monotonic()
longpole.shutdown()
print(time.monotonic() - began)
""",
        server.folder,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert float(done.stdout) < 2.0  # DESIGN 5: exit with the server down
    server.start()
    server.wait_for_spans(5000)


def test_a_server_that_never_answers_holds_up_nothing(tmp_path: Path) -> None:
    with server_that_never_answers() as url:
        done = run(
            """
longpole.configure(endpoint=sys.argv[1] if len(sys.argv) > 1 else os.environ["AT"])
slowest = 0
for number in range(2000):
    began = time.thread_time()
    work(number)
    slowest = max(slowest, time.thread_time() - began)
began = time.monotonic()
is_safe = longpole.shutdown()
print(is_safe, time.monotonic() - began)
""",
            tmp_path,
            AT=url,
        )
    assert (done.returncode, done.stderr) == (0, "")
    is_safe, took = done.stdout.split()
    assert is_safe == "True"
    assert float(took) < 2.0
    assert list((tmp_path / "spool-sdk").glob("*.sqlite"))


def test_a_full_disk_warns_once_and_the_program_goes_on(tmp_path: Path) -> None:
    done = run(
        """
import logging, resource
logging.basicConfig(format="%(name)s %(message)s")
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # every file is full at 4 kB
longpole.configure(port=9, queue_limit_bytes=65536)
for number in range(20_000):
    work(number)
    if number % 1000 == 0:
        time.sleep(0.03)
longpole.shutdown()
print("went on")
""",
        tmp_path,
    )
    assert (done.returncode, done.stdout) == (0, "went on\n")
    assert done.stderr.count("The spool cannot be written") == 1
    assert "Traceback" not in done.stderr


def test_a_fork_at_any_moment_leaves_a_child_that_can_record_and_end(tmp_path: Path) -> None:
    done = run(
        """
for attempt in range(40):
    longpole.configure(port=9, spool=f"{os.environ['LONGPOLE_DATA_FOLDER']}/{attempt}")
    time.sleep(attempt * 0.0002)  # the other threads are just making the spool
    pid = os.fork()
    if pid == 0:
        work(attempt)
        os._exit(0 if longpole.shutdown() else 1)
    assert os.waitpid(pid, 0)[1] == 0
print("all ended")
""",
        tmp_path,
    )
    assert (done.returncode, done.stdout) == (0, "all ended\n"), done.stderr


def test_a_clock_that_is_set_back_tears_no_tree_apart(server: RunningServer) -> None:
    done = run(
        """
real, back = time.time_ns, 0
time.time_ns = lambda: real() - back
import longpole.model.clock as clock
clock.now_ns = time.time_ns
longpole.configure()

@longpole.agent
def outer():
    global back
    work(1)
    back = 3_600_000_000_000
    work(2)

outer()
print(longpole.flush(20))
""",
        server.folder,
    )
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
    (found,) = wait_until(lambda: server.get("/api/executions?status=success").json()["items"], "the execution")
    tree = server.get(f"/api/executions/{found['execution_id']}").json()
    assert 0 < found["duration_ns"] < 60_000_000_000
    starts = [step["offset_ns"] for step in tree["steps"]]
    assert all(0 <= start <= found["duration_ns"] for start in starts)
    assert len(starts) == 2


def test_what_still_records_while_the_interpreter_ends_says_nothing(tmp_path: Path) -> None:
    done = run(
        """
import atexit, threading
longpole.configure(port=9)

class Late:
    def __del__(self):
        work(1)
        longpole.log_event("late")

keep = Late()
atexit.register(work, 2)

def background():
    while True:
        work(3)
        time.sleep(0.0005)

for _ in range(3):
    threading.Thread(target=background, daemon=True).start()
time.sleep(0.05)
""",
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_cannot_be_kept_is_dropped_oldest_first_counted_and_told(tmp_path: Path) -> None:
    """No spool and no server: memory holds `queue_limit_bytes`, and the number of what is lost reaches the server."""
    done = run(
        """
import logging
logging.basicConfig(format="%(name)s %(message)s")
from http.server import BaseHTTPRequestHandler, HTTPServer
import threading, json
longpole.configure(endpoint="http://127.0.0.1:9", persistence_enabled=False, queue_limit_bytes=65536)
for number in range(3000):
    work(number)
time.sleep(0.3)
import longpole.session
shipper = longpole._running._shipper
print(shipper._queue_bytes <= 65536, shipper._dropped > 0)
""",
        tmp_path,
    )
    assert done.stdout == "True True\n", done.stderr
    assert done.stderr.count("More waits for delivery than `queue_limit_bytes`") == 1


def test_a_program_does_not_wait_for_its_steps_to_be_delivered(tmp_path: Path) -> None:
    """A step costs its caller no system call of delivery: CPU of the calling thread while the server hangs."""
    with server_that_never_answers() as url:
        done = run(
            """
longpole.configure(endpoint=os.environ["AT"])
time.sleep(0.2)
began = time.thread_time_ns()
for number in range(5000):
    work(number)
print((time.thread_time_ns() - began) / 5000)
""",
            tmp_path,
            AT=url,
        )
    assert float(done.stdout) < 50_000  # ns a step: 30 times what it takes, so that only waiting can fail it
