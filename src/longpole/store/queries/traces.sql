-- name: known_traces
-- Which of the given traces have rows, and which traces have a span that links to one of them; one row per trace and link.
-- Four plain scans: an OR of the two conditions cost twice as much at 10M steps.
SELECT trace_id, link_trace_id FROM executions WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids)
UNION
SELECT trace_id, link_trace_id FROM executions WHERE workspace = $workspace AND @in_list(link_trace_id, $trace_ids)
UNION
SELECT trace_id, link_trace_id FROM steps WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids)
UNION
SELECT trace_id, link_trace_id FROM steps WHERE workspace = $workspace AND @in_list(link_trace_id, $trace_ids);

-- name: spans_of_traces
-- The spans that are stored of the given traces, and whether each has ended.
SELECT trace_id, span_id, CASE WHEN ended_ns IS NULL THEN 0 ELSE 1 END AS has_ended
FROM executions
WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids)
UNION ALL
SELECT trace_id, step_id AS span_id, CASE WHEN ended_ns IS NULL THEN 0 ELSE 1 END AS has_ended
FROM steps
WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids);

-- name: trace_executions
-- All columns of the executions of the given traces, as the struct Execution has them.
SELECT * FROM executions WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids);

-- name: trace_steps
-- All columns of the steps of the given traces, as the struct Step has them.
SELECT * FROM steps WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids);

-- name: trace_events
-- All columns of the events of the given traces, as the struct Event has them.
SELECT * FROM events WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids);

-- name: trace_decisions
-- All columns of the decisions of the given traces, as the struct Decision has them.
SELECT * FROM decisions WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids);

-- name: trace_bodies
-- What the spans of the given traces carried, older versions before newer ones.
SELECT * FROM bodies
WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids)
ORDER BY row_version, received_ns;

-- name: spool_position
-- How far into a server's spool everything is stored: one row, or none before the first write that carried a position.
SELECT segment, "offset" FROM ingest_ledger WHERE server = $server;

-- name: store_counts
-- How many rows of each kind there are, over all workspaces, stored and fresh.
SELECT
    (SELECT count(*) FROM executions) AS executions,
    (SELECT count(*) FROM steps) AS steps,
    (SELECT count(*) FROM events) AS events,
    (SELECT count(*) FROM decisions) AS decisions,
    (SELECT count(*) FROM bodies) AS bodies,
    (SELECT count(*) FROM agents) AS agents,
    (SELECT count(*) FROM findings) AS findings,
    (SELECT count(*) FROM scores) AS scores,
    (SELECT count(*) FROM processes) AS processes;

-- name: agents_known
-- Every agent of a workspace, registered or seen, by name.
SELECT * FROM agents WHERE workspace = $workspace ORDER BY agent;
