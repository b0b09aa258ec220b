-- Questions about everything in a time range: totals, agents, categories.

-- name: overview_totals
-- One row: how many executions started in the time range, how they went, what they cost. Sums are weighted: those of
-- sampled executions estimate what all took; percentiles are of the kept ones.
SELECT
    count(*) AS executions,
    coalesce(sum(weight), 0) AS executions_weight,
    count(*) FILTER (WHERE weight <> 1) AS sampled,
    count(*) FILTER (WHERE status IN ('pending', 'running', 'llm_request', 'llm_response')) AS running,
    count(*) FILTER (WHERE status = 'success') AS succeeded,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'timeout') AS timed_out,
    count(*) FILTER (WHERE status = 'skipped') AS skipped,
    count(*) FILTER (WHERE status = 'crashed') AS crashed,
    sum(weight) FILTER (WHERE status = 'success') AS succeeded_weight,
    sum(weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')) AS finished_weight,
    @quantile(duration_ns, 0.5) AS p50_ns,
    @quantile(duration_ns, 0.95) AS p95_ns,
    @quantile(duration_ns, 0.99) AS p99_ns,
    CAST(floor(sum(self_input_tokens * weight) + 0.5) AS BIGINT) AS input_tokens,
    CAST(floor(sum(self_output_tokens * weight) + 0.5) AS BIGINT) AS output_tokens,
    CAST(floor(sum(self_cost_usd_nanos * weight) + 0.5) AS BIGINT) AS cost_usd_nanos,
    CAST(floor(sum(model_calls * weight) FILTER (WHERE parent_execution_id IS NULL) + 0.5) AS BIGINT) AS model_calls,
    CAST(floor(sum(model_calls_without_usage * weight) FILTER (WHERE parent_execution_id IS NULL) + 0.5) AS BIGINT) AS model_calls_without_usage,
    CAST(floor(sum(model_calls_without_cost * weight) FILTER (WHERE parent_execution_id IS NULL) + 0.5) AS BIGINT) AS model_calls_without_cost,
    CAST(floor(sum(tool_calls * weight) FILTER (WHERE parent_execution_id IS NULL) + 0.5) AS BIGINT) AS tool_calls
FROM executions
WHERE
    started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version);

-- name: overview_agents
-- Every agent that ran in the time range, and every registered one; tokens and cost are those of its own model calls.
WITH ran AS (
    SELECT
        agent,
        count(*) AS executions,
        sum(weight) AS executions_weight,
        count(*) FILTER (WHERE status IN ('pending', 'running', 'llm_request', 'llm_response')) AS running,
        count(*) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')) AS failed,
        count(*) FILTER (WHERE status = 'skipped') AS skipped,
        sum(weight) FILTER (WHERE status = 'success') AS succeeded_weight,
        sum(weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')) AS finished_weight,
        @quantile(duration_ns, 0.5) AS p50_ns,
        @quantile(duration_ns, 0.95) AS p95_ns,
        @quantile(duration_ns, 0.99) AS p99_ns,
        CAST(floor(sum(self_ns * weight) + 0.5) AS BIGINT) AS self_ns,
        CAST(floor(sum(self_input_tokens * weight) + 0.5) AS BIGINT) AS input_tokens,
        CAST(floor(sum(self_output_tokens * weight) + 0.5) AS BIGINT) AS output_tokens,
        CAST(floor(sum(self_cost_usd_nanos * weight) + 0.5) AS BIGINT) AS cost_usd_nanos,
        CAST(floor(coalesce(sum(weight) FILTER (WHERE is_counted), 0) + 0.5) AS BIGINT) AS model_calls,
        max(coalesce(ended_ns, started_ns)) AS last_seen_ns
    FROM executions
    WHERE
        started_ns >= $from_ns
        AND started_ns < $to_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($agent IS NULL OR agent = $agent)
        AND ($environment IS NULL OR environment = $environment)
        AND ($version IS NULL OR version = $version)
    GROUP BY agent
),
calls AS (
    SELECT agent, CAST(floor(sum(weight) + 0.5) AS BIGINT) AS model_calls
    FROM steps
    WHERE
        is_counted
        AND started_ns >= $from_ns
        AND started_ns < $to_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($agent IS NULL OR agent = $agent)
        AND ($environment IS NULL OR environment = $environment)
        AND ($version IS NULL OR version = $version)
    GROUP BY agent
),
registered AS (
    SELECT agent, max(last_seen_ns) AS last_seen_ns
    FROM agents
    WHERE
        is_registered
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($agent IS NULL OR agent = $agent)
        AND ($environment IS NULL OR environment IS NULL OR environment = $environment)
        AND ($version IS NULL OR version IS NULL OR version = $version)
    GROUP BY agent
)
SELECT
    coalesce(ran.agent, registered.agent) AS agent,
    registered.agent IS NOT NULL AS is_registered,
    coalesce(ran.executions, 0) AS executions,
    coalesce(ran.executions_weight, 0) AS executions_weight,
    coalesce(ran.running, 0) AS running,
    coalesce(ran.failed, 0) AS failed,
    coalesce(ran.skipped, 0) AS skipped,
    ran.succeeded_weight,
    ran.finished_weight,
    ran.p50_ns,
    ran.p95_ns,
    ran.p99_ns,
    ran.self_ns,
    coalesce(ran.model_calls, 0) + coalesce(calls.model_calls, 0) AS model_calls,
    ran.input_tokens,
    ran.output_tokens,
    ran.cost_usd_nanos,
    coalesce(ran.last_seen_ns, registered.last_seen_ns) AS last_seen_ns
FROM ran
FULL OUTER JOIN registered ON registered.agent = ran.agent
LEFT JOIN calls ON calls.agent = ran.agent
ORDER BY executions DESC, agent;

-- name: overview_categories
-- Every category of steps that started in the time range, the one with most time of its own first.
SELECT
    category,
    count(*) AS steps,
    count(*) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')) AS failed,
    @quantile(duration_ns, 0.5) AS p50_ns,
    @quantile(duration_ns, 0.95) AS p95_ns,
    @quantile(duration_ns, 0.99) AS p99_ns,
    coalesce(CAST(floor(sum(duration_ns * weight) + 0.5) AS BIGINT), 0) AS total_ns,
    CAST(floor(sum(self_ns * weight) + 0.5) AS BIGINT) AS self_ns,
    CAST(floor(sum(input_tokens * weight) FILTER (WHERE is_counted) + 0.5) AS BIGINT) AS input_tokens,
    CAST(floor(sum(output_tokens * weight) FILTER (WHERE is_counted) + 0.5) AS BIGINT) AS output_tokens,
    CAST(floor(sum(cost_usd_nanos * weight) FILTER (WHERE is_counted) + 0.5) AS BIGINT) AS cost_usd_nanos
FROM steps
WHERE
    started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY category
ORDER BY coalesce(sum(self_ns * weight), 0) DESC, total_ns DESC, category;

-- name: overview_agent_weights
-- By agent and bucket of duration, how many executions the kept ones stand for; for percentiles of sampled ones.
SELECT agent, duration_bucket, sum(weight) AS weight
FROM executions
WHERE
    duration_bucket IS NOT NULL
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, duration_bucket
ORDER BY agent, duration_bucket;

-- name: overview_category_weights
-- By category and bucket of duration, how many steps the kept ones stand for; for percentiles of sampled ones.
SELECT category, duration_bucket, sum(weight) AS weight
FROM steps
WHERE
    duration_bucket IS NOT NULL
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY category, duration_bucket
ORDER BY category, duration_bucket;
