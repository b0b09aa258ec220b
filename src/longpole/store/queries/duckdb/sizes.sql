-- How much room things take in a DuckDB file.

-- name: table_sizes
-- By table, the bytes of its blocks as of the last checkpoint, the failed ones apart among them. A block of 256 KiB may
-- be shared by small tables, and counts for each of them then.
WITH segments AS (
    SELECT 'executions' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.executions') WHERE persistent
    UNION ALL
    SELECT 'executions' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.failed_executions') WHERE persistent
    UNION ALL
    SELECT 'steps' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.steps') WHERE persistent
    UNION ALL
    SELECT 'steps' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.failed_steps') WHERE persistent
    UNION ALL
    SELECT 'events' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.events') WHERE persistent
    UNION ALL
    SELECT 'decisions' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.decisions') WHERE persistent
    UNION ALL
    SELECT 'scores' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.scores') WHERE persistent
    UNION ALL
    SELECT 'bodies' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.bodies') WHERE persistent
    UNION ALL
    SELECT 'findings' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.findings') WHERE persistent
    UNION ALL
    SELECT 'agents' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.agents') WHERE persistent
    UNION ALL
    SELECT 'processes' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.processes') WHERE persistent
    UNION ALL
    SELECT 'rollups' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.rollups') WHERE persistent
    UNION ALL
    SELECT 'dead_letters' AS table_name, block_id, additional_block_ids FROM pragma_storage_info('stored.main.dead_letters') WHERE persistent
)
SELECT names.table_name, count(DISTINCT blocks.block) * 262144 AS size_bytes
FROM (
    VALUES
        ('executions'),
        ('steps'),
        ('events'),
        ('decisions'),
        ('scores'),
        ('bodies'),
        ('findings'),
        ('agents'),
        ('processes'),
        ('rollups'),
        ('dead_letters')
) AS names (table_name)
LEFT JOIN (
    SELECT table_name, block_id AS block FROM segments WHERE block_id >= 0
    UNION ALL
    SELECT table_name, unnest(additional_block_ids) AS block FROM segments
) AS blocks ON blocks.table_name = names.table_name
GROUP BY names.table_name
ORDER BY names.table_name;

-- name: database_size
-- The bytes that the file uses, those that are free inside it, and those of its log; of memory only what is used.
SELECT
    used_blocks * block_size AS used_bytes,
    free_blocks * block_size AS free_bytes,
    CAST(
        round(
            CAST(split_part(wal_size, ' ', 1) AS DOUBLE)
            * CASE split_part(wal_size, ' ', 2)
                WHEN 'KiB' THEN 1024 WHEN 'MiB' THEN 1048576 WHEN 'GiB' THEN 1073741824 ELSE 1
            END
        ) AS BIGINT
    ) AS log_bytes
FROM pragma_database_size()
WHERE database_name = 'stored';
