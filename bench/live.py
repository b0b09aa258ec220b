"""How long it takes from the end of a step in an agent until a browser shows it, and what live clients cost.

A real `longpole serve` on an empty data folder; an agent with the SDK whose steps are watched in headless Chromium on
the page of its execution; another agent that makes the rest of the load; and WebSocket clients that subscribe to
everything. One of the clients is the browser, the others are such connections: two hundred browsers do not fit on the
machine. A step counts as shown when the count of completed steps in the DOM contains it. All of it runs on the cores
of one machine, the agents and clients too.

    .venv/bin/python bench/live.py [--quick] [--rates 10,1000,5000] [--clients 1,20,200] [--seconds N] [--json FILE]
"""

import argparse
import asyncio
import json
import multiprocessing
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import websockets
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

from ingest import Server

AGENTS = Path(__file__).with_name("live_agents.py")
WARM_S = 2.0
WATCH = """() => {
  window.shown = [];
  const look = () => {
    const words = /([\\d,]+) of [\\d,]+ steps? done/.exec(document.querySelector(".verdict")?.textContent ?? "");
    const count = words ? Number(words[1].replaceAll(",", "")) : -1;
    if (count > (window.shown.at(-1)?.[0] ?? 0)) window.shown.push([count, Date.now()]);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
}"""


@dataclass
class Result:
    """One row of the table. Milliseconds; `server_cpu` is the share of one core."""

    steps_per_s: int
    clients: int
    steps: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    server_cpu: float
    frames_per_s: float
    missed_share: float


def listen(port: int, clients: int, frames: "Synchronized[int]", missed: "Synchronized[int]") -> None:
    """Hold so many WebSocket connections that hear everything, for ever."""

    async def one() -> None:
        with suppress(websockets.ConnectionClosed):
            async with websockets.connect(f"ws://127.0.0.1:{port}/api/live", proxy=None, max_size=None) as socket:
                await socket.send('{"trees":false}')
                async for message in socket:
                    frames.value += 1
                    found = re.search(r'"missed_frames":(\d+)', str(message)[:120])
                    missed.value += int(found[1]) if found else 0

    async def everyone() -> None:
        await asyncio.gather(*(one() for _ in range(clients)))

    asyncio.run(everyone())


def run_agent(*arguments: object) -> "subprocess.Popen[str]":
    """One of the programs of `live_agents.py`."""
    command = [sys.executable, str(AGENTS), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def measure(page: Page, rate: int, clients: int, seconds: float) -> Result:
    """One row: a server of its own, so many clients, the browser among them."""
    context = multiprocessing.get_context("spawn")
    frames, missed = context.Value("l", 0), context.Value("l", 0)
    with Server() as server:
        others = context.Process(target=listen, args=(server.port, clients - 1, frames, missed), daemon=True)
        if clients > 1:
            others.start()
        ends = Path(server.folder) / "ends.json"
        load = run_agent("load", server.port, seconds + 3 * WARM_S, rate)
        watched = run_agent("watched", server.port, seconds + WARM_S, ends)
        assert watched.stdout is not None
        _open_page(page, server, watched.stdout.readline().strip())
        time.sleep(WARM_S)
        cpu, heard, lost, began = server.usage()[0], frames.value, missed.value, time.time()
        watched.wait(60)
        took = time.time() - began
        cpu, heard, lost = server.usage()[0] - cpu, frames.value - heard, missed.value - lost
        latencies = _latencies(json.loads(ends.read_text()), page.evaluate("window.shown"), began)
        load.wait(60)
        page.goto("about:blank")
        if clients > 1:
            others.terminate()
            others.join()
    return Result(
        steps_per_s=rate,
        clients=clients,
        steps=len(latencies),
        p50_ms=_at(latencies, 0.5),
        p95_ms=_at(latencies, 0.95),
        p99_ms=_at(latencies, 0.99),
        server_cpu=cpu / took,
        frames_per_s=heard / took / max(1, clients - 1),
        missed_share=lost / (lost + heard) if lost + heard else 0.0,
    )


def _open_page(page: Page, server: Server, execution_id: str) -> None:
    deadline = time.monotonic() + 20
    while not server.get("/api/executions?text=watched&limit=1")["items"] and time.monotonic() < deadline:
        time.sleep(0.05)
    page.goto(f"http://127.0.0.1:{server.port}/executions/{execution_id}")
    page.locator('[data-live="live"]').wait_for()
    page.evaluate(WATCH)


def _latencies(ends_ns: list[int], shown: list[tuple[int, int]], began: float) -> list[float]:
    """Milliseconds from each end behind `began` until the DOM counted the step; one that never was has an hour."""
    latencies: list[float] = []
    position = 0
    for number, end_ns in enumerate(ends_ns, start=1):
        while position < len(shown) and shown[position][0] < number:
            position += 1
        if end_ns >= began * 1e9:
            at_ms = shown[position][1] if position < len(shown) else time.time() * 1000
            latencies.append(max(0.0, at_ms - end_ns / 1e6))
    return sorted(latencies)


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def show(results: list[Result]) -> None:
    """Print the table of docs/reference/performance.md."""
    table = Table("steps/s", "clients", "steps", "p50", "p95", "p99", "server CPU", "frames/s", "missed")
    for row in results:
        table.add_row(
            f"{row.steps_per_s:,}",
            str(row.clients),
            str(row.steps),
            f"{row.p50_ms:.0f} ms",
            f"{row.p95_ms:.0f} ms",
            f"{row.p99_ms:.0f} ms",
            f"{row.server_cpu:.0%}",
            f"{row.frames_per_s:.1f}" if row.clients > 1 else "–",
            f"{row.missed_share:.1%}" if row.clients > 1 else "–",
        )
    Console(width=100).print(table)
    for rate in sorted({row.steps_per_s for row in results}):
        rows = sorted((row for row in results if row.steps_per_s == rate), key=lambda row: row.clients)
        if len(rows) > 1:
            cost = (rows[-1].server_cpu - rows[0].server_cpu) / (rows[-1].clients - rows[0].clients)
            print(f"{rate:,} steps/s: {cost:.2%} of a core for each client")


def main() -> int:
    """Print the table; 1 if 1,000 steps/s with 20 clients are shown later than 100 ms (p99)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one row of six seconds")
    parser.add_argument("--rates", default="10,1000,5000")
    parser.add_argument("--clients", default="1,20,200")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rates, chosen.clients, chosen.seconds = "1000", "20", 6.0
    results: list[Result] = []
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        options = ["--no-sandbox", "--disable-gpu"]
        with playwright.chromium.launch(executable_path=program, args=options) as browser:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            for rate in map(int, chosen.rates.split(",")):
                for clients in map(int, chosen.clients.split(",")):
                    results.append(measure(page, rate, clients, chosen.seconds))
                    print(asdict(results[-1]), file=sys.stderr, flush=True)
    show(results)
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(row) for row in results], indent=2))
    bound = [row.p99_ms for row in results if (row.steps_per_s, row.clients) == (1000, 20)]
    return int(any(each >= 100 for each in bound))


if __name__ == "__main__":
    sys.exit(main())
