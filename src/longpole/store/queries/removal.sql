-- What is to be deleted: which traces, and how much that is.

-- name: traces_to_delete
-- The traces of whole trees of which some execution is meant: by its tree, its session, its user or when it started.
SELECT workspace, trace_id
FROM (
    SELECT workspace, trace_id, root_execution_id FROM executions
    UNION ALL
    SELECT workspace, trace_id, root_execution_id FROM steps
) AS spans
WHERE (workspace, root_execution_id) IN (
    SELECT workspace, root_execution_id
    FROM executions
    WHERE
        started_ns < $before_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($root_execution_id IS NULL OR root_execution_id = $root_execution_id)
        AND ($session IS NULL OR session_id = $session)
        AND ($user IS NULL OR user_id = $user)
)
GROUP BY workspace, trace_id
ORDER BY workspace, trace_id;

-- name: deletion_counts
-- How many rows the given traces have. A trace is written as its workspace, a space and its id.
SELECT
    (SELECT count(*) FROM executions WHERE @in_list(workspace || ' ' || trace_id, $traces)) AS executions,
    (
        SELECT count(*) FROM executions
        WHERE ended_ns IS NULL AND @in_list(workspace || ' ' || trace_id, $traces)
    ) AS running,
    (SELECT count(*) FROM steps WHERE @in_list(workspace || ' ' || trace_id, $traces)) AS steps,
    (SELECT count(*) FROM events WHERE @in_list(workspace || ' ' || trace_id, $traces)) AS events,
    (SELECT count(*) FROM bodies WHERE @in_list(workspace || ' ' || trace_id, $traces)) AS bodies,
    (SELECT count(*) FROM scores WHERE @in_list(workspace || ' ' || trace_id, $traces)) AS scores;

-- name: findings_of_traces
-- The findings about executions of the given traces.
SELECT *
FROM findings
WHERE (workspace, execution_id) IN (
    SELECT workspace, execution_id FROM executions WHERE @in_list(workspace || ' ' || trace_id, $traces)
);
