-- How much room things take in ClickHouse.

-- name: table_sizes
-- By table, the bytes of its active parts on this node.
SELECT name AS table_name, toInt64(coalesce(total_bytes, 0)) AS size_bytes
FROM system.tables
WHERE database = currentDatabase() AND NOT is_temporary
ORDER BY name;

-- name: database_size
-- The bytes of all active parts on this node, and of those that were merged or removed and are not deleted yet.
SELECT
    toInt64(coalesce(sumIf(bytes_on_disk, active), 0)) AS used_bytes,
    toInt64(coalesce(sumIf(bytes_on_disk, NOT active), 0)) AS free_bytes,
    toInt64(0) AS log_bytes
FROM system.parts
WHERE database = currentDatabase();
