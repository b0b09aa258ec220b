"""Every named query runs on every engine, with and without rows, stored and fresh."""

from typing import Any

import msgspec
import pytest

from contract.rows import (
    MINUTE_NS,
    RECORDS,
    START_NS,
    WORKSPACE,
    agent,
    blocked,
    crashed,
    finding,
    joined,
    process,
    score,
    span_id_of,
    trace,
    trace_id_of,
)
from longpole.model.batch import Batch, SpoolPosition
from longpole.model.ids import execution_id_of
from longpole.model.intake import Lease
from longpole.store.engine import Engine
from longpole.store.sql import Query, load_queries

QUERIES = sorted(load_queries("duckdb"), key=lambda query: query.name)

LARGEST = 2**63 - 1
# What a parameter of this name is given. Those that are not here are optional filters.
VALUES: dict[str, Any] = {
    "workspace": WORKSPACE,
    "trace_id": trace_id_of(1),
    "trace_ids": [trace_id_of(1), trace_id_of(2)],
    "span_id": span_id_of(1, 0),
    "step_id": span_id_of(1, 1),
    "step_ids": [span_id_of(1, 1)],
    "span_ids": [span_id_of(1, 0), span_id_of(1, 1)],
    "id": execution_id_of(trace_id_of(1), span_id_of(1, 0)),
    "execution_id": execution_id_of(trace_id_of(1), span_id_of(1, 0)),
    "root_execution_id": execution_id_of(trace_id_of(1), span_id_of(1, 0)),
    "part": trace_id_of(1)[:6],
    "started_ns": START_NS + MINUTE_NS,
    "below": 1_000_003,
    "agent": "agent 1",
    "duration_ns": 1_000_000,
    "from_ns": 0,
    "to_ns": LARGEST,
    "from_id": "0",
    "to_id": "g",
    "limit": 50,
    "sort": "started",
    "is_descending": True,
    "only_roots": False,
    "statuses": ["success", "failed"],
    "execution_ids": [execution_id_of(trace_id_of(1), span_id_of(1, 0))],
    "process": "vanished",
    "processes": ["running"],
    "error_type": "ProcessGone",
    "server": "",
    "letter_id": "one",
    "operation": "ask the model",
    "root_execution_ids": [execution_id_of(trace_id_of(1), span_id_of(1, 0))],
    "total_name": "n",
    "by_what": "agent",
    "width_ns": 5 * MINUTE_NS,
    "received_from_ns": 0,
    "received_to_ns": LARGEST,
    "before_ns": LARGEST,
    "spared": [],
    "traces": [f"{WORKSPACE} {trace_id_of(1)}"],
    "kind": "execution",
    "other_kind": "step",
    "previous_ns": START_NS - START_NS % (60 * MINUTE_NS),
    "slice_ns": 10 * MINUTE_NS,
    "every_ns": 2**37,
    "part_ns": 2**37,
    "names": ["ask the model", "look it up"],
    "operations": ["agent 1 ask the model", "agent 2 look it up"],
    "path_hashes": ["path 1", "path 2"],
    "ways": ["agent 1 path 1", "agent 2 path 2"],
    "each": 2,
    "since_ns": START_NS + 3 * MINUTE_NS,
    "starts": [str(START_NS), str(START_NS + MINUTE_NS)],
    "slow_ns": 1_000_000,
    "slot_ns": 10 * MINUTE_NS,
    "is_of_trees": False,
    "critical_ns": 3_000_000,
    "kinds": ["execution", "step", "gone_step"],
    "has_agents": True,
    "has_names": True,
    "has_categories": True,
    "is_every_window": True,
    "seen_from_ns": 0,
    "measure": "any",
    "bound": 0,
    "is_last": False,
    "windows": [],
    "models": ["model 1", "model 2"],
    "only_dead": True,
    "drawn_statuses": ["success", "failed"],
    "chosen_from_ns": 0,
    "chosen_to_ns": LARGEST,
    "chosen_min_ns": 0,
    "chosen_max_ns": LARGEST,
    "below_chosen": 1_000_003,
    "below_others": 1_000_003,
    "starts_ns": [START_NS + minute * MINUTE_NS for minute in range(60)],
    "deed": "key.revoke",
    "key_id": "k",
}
# Where a query needs another value than its namesakes to find something.
OTHER_VALUES: dict[str, dict[str, Any]] = {
    "compared_executions": {"execution_id": None},
    "steps_beside": {"execution_id": "another"},
    "audit_entries": {"from_ns": 0},
    "agent_decisions": {"agent": "agent 9"},
    "cost_people": {"agent": "agent 0", "by_what": "user"},
    "cost_people_audio": {"agent": "agent 0", "by_what": "session"},
    "agent_errors": {"agent": "agent 0"},
    "limited_hours": {"agent": "agent 0"},
    "agent_told_tokens": {"agent": "agent 2"},
    "usual_durations": {"execution_id": "another"},
    "usual_categories": {"agent": "agent 1", "execution_id": "another"},
    "orders_of_steps": {"agent": "agent 1", "name": "ask the model", "second_name": "look it up"},
    "execution_span_named": {"step_id": span_id_of(1, 0)},
    "lease": {"name": "jobs"},
    "session_page": {"agent": None, "sort": "cost"},
    "session_durations": {"session_ids": ["session 1", "session 2"]},
    "first_step_over": {"name": "ask the model"},
    "errors_of_executions": {"execution_ids": [execution_id_of(trace_id_of(10), span_id_of(10, 0))]},
    "seen_values": {"names": ["agent 1", "agent 2"]},
    "calls_of_operation": {"name": "ask the model", "category": "llm"},
    "agents_never_called": {"service": "shop", "until_ns": LARGEST},
    "dead_bodies": {"server": "s"},
    "dead_letter": {"workspace": None},
    "dead_letter_list": {"workspace": None, "kind": None},
    "executions_of_trace": {"id": trace_id_of(1)},
    "straddling_traces": {"before_ns": START_NS + MINUTE_NS + 4_000_000},
    "open_traces_of_process": {"process": "running"},
    "open_executions": {"agent": None},
    "open_counts": {"agent": None},
    "open_steps": {"agent": None},
    "rollups_of_operation": {"operation": "n"},
    "report_agent_buckets": {"names": ["agent 1", "agent 2"]},
}


def parameters_of(query: Query) -> dict[str, Any]:
    """A value for every parameter; those not in `VALUES` are optional filters and get null."""
    return {name: VALUES.get(name) for name in query.parameters}


@pytest.fixture
def filled(store: Engine) -> Engine:
    stored = joined([trace(1), trace(2), trace(3, link=1)])
    stored.agents = [agent("agent 1", first_ns=START_NS, last_ns=START_NS + 1, is_registered=True)]
    stored.agents.append(
        msgspec.structs.replace(
            agent("never called", first_ns=START_NS, last_ns=START_NS, is_registered=True), service="shop"
        )
    )
    stored.findings, stored.scores = [finding(1)], [score(1)]
    stored.processes = [process("running", heard_ns=START_NS)]
    gone, running = crashed(trace(5), process="vanished"), crashed(trace(6), process="running", is_open=True)
    still = {"ended_ns": None, "duration_ns": None, "duration_bucket": None, "status": "running"}
    running.steps[-1] = msgspec.structs.replace(running.steps[-1], **still)
    untold = trace(8)
    untold.steps = [msgspec.structs.replace(step, input_tokens=None) for step in untold.steps]
    elsewhere = crashed(trace(9), process="caller")
    elsewhere.executions = [msgspec.structs.replace(row, model_calls=3) for row in elsewhere.executions]
    elsewhere.steps = [
        msgspec.structs.replace(
            step, process="callee", input_audio_tokens=7, status="failed", error_type="RateLimitError"
        )
        for step in elsewhere.steps
    ]
    stored = joined([stored, gone, running, untold, elsewhere, _broken()])
    stored.events.append(blocked(stored.executions[0]))
    place = {"category": "blocked_loop", "code_file": "/srv/shop/retry.py", "code_line": 7, "code_function": "retry"}
    stored.steps[0] = msgspec.structs.replace(stored.steps[0], **place)
    stored.position = SpoolPosition(segment=4, offset=512)
    stored.records = [*RECORDS]
    stored.leases = [Lease(name="jobs", holder="one", asked_ns=1, until_ns=2)]
    store.write(stored)
    store.write(joined([trace(4), trace(2, version=2)], replace=[(WORKSPACE, trace_id_of(2))]), fresh=True)
    return store


def _broken() -> Batch:
    """An execution that failed by its first step; its second failed too and failed nothing."""
    broken = trace(10)
    failed = {"status": "failed", "error_type": "ValueError", "error_message": "order 7 not found"}
    broken.steps = [
        msgspec.structs.replace(step, **failed) if place < 2 else step for place, step in enumerate(broken.steps)
    ]
    broken.executions = [
        msgspec.structs.replace(
            row,
            **failed,
            memory_usage_mb=64.5,
            environment="production",
            failure_step_id=broken.steps[0].step_id,
            settled_ns=row.ended_ns,
            category_ns='{"tool": 1000}',
        )
        for row in broken.executions
    ]
    return broken


# One test asks all queries: filling a store for each of them took most of the time of the whole suite.


def test_every_query_answers_on_an_empty_store(store: Engine) -> None:
    answers = {query.name: store.rows(query.name, parameters_of(query)) for query in QUERIES}
    assert {name for name, rows in answers.items() if not isinstance(rows, list)} == set()


def test_every_query_finds_rows_on_a_filled_store(filled: Engine) -> None:
    answers = {
        query.name: filled.rows(query.name, {**parameters_of(query), **OTHER_VALUES.get(query.name, {})})
        for query in QUERIES
    }
    assert {name for name, rows in answers.items() if not rows} == set()
    assert {name for name, rows in answers.items() if any(list(row) != list(rows[0]) for row in rows)} == set()


def test_every_query_takes_an_empty_list(filled: Engine) -> None:
    for query in QUERIES:
        given = {name: [] if isinstance(value, list) else value for name, value in parameters_of(query).items()}
        assert isinstance(filled.rows(query.name, given), list), query.name


def test_every_column_of_a_trace_comes_back_as_it_was_written(store: Engine) -> None:
    batch = trace(1)
    store.write(batch)
    given = {"workspace": WORKSPACE, "trace_ids": [trace_id_of(1)]}
    for query, sent in [
        ("trace_executions", batch.executions),
        ("trace_steps", batch.steps),
        ("trace_events", batch.events),
        ("trace_decisions", batch.decisions),
    ]:
        kind = type(sent[0])
        found = [kind(**row) for row in store.rows(query, given)]
        assert sorted(found, key=repr) == sorted(sent, key=repr)


def test_fresh_rows_come_back_as_stored_ones_do(store: Engine) -> None:
    batch = trace(1)
    given = {"workspace": WORKSPACE, "trace_ids": [trace_id_of(1)]}
    store.write(batch, fresh=True)
    fresh = [store.rows(query, given) for query in ("trace_executions", "trace_steps", "trace_events")]
    store.write(batch)
    assert fresh == [store.rows(query, given) for query in ("trace_executions", "trace_steps", "trace_events")]


def test_inputs_are_found_once_each_whether_stored_or_fresh(store: Engine) -> None:
    first, second = trace(1), trace(2)
    bodies = [*first.bodies, *second.bodies]
    given = {
        "workspace": WORKSPACE,
        "trace_ids": [trace_id_of(1), trace_id_of(2)],
        "span_ids": [body.span_id for body in bodies],
        "received_from_ns": 0,
    }
    store.write(first)
    store.write(second, fresh=True)
    while_fresh = store.rows("inputs_of_spans", given)
    store.write(second)
    wanted = sorted((body.trace_id, body.span_id, body.input) for body in bodies)
    for rows in (while_fresh, store.rows("inputs_of_spans", given)):
        assert sorted((row["trace_id"], row["span_id"], row["input"]) for row in rows) == wanted
    assert {body.trace_id for body in bodies} == {trace_id_of(1), trace_id_of(2)}
    assert store.rows("inputs_of_spans", {**given, "span_ids": [bodies[0].span_id]})[0]["span_id"] == bodies[0].span_id


def test_known_traces_names_those_that_link_to_what_is_asked(filled: Engine) -> None:
    rows = filled.rows("known_traces", {"workspace": WORKSPACE, "trace_ids": [trace_id_of(1), trace_id_of(77)]})
    found = {(row["trace_id"], row["link_trace_id"]) for row in rows}
    assert found == {(trace_id_of(1), None), (trace_id_of(3), trace_id_of(1))}


def test_traces_of_another_workspace_are_not_known(filled: Engine) -> None:
    assert filled.rows("known_traces", {"workspace": "other", "trace_ids": [trace_id_of(1)]}) == []


def test_texts_of_all_kinds_survive(store: Engine) -> None:
    """PostgreSQL has no place for a NUL in a text; it is replaced by a character that shows it."""
    batch = trace(1, steps=1)
    odd = "nul \x00, quote ', emoji 🦆, new\nline"
    kept = {odd, odd.replace("\x00", "\ufffd")}
    body = batch.bodies[0]
    batch.bodies = [msgspec.structs.replace(body, input=odd)]
    given = {"workspace": WORKSPACE, "trace_id": trace_id_of(1), "span_id": body.span_id}
    store.write(batch, fresh=True)
    assert store.rows("bodies_of_span", given)[0]["input"] in kept
    store.write(batch)
    assert store.rows("bodies_of_span", given)[0]["input"] in kept


def test_an_empty_batch_changes_nothing(store: Engine) -> None:
    store.write(Batch())
    store.write(Batch(), fresh=True)
    assert set(store.rows("store_counts")[0].values()) == {0}
