"""A real server for tests: `longpole serve` in a process of its own, on a free port, with its own folder."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from longpole.ingest.segment import segment_path
from longpole.ingest.spool import START, BodyFormat, Incoming, Signal, Spool
from longpole.model.clock import now_ns

DEADLINE_S = 60.0
PROTOBUF = "application/x-protobuf"
JSON = "application/json"


def wait_until(condition: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """The first true answer of `condition`, asked every 20 ms; fails with `what` when the deadline passes."""
    pause = threading.Event()
    end = time.monotonic() + deadline_s
    while not (answer := condition()):
        assert time.monotonic() < end, f"waited {deadline_s} s for {what}"
        pause.wait(0.02)
    return answer


class RunningServer:
    """A server process; `start` may be called again after `kill` or `stop`, the folder stays."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.options = options
        self.url = ""
        self.process: subprocess.Popen[str] | None = None
        self.client = httpx.Client(timeout=60, trust_env=False)
        self.log = folder.parent / f"{folder.name}.log"

    def start(self) -> "RunningServer":
        """Start the process and wait for its first answer."""
        self.launch()
        return self

    def launch(self, *before: str, **how: Any) -> None:
        """Start the process, with the words of another program before its own, and wait for its first answer."""
        (self.folder / "server.json").unlink(missing_ok=True)
        program = Path(sys.executable).with_name("longpole")
        command = [*before, str(program), "serve", "--data", str(self.folder), "--port", "0", *self.options]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, text=True, **how)
        wait_until(self._is_ready, f"the server to answer; its log: {self.log}")

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        state = self.folder / "server.json"
        if not state.exists():
            return False
        self.url = json.loads(state.read_text())["url"]
        return self.get("/healthz").status_code == 200

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        """GET a path of the server."""
        return self.client.get(self.url + path, **arguments)

    def post(self, body: bytes, path: str = "/v1/traces", kind: str = PROTOBUF, **headers: str) -> httpx.Response:
        """POST a body; header names are written with underscores."""
        named = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(self.url + path, content=body, headers=named)

    def intake(self) -> dict[str, Any]:
        """What `/api/ingest` says."""
        return self.get("/api/ingest").json()

    def totals(self) -> dict[str, Any]:
        """The totals of `/api/overview`."""
        return self.get("/api/overview").json()["totals"]

    def stored_spans(self) -> int:
        """Executions and steps together: every distinct span is one of them."""
        totals = self.totals()
        return totals["executions"] + totals["steps"]

    def wait_for_spans(self, count: int) -> None:
        """Wait until so many spans are shown, no more."""
        wait_until(lambda: self.stored_spans() >= count, f"{count} spans, there are {self.stored_spans()}")
        assert self.stored_spans() == count

    def kill(self) -> None:
        """End the process as `kill -9` does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(DEADLINE_S)

    def stop(self) -> int:
        """End the process as a service manager does; gives its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.client.close()


def put_into_spool(folder: Path, *bodies: bytes) -> Path:
    """Bodies that a killed server had acknowledged and not read; gives their segment."""
    spool = Spool.open(folder / "spool", after=START)
    items = [Incoming(Signal.TRACES, BodyFormat.PROTOBUF, None, now_ns(), each) for each in bodies]
    ends = [spool.append(item).result(10) for item in items]
    spool.close()
    return segment_path(folder / "spool", ends[-1].segment)
