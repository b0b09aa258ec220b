"""A store with as many steps as one likes, made by the database itself: what `bench/queries.py` asks.

Thirty days of twenty agents: an execution has ten steps of its own and every fifth calls another agent; one tree has
20,000 steps. Each agent goes about thirty ways; what fails an execution failed one of its steps first, and every
hundredth step fails without harm. Durations are log-normal, ids and everything else are hashes of the row's number, so
that the same number of steps is the same store. Inputs and outputs are there for the last fourteen days.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import duckdb
from rich.progress import Progress, track

from longpole.model.batch import Batch
from longpole.model.buckets import GAMMA
from longpole.model.clock import now_ns
from longpole.model.execution import Execution
from longpole.model.ids import execution_id_of, new_span_id, new_trace_id
from longpole.model.step import Step
from longpole.store.rollups import refresh_rollups
from longpole.store.store import open_store
from longpole.store.tables import TABLES

DAYS = 30
DAY_NS = 86_400_000_000_000
STEPS_EACH = 10
BIG_TREE = 20_000
ROLLUP_NS = 5 * 60 * 10**9

_MACROS = f"""
CREATE TEMP MACRO share(i, salt) AS (hash(i, salt) % 1000000) / 1000000.0;
CREATE TEMP MACRO bell(i, salt) AS sqrt(-2 * ln(share(i, salt) + 1e-7)) * cos(2 * pi() * share(i, salt || 'b'));
CREATE TEMP MACRO bucket(ns) AS CAST(CASE WHEN ns <= 1 THEN 0 ELSE ceil(ln(ns) / ln({GAMMA!r})) END AS SMALLINT);
CREATE TEMP MACRO trace_of(x) AS md5('trace' || x);
CREATE TEMP MACRO span_of(x, place) AS substr(md5('span' || x || '.' || place), 1, 16);
CREATE TEMP MACRO agent_of(x) AS 'agent-' || (hash(x, 'a') % 20);
CREATE TEMP MACRO tool_of(i) AS 'tool-' || (hash(i, 'T') % 12);
CREATE TEMP MACRO error_of(i) AS
    (['ValueError', 'TimeoutError', 'RateLimitError'])[CAST(1 + hash(i, 'E') % 3 AS BIGINT)];
CREATE TEMP MACRO told(texts) AS CAST(to_json(list_sort(list_distinct(texts))) AS VARCHAR);
"""

# Of every five executions the last is called by the one before it.
_EXECUTIONS = """
CREATE TEMP TABLE made AS
SELECT
    x,
    x % 5 = 4 AS is_child,
    CASE WHEN x % 5 = 4 THEN x - 1 ELSE x END AS root,
    CAST($start + x * ($span / $executions) AS BIGINT) AS started_ns,
    CAST(1e9 * exp(1.2 * bell(x, 'd')) AS BIGINT) AS duration_ns,
    CASE WHEN share(x, 's') < 0.04 THEN 'failed' WHEN share(x, 's') < 0.05 THEN 'timeout' ELSE 'success' END AS status,
    CASE WHEN share(x, 's') < 0.05 THEN CAST(hash(x, 'F') % 10 AS BIGINT) END AS failing_place,
    'llm > tool search > llm > step ' || (hash(x, 'P') % 6) || ' x' || (1 + hash(x, 'Q') % 5) || ' > llm' AS path
FROM range($executions) AS r(x);

INSERT INTO executions BY NAME
SELECT
    'default' AS workspace,
    trace_of(root) || span_of(x, 0) AS execution_id,
    trace_of(root) AS trace_id,
    span_of(x, 0) AS span_id,
    CASE WHEN is_child THEN span_of(root, 0) END AS parent_span_id,
    CASE WHEN is_child THEN trace_of(root) || span_of(root, 0) END AS parent_execution_id,
    trace_of(root) || span_of(root, 0) AS root_execution_id,
    CAST(is_child AS BIGINT) AS depth,
    'agent' AS kind,
    agent_of(x) AS agent,
    'invoke_agent ' || agent_of(x) AS name,
    'agent' AS category,
    status,
    started_ns,
    started_ns + duration_ns AS ended_ns,
    duration_ns,
    started_ns + duration_ns + 1000000 AS received_ns,
    'session-' || (hash(x, 'c') % 50000) AS session_id,
    'user-' || (hash(x, 'u') % 900) AS user_id,
    'v' || (x * 6 // $executions) AS version,
    CASE WHEN x % 10 = 0 THEN 'staging' ELSE 'production' END AS environment,
    'shop' AS service,
    false AS is_counted,
    CAST(hash(x, 'i') % 9000 AS BIGINT) AS input_tokens,
    CAST(hash(x, 'o') % 2000 AS BIGINT) AS output_tokens,
    CAST(hash(x, 'i') % 9000 AS BIGINT) AS self_input_tokens,
    CAST(hash(x, 'o') % 2000 AS BIGINT) AS self_output_tokens,
    CAST(hash(x, 'm') % 90000000 AS BIGINT) AS cost_usd_nanos,
    CAST(hash(x, 'm') % 90000000 AS BIGINT) AS self_cost_usd_nanos,
    3 AS model_calls, 0 AS model_calls_without_usage, 0 AS model_calls_without_cost, 2 AS tool_calls,
    4 AS api_calls_count, CAST(hash(x, 'r') % 20 = 0 AS BIGINT) AS retries, 0 AS agents_skipped,
    10 AS steps_total, 10 AS steps_completed, 0 AS steps_failed,
    1.0 AS weight,
    CASE WHEN status = 'failed' THEN 'ValueError' WHEN status = 'timeout' THEN 'TimeoutError' END AS error_type,
    CASE WHEN status <> 'success' THEN 'order ' || x || ' could not be read' END AS error_message,
    span_of(x, failing_place + 1) AS failure_step_id,
    path,
    substr(md5(path), 1, 16) AS path_hash,
    bucket(duration_ns) AS duration_bucket,
    duration_ns // 7 AS self_ns,
    duration_ns AS critical_ns,
    duration_ns - duration_ns // 9 AS explained_ns,
    '{"llm": ' || duration_ns // 2 || ', "tool": ' || duration_ns // 4 || '}' AS category_ns,
    started_ns + duration_ns AS settled_ns,
    1 AS row_version,
    told([tool_of(x * 10 + 1), tool_of(x * 10 + 7)]) AS tools,
    told([
        error_of(x * 10 + place) FOR place IN range(10) IF share(x * 10 + place, 's') < 0.01 OR place = failing_place
    ]) AS step_errors,
    min(started_ns) OVER (PARTITION BY root) AS tree_from_ns,
    max(started_ns + (CASE WHEN x = 0 THEN $big ELSE 10 END - 1) * (duration_ns // 12)) OVER (PARTITION BY root)
        AS tree_to_ns
FROM made;
"""

_STEPS = """
INSERT INTO steps BY NAME
SELECT
    'default' AS workspace,
    trace_of(root) AS trace_id,
    span_of(x, place + 1) AS step_id,
    span_of(x, 0) AS parent_step_id,
    trace_of(root) || span_of(x, 0) AS execution_id,
    trace_of(root) || span_of(root, 0) AS root_execution_id,
    agent_of(x) AS agent,
    CASE WHEN place IN (0, 3, 6) THEN 'chat' ELSE 'step ' || (hash(x, place) % 40) END AS name,
    (['llm', 'tool', 'database', 'llm', 'http', 'cache', 'llm', 'tool', 'processing', 'queue'])[place % 10 + 1]
        AS category,
    'action' AS step_type,
    CASE WHEN share(i, 's') < 0.01 OR place = failing_place THEN 'failed' ELSE 'success' END AS status,
    CASE WHEN share(i, 's') < 0.01 OR place = failing_place
        THEN error_of(i) END AS error_type,
    CASE WHEN share(i, 's') < 0.01 OR place = failing_place
        THEN 'order ' || x || ' of ''' || md5('customer' || i) || ''' could not be read after ' || place || ' s' END
        AS error_message,
    started_ns + place * (duration_ns // 12) AS started_ns,
    started_ns + place * (duration_ns // 12) + took AS ended_ns,
    took AS duration_ns,
    started_ns + duration_ns + 1000000 AS received_ns,
    place + 1 AS step_index,
    1 AS depth,
    false AS is_outside,
    'shop' AS service,
    CASE WHEN x % 10 = 0 THEN 'staging' ELSE 'production' END AS environment,
    'v' || (x * 6 // $executions) AS version,
    CASE WHEN place IN (0, 3, 6) THEN 'openai' END AS provider,
    CASE WHEN place IN (0, 3, 6) THEN 'model-' || (hash(i, 'M') % 4) END AS model,
    CASE WHEN place IN (1, 7) THEN tool_of(i) END AS tool,
    CASE WHEN place IN (0, 3, 6) THEN CAST(hash(i, 'i') % 3000 AS BIGINT) END AS input_tokens,
    CASE WHEN place IN (0, 3, 6) THEN CAST(hash(i, 'o') % 700 AS BIGINT) END AS output_tokens,
    CASE WHEN place IN (0, 3, 6) THEN CAST(hash(i, 'm') % 30000000 AS BIGINT) END AS cost_usd_nanos,
    place IN (0, 3, 6) AS is_counted,
    bucket(took) AS duration_bucket,
    took AS self_ns,
    CASE WHEN place % 2 = 0 THEN took ELSE 0 END AS critical_ns,
    CASE WHEN place % 2 = 0 THEN 0 ELSE took END AS slack_ns,
    1.0 AS weight,
    1 AS row_version,
    'host/' || (hash(x, 'p') % 30) AS process
FROM (
    SELECT
        m.*, p.place, m.x * 10 + p.place AS i,
        CAST(greatest(1, (m.duration_ns // 12) * exp(0.7 * bell(m.x * 10 + p.place, 'w'))) AS BIGINT) AS took
    FROM made AS m
    CROSS JOIN (
        SELECT range AS place, false AS is_big FROM range(10)
        UNION ALL
        SELECT range, true FROM range(10, $big)
    ) AS p
    WHERE NOT p.is_big OR m.x = 0
);

INSERT INTO bodies BY NAME
SELECT
    workspace, trace_id, step_id AS span_id,
    '{"question": "' || md5(step_id) || ' why was the invoice of ' || name || ' charged twice?"}' AS input,
    '{"answer": "' || md5(step_id || 'a') || md5(step_id || 'b') || ' the second payment is on its way"}' AS output,
    '{"gen_ai.operation.name": "chat", "customer.tier": "' || (hash(step_id) % 5) || '"}' AS attributes,
    received_ns, 1 AS row_version
FROM steps
WHERE started_ns >= $bodies_from;

INSERT INTO bodies BY NAME
SELECT
    workspace, trace_id, span_id,
    '{"region": "' || (['eu', 'us', 'asia', 'africa'])[CAST(1 + hash(span_id, 'r') % 4 AS BIGINT)] || '", "amount": '
        || hash(span_id, 'a') % 9000 || ', "customer": {"id": "' || md5(span_id) || '"}}' AS input,
    '{"answer": "' || md5(span_id || 'a') || '"}' AS output,
    '{"customer.tier": "' || (hash(span_id) % 5) || '"}' AS attributes,
    received_ns, 1 AS row_version
FROM executions
WHERE started_ns >= $bodies_from;

INSERT INTO failed_executions SELECT * FROM executions WHERE status IN ('failed', 'timeout', 'crashed');
INSERT INTO failed_steps SELECT * FROM steps WHERE status IN ('failed', 'timeout', 'crashed');
"""


def make_store(path: Path, steps: int, *, now_ns: int) -> None:
    """Write a DuckDB store with about `steps` steps that end now; a million take 20 s."""
    open_store(path).close()
    given = {
        "executions": max(steps // STEPS_EACH, 5),
        "start": now_ns - DAYS * DAY_NS,
        "span": DAYS * DAY_NS,
        "big": BIG_TREE,
        "bodies_from": now_ns - 14 * DAY_NS,
    }
    with duckdb.connect(str(path), config={"threads": 2, "memory_limit": "4GB"}) as database:
        database.execute(_MACROS)
        for statement in (*_EXECUTIONS.split(";"), *_STEPS.split(";")):
            if statement.strip():
                database.execute(statement, {name: value for name, value in given.items() if f"${name}" in statement})
        database.execute("CHECKPOINT")


def copy_store(file: Path, address: str, *, rows_at_once: int = 20_000) -> None:
    """Write the rows of a DuckDB file into another store as a server does: whole traces by batches, then rollups."""
    target = open_store(address)
    with duckdb.connect(str(file), read_only=True) as source:
        for name in ("executions", "steps", "bodies"):
            row_type = TABLES[name]
            [total] = source.execute(f"SELECT count(*) FROM {name}").fetchone() or (0,)
            columns = ", ".join(row_type.__struct_fields__)
            cursor = source.execute(f"SELECT {columns} FROM {name} ORDER BY received_ns")
            with Progress(transient=True) as progress:
                task = progress.add_task(name, total=total)
                while rows := cursor.fetchmany(rows_at_once):
                    names = row_type.__struct_fields__
                    target.write(Batch(**{name: [row_type(**dict(zip(names, row, strict=True))) for row in rows]}))
                    progress.advance(task, len(rows))
    for _ in track(refresh_rollups(target, width_ns=ROLLUP_NS, now_ns=now_ns(), is_thorough=True), "rollups"):
        pass
    target.close()


def load_batches(steps: int) -> Iterator[Batch]:
    """Endless batches of about so many steps that have just ended, in executions of ten."""
    for number in count():
        now, batch = now_ns(), Batch()
        for place in range(max(1, steps // STEPS_EACH)):
            trace_id, span_id = new_trace_id(), new_span_id()
            execution = execution_id_of(trace_id, span_id)
            agent = f"agent-{place % 20}"
            batch.executions.append(
                Execution(
                    workspace="default", execution_id=execution, trace_id=trace_id, span_id=span_id,
                    parent_span_id=None, link_trace_id=None, link_span_id=None, parent_execution_id=None,
                    root_execution_id=execution, depth=0, call_reason=None, kind="agent", agent=agent, agent_id=None,
                    method=None, name=f"invoke_agent {agent}", category="agent", operation=None, status="success",
                    stage=None, started_ns=now - 10**9, ended_ns=now, duration_ns=10**9, received_ns=now,
                    version=f"load-{number % 3}", environment="production", duration_bucket=1037, tools="[]",
                    step_errors="[]",
                )
            )  # fmt: skip
            batch.steps.extend(_step(execution, trace_id, span_id, agent, now, place) for place in range(STEPS_EACH))
        yield batch


def _step(execution: str, trace_id: str, parent: str, agent: str, now: int, place: int) -> Step:
    return Step(
        workspace="default", trace_id=trace_id, step_id=new_span_id(), parent_step_id=parent, link_trace_id=None,
        link_span_id=None, execution_id=execution, root_execution_id=execution, agent=agent, name="look it up",
        category="tool", step_type="action", operation=None, status="success",
        started_ns=now - 10**9 + place * 10**7, ended_ns=now, duration_ns=10**8, received_ns=now,
        step_index=place, depth=1, is_outside=False, duration_bucket=922, self_ns=10**8,
    )  # fmt: skip
