-- name: tables_there
-- The tables of the database, ours or not.
SELECT name FROM system.tables WHERE database = currentDatabase() AND NOT is_temporary ORDER BY name;

-- name: create_schema_version
-- The table that notes which migrations were applied, and when.
CREATE TABLE IF NOT EXISTS @stored(schema_version)@on_cluster() (version Int64, applied_ns Int64)
ENGINE = @merge_tree() ORDER BY version;

-- name: show_schema_version
-- The same table as seen from every node of a cluster.
@front(schema_version, version);

-- name: schema_version
-- The newest migration that was applied; null or 0 before the first.
SELECT max(version) AS version FROM schema_version;

-- name: note_version
-- Notes that a migration was applied.
INSERT INTO schema_version SELECT $version, $applied_ns;

-- name: tables_without_sync
-- The tables that hold rows and answer an insert before it is on the medium.
SELECT name
FROM system.tables
WHERE database = currentDatabase() AND endsWith(engine, 'MergeTree')
    AND NOT (create_table_query LIKE '%fsync_after_insert = 1%' AND create_table_query LIKE '%fsync_part_directory = 1%')
ORDER BY name;

-- name: sync_inserts
-- Has an insert into one of them synced to the medium, its files and their folder, before it is answered.
ALTER TABLE @table()@on_cluster() MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

-- name: stale_tables
-- The tables that have rows of spans that were told anew, from before that: in another hour, or in another role.
(SELECT 'executions' AS name FROM executions
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
    AND span_id IN $span_ids AND _version < $version
LIMIT 1)
UNION ALL
(SELECT 'steps' AS name FROM steps
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
    AND step_id IN $span_ids AND _version < $version
LIMIT 1)
UNION ALL
(SELECT 'events' AS name FROM events
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
    AND span_id IN $span_ids AND _version < $version
LIMIT 1)
UNION ALL
(SELECT 'decisions' AS name FROM decisions
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
    AND span_id IN $span_ids AND _version < $version
LIMIT 1)
UNION ALL
(SELECT 'scores' AS name FROM scores
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
    AND execution_id IN $span_ids AND _version < $version
LIMIT 1);

-- name: bury_stale
-- Puts a tombstone on each of these rows, in the partition where the row is.
INSERT INTO @table() (@place(), received_ns, _version, _is_deleted)
SELECT @place(), received_ns, $version, 1
FROM @table()
WHERE
    trace_id IN $trace_ids
    AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
    AND @span() IN $span_ids
    AND _version < $version;

-- name: forgotten_tables
-- The tables that have rows of traces of which nothing is to stay.
(SELECT 'executions' AS name FROM executions
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
LIMIT 1)
UNION ALL
(SELECT 'steps' AS name FROM steps
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
LIMIT 1)
UNION ALL
(SELECT 'events' AS name FROM events
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
LIMIT 1)
UNION ALL
(SELECT 'decisions' AS name FROM decisions
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
LIMIT 1)
UNION ALL
(SELECT 'scores' AS name FROM scores
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
LIMIT 1)
UNION ALL
(SELECT 'bodies' AS name FROM bodies
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
LIMIT 1);

-- name: bury_forgotten
-- Puts a tombstone on each of these rows, also on older versions in other partitions.
INSERT INTO @table() (@place(), received_ns, _version, _is_deleted)
SELECT DISTINCT @place(), received_ns, greatest(_version, toUInt64($version)), 1
FROM @table()
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
SETTINGS final = 0;

-- name: bury_forgotten_bodies
-- The same for bodies, whose version is that of their row.
INSERT INTO bodies (@place(), received_ns, _version, _is_deleted)
SELECT @place(), received_ns, max(_version), 1
FROM bodies
WHERE trace_id IN $trace_ids AND (workspace, trace_id) IN arrayZip($workspaces, $trace_ids)
GROUP BY @place(), received_ns
SETTINGS final = 0;

-- name: told_before
-- What this server has told of some agents or processes.
SELECT *
FROM @table()
WHERE _writer = $writer AND (@key()) IN arrayZip($workspaces, $names);

-- name: old_partitions
-- The days of which everything is older than a time.
SELECT DISTINCT partition
FROM @parts()
WHERE
    database = currentDatabase()
    AND table = '@table_stored()'
    AND active
    AND toInt64OrZero(partition) < intDiv($before_ns, 86400000000000);

-- name: spared_days
-- On which days something of the spared traces was received.
SELECT DISTINCT toString(intDiv(received_ns, 86400000000000)) AS day
FROM @table()
WHERE (workspace, trace_id) IN arrayZip($workspaces, $trace_ids) AND received_ns < $before_ns;

-- name: drop_day
-- Drops everything of a table that was received on one day.
ALTER TABLE @table_stored()@on_cluster() DROP PARTITION ID $day;

-- name: has_expired
-- Whether a table has rows from before a time.
SELECT 1 FROM @table() WHERE @age() < $before_ns LIMIT 1 SETTINGS final = 0;

-- name: has_expired_unless_spared
-- Whether a table has rows from before a time that are not of the spared traces.
SELECT 1
FROM @table()
WHERE @age() < $before_ns AND (workspace, trace_id) NOT IN arrayZip($workspaces, $trace_ids)
LIMIT 1
SETTINGS final = 0;

-- name: remove_expired
-- Removes the rows of one table from before a time.
DELETE FROM @table_stored()@on_cluster() WHERE @age() < $before_ns;

-- name: remove_expired_unless_spared
-- Removes the rows of one table from before a time, but for those of the spared traces.
DELETE FROM @table_stored()@on_cluster()
WHERE @age() < $before_ns AND (workspace, trace_id) NOT IN arrayZip($workspaces, $trace_ids);

-- name: compact
-- Merges what there is of a table, so that replaced rows and what tombstones lie on are written nowhere any more.
OPTIMIZE TABLE @table_stored()@on_cluster() FINAL;

-- name: claims
-- Who has asked for a lease.
SELECT name, holder, asked_ns, until_ns, _since_ns FROM lease_claims WHERE name = $name;

-- name: holder
-- Who has a lease.
SELECT holder, until_ns FROM leases WHERE name = $name;

-- name: read_statement
-- A person's statement as ClickHouse itself has read and written it, and the tree of what it has written.
SELECT formatQueryFromJSON(parseQueryToJSON($sql)) AS written, parseQueryToJSON(written) AS tree;

-- name: databases_there
-- Every database that the user of this connection may name.
SELECT name FROM system.databases;

-- name: functions_known
-- Which of some functions exist, by their names in lower case: whether they aggregate, and whether a person may use all
-- that are called so. Those may be used that compute something of what they are given, and nothing else: the kinds that
-- ClickHouse itself sorts them into, and some of those that it calls other ones.
SELECT
    lower(name) AS folded,
    min(is_aggregate) AS aggregates,
    min(
        origin = 'System'
        AND (
            is_aggregate
            OR if(alias_to = '', name, alias_to) IN (
                SELECT name
                FROM system.functions
                WHERE
                    (categories IN (
                        'Arithmetic', 'Arrays', 'Bit', 'Bitmap', 'Comparison', 'Conditional', 'Dates and Times',
                        'Distance', 'Encoding', 'Financial', 'Hash', 'IP Address', 'JSON', 'Logical', 'Map',
                        'Mathematical', 'Null', 'Random Number', 'Rounding', 'String', 'String Replacement',
                        'String Search', 'String Splitting', 'Time Window', 'Tuple', 'Type Conversion', 'URL', 'UUID'
                    )
                    AND name NOT IN (
                        'arrayLevenshteinDistance', 'arrayLevenshteinDistanceWeighted', 'arraySimilarity',
                        'damerauLevenshteinDistance', 'editDistance', 'editDistanceUTF8'
                    ))
                    OR name IN (
                        'bar', 'byteSize', 'caseWithExpression', 'finalizeAggregation', 'formatReadableDecimalSize',
                        'formatReadableQuantity', 'formatReadableSize', 'formatReadableTimeDelta', 'identity',
                        'materialize', 'parseTimeDelta', 'rowNumberInAllBlocks', 'toColumnTypeName', 'toTypeName',
                        'transform', 'variantElement', 'variantType'
                    )
            )
        )
    ) AS is_open
FROM system.functions
WHERE lower(name) IN $names
GROUP BY folded;
