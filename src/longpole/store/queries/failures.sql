-- Questions about errors: groups of like ones by where they started, and the newest of each group.

-- name: errors_counted
-- By slice of the time range: how many executions and how many steps failed.
SELECT slice_start_ns, CAST(sum(c.executions) AS BIGINT) AS executions, CAST(sum(c.steps) AS BIGINT) AS steps
FROM (
    SELECT started_ns - (started_ns - $from_ns) % $slice_ns AS slice_start_ns, count(*) AS executions, 0 AS steps
    FROM @failed(executions) AS f
    WHERE
        @in_scope()
    GROUP BY started_ns - (started_ns - $from_ns) % $slice_ns
    UNION ALL
    SELECT started_ns - (started_ns - $from_ns) % $slice_ns AS slice_start_ns, 0 AS executions, count(*) AS steps
    FROM @failed(steps) AS f
    WHERE
        @in_scope()
    GROUP BY started_ns - (started_ns - $from_ns) % $slice_ns
) AS c
GROUP BY slice_start_ns
ORDER BY slice_start_ns;

-- name: failure_groups
-- Failed executions by error and place where it started, those that failed most first. Numbers, ids and quoted words in
-- messages do not tell errors apart. Sums are weighted; time and money are those of the outermost execution that failed
-- by it, as a whole.
WITH failed AS (
    SELECT
        workspace, execution_id, parent_execution_id, trace_id, agent, version, status, started_ns, duration_ns, weight,
        cost_usd_nanos, failure_step_id, code_file, code_function, error_type, error_message
    FROM @failed(executions) AS f
    WHERE
        started_ns >= $from_ns
        AND started_ns < $to_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($environment IS NULL OR environment = $environment)
),
bad_steps AS @materialized() (
    SELECT workspace, trace_id, step_id, name, error_type, error_message, code_file, code_function
    FROM @failed(steps) AS f
    WHERE
        started_ns >= $from_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($environment IS NULL OR environment = $environment)
),
placed AS (
    SELECT
        e.agent AS agent, e.version AS version, e.status AS status, e.started_ns AS started_ns, e.weight AS weight,
        CASE WHEN above.execution_id IS NULL THEN e.duration_ns END AS lost_ns,
        CASE WHEN above.execution_id IS NULL THEN e.cost_usd_nanos END AS lost_usd_nanos,
        s.name AS step_name,
        CASE WHEN s.step_id IS NULL THEN e.code_file ELSE s.code_file END AS code_file,
        CASE WHEN s.step_id IS NULL THEN e.code_function ELSE s.code_function END AS code_function,
        coalesce(s.error_type, e.error_type) AS error_type,
        substring(coalesce(s.error_message, e.error_message), 1, 400) AS message
    FROM failed AS e
    LEFT JOIN failed AS above
        ON above.workspace = e.workspace AND above.execution_id = e.parent_execution_id
    LEFT JOIN bad_steps AS s
        ON s.workspace = e.workspace AND s.trace_id = e.trace_id AND s.step_id = e.failure_step_id
    WHERE ($agent IS NULL OR e.agent = $agent) AND ($version IS NULL OR e.version = $version)
),
summed AS (
    SELECT
        agent,
        version,
        status,
        step_name,
        code_file,
        code_function,
        error_type,
        @without_names(message) AS shape,
        min(message) AS example,
        count(*) AS cases,
        sum(p.weight) AS cases_weight,
        min(started_ns) AS first_ns,
        max(started_ns) AS last_ns,
        sum(lost_ns * p.weight) AS whole_lost_ns,
        sum(lost_usd_nanos * p.weight) AS whole_lost_usd_nanos
    FROM placed AS p
    GROUP BY agent, version, status, step_name, code_file, code_function, error_type, @without_names(message)
)
SELECT
    coalesce(step_name, agent) AS place,
    code_file,
    code_function,
    error_type,
    shape,
    min(g.example) AS example,
    CAST(sum(g.cases) AS BIGINT) AS executions,
    sum(g.cases_weight) AS executions_weight,
    min(g.first_ns) AS first_seen_ns,
    max(g.last_ns) AS last_seen_ns,
    sum(g.whole_lost_ns) AS lost_ns,
    sum(g.whole_lost_usd_nanos) AS lost_usd_nanos,
    @different(agent) AS agents,
    @different(version) AS versions,
    @different(status) AS statuses
FROM summed AS g
GROUP BY coalesce(step_name, agent), code_file, code_function, error_type, shape
ORDER BY executions DESC, last_seen_ns DESC, place, coalesce(error_type, ''), coalesce(shape, ''),
    coalesce(code_file, ''), coalesce(code_function, '')
LIMIT $limit;

-- name: step_error_groups
-- Steps in which an error started and that failed no execution, by error and place.
WITH bad_steps AS @materialized() (
    SELECT
        workspace, trace_id, step_id, parent_step_id, agent, name, version, status, started_ns, duration_ns, weight,
        cost_usd_nanos, code_file, code_function, error_type, substring(error_message, 1, 400) AS message
    FROM @failed(steps) AS f
    WHERE
        @in_scope()
),
passed_on AS (
    SELECT workspace, trace_id, parent_step_id AS step_id
    FROM bad_steps
    WHERE parent_step_id IS NOT NULL
    UNION ALL
    SELECT workspace, trace_id, parent_span_id AS step_id
    FROM @failed(executions) AS f
    WHERE
        parent_span_id IS NOT NULL
        AND started_ns >= $from_ns
        AND started_ns < $to_ns
        AND ($workspace IS NULL OR workspace = $workspace)
    UNION ALL
    SELECT workspace, trace_id, failure_step_id AS step_id
    FROM @failed(executions) AS f
    WHERE
        failure_step_id IS NOT NULL
        AND started_ns >= $from_ns - 86400000000000
        AND started_ns < $to_ns
        AND ($workspace IS NULL OR workspace = $workspace)
),
summed AS (
    SELECT
        agent,
        version,
        status,
        name,
        code_file,
        code_function,
        error_type,
        @without_names(message) AS shape,
        min(message) AS example,
        count(*) AS cases,
        sum(s.weight) AS cases_weight,
        min(started_ns) AS first_ns,
        max(started_ns) AS last_ns,
        sum(duration_ns * s.weight) AS whole_lost_ns,
        sum(s.cost_usd_nanos * s.weight) AS whole_lost_usd_nanos
    FROM bad_steps AS s
    LEFT JOIN passed_on AS p
        ON p.workspace = s.workspace AND p.trace_id = s.trace_id AND p.step_id = s.step_id
    WHERE p.trace_id IS NULL
    GROUP BY agent, version, status, name, code_file, code_function, error_type, @without_names(message)
)
SELECT
    name AS place,
    code_file,
    code_function,
    error_type,
    shape,
    min(g.example) AS example,
    CAST(sum(g.cases) AS BIGINT) AS steps,
    sum(g.cases_weight) AS steps_weight,
    min(g.first_ns) AS first_seen_ns,
    max(g.last_ns) AS last_seen_ns,
    sum(g.whole_lost_ns) AS lost_ns,
    sum(g.whole_lost_usd_nanos) AS lost_usd_nanos,
    @different(agent) AS agents,
    @different(version) AS versions,
    @different(status) AS statuses
FROM summed AS g
GROUP BY name, code_file, code_function, error_type, shape
ORDER BY steps DESC, last_seen_ns DESC, place, coalesce(error_type, ''), coalesce(shape, ''), coalesce(code_file, ''),
    coalesce(code_function, '')
LIMIT $limit;

-- name: newest_failed
-- Failed executions since a time, and those that started at some instants, with where their errors started: the newest
-- ones, at most $each of every agent, step and type of error.
WITH bad_steps AS @materialized() (
    SELECT workspace, trace_id, step_id, name, started_ns, error_type, error_message, code_file, code_function
    FROM @failed(steps) AS f
    WHERE
        started_ns >= $from_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($environment IS NULL OR environment = $environment)
),
placed AS (
    SELECT
        e.workspace AS workspace, e.execution_id AS execution_id, e.trace_id AS trace_id, e.agent AS agent,
        e.status AS status, e.started_ns AS started_ns, e.ended_ns AS ended_ns, s.step_id AS step_id,
        coalesce(s.name, e.agent) AS place, s.started_ns AS step_started_ns,
        CASE WHEN s.step_id IS NULL THEN e.code_file ELSE s.code_file END AS code_file,
        CASE WHEN s.step_id IS NULL THEN e.code_function ELSE s.code_function END AS code_function,
        coalesce(s.error_type, e.error_type) AS error_type,
        substring(coalesce(s.error_message, e.error_message), 1, 400) AS message
    FROM @failed(executions) AS e
    LEFT JOIN bad_steps AS s
        ON s.workspace = e.workspace AND s.trace_id = e.trace_id AND s.step_id = e.failure_step_id
    WHERE
        e.started_ns >= $from_ns
        AND e.started_ns < $to_ns
        AND (e.started_ns >= $since_ns OR @in_list(CAST(e.started_ns AS VARCHAR), $starts))
        AND ($workspace IS NULL OR e.workspace = $workspace)
        AND ($environment IS NULL OR e.environment = $environment)
        AND ($agent IS NULL OR e.agent = $agent)
        AND ($version IS NULL OR e.version = $version)
),
ranked AS (
    SELECT
        p.*,
        row_number() OVER (
            PARTITION BY agent, place, error_type, @without_names(message)
            ORDER BY p.started_ns DESC, p.execution_id
        ) AS newness
    FROM placed AS p
)
SELECT *
FROM ranked
WHERE newness <= $each
ORDER BY started_ns DESC, execution_id
LIMIT $limit;

-- name: newest_step_errors
-- Failed steps since a time, and those that started at some instants: the newest ones, at most $each of every agent,
-- name and type of error.
WITH ranked AS (
    SELECT
        workspace, execution_id, trace_id, agent, status, started_ns, ended_ns, step_id, name AS place,
        started_ns AS step_started_ns, code_file, code_function, error_type,
        substring(error_message, 1, 400) AS message,
        row_number() OVER (
            PARTITION BY agent, name, error_type, @without_names(substring(error_message, 1, 400))
            ORDER BY started_ns DESC, trace_id, step_id
        ) AS newness
    FROM @failed(steps) AS f
    WHERE
        started_ns >= $from_ns
        AND started_ns < $to_ns
        AND (started_ns >= $since_ns OR @in_list(CAST(started_ns AS VARCHAR), $starts))
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($environment IS NULL OR environment = $environment)
        AND ($agent IS NULL OR agent = $agent)
        AND ($version IS NULL OR version = $version)
)
SELECT *
FROM ranked
WHERE newness <= $each
ORDER BY started_ns DESC, trace_id, step_id
LIMIT $limit;

-- name: steps_around
-- The steps of some traces in order of time, as far as they tell what came before a failure and what after.
SELECT workspace, trace_id, execution_id, step_id, parent_step_id, name, status, started_ns, ended_ns, argument_hash
FROM steps
WHERE @in_list(trace_id, $trace_ids) AND started_ns >= $from_ns AND started_ns < $to_ns
ORDER BY workspace, trace_id, started_ns, step_index, step_id
LIMIT $limit;
