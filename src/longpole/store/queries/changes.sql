-- Questions about how agents and their steps went over time: a row for each stretch of $width_ns.

-- name: time_bounds
-- One row: when the first and the last execution of the time range started, and whether any stands for several.
SELECT min(started_ns) AS first_ns, max(started_ns) AS last_ns, count(*) FILTER (WHERE weight <> 1) AS sampled
FROM executions
WHERE
    started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version);

-- name: agent_series
-- By agent and stretch of time: how many executions, how long they took, what they used themselves. Sums are weighted,
-- percentiles are of the kept ones.
SELECT
    agent,
    @divided(started_ns, $width_ns) * $width_ns AS start_ns,
    count(*) AS timings,
    sum(weight) AS weight_sum,
    sum(weight) FILTER (WHERE duration_ns IS NOT NULL) AS ended_weight,
    coalesce(sum(weight) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')), 0) AS failed_weight,
    coalesce(sum(self_ns * weight), 0) AS own_ns,
    @quantile(duration_ns, 0.5) AS p50_ns,
    @quantile(duration_ns, 0.95) AS p95_ns,
    sum((coalesce(self_input_tokens, 0) + coalesce(self_output_tokens, 0)) * weight)
        FILTER (WHERE self_input_tokens IS NOT NULL OR self_output_tokens IS NOT NULL) AS tokens,
    sum(weight) FILTER (WHERE self_input_tokens IS NOT NULL OR self_output_tokens IS NOT NULL) AS told_weight,
    sum(self_cost_usd_nanos * weight) AS cost_nanos,
    sum(weight) FILTER (WHERE self_cost_usd_nanos IS NOT NULL) AS priced_weight
FROM executions
WHERE
    status <> 'skipped'
    AND @in_scope()
GROUP BY agent, @divided(started_ns, $width_ns)
ORDER BY agent, start_ns;

-- name: step_series
-- By agent, name and stretch of time: how many steps, how long they took, what they used. Sums are weighted,
-- percentiles are of the kept ones. Failed steps are few and summed up by themselves.
WITH failures AS (
    SELECT agent, name, @divided(started_ns, $width_ns) * $width_ns AS start_ns, sum(weight) AS failed_weight
    FROM @failed(steps) AS f
    WHERE
        NOT is_outside
        AND @in_scope()
    GROUP BY agent, name, @divided(started_ns, $width_ns)
),
sums AS (
    SELECT
        agent,
        name,
        @divided(started_ns, $width_ns) * $width_ns AS start_ns,
        count(*) AS timings,
        sum(weight) AS weight_sum,
        sum(weight) FILTER (WHERE duration_ns IS NOT NULL) AS ended_weight,
        coalesce(sum(self_ns * weight), 0) AS own_ns,
        @quantile(duration_ns, 0.5) AS p50_ns,
        @quantile(duration_ns, 0.95) AS p95_ns,
        sum((coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) * weight)
            FILTER (WHERE is_counted AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)) AS tokens,
        sum(weight) FILTER (WHERE is_counted AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)) AS told_weight,
        sum(cost_usd_nanos * weight) FILTER (WHERE is_counted) AS cost_nanos,
        sum(weight) FILTER (WHERE is_counted AND cost_usd_nanos IS NOT NULL) AS priced_weight
    FROM steps
    WHERE
        NOT is_outside
        AND @in_scope()
    GROUP BY agent, name, @divided(started_ns, $width_ns)
)
SELECT
    s.agent AS agent,
    s.name AS name,
    s.start_ns AS start_ns,
    s.timings AS timings,
    s.weight_sum AS weight_sum,
    s.ended_weight AS ended_weight,
    coalesce(f.failed_weight, 0) AS failed_weight,
    s.own_ns AS own_ns,
    s.p50_ns AS p50_ns,
    s.p95_ns AS p95_ns,
    s.tokens AS tokens,
    s.told_weight AS told_weight,
    s.cost_nanos AS cost_nanos,
    s.priced_weight AS priced_weight
FROM sums AS s
LEFT JOIN failures AS f ON f.agent = s.agent AND f.name = s.name AND f.start_ns = s.start_ns
ORDER BY s.agent, s.name, s.start_ns;

-- name: series_buckets
-- By agent, name (empty: the agent's executions) and stretch of time, the buckets of duration that half and 95 % of the
-- weight do not exceed; for percentiles of sampled executions.
WITH timed AS (
    SELECT agent, '' AS name, @divided(started_ns, $width_ns) * $width_ns AS start_ns, duration_bucket, weight
    FROM executions
    WHERE
        duration_bucket IS NOT NULL
        AND status <> 'skipped'
        AND @in_scope()
    UNION ALL
    SELECT agent, name, @divided(started_ns, $width_ns) * $width_ns AS start_ns, duration_bucket, weight
    FROM steps
    WHERE
        duration_bucket IS NOT NULL
        AND NOT is_outside
        AND @in_scope()
),
buckets AS (
    SELECT t.agent AS agent, t.name AS name, t.start_ns AS start_ns, t.duration_bucket AS bucket, sum(t.weight) AS here
    FROM timed AS t
    GROUP BY t.agent, t.name, t.start_ns, t.duration_bucket
),
passed AS (
    SELECT
        b.agent AS agent,
        b.name AS name,
        b.start_ns AS start_ns,
        b.bucket AS bucket,
        sum(b.here) OVER (PARTITION BY b.agent, b.name, b.start_ns ORDER BY b.bucket) AS so_far,
        sum(b.here) OVER (PARTITION BY b.agent, b.name, b.start_ns) AS whole
    FROM buckets AS b
)
SELECT
    agent,
    name,
    start_ns,
    min(bucket) FILTER (WHERE so_far >= 0.499999999 * whole) AS bucket_50,
    min(bucket) FILTER (WHERE so_far >= 0.949999999 * whole) AS bucket_95
FROM passed
GROUP BY agent, name, start_ns
ORDER BY agent, name, start_ns;

-- name: seen_values
-- By agent: which versions and models it had in the time range, when each was first and last seen, and how often.
SELECT *
FROM (
    SELECT agent, 'version' AS kind, version AS seen, min(started_ns) AS first_ns, max(started_ns) AS last_ns, count(*) AS times
    FROM executions
    WHERE
        version IS NOT NULL
        AND @in_list(agent, $names)
        AND @in_scope_of_any_agent()
    GROUP BY agent, version
    UNION ALL
    SELECT agent, 'model' AS kind, model AS seen, min(started_ns) AS first_ns, max(started_ns) AS last_ns, count(*) AS times
    FROM steps
    WHERE
        model IS NOT NULL
        AND @in_list(agent, $names)
        AND @in_scope_of_any_agent()
    GROUP BY agent, model
) AS seen_values
ORDER BY agent, kind, first_ns, seen;

-- name: first_execution_over
-- The first execution of an agent in the time range that failed, or took, used or cost more than a bound.
SELECT workspace, execution_id, trace_id, span_id, started_ns, duration_ns, version
FROM executions
WHERE
    agent = $agent
    AND status <> 'skipped'
    AND @in_scope_of_any_agent()
    AND (
        $measure = 'any'
        OR ($measure = 'duration' AND duration_ns > $bound)
        OR ($measure = 'failed' AND status IN ('failed', 'timeout', 'crashed'))
        OR ($measure = 'tokens' AND coalesce(self_input_tokens, 0) + coalesce(self_output_tokens, 0) > $bound)
        OR ($measure = 'cost' AND self_cost_usd_nanos > $bound)
    )
ORDER BY started_ns, execution_id
LIMIT 1;

-- name: first_step_over
-- The execution of the first step of a name in the time range that failed, or took, used or cost more than a bound.
SELECT workspace, execution_id, trace_id, step_id AS span_id, started_ns, duration_ns, version
FROM steps
WHERE
    agent = $agent
    AND name = $name
    AND @in_scope_of_any_agent()
    AND (
        $measure = 'any'
        OR ($measure = 'duration' AND duration_ns > $bound)
        OR ($measure = 'failed' AND status IN ('failed', 'timeout', 'crashed'))
        OR ($measure = 'tokens' AND coalesce(input_tokens, 0) + coalesce(output_tokens, 0) > $bound)
        OR ($measure = 'cost' AND cost_usd_nanos > $bound)
    )
ORDER BY started_ns, step_id
LIMIT 1;

-- name: model_call_near
-- The model call of an agent that started first in the time range; with $is_last, the one that started last.
SELECT workspace, trace_id, step_id, started_ns, received_ns
FROM steps
WHERE
    category = 'llm'
    AND agent = $agent
    AND @in_scope_of_any_agent()
ORDER BY CASE WHEN $is_last THEN -started_ns ELSE started_ns END, step_id
LIMIT 1;

-- name: body_of_call
-- What a model call carried, the newest version first. Received within the time range: without one all bodies are read.
SELECT input, attributes, resource
FROM bodies
WHERE
    workspace = $workspace
    AND trace_id = $trace_id
    AND span_id = $span_id
    AND received_ns >= $from_ns
    AND received_ns < $to_ns
ORDER BY row_version DESC, received_ns DESC
LIMIT 1;
