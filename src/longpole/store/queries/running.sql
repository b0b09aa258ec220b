-- Questions about what runs at this moment: open executions, what they have in hand, how long that usually takes.

-- name: open_executions
-- The executions that have not ended, those that began first at the front.
SELECT
    workspace, execution_id, trace_id, span_id, parent_execution_id, root_execution_id, agent, category, status, stage,
    model, provider, started_ns, first_token_ns, process
FROM executions
WHERE
    ended_ns IS NULL
    AND started_ns >= $from_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
ORDER BY started_ns, workspace, execution_id
LIMIT $limit;

-- name: open_counts
-- By agent, how many executions have not ended and how many of these have not begun to work.
SELECT
    workspace, agent, count(*) AS executions, sum(CASE WHEN status = 'pending' THEN 1 ELSE 0 END) AS pending,
    min(started_ns) AS first_started_ns
FROM executions
WHERE
    ended_ns IS NULL
    AND started_ns >= $from_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
GROUP BY workspace, agent
ORDER BY workspace, agent;

-- name: open_steps
-- The steps that have not ended, those that began first at the front.
SELECT
    workspace, trace_id, step_id, parent_step_id, execution_id, agent, name, category, status, model, provider,
    started_ns, first_token_ns
FROM steps
WHERE
    ended_ns IS NULL
    AND started_ns >= $from_ns
    AND NOT is_outside
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
ORDER BY started_ns, workspace, trace_id, step_id
LIMIT $limit;

-- name: call_times_of_models
-- By model, for how many successful calls the kept ones of each bucket of duration stand.
SELECT model, duration_bucket, sum(weight) AS weight
FROM (
    SELECT model, duration_bucket, weight
    FROM steps
    WHERE
        started_ns >= $from_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND category = 'llm'
        AND is_counted
        AND status = 'success'
        AND duration_bucket IS NOT NULL
        AND @in_list(model, $models)
    UNION ALL
    SELECT model, duration_bucket, weight
    FROM executions
    WHERE
        started_ns >= $from_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND category = 'llm'
        AND is_counted
        AND status = 'success'
        AND duration_bucket IS NOT NULL
        AND @in_list(model, $models)
) AS calls
GROUP BY model, duration_bucket
ORDER BY model, duration_bucket;
