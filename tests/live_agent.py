"""An agent in a process of its own that goes on when it is told to, and a client of the live door."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from running_server import RunningServer

DEADLINE_S = 30.0

PROGRAM = """
import sys, longpole

longpole.configure(endpoint=sys.argv[1], service="live-test")

def wait():
    if not sys.stdin.readline():
        raise SystemExit(3)

@longpole.agent
def triage():
    print(longpole.current_execution().execution_id, flush=True)
    longpole.track_stage("pre_process")
    with longpole.time_step("first"):
        wait()
    longpole.track_decision("helper", score=0.2, threshold=0.5, outcome="skipped", reason="too low")
    with longpole.time_step("second"):
        wait()
    longpole.complete_stage()

triage()
longpole.flush()
"""


class SteppedAgent:
    """The agent `triage`: `first` is open when it begins, every `go_on` ends a step."""

    def __init__(self, url: str) -> None:
        command = [sys.executable, "-c", PROGRAM, url]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.execution_id = self.process.stdout.readline().strip()

    def go_on(self) -> None:
        """End the step that is open."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def finish(self) -> None:
        """Let it run to its end."""
        self.go_on()
        self.go_on()
        assert self.process.wait(DEADLINE_S) == 0

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait(DEADLINE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def stepped_agent(url: str) -> Iterator[SteppedAgent]:
    """An agent that has begun its first step."""
    agent = SteppedAgent(url)
    try:
        yield agent
    finally:
        agent.close()


class LiveClient:
    """A WebSocket on the live door that remembers what it was told."""

    def __init__(self, server: RunningServer, **asked: Any) -> None:
        address = server.url.replace("http://", "ws://") + "/api/live"
        self.socket: ClientConnection = connect(address, proxy=None, max_size=None, close_timeout=1)
        self.told: list[dict[str, Any]] = []
        self.say(**asked)

    def say(self, **message: Any) -> None:
        """Send a message."""
        self.socket.send(json.dumps(message))

    def until(self, condition: Callable[["LiveClient"], Any]) -> Any:
        """Read until a condition holds; its answer."""
        while not (answer := condition(self)):
            self.told.append(json.loads(self.socket.recv(DEADLINE_S)))
        return answer

    def until_kind(self, kind: str) -> dict[str, Any]:
        """Read until an event of a kind has come; the event."""
        return self.until(lambda me: next((event for event in me.events if event["kind"] == kind), None))

    def until_type(self, type_: str) -> dict[str, Any]:
        """Read until a message of a type has come; the message."""
        return self.until(lambda me: next((one for one in me.told if one["type"] == type_), None))

    def until_trace(self, is_meant: Callable[[int], bool]) -> None:
        """Read until an event of a trace has come whose number is meant."""
        self.until(lambda me: any(is_meant(int(event["trace_id"], 16)) for event in me.events))

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that came, in order."""
        return [event for message in self.told for event in message.get("events", ())]

    @property
    def seq(self) -> str:
        """The place of the last frame."""
        return next(message["seq"] for message in reversed(self.told) if "seq" in message)

    def close(self) -> None:
        """Leave."""
        self.socket.close()

    def __enter__(self) -> "LiveClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
