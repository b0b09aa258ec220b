"""How many steps a second the server accepts durably, and what a thousand of them cost.

For OTLP protobuf and JSON, batches of 100 and 512, one and four senders: a real `longpole serve` on an empty data
folder, senders in processes of their own that send bodies made beforehand. `accepted/s` counts up to the last 200
answer (which comes after fdatasync), `visible/s` until `/api/overview` counts every span; a run that loses or doubles
one fails. CPU and memory are the server's alone. `--rate` sends so many steps a second instead, in bodies of 50 from
one sender, for half a minute: what a steady stream costs.

    .venv/bin/python bench/ingest.py [--quick | --rate N] [--store ADDRESS] [--servers N] [--json FILE]

With `--store` the servers keep their steps in that database, which may hold some already; `--servers` starts several on
it, and the senders share them.
"""

import argparse
import base64
import http.client
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psutil
from google.protobuf import json_format
from rich.console import Console
from rich.table import Table

from agent_traces import TraceMaker

PROTOBUF, JSON = "application/x-protobuf", "application/json"


@dataclass
class Result:
    """One row of the table. `cpu_s_per_1000` is the server's processor time until all is settled and it is idle."""

    format: str
    batch: int
    senders: int
    steps: int
    accepted_per_s: float
    visible_per_s: float
    cpu_s_per_1000: float
    sender_cpu_s_per_1000: float
    ack_p50_ms: float
    ack_p99_ms: float
    peak_memory_mb: float


class Server:
    """A `longpole serve` on a free port and an empty folder, with the store of its own or the one that is named."""

    def __init__(self, store: str | None = None) -> None:
        self._store = {} if store is None else {"LONGPOLE_STORE": store}

    def __enter__(self) -> Self:
        self.folder = tempfile.mkdtemp(prefix="longpole-bench-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        command = [Path(sys.executable).with_name("longpole"), "serve", "--data", self.folder, "--port", str(self.port)]
        self.process = self.start_process(command)
        self.wait_until_ready()
        return self

    def start_process(self, command: Sequence[str | Path]) -> "subprocess.Popen[bytes]":
        """Start the server by this command."""
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **self._store})

    def wait_until_ready(self) -> None:
        """Return when `/healthz` answers; ends the program when it does not."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                return self.get("/healthz") and None
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the server did not answer within 30 s")

    def get(self, path: str) -> dict[str, object]:
        """The JSON answer of a REST address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse().read()
        connection.close()
        return json.loads(answer)

    def stored(self) -> int:
        """How many distinct spans the server shows."""
        totals = self.get("/api/overview")["totals"]
        return totals["executions"] + totals["steps"]  # type: ignore[index]

    def usage(self) -> tuple[float, float]:
        """CPU seconds so far and the peak of resident memory in megabytes."""
        times = psutil.Process(self.process.pid).cpu_times()
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        peak_kb = int(status.split("VmHWM:")[1].split()[0])
        return times.user + times.system, peak_kb / 1024

    def __exit__(self, *exception: object) -> None:
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def make_bodies(content_type: str, batch: int, count: int, seed: int) -> list[bytes]:
    """`count` bodies of `batch` spans each, different for every seed."""
    maker, left = TraceMaker(seed, time.time_ns()), []
    requests = [maker.request(batch, left) for _ in range(count)]
    if content_type == PROTOBUF:
        return [request.SerializeToString() for request in requests]
    return [otlp_json(json_format.MessageToDict(request)) for request in requests]


def otlp_json(message: dict[str, object]) -> bytes:
    """OTLP's JSON differs from protobuf's: ids are hexadecimal, not base64."""
    for group in message["resourceSpans"]:  # type: ignore[union-attr]
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    if span.get(key):
                        span[key] = base64.b64decode(span[key]).hex()
    return json.dumps(message).encode()


def send(
    port: int, content_type: str, bodies: list[bytes], start: object, answers: object, pause_s: float = 0.0
) -> None:
    """One sender: keeps its connection, retries on 429, and reports each body's latency in seconds.

    A body begins at least `pause_s` after the one before it.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    latencies: list[float] = []
    start.wait()  # type: ignore[attr-defined]
    used, first = time.process_time(), time.perf_counter()
    for number, body in enumerate(bodies):
        time.sleep(max(0.0, first + number * pause_s - time.perf_counter()))
        while True:
            began = time.perf_counter()
            connection.request("POST", "/v1/traces", body, {"content-type": content_type})
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                latencies.append(time.perf_counter() - began)
                break
            if response.status != 429:
                raise SystemExit(f"the server answered {response.status}")
            time.sleep(float(response.headers.get("retry-after", "0.1")))
    answers.put((latencies, time.process_time() - used))  # type: ignore[attr-defined]


def measure(
    content_type: str,
    batch: int,
    senders: int,
    steps: int,
    *,
    store: str | None = None,
    count: int = 1,
    rate: float = 0.0,
) -> Result:
    """One row: `steps` spans in all, shared by the senders; `count` servers. At most `rate` a second, if given."""
    per_sender = max(1, steps // batch // senders)
    seeds = range(senders) if store is None else [time.time_ns() + place for place in range(senders)]
    bodies = [make_bodies(content_type, batch, per_sender, seed) for seed in seeds]
    total = per_sender * senders * batch
    pause_s = senders * batch / rate if rate else 0.0
    context = multiprocessing.get_context("fork")
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(store)) for _ in range(count)]
        server = servers[0]
        there = server.stored()
        start, answers = context.Event(), context.Queue()
        ports = [servers[place % count].port for place in range(senders)]
        processes = [
            context.Process(target=send, args=(port, content_type, b, start, answers, pause_s))
            for port, b in zip(ports, bodies, strict=True)
        ]
        for process in processes:
            process.start()
        cpu_before = sum(each.usage()[0] for each in servers)
        began = time.perf_counter()
        start.set()
        reports = [answers.get(timeout=300) for _ in processes]
        accepted_s = time.perf_counter() - began
        visible_s = _until_visible(server, there + total, began)
        cpu, memory = _usage_when_idle(servers)
        _until_visible(server, there + total, began)
        for process in processes:
            process.join()
    latencies = sorted(value for report, _ in reports for value in report)
    return Result(
        format="protobuf" if content_type == PROTOBUF else "json",
        batch=batch,
        senders=senders,
        steps=total,
        accepted_per_s=total / accepted_s,
        visible_per_s=total / visible_s,
        cpu_s_per_1000=(cpu - cpu_before) / total * 1000,
        sender_cpu_s_per_1000=sum(used for _, used in reports) / total * 1000,
        ack_p50_ms=latencies[len(latencies) // 2] * 1000,
        ack_p99_ms=latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))] * 1000,
        peak_memory_mb=memory,
    )


def _usage_when_idle(servers: list[Server]) -> tuple[float, float]:
    """What the servers used once a second passes in which they do next to nothing; 60 s at most.

    CPU of all of them, memory of the largest.
    """
    used = [server.usage() for server in servers]
    for _ in range(60):
        time.sleep(1)
        before, used = used, [server.usage() for server in servers]
        if sum(now[0] - then[0] for now, then in zip(used, before, strict=True)) < 0.05 * len(servers):
            break
    return sum(cpu for cpu, _ in used), max(memory for _, memory in used)


def _until_visible(server: Server, total: int, began: float) -> float:
    """Seconds until the overview counts every span, once. It is asked when all bodies are read: it costs 30 ms.

    Its executions and steps are two queries, between which one may have become the other: it is asked again.
    """
    deadline, stored = time.monotonic() + 180, 0
    while stored != total and time.monotonic() < deadline:
        if server.get("/healthz")["pending_bytes"] == 0:
            stored = server.stored()
        time.sleep(0.02)
    if stored != total:
        raise SystemExit(f"sent {total:,} spans, the server counts {stored:,}")
    return time.perf_counter() - began


def print_table(results: list[Result]) -> None:
    """Print one line a result."""
    table = Table(title="Steps accepted durably, gzip off")
    for column in (
        "format",
        "batch",
        "senders",
        "steps",
        "accepted/s",
        "visible/s",
        "CPU s per 1,000",
        "sender CPU",
        "ack p50",
        "ack p99",
        "peak memory",
    ):
        table.add_column(column, justify="left" if column == "format" else "right")
    for r in results:
        table.add_row(
            r.format,
            str(r.batch),
            str(r.senders),
            f"{r.steps:,}",
            f"{r.accepted_per_s:,.0f}",
            f"{r.visible_per_s:,.0f}",
            f"{r.cpu_s_per_1000:.3f}",
            f"{r.sender_cpu_s_per_1000:.3f}",
            f"{r.ack_p50_ms:.1f} ms",
            f"{r.ack_p99_ms:.1f} ms",
            f"{r.peak_memory_mb:,.0f} MB",
        )
    Console(width=130).print(table)


def main() -> None:
    """Measure every row, print the table, write the JSON."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="a quarter of the steps, protobuf and JSON at 512 only")
    options.add_argument("--steps", type=int, default=100_000, help="spans per row")
    options.add_argument("--rate", type=float, default=0.0, help="steps a second: one row, of half a minute")
    options.add_argument("--store", metavar="ADDRESS", help="a database, as the setting `store` has it")
    options.add_argument("--servers", type=int, default=1, help="so many on that database")
    options.add_argument("--json", metavar="FILE", help="write the rows here as well")
    chosen = options.parse_args()
    steps = chosen.steps // 4 if chosen.quick else chosen.steps
    results: list[Result] = []
    rows = [(kind, batch, senders) for kind in (PROTOBUF, JSON) for batch in (100, 512) for senders in (1, 4)]
    if chosen.quick:
        rows = [row for row in rows if row[1] == 512]
    if chosen.rate:
        rows, steps = [(PROTOBUF, 50, 1)], round(30 * chosen.rate)
    for kind, batch, senders in rows:
        where = {"store": chosen.store, "count": chosen.servers}
        results.append(measure(kind, batch, senders, steps, rate=chosen.rate, **where))
        print(f"{len(results)}: {results[-1]}", file=sys.stderr)
    print_table(results)
    if chosen.json:
        Path(chosen.json).write_text(json.dumps([asdict(result) for result in results], indent=2))


if __name__ == "__main__":
    main()
