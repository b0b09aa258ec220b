-- The names that the specification documents use, as views over what is stored; in a schema of their own, so that
-- `SET search_path = analytics` makes the documents' statements run as printed. Times are with time zone, durations
-- milliseconds, structures JSONB. What is no object among inputs and outputs is wrapped in one, so that asking for keys
-- works on every row. A column that is not asked for costs nothing.

DO $body$
BEGIN
    IF to_regnamespace('analytics') IS NULL THEN -- asking for IF NOT EXISTS takes the right to make schemas
        CREATE SCHEMA analytics;
    END IF;
END
$body$;

-- A number of nanoseconds since 1970 as a time.
CREATE FUNCTION longpole.time_of(ns BIGINT) RETURNS TIMESTAMPTZ LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN TIMESTAMPTZ '1970-01-01 00:00:00+00' + ns / 1000 * INTERVAL '1 microsecond';

-- A text as a JSON object; anything else becomes the only value of one.
CREATE FUNCTION longpole.object_of(content TEXT, name TEXT) RETURNS JSONB LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN content IS NULL THEN NULL
    WHEN jsonb_typeof(longpole.json_of(content)) = 'object' THEN longpole.json_of(content)
    ELSE jsonb_build_object(name, longpole.json_of(content))
END;

-- A text as a list of JSON values; anything but an array becomes the only one.
CREATE FUNCTION longpole.list_of(content TEXT) RETURNS JSONB[] LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN content IS NULL THEN NULL
    WHEN jsonb_typeof(longpole.json_of(content)) = 'array' THEN ARRAY(SELECT jsonb_array_elements(longpole.json_of(content)))
    ELSE ARRAY[longpole.json_of(content)]
END;

CREATE VIEW longpole.call_edges AS
SELECT
    e.workspace,
    c.execution_id AS caller_execution_id,
    c.agent AS caller_agent,
    e.execution_id AS callee_execution_id,
    e.agent AS callee_agent,
    e.call_reason AS reason,
    e.depth,
    e.started_ns
FROM longpole.executions AS e
JOIN longpole.executions AS c ON c.execution_id = e.parent_execution_id AND c.workspace = e.workspace;

CREATE VIEW analytics.agent_executions AS
SELECT
    md5(e.workspace || e.execution_id)::UUID AS id,
    e.execution_id,
    coalesce(e.agent_id, e.agent) AS agent_id,
    e.workspace AS workspace_id,
    e.user_id,
    e.trigger_type,
    longpole.json_of(e.trigger_source) AS trigger_source,
    (
        SELECT longpole.object_of(b.input, 'input') FROM longpole.bodies AS b
        WHERE b.trace_id = e.trace_id AND b.span_id = e.span_id AND b.workspace = e.workspace
        ORDER BY b.row_version DESC LIMIT 1
    ) AS input_data,
    (
        SELECT longpole.object_of(b.output, 'output') FROM longpole.bodies AS b
        WHERE b.trace_id = e.trace_id AND b.span_id = e.span_id AND b.workspace = e.workspace
        ORDER BY b.row_version DESC LIMIT 1
    ) AS output_data,
    longpole.time_of(e.started_ns) AS start_time,
    longpole.time_of(e.ended_ns) AS end_time,
    e.duration_ns / 1e6::DOUBLE PRECISION AS duration_ms,
    e.status,
    e.error_message,
    e.error_type,
    e.credits AS credits_consumed,
    CASE
        WHEN e.input_tokens IS NOT NULL OR e.output_tokens IS NOT NULL
            THEN jsonb_build_object('prompt', e.input_tokens, 'completion', e.output_tokens)
    END AS tokens_used,
    e.api_calls_count,
    e.memory_usage_mb,
    e.steps_total,
    e.steps_completed,
    coalesce(
        CASE WHEN e.path IS NOT NULL THEN jsonb_build_object('path', e.path) END
        || longpole.object_of(e.execution_graph, 'graph'),
        longpole.object_of(e.execution_graph, 'graph'),
        CASE WHEN e.path IS NOT NULL THEN jsonb_build_object('path', e.path) END
    ) AS execution_graph,
    longpole.list_of(e.checkpoints) AS checkpoints,
    e.environment,
    e.runtime_mode,
    e.version,
    longpole.time_of(e.received_ns) AS created_at,
    longpole.time_of(coalesce(e.settled_ns, e.received_ns)) AS updated_at,
    e.agent AS agent_name,
    e.method,
    e.stage AS current_stage,
    longpole.json_of(e.scopes) ->> 'vault_id' AS vault_id,
    e.session_id AS conversation_id,
    e.parent_execution_id,
    e.root_execution_id,
    e.trace_id,
    e.model AS llm_model,
    e.cost_usd_nanos / 1e9::DOUBLE PRECISION AS cost_usd,
    (
        SELECT b.error_stack FROM longpole.bodies AS b
        WHERE b.trace_id = e.trace_id AND b.span_id = e.span_id AND b.workspace = e.workspace
        ORDER BY b.row_version DESC LIMIT 1
    ) AS error_traceback
FROM longpole.executions AS e;

CREATE VIEW analytics.execution_steps AS
SELECT
    md5(s.workspace || s.trace_id || s.step_id)::UUID AS id,
    s.execution_id,
    s.step_index,
    s.name AS step_name,
    s.step_type,
    longpole.time_of(s.started_ns) AS start_time,
    longpole.time_of(s.ended_ns) AS end_time,
    s.duration_ns / 1e6::DOUBLE PRECISION AS duration_ms,
    s.status,
    (
        SELECT longpole.json_of(b.input) FROM longpole.bodies AS b
        WHERE b.trace_id = s.trace_id AND b.span_id = s.step_id AND b.workspace = s.workspace
        ORDER BY b.row_version DESC LIMIT 1
    ) AS input,
    (
        SELECT longpole.json_of(b.output) FROM longpole.bodies AS b
        WHERE b.trace_id = s.trace_id AND b.span_id = s.step_id AND b.workspace = s.workspace
        ORDER BY b.row_version DESC LIMIT 1
    ) AS output,
    CASE
        WHEN s.error_type IS NOT NULL OR s.error_message IS NOT NULL
            THEN jsonb_build_object('type', s.error_type, 'message', s.error_message)
    END AS error,
    CASE
        WHEN s.input_tokens IS NOT NULL OR s.output_tokens IS NOT NULL
            THEN coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0)
    END AS tokens_used,
    longpole.list_of(s.api_calls) AS api_calls,
    longpole.time_of(s.received_ns) AS created_at,
    s.workspace AS workspace_id,
    s.category,
    s.trace_id,
    s.step_id,
    s.parent_step_id
FROM longpole.steps AS s;

CREATE VIEW analytics.agent_execution_logs AS
SELECT
    v.execution_id,
    v.workspace AS workspace_id,
    longpole.time_of(v.time_ns) AS "timestamp",
    v.kind,
    v.stage,
    v.status,
    v.duration_ns / 1e6::DOUBLE PRECISION AS duration_ms,
    v.level,
    v.message,
    longpole.json_of(v.attributes) AS data,
    longpole.time_of(v.received_ns) AS created_at
FROM longpole.events AS v
WHERE v.execution_id IS NOT NULL;

CREATE VIEW analytics.agent_call_chain AS
SELECT
    e.workspace AS workspace_id,
    e.root_execution_id,
    e.depth,
    c.execution_id AS parent_execution_id,
    c.agent AS parent_agent,
    e.execution_id AS child_execution_id,
    e.agent AS child_agent,
    e.call_reason,
    e.status,
    e.duration_ns / 1e6::DOUBLE PRECISION AS duration_ms,
    longpole.time_of(e.started_ns) AS start_time,
    longpole.time_of(e.received_ns) AS created_at
FROM longpole.executions AS e
JOIN longpole.executions AS c ON c.execution_id = e.parent_execution_id AND c.workspace = e.workspace;

CREATE VIEW analytics.agent_performance_metrics AS
SELECT
    t.workspace_id,
    t.agent_name,
    t.window_start,
    t.window_start + INTERVAL '1 day' AS window_end,
    count(*) AS total_executions,
    count(*) FILTER (WHERE t.status = 'success') AS successful,
    count(*) FILTER (WHERE t.status IN ('failed', 'timeout', 'crashed')) AS failed,
    count(*) FILTER (WHERE t.status = 'skipped') AS skipped,
    sum(t.weight) FILTER (WHERE t.status = 'success')
    / nullif(sum(t.weight) FILTER (WHERE t.status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS success_rate,
    avg(t.duration_ms) FILTER (WHERE t.status <> 'skipped') AS avg_duration_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t.duration_ms) FILTER (WHERE t.status <> 'skipped') AS p50_duration_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY t.duration_ms) FILTER (WHERE t.status <> 'skipped') AS p95_duration_ms,
    sum(t.tokens) AS total_tokens,
    sum(t.cost_usd) AS cost_usd,
    mode() WITHIN GROUP (ORDER BY t.error_type) AS most_common_error
FROM (
    SELECT
        workspace AS workspace_id,
        agent AS agent_name,
        date_trunc('day', longpole.time_of(started_ns), 'UTC') AS window_start,
        status,
        weight,
        duration_ns / 1e6::DOUBLE PRECISION AS duration_ms,
        CASE
            WHEN self_input_tokens IS NOT NULL OR self_output_tokens IS NOT NULL
                THEN coalesce(self_input_tokens, 0) + coalesce(self_output_tokens, 0)
        END AS tokens,
        self_cost_usd_nanos / 1e9::DOUBLE PRECISION AS cost_usd,
        error_type
    FROM longpole.executions
) AS t
GROUP BY t.workspace_id, t.agent_name, t.window_start;
