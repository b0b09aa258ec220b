-- Questions that findings are made from.

-- name: agents_never_called
-- Agents that a service had registered by a moment and that no execution has ever been of, by name.
SELECT agent
FROM agents
WHERE
    workspace = $workspace
    AND service = $service
    AND is_registered
    AND first_seen_ns <= $until_ns
    AND agent NOT IN (SELECT agent FROM executions WHERE workspace = $workspace)
ORDER BY agent;

-- name: repeated_operations
-- Operations that were called with the same arguments more than once, those with most repeated time first. Weighted
-- where some were sampled; a call that failed is no answer to keep.
SELECT
    name, category, model, max(tool) AS tool,
    count(*) AS calls,
    count(DISTINCT argument_hash) AS arguments,
    sum(s.weight) AS calls_weight,
    sum(s.duration_ns * s.weight) AS total_ns,
    CAST(floor(sum(s.cost_usd_nanos * s.weight) + 0.5) AS BIGINT) AS cost_usd_nanos
FROM steps AS s
WHERE
    argument_hash IS NOT NULL
    AND category IN ('llm', 'tool', 'database', 'http', 'retrieval', 'agent_comm')
    AND duration_ns IS NOT NULL
    AND status = 'success'
    AND @in_scope()
GROUP BY name, category, model
HAVING count(*) > count(DISTINCT argument_hash)
ORDER BY sum(s.duration_ns * s.weight) * (1 - count(DISTINCT argument_hash) / (1.0 * count(*))) DESC, name
LIMIT $limit;

-- name: calls_of_operation
-- The newest calls of one operation with their arguments' hashes.
SELECT workspace, argument_hash, started_ns, duration_ns, cost_usd_nanos, weight
FROM steps
WHERE
    argument_hash IS NOT NULL
    AND name = $name
    AND category = $category
    AND ($model IS NULL OR model = $model)
    AND duration_ns IS NOT NULL
    AND status = 'success'
    AND @in_scope()
ORDER BY started_ns DESC, step_id
LIMIT $limit;

-- name: executions_settled
-- Where the top executions that settled within a time stand, the longest first, and how many there are.
SELECT
    workspace, execution_id, trace_id, span_id, root_execution_id, agent, tree_from_ns, tree_to_ns, duration_ns,
    settled_ns, count(*) OVER () AS settled
FROM executions
WHERE parent_execution_id IS NULL AND settled_ns > $from_ns AND settled_ns <= $to_ns AND steps_total > 0
ORDER BY duration_ns DESC, execution_id
LIMIT $limit;

-- name: opportunities
-- What was found in the executions of a period, by rule, agent and place, the largest saving in sum first.
SELECT
    f.rule, e.agent, f.code_file, f.code_line, f.code_function, f.confidence,
    min(f.title) AS title,
    min(f.advice) AS advice,
    count(*) AS findings,
    count(DISTINCT e.root_execution_id) AS executions,
    sum(coalesce(f.saving_ns, 0) * e.weight) AS total_saving_ns,
    max(f.saving_ns) AS most_saving_ns,
    sum(f.saving_usd_nanos * e.weight) AS total_saving_usd_nanos,
    max(e.execution_id) AS example_execution_id
FROM findings AS f
JOIN executions AS e ON e.workspace = f.workspace AND e.execution_id = f.execution_id
WHERE
    e.started_ns >= $from_ns
    AND e.started_ns < $to_ns
    AND ($workspace IS NULL OR f.workspace = $workspace)
    AND ($agent IS NULL OR e.agent = $agent)
    AND ($environment IS NULL OR e.environment = $environment)
    AND ($version IS NULL OR e.version = $version)
GROUP BY f.rule, e.agent, f.code_file, f.code_line, f.code_function, f.confidence
ORDER BY total_saving_ns DESC, executions DESC, f.rule, e.agent, f.code_file, f.code_line
LIMIT $limit;
