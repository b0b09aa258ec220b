"""Record runs of `examples/research_team.py` into the file that "Load the example" shows (`ingest/example.json.gz`)."""

import argparse
import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from longpole.ship.http import SERVER_HEADER

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "research_team.py"
RECORDING = ROOT / "src" / "longpole" / "ingest" / "example.json.gz"
OWN_SETTINGS = ("LONGPOLE_", "OTEL_")


class Listener:
    """Takes OTLP on loopback and keeps it: pairs of the signal's name and the body as text.

    Only a Longpole server is told of steps that are still open, and that a process is alive: `is_longpole` says it is.
    """

    def __init__(self, *, is_longpole: bool = False) -> None:
        self.bodies: list[tuple[str, str]] = []
        listener = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    sent = gzip.decompress(sent)
                listener.bodies.append((self.path.rsplit("/", 1)[-1], sent.decode()))
                self.do_GET()

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "2")
                if is_longpole:
                    self.send_header(SERVER_HEADER, "recorded")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def record(runs: int) -> list[list[tuple[str, str]]]:
    """What each run sent, in the order in which it did."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_SETTINGS)}
    recorded: list[list[tuple[str, str]]] = []
    for at in range(runs):
        listener = Listener()
        subprocess.run(
            [sys.executable, str(EXAMPLE), "--endpoint", listener.url],
            env=kept | {"LONGPOLE_ENVIRONMENT": "example"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        print(f"record_example: run {at + 1} of {runs}, {len(listener.bodies)} bodies", flush=True)
        recorded.append(listener.bodies)
    return recorded


def main() -> None:
    """Write the file anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=12)
    text = json.dumps(record(parser.parse_args().runs)).replace(f"{ROOT}/", "")
    RECORDING.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"record_example: {RECORDING.relative_to(ROOT)} holds {RECORDING.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
