-- Questions about the programs that send: what they said of themselves, what they left open when they vanished.

-- name: process_list
-- The processes that gave a sign of life, the one heard last first.
SELECT *
FROM processes
WHERE ($workspace IS NULL OR workspace = $workspace)
ORDER BY last_heard_ns DESC, workspace, process
LIMIT $limit;

-- name: processes_named
-- Some processes, as far as they gave a sign of life, the one heard last first.
SELECT *
FROM processes
WHERE workspace = $workspace AND @in_list(process, $processes)
ORDER BY last_heard_ns DESC, process;

-- name: processes_with_open_rows
-- The processes of which something was still open when it was last stored, with when it was last heard, if it told.
SELECT o.workspace, o.process, p.last_heard_ns
FROM (
    SELECT workspace, process FROM executions WHERE ended_ns IS NULL AND process IS NOT NULL
    UNION
    SELECT workspace, process FROM steps WHERE ended_ns IS NULL AND process IS NOT NULL
) AS o
LEFT JOIN processes AS p ON p.workspace = o.workspace AND p.process = o.process
ORDER BY o.workspace, o.process;

-- name: processes_that_vanished
-- The processes of which something was stored as crashed because nothing was heard of them, with when they last were.
SELECT o.workspace, o.process, p.last_heard_ns
FROM (
    SELECT workspace, process FROM executions WHERE error_type = $error_type AND process IS NOT NULL
    UNION
    SELECT workspace, process FROM steps WHERE error_type = $error_type AND process IS NOT NULL
) AS o
LEFT JOIN processes AS p ON p.workspace = o.workspace AND p.process = o.process
ORDER BY o.workspace, o.process;

-- name: open_traces_of_process
-- The stored traces in which something of one process is open; one row per trace.
SELECT trace_id FROM executions WHERE workspace = $workspace AND process = $process AND ended_ns IS NULL
UNION
SELECT trace_id FROM steps WHERE workspace = $workspace AND process = $process AND ended_ns IS NULL
ORDER BY trace_id
LIMIT $limit;

-- name: crashed_traces_of_process
-- The stored traces in which something of one process was called crashed for its silence; one row per trace.
SELECT trace_id FROM executions WHERE workspace = $workspace AND process = $process AND error_type = $error_type
UNION
SELECT trace_id FROM steps WHERE workspace = $workspace AND process = $process AND error_type = $error_type
ORDER BY trace_id
LIMIT $limit;
