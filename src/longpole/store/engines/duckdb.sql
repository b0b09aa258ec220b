-- name: schema_version
-- The newest migration that was applied; null in a database that has the table and no row.
SELECT max(version) AS version FROM stored.main.schema_version;

-- name: tables_there
-- The tables of the database, ours or not.
SELECT table_name FROM duckdb_tables() WHERE database_name = 'stored' AND NOT internal;

-- name: create_schema_version
-- The table that notes which migrations were applied, and when.
CREATE TABLE IF NOT EXISTS stored.main.schema_version (version BIGINT NOT NULL, applied_ns BIGINT NOT NULL);

-- name: note_version
-- Notes that a migration was applied.
INSERT INTO stored.main.schema_version VALUES ($version, $applied_ns);

-- name: fix_snapshot
-- Reads one value of the stored database, which fixes what this transaction sees of it.
SELECT version FROM stored.main.schema_version LIMIT 1;

-- name: remove_replaced
-- Removes the rows of the traces in `replaced_traces` from one table.
DELETE FROM stored.main.@table() AS s
USING replaced_traces AS r
WHERE s.workspace = r.workspace AND s.trace_id = r.trace_id;

-- name: insert_rows
-- Adds the rows of `incoming` to one table; columns are in the table's order.
INSERT INTO stored.main.@table() SELECT * FROM incoming;

-- name: remove_records
-- Removes the rows of one table whose keys are in `incoming_keys`.
DELETE FROM stored.main.@table() AS s USING incoming_keys AS k WHERE @same_key(s, k);

-- name: remove_expired
-- Removes the rows of one table from before a time.
DELETE FROM stored.main.@table() WHERE @age() < $before_ns;

-- name: remove_expired_unless_spared
-- Removes the rows of one table from before a time, but for those of the traces in `spared_traces`.
DELETE FROM stored.main.@table() AS s
WHERE
    s.@age() < $before_ns
    AND NOT EXISTS (SELECT 1 FROM spared_traces AS k WHERE k.workspace = s.workspace AND k.trace_id = s.trace_id);

-- name: remove_lease
-- Gives up a lease that its holder asks for again, or that has run out.
DELETE FROM stored.main.leases WHERE name = $name AND (holder = $holder OR until_ns <= $asked_ns);

-- name: take_lease
-- Takes a lease that nobody has.
INSERT INTO stored.main.leases
SELECT $name, $holder, $asked_ns, $until_ns
WHERE NOT EXISTS (SELECT 1 FROM stored.main.leases WHERE name = $name);

-- name: merged_agents
-- The agents in `fresh_agents` together with what is stored of them, as `show_agents` shows both.
SELECT a.* FROM agents AS a SEMI JOIN fresh_agents AS f ON a.workspace = f.workspace AND a.agent = f.agent;

-- name: merged_processes
-- The processes in `fresh_processes` together with what is stored of them, as `show_processes` shows both.
SELECT p.* FROM processes AS p SEMI JOIN fresh_processes AS f ON p.workspace = f.workspace AND p.process = f.process;

-- name: merged_findings
-- The findings in `fresh_findings`, which take the place of stored ones.
SELECT * FROM fresh_findings;

-- name: checkpoint
-- Brings the log into the file and gives back the space of removed rows.
CHECKPOINT stored;

-- name: show_fresh
-- A table with its fresh rows. Here and below, what stands in its place in a question; the columns are those it reads.
SELECT @columns() FROM stored.main.@table()
UNION ALL
SELECT @columns() FROM fresh_@table()@only_failed();

-- name: show_hiding
-- A table without the stored rows that fresh ones replace. The anti-join is only there while something is hidden.
SELECT @columns() FROM stored.main.@table() AS s
WHERE NOT EXISTS (SELECT 1 FROM hidden_traces AS h WHERE h.workspace = s.workspace AND h.trace_id = s.trace_id)
UNION ALL
SELECT @columns() FROM fresh_@table()@only_failed();

-- name: show_left
-- A table without fresh rows, some of whose stored rows are of traces that are fresh.
SELECT @columns() FROM stored.main.@table() AS s
WHERE NOT EXISTS (SELECT 1 FROM hidden_traces AS h WHERE h.workspace = s.workspace AND h.trace_id = s.trace_id);

-- name: show_agents
-- The agents, stored and fresh seen as one row each: of two known values the later one.
SELECT
    workspace,
    agent,
    arg_max(method, last_seen_ns) AS method,
    arg_max(service, last_seen_ns) AS service,
    arg_max(version, last_seen_ns) AS version,
    arg_max(environment, last_seen_ns) AS environment,
    arg_max(code_file, last_seen_ns) AS code_file,
    arg_max(code_line, last_seen_ns) AS code_line,
    arg_max(code_function, last_seen_ns) AS code_function,
    bool_or(is_registered) AS is_registered,
    min(first_seen_ns) AS first_seen_ns,
    max(last_seen_ns) AS last_seen_ns
FROM (SELECT * FROM stored.main.agents UNION ALL SELECT * FROM fresh_agents)
GROUP BY workspace, agent;

-- name: show_processes
-- The processes, stored and fresh seen as one row each: of two known values the one that was heard later.
SELECT
    workspace,
    process,
    arg_max(service, last_heard_ns) AS service,
    arg_max(version, last_heard_ns) AS version,
    arg_max(environment, last_heard_ns) AS environment,
    min(started_ns) AS started_ns,
    max(last_heard_ns) AS last_heard_ns,
    max(ended_ns) AS ended_ns,
    max(recorded) AS recorded,
    max(dropped) AS dropped,
    arg_max(open_count, last_heard_ns) AS open_count,
    max(background_ns) AS background_ns,
    max(caller_ns) AS caller_ns,
    max(sent_bytes) AS sent_bytes,
    max(row_version) AS row_version
FROM (SELECT * FROM stored.main.processes UNION ALL SELECT * FROM fresh_processes)
GROUP BY workspace, process;

-- name: show_findings
-- The findings, fresh ones in the place of stored ones with their ids.
SELECT * FROM stored.main.findings AS s
WHERE NOT EXISTS (SELECT 1 FROM fresh_findings AS f WHERE f.workspace = s.workspace AND f.finding_id = s.finding_id)
UNION ALL
SELECT * FROM fresh_findings;
