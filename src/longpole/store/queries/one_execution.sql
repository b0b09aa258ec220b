-- Questions about one execution: which one is meant, its tree, how it compares, one step of it.

-- name: executions_named
-- Where the executions with this id stand, top ones and early ones first.
SELECT
    workspace, execution_id, trace_id, span_id, root_execution_id, agent, parent_execution_id, depth, started_ns,
    tree_from_ns, tree_to_ns
FROM executions
WHERE ($workspace IS NULL OR workspace = $workspace) AND execution_id = $id
ORDER BY CASE WHEN parent_execution_id IS NULL THEN 0 ELSE 1 END, depth, started_ns, execution_id
LIMIT 1;

-- name: executions_of_trace
-- Where the executions of this trace stand, top ones and early ones first. To ask for ids of executions and of traces at
-- once takes DuckDB as long as both questions, and mostly it is the id of an execution.
SELECT
    workspace, execution_id, trace_id, span_id, root_execution_id, agent, parent_execution_id, depth, started_ns,
    tree_from_ns, tree_to_ns
FROM executions
WHERE ($workspace IS NULL OR workspace = $workspace) AND trace_id = $id
ORDER BY CASE WHEN parent_execution_id IS NULL THEN 0 ELSE 1 END, depth, started_ns, execution_id
LIMIT 1;

-- name: executions_by_part
-- The executions whose id begins or ends with a part, newest first, at most eleven.
SELECT
    workspace, execution_id, trace_id, span_id, root_execution_id, agent, parent_execution_id, depth, started_ns,
    tree_from_ns, tree_to_ns
FROM executions
WHERE
    ($workspace IS NULL OR workspace = $workspace)
    AND @id_has_part(execution_id, $part)
ORDER BY started_ns DESC, execution_id
LIMIT 11;

-- name: executions_under_root
-- Every execution of one tree, parents before children as far as their starts tell. Of a settled tree it is known when
-- its first and its last span started: what was stored at other times need not be looked through.
SELECT *
FROM executions
WHERE
    workspace = $workspace
    AND root_execution_id = $root_execution_id
    AND ($tree_from_ns IS NULL OR started_ns >= $tree_from_ns)
    AND ($tree_to_ns IS NULL OR started_ns <= $tree_to_ns)
ORDER BY started_ns, depth, execution_id;

-- name: steps_under_root
-- Every step of one tree as a skeleton, in order of time. At 50,000 steps each column costs 10 ms.
SELECT
    trace_id, step_id, parent_step_id, link_trace_id, link_span_id, execution_id, name, category, step_type, operation,
    status, started_ns, ended_ns, duration_ns, is_outside, model, tool, input_tokens, output_tokens, cost_usd_nanos,
    first_token_ns, attempt, error_type, self_ns, critical_ns, slack_ns, process
FROM steps
WHERE
    workspace = $workspace
    AND root_execution_id = $root_execution_id
    AND ($tree_from_ns IS NULL OR started_ns >= $tree_from_ns)
    AND ($tree_to_ns IS NULL OR started_ns <= $tree_to_ns)
ORDER BY started_ns, depth, step_index, step_id;

-- name: step_facts_under_root
-- What the analysis needs of every step of one tree beside its skeleton.
SELECT
    trace_id, step_id, agent, provider, scope, process, argument_hash, error_message, code_file, code_line,
    code_function
FROM steps
WHERE
    workspace = $workspace
    AND root_execution_id = $root_execution_id
    AND ($tree_from_ns IS NULL OR started_ns >= $tree_from_ns)
    AND ($tree_to_ns IS NULL OR started_ns <= $tree_to_ns);

-- name: code_of_steps
-- Where in the code some steps of one tree are.
SELECT trace_id, step_id, code_file, code_line, code_function
FROM steps
WHERE
    workspace = $workspace
    AND root_execution_id = $root_execution_id
    AND ($tree_from_ns IS NULL OR started_ns >= $tree_from_ns)
    AND ($tree_to_ns IS NULL OR started_ns <= $tree_to_ns)
    AND @in_list(step_id, $step_ids);

-- name: events_of_traces
-- The events of some traces in order of time.
SELECT trace_id, span_id, execution_id, event_index, time_ns, name, kind, level, message, stage, status, duration_ns
FROM events
WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids)
ORDER BY time_ns, span_id, event_index;

-- name: decisions_of_traces
-- The decisions of some traces in order of time.
SELECT trace_id, span_id, execution_id, time_ns, candidate, considered, score, threshold, outcome, reason
FROM decisions
WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids)
ORDER BY time_ns, span_id, event_index;

-- name: usual_durations
-- How long an agent's other finished executions took, and how many were quicker than a duration, both with the weight
-- of sampled ones and without. Only of those that started with the given one are the ids read: of a million executions
-- 8 instead of 43 ms.
SELECT
    count(*) AS executions,
    @quantile(duration_ns, 0.5) AS p50_ns,
    @quantile(duration_ns, 0.95) AS p95_ns,
    coalesce(sum(weight), 0) AS weight,
    coalesce(sum(weight) FILTER (WHERE duration_ns < $duration_ns), 0) AS quicker_weight
FROM (
    SELECT duration_ns, weight
    FROM executions
    WHERE
        workspace = $workspace
        AND agent = $agent
        AND started_ns <> $started_ns
        AND duration_ns IS NOT NULL
        AND status <> 'skipped'
    UNION ALL
    SELECT duration_ns, weight
    FROM executions
    WHERE
        workspace = $workspace
        AND agent = $agent
        AND started_ns = $started_ns
        AND execution_id <> $execution_id
        AND duration_ns IS NOT NULL
        AND status <> 'skipped'
) AS others;

-- name: usual_duration_weights
-- By bucket of duration, how many of an agent's other finished executions the kept ones stand for.
SELECT agent, duration_bucket, sum(weight) AS weight
FROM executions
WHERE
    workspace = $workspace
    AND agent = $agent
    AND execution_id <> $execution_id
    AND duration_bucket IS NOT NULL
    AND status <> 'skipped'
GROUP BY agent, duration_bucket
ORDER BY duration_bucket;

-- name: bodies_of_span
-- What one span carried beside its times, the newest version first.
SELECT input, output, error_stack, attributes, resource
FROM bodies
WHERE workspace = $workspace AND trace_id = $trace_id AND span_id = $span_id
ORDER BY row_version DESC, received_ns DESC
LIMIT 1;

-- name: attributes_of_spans
-- The attributes of some spans of a trace, the newest version of each last.
SELECT span_id, attributes
FROM bodies
WHERE
    workspace = $workspace
    AND @in_list(trace_id, $trace_ids)
    AND @in_list(span_id, $span_ids)
    AND attributes IS NOT NULL
ORDER BY row_version, received_ns;

-- name: step_named
-- The step of this id in one tree, that of the given execution or trace first, with the start of the given execution.
SELECT
    s.trace_id, s.execution_id, s.parent_step_id, s.name, s.category, s.step_type, s.operation, s.status, s.started_ns,
    s.ended_ns, s.duration_ns, s.self_ns, s.critical_ns, s.slack_ns, s.first_token_ns, s.provider, s.model, s.tool,
    s.input_tokens, s.output_tokens, s.cache_read_tokens, s.cache_write_tokens, s.reasoning_tokens, s.cost_usd_nanos,
    s.attempt, s.error_type, s.error_message, s.code_file, s.code_line, s.code_function, s.service, s.scope,
    e.started_ns AS origin_ns
FROM steps AS s
JOIN executions AS e ON e.workspace = s.workspace AND e.root_execution_id = s.root_execution_id
WHERE
    s.workspace = $workspace
    AND s.root_execution_id = $root_execution_id
    AND ($tree_from_ns IS NULL OR s.started_ns >= $tree_from_ns)
    AND ($tree_to_ns IS NULL OR s.started_ns <= $tree_to_ns)
    AND s.step_id = $step_id
    AND e.execution_id = $execution_id
ORDER BY
    CASE WHEN s.execution_id = $execution_id THEN 0 ELSE 1 END,
    CASE WHEN s.trace_id = $trace_id THEN 0 ELSE 1 END,
    s.started_ns
LIMIT 1;

-- name: execution_span_named
-- The execution whose own span has this id in one tree, as a step, with the start of the given execution.
SELECT
    x.trace_id, x.execution_id, x.parent_span_id AS parent_step_id, x.name, x.category, NULL AS step_type, x.operation,
    x.status, x.started_ns, x.ended_ns, x.duration_ns, x.self_ns, x.critical_ns, NULL AS slack_ns, x.first_token_ns,
    x.provider, x.model, x.tool, x.input_tokens, x.output_tokens, x.cache_read_tokens, x.cache_write_tokens,
    x.reasoning_tokens, x.cost_usd_nanos, NULL AS attempt, x.error_type, x.error_message, x.code_file, x.code_line,
    x.code_function, x.service, x.scope, e.started_ns AS origin_ns
FROM executions AS x
JOIN executions AS e ON e.workspace = x.workspace AND e.root_execution_id = x.root_execution_id
WHERE
    x.workspace = $workspace
    AND x.root_execution_id = $root_execution_id
    AND ($tree_from_ns IS NULL OR x.started_ns >= $tree_from_ns)
    AND ($tree_to_ns IS NULL OR x.started_ns <= $tree_to_ns)
    AND x.span_id = $step_id
    AND e.execution_id = $execution_id
ORDER BY
    CASE WHEN x.execution_id = $execution_id THEN 0 ELSE 1 END,
    CASE WHEN x.trace_id = $trace_id THEN 0 ELSE 1 END,
    x.started_ns
LIMIT 1;
