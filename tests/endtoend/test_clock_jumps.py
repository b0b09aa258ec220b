"""The machine's clock is set an hour forward or back while a server runs: what came is shown, settled and kept."""

import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count

import pytest

from jumping_server import Jumping
from otlp_bodies import body, span
from running_server import RunningServer, wait_until

NUMBERS = count(1)
HOUR_S = 3600
AGENT = """
import sys
import longpole

@longpole.agent
def patient():
    with longpole.time_step("ask", category="llm"):
        print("waiting", flush=True)
        sys.stdin.readline()

longpole.configure()
patient()
"""


@pytest.fixture(scope="module")
def jumping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jumping]:
    found = Jumping(tmp_path_factory.mktemp("jumping") / "longpole")
    found.folder.mkdir()
    try:
        found.start()
        yield found
    finally:
        found.close()


def send(server: RunningServer) -> str:
    """A whole trace of now; gives its id."""
    trace, now = next(NUMBERS), time.time_ns()
    times = {"start_time_unix_nano": now, "end_time_unix_nano": now + 1000}
    content = body(span(trace, 1, **times), span(trace, 2, 1, **times))
    assert server.post(content).status_code == 200
    return f"{trace:032x}"


def is_settled(server: RunningServer, trace: str) -> bool:
    answer = server.get(f"/api/executions/{trace}")
    return answer.status_code == 200 and answer.json()["execution"]["is_settled"]


def test_an_hour_back_and_forward_costs_nothing(jumping: Jumping) -> None:
    sent: list[str] = []
    for ahead_s in (0, -HOUR_S, HOUR_S, 0):
        jumping.set_clock(ahead_s)
        sent += [send(jumping) for _ in range(5)]
        for trace in sent:
            wait_until(lambda trace=trace: is_settled(jumping, trace), f"{trace} to settle")
    assert jumping.stop() == 0
    jumping.start()
    jumping.wait_for_spans(2 * len(sent))
    assert "Traceback" not in jumping.log.read_text()


def test_a_program_that_lives_through_it_is_seen_to_end_well(jumping: Jumping) -> None:
    """While the server thinks that it fell silent it is shown as crashed, until its next heartbeat."""
    with subprocess.Popen(
        [sys.executable, "-c", AGENT],
        env={"LONGPOLE_DATA_FOLDER": str(jumping.folder), "LONGPOLE_ENDPOINT": jumping.url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == "waiting\n"
        for ahead_s in (0, HOUR_S, -HOUR_S):
            jumping.set_clock(ahead_s)
            wait_until(lambda: status(jumping) == "running", "the execution")
        agent.communicate("\n", timeout=60)
    wait_until(lambda: status(jumping) == "success", "its end")


def status(server: RunningServer) -> str:
    items = server.get("/api/executions?agent=patient").json()["items"]
    return items[0]["status"] if items else ""
