-- What is old, how much of it there is, and what must stay whole.

-- name: traces_received_by_minute
-- How many rows of traces, bodies apart, were received in each minute before a time.
SELECT minute_ns, sum(counted) AS counted
FROM (
    SELECT received_ns - received_ns % 60000000000 AS minute_ns, count(*) AS counted FROM executions
    WHERE received_ns < $before_ns GROUP BY minute_ns
    UNION ALL
    SELECT received_ns - received_ns % 60000000000 AS minute_ns, count(*) AS counted FROM steps
    WHERE received_ns < $before_ns GROUP BY minute_ns
    UNION ALL
    SELECT received_ns - received_ns % 60000000000 AS minute_ns, count(*) AS counted FROM events
    WHERE received_ns < $before_ns GROUP BY minute_ns
    UNION ALL
    SELECT received_ns - received_ns % 60000000000 AS minute_ns, count(*) AS counted FROM decisions
    WHERE received_ns < $before_ns GROUP BY minute_ns
    UNION ALL
    SELECT received_ns - received_ns % 60000000000 AS minute_ns, count(*) AS counted FROM scores
    WHERE received_ns < $before_ns GROUP BY minute_ns
) AS received
GROUP BY minute_ns
ORDER BY minute_ns;

-- name: bodies_received_by_minute
-- How many bodies were received in each minute before a time.
SELECT received_ns - received_ns % 60000000000 AS minute_ns, count(*) AS counted
FROM bodies
WHERE received_ns < $before_ns
GROUP BY minute_ns
ORDER BY minute_ns;

-- name: straddling_traces
-- The traces of which some span was received before a time and another one then or later.
SELECT DISTINCT workspace, trace_id
FROM (
    SELECT workspace, trace_id FROM executions WHERE received_ns >= $before_ns
    UNION ALL
    SELECT workspace, trace_id FROM steps WHERE received_ns >= $before_ns
) AS later
WHERE (workspace, trace_id) IN (
    SELECT workspace, trace_id FROM executions WHERE received_ns < $before_ns
    UNION ALL
    SELECT workspace, trace_id FROM steps WHERE received_ns < $before_ns
)
ORDER BY workspace, trace_id;

-- name: row_ages
-- By table, how many rows it has and when the oldest of them was received, raised, heard or began.
SELECT 'executions' AS table_name, count(*) AS row_count, min(received_ns) AS oldest_ns FROM executions
UNION ALL
SELECT 'steps' AS table_name, count(*) AS row_count, min(received_ns) AS oldest_ns FROM steps
UNION ALL
SELECT 'events' AS table_name, count(*) AS row_count, min(received_ns) AS oldest_ns FROM events
UNION ALL
SELECT 'decisions' AS table_name, count(*) AS row_count, min(received_ns) AS oldest_ns FROM decisions
UNION ALL
SELECT 'scores' AS table_name, count(*) AS row_count, min(received_ns) AS oldest_ns FROM scores
UNION ALL
SELECT 'bodies' AS table_name, count(*) AS row_count, min(received_ns) AS oldest_ns FROM bodies
UNION ALL
SELECT 'findings' AS table_name, count(*) AS row_count, min(raised_ns) AS oldest_ns FROM findings
UNION ALL
SELECT 'rollups' AS table_name, count(*) AS row_count, min(window_ns) AS oldest_ns FROM rollups
UNION ALL
SELECT 'dead_letters' AS table_name, count(*) AS row_count, min(buried_ns) AS oldest_ns FROM dead_letters
UNION ALL
SELECT 'alerts' AS table_name, count(*) AS row_count, min(changed_ns) AS oldest_ns FROM alerts
UNION ALL
SELECT 'alert_deliveries' AS table_name, count(*) AS row_count, min(changed_ns) AS oldest_ns FROM alert_deliveries
UNION ALL
SELECT 'audit_log' AS table_name, count(*) AS row_count, min(at_ns) AS oldest_ns FROM audit_log
UNION ALL
SELECT 'agents' AS table_name, count(*) AS row_count, min(first_seen_ns) AS oldest_ns FROM agents
UNION ALL
SELECT 'processes' AS table_name, count(*) AS row_count, min(last_heard_ns) AS oldest_ns FROM processes;
