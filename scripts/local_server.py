"""A real `longpole serve` for the demo: its own process, its own data folder, a port of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

HOST = "127.0.0.1"
START_SECONDS = 20.0
STOP_SECONDS = 15.0


class ServerNotReadyError(Exception):
    """The server ended or did not answer in time; the message holds the end of its log."""


def free_port(wanted: int = 0) -> int:
    """The wanted port if nobody listens there, else any free one."""
    for port in dict.fromkeys((wanted, 0)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerNotReadyError("no free port on this machine")


class LocalServer(AbstractContextManager["LocalServer"]):
    """Starts on entering and is ready then; stops on leaving, at the latest after 15 s.

    Args:
        folder: its data folder, made when missing; `server.log` in it takes what the server prints.
        port: the wanted port; another free one is taken when somebody listens there.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.port = free_port(port)
        self.url = f"http://{HOST}:{self.port}"
        self.log = folder / "server.log"

    def __enter__(self) -> "LocalServer":
        self.folder.mkdir(parents=True, exist_ok=True)
        program = Path(sys.executable).with_name("longpole")
        command = [str(program), "serve", "--data", str(self.folder), "--host", HOST, "--port", str(self.port)]
        env = {name: value for name, value in os.environ.items() if not name.startswith(("LONGPOLE_", "OTEL_"))}
        with self.log.open("wb") as log:
            # A group of its own: Ctrl-C in the demo must not reach the server before the demo stops it.
            self.process = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ServerNotReadyError(f"the server ended with code {self.process.returncode}.\n{self.log_end()}")
            try:
                if self.request("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise ServerNotReadyError(f"the server did not answer within {START_SECONDS:.0f} s.\n{self.log_end()}")

    def request(self, method: str, path: str) -> tuple[int, bytes]:
        """Status and body of one request."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """The JSON answer of a REST address.

        Raises:
            ServerNotReadyError: it answered with another status than 200.
        """
        status, body = self.request("GET", path)
        if status != 200:
            raise ServerNotReadyError(f"GET {path} answered {status}: {body[:300].decode(errors='replace')}")
        return json.loads(body)

    def log_end(self) -> str:
        """The last lines of the server's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def stop(self) -> None:
        """Ask the server to end, and end it when it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
