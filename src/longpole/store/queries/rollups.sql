-- Rollups: what they are computed from, and what they hold.

-- name: rollup_executions
-- The executions of a time range with optional filters, summed up by window and by those columns of the rollups that
-- are told apart; only those received in a range of times, without those of the spared traces.
WITH told AS (
    SELECT
        started_ns - started_ns % $width_ns AS window_ns,
        workspace,
        CASE WHEN $has_agents THEN agent ELSE '' END AS agent,
        CASE WHEN $has_categories THEN category ELSE '' END AS category,
        status,
        coalesce(version, '') AS version,
        coalesce(environment, '') AS environment,
        duration_bucket,
        weight,
        duration_ns * weight AS duration_ns,
        self_ns * weight AS self_ns,
        self_input_tokens * weight AS input_tokens,
        self_output_tokens * weight AS output_tokens,
        self_cost_usd_nanos * weight AS cost_usd_nanos,
        CASE WHEN is_counted THEN weight END AS model_calls,
        CASE WHEN is_counted AND call_input_tokens IS NULL AND call_output_tokens IS NULL THEN weight END
            AS model_calls_without_usage,
        CASE WHEN is_counted THEN duration_ns * weight END AS model_call_ns,
        CASE WHEN parent_execution_id IS NULL THEN model_calls * weight END AS tree_model_calls,
        CASE WHEN parent_execution_id IS NULL THEN model_calls_without_usage * weight END
            AS tree_model_calls_without_usage,
        CASE WHEN parent_execution_id IS NULL THEN model_calls_without_cost * weight END
            AS tree_model_calls_without_cost,
        CASE WHEN parent_execution_id IS NULL THEN tool_calls * weight END AS tree_tool_calls,
        coalesce(ended_ns, started_ns) AS last_seen_ns
    FROM executions
    WHERE
        started_ns >= $from_ns
        AND started_ns < $to_ns
        AND received_ns >= $received_from_ns
        AND received_ns < $received_to_ns
        AND NOT @in_list(workspace || ' ' || trace_id, $spared)
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($agent IS NULL OR agent = $agent)
        AND ($environment IS NULL OR environment = $environment)
        AND ($version IS NULL OR version = $version)
),
in_buckets AS (
    SELECT
        window_ns,
        workspace,
        agent,
        category,
        status,
        version,
        environment,
        duration_bucket,
        count(*) AS sum_of_counts,
        sum(weight) AS sum_of_weights,
        sum(duration_ns) AS sum_of_durations,
        sum(self_ns) AS sum_of_selves,
        sum(input_tokens) AS sum_of_input,
        sum(output_tokens) AS sum_of_output,
        sum(cost_usd_nanos) AS sum_of_costs,
        sum(model_calls) AS sum_of_calls,
        sum(model_calls_without_usage) AS sum_without_usage,
        sum(model_call_ns) AS sum_of_call_times,
        sum(tree_model_calls) AS sum_of_tree_calls,
        sum(tree_model_calls_without_usage) AS sum_of_tree_without_usage,
        sum(tree_model_calls_without_cost) AS sum_of_tree_without_cost,
        sum(tree_tool_calls) AS sum_of_tree_tools,
        max(last_seen_ns) AS last_of_bucket_ns
    FROM told
    GROUP BY window_ns, workspace, agent, category, status, version, environment, duration_bucket
)
SELECT
    window_ns,
    workspace,
    agent,
    '' AS name,
    category,
    status,
    version,
    environment,
    CAST(sum(sum_of_counts) AS BIGINT) AS count,
    sum(sum_of_weights) AS weight,
    CAST(floor(coalesce(sum(sum_of_durations), 0) + 0.5) AS BIGINT) AS duration_ns,
    CAST(floor(coalesce(sum(sum_of_selves), 0) + 0.5) AS BIGINT) AS self_ns,
    CAST(floor(sum(sum_of_input) + 0.5) AS BIGINT) AS input_tokens,
    CAST(floor(sum(sum_of_output) + 0.5) AS BIGINT) AS output_tokens,
    CAST(floor(sum(sum_of_costs) + 0.5) AS BIGINT) AS cost_usd_nanos,
    CAST(floor(coalesce(sum(sum_of_calls), 0) + 0.5) AS BIGINT) AS model_calls,
    @packed(duration_bucket, sum_of_weights) AS histogram,
    CAST(floor(coalesce(sum(sum_without_usage), 0) + 0.5) AS BIGINT) AS model_calls_without_usage,
    CAST(floor(coalesce(sum(sum_of_call_times), 0) + 0.5) AS BIGINT) AS model_call_ns,
    CAST(floor(coalesce(sum(sum_of_tree_calls), 0) + 0.5) AS BIGINT) AS tree_model_calls,
    CAST(floor(coalesce(sum(sum_of_tree_without_usage), 0) + 0.5) AS BIGINT) AS tree_model_calls_without_usage,
    CAST(floor(coalesce(sum(sum_of_tree_without_cost), 0) + 0.5) AS BIGINT) AS tree_model_calls_without_cost,
    CAST(floor(coalesce(sum(sum_of_tree_tools), 0) + 0.5) AS BIGINT) AS tree_tool_calls,
    max(last_of_bucket_ns) AS last_seen_ns
FROM in_buckets
GROUP BY window_ns, workspace, agent, category, status, version, environment
ORDER BY window_ns;

-- name: rollup_steps
-- The steps of a time range, summed up as `rollup_executions` sums up executions.
WITH told AS (
    SELECT
        started_ns - started_ns % $width_ns AS window_ns,
        workspace,
        CASE WHEN $has_agents THEN agent ELSE '' END AS agent,
        CASE WHEN $has_names THEN name ELSE '' END AS name,
        CASE WHEN $has_categories THEN category ELSE '' END AS category,
        status,
        coalesce(version, '') AS version,
        coalesce(environment, '') AS environment,
        duration_bucket,
        weight,
        duration_ns * weight AS duration_ns,
        self_ns * weight AS self_ns,
        CASE WHEN is_counted THEN input_tokens * weight END AS input_tokens,
        CASE WHEN is_counted THEN output_tokens * weight END AS output_tokens,
        CASE WHEN is_counted THEN cost_usd_nanos * weight END AS cost_usd_nanos,
        CASE WHEN is_counted THEN weight END AS model_calls,
        CASE WHEN is_counted AND input_tokens IS NULL AND output_tokens IS NULL THEN weight END
            AS model_calls_without_usage,
        CASE WHEN is_counted THEN duration_ns * weight END AS model_call_ns,
        coalesce(ended_ns, started_ns) AS last_seen_ns
    FROM steps
    WHERE
        started_ns >= $from_ns
        AND started_ns < $to_ns
        AND received_ns >= $received_from_ns
        AND received_ns < $received_to_ns
        AND NOT @in_list(workspace || ' ' || trace_id, $spared)
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($agent IS NULL OR agent = $agent)
        AND ($environment IS NULL OR environment = $environment)
        AND ($version IS NULL OR version = $version)
),
in_buckets AS (
    SELECT
        window_ns,
        workspace,
        agent,
        name,
        category,
        status,
        version,
        environment,
        duration_bucket,
        count(*) AS sum_of_counts,
        sum(weight) AS sum_of_weights,
        sum(duration_ns) AS sum_of_durations,
        sum(self_ns) AS sum_of_selves,
        sum(input_tokens) AS sum_of_input,
        sum(output_tokens) AS sum_of_output,
        sum(cost_usd_nanos) AS sum_of_costs,
        sum(model_calls) AS sum_of_calls,
        sum(model_calls_without_usage) AS sum_without_usage,
        sum(model_call_ns) AS sum_of_call_times,
        max(last_seen_ns) AS last_of_bucket_ns
    FROM told
    GROUP BY window_ns, workspace, agent, name, category, status, version, environment, duration_bucket
)
SELECT
    window_ns,
    workspace,
    agent,
    name,
    category,
    status,
    version,
    environment,
    CAST(sum(sum_of_counts) AS BIGINT) AS count,
    sum(sum_of_weights) AS weight,
    CAST(floor(coalesce(sum(sum_of_durations), 0) + 0.5) AS BIGINT) AS duration_ns,
    CAST(floor(coalesce(sum(sum_of_selves), 0) + 0.5) AS BIGINT) AS self_ns,
    CAST(floor(sum(sum_of_input) + 0.5) AS BIGINT) AS input_tokens,
    CAST(floor(sum(sum_of_output) + 0.5) AS BIGINT) AS output_tokens,
    CAST(floor(sum(sum_of_costs) + 0.5) AS BIGINT) AS cost_usd_nanos,
    CAST(floor(coalesce(sum(sum_of_calls), 0) + 0.5) AS BIGINT) AS model_calls,
    @packed(duration_bucket, sum_of_weights) AS histogram,
    CAST(floor(coalesce(sum(sum_without_usage), 0) + 0.5) AS BIGINT) AS model_calls_without_usage,
    CAST(floor(coalesce(sum(sum_of_call_times), 0) + 0.5) AS BIGINT) AS model_call_ns,
    0 AS tree_model_calls,
    0 AS tree_model_calls_without_usage,
    0 AS tree_model_calls_without_cost,
    0 AS tree_tool_calls,
    max(last_of_bucket_ns) AS last_seen_ns
FROM in_buckets
GROUP BY window_ns, workspace, agent, name, category, status, version, environment
ORDER BY window_ns;

-- name: rollups_refreshed
-- When a run that brought the rollups up to date last came to its end; null before the first time.
SELECT max(updated_ns) AS updated_ns FROM rollups WHERE kind = 'refreshed';

-- name: rollup_windows_touched
-- From which window to which something ran that was received or settled since a time, and the windows in which
-- something had not ended when the rollups of two kinds were computed.
SELECT first_ns, last_ns
FROM (
    SELECT DISTINCT
        started_ns - started_ns % $width_ns AS first_ns,
        CASE WHEN ended_ns > started_ns THEN ended_ns - ended_ns % $width_ns ELSE started_ns - started_ns % $width_ns END
            AS last_ns
    FROM executions
    WHERE received_ns >= $received_from_ns OR settled_ns >= $received_from_ns
    UNION
    SELECT DISTINCT started_ns - started_ns % $width_ns AS first_ns, started_ns - started_ns % $width_ns AS last_ns
    FROM steps
    WHERE received_ns >= $received_from_ns
    UNION
    SELECT window_ns AS first_ns, window_ns AS last_ns
    FROM rollups
    WHERE kind IN ($kind, $other_kind) AND status IN ('pending', 'running', 'llm_request', 'llm_response')
) AS touched
ORDER BY first_ns, last_ns;

-- name: rollup_windows_wrong
-- The windows whose rollups of two kinds, of executions and of steps, do not count what is stored, or are of another
-- width. Scans the start times of everything.
SELECT window_ns
FROM (
    SELECT started_ns - started_ns % $width_ns AS window_ns, $kind AS kind, 1 AS counted, CASE WHEN ended_ns IS NULL THEN 0 ELSE 1 END AS ended
    FROM executions
    UNION ALL
    SELECT started_ns - started_ns % $width_ns AS window_ns, $other_kind AS kind, 1 AS counted, CASE WHEN ended_ns IS NULL THEN 0 ELSE 1 END AS ended
    FROM steps
    UNION ALL
    SELECT
        window_ns,
        kind,
        -count AS counted,
        CASE WHEN status IN ('pending', 'running', 'llm_request', 'llm_response') THEN 0 ELSE -count END AS ended
    FROM rollups
    WHERE kind IN ($kind, $other_kind) AND width_ns = $width_ns
) AS compared
GROUP BY window_ns, kind
HAVING sum(counted) <> 0 OR sum(ended) <> 0
UNION
SELECT window_ns - window_ns % $width_ns AS window_ns
FROM rollups
WHERE kind IN ($kind, $other_kind) AND width_ns <> $width_ns;

-- name: rollups_between
-- The rollups of some kinds whose windows begin in a range of times.
SELECT * FROM rollups
WHERE window_ns >= $from_ns AND window_ns < $to_ns AND @in_list(kind, $kinds)
ORDER BY window_ns, workspace, kind, agent, name, category, status, version, environment, width_ns;

-- name: rollup_days_told
-- The days in a range of times that have day rollups of all that is stored of them.
SELECT window_ns FROM rollups
WHERE kind = 'day' AND window_ns >= $from_ns AND window_ns < $to_ns
ORDER BY window_ns;

-- name: rollups_summed
-- The rollups of some kinds whose windows begin in a range of times, optional filters applied, summed up by kind, agent,
-- category and status; of all windows, or of those listed in `$windows` alone; of rows with something that ended at
-- `$seen_from_ns` or later.
SELECT
    kind,
    agent,
    category,
    status,
    CAST(sum(count) AS BIGINT) AS count,
    sum(weight) AS weight,
    CAST(sum(duration_ns) AS BIGINT) AS duration_ns,
    CAST(sum(self_ns) AS BIGINT) AS self_ns,
    CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
    CAST(sum(output_tokens) AS BIGINT) AS output_tokens,
    CAST(sum(cost_usd_nanos) AS BIGINT) AS cost_usd_nanos,
    CAST(sum(model_calls) AS BIGINT) AS model_calls,
    @joined(histogram) AS histogram,
    CAST(sum(model_calls_without_usage) AS BIGINT) AS model_calls_without_usage,
    CAST(sum(model_call_ns) AS BIGINT) AS model_call_ns,
    CAST(sum(tree_model_calls) AS BIGINT) AS tree_model_calls,
    CAST(sum(tree_model_calls_without_usage) AS BIGINT) AS tree_model_calls_without_usage,
    CAST(sum(tree_model_calls_without_cost) AS BIGINT) AS tree_model_calls_without_cost,
    CAST(sum(tree_tool_calls) AS BIGINT) AS tree_tool_calls,
    max(last_seen_ns) AS last_seen_ns
FROM rollups
WHERE
    @in_list(kind, $kinds)
    AND window_ns >= $from_ns
    AND window_ns < $to_ns
    AND last_seen_ns >= $seen_from_ns
    AND ($is_every_window OR @in_list(CAST(window_ns AS VARCHAR), $windows))
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY kind, agent, category, status
ORDER BY kind, agent, category, status;

-- name: rollups_of_operation
-- The rollups of steps of one name and of executions of the agent of that name, of two kinds, that ended.
SELECT window_ns, kind, status, count, weight, duration_ns, histogram
FROM rollups
WHERE
    (
        (kind = $kind AND agent = $operation AND status <> 'skipped')
        OR (kind = $other_kind AND name = $operation)
    )
    AND status NOT IN ('pending', 'running', 'llm_request', 'llm_response')
    AND window_ns >= $from_ns
    AND window_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
ORDER BY window_ns;
