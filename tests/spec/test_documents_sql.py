"""The SQL of the documents, as printed there and with bound parameters, on the views of PostgreSQL and of DuckDB."""

import datetime
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

import duckdb
import msgspec
import psycopg
import pytest
from msgspec import Struct

from database_servers import postgres_server
from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.model.event import Body, Event
from longpole.model.execution import Execution
from longpole.model.step import Step
from longpole.store.store import open_store

HOUR_NS = 3_600_000_000_000
NOW_NS = now_ns() // 1_000_000_000 * 1_000_000_000
STARTED_NS = NOW_NS - HOUR_NS
TRACE = "a" * 32

STATISTICS = """
SELECT
    COUNT(*) as total_executions,
    COUNT(CASE WHEN status = 'success' THEN 1 END) as successful,
    COUNT(CASE WHEN status = 'failed' THEN 1 END) as failed,
    AVG(duration_ms) as avg_duration,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY duration_ms) as median_duration,
    PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY duration_ms) as p95_duration,
    SUM(credits_consumed) as total_credits,
    AVG(credits_consumed) as avg_credits
FROM agent_executions
WHERE agent_id = %s AND start_time >= %s
"""
PATTERNS = """
SELECT
    DATE_TRUNC('hour', start_time) as hour,
    COUNT(*) as execution_count,
    AVG(duration_ms) as avg_duration
FROM agent_executions
WHERE agent_id = %s AND start_time >= %s
GROUP BY hour
ORDER BY hour
"""
FAILURES = """
SELECT
    error_type,
    COUNT(*) as count,
    AVG(duration_ms) as avg_duration_before_failure
FROM agent_executions
WHERE agent_id = %s
    AND status = 'failed'
    AND start_time >= %s
GROUP BY error_type
ORDER BY count DESC
"""
START_TIME = "SELECT start_time FROM agent_executions WHERE execution_id = %s"
HOURLY_PATTERNS = """
SELECT
    EXTRACT(HOUR FROM start_time) as hour,
    COUNT(*) as execution_count,
    AVG(duration_ms) as avg_duration,
    AVG(CASE WHEN status = 'success' THEN 1 ELSE 0 END) as success_rate
FROM agent_executions
WHERE agent_id = %s
GROUP BY hour
ORDER BY hour
"""
INPUT_PATTERNS = """
SELECT
    jsonb_object_keys(input_data) as input_key,
    COUNT(*) as usage_count,
    AVG(CASE WHEN status = 'success' THEN 1 ELSE 0 END) as success_rate
FROM agent_executions
WHERE agent_id = %s
GROUP BY input_key
ORDER BY usage_count DESC
"""
PATH_ANALYSIS = """
SELECT
    execution_graph->>'path' as execution_path,
    COUNT(*) as frequency,
    AVG(duration_ms) as avg_duration,
    AVG(credits_consumed) as avg_credits
FROM agent_executions
WHERE agent_id = %s AND execution_graph IS NOT NULL
GROUP BY execution_path
ORDER BY frequency DESC
LIMIT 10
"""
BOTTLENECKS = """
SELECT
    s.step_name,
    AVG(s.duration_ms) as avg_duration,
    COUNT(*) as execution_count,
    STDDEV(s.duration_ms) as duration_variance
FROM execution_steps s
JOIN agent_executions e ON s.execution_id = e.execution_id
WHERE e.agent_id = %s
GROUP BY s.step_name
HAVING AVG(s.duration_ms) > 1000
ORDER BY avg_duration DESC
"""
RECENT = """
SELECT
    agent_name,
    status,
    duration_ms,
    created_at
FROM agent_executions
WHERE vault_id = %s
ORDER BY created_at DESC
LIMIT 50;
"""
FAILED_BY_TYPE = """
SELECT
    error_type,
    COUNT(*) as count,
    agent_name
FROM agent_executions
WHERE status = 'failed'
    AND created_at > NOW() - INTERVAL '24 hours'
GROUP BY error_type, agent_name
ORDER BY count DESC;
"""
AVERAGE_BY_AGENT = """
SELECT
    agent_name,
    AVG(duration_ms) as avg_ms,
    COUNT(*) as executions
FROM agent_executions
WHERE status = 'success'
    AND created_at > NOW() - INTERVAL '24 hours'
GROUP BY agent_name
ORDER BY avg_ms DESC;
"""


class Documents(NamedTuple):
    """A database that the documents' statements can be sent to."""

    ask: Callable[..., list[tuple[Any, ...]]]
    is_postgres: bool

    def json(self, value: Any) -> Any:
        """A JSON value: psycopg parses it, DuckDB gives its text."""
        if isinstance(value, list):
            return [self.json(one) for one in value]
        return json.loads(value) if isinstance(value, str) and not self.is_postgres else value

    def time(self, ns: int) -> datetime.datetime:
        """A time as a column has it: DuckDB's are UTC without saying so."""
        found = datetime.datetime.fromtimestamp(ns / 1e9, datetime.UTC)
        return found if self.is_postgres else found.replace(tzinfo=None)


def row_of(row_type: type[Struct], /, **told: Any) -> Any:
    """A row of which everything that is not told is unknown."""
    unknown = {field.name: None for field in msgspec.structs.fields(row_type) if field.required}
    return row_type(**{**unknown, **told})


def execution(number: int, **told: Any) -> Execution:
    usual: dict[str, Any] = {
        "workspace": "w", "execution_id": f"{TRACE}{number:016x}", "trace_id": TRACE, "span_id": f"{number:016x}",
        "root_execution_id": f"{TRACE}{1:016x}", "depth": 0, "kind": "agent", "agent": "PsychologistAgent",
        "name": "run", "category": "agent", "status": "success", "started_ns": STARTED_NS,
        "ended_ns": STARTED_NS + 2_500_000_000, "duration_ns": 2_500_000_000, "received_ns": NOW_NS,
        "scopes": '{"vault_id": "v-7"}',
    }  # fmt: skip
    return row_of(Execution, **{**usual, **told})


FULL = execution(
    1, agent_id="psych-1", user_id="u-1", trigger_type="webhook", trigger_source='{"url": "/hook"}',
    error_message="too slow", error_type="TimeoutError", credits=3.5, input_tokens=1000, output_tokens=500,
    api_calls_count=2, memory_usage_mb=120.5, steps_total=4, steps_completed=3,
    execution_graph='{"nodes": ["a", "b"]}', path="a > b", checkpoints='["start", {"at": "b"}]',
    environment="production", runtime_mode="fast", version="1.2", settled_ns=NOW_NS + 1_000_000_000, status="failed",
)  # fmt: skip
CALLED = execution(
    2, agent_id="psych-1", credits=1.5, path="a > b", parent_execution_id=FULL.execution_id, depth=1,
    call_reason="needs a profile", duration_ns=500_000_000,
)  # fmt: skip
STEP = row_of(
    Step, workspace="w", trace_id=TRACE, step_id="b" * 16, execution_id=FULL.execution_id,
    root_execution_id=FULL.execution_id, agent="PsychologistAgent", name="ask the model", category="llm",
    step_type="api_call", status="failed", started_ns=STARTED_NS, ended_ns=STARTED_NS + 1_500_000_000,
    duration_ns=1_500_000_000, received_ns=NOW_NS, step_index=3, depth=1, input_tokens=900, output_tokens=100,
    error_type="TimeoutError", error_message="no answer", api_calls='[{"url": "/v1/chat"}]',
)  # fmt: skip
BODIES = [
    row_of(Body, workspace="w", trace_id=TRACE, span_id=FULL.span_id, input='{"query": "old"}', received_ns=NOW_NS),
    row_of(
        Body, workspace="w", trace_id=TRACE, span_id=FULL.span_id, input='{"query": "why \\u0000?"}', output="because",
        error_stack="line 1", received_ns=NOW_NS, row_version=2,
    ),
    row_of(Body, workspace="w", trace_id=TRACE, span_id=CALLED.span_id, input="no object", received_ns=NOW_NS),
    row_of(Body, workspace="w", trace_id=TRACE, span_id=STEP.step_id, input='["q"]', output='"a"', received_ns=NOW_NS),
]  # fmt: skip
STAGE = row_of(
    Event, workspace="w", trace_id=TRACE, span_id=FULL.span_id, execution_id=FULL.execution_id, event_index=0,
    time_ns=STARTED_NS, name="longpole.stage", kind="stage", stage="llm_prepare", status="completed",
    duration_ns=7_000_000, message="prompt built", attributes='{"tokens": 900}', received_ns=NOW_NS,
)  # fmt: skip


@pytest.fixture(scope="module", params=["postgres", "duckdb"])
def documents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documents]:
    batch = Batch(executions=[FULL, CALLED], steps=[STEP], bodies=BODIES, events=[STAGE])
    if request.param == "duckdb":
        path = tmp_path_factory.mktemp("documents") / "longpole.duckdb"
        fill(str(path), batch)
        with duckdb.connect(str(path), read_only=True) as file:
            file.execute("SET TimeZone = 'UTC'")
            yield Documents(lambda text, *given: file.execute(text.replace("%s", "?"), given).fetchall(), False)
        return
    with postgres_server() as server:
        fill(server.address(), batch)
        with psycopg.connect(server.address(), options="-c search_path=analytics -c timezone=UTC") as connection:
            yield Documents(lambda text, *given: connection.execute(text.encode(), given or None).fetchall(), True)


def fill(address: str, batch: Batch) -> None:
    store = open_store(address)
    store.write(batch)
    store.close()


def test_every_column_of_the_table_of_executions_comes_back(documents: Documents) -> None:
    columns = """id, execution_id, agent_id, workspace_id, user_id, trigger_type, trigger_source, input_data,
        output_data, start_time, end_time, duration_ms, status, error_message, error_type, credits_consumed,
        tokens_used, api_calls_count, memory_usage_mb, steps_total, steps_completed, execution_graph, checkpoints,
        environment, runtime_mode, version, created_at, updated_at"""
    [row] = documents.ask(
        f"SELECT {columns} FROM analytics.agent_executions WHERE execution_id = %s", FULL.execution_id
    )
    found = dict(zip(columns.replace("\n", " ").replace(" ", "").split(","), row, strict=True))
    assert isinstance(found.pop("id"), UUID)
    query = "why \ufffd?" if documents.is_postgres else "why \x00?"
    structures = {
        "trigger_source": {"url": "/hook"}, "input_data": {"query": query}, "output_data": {"output": "because"},
        "tokens_used": {"prompt": 1000, "completion": 500},
        "execution_graph": {"nodes": ["a", "b"], "path": "a > b"}, "checkpoints": ["start", {"at": "b"}],
    }  # fmt: skip
    assert {name: documents.json(found.pop(name)) for name in structures} == structures
    assert found == {
        "execution_id": FULL.execution_id, "agent_id": "psych-1", "workspace_id": "w", "user_id": "u-1",
        "trigger_type": "webhook", "start_time": documents.time(STARTED_NS),
        "end_time": documents.time(STARTED_NS + 2_500_000_000), "duration_ms": 2500.0, "status": "failed",
        "error_message": "too slow", "error_type": "TimeoutError", "credits_consumed": 3.5, "api_calls_count": 2,
        "memory_usage_mb": 120.5, "steps_total": 4, "steps_completed": 3, "environment": "production",
        "runtime_mode": "fast", "version": "1.2", "created_at": documents.time(NOW_NS),
        "updated_at": documents.time(NOW_NS + 1_000_000_000),
    }  # fmt: skip


def test_every_column_of_the_table_of_steps_comes_back(documents: Documents) -> None:
    columns = """id, execution_id, step_index, step_name, step_type, start_time, end_time, duration_ms, status, input,
        output, error, tokens_used, api_calls, created_at"""
    [row] = documents.ask(f"SELECT {columns} FROM analytics.execution_steps")
    found = dict(zip(columns.replace("\n", " ").replace(" ", "").split(","), row, strict=True))
    assert isinstance(found.pop("id"), UUID)
    structures = {
        "input": ["q"], "output": "a", "error": {"type": "TimeoutError", "message": "no answer"},
        "api_calls": [{"url": "/v1/chat"}],
    }  # fmt: skip
    assert {name: documents.json(found.pop(name)) for name in structures} == structures
    assert found == {
        "execution_id": FULL.execution_id, "step_index": 3, "step_name": "ask the model", "step_type": "api_call",
        "start_time": documents.time(STARTED_NS), "end_time": documents.time(STARTED_NS + 1_500_000_000),
        "duration_ms": 1500.0, "status": "failed", "tokens_used": 1000, "created_at": documents.time(NOW_NS),
    }  # fmt: skip


def test_the_statements_of_the_analytics_service_run_as_printed(documents: Documents) -> None:
    since = documents.time(NOW_NS - 7 * 24 * HOUR_NS)
    [statistics] = documents.ask(STATISTICS, "psych-1", since)
    assert [float(value) for value in statistics] == [2, 1, 1, 1500, 1500, 2400, 5, 2.5]
    hour = documents.time(STARTED_NS - STARTED_NS % HOUR_NS)
    assert [(*row[:2], float(row[2])) for row in documents.ask(PATTERNS, "psych-1", since)] == [(hour, 2, 1500)]
    assert documents.ask(FAILURES, "psych-1", since) == [("TimeoutError", 1, 2500)]
    assert documents.ask(START_TIME, FULL.execution_id) == [(documents.time(STARTED_NS),)]


def test_the_statements_of_the_pattern_analyzer_run_as_printed(documents: Documents) -> None:
    hour = documents.time(STARTED_NS).hour
    assert [[float(value) for value in row] for row in documents.ask(HOURLY_PATTERNS, "psych-1")] == [
        [hour, 2, 1500, 0.5]
    ]
    [path] = documents.ask(PATH_ANALYSIS, "psych-1")
    assert (path[0], *(float(value) for value in path[1:])) == ("a > b", 2, 1500, 2.5)
    assert documents.ask(BOTTLENECKS, "psych-1") == [("ask the model", 1500, 1, None)]
    if documents.is_postgres:  # DuckDB has no jsonb_object_keys; json_keys is its own
        found = documents.ask(INPUT_PATTERNS, "psych-1")
        assert sorted((name, uses, float(rate)) for name, uses, rate in found) == [("input", 1, 1), ("query", 1, 0)]


def test_the_recipes_of_the_guide_run_with_bound_parameters(documents: Documents) -> None:
    recent = documents.ask(RECENT, "v-7")
    assert sorted(recent, key=lambda row: row[2]) == [
        ("PsychologistAgent", "success", 500, documents.time(NOW_NS)),
        ("PsychologistAgent", "failed", 2500, documents.time(NOW_NS)),
    ]
    assert documents.ask(RECENT, "another") == []
    assert documents.ask(FAILED_BY_TYPE) == [("TimeoutError", 1, "PsychologistAgent")]
    assert documents.ask(AVERAGE_BY_AGENT) == [("PsychologistAgent", 500, 1)]


def test_the_other_tables_of_the_guide_are_views_too(documents: Documents) -> None:
    [log] = documents.ask("SELECT execution_id, stage, status, duration_ms, message, data FROM agent_execution_logs")
    assert (*log[:5], documents.json(log[5])) == (
        FULL.execution_id, "llm_prepare", "completed", 7, "prompt built", {"tokens": 900},
    )  # fmt: skip
    chain = documents.ask("SELECT depth, parent_agent, child_agent, call_reason, status FROM agent_call_chain")
    assert chain == [(1, "PsychologistAgent", "PsychologistAgent", "needs a profile", "success")]
    [metrics] = documents.ask(
        "SELECT agent_name, total_executions, successful, failed, success_rate, avg_duration_ms, most_common_error "
        "FROM agent_performance_metrics"
    )
    assert metrics == ("PsychologistAgent", 2, 1, 1, 0.5, 1500, "TimeoutError")


def test_who_called_whom_is_a_view_of_every_store(documents: Documents) -> None:
    schema = "longpole." if documents.is_postgres else ""
    edges = documents.ask(
        f"SELECT workspace, caller_execution_id, callee_execution_id, reason, depth, started_ns FROM {schema}call_edges"
    )
    assert edges == [("w", FULL.execution_id, CALLED.execution_id, "needs a profile", 1, STARTED_NS)]
