-- The names that the specification documents use, as views over what is stored (rows that are not stored yet are in the
-- server's answers only). Times are UTC, durations milliseconds, structures JSON. What is no object among inputs and
-- outputs is wrapped in one, so that asking for keys works on every row.

CREATE SCHEMA analytics;

CREATE MACRO main.json_of(content) AS
CASE WHEN content IS NOT NULL THEN coalesce(try_cast(content AS JSON), to_json(content)) END;

CREATE MACRO main.object_of(content, name) AS
CASE
    WHEN content IS NULL THEN NULL
    WHEN json_type(json_of(content)) = 'OBJECT' THEN json_of(content)
    ELSE json_object(name, json_of(content))
END;

CREATE MACRO main.list_of(content) AS
CASE WHEN content IS NOT NULL THEN coalesce(try_cast(json_of(content) AS JSON[]), [json_of(content)]) END;

CREATE VIEW main.call_edges AS
SELECT
    e.workspace,
    c.execution_id AS caller_execution_id,
    c.agent AS caller_agent,
    e.execution_id AS callee_execution_id,
    e.agent AS callee_agent,
    e.call_reason AS reason,
    e.depth,
    e.started_ns
FROM main.executions AS e
JOIN main.executions AS c ON c.execution_id = e.parent_execution_id AND c.workspace = e.workspace;

CREATE VIEW analytics.agent_executions AS
SELECT
    CAST(md5(e.workspace || e.execution_id) AS UUID) AS id,
    e.execution_id,
    coalesce(e.agent_id, e.agent) AS agent_id,
    e.workspace AS workspace_id,
    e.user_id,
    e.trigger_type,
    main.json_of(e.trigger_source) AS trigger_source,
    (
        SELECT main.object_of(arg_max(b.input, b.row_version), 'input') FROM main.bodies AS b
        WHERE b.trace_id = e.trace_id AND b.span_id = e.span_id AND b.workspace = e.workspace
    ) AS input_data,
    (
        SELECT main.object_of(arg_max(b.output, b.row_version), 'output') FROM main.bodies AS b
        WHERE b.trace_id = e.trace_id AND b.span_id = e.span_id AND b.workspace = e.workspace
    ) AS output_data,
    make_timestamp(e.started_ns // 1000) AS start_time,
    make_timestamp(e.ended_ns // 1000) AS end_time,
    e.duration_ns / 1e6 AS duration_ms,
    e.status,
    e.error_message,
    e.error_type,
    e.credits AS credits_consumed,
    CASE
        WHEN e.input_tokens IS NOT NULL OR e.output_tokens IS NOT NULL
            THEN json_object('prompt', e.input_tokens, 'completion', e.output_tokens)
    END AS tokens_used,
    e.api_calls_count,
    e.memory_usage_mb,
    e.steps_total,
    e.steps_completed,
    CASE
        WHEN e.path IS NULL THEN main.object_of(e.execution_graph, 'graph')
        WHEN e.execution_graph IS NULL THEN json_object('path', e.path)
        ELSE json_merge_patch(json_object('path', e.path), main.object_of(e.execution_graph, 'graph'))
    END AS execution_graph,
    main.list_of(e.checkpoints) AS checkpoints,
    e.environment,
    e.runtime_mode,
    e.version,
    make_timestamp(e.received_ns // 1000) AS created_at,
    make_timestamp(coalesce(e.settled_ns, e.received_ns) // 1000) AS updated_at,
    e.agent AS agent_name,
    e.method,
    e.stage AS current_stage,
    main.json_of(e.scopes) ->> 'vault_id' AS vault_id,
    e.session_id AS conversation_id,
    e.parent_execution_id,
    e.root_execution_id,
    e.trace_id,
    e.model AS llm_model,
    e.cost_usd_nanos / 1e9 AS cost_usd,
    (
        SELECT arg_max(b.error_stack, b.row_version) FROM main.bodies AS b
        WHERE b.trace_id = e.trace_id AND b.span_id = e.span_id AND b.workspace = e.workspace
    ) AS error_traceback
FROM main.executions AS e;

CREATE VIEW analytics.execution_steps AS
SELECT
    CAST(md5(s.workspace || s.trace_id || s.step_id) AS UUID) AS id,
    s.execution_id,
    s.step_index,
    s.name AS step_name,
    s.step_type,
    make_timestamp(s.started_ns // 1000) AS start_time,
    make_timestamp(s.ended_ns // 1000) AS end_time,
    s.duration_ns / 1e6 AS duration_ms,
    s.status,
    (
        SELECT main.json_of(arg_max(b.input, b.row_version)) FROM main.bodies AS b
        WHERE b.trace_id = s.trace_id AND b.span_id = s.step_id AND b.workspace = s.workspace
    ) AS input,
    (
        SELECT main.json_of(arg_max(b.output, b.row_version)) FROM main.bodies AS b
        WHERE b.trace_id = s.trace_id AND b.span_id = s.step_id AND b.workspace = s.workspace
    ) AS output,
    CASE
        WHEN s.error_type IS NOT NULL OR s.error_message IS NOT NULL
            THEN json_object('type', s.error_type, 'message', s.error_message)
    END AS error,
    CASE
        WHEN s.input_tokens IS NOT NULL OR s.output_tokens IS NOT NULL
            THEN coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0)
    END AS tokens_used,
    main.list_of(s.api_calls) AS api_calls,
    make_timestamp(s.received_ns // 1000) AS created_at,
    s.workspace AS workspace_id,
    s.category,
    s.trace_id,
    s.step_id,
    s.parent_step_id
FROM main.steps AS s;

CREATE VIEW analytics.agent_execution_logs AS
SELECT
    v.execution_id,
    v.workspace AS workspace_id,
    make_timestamp(v.time_ns // 1000) AS "timestamp",
    v.kind,
    v.stage,
    v.status,
    v.duration_ns / 1e6 AS duration_ms,
    v.level,
    v.message,
    main.json_of(v.attributes) AS data,
    make_timestamp(v.received_ns // 1000) AS created_at
FROM main.events AS v
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
    e.duration_ns / 1e6 AS duration_ms,
    make_timestamp(e.started_ns // 1000) AS start_time,
    make_timestamp(e.received_ns // 1000) AS created_at
FROM main.executions AS e
JOIN main.executions AS c ON c.execution_id = e.parent_execution_id AND c.workspace = e.workspace;

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
    quantile_cont(t.duration_ms, 0.5) FILTER (WHERE t.status <> 'skipped') AS p50_duration_ms,
    quantile_cont(t.duration_ms, 0.95) FILTER (WHERE t.status <> 'skipped') AS p95_duration_ms,
    sum(t.tokens) AS total_tokens,
    sum(t.cost_usd) AS cost_usd,
    mode(t.error_type) AS most_common_error
FROM (
    SELECT
        workspace AS workspace_id,
        agent AS agent_name,
        date_trunc('day', make_timestamp(started_ns // 1000)) AS window_start,
        status,
        weight,
        duration_ns / 1e6 AS duration_ms,
        CASE
            WHEN self_input_tokens IS NOT NULL OR self_output_tokens IS NOT NULL
                THEN coalesce(self_input_tokens, 0) + coalesce(self_output_tokens, 0)
        END AS tokens,
        self_cost_usd_nanos / 1e9 AS cost_usd,
        error_type
    FROM main.executions
) AS t
GROUP BY t.workspace_id, t.agent_name, t.window_start;

-- The documents name some of them without a schema.
CREATE VIEW main.agent_executions AS SELECT * FROM analytics.agent_executions;
CREATE VIEW main.execution_steps AS SELECT * FROM analytics.execution_steps;
CREATE VIEW main.agent_execution_logs AS SELECT * FROM analytics.agent_execution_logs;
CREATE VIEW main.agent_call_chain AS SELECT * FROM analytics.agent_call_chain;
CREATE VIEW main.agent_performance_metrics AS SELECT * FROM analytics.agent_performance_metrics;
