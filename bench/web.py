"""How fast the dashboard's pages are in headless Chromium, and what they take: one function a page, in a table.

Two real `longpole serve`: one with an execution of 50,000 steps, one with a million executions of ten (1.4 GB on disk,
made by the database in a minute). Each page is opened several times, cold but for the operating system's cache:
milliseconds from the navigation to the first paint with content and to the moment from which it can be used, processor
time of the page and of the server until then, processor time of its scripts for each frame while it is panned and
zoomed (there is no GPU here), and the memory of its tab: the JavaScript heap after collection, and what the renderer's
process holds privately.

    .venv/bin/python bench/web.py [--quick] [--pages overview,executions,execution] [--steps 50000] [--rounds 5]
        [--stored 10000000] [--store FILE] [--json FILE]

With `--store` the filled store is made there once, and used again by later runs.
"""

import argparse
import http.client
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from ingest import Server
from longpole.model.clock import now_ns
from synthetic_store import make_store

SPANS_EACH = 2_000
FRAMES = 120
PAINTED_MS, FRAME_MS, TAB_MB = 1_000, 8, 300
USABLE_MS = {"overview": 1_000, "executions": 1_000, "execution": 2_000}
TRACE_ID, TOP_ID = "5" * 32, "f" * 16
EXECUTION_ID = TRACE_ID + TOP_ID
CATEGORIES = ("tool", "database", "http", "processing", "cache")


@dataclass(frozen=True)
class Sample:
    """One visit of a page. Milliseconds and megabytes; `frames_ms` is script time by frame, empty where none moves.

    `page_cpu_ms` and `server_cpu_ms` are processor time until the page was usable, of its main thread and of the
    server: on a machine that others use, too, they say what the clock does not.
    """

    painted_ms: float
    usable_ms: float
    page_cpu_ms: float
    server_cpu_ms: float
    frames_ms: list[float]
    heap_mb: float
    private_mb: float


# By the page's own clock: a question from outside waits for a turn.
NOTE_USABLE = """
  const look = new MutationObserver(() => {
    if (!document.querySelector(wanted)) return;
    look.disconnect();
    requestAnimationFrame(() => { document.documentElement.dataset.usable = performance.now(); });
  });
  look.observe(document, { subtree: true, childList: true, attributes: true });
"""

Visit = Callable[[Page, CDPSession, Server], Sample]
"""Opens a page of the dashboard and measures it."""


def visit_execution(page: Page, session: CDPSession, server: Server) -> Sample:
    """The execution of many steps: usable once its waterfall is drawn; then zoomed, panned and scrolled."""
    opened = _opened(page, session, server, f"/executions/{EXECUTION_ID}", ".wf canvas[data-drawn]")
    page.wait_for_timeout(2_500)  # what is asked for behind the first picture must not fall into the frames
    page.locator(".wf").scroll_into_view_if_needed()
    frames = _frames(page, session, _move_waterfall)
    return _sample(page, session, opened, frames)


def visit_overview(page: Page, session: CDPSession, server: Server) -> Sample:
    """The overview of all executions: usable once its figures are there; the pictures below follow."""
    return _sample(page, session, _opened(page, session, server, "/", ".figures .value"), [])


def visit_executions(page: Page, session: CDPSession, server: Server) -> Sample:
    """The list of all executions: usable once its rows are there."""
    return _sample(page, session, _opened(page, session, server, "/executions", ".list tbody tr:not(.spacer)"), [])


PAGES: dict[str, Visit] = {
    "overview": visit_overview,
    "executions": visit_executions,
    "execution": visit_execution,
}
"""The pages that can be measured, by name."""


def _opened(page: Page, session: CDPSession, server: Server, path: str, usable: str) -> tuple[float, float, float]:
    """Milliseconds until the element that makes the page usable is there: by the clock, of the page, of the server."""
    page.add_init_script(f"const wanted = {json.dumps(usable)};{NOTE_USABLE}")
    before_s = server.usage()[0]
    page.goto(f"http://127.0.0.1:{server.port}{path}", wait_until="commit")
    page.locator("html[data-usable]").wait_for(state="attached", timeout=60_000)
    clock_ms = float(page.locator("html").get_attribute("data-usable") or "nan")
    return clock_ms, _metrics(session)["TaskDuration"] * 1000, (server.usage()[0] - before_s) * 1000


def _move_waterfall(page: Page, frame: int) -> None:
    """One movement of a frame: closer, to the side, further, down."""
    page.evaluate(
        """([frame]) => {
          const wall = document.querySelector(".wf");
          const box = wall.getBoundingClientRect();
          const [clientX, clientY] = [box.left + box.width * 0.7, box.top + 200];
          const place = { clientX, clientY, bubbles: true, cancelable: true };
          const phase = Math.floor(frame / 20) % 4;
          if (phase === 0) wall.dispatchEvent(new WheelEvent("wheel", { ...place, ctrlKey: true, deltaY: -40 }));
          else if (phase === 1) wall.dispatchEvent(new WheelEvent("wheel", { ...place, deltaX: 30 }));
          else if (phase === 2) wall.scrollTop += 97;
          else wall.dispatchEvent(new WheelEvent("wheel", { ...place, ctrlKey: true, deltaY: 40 }));
          return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }""",
        [frame],
    )


def _frames(page: Page, session: CDPSession, move: Callable[[Page, int], None]) -> list[float]:
    """Processor time of the scripts of each movement, in milliseconds, by the browser's own count."""
    found: list[float] = []
    before = _script_ms(session)
    for frame in range(FRAMES):
        move(page, frame)
        after = _script_ms(session)
        found.append(after - before)
        before = after
    return found


def _metrics(session: CDPSession) -> dict[str, float]:
    return {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}


def _script_ms(session: CDPSession) -> float:
    return _metrics(session)["ScriptDuration"] * 1000


def _sample(page: Page, session: CDPSession, opened: tuple[float, float, float], frames_ms: list[float]) -> Sample:
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
    session.send("HeapProfiler.collectGarbage")
    return Sample(
        painted_ms=float(painted),
        usable_ms=opened[0],
        page_cpu_ms=opened[1],
        server_cpu_ms=opened[2],
        frames_ms=frames_ms,
        heap_mb=_metrics(session)["JSHeapUsedSize"] / 1e6,
        private_mb=_renderer_mb(),
    )


def _renderer_mb() -> float:
    """Private memory of the largest renderer among the browser's processes: that of the page."""
    sizes = [
        process.memory_full_info().uss / 1e6
        for process in psutil.Process().children(recursive=True)
        if "--type=renderer" in process.cmdline()
    ]
    return max(sizes, default=float("nan"))


def send_tree(server: Server, steps: int, *, seed: int = 1) -> None:
    """One execution of so many steps, four deep, some at once, some repeated; returns when all are stored."""
    chance = random.Random(seed)
    start_ns = time.time_ns() - 600 * 10**9
    end_ns = start_ns + steps * 4_000_000
    spans = [
        _span(TOP_ID, "", "many-steps", start_ns, end_ns, {"longpole.kind": "agent", "longpole.agent": "many-steps"})
    ]
    above = [TOP_ID, TOP_ID, TOP_ID]
    for number in range(steps):
        depth = number % 50 and (2 if number % 5 else 1)
        span_id = f"{number + 1:016x}"
        begin_ns = start_ns + number * 4_000_000
        last = min(end_ns, begin_ns + (200 if depth == 0 else 20 if depth == 1 else chance.randint(1, 8)) * 4_000_000)
        # Equal siblings would be folded into one row: here every step has its own.
        name = (f"round {number // 50}", f"part {number % 50 // 5}", f"look up {number % 7}")[depth]
        category = chance.choice(CATEGORIES) if depth == 2 else "processing"
        spans.append(_span(span_id, above[depth], name, begin_ns, last, {"longpole.category": category}))
        if depth < 2:
            above[depth + 1 :] = [span_id] * (2 - depth)
    for first in range(0, len(spans), SPANS_EACH):
        _post(server, spans[first : first + SPANS_EACH])
    _wait_until_settled(server, steps)


def _span(span_id: str, parent: str, name: str, start_ns: int, end_ns: int, told: dict[str, str]) -> dict[str, object]:
    return {
        "traceId": TRACE_ID,
        "spanId": span_id,
        "parentSpanId": parent,
        "name": name,
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(end_ns),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in told.items()],
    }


def _post(server: Server, spans: Sequence[dict[str, object]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
    connection.request("POST", "/v1/traces", body, {"content-type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"the server answered {answer.status}: {answer.read()[:200]!r}")
    connection.close()


def _wait_until_settled(server: Server, steps: int) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        items = server.get("/api/executions?limit=1")["items"]
        if items and items[0]["is_settled"] and items[0]["steps_total"] == steps:  # type: ignore[index]
            return
        time.sleep(0.5)
    raise SystemExit(f"{steps} steps did not settle within 180 s")


def measure(browser: Browser, server: Server, name: str, rounds: int) -> list[Sample]:
    """So many visits of a page, each in a tab of its own when the server is done with the one before; the first, which
    finds nothing kept, is not counted."""
    samples: list[Sample] = []
    for _ in range(rounds + 1):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})  # processor time: others may use the cores
        session.send("HeapProfiler.enable")
        samples.append(PAGES[name](page, session, server))
        print(name, {key: value for key, value in asdict(samples[-1]).items() if key != "frames_ms"}, file=sys.stderr)
        context.close()
        _wait_until_quiet(server, look_s=0.5)
    return samples[1:]


@contextmanager
def serving(name: str, steps: int, stored: int, store: Path | None) -> Generator[Server]:
    """A server with what the page of this name shows; it has been asked for it once."""
    if name == "execution":
        with Server() as server:
            send_tree(server, steps)
            yield server
        return
    with tempfile.TemporaryDirectory(prefix="longpole-bench-") as folder:
        file = store or Path(folder) / "longpole.duckdb"
        if not file.exists():
            began = time.monotonic()
            make_store(file, stored, now_ns=now_ns())
            print(f"{file.stat().st_size / 1e9:.1f} GB made in {time.monotonic() - began:.0f} s", file=sys.stderr)
        with Server(str(file)) as server:
            _wait_until_quiet(server)
            yield server


def _wait_until_quiet(server: Server, *, look_s: float = 2.0) -> None:
    """Returns once the server's own work is done: on a store of 10 million steps that is new to it, some minutes."""
    before_s = server.usage()[0]
    for _ in range(300):
        time.sleep(look_s)
        now_s = server.usage()[0]
        if now_s - before_s < 0.05 * look_s:
            return
        before_s = now_s
    raise SystemExit("the server did not come to rest within 10 minutes")


def _at(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def show(results: dict[str, list[Sample]]) -> None:
    """Print medians and 95th percentiles, page by page."""
    table = Table(
        "page",
        "first paint",
        "p95",
        "usable",
        "p95",
        "page CPU",
        "server CPU",
        "script a frame",
        "p95",
        "heap",
        "tab, private",
    )
    for name, samples in results.items():
        painted, usable = [one.painted_ms for one in samples], [one.usable_ms for one in samples]
        frames = [each for one in samples for each in one.frames_ms]
        table.add_row(
            name,
            f"{statistics.median(painted):.0f} ms",
            f"{_at(painted, 0.95):.0f} ms",
            f"{statistics.median(usable):.0f} ms",
            f"{_at(usable, 0.95):.0f} ms",
            f"{statistics.median(one.page_cpu_ms for one in samples):.0f} ms",
            f"{statistics.median(one.server_cpu_ms for one in samples):.0f} ms",
            f"{_at(frames, 0.5):.1f} ms" if frames else "–",
            f"{_at(frames, 0.95):.1f} ms" if frames else "–",
            f"{statistics.median(one.heap_mb for one in samples):.0f} MB",
            f"{statistics.median(one.private_mb for one in samples):.0f} MB",
        )
    Console(width=140).print(table)


def main() -> int:
    """Print the table; 1 if a page is later, slower or larger than it may be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two visits of each page")
    parser.add_argument("--pages", default=",".join(PAGES))
    parser.add_argument("--steps", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stored", type=int, default=10_000_000, help="steps in the filled store")
    parser.add_argument("--store", type=Path, help="file of the filled store, made if it is not there")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    results: dict[str, list[Sample]] = {}
    program = shutil.which("chromium") or shutil.which("google-chrome")
    options = ["--no-sandbox", "--disable-gpu"]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=options) as browser,
    ):
        for name in chosen.pages.split(","):
            with serving(name, chosen.steps, chosen.stored, chosen.store) as server:
                results[name] = measure(browser, server, name, 2 if chosen.quick else chosen.rounds)
    show(results)
    if chosen.json:
        chosen.json.write_text(json.dumps({name: [asdict(one) for one in all_] for name, all_ in results.items()}))
    return int(any(misses(name, samples) for name, samples in results.items()))


def misses(name: str, samples: Sequence[Sample]) -> bool:
    """Whether a page is over what the table's page allows it, by its median."""
    frames = [each for one in samples for each in one.frames_ms]
    usable_ms = statistics.median(one.usable_ms for one in samples)
    painted_ms = statistics.median(one.painted_ms for one in samples)
    is_late = usable_ms >= USABLE_MS[name] or painted_ms >= PAINTED_MS
    return (
        is_late or max(one.private_mb for one in samples) >= TAB_MB or (bool(frames) and _at(frames, 0.95) > FRAME_MS)
    )


if __name__ == "__main__":
    sys.exit(main())
