-- Questions of the report of a period that no other report asks.

-- name: report_stretches
-- By stretch of time, counted from the beginning of the period, and bucket of duration (null: still running): counts,
-- and sums of cost and tokens of own model calls. The bucket of skipped executions counts as null.
SELECT
    @divided(started_ns - $from_ns, $width_ns) * $width_ns + $from_ns AS start_ns,
    CASE WHEN status <> 'skipped' THEN duration_bucket END AS timed_bucket,
    count(*) AS executions,
    sum(weight) AS executions_weight,
    count(*) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')) AS failed,
    sum(self_cost_usd_nanos * weight) AS cost_nanos,
    sum((coalesce(self_input_tokens, 0) + coalesce(self_output_tokens, 0)) * weight)
        FILTER (WHERE self_input_tokens IS NOT NULL OR self_output_tokens IS NOT NULL) AS tokens
FROM executions
WHERE
    @in_scope()
GROUP BY @divided(started_ns - $from_ns, $width_ns), CASE WHEN status <> 'skipped' THEN duration_bucket END
ORDER BY start_ns, coalesce(CASE WHEN status <> 'skipped' THEN duration_bucket END, -1);

-- name: report_agents
-- By agent and slice of two periods: counts, and sums of the cost of own model calls.
SELECT
    agent,
    @divided(started_ns - $previous_ns, $slice_ns) * $slice_ns + $previous_ns AS slice_start_ns,
    count(*) AS executions,
    sum(weight) AS executions_weight,
    count(*) FILTER (WHERE status = 'skipped') AS skipped,
    count(*) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')) AS failed,
    count(*) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')) AS finished,
    coalesce(sum(weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_weight,
    coalesce(sum(weight * weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_squares,
    coalesce(sum(weight) FILTER (WHERE status = 'success'), 0) AS succeeded_weight,
    sum(self_cost_usd_nanos * weight) AS cost_nanos
FROM executions
WHERE
    started_ns >= $previous_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, @divided(started_ns - $previous_ns, $slice_ns)
ORDER BY agent, slice_start_ns;

-- name: report_agent_buckets
-- Of some agents, by slice of two periods and bucket of duration: how many ended executions, without skipped ones.
SELECT
    agent,
    @divided(started_ns - $previous_ns, $slice_ns) * $slice_ns + $previous_ns AS slice_start_ns,
    duration_bucket,
    count(*) AS executions,
    sum(weight) AS bucket_weight,
    sum(weight * weight) AS bucket_squares
FROM executions
WHERE
    duration_bucket IS NOT NULL
    AND status <> 'skipped'
    AND @in_list(agent, $names)
    AND started_ns >= $previous_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, @divided(started_ns - $previous_ns, $slice_ns), duration_bucket
ORDER BY agent, slice_start_ns, duration_bucket;

-- name: report_in_flight
-- By stretch of time, counted from the beginning of the period: how long the executions that began in it took together.
SELECT
    @divided(started_ns - $from_ns, $width_ns) * $width_ns + $from_ns AS start_ns,
    coalesce(sum(duration_ns * weight), 0) AS busy_ns
FROM executions
WHERE
    status <> 'skipped'
    AND @in_scope()
GROUP BY @divided(started_ns - $from_ns, $width_ns)
ORDER BY start_ns;
