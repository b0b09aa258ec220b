"""The job that looks for what could be done better in executions as they settle, so that reports can add it up."""

import time
from collections.abc import Callable

from longpole.model.batch import Batch
from longpole.reports.family import load_family
from longpole.reports.findings import as_findings, opportunities_of, scene_of
from longpole.reports.rows import Row
from longpole.reports.which_execution import found_of
from longpole.server.jobs import Job, Work
from longpole.store.engine import Engine

EVERY_NS = 5 * 10**9
BUDGET_S = 0.25
"""Of every five seconds; when more executions settle than can be looked at in it, the longest are."""

REST = 2
"""After each look it rests for so many times what the look took: many at once held up steps on their way to a page."""

MOST_AT_ONCE = 200
LAG_NS = 3 * 10**9
"""How long what has settled may take until it can be asked for."""

LOOK_BACK_NS = 3600 * 10**9
"""How far a server that starts looks back for executions that settled while none looked."""


def findings_job(store: Engine, told: Callable[[Batch], None] | None = None) -> Job:
    """Looks at the top executions that have settled since the last run, the longest first.

    Args:
        store: where they are, and where findings go.
        told: called with the findings that are stored.
    """
    seen_ns = 0

    def look(now_ns: int) -> Work:
        nonlocal seen_ns
        to_ns = now_ns - LAG_NS
        asked = {"from_ns": seen_ns or now_ns - LOOK_BACK_NS, "to_ns": to_ns, "limit": MOST_AT_ONCE}
        rows = store.rows("executions_settled", asked)
        looked_at = found = 0
        spent_s = 0.0
        for row in rows:
            if looked_at and spent_s >= BUDGET_S:
                break
            began = time.monotonic()
            found += _look_at(store, row, told)
            took_s = time.monotonic() - began
            looked_at += 1
            spent_s += took_s
            yield REST * took_s
        seen_ns = to_ns
        settled = rows[0]["settled"] if rows else 0
        return f"looked at {looked_at} of {settled} settled executions, {found} findings"

    return Job("findings", EVERY_NS, look)


def _look_at(store: Engine, row: Row, told: Callable[[Batch], None] | None) -> int:
    """Store what is found in one execution; how much that is."""
    family = load_family(store, found_of(row))
    scene = scene_of(store, family)
    found = as_findings(family, scene, opportunities_of(store, family, scene))
    if found:
        batch = Batch(findings=found)
        store.write(batch)
        if told is not None:
            told(batch)
    return len(found)
