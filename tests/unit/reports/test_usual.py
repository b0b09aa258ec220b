"""What is usual for an execution and how its steps hang together, from rows through a real DuckDB to the views."""

import json
from collections.abc import Iterator

import pytest
from msgspec import convert

from execution_trees import SECOND, TRACE, agent, fact, span_id
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.model.event import Body
from longpole.reports.step_graph import graph_of
from longpole.reports.usual import usual_of
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import MONDAY_NS, Made

MS = 1_000_000


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def keep_runs(store: Engine, others: int) -> str:
    """So many runs of 1 to `others` seconds with a step of a tenth of each, and one of 90 s; gives the id of that."""
    made = Made()
    for number in range(1, others + 1):
        shares = json.dumps({"tool": number * SECOND // 4, "llm": number * SECOND * 3 // 4})
        one = made.execution(MONDAY_NS + number, duration_ns=number * SECOND, category_ns=shares)
        made.step(one, "look", duration_ns=number * SECOND // 10)
    slow = made.execution(MONDAY_NS + 1000, duration_ns=90 * SECOND)
    made.step(slow, "look", duration_ns=9 * SECOND)
    store.write(made.batch)
    return slow.execution_id


def test_an_execution_is_held_against_the_others_of_its_agent(store: Engine) -> None:
    usual = usual_of(store, keep_runs(store, 100))

    assert usual.executions == 100
    assert usual.p50_ns == pytest.approx(50 * SECOND, rel=0.02)
    assert usual.slower_than == pytest.approx(0.9, abs=0.02)
    assert sum(bar.share for bar in usual.bars) == pytest.approx(1)
    assert usual.bars[-1].to_ns >= 100 * SECOND
    assert usual.shares == pytest.approx({"tool": 0.25, "llm": 0.75})
    assert usual.example_execution_id is not None


def test_each_name_of_a_step_has_its_percentiles_from_other_executions(store: Engine) -> None:
    slow = keep_runs(store, 100)

    by_name = {step.name: step for step in usual_of(store, slow).steps}

    assert set(by_name) == {"shop", "look"}
    percentiles = by_name["look"].percentiles_ns
    assert len(percentiles) == 99
    assert percentiles == sorted(percentiles)
    assert percentiles[49] == pytest.approx(5 * SECOND, rel=0.03)
    assert sum(each < 9 * SECOND for each in percentiles) == pytest.approx(90, abs=2)


def test_under_thirty_others_nothing_is_called_usual(store: Engine) -> None:
    usual = usual_of(store, keep_runs(store, 29))

    assert usual.executions == 29
    assert (usual.p50_ns, usual.slower_than, usual.bars, usual.shares, usual.steps) == (None, None, [], {}, [])


def keep_flow(store: Engine) -> None:
    """A plan, a search that takes its answer, another agent, and five equal calls after each other."""
    facts = [
        agent(0, end=1000 * MS),
        fact(1, 0, start=0, end=200 * MS, name="plan", category="llm"),
        fact(2, 0, start=200 * MS, end=300 * MS, name="search", category="tool"),
        agent(3, 0, start=300 * MS, end=900 * MS),
        fact(4, 3, start=300 * MS, end=600 * MS, name="read", category="tool"),
        *(fact(5 + i, 0, start=(900 + i * 20) * MS, end=(920 + i * 20) * MS, name="embed") for i in range(5)),
    ]
    rows = build_rows(facts, now_ns=100 * SECOND)
    place = {"workspace": "default", "trace_id": TRACE, "received_ns": 1}
    texts = {1: {"input": "go", "output": {"query": "Teilkasko-Glas-4711"}}, 2: {"input": {"q": "Teilkasko-Glas-4711"}}}
    nothing = dict.fromkeys(("input", "output", "error_stack", "attributes", "resource"))
    bodies = [
        convert({**place, **nothing, "span_id": span_id(n), **{k: json.dumps(v) for k, v in told.items()}}, Body)
        for n, told in texts.items()
    ]
    store.write(Batch(executions=rows.executions, steps=rows.steps, bodies=bodies))


def test_the_graph_says_what_followed_what_and_whose_output_fed_which_input(store: Engine) -> None:
    keep_flow(store)

    graph = graph_of(store, TRACE)

    edges = {(edge.source, edge.target, edge.kind) for edge in graph.edges}
    assert (span_id(0), span_id(1), "call") in edges
    assert (span_id(1), span_id(2), "order") in edges
    assert (span_id(0), span_id(3), "handoff") in edges
    data = [edge for edge in graph.edges if edge.kind == "data"]
    assert [(edge.source, edge.target) for edge in data] == [(span_id(1), span_id(2))]
    assert data[0].words is not None
    assert "Teilkasko-Glas-4711" in data[0].words


def test_the_graph_joins_equal_siblings_and_shares_the_critical_path(store: Engine) -> None:
    keep_flow(store)

    nodes = {node.node_id: node for node in graph_of(store, TRACE).nodes}

    assert nodes[span_id(5)].times == 5
    assert span_id(6) not in nodes
    assert nodes[span_id(0)].share == pytest.approx(1)
    assert nodes[span_id(3)].critical_ns == 600 * MS
    assert nodes[span_id(5)].critical_ns == 100 * MS
