-- Questions about steps over many executions: what the critical path consists of, and which operations are slow.

-- name: step_totals
-- By agent and name: how many steps started in the windows of the time range (of every $every_ns, which is a power of
-- two, the first $part_ns), their weighted times and squares of times, percentiles of the kept ones, and how much slack
-- they have; most critical time first. An ended step without slack told was waited for by nobody, or its execution has
-- not settled.
SELECT
    agent,
    name,
    min(category) AS category,
    count(*) AS steps,
    sum(weight) AS steps_weight,
    coalesce(sum(weight) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')), 0) AS failed_weight,
    coalesce(sum(weight) FILTER (WHERE duration_ns IS NOT NULL), 0) AS timed_weight,
    coalesce(sum(duration_ns * weight), 0) AS total_ns,
    coalesce(sum(duration_ns * weight * duration_ns), 0) AS squares,
    count(*) FILTER (WHERE weight <> 1) AS sampled,
    @quantile(duration_ns, 0.5) AS p50_ns,
    @quantile(duration_ns, 0.95) AS p95_ns,
    @quantile(duration_ns, 0.99) AS p99_ns,
    coalesce(sum(self_ns * weight), 0) AS own_ns,
    coalesce(sum(critical_ns * weight), 0) AS path_ns,
    coalesce(sum(weight) FILTER (WHERE duration_ns IS NOT NULL AND slack_ns = 0), 0) AS without_slack,
    coalesce(sum(weight) FILTER (WHERE duration_ns IS NOT NULL AND slack_ns > 0 AND slack_ns < 10000000), 0) AS under_10_ms,
    coalesce(sum(weight) FILTER (WHERE duration_ns IS NOT NULL AND slack_ns >= 10000000 AND slack_ns < 100000000), 0) AS under_100_ms,
    coalesce(sum(weight) FILTER (WHERE duration_ns IS NOT NULL AND slack_ns >= 100000000 AND slack_ns < 1000000000), 0) AS under_1_s,
    coalesce(sum(weight) FILTER (WHERE duration_ns IS NOT NULL AND slack_ns >= 1000000000), 0) AS over_1_s
FROM steps
WHERE
    started_ns >= $from_ns
    AND started_ns < $to_ns
    AND @remainder(started_ns - $from_ns, $every_ns) < $part_ns
    AND NOT is_outside
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, name
ORDER BY path_ns DESC, own_ns DESC, agent, name;

-- name: step_own_times
-- By agent and name: how many steps started in the windows of the time range, as in `step_totals`, and their own time.
SELECT agent, name, min(category) AS category, count(*) AS steps, coalesce(sum(self_ns * weight), 0) AS own_ns
FROM steps
WHERE
    started_ns >= $from_ns
    AND started_ns < $to_ns
    AND @remainder(started_ns - $from_ns, $every_ns) < $part_ns
    AND NOT is_outside
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, name
ORDER BY own_ns DESC, agent, name;

-- name: agents_on_path
-- By agent: how many executions have ended in the windows of the time range, and the time of the path that was their own.
SELECT
    agent,
    count(*) AS executions,
    sum(weight) AS executions_weight,
    coalesce(sum(critical_ns * weight), 0) AS path_ns
FROM executions
WHERE
    duration_ns IS NOT NULL
    AND status <> 'skipped'
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND @remainder(started_ns - $from_ns, $every_ns) < $part_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent
ORDER BY agent;

-- name: steps_on_path
-- By agent and name, of some names, in the windows of the time range: in how many executions such a step is on the path.
SELECT agent, name, count(*) AS executions, sum(seen.weight) AS executions_weight
FROM (
    SELECT agent, name, execution_id, max(weight) AS weight
    FROM steps
    WHERE
        critical_ns > 0
        AND @in_list(name, $names)
        AND started_ns >= $from_ns
        AND started_ns < $to_ns
        AND @remainder(started_ns - $from_ns, $every_ns) < $part_ns
        AND NOT is_outside
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($agent IS NULL OR agent = $agent)
        AND ($environment IS NULL OR environment = $environment)
        AND ($version IS NULL OR version = $version)
    GROUP BY agent, name, execution_id
) AS seen
GROUP BY agent, name
ORDER BY agent, name;

-- name: step_buckets
-- By agent, name and bucket of duration, in the windows of the time range, of some operations ("agent name"): for how
-- many steps they stand; for percentiles of sampled ones.
SELECT agent, name, duration_bucket, sum(weight) AS weight
FROM steps
WHERE
    duration_bucket IS NOT NULL
    AND @in_list(name, $names)
    AND @in_list(agent || ' ' || name, $operations)
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND @remainder(started_ns - $from_ns, $every_ns) < $part_ns
    AND NOT is_outside
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, name, duration_bucket
ORDER BY agent, name, duration_bucket;

-- name: longest_steps
-- The single steps with most time of their own, the longest first.
SELECT
    workspace, execution_id, trace_id, step_id, agent, name, category, status, started_ns, duration_ns, self_ns,
    critical_ns, slack_ns, model, tool, code_file, code_line, code_function
FROM steps
WHERE
    self_ns > 0
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND NOT is_outside
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
ORDER BY self_ns DESC, started_ns DESC, trace_id, step_id
LIMIT $limit;

-- name: steps_over_limits
-- By agent and name: how many steps took longer than is slow and than is critical, the most critical first.
SELECT
    agent,
    name,
    min(category) AS category,
    count(*) AS slow,
    count(*) FILTER (WHERE duration_ns >= $critical_ns) AS critical,
    sum(weight) AS slow_weight,
    coalesce(sum(weight) FILTER (WHERE duration_ns >= $critical_ns), 0) AS critical_weight,
    max(duration_ns) AS longest_ns,
    max(started_ns) AS last_seen_ns
FROM steps
WHERE
    duration_ns >= $slow_ns
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND NOT is_outside
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, name
ORDER BY critical DESC, slow DESC, longest_ns DESC, agent, name
LIMIT $limit;

-- name: steps_counted
-- One row: how many steps started in the time range.
SELECT count(*) AS steps
FROM steps
WHERE
    started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace);

-- name: executions_to_merge
-- The newest executions of the time range that have ended.
SELECT
    workspace, execution_id, trace_id, span_id, agent AS name, 'agent' AS category, duration_ns, self_ns, critical_ns,
    weight
FROM executions
WHERE
    duration_ns IS NOT NULL
    AND status <> 'skipped'
    AND @in_scope()
ORDER BY started_ns DESC, execution_id
LIMIT $limit;

-- name: steps_to_merge
-- The steps of the executions that `executions_to_merge` gives, at most 40,000, the newest.
WITH newest AS (
    SELECT workspace, execution_id
    FROM executions
    WHERE
        duration_ns IS NOT NULL
        AND status <> 'skipped'
        AND @in_scope()
    ORDER BY started_ns DESC, execution_id
    LIMIT $limit
)
SELECT
    s.workspace AS workspace, s.execution_id AS execution_id, s.trace_id AS trace_id, s.step_id AS step_id,
    s.parent_step_id AS parent_step_id, s.name AS name, s.category AS category, s.duration_ns AS duration_ns,
    s.self_ns AS self_ns, s.critical_ns AS critical_ns, s.weight AS weight
FROM steps AS s
INNER JOIN newest AS e ON e.workspace = s.workspace AND e.execution_id = s.execution_id
WHERE NOT s.is_outside AND s.started_ns >= $from_ns
ORDER BY s.started_ns DESC, s.trace_id, s.step_id
LIMIT 40000;
