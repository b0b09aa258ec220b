-- Questions about how much runs at once: arrivals, busy time, calls in flight, rate limits.

-- name: agent_hours
-- By agent and hour: how many executions started, and how long they took together. Sums are weighted.
SELECT
    agent,
    started_ns - started_ns % 3600000000000 AS hour_ns,
    sum(weight) AS calls,
    coalesce(sum(duration_ns * weight), 0) AS busy_ns
FROM executions
WHERE
    status <> 'skipped'
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY agent, started_ns - started_ns % 3600000000000
ORDER BY agent, hour_ns;

-- name: resource_hours
-- By model or tool and hour: how many calls started, and how long they took together. Sums are weighted.
SELECT
    model,
    tool,
    started_ns - started_ns % 3600000000000 AS hour_ns,
    sum(weight) AS calls,
    coalesce(sum(duration_ns * weight), 0) AS busy_ns
FROM steps
WHERE
    (model IS NOT NULL OR tool IS NOT NULL)
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY model, tool, started_ns - started_ns % 3600000000000
ORDER BY coalesce(model, ''), coalesce(tool, ''), hour_ns;

-- name: limited_hours
-- By model or tool and hour: how many calls met a rate limit, as far as their errors tell. Counts are weighted. A query
-- of its own: few calls have an error, and looking into the texts of all would take as long as all the sums.
SELECT model, tool, started_ns - started_ns % 3600000000000 AS hour_ns, sum(weight) AS limited
FROM steps
WHERE
    error_type IS NOT NULL
    AND (model IS NOT NULL OR tool IS NOT NULL)
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND (
        @contains(error_type, 'ratelimit')
        OR @contains(error_type, 'toomanyrequests')
        OR @contains(coalesce(error_message, ''), '429')
        OR @contains(coalesce(error_message, ''), 'rate limit')
    )
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($agent IS NULL OR agent = $agent)
    AND ($environment IS NULL OR environment = $environment)
    AND ($version IS NULL OR version = $version)
GROUP BY model, tool, started_ns - started_ns % 3600000000000
ORDER BY coalesce(model, ''), coalesce(tool, ''), hour_ns;

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
