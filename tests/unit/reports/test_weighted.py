"""Percentiles and sums where executions stand for several."""

from collections.abc import Iterator

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from longpole.model.batch import Batch
from longpole.model.buckets import duration_bucket
from longpole.reports import overview
from longpole.reports.filter_values import Scope
from longpole.reports.one_execution import tree_of
from longpole.reports.overview import overview_of
from longpole.reports.views import AgentSummary, CategorySummary, Overview, Totals
from longpole.reports.weighted import SHARES, weighted_quantiles
from longpole.store.engine import Engine
from longpole.store.store import open_store
from triage_example import SECOND, triage_batch


@pytest.fixture
def store() -> Iterator[Engine]:
    opened = open_store(":memory:")
    yield opened
    opened.close()


def runs(count: int, *, duration_ns: int, weight: float, first: int = 0) -> Batch:
    """So many executions without steps, each of them for `weight` others."""
    row = replace(triage_batch().executions[0], parent_execution_id=None, status="success", input_tokens=10)
    made = [
        replace(
            row,
            execution_id=f"{number:048x}",
            trace_id=f"{number:032x}",
            root_execution_id=f"{number:048x}",
            duration_ns=duration_ns,
            ended_ns=row.started_ns + duration_ns,
            duration_bucket=duration_bucket(duration_ns),
            weight=weight,
            self_input_tokens=10,
            model_calls=2,
        )
        for number in range(first, first + count)
    ]
    return Batch(executions=made)


def test_a_quantile_counts_weights():
    assert weighted_quantiles({}) == {"p50_ns": None, "p95_ns": None, "p99_ns": None}
    found = weighted_quantiles({duration_bucket(SECOND): 96.0, duration_bucket(9 * SECOND): 4.0})
    assert found["p50_ns"] == found["p95_ns"] == pytest.approx(SECOND, rel=0.01)
    assert found["p99_ns"] == pytest.approx(9 * SECOND, rel=0.01)


def test_equal_weights_change_no_quantile():
    buckets = {duration_bucket(number * SECOND): 1.0 for number in range(1, 21)}
    assert weighted_quantiles(buckets) == weighted_quantiles(dict.fromkeys(buckets, 0.1))


def test_percentiles_of_many_are_within_one_percent_and_all_else_is_the_same(
    store: Engine, monkeypatch: pytest.MonkeyPatch
):
    store.write(triage_batch())
    exact = overview_of(store, Scope())
    monkeypatch.setattr(overview, "MOST_EXACT", 2)
    found = overview_of(store, Scope())
    for ours, theirs in zip(_summed(found), _summed(exact), strict=True):
        assert to_builtins(ours).keys() == to_builtins(theirs).keys()
        for name, value in to_builtins(ours).items():
            if name not in SHARES:
                assert value == getattr(theirs, name), name
    # Of few durations the exact percentile lies between two of them; of one it is the duration.
    (once,) = (one for one in exact.categories if one.steps == 1 and one.p50_ns)
    same = next(one for one in found.categories if one.category == once.category)
    assert same.p50_ns == pytest.approx(once.p50_ns, rel=0.0101)
    assert same.p50_ns != once.p50_ns


def _summed(view: Overview) -> list[Totals | AgentSummary | CategorySummary]:
    return [view.totals, *view.agents, *view.categories]


def test_an_overview_of_sampled_executions_estimates_all_of_them(store: Engine):
    # 90 quick ones, of which every tenth was kept, and 10 slow ones, all kept.
    store.write(runs(9, duration_ns=SECOND, weight=10.0))
    store.write(runs(10, duration_ns=20 * SECOND, weight=1.0, first=9))
    totals = overview_of(store, Scope()).totals
    assert (totals.executions, totals.executions_weight) == (19, 100.0)
    assert (totals.input_tokens, totals.model_calls) == (1000, 200)
    assert totals.p50_ns == pytest.approx(SECOND, rel=0.01)  # 20 s, if every row counted once
    (agent,) = overview_of(store, Scope()).agents
    assert (agent.p50_ns, agent.executions_weight) == (totals.p50_ns, 100.0)
    assert totals.p95_ns == agent.p95_ns == pytest.approx(20 * SECOND, rel=0.01)


def test_how_usual_a_duration_is_counts_weights_too(store: Engine):
    store.write(runs(30, duration_ns=SECOND, weight=10.0))
    store.write(runs(31, duration_ns=20 * SECOND, weight=1.0, first=30))
    usual = tree_of(store, f"{60:048x}").usual
    assert usual is not None
    assert usual.executions == 60
    assert usual.slower_than == pytest.approx(300 / 330)
    assert usual.p50_ns == pytest.approx(SECOND, rel=0.01)
