-- Rollups: what they are computed from, and what they hold.

-- name: rollup_executions
-- The executions of a time range, summed up by window, by every column that rollups tell apart, and by bucket of
-- duration; only those received in a range of times, without those of the spared traces.
SELECT
    started_ns - started_ns % $width_ns AS window_ns,
    workspace,
    agent,
    '' AS name,
    category,
    status,
    version,
    environment,
    duration_bucket,
    count(*) AS counted,
    sum(weight) AS total_weight,
    CAST(floor(coalesce(sum(duration_ns * weight), 0) + 0.5) AS BIGINT) AS total_duration_ns,
    CAST(floor(coalesce(sum(self_ns * weight), 0) + 0.5) AS BIGINT) AS total_self_ns,
    CAST(floor(sum(self_input_tokens * weight) + 0.5) AS BIGINT) AS total_input_tokens,
    CAST(floor(sum(self_output_tokens * weight) + 0.5) AS BIGINT) AS total_output_tokens,
    CAST(floor(sum(self_cost_usd_nanos * weight) + 0.5) AS BIGINT) AS total_cost_usd_nanos,
    CAST(floor(coalesce(sum(weight) FILTER (WHERE is_counted), 0) + 0.5) AS BIGINT) AS total_model_calls
FROM executions
WHERE
    started_ns >= $from_ns
    AND started_ns < $to_ns
    AND received_ns >= $received_from_ns
    AND received_ns < $received_to_ns
    AND NOT @in_list(workspace || ' ' || trace_id, $spared)
GROUP BY window_ns, workspace, agent, category, status, version, environment, duration_bucket
ORDER BY window_ns;

-- name: rollup_steps
-- The steps of a time range, summed up as `rollup_executions` sums up executions.
SELECT
    started_ns - started_ns % $width_ns AS window_ns,
    workspace,
    agent,
    name,
    category,
    status,
    version,
    environment,
    duration_bucket,
    count(*) AS counted,
    sum(weight) AS total_weight,
    CAST(floor(coalesce(sum(duration_ns * weight), 0) + 0.5) AS BIGINT) AS total_duration_ns,
    CAST(floor(coalesce(sum(self_ns * weight), 0) + 0.5) AS BIGINT) AS total_self_ns,
    CAST(floor(sum(input_tokens * weight) FILTER (WHERE is_counted) + 0.5) AS BIGINT) AS total_input_tokens,
    CAST(floor(sum(output_tokens * weight) FILTER (WHERE is_counted) + 0.5) AS BIGINT) AS total_output_tokens,
    CAST(floor(sum(cost_usd_nanos * weight) FILTER (WHERE is_counted) + 0.5) AS BIGINT) AS total_cost_usd_nanos,
    CAST(floor(coalesce(sum(weight) FILTER (WHERE is_counted), 0) + 0.5) AS BIGINT) AS total_model_calls
FROM steps
WHERE
    started_ns >= $from_ns
    AND started_ns < $to_ns
    AND received_ns >= $received_from_ns
    AND received_ns < $received_to_ns
    AND NOT @in_list(workspace || ' ' || trace_id, $spared)
GROUP BY window_ns, workspace, agent, name, category, status, version, environment, duration_bucket
ORDER BY window_ns;

-- name: rollups_updated
-- When rollups of what is stored were last computed; null before the first time.
SELECT max(updated_ns) AS updated_ns FROM rollups WHERE kind IN ('execution', 'step');

-- name: rollup_windows_touched
-- The windows in which something started that was received since a time, and those in which something had not ended
-- when they were computed.
SELECT window_ns
FROM (
    SELECT DISTINCT started_ns - started_ns % $width_ns AS window_ns FROM executions WHERE received_ns >= $received_from_ns
    UNION
    SELECT DISTINCT started_ns - started_ns % $width_ns AS window_ns FROM steps WHERE received_ns >= $received_from_ns
    UNION
    SELECT window_ns
    FROM rollups
    WHERE kind IN ('execution', 'step') AND status IN ('pending', 'running', 'llm_request', 'llm_response')
) AS touched
ORDER BY window_ns;

-- name: rollup_windows_wrong
-- The windows whose rollups do not count what is stored, or are of another width. Scans the start times of everything.
SELECT window_ns
FROM (
    SELECT started_ns - started_ns % $width_ns AS window_ns, 'execution' AS kind, 1 AS counted, CASE WHEN ended_ns IS NULL THEN 0 ELSE 1 END AS ended
    FROM executions
    UNION ALL
    SELECT started_ns - started_ns % $width_ns AS window_ns, 'step' AS kind, 1 AS counted, CASE WHEN ended_ns IS NULL THEN 0 ELSE 1 END AS ended
    FROM steps
    UNION ALL
    SELECT
        window_ns,
        kind,
        -count AS counted,
        CASE WHEN status IN ('pending', 'running', 'llm_request', 'llm_response') THEN 0 ELSE -count END AS ended
    FROM rollups
    WHERE kind IN ('execution', 'step') AND width_ns = $width_ns
) AS compared
GROUP BY window_ns, kind
HAVING sum(counted) <> 0 OR sum(ended) <> 0
UNION
SELECT window_ns - window_ns % $width_ns AS window_ns
FROM rollups
WHERE kind IN ('execution', 'step') AND width_ns <> $width_ns;

-- name: rollups_between
-- The rollups of two kinds whose windows begin in a range of times.
SELECT * FROM rollups
WHERE window_ns >= $from_ns AND window_ns < $to_ns AND kind IN ($kind, $other_kind)
ORDER BY window_ns, workspace, kind, agent, name, category, status, version, environment, width_ns;

-- name: rollups_gone
-- What retention has removed of a time range, optional filters applied, summed up by everything but time.
SELECT kind, agent, category, status, count, weight, duration_ns, self_ns, input_tokens, output_tokens, cost_usd_nanos,
    model_calls, histogram, window_ns, width_ns
FROM rollups
WHERE
    kind IN ('gone_execution', 'gone_step')
    AND window_ns >= $from_ns
    AND window_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
ORDER BY window_ns;
