-- Questions about one agent: how it did, which errors it had, why it did not run; and how an operation changed.

-- name: agent_totals
-- One row: how the executions of an agent went. Sums are weighted; times leave skipped executions out.
SELECT
    count(*) AS executions,
    coalesce(sum(weight), 0) AS executions_weight,
    count(*) FILTER (WHERE weight <> 1) AS sampled,
    count(*) FILTER (WHERE status IN ('pending', 'running', 'llm_request', 'llm_response')) AS running,
    count(*) FILTER (WHERE status = 'success') AS succeeded,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'timeout') AS timed_out,
    count(*) FILTER (WHERE status = 'crashed') AS crashed,
    count(*) FILTER (WHERE status = 'skipped') AS skipped,
    sum(weight) FILTER (WHERE status = 'success') AS succeeded_weight,
    sum(weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')) AS finished_weight,
    sum(duration_ns * weight) FILTER (WHERE status <> 'skipped') AS total_ns,
    sum(weight) FILTER (WHERE status <> 'skipped' AND duration_ns IS NOT NULL) AS timed_weight,
    @quantile(CASE WHEN status <> 'skipped' THEN duration_ns END, 0.5) AS p50_ns,
    @quantile(CASE WHEN status <> 'skipped' THEN duration_ns END, 0.95) AS p95_ns,
    @quantile(CASE WHEN status <> 'skipped' THEN duration_ns END, 0.99) AS p99_ns,
    max(coalesce(ended_ns, started_ns)) AS last_seen_ns
FROM executions
WHERE
    agent = $agent
    AND @in_scope_of_any_agent()
    AND ($session IS NULL OR session_id = $session)
    AND ($user IS NULL OR user_id = $user)
    AND ($scope_key IS NULL OR @json_field(scopes, $scope_key) = $scope_value);

-- name: agent_duration_weights
-- By bucket of duration, for how many executions of an agent the kept ones stand, without skipped ones.
SELECT agent, duration_bucket, sum(weight) AS weight
FROM executions
WHERE
    agent = $agent
    AND duration_bucket IS NOT NULL
    AND status <> 'skipped'
    AND @in_scope_of_any_agent()
    AND ($session IS NULL OR session_id = $session)
    AND ($user IS NULL OR user_id = $user)
    AND ($scope_key IS NULL OR @json_field(scopes, $scope_key) = $scope_value)
GROUP BY agent, duration_bucket
ORDER BY duration_bucket;

-- name: agent_errors
-- The errors that ended an agent's executions, the most frequent first. Times are weighted.
SELECT
    error_type,
    min(error_message) AS example,
    count(*) AS executions,
    sum(duration_ns * weight) AS total_ns,
    sum(weight) FILTER (WHERE duration_ns IS NOT NULL) AS timed_weight,
    max(started_ns) AS last_seen_ns
FROM executions
WHERE
    agent = $agent
    AND status IN ('failed', 'timeout', 'crashed')
    AND @in_scope_of_any_agent()
    AND ($session IS NULL OR session_id = $session)
    AND ($user IS NULL OR user_id = $user)
    AND ($scope_key IS NULL OR @json_field(scopes, $scope_key) = $scope_value)
GROUP BY error_type
ORDER BY executions DESC, coalesce(error_type, '')
LIMIT $limit;

-- name: agent_model_calls
-- One row: the agent's own model calls, how long they took and what they used; sums are weighted. A step that is told
-- to begin more than a day before its execution is left out, so that not all days have to be read.
WITH calls AS (
    SELECT s.weight, s.duration_ns, s.input_tokens, s.output_tokens, s.cost_usd_nanos
    FROM steps AS s
    JOIN executions AS e ON e.workspace = s.workspace AND e.execution_id = s.execution_id
    WHERE
        s.is_counted
        AND s.agent = $agent
        AND s.started_ns >= $from_ns - 86400000000000
        AND e.agent = $agent
        AND @in_scope_of_any_agent(e)
        AND ($session IS NULL OR e.session_id = $session)
        AND ($user IS NULL OR e.user_id = $user)
        AND ($scope_key IS NULL OR @json_field(e.scopes, $scope_key) = $scope_value)
    UNION ALL
    SELECT
        e.weight, e.duration_ns, e.call_input_tokens AS input_tokens, e.call_output_tokens AS output_tokens,
        e.call_cost_usd_nanos AS cost_usd_nanos
    FROM executions AS e
    WHERE
        e.is_counted
        AND e.agent = $agent
        AND @in_scope_of_any_agent(e)
        AND ($session IS NULL OR e.session_id = $session)
        AND ($user IS NULL OR e.user_id = $user)
        AND ($scope_key IS NULL OR @json_field(e.scopes, $scope_key) = $scope_value)
)
SELECT
    coalesce(sum(weight), 0) AS calls,
    coalesce(sum(weight) FILTER (WHERE input_tokens IS NULL AND output_tokens IS NULL), 0) AS calls_without_usage,
    sum((coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) * weight)
        FILTER (WHERE input_tokens IS NOT NULL OR output_tokens IS NOT NULL) AS tokens,
    sum(duration_ns * weight) AS total_ns,
    sum(weight) FILTER (WHERE duration_ns IS NOT NULL) AS timed_weight,
    CAST(floor(sum(calls.cost_usd_nanos * weight) + 0.5) AS BIGINT) AS cost_usd_nanos
FROM calls;

-- name: agent_told_tokens
-- Of an agent's model calls that told neither input nor output: for how many the client told which sum of both.
SELECT total, sum(told.weight) AS weight
FROM (
    SELECT s.trace_id, s.step_id, s.weight AS weight, max(@json_field(b.attributes, $total_name)) AS total
    FROM steps AS s
    JOIN executions AS e ON e.workspace = s.workspace AND e.execution_id = s.execution_id
    JOIN bodies AS b ON b.workspace = s.workspace AND b.trace_id = s.trace_id AND b.span_id = s.step_id
    WHERE
        s.is_counted
        AND s.input_tokens IS NULL
        AND s.output_tokens IS NULL
        AND e.agent = $agent
        AND @in_scope_of_any_agent(e)
        AND ($session IS NULL OR e.session_id = $session)
        AND ($user IS NULL OR e.user_id = $user)
        AND ($scope_key IS NULL OR @json_field(e.scopes, $scope_key) = $scope_value)
    GROUP BY s.trace_id, s.step_id, s.weight
) AS told
WHERE total IS NOT NULL
GROUP BY total
ORDER BY total;

-- name: agent_runs
-- The executions of an agent, the newest first.
SELECT
    workspace, execution_id, trace_id, span_id, agent, status, stage, started_ns, received_ns, duration_ns, error_type,
    error_message
FROM executions
WHERE
    agent = $agent
    AND @in_scope_of_any_agent()
    AND ($session IS NULL OR session_id = $session)
    AND ($user IS NULL OR user_id = $user)
    AND ($scope_key IS NULL OR @json_field(scopes, $scope_key) = $scope_value)
ORDER BY started_ns DESC, execution_id
LIMIT $limit;

-- name: failed_runs
-- The executions of any agent that failed, timed out or crashed, the newest first.
SELECT
    workspace, execution_id, trace_id, span_id, agent, status, stage, started_ns, received_ns, duration_ns, error_type,
    error_message
FROM executions
WHERE
    status IN ('failed', 'timeout', 'crashed')
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($environment IS NULL OR environment = $environment)
    AND ($session IS NULL OR session_id = $session)
    AND ($user IS NULL OR user_id = $user)
    AND ($scope_key IS NULL OR @json_field(scopes, $scope_key) = $scope_value)
ORDER BY started_ns DESC, execution_id
LIMIT $limit;

-- name: agent_decisions
-- The decisions about an agent, its own and those of others, with who decided, the newest first.
SELECT
    d.workspace, d.execution_id, e.agent, e.status, e.error_type, d.time_ns, d.considered, d.score, d.threshold, d.outcome, d.reason
FROM decisions AS d
JOIN executions AS e ON e.workspace = d.workspace AND e.execution_id = d.execution_id
WHERE
    d.candidate = $agent
    AND e.started_ns >= $from_ns
    AND e.started_ns < $to_ns
    AND ($workspace IS NULL OR e.workspace = $workspace)
    AND ($environment IS NULL OR e.environment = $environment)
    AND ($session IS NULL OR e.session_id = $session)
    AND ($user IS NULL OR e.user_id = $user)
    AND ($scope_key IS NULL OR @json_field(e.scopes, $scope_key) = $scope_value)
ORDER BY d.time_ns DESC, d.execution_id, d.event_index
LIMIT $limit;

-- name: last_model_calls
-- The last model call that each of the given executions made itself, and how many those are; none began before
-- $from_ns. Without a time every step is looked at: 120 ms for ten million, with it 5.
SELECT execution_id, name, model, status, started_ns, duration_ns, error_type, model_calls
FROM (
    SELECT
        execution_id, name, model, status, started_ns, duration_ns, error_type,
        count(*) OVER (PARTITION BY execution_id) AS model_calls,
        row_number() OVER (PARTITION BY execution_id ORDER BY started_ns DESC, step_id) AS place
    FROM steps
    WHERE
        workspace = $workspace
        AND category = 'llm'
        AND @in_list(execution_id, $execution_ids)
        AND started_ns >= $from_ns
) AS calls
WHERE place = 1
ORDER BY execution_id;

-- name: agent_names
-- Every agent that is registered or has run, by name.
SELECT agent, is_registered, last_seen_ns
FROM agents
WHERE ($workspace IS NULL OR workspace = $workspace)
ORDER BY agent, last_seen_ns;

-- name: candidate_names
-- Every name that a decision was about.
SELECT DISTINCT candidate
FROM decisions
WHERE ($workspace IS NULL OR workspace = $workspace)
ORDER BY candidate;

-- name: operation_days
-- By day (UTC) and bucket of duration, the ended steps of one name and executions of the agent of that name.
WITH timed AS (
    SELECT started_ns, duration_ns, duration_bucket, status, weight
    FROM steps
    WHERE
        name = $operation
        AND duration_bucket IS NOT NULL
        AND @in_scope_of_any_agent()
    UNION ALL
    SELECT started_ns, duration_ns, duration_bucket, status, weight
    FROM executions
    WHERE
        agent = $operation
        AND duration_bucket IS NOT NULL
        AND status <> 'skipped'
        AND @in_scope_of_any_agent()
)
SELECT
    started_ns - started_ns % 86400000000000 AS day_ns,
    duration_bucket,
    count(*) AS timings,
    count(*) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')) AS failed,
    sum(t.weight) AS weight,
    sum(t.duration_ns * t.weight) AS total_ns
FROM timed AS t
GROUP BY started_ns - started_ns % 86400000000000, duration_bucket
ORDER BY day_ns, duration_bucket;

-- name: agent_versions
-- By version of an agent and bucket of duration (null while it runs): how many, how they ended, when, what they cost.
-- Times leave skipped executions out.
SELECT
    version,
    CASE WHEN status = 'skipped' THEN NULL ELSE duration_bucket END AS timed_bucket,
    count(*) AS executions,
    sum(weight) AS weight,
    count(*) FILTER (WHERE status = 'skipped') AS skipped,
    coalesce(sum(weight) FILTER (WHERE status IN ('failed', 'timeout', 'crashed')), 0) AS failed_weight,
    coalesce(sum(weight) FILTER (WHERE status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_weight,
    min(started_ns) AS first_ns,
    max(started_ns) AS last_ns,
    sum(e.cost_usd_nanos * weight) AS cost_total,
    sum(weight) FILTER (WHERE e.cost_usd_nanos IS NOT NULL) AS cost_weight
FROM executions AS e
WHERE
    agent = $agent
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($environment IS NULL OR environment = $environment)
GROUP BY version, CASE WHEN status = 'skipped' THEN NULL ELSE duration_bucket END
ORDER BY version, timed_bucket;
