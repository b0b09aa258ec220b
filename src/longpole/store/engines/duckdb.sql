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

-- name: remove_position
-- Forgets the spool position.
DELETE FROM stored.main.spool_position;

-- name: insert_position
-- Notes how far into the spool everything is stored.
INSERT INTO stored.main.spool_position VALUES ($segment, $offset);

-- name: merged_agents
-- The agents in `fresh_agents` together with what is stored of them, through the view that `show_agents` makes.
SELECT a.* FROM agents AS a SEMI JOIN fresh_agents AS f ON a.workspace = f.workspace AND a.agent = f.agent;

-- name: remove_agents
-- Removes the agents in `fresh_agents`.
DELETE FROM stored.main.agents AS s USING fresh_agents AS f WHERE s.workspace = f.workspace AND s.agent = f.agent;

-- name: checkpoint
-- Brings the log into the file and gives back the space of removed rows.
CHECKPOINT stored;

-- name: show_stored
-- A table as it is stored, for a reader without fresh rows in it.
DROP VIEW IF EXISTS temp.main.@table();

-- name: show_fresh
-- A table with its fresh rows.
CREATE OR REPLACE TEMP VIEW @table() AS
SELECT * FROM stored.main.@table()
UNION ALL
SELECT * FROM fresh_@table();

-- name: show_hiding
-- A table without the stored rows that fresh ones replace. The anti-join is only in the view while something is hidden.
CREATE OR REPLACE TEMP VIEW @table() AS
SELECT * FROM stored.main.@table() AS s
WHERE NOT EXISTS (SELECT 1 FROM hidden_traces AS h WHERE h.workspace = s.workspace AND h.trace_id = s.trace_id)
UNION ALL
SELECT * FROM fresh_@table();

-- name: show_agents
-- The agents, stored and fresh seen as one row each: of two known values the later one.
CREATE OR REPLACE TEMP VIEW agents AS
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
