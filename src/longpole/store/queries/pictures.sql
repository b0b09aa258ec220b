-- Questions that the pictures of overview and list ask: executions by time, by duration, some of them as points, and
-- what is different about some. All take the filters of the list.

-- name: pulse_cells
-- By slot of time: counts, cost and tokens of each execution's own steps, the time they took together, and packed
-- durations without those of skipped ones. First by status and bucket: a sum for some statuses by itself compares texts.
WITH @carrying(),
cells AS (
    SELECT
        @divided(e.started_ns, $width_ns) AS slot,
        e.status AS status,
        e.duration_bucket AS duration_bucket,
        count(*) AS runs,
        sum(e.weight) AS weights,
        sum(e.duration_ns * e.weight) AS took,
        sum(e.self_cost_usd_nanos * e.weight) AS costs,
        sum(e.self_input_tokens * e.weight) AS inputs,
        sum(e.self_output_tokens * e.weight) AS outputs
    FROM executions AS e
    WHERE @matching()
    GROUP BY @divided(e.started_ns, $width_ns), e.status, e.duration_bucket
)
SELECT
    c.slot AS slot,
    CAST(sum(c.runs) AS BIGINT) AS executions,
    sum(c.weights) AS executions_weight,
    CAST(coalesce(sum(c.runs) FILTER (WHERE c.status IN ('failed', 'timeout', 'crashed')), 0) AS BIGINT) AS failed,
    coalesce(sum(c.weights) FILTER (WHERE c.status IN ('failed', 'timeout', 'crashed')), 0) AS failed_weight,
    coalesce(sum(c.weights) FILTER (WHERE c.status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_weight,
    coalesce(sum(c.took) FILTER (WHERE c.status <> 'skipped'), 0) AS took_ns,
    coalesce(sum(c.weights) FILTER (WHERE c.status <> 'skipped' AND c.duration_bucket IS NOT NULL), 0) AS timed_weight,
    sum(c.costs) AS cost_usd_nanos,
    sum(c.inputs) AS input_tokens,
    sum(c.outputs) AS output_tokens,
    coalesce(@packed(CASE WHEN c.status <> 'skipped' THEN c.duration_bucket END, c.weights), '') AS histogram
FROM cells AS c
GROUP BY c.slot
ORDER BY c.slot;

-- name: pulse_memory
-- By slot of time, the most memory that an execution told of, in MB.
WITH @carrying()
SELECT @divided(e.started_ns, $width_ns) AS slot, max(e.memory_usage_mb) AS peak_mb
FROM executions AS e
WHERE e.memory_usage_mb IS NOT NULL AND @matching()
GROUP BY @divided(e.started_ns, $width_ns)
ORDER BY slot;

-- name: statuses_counted
-- By status, how many executions there are, and how many of them have ended.
WITH @carrying()
SELECT e.status AS status, count(*) AS executions, count(e.duration_ns) AS timed
FROM executions AS e
WHERE @matching()
GROUP BY e.status
ORDER BY e.status;

-- name: execution_points
-- Ended executions of some statuses, as if drawn at random: the order follows the low digits of their start, of which
-- only those below a number are looked at.
WITH @carrying()
SELECT workspace, execution_id, agent, status, started_ns, duration_ns
FROM executions
WHERE
    duration_ns IS NOT NULL
    AND @in_list(status, $drawn_statuses)
    AND started_ns % 1000003 < $below
    AND @matching()
ORDER BY started_ns % 1000003, workspace, execution_id
LIMIT $limit;

-- name: durations_counted
-- By bucket of duration, how many ended executions there are, without skipped ones.
WITH @carrying()
SELECT e.duration_bucket AS duration_bucket, count(*) AS executions, sum(e.weight) AS weight
FROM executions AS e
WHERE e.duration_bucket IS NOT NULL AND e.status <> 'skipped' AND @matching()
GROUP BY e.duration_bucket
ORDER BY e.duration_bucket;

-- name: chosen_counted
-- How many ended executions are among the chosen ones (1) and among the others (0).
WITH @carrying(),
told AS (
    SELECT CASE WHEN @chosen() THEN 1 ELSE 0 END AS is_chosen, weight
    FROM executions
    WHERE duration_ns IS NOT NULL AND @matching()
)
SELECT t.is_chosen AS is_chosen, count(*) AS executions, sum(t.weight) AS executions_weight
FROM told AS t
GROUP BY t.is_chosen
ORDER BY t.is_chosen;

-- name: chosen_starts
-- When some of the chosen ended executions and of the others started, as if drawn at random: of each side those whose
-- start has digits below a number.
WITH @carrying()
SELECT started_ns
FROM executions
WHERE
    duration_ns IS NOT NULL
    AND started_ns % 1000003 < CASE WHEN @chosen() THEN $below_chosen ELSE $below_others END
    AND @matching()
ORDER BY started_ns;

-- name: chosen_sample
-- What ended executions that started at some times may differ in, and whether they are among the chosen ones.
WITH @carrying()
SELECT
    workspace, trace_id, span_id, execution_id, agent, status, error_type, started_ns, received_ns, duration_ns, weight,
    version, environment, service, process, model, method, trigger_type, trigger_source, runtime_mode, session_id,
    user_id, retries, agents_skipped, steps_total, steps_failed, model_calls, tool_calls, input_tokens, output_tokens,
    category_ns, tools, step_errors,
    CASE WHEN @chosen() THEN 1 ELSE 0 END AS is_chosen
FROM executions
WHERE @in_numbers(started_ns, $starts_ns) AND duration_ns IS NOT NULL AND @matching()
ORDER BY started_ns % 1000003, workspace, execution_id;

-- name: tools_of_executions
-- Which tools the steps of some executions ran whose rows do not tell it, of steps that started since a time.
SELECT workspace, execution_id, tool
FROM steps
WHERE
    tool IS NOT NULL
    AND started_ns >= $from_ns
    AND @in_list(execution_id, $execution_ids)
    AND ($workspace IS NULL OR workspace = $workspace)
GROUP BY workspace, execution_id, tool
ORDER BY workspace, execution_id, tool;

-- name: errors_of_executions
-- By which errors steps of some executions failed, of steps that started since a time.
SELECT workspace, execution_id, error_type
FROM @failed(steps) AS f
WHERE
    error_type IS NOT NULL
    AND started_ns >= $from_ns
    AND @in_list(execution_id, $execution_ids)
    AND ($workspace IS NULL OR workspace = $workspace)
GROUP BY workspace, execution_id, error_type
ORDER BY workspace, execution_id, error_type;

-- name: agent_durations
-- By agent, the buckets of how long its executions took, without skipped ones: how many, for how many they stand, and
-- the squares of that; and how many steps they had.
WITH buckets AS (
    SELECT
        agent,
        duration_bucket,
        count(*) AS runs,
        sum(weight) AS weights,
        sum(weight * weight) AS squares,
        sum(steps_total * weight) AS steps
    FROM executions
    WHERE
        duration_bucket IS NOT NULL
        AND status <> 'skipped'
        AND @in_scope()
    GROUP BY agent, duration_bucket
)
SELECT
    agent,
    sum(weights) AS timed_weight,
    sum(steps) AS step_weight,
    @packed(duration_bucket, runs) AS counts_histogram,
    @packed(duration_bucket, weights) AS weights_histogram,
    @packed(duration_bucket, squares) AS squares_histogram
FROM buckets
GROUP BY agent
ORDER BY agent;

-- name: agent_categories
-- By agent and category of its steps, how much time of their own they took, and how much of it was before a model's
-- first token.
SELECT
    agent,
    category,
    sum(self_ns * weight) AS own_ns,
    sum((first_token_ns - started_ns) * weight) AS before_token_ns
FROM steps
WHERE
    @in_scope()
GROUP BY agent, category
ORDER BY agent, category;

-- name: environments_seen
-- The environments that executions of a time range ran in.
SELECT environment
FROM executions
WHERE
    environment IS NOT NULL
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
GROUP BY environment
ORDER BY environment;
