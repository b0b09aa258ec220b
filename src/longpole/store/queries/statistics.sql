-- Questions about many executions: a period against the one before, hours, paths, inputs, scores.

-- name: period_slices
-- By slice of two periods of equal length: counts, and sums for means and their variances. Durations leave skipped
-- executions out; tokens and cost are those of each execution's own steps, so that sums count each model call once.
SELECT
    started_ns - (started_ns - $previous_ns) % $slice_ns AS slice_start_ns,
    count(*) AS executions,
    sum(weight) AS executions_weight,
    sum(weight * weight) AS executions_squares,
    count(*) FILTER (WHERE status IN ('pending', 'running', 'llm_request', 'llm_response')) AS running,
    count(*) FILTER (WHERE status = 'success') AS succeeded,
    count(*) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')) AS failed,
    count(*) FILTER (WHERE status = 'skipped') AS skipped,
    coalesce(sum(weight) FILTER (WHERE status = 'success'), 0) AS succeeded_weight,
    coalesce(sum(weight) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')), 0) AS failed_weight,
    coalesce(sum(weight * weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_squares,
    count(duration_ns) FILTER (WHERE status <> 'skipped') AS timed,
    coalesce(sum(weight) FILTER (WHERE status <> 'skipped' AND duration_ns IS NOT NULL), 0) AS timed_weight,
    coalesce(sum(weight * weight) FILTER (WHERE status <> 'skipped' AND duration_ns IS NOT NULL), 0) AS timed_squares,
    coalesce(sum(duration_ns * weight) FILTER (WHERE status <> 'skipped'), 0) AS duration_total,
    coalesce(sum(duration_ns * weight * duration_ns) FILTER (WHERE status <> 'skipped'), 0) AS duration_squares,
    count(credits) AS credits_count,
    coalesce(sum(weight) FILTER (WHERE credits IS NOT NULL), 0) AS credits_weight,
    coalesce(sum(weight * weight) FILTER (WHERE credits IS NOT NULL), 0) AS credits_weight_squares,
    coalesce(sum(credits * weight), 0) AS credits_total,
    coalesce(sum(credits * weight * credits), 0) AS credits_squares,
    count(*) FILTER (WHERE self_input_tokens IS NOT NULL OR self_output_tokens IS NOT NULL) AS tokens_count,
    coalesce(sum(weight) FILTER (WHERE self_input_tokens IS NOT NULL OR self_output_tokens IS NOT NULL), 0) AS tokens_weight,
    coalesce(sum(weight * weight) FILTER (WHERE self_input_tokens IS NOT NULL OR self_output_tokens IS NOT NULL), 0) AS tokens_weight_squares,
    coalesce(sum(weight * (coalesce(self_input_tokens, 0) + coalesce(self_output_tokens, 0))), 0) AS tokens_total,
    coalesce(sum(
        weight * (coalesce(self_input_tokens, 0) + coalesce(self_output_tokens, 0))
        * (coalesce(self_input_tokens, 0) + coalesce(self_output_tokens, 0))
    ), 0) AS tokens_squares,
    count(self_cost_usd_nanos) AS cost_count,
    coalesce(sum(weight) FILTER (WHERE self_cost_usd_nanos IS NOT NULL), 0) AS cost_weight,
    coalesce(sum(weight * weight) FILTER (WHERE self_cost_usd_nanos IS NOT NULL), 0) AS cost_weight_squares,
    coalesce(sum(self_cost_usd_nanos * weight), 0) AS cost_total,
    coalesce(sum(self_cost_usd_nanos * weight * self_cost_usd_nanos), 0) AS cost_squares
FROM executions
WHERE
    started_ns >= $previous_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY started_ns - (started_ns - $previous_ns) % $slice_ns
ORDER BY slice_start_ns;

-- name: period_buckets
-- By slice of two periods and bucket of duration: how many ended executions, without skipped ones.
SELECT
    started_ns - (started_ns - $previous_ns) % $slice_ns AS slice_start_ns,
    duration_bucket,
    count(*) AS executions,
    sum(weight) AS bucket_weight,
    sum(weight * weight) AS bucket_squares
FROM executions
WHERE
    duration_bucket IS NOT NULL
    AND status <> 'skipped'
    AND started_ns >= $previous_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY started_ns - (started_ns - $previous_ns) % $slice_ns, duration_bucket
ORDER BY slice_start_ns, duration_bucket;

-- name: outcome_buckets
-- By bucket of duration: how many ended executions succeeded and failed.
SELECT
    duration_bucket,
    count(*) FILTER (WHERE status = 'success') AS succeeded,
    count(*) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')) AS failed,
    coalesce(sum(weight) FILTER (WHERE status = 'success'), 0) AS succeeded_weight,
    coalesce(sum(weight) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')), 0) AS failed_weight
FROM executions
WHERE
    duration_bucket IS NOT NULL
    AND status IN ('success', 'failed', 'timeout', 'crashed')
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY duration_bucket
ORDER BY duration_bucket;

-- name: first_start
-- One row: when the first execution started, whatever the time range.
SELECT min(started_ns) AS first_ns
FROM executions
WHERE
    ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version);

-- name: scored_durations
-- The newest scores that are numbers, of ended executions, each with how long its execution took.
SELECT s.name, s.value, e.duration_ns
FROM scores AS s
JOIN executions AS e ON e.workspace = s.workspace AND e.execution_id = s.execution_id
WHERE
    s.value IS NOT NULL
    AND e.duration_ns IS NOT NULL
    AND e.status <> 'skipped'
    AND e.started_ns >= $from_ns
    AND e.started_ns < $to_ns
    AND ($workspace IS NULL OR s.workspace = $workspace)
    AND ($agent IS NULL OR e.agent = $agent)
    AND ($environment IS NULL OR e.environment = $environment)
    AND ($version IS NULL OR e.version = $version)
ORDER BY s.time_ns DESC, s.execution_id, s.name
LIMIT $limit;

-- name: hour_cells
-- By hour since 1970 (UTC): counts, and sums of the logarithm of durations for typical durations and their variance.
SELECT
    started_ns - started_ns % 3600000000000 AS hour_ns,
    count(*) AS executions,
    sum(weight) AS executions_weight,
    count(*) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')) AS finished,
    coalesce(sum(weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_weight,
    coalesce(sum(weight * weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_squares,
    coalesce(sum(weight) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')), 0) AS failed_weight,
    count(*) FILTER (WHERE status <> 'skipped' AND duration_ns > 0) AS timed,
    coalesce(sum(weight) FILTER (WHERE status <> 'skipped' AND duration_ns > 0), 0) AS timed_weight,
    coalesce(sum(weight * weight) FILTER (WHERE status <> 'skipped' AND duration_ns > 0), 0) AS timed_squares,
    coalesce(sum(duration_ns * weight) FILTER (WHERE status <> 'skipped' AND duration_ns > 0), 0) AS total_ns,
    coalesce(sum(ln(CASE WHEN duration_ns > 0 THEN duration_ns ELSE 1 END) * weight) FILTER (WHERE status <> 'skipped'), 0) AS log_total,
    coalesce(sum(
        ln(CASE WHEN duration_ns > 0 THEN duration_ns ELSE 1 END) * weight * ln(CASE WHEN duration_ns > 0 THEN duration_ns ELSE 1 END)
    ) FILTER (WHERE status <> 'skipped'), 0) AS log_squares
FROM executions
WHERE
    started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY started_ns - started_ns % 3600000000000
ORDER BY hour_ns;

-- name: path_totals
-- The ways that executions went, by agent, the most frequent first.
SELECT
    agent,
    path_hash,
    count(*) AS executions,
    sum(weight) AS executions_weight,
    coalesce(sum(weight) FILTER (WHERE status = 'success'), 0) AS succeeded_weight,
    coalesce(sum(weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_weight,
    sum(duration_ns * weight) AS duration_total,
    sum(weight) FILTER (WHERE duration_ns IS NOT NULL) AS timed_weight,
    sum(cost_usd_nanos * weight) AS cost_total,
    sum(weight) FILTER (WHERE cost_usd_nanos IS NOT NULL) AS cost_weight,
    sum(credits * weight) AS credits_total,
    sum(weight) FILTER (WHERE credits IS NOT NULL) AS credits_weight
FROM executions
WHERE
    path_hash IS NOT NULL
    AND status <> 'skipped'
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, path_hash
ORDER BY executions_weight DESC, agent, path_hash
LIMIT $limit;

-- name: path_cells
-- By agent, day and way, with all ways that are not listed as one without a name: sums for rates and durations.
SELECT
    agent,
    CASE WHEN @in_list(path_hash, $path_hashes) THEN path_hash END AS listed_hash,
    started_ns - started_ns % 86400000000000 AS day_ns,
    sum(weight) AS executions_weight,
    count(*) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')) AS finished,
    coalesce(sum(weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_weight,
    coalesce(sum(weight * weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_squares,
    coalesce(sum(weight) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')), 0) AS failed_weight,
    count(*) FILTER (WHERE duration_ns > 0) AS timed,
    coalesce(sum(weight) FILTER (WHERE duration_ns > 0), 0) AS timed_weight,
    coalesce(sum(weight * weight) FILTER (WHERE duration_ns > 0), 0) AS timed_squares,
    coalesce(sum(ln(CASE WHEN duration_ns > 0 THEN duration_ns ELSE 1 END) * weight), 0) AS log_total,
    coalesce(sum(ln(CASE WHEN duration_ns > 0 THEN duration_ns ELSE 1 END) * weight * ln(CASE WHEN duration_ns > 0 THEN duration_ns ELSE 1 END)), 0) AS log_squares
FROM executions
WHERE
    path_hash IS NOT NULL
    AND status <> 'skipped'
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, CASE WHEN @in_list(path_hash, $path_hashes) THEN path_hash END, started_ns - started_ns % 86400000000000
ORDER BY agent, coalesce(CASE WHEN @in_list(path_hash, $path_hashes) THEN path_hash END, ''), day_ns;

-- name: path_buckets
-- By agent, way and bucket of duration, of some ways ("agent way"): for how many executions they stand.
SELECT agent, path_hash, duration_bucket, sum(weight) AS weight
FROM executions
WHERE
    duration_bucket IS NOT NULL
    AND status <> 'skipped'
    AND @in_list(path_hash, $path_hashes)
    AND @in_list(agent || ' ' || path_hash, $ways)
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, path_hash, duration_bucket
ORDER BY agent, path_hash, duration_bucket;

-- name: path_texts
-- What some ways are, as text.
SELECT path_hash, min(path) AS path
FROM executions
WHERE
    @in_list(path_hash, $path_hashes)
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
GROUP BY path_hash
ORDER BY path_hash;

-- name: sampled_executions
-- Executions of some statuses, as if drawn at random: the order follows the low digits of their start.
SELECT
    workspace, trace_id, span_id, agent, status, started_ns, received_ns, duration_ns, weight, version, model,
    environment, trigger_type
FROM executions
WHERE
    @in_list(status, $statuses)
    AND duration_ns IS NOT NULL
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
ORDER BY started_ns % 1000003, span_id, trace_id
LIMIT $limit;

-- name: outcomes_counted
-- By status of ended executions, how many there are.
SELECT status, count(*) AS executions, sum(weight) AS executions_weight
FROM executions
WHERE
    duration_ns IS NOT NULL
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY status
ORDER BY status;

-- name: inputs_of_spans
-- What went into some spans, and their attributes, of bodies that came in a time range.
SELECT workspace, trace_id, span_id, input, attributes
FROM bodies
WHERE
    @in_list(trace_id, $trace_ids)
    AND @in_list(span_id, $span_ids)
    AND received_ns >= $received_from_ns
    AND ($workspace IS NULL OR workspace = $workspace)
ORDER BY workspace, trace_id, span_id, row_version DESC;
