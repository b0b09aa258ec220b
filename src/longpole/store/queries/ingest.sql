-- name: trace_ids
-- The traces that have an execution and whose id lies in a range of texts; one row per trace.
SELECT DISTINCT trace_id FROM executions WHERE trace_id >= $from_id AND trace_id < $to_id;

-- name: other_trace_ids
-- The traces that have steps of another trace's execution, and those that some span links to; one row per trace.
SELECT DISTINCT trace_id FROM steps WHERE substring(execution_id, 1, 32) <> trace_id
UNION
SELECT DISTINCT link_trace_id AS trace_id FROM steps WHERE link_trace_id IS NOT NULL
UNION
SELECT DISTINCT link_trace_id AS trace_id FROM executions WHERE link_trace_id IS NOT NULL;

-- name: unsettled_traces
-- The traces with an execution that has ended and was not settled, because the server stopped before; latest first.
SELECT workspace, trace_id, max(received_ns) AS received_ns
FROM executions
WHERE settled_ns IS NULL AND ended_ns IS NOT NULL
GROUP BY workspace, trace_id
ORDER BY max(received_ns) DESC, trace_id
LIMIT $limit;
