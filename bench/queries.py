"""What the questions of the reports cost on a big store: cold, warm, and while 5,000 steps a second arrive.

Asks every report with the filters that people use, and times each question and each named query beneath it. Cold is
the first question to a store that was just opened, with the machine's page cache dropped where that is allowed (as
root). Under load another thread of the same process publishes and stores 5,000 steps a second, as the pipeline does.

    .venv/bin/python bench/queries.py [--steps 1000000] [--store ADDRESS] [--repeat 7] [--only WORDS] [--no-load]
        [--json FILE]

Without `--store` it makes a DuckDB store of `--steps` steps in a temporary folder. A database elsewhere gets the same
rows by `--fill` first, written as the server writes them.
"""

import argparse
import hashlib
import json
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from longpole.model.clock import now_ns
from longpole.reports.bottlenecks import BOTTLENECKS, SLOW_OPERATIONS
from longpole.reports.change_questions import CAPACITY, REGRESSIONS, TRENDS
from longpole.reports.comparison import COMPARE
from longpole.reports.costs import COSTS
from longpole.reports.coverage import coverage_of
from longpole.reports.differences import DIFFERENCES
from longpole.reports.distribution import DISTRIBUTION
from longpole.reports.execution_list import list_executions
from longpole.reports.failures import FAILURES
from longpole.reports.filter_values import read_scope
from longpole.reports.filters import read_execution_filters, read_gap_limit, read_process_filters, read_score_filters
from longpole.reports.input_patterns import INPUT_PATTERNS
from longpole.reports.one_execution import tree_of
from longpole.reports.one_step import step_detail
from longpole.reports.opportunities import OPPORTUNITIES
from longpole.reports.overview import overview_of
from longpole.reports.patterns import PATTERNS
from longpole.reports.points import POINTS
from longpole.reports.processes import list_processes
from longpole.reports.pulse import PULSE
from longpole.reports.question import Question as AnyQuestion
from longpole.reports.scores import list_scores
from longpole.reports.set_comparison import COMPARE_SETS, STANDING
from longpole.reports.statistics import STATISTICS
from longpole.reports.trend import TREND
from longpole.reports.usual_agents import USUAL_AGENTS
from longpole.reports.weekly import REPORT
from longpole.reports.why_not import WHY_NOT
from longpole.server.interpreter import tuned_interpreter
from longpole.store.engine import Engine
from longpole.store.store import open_store
from synthetic_store import copy_store, load_batches, make_store

LOAD_STEPS_PER_S = 5000
LOAD_EVERY_S = 0.2
TARGET_MS = 250.0

Question = Callable[[Engine], object]
Times = dict[str, list[float]]
"""Milliseconds of every run, by question or named query."""


class Timed:
    """An engine that notes how long each named query takes."""

    def __init__(self, engine: Engine, times: Times) -> None:
        self._engine = engine
        self._times = times
        self.server, self.is_shared = engine.server, engine.is_shared
        self.prefers_rollups, self.kept = engine.prefers_rollups, engine.kept
        self.migrate, self.write, self.close = engine.migrate, engine.write, engine.close

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
        """As the engine, timed."""
        began = time.perf_counter()
        found = self._engine.rows(query, parameters)
        self._times.setdefault(query, []).append((time.perf_counter() - began) * 1000)
        return found


class Load:
    """While it is entered, another thread writes steps to the store: published at once, durable together."""

    def __init__(self, engine: Engine) -> None:
        self.written = 0
        self._engine = engine
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Load":
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.seconds = time.monotonic() - self._began

    def _run(self) -> None:
        due = time.monotonic()
        for batch in load_batches(int(LOAD_STEPS_PER_S * LOAD_EVERY_S)):
            self._engine.write(batch, fresh=True)
            self._engine.write(batch)
            self.written += len(batch.steps)
            due += LOAD_EVERY_S
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return


def questions_about_periods(agent: str) -> dict[str, Question]:
    """The questions that all look at the executions and steps of a period."""
    asked: dict[str, Question] = {}

    def add(name: str, question: AnyQuestion[Any], days: int, *filters: tuple[str, str]) -> None:
        since = "from", (datetime.now(UTC) - timedelta(days=days)).isoformat()
        asked[f"{name}, {days} days"] = lambda store: question.ask(store, [since, *filters])

    for question in (STATISTICS, PATTERNS, INPUT_PATTERNS, FAILURES, BOTTLENECKS, SLOW_OPERATIONS, OPPORTUNITIES):
        for days in (7, 30):
            add(question.name, question, days)
    for question in (PULSE, POINTS, USUAL_AGENTS, DIFFERENCES):
        for days in (7, 30):
            add(question.name, question, days)
    add("distribution against the period before", DISTRIBUTION, 7, ("with_previous", "true"))
    add("pulse of a model", PULSE, 1, ("model", "model-1"))
    for question in (FAILURES, BOTTLENECKS, PULSE, DIFFERENCES):
        add(f"{question.name} of one agent", question, 30, ("agent", agent))
    return asked


def questions_of(engine: Engine) -> dict[str, Question]:
    """What is asked, by name."""
    page = list_executions(engine, read_execution_filters([("limit", "1000"), ("parent", "none")]))
    some = page.items[len(page.items) // 2]
    first_step = tree_of(engine, some.execution_id, workspace=None).steps[0].step_id
    biggest = hashlib.md5(b"trace0", usedforsecurity=False).hexdigest()

    def since(days: int) -> tuple[str, str]:
        return "from", (datetime.now(UTC) - timedelta(days=days)).isoformat()

    def listed(*filters: tuple[str, str]) -> Question:
        return lambda store: list_executions(store, read_execution_filters(filters))

    def seen(*filters: tuple[str, str]) -> Question:
        return lambda store: overview_of(store, read_scope(filters))

    return {
        "list: newest": listed(),
        "list: slowest, 7 days": listed(("sort", "duration"), since(7)),
        "list: dearest, all": listed(("sort", "cost")),
        "list: failed of one agent": listed(("status", "failed"), ("agent", some.agent)),
        "list: one session": listed(("session", str(some.session_id))),
        "list: a model, 1 day": listed(("model", "model-1"), since(1)),
        "list: text, 1 day": listed(("text", "second payment"), since(1)),
        "list: attribute, 1 day": listed(("attribute", "customer.tier=3"), since(1)),
        "execution": lambda store: tree_of(store, some.execution_id, workspace=None),
        "execution, part of its id": lambda store: tree_of(store, some.execution_id[:12], workspace=None),
        "execution of 20,000 steps": lambda store: tree_of(store, biggest, workspace=None),
        "step with its bodies": lambda store: step_detail(store, some.execution_id, first_step, workspace=None),
        "coverage": lambda store: coverage_of(store, some.execution_id, read_gap_limit([])),
        "overview, 1 day": seen(since(1)),
        "overview, 7 days": seen(since(7)),
        "overview, everything": seen(),
        "overview, one agent, 30 days": seen(("agent", some.agent), since(30)),
        "processes": lambda store: list_processes(store, read_process_filters([])),
        "scores, 7 days": lambda store: list_scores(store, read_score_filters([since(7)])),
        **questions_about_periods(some.agent),
        "regressions of all agents, 60 days": lambda store: REGRESSIONS.ask(store, []),
        "report, 7 days": lambda store: REPORT.ask(store, []),
        "trends of all agents, 60 days": lambda store: TRENDS.ask(store, []),
        "trend of one step, 30 days": lambda store: TREND.ask(store, [("operation", "chat")]),
        "capacity, 60 days": lambda store: CAPACITY.ask(store, []),
        "costs by model": lambda store: COSTS.ask(store, [("by", "model")]),
        "costs by session": lambda store: COSTS.ask(store, [("by", "session")]),
        "compare two executions": lambda store: COMPARE.ask(
            store, [("a", some.execution_id), ("b", page.items[0].execution_id)]
        ),
        "compare before and after a time": lambda store: COMPARE_SETS.ask(
            store, [("agent", some.agent), ("at", since(15)[1])]
        ),
        "an execution among the others": lambda store: STANDING.ask(store, some.execution_id, []),
        "why an agent did not fire": lambda store: WHY_NOT.ask(store, [("agent", some.agent)]),
        "ingest: are 200 traces known": lambda store: store.rows(
            "known_traces",
            {"workspace": "default", "trace_ids": [f"{number:032x}" for number in range(199)] + [some.trace_id]},
        ),
        "ingest: who has open rows": lambda store: store.rows("processes_with_open_rows"),
    }


def drop_page_cache() -> bool:
    """Whether what the machine keeps of files in memory is gone now."""
    with suppress(OSError):
        Path("/proc/sys/vm/drop_caches").write_text("3")
        return True
    return False


def asked(engine: Engine, questions: Mapping[str, Question], repeat: int, what: str) -> tuple[Times, Times]:
    """Milliseconds by question and by named query, each asked `repeat` times in turn."""
    times: Times = {}
    of_queries: Times = {}
    timed = Timed(engine, of_queries)
    for _ in track(range(repeat), description=what, transient=True):
        for name, question in questions.items():
            began = time.perf_counter()
            question(timed)
            times.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    return times, of_queries


def asked_cold(address: str, questions: Mapping[str, Question]) -> tuple[Times, bool]:
    """Milliseconds by question, each the first to a store just opened; whether the page cache was dropped."""
    times: Times = {}
    is_dropped = True
    for name, question in track(questions.items(), description="cold", transient=True):
        is_dropped = drop_page_cache() and is_dropped
        engine = open_store(address)
        began = time.perf_counter()
        question(engine)
        times[name] = [(time.perf_counter() - began) * 1000]
        engine.close()
    return times, is_dropped


def at(share: float, values: Sequence[float]) -> float:
    """The value that a share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def show(title: str, rows: Mapping[str, tuple[float | None, Sequence[float], Sequence[float]]]) -> None:
    """Print a table: cold, warm and loaded milliseconds by name."""
    table = Table(title=title, title_justify="left")
    table.add_column("question", no_wrap=True)
    for column in ("cold ms", "warm p50", "warm p95", "loaded p50", "loaded p95"):
        table.add_column(column, justify="right")
    for name, (cold, warm, loaded) in rows.items():
        cells = [
            cold,
            at(0.5, warm),
            at(0.95, warm),
            *((at(0.5, loaded), at(0.95, loaded)) if loaded else (None, None)),
        ]
        style = "bold" if max(cells[2] or 0, cells[4] or 0) > TARGET_MS else None
        table.add_row(name, *("" if cell is None else f"{cell:,.1f}" for cell in cells), style=style)
    Console(width=110).print(table)


def measure(address: str, repeat: int, only: str, *, is_loaded: bool) -> dict[str, Any]:
    """Ask everything cold, warm and, if wanted, under load; print it and give it as JSON-ready figures."""
    engine = open_store(address)
    counts = engine.rows("store_counts")[0]
    questions = {name: question for name, question in questions_of(engine).items() if only in name}
    engine.close()
    cold, is_dropped = asked_cold(address, questions)
    engine = open_store(address)
    asked(engine, questions, 1, "warming")
    warm, warm_queries = asked(engine, questions, repeat, "warm")
    loaded: Times = {name: [] for name in warm}
    loaded_queries: Times = {name: [] for name in warm_queries}
    said = "no load"
    if is_loaded:
        with Load(engine) as load:
            loaded, loaded_queries = asked(engine, questions, repeat, "loaded")
        said = f"load: {load.written / load.seconds:,.0f} steps/s"
    engine.close()
    kind = address.split(":", 1)[0] if "://" in address else "duckdb"
    show(
        f"{kind}: {counts['steps']:,} steps, {counts['executions']:,} executions, {counts['bodies']:,} bodies"
        f"{'' if is_dropped else ' (page cache not dropped)'}; {said}",
        {name: (cold[name][0], warm[name], loaded[name]) for name in questions},
    )
    show("named queries", {name: (None, warm_queries[name], loaded_queries[name]) for name in sorted(warm_queries)})
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    every = [value for values in warm.values() for value in values]
    busy = [value for values in loaded.values() for value in values]
    worst = f"warm p95 {at(0.95, every):.0f} ms" + (f", loaded p95 {at(0.95, busy):.0f} ms" if busy else "")
    print(f"all questions: {worst}; peak {peak_mb:.0f} MB")
    return {"store": kind, "counts": counts, "cold": cold, "warm": warm, "loaded": loaded, "peak_mb": peak_mb}


def main() -> None:
    """Make or open the store, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--store", help="address of a database; without it a DuckDB file that is made")
    parser.add_argument("--fill", action="store_true", help="write the steps into --store first")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--only", default="", help="words that the name of a question has in it")
    parser.add_argument("--no-load", action="store_true", help="leave out the questions under load")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="longpole-bench-") as folder:
        file = Path(folder) / "longpole.duckdb"
        if chosen.store is None or chosen.fill:
            make_store(file, chosen.steps, now_ns=now_ns())
            print(f"made {chosen.steps:,} steps: {file.stat().st_size / chosen.steps:.0f} bytes a step on disk")
        if chosen.fill:
            copy_store(file, chosen.store)
        with tuned_interpreter():  # as `longpole serve` does
            result = measure(chosen.store or str(file), chosen.repeat, chosen.only, is_loaded=not chosen.no_load)
    if chosen.json:
        chosen.json.write_text(json.dumps(result, default=str, indent=1))


if __name__ == "__main__":
    main()
