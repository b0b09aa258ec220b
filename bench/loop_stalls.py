"""How long the server's event loop stands, under one kind of load after the other.

A real `longpole serve` whose watch of its own loop (`server/loop_lag.py`) looks every 5 ms instead of every 20 and
writes down each delay, and the part of it in which the loop's thread did not wait for a core: that part the server made
itself. As root the server runs before all other programs (`nice -n -20`), so that what else the machine does hardly
counts; `chrt -r` would not do, as Linux takes the core from such a program for 50 ms of each second. The first row is
the same server with nothing to do: the noise of the machine.

    .venv/bin/python bench/loop_stalls.py [--quick] [--only PATTERN] [--seconds N] [--json FILE]

Ends with 1 when the loop stood for more than 50 ms by the server's own doing.
"""

import argparse
import asyncio
import gzip
import http.client
import json
import os
import re
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import websockets
from google.protobuf import json_format
from rich.console import Console
from rich.table import Table

from agent_traces import TraceMaker
from ingest import JSON, PROTOBUF, Server, make_bodies, otlp_json
from longpole.cli.main import main as run_longpole
from longpole.model.durations import Durations
from longpole.server import health
from longpole.server.loop_lag import LoopLag

LOOK_S = 0.005
LIMIT_MS = 50.0
SENDERS = 50
BIG_EXECUTION = "e" * 32
STEPS_OF_BIG = 50_000
CLIENTS = 200
SETTLED_S = 3.0
_PAIR = struct.Struct("<dd")
_TRACE = re.compile(rb'"traceId": "[0-9a-f]{6}')
REPORTS = ("/api/overview", "/api/executions?limit=50", "/api/executions?sort=duration&limit=200")
EVERYTHING = (
    "/api/executions?limit=500",
    *(
        f"/api/analysis/{name}"
        for name in ("report", "bottlenecks", "failures", "patterns", "trends", "costs", "statistics", "capacity")
    ),
)


@dataclass
class Row:
    """What was seen under one kind of load; milliseconds. `late` is everything, `stood` what the server made."""

    load: str
    done: str
    looks: int
    late_p99: float
    late_longest: float
    stood_p99: float
    stood_longest: float
    stood_over_limit: int


class WatchedServer(Server):
    """A server that writes down how late its loop is."""

    def start_process(self, command: Sequence[str | Path]) -> "subprocess.Popen[bytes]":
        """Start it before all other programs, if that is allowed."""
        self.looks = Path(self.folder).with_suffix(".looks")
        program = [sys.executable, __file__, "--serve", str(self.looks), *map(str, command[1:])]
        before = ["nice", "-n", "-20"] if may_go_first() else []
        return subprocess.Popen([*before, *program], stdout=subprocess.DEVNULL)

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        self.looks.unlink(missing_ok=True)

    def seen(self, start: int = 0) -> list[tuple[float, float]]:
        """Every look behind the first `start` ones: seconds late, seconds stood."""
        return list(_PAIR.iter_unpack(self.looks.read_bytes()[start * _PAIR.size :]))


class Written(Durations):
    """Durations that are handed on, too."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        super().__init__()
        self._tell = tell

    def add(self, seconds: float) -> None:
        """Count one."""
        super().add(seconds)
        self._tell(seconds)


def serve(file: Path, arguments: list[str]) -> None:
    """Be the server, and write every look at the loop into a file."""
    place = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    late: list[float] = []

    def note(stood: float) -> None:
        os.write(place, _PAIR.pack(late.pop(), stood))

    class Watched(LoopLag):
        def __init__(self, activity: Callable[[], int]) -> None:
            super().__init__(activity, busy_s=LOOK_S, idle_s=LOOK_S)
            self.delays = Written(late.append)
            self.stalls = Written(note)

    health.LoopLag = Watched  # type: ignore[misc]
    sys.argv[1:] = arguments
    run_longpole()


def may_go_first() -> bool:
    """Whether programs may be run before all others here."""
    return os.geteuid() == 0


def post(port: int, body: bytes, kind: str, *, packed: bool = False) -> int:
    """Send a body until it is taken; how often it was told to wait."""
    headers = {"content-type": kind} | ({"content-encoding": "gzip"} if packed else {})
    for waits in range(1000):
        status = 429
        with suppress(
            ConnectionResetError, BrokenPipeError, http.client.HTTPException
        ):  # answered before all of it was sent
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            line.request("POST", "/v1/traces", body, headers)
            status = line.getresponse().status
            line.close()
        if status == 200:
            return waits
        if status != 429:
            raise SystemExit(f"the server answered {status}")
        time.sleep(0.2)
    raise SystemExit("the server takes nothing")


def get(port: int, path: str) -> int:
    """How many bytes an answer has, before it is compressed."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    line.request("GET", path, headers={"accept-encoding": "gzip"})
    answer = line.getresponse()
    content = answer.read()
    line.close()
    if answer.status != 200:
        raise SystemExit(f"{path} was answered {answer.status}: {content[:300]!r}")
    return len(gzip.decompress(content) if answer.headers.get("content-encoding") == "gzip" else content)


class Loads:
    """The kinds of load, by turns on one server."""

    def __init__(self, server: WatchedServer, seconds: float, senders: int) -> None:
        self.port = server.port
        self.server = server
        self.seconds = seconds
        self.senders = senders

    def all(self) -> dict[str, Callable[[], str]]:
        """Every load by its name; each gives what it did."""
        return {
            "nothing": self.nothing,
            "5,000 steps/s, protobuf of 512": lambda: self.steady(PROTOBUF, 5000),
            "5,000 steps/s, JSON of 512": lambda: self.steady(JSON, 5000),
            "200 live clients, 1,000 steps/s": self.live,
            "one protobuf body of 15 MB": lambda: self.one(PROTOBUF, 24_000),
            "one JSON body of 15 MB": lambda: self.one(JSON, 14_300),
            "8 MB from 50 senders, protobuf": lambda: self.many(PROTOBUF),
            "8 MB from 50 senders, JSON": lambda: self.many(JSON),
            "8 MB from 50 senders, JSON in gzip": lambda: self.many(JSON, packed=True),
            "an execution of 50,000 steps sent": self.send_big,
            "it, asked for by five at once": self.ask_big,
            "overview and lists by five": lambda: self.ask(REPORTS),
            "every report by two": lambda: self.ask(EVERYTHING, clients=2),
        }

    def nothing(self) -> str:
        """Leave the server alone."""
        time.sleep(self.seconds)
        return ""

    def steady(self, kind: str, rate: int) -> str:
        """So many steps a second, on the steady clock."""
        bodies = make_bodies(kind, 512, round(self.seconds * rate / 512), time.time_ns() % 10**9)
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        began = time.monotonic()
        for number, body in enumerate(bodies):
            time.sleep(max(0.0, began + number * 512 / rate - time.monotonic()))
            line.request("POST", "/v1/traces", body, {"content-type": kind})
            line.getresponse().read()
        line.close()
        return f"{len(bodies) * 512:,} steps"

    def one(self, kind: str, spans: int) -> str:
        """Three bodies, each when the one before is stored."""
        for number in range(3):
            body = make_bodies(kind, spans, 1, time.time_ns() % 10**9 + number)[0]
            post(self.port, body, kind)
            self.wait_until_read()
        return f"three times {spans:,} steps"

    def many(self, kind: str, *, packed: bool = False) -> str:
        """All senders at once, each with a body of its own; until all of it is read."""
        bodies = big_bodies(kind, self.senders)
        if packed:
            bodies = [gzip.compress(body, 1) for body in bodies]
        send = partial(post, self.port, kind=kind, packed=packed)
        with ThreadPoolExecutor(self.senders) as pool:
            waits = sum(pool.map(send, bodies))
        self.wait_until_read()
        return f"{waits} times told to wait; peak memory {self.server.usage()[1]:,.0f} MB"

    def send_big(self) -> str:
        """One trace of 50,000 steps in bodies of 5,000."""
        for body in big_execution():
            post(self.port, body, JSON)
        self.wait_until_read()
        return "ten bodies of 5,000"

    def ask_big(self) -> str:
        """Five clients, three times each."""
        paths, sizes = [f"/api/executions/{BIG_EXECUTION}"] * 5, list[int]()
        for _ in range(3):
            with ThreadPoolExecutor(5) as pool:
                sizes += pool.map(partial(get, self.port), paths)
        return f"{len(sizes)} answers of {sizes[0] / 1e6:.1f} MB"

    def ask(self, paths: Sequence[str], clients: int = 5) -> str:
        """So many clients, each asking one question after the other."""
        end = time.monotonic() + self.seconds

        def go(first: int) -> int:
            asked = 0
            while time.monotonic() < end or asked < len(paths):
                get(self.port, paths[(first + asked) % len(paths)])
                asked += 1
            return asked

        with ThreadPoolExecutor(clients) as pool:
            return f"{sum(pool.map(go, range(clients))):,} answers"

    def live(self) -> str:
        """WebSocket clients that hear everything, and steady steps."""
        heard = [0]
        seconds = 1.0 + self.seconds
        listener = threading.Thread(target=lambda: asyncio.run(listen(self.port, CLIENTS, seconds, heard)))
        listener.start()
        time.sleep(1.0)
        self.steady(JSON, 1000)
        listener.join()
        return f"{heard[0]:,} frames"

    def wait_until_read(self) -> None:
        """Return when the spool has been read, and what came of it had time to settle."""
        end = time.monotonic() + 120
        while self.server.get("/api/ingest")["pending_bytes"] and time.monotonic() < end:
            time.sleep(0.25)
        time.sleep(SETTLED_S)


async def listen(port: int, clients: int, seconds: float, heard: list[int]) -> None:
    """Hold so many connections that hear everything, for so long."""

    async def one() -> None:
        with suppress(websockets.ConnectionClosed):
            async with websockets.connect(f"ws://127.0.0.1:{port}/api/live", proxy=None, max_size=None) as socket:
                await socket.send('{"trees":false}')
                async for _ in socket:
                    heard[0] += 1

    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(one() for _ in range(clients)))


def big_bodies(kind: str, count: int) -> list[bytes]:
    """So many bodies of 8 MB with 2,000 spans, alike but for the ids of their traces."""
    request = TraceMaker(7, time.time_ns()).request(2000, [])
    for span in request.resource_spans[0].scope_spans[0].spans:
        span.attributes.add(key="input.value").value.string_value = f"{span.span_id.hex()} asks again. " * 120
    salt = time.time_ns() % 60_000
    if kind == PROTOBUF:
        bodies: list[bytes] = []
        for number in range(count):
            for span in request.resource_spans[0].scope_spans[0].spans:
                span.trace_id = (salt * 256 + number).to_bytes(3, "big") + span.trace_id[3:]
            bodies.append(request.SerializeToString())
        return bodies
    text = otlp_json(json_format.MessageToDict(request))
    return [_TRACE.sub(b'"traceId": "%06x' % (salt * 256 + number), text) for number in range(count)]


def big_execution() -> list[bytes]:
    """One trace with 50,000 steps below one agent, in groups of a hundred."""
    began_ns = time.time_ns() - 60 * 10**9
    spans = [big_span(1, 0, "invoke_agent", began_ns, 50 * 10**9)]
    for number in range(2, STEPS_OF_BIG + 1):
        first = number - (number - 2) % 100  # of its group
        spans.append(
            big_span(number, 1 if number == first else first, "execute_tool", began_ns + number * 900_000, 800_000)
        )
    return [
        f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{",".join(spans[first : first + 5000])}]}}]}}]}}'.encode()
        for first in range(0, STEPS_OF_BIG, 5000)
    ]


def big_span(number: int, parent: int, operation: str, started_ns: int, took_ns: int) -> str:
    """A span of that trace in JSON."""
    return (
        f'{{"traceId":"{BIG_EXECUTION}","spanId":"{number:016x}","parentSpanId":"{f"{parent:016x}" if parent else ""}",'
        f'"name":"step {number % 20}","startTimeUnixNano":"{started_ns}","endTimeUnixNano":"{started_ns + took_ns}",'
        f'"attributes":[{{"key":"gen_ai.operation.name","value":{{"stringValue":"{operation}"}}}},'
        f'{{"key":"input.value","value":{{"stringValue":"{{\\"customer\\":{number}}}"}}}}]}}'
    )


def measure(name: str, load: Callable[[], str], server: WatchedServer) -> Row:
    """One row."""
    start = len(server.seen())
    done = load()
    time.sleep(0.5)
    looks = server.seen(start)
    late, stood = (sorted(1000 * pair[place] for pair in looks) for place in (0, 1))
    over = sum(each > LIMIT_MS for each in stood)
    at = int(len(looks) * 0.99)
    return Row(name, done, len(looks), late[at], late[-1], stood[at], stood[-1], over)


def show(rows: Sequence[Row]) -> None:
    """Print the table of docs/reference/performance.md."""
    names = ("load", "late p99", "longest", "stood p99", "longest", "over 50 ms", "")
    table = Table(*names, title="How long the event loop is late and stands, in ms")
    for row in rows:
        numbers = [f"{each:.1f}" for each in (row.late_p99, row.late_longest, row.stood_p99, row.stood_longest)]
        table.add_row(row.load, *numbers, f"{row.stood_over_limit} of {row.looks:,}", row.done)
    Console(width=150).print(table)


def main() -> int:
    """Print the table; 1 if the loop stood for too long."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="shorter rows, ten senders")
    options.add_argument("--only", metavar="PATTERN", default="", help="rows in whose name this is found")
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--json", metavar="FILE", type=Path, help="write the rows here as well")
    chosen = options.parse_args()
    rows: list[Row] = []
    with WatchedServer() as server:
        loads = Loads(server, 4.0 if chosen.quick else chosen.seconds, 10 if chosen.quick else SENDERS)
        for name, load in loads.all().items():
            if re.search(chosen.only, name):
                rows.append(measure(name, load, server))
                print(rows[-1], file=sys.stderr, flush=True)
    show(rows)
    print("The server ran before the other programs." if may_go_first() else "The server ran among other programs.")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    return int(any(row.stood_over_limit for row in rows))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), sys.argv[3:])
    else:
        sys.exit(main())
