"""Half an hour of steady work: does the server grow, leak or slow down?

A real `longpole serve` with the store of a day: as many steps a minute become older than it keeps them as come, and a
million are of half a day ago. One process sends 2,000 steps a second, two ask for reports of the last five minutes, one
asks six times a minute about the million, ten WebSocket clients hear everything. Every second the process is looked at.
Ends with 1 when a promise is broken:

- memory grows less than 1 MB in ten minutes, from minute 10 on (a straight line through all that was seen);
- no more open files and threads at the end than at the beginning of that time;
- the 99th percentile of acknowledgements and of reports stays within 20 % of what it was at the start of that time;
- everything that was acknowledged is there, once, and nothing unforeseen is in the log;
- the event loop never stands for more than 50 ms by the server's own doing. What the loop's thread waited for a core is
  not counted; as root the server runs before the other programs (`nice -n -20`), so that its other threads do not
  wait for one either while they hold the interpreter.

    make soak                                                        half an hour
    .venv/bin/python tests/soak.py --minutes 10 [--rate N] [--live N] [--json FILE]

Of a run of less than 15 minutes the first two fifths are its beginning. DuckDB may take 128 MB, the least, and reads
more than that in the million again and again: what it keeps of what it has read is full before the beginning is over,
and what grows then is a leak.
"""

import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from multiprocessing.queues import Queue
from pathlib import Path
from statistics import fmean, linear_regression, median, quantiles

import psutil
import websockets
from rich.console import Console
from rich.progress import track
from rich.table import Table

from jumping_server import Jumping
from running_server import JSON, wait_until
from soak_store import lay_out

STEPS = 50
BODY_MOST = 40
LOOK_EVERY_S = 1.0
WINDOW = timedelta(minutes=5)
DAY = timedelta(days=1)
KEPT, KEPT_STEPS = timedelta(hours=12), 1_000_000
SEED_TEXT = 96
MINUTES_BEFORE = 4
PATIENCE_S = 300.0
STORE_MEMORY_BYTES = 128 * 1024 * 1024
MOST_GROWTH_MB = 1.0
MOST_SLOWER = 1.2
REPORTS = (
    "/api/overview?from={since}",
    "/api/executions?from={since}&limit=50",
    "/api/analysis/failures?from={since}",
    "/api/analysis/bottlenecks?from={since}",
    "/api/executions/{trace}",
    "/healthz",
)
REPORT_EVERY_S = 0.25
LOOKS_BACK = (
    "/api/executions?from={kept_from}&to={kept_to}&text=nobody",
    "/api/analysis/bottlenecks?from={kept_from}&to={kept_to}",
)
LOOK_BACK_EVERY_S = 10.0
_RANDOM = random.Random(0)
Judged = tuple[str, str, bool | None]
"""A promise: its words, what was measured, whether it is kept; nothing if it is only told."""
STALLS = re.compile(r'longpole_loop_stalled_seconds_bucket\{le="([^"]+)"\} (\d+)')
LONGEST_STALL_S = 0.05


@dataclass
class Look:
    """The server's process at a moment, `minute` after the start."""

    minute: float
    memory_mb: float
    files: int
    threads: int


@dataclass
class Seen:
    """Everything that was measured: latencies in ms with their minute, frames of all live clients."""

    looks: list[Look] = field(default_factory=list[Look])
    acks: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    answers: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    back: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    acknowledged: int = 0
    refused: int = 0
    frames: int = 0


def body_of(trace: str, now_ns: int, text_bytes: int = 64) -> bytes:
    """A trace of one agent and its steps, just ended; the text of each takes so much room however it is packed."""
    spans: list[str] = []
    for number in range(1, STEPS + 1):
        is_agent = number == 1
        operation = "invoke_agent" if is_agent else "chat" if number % 10 == 3 else "execute_tool"
        started_ns, ended_ns = now_ns - 40_000_000 + number * 100_000, now_ns - number * 100_000
        spans.append(
            f'{{"traceId":"{trace}","spanId":"{number:016x}","parentSpanId":"{"" if is_agent else f"{1:016x}"}",'
            f'"name":"{"soak agent" if is_agent else f"step {number % 10}"}",'
            f'"startTimeUnixNano":"{started_ns}","endTimeUnixNano":"{ended_ns}","attributes":['
            f'{{"key":"gen_ai.operation.name","value":{{"stringValue":"{operation}"}}}},'
            f'{{"key":"input.value","value":{{"stringValue":"{_RANDOM.randbytes(text_bytes).hex()}"}}}}]}}'
        )
    return f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{",".join(spans)}]}}]}}]}}'.encode()


def send(address: str, rate: int, end: float, said: "Queue[tuple[str, float, float]]") -> None:
    """Send so many steps a second until `end`, on the steady clock; says each answer's status, time and latency."""
    line = http.client.HTTPConnection(address, timeout=60)
    pause, due, number = STEPS / rate, time.monotonic(), 0
    while (now := time.monotonic()) < end:
        if now < due:
            time.sleep(due - now)
        due += pause
        number += 1
        content = body_of(f"{number:032x}", time.time_ns())
        began, status = time.monotonic(), 0
        while status != 200:
            began = time.monotonic()
            line.request("POST", "/v1/traces", content, {"content-type": JSON})
            answer = line.getresponse()
            answer.read()
            status = answer.status
            if status != 200:
                said.put(("refused", began, 0))
                time.sleep(1)
        said.put(("ack", began, (time.monotonic() - began) * 1000))


def ask(address: str, end: float, said: "Queue[tuple[str, float, float]]") -> None:
    """Ask for reports until `end`, four times a second if answers took no time; says each answer's time and latency."""
    for began in asked(address, end, REPORTS, REPORT_EVERY_S, said):
        said.put(("answer", began, (time.monotonic() - began) * 1000))


def look_back(address: str, end: float, said: "Queue[tuple[str, float, float]]") -> None:
    """Ask about the million until `end`."""
    for began in asked(address, end, LOOKS_BACK, LOOK_BACK_EVERY_S, said):
        said.put(("back", began, (time.monotonic() - began) * 1000))


def asked(
    address: str, end: float, reports: Sequence[str], pause_s: float, said: "Queue[tuple[str, float, float]]"
) -> Iterator[float]:
    """Ask by turns until `end`; when each question that is now answered began."""
    line = http.client.HTTPConnection(address, timeout=60)
    trace = ""
    for report in cycle(reports):
        if (began := time.monotonic()) > end:
            return
        now = datetime.now(UTC)
        times = {"since": now - WINDOW, "kept_from": now - 1.5 * KEPT, "kept_to": now - KEPT / 2}
        told = {name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in times.items()}
        line.request("GET", report.format(**told, trace=trace or "0"))
        answer = line.getresponse()
        content = answer.read()
        if "limit=50" in report and (found := re.search(rb'"trace_id":"([0-9a-f]{32})"', content)):
            trace = found[1].decode()
        if answer.status >= 500:
            said.put(("failed", began, float(answer.status)))
        if trace or "{trace}" not in report:
            yield began
        time.sleep(pause_s)


def listen(address: str, clients: int, end: float, said: "Queue[tuple[str, float, float]]") -> None:
    """Hear everything with so many WebSocket clients until `end`; says the number of frames."""

    async def one() -> int:
        frames = 0
        with suppress(TimeoutError):
            async with websockets.connect(f"ws://{address}/api/live", proxy=None, max_size=None) as socket:
                await socket.send('{"trees":false}')
                async with asyncio.timeout(end - time.monotonic()):
                    async for _ in socket:
                        frames += 1
        return frames

    async def everyone() -> int:
        return sum(await asyncio.gather(*(one() for _ in range(clients))))

    said.put(("frames", end, float(asyncio.run(everyone()))))


def fill(server: Jumping, rate: int, minutes: float) -> None:
    """What it has of a day: a minute's steps by way of a server, the others as copies of them."""
    server.start()
    server.set_clock(-int(DAY.total_seconds()))
    bodies = rate * 60 // STEPS
    for number in track(range(bodies), "steps of a day ago", transient=True):
        content = body_of(f"e{number:031x}", time.time_ns() - int(DAY.total_seconds()) * 10**9, SEED_TEXT)
        while server.post(content, kind=JSON).status_code == 429:
            time.sleep(0.1)
    wait_until(lambda: server.stored_spans() >= bodies * STEPS, "the old steps", PATIENCE_S)
    wait_until(lambda: server.intake()["open_spans"] == 0, "the old steps to be stored", PATIENCE_S)
    server.stop()
    kept_minutes = KEPT_STEPS // (rate * 60) + 1
    lay_out(server.folder / "longpole.duckdb", int(minutes) + MINUTES_BEFORE, kept_minutes, time.time_ns())


def run(server: Jumping, minutes: float, rate: int, live: int) -> Seen:
    """The whole run; what was measured."""
    assert server.process is not None
    process, address = psutil.Process(server.process.pid), server.url.removeprefix("http://")
    context = multiprocessing.get_context("fork")
    said: Queue[tuple[str, float, float]] = context.Queue()
    began = time.monotonic()
    end = began + minutes * 60
    workers = [context.Process(target=send, args=(address, rate, end, said))]
    workers += [context.Process(target=work, args=(address, end, said)) for work in (ask, ask, look_back)]
    if live:
        workers.append(context.Process(target=listen, args=(address, live, end, said)))
    for worker in workers:
        worker.start()
    seen = Seen()
    look_at = began
    while any(worker.is_alive() for worker in workers) or not said.empty():
        with suppress(Exception):  # nothing came
            note(seen, said.get(timeout=0.5), began)
        if (now := time.monotonic()) >= look_at and now < end:
            look_at = now + LOOK_EVERY_S
            memory = process.memory_info().rss / 2**20
            seen.looks.append(Look((now - began) / 60, memory, process.num_fds(), process.num_threads()))
    return seen


def note(seen: Seen, item: tuple[str, float, float], began: float) -> None:
    """Add what a worker said."""
    kind, when, value = item
    minute = (when - began) / 60
    if kind == "ack":
        seen.acknowledged += 1
        seen.acks.append((minute, value))
    elif kind == "answer":
        seen.answers.append((minute, value))
    elif kind == "back":
        seen.back.append((minute, value))
    elif kind == "refused":
        seen.refused += 1
    elif kind == "frames":
        seen.frames = int(value)
    else:
        raise SystemExit(f"a report was answered {value:.0f}")


def share(values: list[float], percent: int) -> float:
    """A percentile, 0 of nothing."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else sum(values)


def within(pairs: list[tuple[float, float]], start: float, stop: float) -> list[float]:
    """The values of a stretch of minutes."""
    return [value for minute, value in pairs if start <= minute < stop]


def print_table(seen: Seen, minutes: float) -> None:
    """A line for each minute, or for each tenth of a long run."""
    table = Table(title="The server from minute to minute")
    for name in ("minute", "steps/s", "ack p50", "p99 ms", "reports p50", "p99 ms", "memory MB", "files", "threads"):
        table.add_column(name, justify="right")
    step = max(1, round(minutes / 15))
    for start in range(0, int(minutes), step):
        acks, answers = within(seen.acks, start, start + step), within(seen.answers, start, start + step)
        looks = [look for look in seen.looks if start <= look.minute < start + step]
        if not looks:
            continue
        latencies = [f"{share(values, percent):.1f}" for values in (acks, answers) for percent in (50, 99)]
        last = [f"{looks[-1].memory_mb:.1f}", str(looks[-1].files), str(looks[-1].threads)]
        table.add_row(f"{start + step}", f"{len(acks) * STEPS / step / 60:,.0f}", *latencies, *last)
    Console(width=120).print(table)


def judge(seen: Seen, minutes: float) -> list[Judged]:
    """What is promised of memory, files, threads and latencies."""
    start = 10.0 if minutes >= 15 else minutes * 0.4
    looks = [look for look in seen.looks if look.minute >= start]
    slope = linear_regression([look.minute for look in looks], [look.memory_mb for look in looks]).slope * 10
    third = max(1, len(looks) // 3)
    files, threads = ([getattr(look, name) for look in looks] for name in ("files", "threads"))
    judged: list[Judged] = [
        (f"memory, MB in 10 minutes, below {MOST_GROWTH_MB:g}", f"{slope:+.2f}", slope < MOST_GROWTH_MB)
    ]
    for name, counts in (("open files", files), ("threads", threads)):
        first, last = median(counts[:third]), median(counts[-third:])
        judged.append((f"{name}, at first and at last", f"{first:g}, {last:g}", last <= first + 2))
    part = (minutes - start) / 3
    for name, pairs in (("acknowledgements", seen.acks), ("reports", seen.answers)):
        first = share(within(pairs, start, start + part), 99)
        last = share(within(pairs, minutes - part, minutes), 99)
        told = f"{first:.1f}, {last:.1f}"
        judged.append((f"p99 of {name} in ms, at first and at last", told, last < first * MOST_SLOWER))
    return [*judged, ("memory on average, by ten minutes, in MB", ", ".join(tens_of(seen)), None)]


def tens_of(seen: Seen) -> list[str]:
    """The mean of the memory in each ten minutes: it goes up and down by more than it grows."""
    tens: dict[int, list[float]] = {}
    for look in seen.looks:
        tens.setdefault(int(look.minute // 10), []).append(look.memory_mb)
    return [f"{fmean(values):.0f}" for values in tens.values()]


def stalls_of(metrics: str) -> tuple[str, int]:
    """How long the loop stood by the server's own doing: where the longest is, and how many were over 50 ms."""
    buckets = [(float(le), int(count)) for le, count in STALLS.findall(metrics)]
    looks = max((count for _, count in buckets), default=0)
    upper = min((le for le, count in buckets if count == looks), default=0.0)
    lower = max((le for le, _ in buckets if le < upper), default=0.0)
    short = max((count for le, count in buckets if le <= LONGEST_STALL_S), default=0)
    return f"{lower:g} to {upper:g} s", looks - short


def check_kept(server: Jumping, seen: Seen) -> list[Judged]:
    """Whether everything acknowledged is there once, the old is gone, the loop went on and the log is quiet."""
    wait_until(lambda: server.intake()["pending_bytes"] == 0, "the spool to be read")
    steps = seen.acknowledged * STEPS
    behind_kept = f"{datetime.now(UTC) - KEPT / 2:%Y-%m-%dT%H:%M:%SZ}"

    def stored_in_run() -> int:
        totals = server.get(f"/api/overview?from={behind_kept}").json()["totals"]
        return totals["executions"] + totals["steps"]

    with suppress(AssertionError):
        wait_until(lambda: stored_in_run() == steps, "all of it")
    jobs = server.get("/api/store").json()["jobs"]["jobs"]
    removed = next(job["outcome"] for job in jobs if job["name"] == "retention")
    longest, stalls = stalls_of(server.get("/metrics").text)
    intake, stored = server.intake(), stored_in_run()
    log = server.log.read_text()
    return [
        ("steps acknowledged, and stored", f"{steps:,}, {stored:,}", steps == stored),
        ("retention the last time", f"{removed}", removed is not None),
        ("the event loop stood, at the longest; stalls over 50 ms", f"{longest}; {stalls:,}", stalls == 0),
        ("errors of the server and in its log", f"{intake['internal_errors']}", "Traceback" not in log),
        ("bodies told to wait; frames heard", f"{seen.refused:,}; {seen.frames:,}", None),
        ("answers about the million; their p50 and p99 in ms", told_back(seen), bool(seen.back)),
    ]


def told_back(seen: Seen) -> str:
    """How many answers there were about the million, and how long they took."""
    values = [value for _, value in seen.back]
    return f"{len(values):,}; {share(values, 50):.0f}, {share(values, 99):.0f}"


def main() -> int:
    """Run, print, 1 if a promise was broken."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--rate", type=int, default=2000, help="steps a second")
    options.add_argument("--live", type=int, default=10, help="WebSocket clients")
    options.add_argument("--json", type=Path, help="writes what was seen of the process, every second")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="longpole-soak-") as folder:
        server = Jumping(Path(folder) / "longpole")
        server.folder.mkdir()
        os.environ["LONGPOLE_RETENTION_DAYS"] = "1"
        os.environ["LONGPOLE_STORE_MEMORY_BYTES"] = str(STORE_MEMORY_BYTES)
        try:
            fill(server, chosen.rate, chosen.minutes)
            server.launch(*(["nice", "-n", "-20"] if os.geteuid() == 0 else []))
            seen = run(server, chosen.minutes, chosen.rate, chosen.live)
            print_table(seen, chosen.minutes)
            if chosen.json:
                chosen.json.write_text(json.dumps([asdict(look) for look in seen.looks]))
            judged = [*judge(seen, chosen.minutes), *check_kept(server, seen)]
            if any(is_kept is False for *_, is_kept in judged):
                print(server.log.read_text()[-5000:], file=sys.stderr)
        except SystemExit:
            print(server.log.read_text()[-5000:], file=sys.stderr)
            raise
        finally:
            server.close()
    table = Table(title=f"{chosen.minutes:g} minutes of {chosen.rate:,} steps a second")
    for name in ("promise", "measured", ""):
        table.add_column(name)
    for words, measured, is_kept in judged:
        table.add_row(words, measured, {True: "kept", False: "BROKEN", None: ""}[is_kept])
    Console(width=120).print(table)
    return int(any(is_kept is False for *_, is_kept in judged))


if __name__ == "__main__":
    sys.exit(main())
