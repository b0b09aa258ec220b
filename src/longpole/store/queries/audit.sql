-- Questions that join what an audit found in the code with what ran.

-- name: audit_findings_of
-- What the audits of a program found, or of all, by place in the code.
SELECT *
FROM audit_findings
WHERE ($workspace IS NULL OR workspace = $workspace) AND ($program IS NULL OR program = $program)
ORDER BY workspace, program, code_file, code_line, fingerprint;

-- name: audit_executions
-- Top executions of a period that have ended, in the order of their span ids, which is by chance; how many there are,
-- and for how many they stand. Skipped ones are left out.
SELECT
    workspace, execution_id, trace_id, span_id, agent, started_ns, duration_ns, weight, tree_from_ns,
    tree_to_ns,
    count(*) OVER () AS executions,
    sum(weight) OVER () AS executions_weight
FROM executions
WHERE
    parent_execution_id IS NULL
    AND duration_ns IS NOT NULL
    AND status <> 'skipped'
    AND @in_scope()
ORDER BY span_id, execution_id
LIMIT $limit;

-- name: audit_places
-- At which places in the code the steps and executions of some top executions ran, and how long in all. Blocks of an
-- event loop are left out: `audit_block_steps` has them one by one.
WITH spans AS (
    SELECT workspace, root_execution_id, code_file, code_line, code_function, duration_ns
    FROM steps
    WHERE
        @in_list(root_execution_id, $execution_ids)
        AND category <> 'blocked_loop'
        AND code_file IS NOT NULL
        AND duration_ns IS NOT NULL
        AND started_ns >= $from_ns
    UNION ALL
    SELECT workspace, root_execution_id, code_file, code_line, code_function, duration_ns
    FROM executions
    WHERE
        @in_list(root_execution_id, $execution_ids)
        AND code_file IS NOT NULL
        AND duration_ns IS NOT NULL
        AND started_ns >= $from_ns
)
SELECT
    workspace, root_execution_id, code_file, code_line, code_function,
    count(*) AS times,
    sum(duration_ns) AS total_ns
FROM spans
GROUP BY workspace, root_execution_id, code_file, code_line, code_function
ORDER BY workspace, root_execution_id, code_file, code_line, code_function;

-- name: audit_block_steps
-- The blocks of event loops in some top executions, in the order of their ids, which is by chance.
SELECT workspace, root_execution_id, trace_id, step_id, code_file, code_line, started_ns, duration_ns
FROM steps
WHERE
    @in_list(root_execution_id, $execution_ids)
    AND category = 'blocked_loop'
    AND code_file IS NOT NULL
    AND duration_ns IS NOT NULL
    AND started_ns >= $from_ns
ORDER BY step_id, trace_id
LIMIT $limit;

-- name: audit_blocks
-- When something in some top executions stood still because an event loop was blocked, how long, and by what.
SELECT
    e.workspace AS workspace, e.root_execution_id AS root_execution_id, v.time_ns AS time_ns,
    max(v.duration_ns) AS duration_ns,
    max(v.attributes) AS attributes
FROM executions AS e
JOIN events AS v ON v.workspace = e.workspace AND v.trace_id = e.trace_id AND v.execution_id = e.execution_id
WHERE
    @in_list(e.root_execution_id, $execution_ids)
    AND v.kind = 'blocked'
    AND v.duration_ns IS NOT NULL
    AND e.started_ns >= $from_ns
GROUP BY e.workspace, e.root_execution_id, v.time_ns
ORDER BY workspace, root_execution_id, time_ns;

-- name: audit_blocked_spans
-- The same for some traces, span by span.
SELECT trace_id, span_id, time_ns, duration_ns, attributes
FROM events
WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids) AND kind = 'blocked' AND duration_ns IS NOT NULL
ORDER BY time_ns, trace_id, span_id;

-- name: audit_waits
-- One row: by execution of an agent, a top one with all below it, how long event loops stood, how long it waited for
-- connections and for threads of a pool, and how often it wrote to a database. Weighted sums of these and of their
-- squares; executions without any count as 0.
WITH each AS (
    SELECT
        e.weight AS weight,
        sum(CASE WHEN s.category = 'blocked_loop' THEN s.duration_ns ELSE 0 END) AS blocked_ns,
        sum(CASE WHEN s.category = 'queue' AND s.name = 'wait for a connection' THEN s.duration_ns ELSE 0 END)
            AS connection_ns,
        sum(CASE WHEN s.category = 'queue' AND s.name = 'wait for a thread' THEN s.duration_ns ELSE 0 END) AS thread_ns,
        sum(
            CASE
                WHEN
                    s.category = 'database'
                    AND upper(s.operation) IN ('INSERT', 'UPDATE', 'DELETE', 'MERGE', 'REPLACE', 'UPSERT', 'COPY')
                    THEN 1
                ELSE 0
            END
        ) AS writes
    FROM executions AS e
    LEFT JOIN steps AS s
        ON
            s.workspace = e.workspace
            AND s.root_execution_id = e.root_execution_id
            AND (e.parent_execution_id IS NULL OR s.execution_id = e.execution_id)
            AND s.category IN ('blocked_loop', 'queue', 'database')
            AND s.started_ns >= $from_ns
    WHERE
        e.agent = $agent
        AND e.duration_ns IS NOT NULL
        AND e.status <> 'skipped'
        AND @in_scope_of_any_agent(e)
    GROUP BY e.workspace, e.execution_id, e.weight
)
SELECT
    count(*) AS executions,
    sum(weight) AS weight,
    sum(weight * weight) AS square_weight,
    sum(CAST(blocked_ns AS DOUBLE PRECISION) * weight) AS blocked_total,
    sum(CAST(blocked_ns AS DOUBLE PRECISION) * blocked_ns * weight) AS blocked_squares,
    sum(CAST(connection_ns AS DOUBLE PRECISION) * weight) AS connection_total,
    sum(CAST(connection_ns AS DOUBLE PRECISION) * connection_ns * weight) AS connection_squares,
    sum(CAST(thread_ns AS DOUBLE PRECISION) * weight) AS thread_total,
    sum(CAST(thread_ns AS DOUBLE PRECISION) * thread_ns * weight) AS thread_squares,
    sum(writes * weight) AS write_total,
    sum(CAST(writes AS DOUBLE PRECISION) * writes * weight) AS write_squares
FROM each;

-- name: audit_runtime
-- What the program told of itself with executions of an agent (`longpole.runtime.*`, as texts), in the order of their
-- span ids, which is by chance. One execution may have several rows: the highest row_version holds.
SELECT
    e.workspace AS workspace, e.execution_id AS execution_id, e.weight AS weight, b.row_version AS row_version,
    @json_field(b.attributes, 'longpole.runtime.cpu_ns') AS cpu_ns,
    @json_field(b.attributes, 'longpole.runtime.memory_peak_bytes') AS memory_peak_bytes,
    @json_field(b.attributes, 'longpole.runtime.threads') AS threads,
    @json_field(b.attributes, 'longpole.runtime.executors') AS executors,
    @json_field(b.attributes, 'longpole.runtime.gc_ns') AS gc_ns,
    @json_field(b.attributes, 'longpole.runtime.websocket_messages') AS websocket_messages,
    @json_field(b.attributes, 'longpole.runtime.validation_ns') AS validation_ns,
    @json_field(b.attributes, 'longpole.runtime.serialization_ns') AS serialization_ns
FROM executions AS e
JOIN bodies AS b ON b.workspace = e.workspace AND b.trace_id = e.trace_id AND b.span_id = e.span_id
WHERE
    e.agent = $agent
    AND e.duration_ns IS NOT NULL
    AND e.status <> 'skipped'
    AND e.started_ns >= $from_ns
    AND e.started_ns < $to_ns
    AND b.attributes IS NOT NULL
    AND ($workspace IS NULL OR e.workspace = $workspace)
    AND ($environment IS NULL OR e.environment = $environment)
    AND ($version IS NULL OR e.version = $version)
ORDER BY e.span_id, e.execution_id, b.row_version
LIMIT $limit;
