-- What alert rules watch, by subject and slot of time. What has ended counts when it ended, what still runs when it
-- began: an execution is in one slot. The subject is what $by_what names, empty where all are one. `$since_ns` bounds
-- when it began, so that a database can skip what is older; `$slot_ns` is the length of a slot.

-- name: alert_executions
-- By subject and slot: counts, and sums for means and how much they scatter. With $is_of_trees only executions that
-- nobody called count, with the tokens and money of all below them: a user is told at the root alone.
WITH runs AS (
    SELECT
        CASE $by_what
            WHEN 'agent' THEN agent
            WHEN 'version' THEN coalesce(version, '')
            WHEN 'environment' THEN coalesce(environment, '')
            WHEN 'user' THEN coalesce(user_id, '')
            ELSE ''
        END AS subject,
        coalesce(ended_ns, started_ns) AS at_ns,
        status, weight, duration_ns, credits, retries,
        CASE WHEN $is_of_trees THEN cost_usd_nanos ELSE self_cost_usd_nanos END AS cost,
        CASE
            WHEN $is_of_trees AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
                THEN coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
            WHEN NOT $is_of_trees AND (self_input_tokens IS NOT NULL OR self_output_tokens IS NOT NULL)
                THEN coalesce(self_input_tokens, 0) + coalesce(self_output_tokens, 0)
        END AS tokens
    FROM executions
    WHERE
        workspace = $workspace
        AND started_ns >= $since_ns
        AND started_ns < $to_ns
        AND coalesce(ended_ns, started_ns) >= $from_ns
        AND coalesce(ended_ns, started_ns) < $to_ns
        AND (NOT $is_of_trees OR parent_execution_id IS NULL)
        AND ($agent IS NULL OR agent = $agent)
        AND ($version IS NULL OR version = $version)
        AND ($environment IS NULL OR environment = $environment)
        AND ($user IS NULL OR user_id = $user)
)
SELECT
    subject,
    at_ns - (at_ns - $from_ns) % $slot_ns AS slot_ns,
    count(*) AS seen,
    sum(r.weight) AS weights,
    coalesce(sum(r.weight) FILTER (WHERE r.status IN ('failed', 'timeout', 'crashed')), 0) AS failed,
    coalesce(sum(r.weight) FILTER (WHERE r.status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished,
    coalesce(sum(r.weight * r.weight) FILTER (WHERE r.status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_squares,
    coalesce(sum(r.weight) FILTER (WHERE r.status = 'skipped'), 0) AS skipped,
    sum(r.weight * r.weight) AS weight_squares,
    coalesce(sum(r.retries * r.weight), 0) AS retries,
    coalesce(sum(r.weight) FILTER (WHERE r.duration_ns IS NOT NULL AND r.status <> 'skipped'), 0) AS duration_weight,
    coalesce(sum(r.weight * r.weight) FILTER (WHERE r.duration_ns IS NOT NULL AND r.status <> 'skipped'), 0) AS duration_weight_squares,
    coalesce(sum(r.weight * r.duration_ns) FILTER (WHERE r.status <> 'skipped'), 0) AS duration_total,
    coalesce(sum(r.weight * r.duration_ns * r.duration_ns) FILTER (WHERE r.status <> 'skipped'), 0) AS duration_squares,
    coalesce(sum(r.weight) FILTER (WHERE r.cost IS NOT NULL), 0) AS cost_weight,
    coalesce(sum(r.weight * r.weight) FILTER (WHERE r.cost IS NOT NULL), 0) AS cost_weight_squares,
    coalesce(sum(r.weight * r.cost), 0) AS cost_total,
    coalesce(sum(r.weight * r.cost * r.cost), 0) AS cost_squares,
    coalesce(sum(r.weight) FILTER (WHERE r.tokens IS NOT NULL), 0) AS tokens_weight,
    coalesce(sum(r.weight * r.weight) FILTER (WHERE r.tokens IS NOT NULL), 0) AS tokens_weight_squares,
    coalesce(sum(r.weight * r.tokens), 0) AS tokens_total,
    coalesce(sum(r.weight * r.tokens * r.tokens), 0) AS tokens_squares,
    coalesce(sum(r.weight) FILTER (WHERE r.credits IS NOT NULL), 0) AS credits_weight,
    coalesce(sum(r.weight * r.credits), 0) AS credits_total
FROM runs AS r
GROUP BY subject, at_ns - (at_ns - $from_ns) % $slot_ns
ORDER BY subject, slot_ns;

-- name: alert_steps
-- The same of steps that have the name $step, or of all; a step tells no credits and skips nothing.
WITH runs AS (
    SELECT
        CASE $by_what
            WHEN 'agent' THEN agent
            WHEN 'version' THEN coalesce(version, '')
            WHEN 'environment' THEN coalesce(environment, '')
            WHEN 'step' THEN name
            ELSE ''
        END AS subject,
        coalesce(ended_ns, started_ns) AS at_ns,
        status, weight, duration_ns,
        CASE WHEN is_counted THEN cost_usd_nanos END AS cost,
        CASE
            WHEN is_counted AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
                THEN coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
        END AS tokens
    FROM steps
    WHERE
        workspace = $workspace
        AND started_ns >= $since_ns
        AND started_ns < $to_ns
        AND coalesce(ended_ns, started_ns) >= $from_ns
        AND coalesce(ended_ns, started_ns) < $to_ns
        AND ($step IS NULL OR name = $step)
        AND ($agent IS NULL OR agent = $agent)
        AND ($version IS NULL OR version = $version)
        AND ($environment IS NULL OR environment = $environment)
)
SELECT
    subject,
    at_ns - (at_ns - $from_ns) % $slot_ns AS slot_ns,
    count(*) AS seen,
    sum(r.weight) AS weights,
    coalesce(sum(r.weight) FILTER (WHERE r.status IN ('failed', 'timeout', 'crashed')), 0) AS failed,
    coalesce(sum(r.weight) FILTER (WHERE r.status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished,
    coalesce(sum(r.weight * r.weight) FILTER (WHERE r.status IN ('success', 'failed', 'timeout', 'crashed')), 0) AS finished_squares,
    coalesce(sum(r.weight) FILTER (WHERE r.duration_ns IS NOT NULL), 0) AS duration_weight,
    coalesce(sum(r.weight * r.weight) FILTER (WHERE r.duration_ns IS NOT NULL), 0) AS duration_weight_squares,
    coalesce(sum(r.weight * r.duration_ns), 0) AS duration_total,
    coalesce(sum(r.weight * r.duration_ns * r.duration_ns), 0) AS duration_squares,
    coalesce(sum(r.weight) FILTER (WHERE r.cost IS NOT NULL), 0) AS cost_weight,
    coalesce(sum(r.weight * r.weight) FILTER (WHERE r.cost IS NOT NULL), 0) AS cost_weight_squares,
    coalesce(sum(r.weight * r.cost), 0) AS cost_total,
    coalesce(sum(r.weight * r.cost * r.cost), 0) AS cost_squares,
    coalesce(sum(r.weight) FILTER (WHERE r.tokens IS NOT NULL), 0) AS tokens_weight,
    coalesce(sum(r.weight * r.weight) FILTER (WHERE r.tokens IS NOT NULL), 0) AS tokens_weight_squares,
    coalesce(sum(r.weight * r.tokens), 0) AS tokens_total,
    coalesce(sum(r.weight * r.tokens * r.tokens), 0) AS tokens_squares
FROM runs AS r
GROUP BY subject, at_ns - (at_ns - $from_ns) % $slot_ns
ORDER BY subject, slot_ns;

-- name: alert_execution_durations
-- By subject and slot: the durations of executions that were not skipped, as a histogram of weights.
WITH runs AS (
    SELECT
        CASE $by_what
            WHEN 'agent' THEN agent
            WHEN 'version' THEN coalesce(version, '')
            WHEN 'environment' THEN coalesce(environment, '')
            WHEN 'user' THEN coalesce(user_id, '')
            ELSE ''
        END AS subject,
        ended_ns - (ended_ns - $from_ns) % $slot_ns AS slot_ns,
        duration_bucket, weight
    FROM executions
    WHERE
        workspace = $workspace
        AND duration_bucket IS NOT NULL
        AND status <> 'skipped'
        AND started_ns >= $since_ns
        AND started_ns < $to_ns
        AND ended_ns >= $from_ns
        AND ended_ns < $to_ns
        AND ($agent IS NULL OR agent = $agent)
        AND ($version IS NULL OR version = $version)
        AND ($environment IS NULL OR environment = $environment)
        AND ($user IS NULL OR user_id = $user)
),
cells AS (
    SELECT
        subject, slot_ns, duration_bucket,
        count(*) AS runs_seen, sum(weight) AS cell_weight, sum(weight * weight) AS cell_squares
    FROM runs
    GROUP BY subject, slot_ns, duration_bucket
)
SELECT
    subject,
    slot_ns,
    CAST(sum(runs_seen) AS BIGINT) AS seen,
    sum(cell_squares) AS weight_squares,
    @packed(duration_bucket, cell_weight) AS histogram
FROM cells
GROUP BY subject, slot_ns
ORDER BY subject, slot_ns;

-- name: alert_step_durations
-- By subject and slot: the durations of steps that have the name $step, or of all, as a histogram of weights.
WITH runs AS (
    SELECT
        CASE $by_what
            WHEN 'agent' THEN agent
            WHEN 'version' THEN coalesce(version, '')
            WHEN 'environment' THEN coalesce(environment, '')
            WHEN 'step' THEN name
            ELSE ''
        END AS subject,
        ended_ns - (ended_ns - $from_ns) % $slot_ns AS slot_ns,
        duration_bucket, weight
    FROM steps
    WHERE
        workspace = $workspace
        AND duration_bucket IS NOT NULL
        AND started_ns >= $since_ns
        AND started_ns < $to_ns
        AND ended_ns >= $from_ns
        AND ended_ns < $to_ns
        AND ($step IS NULL OR name = $step)
        AND ($agent IS NULL OR agent = $agent)
        AND ($version IS NULL OR version = $version)
        AND ($environment IS NULL OR environment = $environment)
),
cells AS (
    SELECT
        subject, slot_ns, duration_bucket,
        count(*) AS runs_seen, sum(weight) AS cell_weight, sum(weight * weight) AS cell_squares
    FROM runs
    GROUP BY subject, slot_ns, duration_bucket
)
SELECT
    subject,
    slot_ns,
    CAST(sum(runs_seen) AS BIGINT) AS seen,
    sum(cell_squares) AS weight_squares,
    @packed(duration_bucket, cell_weight) AS histogram
FROM cells
GROUP BY subject, slot_ns
ORDER BY subject, slot_ns;

-- name: alert_starts
-- By subject and slot: how many executions began, and when the last of them did. Skipped ones did not run.
SELECT
    CASE $by_what
        WHEN 'agent' THEN agent
        WHEN 'version' THEN coalesce(version, '')
        WHEN 'environment' THEN coalesce(environment, '')
        WHEN 'user' THEN coalesce(user_id, '')
        ELSE ''
    END AS subject,
    started_ns - (started_ns - $from_ns) % $slot_ns AS slot_ns,
    count(*) AS seen,
    max(started_ns) AS last_ns
FROM executions
WHERE
    workspace = $workspace
    AND status <> 'skipped'
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($agent IS NULL OR agent = $agent)
    AND ($version IS NULL OR version = $version)
    AND ($environment IS NULL OR environment = $environment)
    AND ($user IS NULL OR user_id = $user)
GROUP BY subject, started_ns - (started_ns - $from_ns) % $slot_ns
ORDER BY subject, slot_ns;

-- name: alert_in_flight
-- By subject and slot: how many executions were in flight at most just after one began, and how many at its end. An end
-- comes before a start of the same instant. What began before `$since_ns` is not seen.
WITH runs AS (
    SELECT
        CASE $by_what
            WHEN 'agent' THEN agent
            WHEN 'version' THEN coalesce(version, '')
            WHEN 'environment' THEN coalesce(environment, '')
            WHEN 'user' THEN coalesce(user_id, '')
            ELSE ''
        END AS subject,
        started_ns, ended_ns
    FROM executions
    WHERE
        workspace = $workspace
        AND status <> 'skipped'
        AND started_ns >= $since_ns
        AND started_ns < $to_ns
        AND (ended_ns IS NULL OR ended_ns >= $from_ns)
        AND ($agent IS NULL OR agent = $agent)
        AND ($version IS NULL OR version = $version)
        AND ($environment IS NULL OR environment = $environment)
        AND ($user IS NULL OR user_id = $user)
),
marks AS (
    SELECT r.subject AS subject, CASE WHEN r.started_ns < $from_ns THEN $from_ns ELSE r.started_ns END AS time_ns, 1 AS step
    FROM runs AS r
    UNION ALL
    SELECT r.subject AS subject, r.ended_ns AS time_ns, -1 AS step
    FROM runs AS r
    WHERE r.ended_ns IS NOT NULL AND r.ended_ns < $to_ns
),
running AS (
    SELECT
        m.subject AS subject,
        m.time_ns AS time_ns,
        sum(m.step) OVER (
            PARTITION BY m.subject ORDER BY m.time_ns, m.step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS in_flight,
        sum(m.step) OVER (PARTITION BY m.subject, m.time_ns - (m.time_ns - $from_ns) % $slot_ns) AS slot_change
    FROM marks AS m
)
SELECT
    subject,
    time_ns - (time_ns - $from_ns) % $slot_ns AS slot_ns,
    CAST(max(in_flight) AS BIGINT) AS peak,
    CAST(max(slot_change) AS BIGINT) AS slot_change
FROM running
GROUP BY subject, time_ns - (time_ns - $from_ns) % $slot_ns
ORDER BY subject, slot_ns;

-- name: alert_dropped
-- How many steps those processes dropped since they began that gave a sign of life in a time range.
SELECT count(*) AS seen, CAST(coalesce(sum(dropped), 0) AS BIGINT) AS dropped
FROM processes
WHERE
    workspace = $workspace
    AND last_heard_ns >= $from_ns
    AND last_heard_ns < $to_ns
    AND ($version IS NULL OR version = $version)
    AND ($environment IS NULL OR environment = $environment);

-- name: alert_rules_of
-- The rules of a workspace, or of all.
SELECT * FROM alert_rules WHERE ($workspace IS NULL OR workspace = $workspace) ORDER BY workspace, title, rule_id;

-- name: alerts_open
-- The alerts that fire or may soon, of a workspace or of all, and those of which something is still to be told.
SELECT *
FROM alerts
WHERE ($workspace IS NULL OR workspace = $workspace) AND (state <> 'cleared' OR untold <> '')
ORDER BY workspace, rule_id, subject, since_ns;

-- name: alert_history
-- The alerts that fired, the latest first.
SELECT *
FROM alerts
WHERE
    fired_ns IS NOT NULL
    AND fired_ns < $before_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($rule_id IS NULL OR rule_id = $rule_id)
ORDER BY fired_ns DESC, alert_id
LIMIT $limit;

-- name: alert_deliveries_due
-- The messages that are to be tried now, the oldest first.
SELECT * FROM alert_deliveries WHERE next_ns <= $before_ns ORDER BY created_ns, delivery_id LIMIT $limit;

-- name: alert_deliveries_of
-- The messages of a workspace, or of all, the latest first.
SELECT *
FROM alert_deliveries
WHERE ($workspace IS NULL OR workspace = $workspace)
ORDER BY created_ns DESC, delivery_id
LIMIT $limit;

-- name: alert_last_messages
-- By rule, when the last message of it was made.
SELECT workspace, rule_id, max(created_ns) AS last_ns
FROM alert_deliveries
GROUP BY workspace, rule_id
ORDER BY workspace, rule_id;
