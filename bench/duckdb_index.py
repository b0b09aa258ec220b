"""How the memory of a process grows with the rows that it stores in DuckDB, and what letting go of the file gives back.

Stores batches of 20,000 steps in executions of ten, one after the other, with DuckDB limited to 64 MB; once by an
engine that never lets go of its file, once as it is. Each in a process of its own. Then says how long it
takes to let go of the file and to open it again.

    .venv/bin/python bench/duckdb_index.py [--steps 3000000] [--store FILE]

`--store` is a file that is only opened and let go of, such as one of `bench/queries.py`.
"""

import argparse
import gc
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.table import Table

from longpole.store.engines import duckdb
from synthetic_store import load_batches

STEPS_AT_ONCE = 20_000
MEMORY_BYTES = 64 * 1024 * 1024
LOOKS = 10


def stored(steps: int, *, lets_go: bool) -> list[tuple[int, float]]:
    """Steps stored and megabytes of memory, ten times on the way."""
    if not lets_go:
        duckdb._INDEXED_ROWS = sys.maxsize
    seen: list[tuple[int, float]] = []
    count = 0
    with tempfile.TemporaryDirectory(prefix="longpole-index-") as folder:
        store = duckdb.DuckDBEngine(str(Path(folder) / "longpole.duckdb"), memory_bytes=MEMORY_BYTES)
        store.migrate()
        for batch in load_batches(STEPS_AT_ONCE):
            store.write(batch)
            store._checkpoint()  # as in a moment without writes
            count += len(batch.steps)
            if count >= (len(seen) + 1) * steps / LOOKS:
                gc.collect()
                seen.append((count, psutil.Process().memory_info().rss / 1e6))
                if len(seen) == LOOKS:
                    break
        store.close()
    return seen


def _child(steps: int, lets_go: bool, told: "multiprocessing.Queue[list[tuple[int, float]]]") -> None:
    told.put(stored(steps, lets_go=lets_go))


def in_a_process(steps: int, *, lets_go: bool) -> list[tuple[int, float]]:
    """The same, in a process whose memory nobody has used yet."""
    context = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[list[tuple[int, float]]] = context.Queue()
    process = context.Process(target=_child, args=(steps, lets_go, told))
    process.start()
    seen = told.get()
    process.join()
    return seen


def opened(path: str) -> tuple[float, float]:
    """Milliseconds until a file is let go of, and until it is open again; medians of seven."""
    closing: list[float] = []
    opening: list[float] = []
    database = duckdb._attach(path, MEMORY_BYTES)
    for _ in range(7):
        began = time.perf_counter()
        database.close()
        closed = time.perf_counter()
        database = duckdb._attach(path, MEMORY_BYTES)
        opening.append((time.perf_counter() - closed) * 1000)
        closing.append((closed - began) * 1000)
    database.close()
    return median(closing), median(opening)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=3_000_000)
    parser.add_argument("--store")
    chosen = parser.parse_args()
    never, now = (in_a_process(chosen.steps, lets_go=lets_go) for lets_go in (False, True))
    table = Table(title="memory of the process, MB")
    for column in ("steps stored", "never let go", "as it is"):
        table.add_column(column, justify="right")
    for (steps, one), (_, other) in zip(never, now, strict=True):
        table.add_row(f"{steps:,}", f"{one:.0f}", f"{other:.0f}")
    Console(width=80).print(table)
    if chosen.store:
        closing, opening = opened(chosen.store)
        print(f"{chosen.store}: let go in {closing:.1f} ms, opened in {opening:.1f} ms")


if __name__ == "__main__":
    main()
