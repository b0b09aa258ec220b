-- Two sets of an agent's executions, or one execution and all others: how long, how often, how dear.

-- name: compared_executions
-- By bucket of duration: finished executions of an agent, without skipped ones and the one of $execution_id.
SELECT duration_bucket, count(*) AS timings, sum(weight) AS total_weight, sum(weight * weight) AS square_weight
FROM executions
WHERE
    agent = $agent
    AND duration_bucket IS NOT NULL
    AND status <> 'skipped'
    AND @in_scope_of_any_agent()
    AND ($execution_id IS NULL OR execution_id <> $execution_id)
GROUP BY duration_bucket
ORDER BY duration_bucket;

-- name: compared_sums
-- One row: how the executions of an agent ended, and weighted sums of their whole trees' cost, tokens and steps and of
-- the squares of those, over the executions that told them. Skipped ones are left out.
SELECT
    count(*) AS executions,
    min(e.started_ns) AS first_ns,
    max(e.started_ns) AS last_ns,
    sum(e.weight) FILTER (WHERE e.status = 'success') AS succeeded_weight,
    sum(e.weight) FILTER (WHERE e.status IN ('success', 'failed', 'timeout', 'crashed')) AS finished_weight,
    sum(e.weight * e.weight) FILTER (WHERE e.status IN ('success', 'failed', 'timeout', 'crashed')) AS finished_squares,
    count(e.cost_usd_nanos) AS cost_count,
    sum(e.weight) FILTER (WHERE e.cost_usd_nanos IS NOT NULL) AS cost_weight,
    sum(e.weight * e.weight) FILTER (WHERE e.cost_usd_nanos IS NOT NULL) AS cost_square_weight,
    sum(e.cost_usd_nanos * e.weight) AS cost_total,
    sum(CAST(e.cost_usd_nanos AS DOUBLE PRECISION) * e.cost_usd_nanos * e.weight) AS cost_squares,
    count(e.input_tokens) AS token_count,
    sum(e.weight) FILTER (WHERE e.input_tokens IS NOT NULL) AS token_weight,
    sum(e.weight * e.weight) FILTER (WHERE e.input_tokens IS NOT NULL) AS token_square_weight,
    sum((e.input_tokens + coalesce(e.output_tokens, 0)) * e.weight) AS token_total,
    sum(
        CAST(e.input_tokens + coalesce(e.output_tokens, 0) AS DOUBLE PRECISION)
        * (e.input_tokens + coalesce(e.output_tokens, 0)) * e.weight
    ) AS token_squares,
    count(e.steps_total) AS step_count,
    sum(e.weight) AS step_weight,
    sum(e.weight * e.weight) AS step_square_weight,
    sum(e.steps_total * e.weight) AS step_total,
    sum(CAST(e.steps_total AS DOUBLE PRECISION) * e.steps_total * e.weight) AS step_squares
FROM executions AS e
WHERE
    agent = $agent
    AND status <> 'skipped'
    AND ended_ns IS NOT NULL
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version);

-- name: compared_steps
-- By name and category: finished steps of an agent's executions, with their counts, weights and squares of weights as
-- pairs of `bucket:number`, for three buckets of duration at once (the middle one stands for them). Packed, because ten
-- thousand rows take as long to hand over as to count.
WITH buckets AS (
    SELECT
        s.name AS name,
        s.category AS category,
        s.duration_bucket - s.duration_bucket % 3 + 1 AS bucket,
        count(*) AS counts,
        sum(s.weight) FILTER (WHERE s.status IN ('failed', 'timeout', 'crashed')) AS failed_weights,
        sum(s.weight) AS weights,
        sum(s.weight * s.weight) AS squares,
        sum(s.self_ns * s.weight) AS self_times,
        sum(s.critical_ns * s.weight) AS critical_times
    FROM steps AS s
    WHERE
        agent = $agent
        AND s.duration_bucket IS NOT NULL
        AND NOT is_outside
        AND @in_scope_of_any_agent()
    GROUP BY s.name, s.category, s.duration_bucket - s.duration_bucket % 3 + 1
)
SELECT
    name,
    category,
    CAST(sum(counts) AS BIGINT) AS timings,
    sum(failed_weights) AS failed_weight,
    sum(weights) AS total_weight,
    sum(self_times) AS total_self_ns,
    sum(critical_times) AS total_critical_ns,
    @packed(bucket, counts) AS counts_histogram,
    @packed(bucket, weights) AS weights_histogram,
    @packed(bucket, squares) AS squares_histogram
FROM buckets
GROUP BY name, category
ORDER BY name, category;

-- name: steps_together
-- By name and category, of some names: how many steps of them the execution of one has, on average over those steps.
SELECT name, category, sum(steps * squares) / sum(squares) AS together
FROM (
    SELECT name, category, execution_id, count(*) AS steps, sum(s.weight * s.weight) AS squares
    FROM steps AS s
    WHERE
        agent = $agent
        AND @in_list(name, $names)
        AND s.duration_bucket IS NOT NULL
        AND NOT is_outside
        AND @in_scope_of_any_agent()
    GROUP BY name, category, execution_id
) AS of_execution
GROUP BY name, category
ORDER BY name, category;

-- name: steps_beside
-- By name, category and bucket of duration: finished steps of some names of an agent, without those of one execution.
SELECT
    name, category, duration_bucket, count(*) AS timings, sum(weight) AS total_weight,
    sum(weight * weight) AS square_weight
FROM steps
WHERE
    workspace = $workspace
    AND agent = $agent
    AND @in_list(name, $names)
    AND duration_bucket IS NOT NULL
    AND NOT is_outside
    AND execution_id <> $execution_id
GROUP BY name, category, duration_bucket
ORDER BY name, category, duration_bucket;

-- name: usual_categories
-- The wall time by category of the newest settled executions of an agent, without one of them and skipped ones.
SELECT category_ns
FROM executions
WHERE
    workspace = $workspace
    AND agent = $agent
    AND execution_id <> $execution_id
    AND category_ns IS NOT NULL
    AND duration_ns IS NOT NULL
    AND status <> 'skipped'
ORDER BY started_ns DESC, execution_id
LIMIT $limit;

-- name: usual_execution
-- The successful execution of an agent whose duration is nearest to one, the newest of several, without one of them.
SELECT execution_id
FROM executions
WHERE
    workspace = $workspace
    AND agent = $agent
    AND execution_id <> $execution_id
    AND duration_ns IS NOT NULL
    AND status = 'success'
ORDER BY abs(duration_ns - $duration_ns), started_ns DESC, execution_id
LIMIT 1;
