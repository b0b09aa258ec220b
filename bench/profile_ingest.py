"""Where the processor time of ingest goes: microseconds per span by stage.

The same bodies as `ingest.py` sends, through the stages of the pipeline one after the other in one thread (what the
threads do when they do not wait for each other), then through a whole pipeline with its threads. Every number is the
least of several runs: what else runs on the machine only adds to it. No server: what HTTP costs is not in it.

    .venv/bin/python bench/profile_ingest.py [--bodies N] [--runs N] [--format protobuf|json] [--json FILE]
"""

import argparse
import gc
import json
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ingest import JSON, PROTOBUF, make_bodies
from longpole.ingest.assemble import Recogniser
from longpole.ingest.decode import check_body, decode_body
from longpole.ingest.facts import Facts
from longpole.ingest.ownership import assign_owners
from longpole.ingest.pipeline import Pipeline
from longpole.ingest.spool import START, Accepted, BodyFormat, Incoming, Signal, Spool
from longpole.ingest.traces import Limits, TraceBook
from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.server.interpreter import tuned_interpreter
from longpole.store.engines.arrow import arrow_table
from longpole.store.store import open_store
from longpole.store.tables import TABLES

SPANS_PER_BODY = 512
BODIES_PER_ROUND = 16
STAGES = {
    "door": "the check of a body before it is acknowledged",
    "decode": "bytes to spans",
    "recognise": "spans to facts and bodies, redacted and priced",
    "book": "facts into the book of open traces",
    "tree": "who belongs to whom; measured by itself, part of rows",
    "rows": "facts to rows with their analysis: publishing and settling",
    "publish": "rows into the fresh set of the store",
    "columns": "rows to Arrow; measured by itself, part of insert",
    "insert": "rows into the database, durably",
    "reading thread": "decode to publish, with two threads",
    "writing thread": "insert, with two threads",
}
THREADS = {"reading thread": "longpole-read", "writing thread": "longpole-write"}
FORMATS = {"protobuf": (PROTOBUF, BodyFormat.PROTOBUF), "json": (JSON, BodyFormat.JSON)}


class Stages:
    """Adds up the processor time of this thread by stage, in seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def time(self, stage: str) -> Generator[None]:
        """Count what runs inside for the stage."""
        began = time.thread_time()
        yield
        self.seconds[stage] += time.thread_time() - began


def accept(body: bytes, body_format: BodyFormat) -> Accepted:
    """The body as the spool gives it to the pipeline."""
    return Accepted(START, Signal.TRACES, body_format, None, time.time_ns(), body)


def run_stages(bodies: list[bytes], body_format: BodyFormat) -> dict[str, float]:
    """Seconds per stage for these bodies, in rounds as the pipeline takes them from a full spool."""
    stages, recogniser = Stages(), Recogniser()
    with tempfile.TemporaryDirectory(prefix="longpole-bench-") as folder:
        engine = open_store(Path(folder) / "longpole.duckdb")
        engine.migrate()
        book = TraceBook(lambda _workspace, _traces: (), Limits(settle_after_ns=0), bury=refuse)
        for first in range(0, len(bodies), BODIES_PER_ROUND):
            arrived: list[Facts] = []
            for body in bodies[first : first + BODIES_PER_ROUND]:
                incoming = accept(body, body_format)
                with stages.time("door"):
                    check_body(body, body_format, incoming.signal)
                with stages.time("decode"):
                    spans = decode_body(incoming).spans
                with stages.time("recognise"):
                    told = recogniser.spans(spans)
                with stages.time("book"):
                    book.add(told, number=first, now_ns=now_ns())
                arrived += [facts for facts, _ in told]
            with stages.time("tree"):
                grow_trees(arrived)
            with stages.time("rows"):
                published = book.publish(now_ns())
            with stages.time("publish"):
                if published is not None:
                    engine.write(published, fresh=True)
            with stages.time("rows"):
                saved = book.save(now_ns(), everything=True)
            if saved is None:
                continue
            with stages.time("columns"):
                build_columns(saved[0])
            with stages.time("insert"):
                engine.write(saved[0])
                book.saved(saved[1])
        engine.close()
    return stages.seconds


def refuse(name: str, _content: bytes, error: Exception) -> None:
    """End the program: rows that cannot be built would make the numbers look good."""
    raise SystemExit(f"{name}: {error!r}")


def grow_trees(arrived: list[Facts]) -> None:
    """Find the owners of every trace once."""
    traces: dict[str, list[Facts]] = defaultdict(list)
    for facts in arrived:
        traces[facts.trace_id].append(facts)
    for trace in traces.values():
        assign_owners(trace, now_ns=now_ns())


def build_columns(batch: Batch) -> None:
    """Turn the rows of every table into Arrow once."""
    for name, row_type in TABLES.items():
        if rows := getattr(batch, name):
            arrow_table(row_type, rows)


def run_threads(bodies: list[bytes], body_format: BodyFormat) -> dict[str, float]:
    """Seconds per thread of a whole pipeline that finds these bodies in its spool."""
    with tempfile.TemporaryDirectory(prefix="longpole-bench-") as name:
        folder = Path(name)
        engine = open_store(folder / "longpole.duckdb")
        engine.migrate()
        spool = Spool.open(folder / "spool", after=START)
        for body in bodies:
            spool.append(Incoming(Signal.TRACES, body_format, None, time.time_ns(), body)).result()
        pipeline = Pipeline(engine, spool, dead_letters=folder / "dead")
        pipeline.start()
        if not pipeline.drain(300):
            raise SystemExit("the pipeline did not store the bodies within 300 s")
        seconds = {stage: seconds_of(thread) for stage, thread in THREADS.items()}
        pipeline.close()
        spool.close()
        engine.close()
    return seconds


def seconds_of(name: str) -> float:
    """The processor time that the thread of this name has used."""
    (thread,) = (thread for thread in threading.enumerate() if thread.name == name)
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0))


def measure(bodies: list[bytes], body_format: BodyFormat, runs: int) -> dict[str, float]:
    """Microseconds per span by stage, each the least of the runs."""
    spans = len(bodies) * SPANS_PER_BODY
    found: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for _ in range(runs):
        gc.collect()
        for stage, seconds in {**run_stages(bodies, body_format), **run_threads(bodies, body_format)}.items():
            found[stage].append(seconds / spans * 1e6)
    return {stage: min(values) for stage, values in found.items()}


def main() -> None:
    """Measure, print the table, write the JSON."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bodies", type=int, default=64, help="bodies of 512 spans each")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--format", choices=list(FORMATS), default="protobuf")
    options.add_argument("--json", metavar="FILE", help="write the numbers here as well")
    chosen = options.parse_args()
    content_type, body_format = FORMATS[chosen.format]
    with tuned_interpreter():  # as `longpole serve` does
        bodies = make_bodies(content_type, SPANS_PER_BODY, chosen.bodies, seed=3)
        numbers = measure(bodies, body_format, chosen.runs)
    table = Table(title=f"Processor time of ingest, {chosen.format}, {len(bodies) * SPANS_PER_BODY:,} spans")
    table.add_column("stage")
    table.add_column("us per span", justify="right")
    table.add_column("what it does")
    for stage, what in STAGES.items():
        table.add_row(stage, f"{numbers[stage]:.1f}", what)
    Console(width=130).print(table)
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(numbers, indent=2))


if __name__ == "__main__":
    main()
