-- Sessions: conversations of several turns. A turn is an execution of the session that no other one called.

-- name: session_page
-- Sessions with a turn in the time range: how many turns, how long agents worked and how long nobody did, tokens and
-- cost. `busy_ns` is the wall time in which a turn ran (overlaps count once), `think_ns` the time between turns;
-- together they are the time from the first start to the last end. A turn that runs counts as ended at its start.
-- `$agent` means sessions with a turn of that agent. `sessions` is how many there were without the limit.
WITH turns AS (
    SELECT
        workspace, session_id, user_id, agent, status, started_ns, weight, cost_usd_nanos, model_calls,
        model_calls_without_usage, model_calls_without_cost,
        coalesce(ended_ns, started_ns) AS end_ns,
        CASE
            WHEN input_tokens IS NULL AND output_tokens IS NULL THEN NULL
            ELSE coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
        END AS tokens,
        row_number() OVER (PARTITION BY workspace, session_id ORDER BY started_ns, execution_id) AS place,
        max(coalesce(ended_ns, started_ns)) OVER (
            PARTITION BY workspace, session_id
            ORDER BY started_ns, execution_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS busy_until_ns
    FROM executions
    WHERE
        session_id IS NOT NULL
        AND parent_execution_id IS NULL
        AND started_ns >= $from_ns
        AND started_ns < $to_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($session IS NULL OR session_id = $session)
        AND ($user IS NULL OR user_id = $user)
        AND ($environment IS NULL OR environment = $environment)
        AND ($version IS NULL OR version = $version)
        AND ($text IS NULL OR @contains(session_id, $text) OR @contains(user_id, $text))
),
found AS (
    SELECT
        t.workspace AS workspace,
        t.session_id AS session_id,
        max(t.user_id) AS user_id,
        CAST(count(*) AS BIGINT) AS turns,
        min(t.started_ns) AS first_ns,
        max(t.end_ns) AS last_ns,
        max(t.end_ns) - min(t.started_ns) AS whole_ns,
        coalesce(
            sum(CASE WHEN t.place > 1 AND t.started_ns > t.busy_until_ns THEN t.started_ns - t.busy_until_ns ELSE 0 END), 0
        ) AS think_ns,
        sum(t.tokens) AS tokens,
        sum(t.cost_usd_nanos) AS cost_usd_nanos,
        sum(t.model_calls) AS model_calls,
        sum(t.model_calls_without_usage) AS model_calls_without_usage,
        sum(t.model_calls_without_cost) AS model_calls_without_cost,
        CAST(count(*) FILTER (WHERE t.status IN ('failed', 'timeout', 'crashed')) AS BIGINT) AS failed,
        count(*) FILTER (WHERE t.status IN ('pending', 'running', 'llm_request', 'llm_response')) AS running,
        count(*) FILTER (WHERE t.agent = $agent) AS of_agent
    FROM turns AS t
    GROUP BY t.workspace, t.session_id
),
ranked AS (
    SELECT
        f.*,
        f.whole_ns - f.think_ns AS busy_ns,
        count(*) OVER () AS sessions,
        CASE $sort
            WHEN 'last' THEN f.last_ns
            WHEN 'first' THEN f.first_ns
            WHEN 'turns' THEN f.turns
            WHEN 'duration' THEN f.whole_ns
            WHEN 'busy' THEN f.whole_ns - f.think_ns
            WHEN 'think' THEN f.think_ns
            WHEN 'tokens' THEN f.tokens
            WHEN 'cost' THEN f.cost_usd_nanos
            WHEN 'failed' THEN f.failed
        END AS sort_key
    FROM found AS f
    WHERE ($agent IS NULL OR f.of_agent > 0)
)
SELECT *
FROM ranked
ORDER BY
    CASE WHEN sort_key IS NULL THEN 1 ELSE 0 END,
    CASE WHEN $is_descending THEN sort_key END DESC,
    CASE WHEN NOT $is_descending THEN sort_key END ASC,
    session_id, workspace
LIMIT $limit;

-- name: session_durations
-- Of the given sessions: by agent and bucket of duration, how many turns there were; the bucket of open ones is null.
SELECT workspace, session_id, agent, duration_bucket, count(*) AS turns, sum(weight) AS weight
FROM executions
WHERE
    parent_execution_id IS NULL
    AND @in_list(session_id, $session_ids)
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($user IS NULL OR user_id = $user)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY workspace, session_id, agent, duration_bucket
ORDER BY workspace, session_id, agent, duration_bucket;
