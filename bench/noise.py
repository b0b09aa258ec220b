"""What rules against noise cost: nanoseconds of processor time per span, the least of several runs.

Bodies of 512 spans as `ingest.py` sends them, and bodies of one agent with 511 cache reads in a row, recognised once
and then sifted again and again. What a taken span saves afterwards (book, rows, store) is not in it.

    .venv/bin/python bench/noise.py [--bodies N] [--runs N]
"""

import argparse
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from ingest import PROTOBUF, make_bodies
from longpole.ingest.assemble import Recogniser
from longpole.ingest.decode import decode_body
from longpole.ingest.noise import Noise, Told
from longpole.ingest.noise_rules import Match, NoiseRule
from longpole.ingest.span import Source, Span
from longpole.ingest.spool import START, Accepted, BodyFormat, Signal

SPANS_PER_BODY = 512
STRANGERS = [
    NoiseRule(name=f"rule {number}", match=Match(name=f"nobody-{number}-*"), drop=True) for number in range(20)
]
RULES = {
    "20 rules that match nothing": STRANGERS,
    "drop every step that may be dropped": [NoiseRule(name="all", match=Match(name="*"), drop=True)],
    "fold runs of cache reads": [NoiseRule(name="reads", match=Match(category="cache"), fold=3)],
}

Body = tuple[Sequence[Span], list[Told]]


def recognised(count: int) -> list[Body]:
    """The bodies of the ingest benchmark."""
    recogniser, found = Recogniser(), list[Body]()
    for body in make_bodies(PROTOBUF, SPANS_PER_BODY, count, seed=3):
        spans = decode_body(Accepted(START, Signal.TRACES, BodyFormat.PROTOBUF, None, time.time_ns(), body)).spans
        found.append((spans, recogniser.spans(spans)))
    return found


def cache_reads(count: int) -> list[Body]:
    """Bodies of one agent that reads from a cache 511 times."""
    recogniser, found, source = Recogniser(), list[Body](), Source({"service.name": "shop"}, "bench", "1")
    for number in range(count):
        spans = [
            Span(
                workspace="default", trace_id=f"{number + 1:032x}", span_id=f"{place + 1:016x}",
                parent_span_id=None if place == 0 else f"{1:016x}", name="GET" if place else "shop", kind=1,
                started_ns=10**18 + place * 10**6, ended_ns=10**18 + place * 10**6 + 500_000, status_code=0,
                status_message="", attributes={"db.system.name": "redis", "db.operation.name": "GET"} if place else {},
                events=[], links=[], source=source, received_ns=10**18,
            )
            for place in range(SPANS_PER_BODY)
        ]  # fmt: skip
        found.append((spans, recogniser.spans(spans)))
    return found


def measure(bodies: Sequence[Body], rules: Sequence[NoiseRule], runs: int) -> tuple[float, float]:
    """Nanoseconds per span, and the share of the spans that was taken."""
    least, taken = float("inf"), 0
    for _ in range(runs):
        noise, taken = Noise(rules), 0
        began = time.thread_time_ns()
        for spans, told in bodies:
            sifted = noise.sift(spans, told)
            noise.note(sifted.taken)
            taken += len(sifted.taken)
        least = min(least, time.thread_time_ns() - began)
    spans = sum(len(spans) for spans, _ in bodies)
    return least / spans, taken / spans


def main() -> None:
    """Measure, print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bodies", type=int, default=32, help="bodies of 512 spans each")
    options.add_argument("--runs", type=int, default=7)
    chosen = options.parse_args()
    table = Table(title=f"Rules against noise, {chosen.bodies * SPANS_PER_BODY:,} spans")
    for heading in ("rules", "spans", "ns per span", "taken"):
        table.add_column(heading, justify="left" if heading in ("rules", "spans") else "right")
    for what, bodies in (("of agents", recognised(chosen.bodies)), ("cache reads", cache_reads(chosen.bodies))):
        for name, rules in RULES.items():
            cost_ns, share = measure(bodies, rules, chosen.runs)
            table.add_row(name, what, f"{cost_ns:.0f}", f"{share:.0%}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
