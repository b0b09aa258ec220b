"""What recording costs the program that is recorded: CPU of the calling thread per step, in nanoseconds.

    .venv/bin/python bench/overhead.py [--steps 20000] [--rounds 15] [--without-peers] [--gate]

`--gate` measures without peers and ends with 1 if a recorded step costs more than an eighth of OpenTelemetry's.

Measured with `time.thread_time_ns` around a loop of calls, minus the same loop over the bare function; the best of
several rounds, because everything else on the machine only ever adds. Delivery runs beside it as it does in life, into
a sink on loopback. The bare OpenTelemetry SDK in the same run is the yardstick: its nanoseconds differ between
machines as ours do.

Then Longpole and its peers by equal trials (`bench/peers`), each in a process and an environment of its own: a step
with its input and output, background CPU, import, exit while nobody answers, and what a kill takes with it.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import longpole
from peers.trials import LONGEST_EXIT_S, PEERS, measure_peer

LARGEST_SHARE = 1 / 8  # DESIGN 5
MOST_PEER_STEPS = 1000  # a round must fit into the queues of all, or the dropped steps would look cheap


def work(question: str, limit: int = 3) -> dict[str, object]:
    """A step that does nothing, with an input and an output as tools have them."""
    return {"question": question, "rows": limit}


async def work_async(question: str, limit: int = 3) -> dict[str, object]:
    """The same, to be awaited."""
    return {"question": question, "rows": limit}


step = longpole.timing_step(category="tool")(work)
step_async = longpole.timing_step(category="tool")(work_async)

profiled = longpole.profile_sync(work)


def with_time_step(question: str, limit: int = 3) -> dict[str, object]:
    """The same by `with`."""
    with longpole.time_step("work", category="tool"):
        return work(question, limit)


@longpole.timing_step(category="tool")
def nested(question: str, limit: int = 3) -> dict[str, object]:
    """A step in a step."""
    return step(question, limit)


class Nowhere(SpanExporter):
    """Takes spans and forgets them: OpenTelemetry's delivery is not what is measured."""

    def export(self, spans: object) -> SpanExportResult:
        """Says yes."""
        return SpanExportResult.SUCCESS


def opentelemetry_step() -> Callable[..., object]:
    """The bare SDK's way to time a call, without inputs."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    tracer = provider.get_tracer("bench")

    def call(question: str, limit: int = 3) -> object:
        with tracer.start_as_current_span("work"):
            return work(question, limit)

    return call


def sink() -> ThreadingHTTPServer:
    """A server on loopback that takes everything."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._say_yes()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._say_yes()

        def _say_yes(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def cost_ns(call: Callable[..., object], steps: int, rounds: int) -> float:
    """CPU of this thread per call, the best of the rounds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.thread_time_ns()
        for number in range(steps):
            call("what is the weather in Lisbon?", limit=number)
        best = min(best, (time.thread_time_ns() - started) / steps)
        longpole.flush()
    return best


def cost_async_ns(call: Callable[..., object], steps: int, rounds: int) -> float:
    """The same for an awaited call."""

    async def loop() -> float:
        started = time.thread_time_ns()
        for number in range(steps):
            await call("what is the weather in Lisbon?", limit=number)
        return (time.thread_time_ns() - started) / steps

    best = float("inf")
    for _ in range(rounds):
        best = min(best, asyncio.run(loop()))
        longpole.flush()
    return best


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--without-peers", action="store_true", help="leave out what needs environments of their own")
    parser.add_argument("--gate", action="store_true", help="end with 1 if a recorded step costs too much")
    options = parser.parse_args()
    table, yardstick = measure(options.steps, options.rounds)
    print(f"{'CPU of the calling thread per step':38}{'ns':>8}{'of OpenTelemetry':>20}")
    for name, cost in {**table, "bare OpenTelemetry SDK, no inputs": yardstick}.items():
        print(f"{name:38}{cost:8.0f}{cost / yardstick:19.1%}")
    if options.gate:
        dear = [name for name, cost in table.items() if "content" in name and cost > LARGEST_SHARE * yardstick]
        sys.exit(f"more than {LARGEST_SHARE:.1%} of OpenTelemetry: {', '.join(dear)}" if dear else 0)
    if not options.without_peers:
        print_peers(min(options.steps, MOST_PEER_STEPS), options.rounds)


def measure(steps: int, rounds: int) -> tuple[dict[str, float], float]:
    """Nanoseconds per step of every way to record one, and of OpenTelemetry's."""
    bare, bare_async = cost_ns(work, steps, rounds), cost_async_ns(work_async, steps, rounds)
    table = {
        "off, sync": cost_ns(step, steps, rounds) - bare,
        "off, async": cost_async_ns(step_async, steps, rounds) - bare_async,
        "profiled only, sync": cost_ns(profiled, steps, rounds) - bare,
    }
    server = sink()
    for content in ("off", "full"):
        with tempfile.TemporaryDirectory() as folder:
            longpole.configure(endpoint=f"http://127.0.0.1:{server.server_port}", spool=folder, content=content)
            table[f"content {content}, sync"] = cost_ns(step, steps, rounds) - bare
            table[f"content {content}, async"] = cost_async_ns(step_async, steps, rounds) - bare_async
            table[f"content {content}, nested"] = (cost_ns(nested, steps, rounds) - bare) / 2
            table[f"content {content}, with time_step"] = cost_ns(with_time_step, steps, rounds) - bare
            table["profiled and recorded"] = cost_ns(profiled, steps, rounds) - bare
            longpole.shutdown()
    server.shutdown()
    return table, cost_ns(opentelemetry_step(), steps, rounds) - bare


def print_peers(steps: int, rounds: int) -> None:
    """Prints the table of Longpole and its peers; a peer that cannot be installed or run is named below it."""
    heads = ("caller ns", "background ns", "import ms", "import MiB", "exit s", "lost ms")
    print(f"\n{'A step with input and output':38}" + "".join(f"{head:>15}" for head in heads))
    failed: list[str] = []
    for peer in PEERS:
        try:
            found = measure_peer(peer, steps, rounds)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            failed.append(f"{peer.name} was not measured: {error}")
            continue
        exit_text = f"> {LONGEST_EXIT_S}" if found.exit_s is None else f"{found.exit_s:.2f}"
        cells = (
            *(f"{found.sync_ns:,.0f}", f"{found.background_ns:,.0f}", f"{found.import_ms:.0f}"),
            *(f"{found.import_mib:.1f}", exit_text, f"{found.lost_ms:.0f}"),
        )
        print(f"{found.name + ' ' + found.version:38}" + "".join(f"{cell:>15}" for cell in cells), flush=True)
    print("\n".join(failed))


if __name__ == "__main__":
    main()
