"""Whatever is sent to the OTLP doors: the server neither fails, nor grows, nor forgets the good bodies between.

Odd bodies (`odd_bodies.py`) go to a real `longpole serve` from four senders. After each round its reports are asked
for what came of them, a good body is sent and must be shown, and the log is read. A 5xx keeps its body in a file.

    make fuzz                                  200,000 bodies, seed of the day
    .venv/bin/python tests/fuzz.py --inputs N --seed N [--seconds N] [--kept FOLDER]

Ends with 1 when something was found.
"""

import argparse
import http.client
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import psutil
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from odd_bodies import Post, posts
from otlp_bodies import body, span
from running_server import RunningServer, wait_until

SENDERS = 4
ROUND = 5000
MOST_MEMORY_BYTES = 1024 * 1024 * 1024
GOOD_TRACE = 1 << 100
FINE = frozenset({200, 400, 408, 413, 415, 429})
ASKED = (
    "/api/executions?limit=1000",
    "/api/overview",
    "/api/scores",
    "/api/processes",
    "/api/analysis/failures",
    "/api/analysis/repeats",
    "/api/analysis/costs",
    "/api/analysis/bottlenecks",
    "/api/analysis/why-not",
    "/api/analysis/patterns",
    "/api/dead-letters",
)
OF_ONE = ("", "/critical-path", "/coverage", "/advice", "/waits")
NOTHING = ("internal_errors", "unreadable", "damaged_bytes", "store_trouble", "spool_trouble")
SAID = ("Traceback", "Exception in ASGI", "failed")


class Round(Struct):
    """What came of one round: answers by status, what is wrong, and how the server stands after it."""

    number: int
    answers: Counter[int]
    faults: list[str]
    memory_bytes: int
    seconds: float
    spans: int


class Fuzz:
    """Rounds of odd bodies against a server that runs."""

    def __init__(self, server: RunningServer, seed: int, kept: Path, *, bodies: int = ROUND) -> None:
        assert server.process is not None
        self._server = server
        self._process = psutil.Process(server.process.pid)
        self._posts = posts(random.Random(seed))
        self._chance = random.Random(seed)
        self._kept = kept
        self._bodies = bodies
        self._good = 0
        self._read_log = 0

    def rounds(self, inputs: int, seconds: float) -> Iterator[Round]:
        """Rounds until so many bodies were sent or the time is over."""
        end = time.monotonic() + seconds
        number = 0
        while inputs > 0 and time.monotonic() < end:
            number += 1
            count = min(self._bodies, inputs)
            yield self._round(number, count)
            inputs -= count

    def _round(self, number: int, count: int) -> Round:
        began = time.monotonic()
        faults: list[str] = []
        batch = list(islice(self._posts, count))
        with ThreadPoolExecutor(SENDERS) as pool:
            answers = list(pool.map(self._send_all, (batch[place::SENDERS] for place in range(SENDERS))))
        statuses = Counter[int]()
        for each in answers:
            for post, status in each:
                statuses[status] += 1
                if status not in FINE:
                    faults.append(f"{status} to {post.origin}: {self._keep(post)}")
        faults += self._faults_of_server()
        memory = self._process.memory_info().rss
        if memory > MOST_MEMORY_BYTES:
            faults.append(f"{memory} bytes of memory")
        spans = int(self._server.intake()["accepted"]["spans"])
        return Round(number, statuses, faults, memory, time.monotonic() - began, spans)

    def _send_all(self, batch: list[Post]) -> list[tuple[Post, int]]:
        address = self._server.url.removeprefix("http://")
        line = http.client.HTTPConnection(address, timeout=60)
        answers: list[tuple[Post, int]] = []
        for post in batch:
            headers = {"content-type": post.kind} | ({"content-encoding": post.encoding} if post.encoding else {})
            line.request("POST", post.path, post.content, headers)
            answer = line.getresponse()
            answer.read()
            answers.append((post, answer.status))
        line.close()
        return answers

    def _keep(self, post: Post) -> Path:
        self._kept.mkdir(parents=True, exist_ok=True)
        path = self._kept / f"{abs(hash(post.content)):x}.msgpack"
        path.write_bytes(msgspec.msgpack.encode(post))
        return path

    def _faults_of_server(self) -> list[str]:
        """What a good body, the reports, the counters and the log tell."""
        server, faults = self._server, list[str]()
        self._good += 1
        good = body(span(GOOD_TRACE + self._good, 1))
        if (status := server.post(good).status_code) != 200:
            faults.append(f"a good body was answered {status}")
        wait_until(lambda: server.intake()["pending_bytes"] == 0, "the spool to be read")
        shown = f"/api/executions/{GOOD_TRACE + self._good:032x}"
        wait_until(lambda: server.get(shown).status_code == 200, "the good body to be shown")
        faults += [f"{path} was answered {status}" for path in self._paths() if (status := self._status(path)) >= 500]
        intake = server.intake()
        faults += [
            f"{name}: {intake[name]}" for name in ("internal_errors", "unreadable", "damaged_bytes") if intake[name]
        ]
        faults += [f"{name}: {intake[name]}" for name in ("store_trouble", "spool_trouble") if intake[name]]
        log = server.log.read_text()
        if any(word in log[self._read_log :] for word in SAID):
            faults.append(f"the log says: {log[self._read_log :][-4000:]}")
        self._read_log = len(log)
        return faults

    def _status(self, path: str) -> int:
        return self._server.get(path).status_code

    def _paths(self) -> Iterator[str]:
        """The reports over all, and those about ten executions and steps that odd bodies became."""
        yield from ASKED
        items: list[dict[str, Any]] = self._server.get("/api/executions?limit=1000").json()["items"]
        for item in self._chance.sample(items, min(10, len(items))):
            address = f"/api/executions/{item['execution_id']}"
            yield from (address + what for what in OF_ONE)
            answer = self._server.get(address)
            steps = answer.json()["steps"] if answer.status_code == 200 else []
            yield from (f"{address}/steps/{step['step_id']}" for step in steps[:3])


def print_table(rounds: list[Round], seed: int) -> None:
    """A line for every tenth round, and the sums."""
    table = Table(title=f"Odd bodies to the OTLP doors, seed {seed}, {SENDERS} senders")
    statuses = sorted({status for each in rounds for status in each.answers})
    for name in ("round", "bodies", *map(str, statuses), "faults", "memory MB", "bodies/s"):
        table.add_column(name, justify="right")
    step = max(1, len(rounds) // 10)
    for each in [*rounds[::step], rounds[-1]]:
        counts = [f"{each.answers[status]:,}" for status in statuses]
        row = (str(each.number), f"{each.answers.total():,}", *counts, str(len(each.faults)))
        table.add_row(*row, f"{each.memory_bytes / 1e6:.0f}", f"{each.answers.total() / each.seconds:,.0f}")
    table.add_section()
    total = sum((each.answers for each in rounds), Counter[int]())
    row = ("all", f"{total.total():,}", *(f"{total[status]:,}" for status in statuses))
    faults, memory = sum(len(each.faults) for each in rounds), max(each.memory_bytes for each in rounds)
    table.add_row(*row, str(faults), f"{memory / 1e6:.0f}", f"{total.total() / sum(r.seconds for r in rounds):,.0f}")
    Console(width=130).print(table)
    print(f"{rounds[-1].spans:,} spans were taken of them.")


def main() -> int:
    """Run, print, 1 if anything was found."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--inputs", type=int, default=200_000)
    options.add_argument("--seconds", type=float, default=float("inf"), help="no longer than this")
    options.add_argument("--seed", type=int, default=int(time.time() // 86_400), help="that of the day by default")
    options.add_argument("--kept", type=Path, default=Path("fuzz-kept"), help="where bodies with a 5xx are kept")
    chosen = options.parse_args()
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory(prefix="longpole-fuzz-") as folder:
        server = RunningServer(Path(folder) / "longpole")
        server.folder.mkdir()
        try:
            server.launch(env={k: v for k, v in os.environ.items() if not k.startswith("LONGPOLE_")})
            for each in Fuzz(server, chosen.seed, chosen.kept).rounds(chosen.inputs, chosen.seconds):
                rounds.append(each)
                for fault in each.faults:
                    print(f"round {each.number}: {fault}", file=sys.stderr)
        finally:
            server.close()
    print_table(rounds, chosen.seed)
    return int(any(each.faults for each in rounds))


if __name__ == "__main__":
    sys.exit(main())
