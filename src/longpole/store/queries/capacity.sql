-- Questions about how much runs at once: arrivals, busy time, calls in flight, rate limits.

-- name: agent_hours
-- By agent: how many executions started in each hour, and how long they took together, as pairs of `hour:number`. Sums
-- are weighted. Packed, because a row for each hour takes the most time of all to hand over.
WITH hours AS (
    SELECT agent AS name, @divided(started_ns, 3600000000000) * 3600000000000 AS hour_ns, sum(weight) AS started, coalesce(sum(duration_ns * weight), 0) AS took_ns
    FROM executions
    WHERE
        status <> 'skipped'
        AND @in_scope()
    GROUP BY agent, @divided(started_ns, 3600000000000)
)
SELECT
    'agent' AS kind,
    name,
    @packed(hour_ns, started) AS calls_by_hour,
    @packed(hour_ns, took_ns) AS busy_ns_by_hour
FROM hours
GROUP BY name
ORDER BY name;

-- name: model_hours
-- By model: how many calls started in each hour, and how long they took together, as `agent_hours` tells it.
WITH hours AS (
    SELECT model AS name, @divided(started_ns, 3600000000000) * 3600000000000 AS hour_ns, sum(weight) AS started, coalesce(sum(duration_ns * weight), 0) AS took_ns
    FROM steps
    WHERE
        model IS NOT NULL
        AND @in_scope()
    GROUP BY model, @divided(started_ns, 3600000000000)
)
SELECT
    'model' AS kind,
    name,
    @packed(hour_ns, started) AS calls_by_hour,
    @packed(hour_ns, took_ns) AS busy_ns_by_hour
FROM hours
GROUP BY name
ORDER BY name;

-- name: tool_hours
-- By tool: how many calls started in each hour, and how long they took together, as `agent_hours` tells it.
WITH hours AS (
    SELECT tool AS name, @divided(started_ns, 3600000000000) * 3600000000000 AS hour_ns, sum(weight) AS started, coalesce(sum(duration_ns * weight), 0) AS took_ns
    FROM steps
    WHERE
        model IS NULL
        AND tool IS NOT NULL
        AND @in_scope()
    GROUP BY tool, @divided(started_ns, 3600000000000)
)
SELECT
    'tool' AS kind,
    name,
    @packed(hour_ns, started) AS calls_by_hour,
    @packed(hour_ns, took_ns) AS busy_ns_by_hour
FROM hours
GROUP BY name
ORDER BY name;

-- name: limited_hours
-- By model or tool: how many calls met a rate limit in each hour, as far as their errors tell, as pairs of
-- `hour:number`. Counts are weighted. A query of its own: few calls failed, and only those have an error.
WITH hours AS (
    SELECT
        CASE WHEN model IS NOT NULL THEN 'model' ELSE 'tool' END AS kind,
        coalesce(model, tool) AS name,
        @divided(started_ns, 3600000000000) * 3600000000000 AS hour_ns,
        sum(weight) AS limited
    FROM @failed(steps) AS f
    WHERE
        error_type IS NOT NULL
        AND (model IS NOT NULL OR tool IS NOT NULL)
        AND (
            @contains(error_type, 'ratelimit')
            OR @contains(error_type, 'toomanyrequests')
            OR @contains(coalesce(error_message, ''), '429')
            OR @contains(coalesce(error_message, ''), 'rate limit')
        )
        AND @in_scope()
    GROUP BY CASE WHEN model IS NOT NULL THEN 'model' ELSE 'tool' END, coalesce(model, tool), @divided(started_ns, 3600000000000)
)
SELECT kind, name, @packed(hour_ns, limited) AS limited_by_hour
FROM hours
GROUP BY kind, name
ORDER BY kind, name;

-- name: in_flight
-- By agent, model and tool: how many were in flight at most in a time range, and how long any was. What began up to
-- an hour before the range counts as far as it reaches into it; an end comes before a start of the same instant.
WITH calls AS (
    SELECT 'agent' AS kind, agent AS what, started_ns, ended_ns
    FROM executions
    WHERE
        ended_ns IS NOT NULL
        AND status <> 'skipped'
        AND started_ns >= $from_ns - 3600000000000
        AND started_ns < $to_ns
        AND ended_ns > $from_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($agent IS NULL OR agent = $agent)
        AND ($environment IS NULL OR environment = $environment)
        AND ($version IS NULL OR version = $version)
    UNION ALL
    SELECT
        CASE WHEN model IS NOT NULL THEN 'model' ELSE 'tool' END AS kind,
        coalesce(model, tool) AS what,
        started_ns,
        ended_ns
    FROM steps
    WHERE
        (model IS NOT NULL OR tool IS NOT NULL)
        AND ended_ns IS NOT NULL
        AND started_ns >= $from_ns - 3600000000000
        AND started_ns < $to_ns
        AND ended_ns > $from_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($agent IS NULL OR agent = $agent)
        AND ($environment IS NULL OR environment = $environment)
        AND ($version IS NULL OR version = $version)
),
marks AS (
    SELECT c.kind AS kind, c.what AS what, c.started_ns AS time_ns, 1 AS step FROM calls AS c
    UNION ALL
    SELECT c.kind AS kind, c.what AS what, c.ended_ns AS time_ns, -1 AS step FROM calls AS c
    UNION ALL
    SELECT c.kind AS kind, c.what AS what, $from_ns AS time_ns, 0 AS step FROM calls AS c GROUP BY c.kind, c.what
    UNION ALL
    SELECT c.kind AS kind, c.what AS what, $to_ns AS time_ns, 0 AS step FROM calls AS c GROUP BY c.kind, c.what
),
running AS (
    SELECT
        m.kind AS kind,
        m.what AS what,
        m.time_ns AS time_ns,
        sum(m.step) OVER (
            PARTITION BY m.kind, m.what ORDER BY m.time_ns, m.step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS in_flight,
        max(m.time_ns) OVER (
            PARTITION BY m.kind, m.what ORDER BY m.time_ns, m.step ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING
        ) AS next_ns
    FROM marks AS m
)
SELECT
    kind,
    what,
    CAST(max(CASE WHEN time_ns >= $from_ns AND time_ns < $to_ns THEN in_flight ELSE 0 END) AS BIGINT) AS peak,
    CAST(
        coalesce(sum(CASE WHEN in_flight > 0 AND time_ns >= $from_ns AND next_ns <= $to_ns THEN next_ns - time_ns END), 0)
        AS BIGINT
    ) AS busy_ns
FROM running
GROUP BY kind, what
ORDER BY kind, what;
