-- name: what_is_there
-- One row: which of our schemas and tables the database has, and whether the schema `longpole` holds anything.
SELECT
    to_regclass('longpole.schema_version') IS NOT NULL AS is_ours,
    EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace('longpole')) AS is_used,
    to_regnamespace('longpole') IS NOT NULL AS has_schema,
    to_regclass('analytics.agent_executions') IS NOT NULL AS has_analytics,
    current_setting('server_version_num')::BIGINT AS server_version,
    current_setting('server_encoding') AS encoding;

-- name: lock_schema
-- Waits until no other server changes the schema; held until the transaction ends.
SELECT pg_advisory_xact_lock(1819242352, 1);

-- name: create_schema
-- Where all our tables are.
CREATE SCHEMA longpole;

-- name: create_schema_version
-- The table that notes which migrations were applied, and when.
CREATE TABLE IF NOT EXISTS longpole.schema_version (version BIGINT NOT NULL, applied_ns BIGINT NOT NULL);

-- name: schema_version
-- The newest migration that was applied; null in a database that has the table and no row.
SELECT max(version) AS version FROM longpole.schema_version;

-- name: note_version
-- Notes that a migration was applied.
INSERT INTO longpole.schema_version VALUES ($version, $applied_ns);

-- name: partitions
-- The partitions of all our tables.
SELECT c.relname AS name
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
JOIN pg_class AS p ON p.oid = i.inhparent
WHERE p.relnamespace = 'longpole'::REGNAMESPACE AND p.relkind = 'p'
ORDER BY c.relname;

-- name: make_partition
-- Makes the partition for one day of one table. Attaching locks out nobody who reads or writes.
CREATE TABLE longpole.@partition() (LIKE longpole.@table() INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
ALTER TABLE longpole.@table() ATTACH PARTITION longpole.@partition() FOR VALUES FROM (@from_ns()) TO (@to_ns());

-- name: drop_partition
-- Removes all rows of one day of one table.
DROP TABLE longpole.@partition();

-- name: empty_partition
-- Removes all rows of one day of one table, whose partition stays.
TRUNCATE longpole.@partition();

-- name: set_aside
-- Keeps the rows of the spared traces of one day, which is about to be emptied.
CREATE TEMP TABLE set_aside ON COMMIT DROP AS
SELECT t.*
FROM longpole.@partition() AS t
JOIN unnest(CAST($workspaces AS TEXT[]), CAST($trace_ids AS TEXT[])) AS k (workspace, trace_id)
    ON t.workspace = k.workspace AND t.trace_id = k.trace_id;

-- name: count_set_aside
-- How many rows were kept.
SELECT count(*) FROM pg_temp.set_aside;

-- name: put_back
-- Puts the kept rows back where they were.
INSERT INTO longpole.@partition() SELECT * FROM pg_temp.set_aside;

-- name: drop_set_aside
-- Ends the keeping.
DROP TABLE pg_temp.set_aside;

-- name: sql_role
-- The role for SQL of a person about a workspace, or about all of them, and its password.
SELECT role, password FROM longpole.sql_role($workspace::TEXT, $secret::TEXT);

-- name: fetch_rows
-- Some more rows of a person's question.
FETCH 500 FROM question;

-- name: compact
-- Writes one table anew without the room of removed rows; who wants to use it waits.
VACUUM (FULL) longpole.@table();

-- name: commit_without_waiting
-- This transaction may be lost if the machine goes down now; its rows are in the spool.
SET LOCAL synchronous_commit = off;

-- name: find_by_index
-- A write looks for a few rows by their ids, whatever the statistics of a growing table say.
SET LOCAL enable_seqscan = off;

-- name: lock_some_traces
-- Waits until no other server has `lock_all_traces`; held until the transaction ends.
SELECT pg_advisory_xact_lock_shared(1819242352, 2);

-- name: lock_traces
-- Waits until no other server writes one of these traces; held until the transaction ends.
SELECT pg_advisory_xact_lock(1819242353, k.number) FROM unnest(CAST($numbers AS INTEGER[])) AS k (number);

-- name: lock_all_traces
-- Waits until no other server writes any trace; held until the transaction ends.
SELECT pg_advisory_xact_lock(1819242352, 2);

-- name: spans_there
-- The stored spans of some traces, each with its version and the role it has.
SELECT 'executions' AS role, workspace, trace_id, span_id, row_version, received_ns
FROM longpole.executions
WHERE trace_id = ANY (CAST($trace_ids AS TEXT[])) AND received_ns >= $from_ns
UNION ALL
SELECT 'steps' AS role, workspace, trace_id, step_id AS span_id, row_version, received_ns
FROM longpole.steps
WHERE trace_id = ANY (CAST($trace_ids AS TEXT[])) AND received_ns >= $from_ns;

-- name: remove_told
-- Removes from one table what is told again; the row is known by the columns of `@told()`.
DELETE FROM longpole.@table() AS t
USING unnest(@told_lists()) AS k (@told())
WHERE t.received_ns >= $from_ns AND @same_told(t, k);

-- name: remove_traces
-- Removes whole traces from one table.
DELETE FROM longpole.@table() AS t
USING unnest(CAST($workspaces AS TEXT[]), CAST($trace_ids AS TEXT[])) AS k (workspace, trace_id)
WHERE t.workspace = k.workspace AND t.trace_id = k.trace_id;

-- name: copy_rows
-- Takes in rows of one table.
COPY longpole.@table() (@columns()) FROM STDIN (FORMAT BINARY);

-- name: column_types
-- The types of one table's columns, in order.
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type
FROM pg_attribute AS a
WHERE a.attrelid = 'longpole.@table()'::REGCLASS AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum;

-- name: remove_record
-- Removes the row of one table that has this key.
DELETE FROM longpole.@table() AS t WHERE @is_key(t);

-- name: keep_record
-- Adds a row to one table, in the place of the one with its key.
INSERT INTO longpole.@table() (@columns()) VALUES (@values())
ON CONFLICT (@keys()) DO UPDATE SET @all_new();

-- name: merge_agents
-- Adds an agent, or joins it with what is stored of it: of two known values the later one.
INSERT INTO longpole.agents AS a (@columns()) VALUES (@values())
ON CONFLICT (workspace, agent) DO UPDATE SET
    method = @later(method, last_seen_ns),
    service = @later(service, last_seen_ns),
    version = @later(version, last_seen_ns),
    environment = @later(environment, last_seen_ns),
    code_file = @later(code_file, last_seen_ns),
    code_line = @later(code_line, last_seen_ns),
    code_function = @later(code_function, last_seen_ns),
    is_registered = a.is_registered OR excluded.is_registered,
    first_seen_ns = least(a.first_seen_ns, excluded.first_seen_ns),
    last_seen_ns = greatest(a.last_seen_ns, excluded.last_seen_ns);

-- name: merge_processes
-- Adds a process, or joins it with what is stored of it: of two known values the one that was heard later.
INSERT INTO longpole.processes AS a (@columns()) VALUES (@values())
ON CONFLICT (workspace, process) DO UPDATE SET
    service = @later(service, last_heard_ns),
    version = @later(version, last_heard_ns),
    environment = @later(environment, last_heard_ns),
    started_ns = least(a.started_ns, excluded.started_ns),
    last_heard_ns = greatest(a.last_heard_ns, excluded.last_heard_ns),
    ended_ns = greatest(a.ended_ns, excluded.ended_ns),
    recorded = greatest(a.recorded, excluded.recorded),
    dropped = greatest(a.dropped, excluded.dropped),
    open_count = @later(open_count, last_heard_ns),
    background_ns = greatest(a.background_ns, excluded.background_ns),
    caller_ns = greatest(a.caller_ns, excluded.caller_ns),
    sent_bytes = greatest(a.sent_bytes, excluded.sent_bytes),
    row_version = greatest(a.row_version, excluded.row_version);

-- name: merge_findings
-- Adds a finding, in the place of the one with its id.
INSERT INTO longpole.findings (@columns()) VALUES (@values())
ON CONFLICT (@keys()) DO UPDATE SET @all_new();

-- name: take_lease
-- Takes a lease, unless another holder has it and it has not run out.
INSERT INTO longpole.leases AS held (@columns()) VALUES (@values())
ON CONFLICT (name) DO UPDATE SET @all_new()
WHERE held.holder = excluded.holder OR held.until_ns <= excluded.asked_ns;

-- name: count_changes
-- Counts a change for each of these days since 1970, in their order, so that nobody waits for each other.
INSERT INTO longpole.changed_days AS c (day, changes)
SELECT d.day, 1
FROM unnest(CAST($days AS BIGINT[])) AS d (day)
ORDER BY d.day
ON CONFLICT (day) DO UPDATE SET changes = c.changes + 1;

-- name: changes_until
-- One row: how often something until a day was changed, the day included.
SELECT CAST(coalesce(sum(changes), 0) AS BIGINT) AS changes FROM longpole.changed_days WHERE day <= $last_day;

-- name: remove_expired
-- Removes the rows of one table from before a time.
DELETE FROM longpole.@table() WHERE @age() < $before_ns;

-- name: remove_expired_unless_spared
-- Removes the rows of one table from before a time, but for those of the spared traces.
DELETE FROM longpole.@table() AS t
WHERE
    @age() < $before_ns
    AND NOT EXISTS (
        SELECT 1
        FROM unnest(CAST($workspaces AS TEXT[]), CAST($trace_ids AS TEXT[])) AS k (workspace, trace_id)
        WHERE k.workspace = t.workspace AND k.trace_id = t.trace_id
    );
