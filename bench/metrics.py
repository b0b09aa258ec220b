"""What `/metrics` costs: microseconds per settled execution that is counted, and milliseconds per page.

The executions have ten steps, two of them model calls, and are those of as many agents and models as the setting
`metrics_names` names by default and twice as many, so that half of them are `other`. Every number is the least of
several runs.

    .venv/bin/python bench/metrics.py
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from longpole.ingest.activity import MOST_NAMES, ActivityCount
from longpole.ingest.arrivals import Arrivals
from longpole.ingest.decode import decode_body
from longpole.ingest.pipeline import Pipeline
from longpole.ingest.settle import Rows
from longpole.ingest.spool import Spool
from longpole.model.execution import Execution
from longpole.model.step import Step
from longpole.server.app import Server
from longpole.server.health import Watch
from longpole.server.live_hub import Hub
from longpole.server.metrics import MetricsPage
from longpole.server.timed_store import TimedStore
from longpole.store.store import open_store

EXECUTIONS = 2_000
STEPS = 10
MODEL_CALLS = 2
RUNS = 5
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def settled(number: int, names: int) -> Rows:
    """The rows of one execution: its agent, its model, its duration and its outcome follow from its number."""
    agent, model, trace_id = f"agent-{number % names}", f"model-{number % names}", f"{number:032x}"
    execution_id, duration_ns = f"{trace_id}{1:016x}", (number * 7919 % 90_000) * 1_000_000
    status = "failed" if number % 11 == 0 else "success"
    times: dict[str, Any] = {"started_ns": 1, "ended_ns": 1 + duration_ns, "duration_ns": duration_ns, "received_ns": 1}
    execution = Execution(
        workspace="default", execution_id=execution_id, trace_id=trace_id, span_id=f"{1:016x}", parent_span_id=None,
        link_trace_id=None, link_span_id=None, parent_execution_id=None, root_execution_id=execution_id, depth=0,
        call_reason=None, kind="agent", agent=agent, agent_id=None, method=None, name=agent, category="agent",
        operation=None, status=status, stage=None, self_input_tokens=800, self_output_tokens=90,
        self_cost_usd_nanos=2_700, settled_ns=1_700_000_000_000_000_000, **times,
    )  # fmt: skip
    steps = [
        Step(
            workspace="default", trace_id=trace_id, step_id=f"{2 + at:016x}", parent_step_id=execution.span_id,
            link_trace_id=None, link_span_id=None, execution_id=execution_id, root_execution_id=execution_id,
            agent=agent, name=f"step {at}", category="llm" if at < MODEL_CALLS else "tool", step_type="action",
            operation=None, status="success", model=model if at < MODEL_CALLS else None, is_counted=at < MODEL_CALLS,
            input_tokens=400, output_tokens=45, cost_usd_nanos=1_350, first_token_ns=90_000_000, **times,
        )
        for at in range(STEPS)
    ]  # fmt: skip
    return Rows([execution], steps, [], [], [], [], is_complete=True, is_settled=True)


def least_s(deed: Callable[[], object]) -> float:
    """Seconds of processor time of this thread, the least of several runs."""
    found: list[float] = []
    for _ in range(RUNS):
        began = time.thread_time()
        deed()
        found.append(time.thread_time() - began)
    return min(found)


def count_all(rows: list[Rows]) -> ActivityCount:
    """Everything in `rows`, counted from the beginning."""
    count = ActivityCount()
    for one in rows:
        count.add(one, {})
    return count


def page_of(folder: Path, activity: ActivityCount) -> MetricsPage:
    """The page of a server with an empty store that has counted this."""
    store = TimedStore(open_store(folder / "store.duckdb"))
    spool = Spool.open(folder / "spool")
    pipeline = Pipeline(store, spool, dead_letters=folder)
    watch = Watch(store, Arrivals(decode_body), version="0", backlog_limit_bytes=1, hub=Hub(), activity=activity)
    Server(store, spool, pipeline, watch, version="0")
    return MetricsPage(watch.measures)


def main() -> None:
    """Measure and print."""
    table = Table("agents and models", "per execution (us)", "series", "page (ms)", "with exemplars (ms)")
    for names in (0, 5, MOST_NAMES, 2 * MOST_NAMES):
        rows = [settled(number, names) for number in range(EXECUTIONS if names else 0)]
        with TemporaryDirectory() as folder:
            page = page_of(Path(folder), count_all(rows))
            series = sum(not line.startswith(b"#") for line in page.render("")[0].splitlines())
            table.add_row(
                f"{names} each",
                f"{least_s(lambda rows=rows: count_all(rows)) / EXECUTIONS * 1e6:.1f}",
                f"{series:,}",
                f"{least_s(lambda page=page: page.render('')) * 1e3:.1f}",
                f"{least_s(lambda page=page: page.render(OPENMETRICS)) * 1e3:.1f}",
            )
    Console().print(table)


if __name__ == "__main__":
    main()
