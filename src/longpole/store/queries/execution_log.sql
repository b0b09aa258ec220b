-- Questions about one execution by itself: its row, what it told, what its spans carried, its model calls.

-- name: execution_row
-- All columns of one execution.
SELECT *
FROM executions
WHERE workspace = $workspace AND execution_id = $execution_id AND trace_id = $trace_id AND span_id = $span_id
LIMIT 1;

-- name: events_of_execution
-- Everything that one execution and its steps told, in order of time.
SELECT span_id, event_index, time_ns, name, kind, level, message, stage, status, duration_ns, attributes
FROM events
WHERE workspace = $workspace AND trace_id = $trace_id AND execution_id = $execution_id
ORDER BY time_ns, span_id, event_index;

-- name: bodies_of_spans
-- What some spans carried beside their times, received from a time on, the newest version of each last.
SELECT trace_id, span_id, input, output, error_stack, attributes
FROM bodies
WHERE
    workspace = $workspace
    AND @in_list(trace_id, $trace_ids)
    AND @in_list(span_id, $span_ids)
    AND received_ns >= $received_from_ns
ORDER BY row_version, received_ns;

-- name: model_calls_of_execution
-- The model calls of one execution, itself included if it is one, in order of time.
SELECT *
FROM (
    SELECT
        trace_id, step_id AS span_id, name, provider, model, status, started_ns, duration_ns, first_token_ns, input_tokens,
        output_tokens, cost_usd_nanos, error_type, error_message
    FROM steps
    WHERE workspace = $workspace AND execution_id = $execution_id AND is_counted AND category = 'llm'
    UNION ALL
    SELECT
        trace_id, span_id, name, provider, model, status, started_ns, duration_ns, first_token_ns,
        call_input_tokens AS input_tokens, call_output_tokens AS output_tokens, call_cost_usd_nanos AS cost_usd_nanos,
        error_type, error_message
    FROM executions
    WHERE workspace = $workspace AND execution_id = $execution_id AND is_counted AND category = 'llm'
) AS calls
ORDER BY started_ns, span_id
LIMIT $limit;

-- name: executions_of_trees
-- Who called whom in some trees.
SELECT workspace, execution_id, parent_execution_id
FROM executions
WHERE @in_list(root_execution_id, $root_execution_ids)
ORDER BY workspace, execution_id;

-- name: model_call_times
-- From when until when the model calls of some trees ran.
SELECT workspace, execution_id, started_ns, ended_ns
FROM steps
WHERE
    @in_list(root_execution_id, $root_execution_ids)
    AND is_counted
    AND category = 'llm'
    AND ended_ns IS NOT NULL
UNION ALL
SELECT workspace, execution_id, started_ns, ended_ns
FROM executions
WHERE
    @in_list(root_execution_id, $root_execution_ids)
    AND is_counted
    AND category = 'llm'
    AND ended_ns IS NOT NULL
ORDER BY workspace, execution_id, started_ns, ended_ns;
