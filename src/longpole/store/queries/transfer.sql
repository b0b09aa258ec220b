-- Everything of a table, a range of receipt at a time: what moves from one database to another.

-- name: page_of_executions
-- The rows of executions received in a range of times.
SELECT * FROM executions WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: size_of_executions
-- How many rows of executions are received in a range of times.
SELECT count(*) AS row_count FROM executions WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: page_of_steps
-- The rows of steps received in a range of times.
SELECT * FROM steps WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: size_of_steps
-- How many rows of steps are received in a range of times.
SELECT count(*) AS row_count FROM steps WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: page_of_events
-- The rows of events received in a range of times.
SELECT * FROM events WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: size_of_events
-- How many rows of events are received in a range of times.
SELECT count(*) AS row_count FROM events WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: page_of_decisions
-- The rows of decisions received in a range of times.
SELECT * FROM decisions WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: size_of_decisions
-- How many rows of decisions are received in a range of times.
SELECT count(*) AS row_count FROM decisions WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: page_of_scores
-- The rows of scores received in a range of times.
SELECT * FROM scores WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: size_of_scores
-- How many rows of scores are received in a range of times.
SELECT count(*) AS row_count FROM scores WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: page_of_bodies
-- The rows of bodies received in a range of times.
SELECT * FROM bodies WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: size_of_bodies
-- How many rows of bodies are received in a range of times.
SELECT count(*) AS row_count FROM bodies WHERE received_ns >= $from_ns AND received_ns < $to_ns;

-- name: page_of_findings
-- The rows of findings raised in a range of times.
SELECT * FROM findings WHERE raised_ns >= $from_ns AND raised_ns < $to_ns;

-- name: size_of_findings
-- How many rows of findings are raised in a range of times.
SELECT count(*) AS row_count FROM findings WHERE raised_ns >= $from_ns AND raised_ns < $to_ns;

-- name: page_of_rollups
-- The rows of rollups of the windows in a range of times.
SELECT * FROM rollups WHERE window_ns >= $from_ns AND window_ns < $to_ns;

-- name: size_of_rollups
-- How many rows of rollups are of the windows in a range of times.
SELECT count(*) AS row_count FROM rollups WHERE window_ns >= $from_ns AND window_ns < $to_ns;

-- name: page_of_dead_letters
-- The rows of dead_letters buried in a range of times.
SELECT * FROM dead_letters WHERE buried_ns >= $from_ns AND buried_ns < $to_ns;

-- name: size_of_dead_letters
-- How many rows of dead_letters are buried in a range of times.
SELECT count(*) AS row_count FROM dead_letters WHERE buried_ns >= $from_ns AND buried_ns < $to_ns;

-- name: page_of_processes
-- The rows of processes last heard in a range of times.
SELECT * FROM processes WHERE last_heard_ns >= $from_ns AND last_heard_ns < $to_ns;

-- name: size_of_processes
-- How many rows of processes are last heard in a range of times.
SELECT count(*) AS row_count FROM processes WHERE last_heard_ns >= $from_ns AND last_heard_ns < $to_ns;

-- name: every_agents
-- All rows of the table agents.
SELECT * FROM agents ORDER BY workspace, agent;

-- name: page_of_audit_log
-- The rows of audit_log made in a range of times.
SELECT * FROM audit_log WHERE at_ns >= $from_ns AND at_ns < $to_ns;

-- name: size_of_audit_log
-- How many rows of audit_log were made in a range of times.
SELECT count(*) AS row_count FROM audit_log WHERE at_ns >= $from_ns AND at_ns < $to_ns;

-- name: page_of_alerts
-- The rows of alerts changed in a range of times.
SELECT * FROM alerts WHERE changed_ns >= $from_ns AND changed_ns < $to_ns;

-- name: size_of_alerts
-- How many rows of alerts were changed in a range of times.
SELECT count(*) AS row_count FROM alerts WHERE changed_ns >= $from_ns AND changed_ns < $to_ns;

-- name: page_of_alert_deliveries
-- The rows of alert_deliveries changed in a range of times.
SELECT * FROM alert_deliveries WHERE changed_ns >= $from_ns AND changed_ns < $to_ns;

-- name: size_of_alert_deliveries
-- How many rows of alert_deliveries were changed in a range of times.
SELECT count(*) AS row_count FROM alert_deliveries WHERE changed_ns >= $from_ns AND changed_ns < $to_ns;

-- name: page_of_webhook_deliveries
-- The rows of webhook_deliveries changed in a range of times.
SELECT * FROM webhook_deliveries WHERE changed_ns >= $from_ns AND changed_ns < $to_ns;

-- name: size_of_webhook_deliveries
-- How many rows of webhook_deliveries were changed in a range of times.
SELECT count(*) AS row_count FROM webhook_deliveries WHERE changed_ns >= $from_ns AND changed_ns < $to_ns;
