"""The overview of months says what it said when everything was still there, on every engine."""

from typing import Any

import pytest
from msgspec.structs import asdict, replace

from contract.rows import MINUTE_NS, joined, trace
from longpole.model.batch import Batch
from longpole.model.clock import DAY_NS
from longpole.reports.filter_values import Scope
from longpole.reports.overview import overview_of
from longpole.reports.views import Overview
from longpole.server.jobs import Jobs
from longpole.server.store_jobs import store_jobs
from longpole.settings import Settings
from longpole.store.engine import Engine
from longpole.store.store import open_store

FIRST_NS = 1_790_000_000_000_000_000 // DAY_NS * DAY_NS
DAYS = 45
EACH = 8


def of_day(day: int) -> Batch:
    """Eight executions with their steps that ran and were received on a day."""
    batch = joined([trace(day * EACH + number) for number in range(EACH)])
    moved = Batch()
    for name in ("executions", "steps", "events", "decisions", "bodies"):
        rows = []
        for place, row in enumerate(getattr(batch, name)):
            at_ns = FIRST_NS + day * DAY_NS + (place * 97 + 13) * MINUTE_NS
            told: dict[str, Any] = {"received_ns": at_ns}
            if name in ("executions", "steps"):
                told |= {"started_ns": at_ns - row.duration_ns, "ended_ns": at_ns}
            if name == "executions":  # of its five steps three are model calls, whose cost is unknown
                told |= {"model_calls": 3, "model_calls_without_cost": 3, "tool_calls": 2, "self_ns": 1_000_000}
                told |= {"self_input_tokens": row.input_tokens}
            rows.append(replace(row, **told))
        setattr(moved, name, rows)
    return moved


def live_through(store: Engine, jobs: Jobs, clock: list[int]) -> None:
    """Fifteen days after each other, three times: they bring their executions, and the jobs have their turn."""
    for first in range(0, DAYS, 15):
        store.write(joined(of_day(day) for day in range(first, first + 15)))
        clock[0] = FIRST_NS + (first + 15) * DAY_NS
        jobs.turn()


def close(one: Overview, other: Overview) -> None:
    """Both say the same, percentiles within what buckets can tell."""
    for left, right in (
        [one.totals, other.totals],
        *zip(one.agents, other.agents, strict=True),
        *zip(one.categories, other.categories, strict=True),
    ):
        for name, value in asdict(right).items():
            if name in ("p50_ns", "p95_ns", "p99_ns"):
                assert getattr(left, name) == pytest.approx(value, rel=0.0202), name
            elif name != "last_seen":
                assert getattr(left, name) == (pytest.approx(value) if isinstance(value, float) else value), name


def test_months_are_told_right_when_only_two_weeks_are_kept(store: Engine) -> None:
    clock = [FIRST_NS]
    settings = Settings(retention_days=15, retention_bodies_days=7)
    jobs = Jobs(store, store_jobs(store, settings), holder="one", now=lambda: clock[0])
    live_through(store, jobs, clock)
    found = overview_of(store, Scope(from_ns=FIRST_NS))
    stored = store.rows("store_counts")[0]
    assert stored["executions"] <= 17 * EACH
    assert found.rolled_up is not None
    assert found.rolled_up.executions == DAYS * EACH - stored["executions"]
    assert (found.totals.executions, found.totals.steps) == (DAYS * EACH, DAYS * EACH * 5)
    assert [job.error for job in jobs.state().jobs] == [None, None]
    whole = everything()
    close(found, overview_of(whole, Scope(from_ns=FIRST_NS)))
    whole.close()
    recent = overview_of(store, Scope(from_ns=FIRST_NS + 35 * DAY_NS))
    assert (recent.totals.executions, recent.rolled_up) == (10 * EACH, None)
    one = overview_of(store, Scope(from_ns=FIRST_NS, agent="agent 1"))
    assert one.totals.executions == next(agent.executions for agent in found.agents if agent.agent == "agent 1")


def everything() -> Engine:
    """A store of which nothing was removed."""
    whole = open_store(":memory:")
    whole.write(joined(of_day(day) for day in range(DAYS)))
    return whole
