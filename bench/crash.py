"""Is what was acknowledged stored, exactly once, when the server is killed? `kill -9` at random moments, under load.

Each round: four senders post bodies to a real `longpole serve` as fast as it takes them; at a seeded random moment the
server is killed and started again (every fourth time killed once more while it reads its spool). Then every body that
was answered with 200 must be there, whole and once. A body may also be there whose sender was not told: it became
durable in the moment of the kill. The store grows from round to round. Ends with 1 when a body is lost or doubled.

    .venv/bin/python bench/crash.py [--engine duckdb|postgres|clickhouse] [--store ADDRESS] [--rounds N] [--json FILE]

The engines but DuckDB need the address of an empty database, as the setting `store` has it. A killed process is not a
power cut; `docs/how-to/durability.md` says what that needs.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

SENDERS = 4
STEPS = 20
DEADLINE_S = 180.0
TRACE = b"f" * 32


@dataclass
class Round:
    """One kill. Counts are bodies of 20 spans each; `restart_s` is until everything acknowledged is shown."""

    number: int
    killed_after_s: float
    sent: int
    acknowledged: int
    stored: int
    lost: int
    doubled: int
    torn: int
    restart_s: float


class Server:
    """A `longpole serve` on one folder that may be killed and started again."""

    def __init__(self, folder: Path, store: str | None) -> None:
        self._folder = folder
        self._environment = {**os.environ, **({"LONGPOLE_STORE": store} if store else {})}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def start(self) -> None:
        """Start it and wait for its first answer."""
        program = Path(sys.executable).with_name("longpole")
        command = [program, "serve", "--data", self._folder, "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=self._environment)
        _wait_for(lambda: self.get("/healthz"), "the server to answer")

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it as a service manager does."""
        self._process.terminate()
        self._process.wait(60)

    def get(self, path: str) -> Any:
        """The JSON answer of a REST address, nothing while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def stored(self, since: str) -> tuple[list[str], int]:
        """The trace id of every execution that started since a time, and the number of steps with them."""
        found: list[str] = []
        cursor = ""
        while cursor is not None:
            page = self.get(f"/api/executions?limit=1000&from={since}" + (f"&cursor={cursor}" if cursor else ""))
            found += [item["trace_id"] for item in page["items"]]
            cursor = page["next_cursor"]
        return found, self.get(f"/api/overview?from={since}")["totals"]["steps"]


def send(port: int, sender: int, round_number: int, template: bytes, reports: "Queue[tuple[int, list[str]]]") -> None:
    """Post bodies until nobody answers; report how many were sent and the traces that were acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sent, acknowledged = 0, list[str]()
    while True:
        trace = f"{round_number + 1:08x}{sender:08x}{sent:016x}"  # an id of zeros would be refused
        sent += 1
        try:
            status = 429
            while status == 429:
                connection.request(
                    "POST", "/v1/traces", template.replace(TRACE, trace.encode()), {"content-type": "application/json"}
                )
                answer = connection.getresponse()
                answer.read()
                status = answer.status
                if status == 429:
                    time.sleep(0.1)
            if status == 200:
                acknowledged.append(trace)
        except (OSError, http.client.HTTPException):
            reports.put((sent, acknowledged))
            return


def make_template(now_ns: int) -> bytes:
    """A body of one trace: an agent and its steps, some of them with inputs."""
    spans: list[dict[str, Any]] = []
    for number in range(STEPS):
        attributes = {"gen_ai.operation.name": "invoke_agent" if number == 0 else "chat", "input.value": "x" * 200}
        spans.append(
            {
                "traceId": TRACE.decode(),
                "spanId": f"{number + 1:016x}",
                "name": "agent" if number == 0 else f"step {number}",
                "startTimeUnixNano": str(now_ns + number * 1000),
                "endTimeUnixNano": str(now_ns + 1_000_000 - number),
                "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
            }
            | ({"parentSpanId": f"{1:016x}"} if number else {})
        )
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def run_round(server: Server, number: int, chance: random.Random) -> Round:
    """Load, kill, start again, compare."""
    context = multiprocessing.get_context("fork")
    now_ns = time.time_ns()
    template, since = make_template(now_ns), _rfc3339(now_ns)
    reports: Queue[tuple[int, list[str]]] = context.Queue()
    senders = [
        context.Process(target=send, args=(server.port, sender, number, template, reports)) for sender in range(SENDERS)
    ]
    for process in senders:
        process.start()
    killed_after_s = chance.uniform(0.2, 3.0)
    time.sleep(killed_after_s)
    server.kill()
    told = [reports.get(timeout=60) for _ in senders]
    for process in senders:
        process.join()
    acknowledged = {trace for _, traces in told for trace in traces}
    began = time.perf_counter()
    server.start()
    if number % 4 == 3:
        time.sleep(chance.uniform(0, 0.5))
        server.kill()
        server.start()
    _wait_for(lambda: _is_read(server), "the spool to be read")
    _wait_for(lambda: acknowledged <= set(server.stored(since)[0]), "what was acknowledged", must=False)
    restart_s = time.perf_counter() - began
    found, steps = server.stored(since)
    return Round(
        number=number + 1,
        killed_after_s=killed_after_s,
        sent=sum(sent for sent, _ in told),
        acknowledged=len(acknowledged),
        stored=len(set(found)),
        lost=len(acknowledged - set(found)),
        doubled=len(found) - len(set(found)),
        torn=abs(steps - len(found) * (STEPS - 1)),
        restart_s=restart_s,
    )


def _is_read(server: Server) -> bool:
    health = server.get("/healthz")
    return health is not None and health["pending_bytes"] == 0


def _wait_for(condition: Any, what: str, *, must: bool = True) -> None:
    deadline = time.monotonic() + (DEADLINE_S if must else 20)
    while not condition():
        if time.monotonic() > deadline:
            if must:
                raise SystemExit(f"waited {DEADLINE_S:g} s for {what}")
            return
        time.sleep(0.05)


def _rfc3339(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z"


def print_table(engine: str, rounds: list[Round]) -> None:
    """One line a round, and their sums."""
    table = Table(title=f"{engine}: kill -9 under load with {SENDERS} senders, bodies of {STEPS} spans")
    names = ("round", "killed after", "sent", "acknowledged", "stored", "lost", "doubled", "torn", "restart")
    for name in names:
        table.add_column(name, justify="right")
    for r in rounds:
        counts = [f"{n:,}" for n in (r.sent, r.acknowledged, r.stored, r.lost, r.doubled, r.torn)]
        table.add_row(str(r.number), f"{r.killed_after_s:.2f} s", *counts, f"{r.restart_s:.2f} s")
    sums = [
        f"{sum(getattr(r, name) for r in rounds):,}"
        for name in ("sent", "acknowledged", "stored", "lost", "doubled", "torn")
    ]
    table.add_section()
    table.add_row("all", "", *sums, f"{max(r.restart_s for r in rounds):.2f} s at most")
    Console(width=120).print(table)


def main() -> int:
    """Run every round, print the table; 1 if anything was lost or doubled."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--engine", choices=("duckdb", "postgres", "clickhouse"), default="duckdb")
    options.add_argument("--store", metavar="ADDRESS", help="an empty database, as the setting `store` has it")
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--quick", action="store_true", help="three rounds")
    options.add_argument("--json", metavar="FILE", help="write the rounds here as well")
    chosen = options.parse_args()
    if chosen.engine != "duckdb" and not chosen.store:
        options.error(f"{chosen.engine} needs the address of an empty database; name it with --store")
    folder = Path(tempfile.mkdtemp(prefix="longpole-crash-"))
    server, chance = Server(folder / "data", chosen.store), random.Random(chosen.seed)
    rounds: list[Round] = []
    server.start()
    try:
        for number in range(3 if chosen.quick else chosen.rounds):
            rounds.append(run_round(server, number, chance))
            print(rounds[-1], file=sys.stderr)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print_table(chosen.engine, rounds)
    if chosen.json:
        Path(chosen.json).write_text(json.dumps([asdict(each) for each in rounds], indent=2))
    return int(any(each.lost or each.doubled or each.torn for each in rounds))


if __name__ == "__main__":
    sys.exit(main())
