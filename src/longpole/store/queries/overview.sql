-- Questions about everything in a time range: totals, agents, categories.

-- name: overview_executions
-- By agent and status: how many executions started in the time range and what they cost, with the names of the rollups.
-- Sums are weighted: those of sampled executions estimate what all took. By status, because a sum for each status by
-- itself compares the text of every row: 51 ms of processor time for a million executions instead of 200.
SELECT
    e.agent AS agent,
    e.status AS status,
    count(*) AS count,
    sum(e.weight) AS weight,
    count(*) FILTER (WHERE e.weight <> 1) AS sampled,
    CAST(floor(sum(e.self_ns * e.weight) + 0.5) AS BIGINT) AS self_ns,
    CAST(floor(sum(e.self_input_tokens * e.weight) + 0.5) AS BIGINT) AS input_tokens,
    CAST(floor(sum(e.self_output_tokens * e.weight) + 0.5) AS BIGINT) AS output_tokens,
    CAST(floor(sum(e.self_cost_usd_nanos * e.weight) + 0.5) AS BIGINT) AS cost_usd_nanos,
    CAST(floor(coalesce(sum(e.weight) FILTER (WHERE e.is_counted), 0) + 0.5) AS BIGINT) AS model_calls,
    CAST(floor(coalesce(sum(e.model_calls * e.weight) FILTER (WHERE e.parent_execution_id IS NULL), 0) + 0.5) AS BIGINT) AS tree_model_calls,
    CAST(floor(coalesce(sum(e.model_calls_without_usage * e.weight) FILTER (WHERE e.parent_execution_id IS NULL), 0) + 0.5) AS BIGINT) AS tree_model_calls_without_usage,
    CAST(floor(coalesce(sum(e.model_calls_without_cost * e.weight) FILTER (WHERE e.parent_execution_id IS NULL), 0) + 0.5) AS BIGINT) AS tree_model_calls_without_cost,
    CAST(floor(coalesce(sum(e.tool_calls * e.weight) FILTER (WHERE e.parent_execution_id IS NULL), 0) + 0.5) AS BIGINT) AS tree_tool_calls,
    max(coalesce(e.ended_ns, e.started_ns)) AS last_seen_ns
FROM executions AS e
WHERE
    @in_scope()
GROUP BY e.agent, e.status
ORDER BY e.agent, e.status;

-- name: overview_calls
-- By agent and category: how many model calls were steps that started in the time range, and what they used.
SELECT
    agent,
    category,
    CAST(floor(sum(weight) + 0.5) AS BIGINT) AS model_calls,
    CAST(floor(sum(s.input_tokens * weight) + 0.5) AS BIGINT) AS input_tokens,
    CAST(floor(sum(s.output_tokens * weight) + 0.5) AS BIGINT) AS output_tokens,
    CAST(floor(sum(s.cost_usd_nanos * weight) + 0.5) AS BIGINT) AS cost_usd_nanos
FROM steps AS s
WHERE
    is_counted
    AND @in_scope()
GROUP BY agent, category
ORDER BY agent, category;

-- name: overview_registered
-- Every registered agent, and when it was last heard of.
SELECT agent, max(last_seen_ns) AS last_heard_ns
FROM agents
WHERE
    is_registered
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version IS NULL OR version = $version)
GROUP BY agent
ORDER BY agent;

-- name: overview_categories
-- Every category of steps that started in the time range, with for how many steps the kept ones of each bucket of
-- duration stand; the one with most time of its own first. Summed up by bucket first: one reading of the steps gives
-- sums and buckets, 247 ms of processor time for ten million instead of 336. Failed steps are few and counted by
-- themselves.
WITH failures AS (
    SELECT category, count(*) AS failed
    FROM @failed(steps) AS f
    WHERE
        @in_scope()
    GROUP BY category
),
buckets AS (
    SELECT
        category,
        duration_bucket,
        count(*) AS steps,
        CASE WHEN duration_bucket IS NOT NULL THEN sum(weight) END AS weights,
        sum(duration_ns * weight) AS total_ns,
        sum(self_ns * weight) AS own_ns
    FROM steps
    WHERE
        @in_scope()
    GROUP BY category, duration_bucket
),
sums AS (
    SELECT
        b.category AS category,
        CAST(sum(b.steps) AS BIGINT) AS steps,
        coalesce(CAST(floor(sum(b.total_ns) + 0.5) AS BIGINT), 0) AS total_ns,
        sum(b.own_ns) AS own_ns,
        coalesce(@packed(b.duration_bucket, b.weights), '') AS histogram
    FROM buckets AS b
    GROUP BY b.category
)
SELECT
    sums.category AS category,
    sums.steps AS steps,
    coalesce(failures.failed, 0) AS failed,
    sums.total_ns AS total_ns,
    CAST(floor(sums.own_ns + 0.5) AS BIGINT) AS self_ns,
    sums.histogram AS histogram
FROM sums
LEFT JOIN failures ON failures.category = sums.category
ORDER BY coalesce(sums.own_ns, 0) DESC, sums.total_ns DESC, sums.category;

-- name: overview_percentiles
-- The durations of all executions, of those of each agent, and of the steps of each category; of the kept ones.
SELECT *
FROM (
    SELECT
        'all' AS kind,
        '' AS name,
        @quantile(duration_ns, 0.5) AS p50_ns,
        @quantile(duration_ns, 0.95) AS p95_ns,
        @quantile(duration_ns, 0.99) AS p99_ns
    FROM executions
    WHERE
        @in_scope()
    UNION ALL
    SELECT
        'agent' AS kind,
        agent AS name,
        @quantile(duration_ns, 0.5) AS p50_ns,
        @quantile(duration_ns, 0.95) AS p95_ns,
        @quantile(duration_ns, 0.99) AS p99_ns
    FROM executions
    WHERE
        @in_scope()
    GROUP BY agent
    UNION ALL
    SELECT
        'category' AS kind,
        category AS name,
        @quantile(duration_ns, 0.5) AS p50_ns,
        @quantile(duration_ns, 0.95) AS p95_ns,
        @quantile(duration_ns, 0.99) AS p99_ns
    FROM steps
    WHERE
        @in_scope()
    GROUP BY category
) AS percentiles
ORDER BY kind, name;

-- name: overview_agent_weights
-- By agent, for how many executions the kept ones of each bucket of duration stand; for percentiles of many, and of
-- sampled ones.
WITH buckets AS (
    SELECT agent, duration_bucket, sum(weight) AS weights
    FROM executions
    WHERE
        duration_bucket IS NOT NULL
        AND @in_scope()
    GROUP BY agent, duration_bucket
)
SELECT agent, @packed(duration_bucket, weights) AS histogram
FROM buckets
GROUP BY agent
ORDER BY agent;
