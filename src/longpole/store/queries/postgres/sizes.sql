-- How much room things take in PostgreSQL.

-- name: table_sizes
-- By table, the bytes of it, its partitions, their indexes and what is kept beside them.
SELECT coalesce(parent.relname, part.relname) AS table_name, CAST(sum(pg_total_relation_size(part.oid)) AS BIGINT) AS size_bytes
FROM pg_class AS part
LEFT JOIN pg_inherits AS inherited ON inherited.inhrelid = part.oid
LEFT JOIN pg_class AS parent ON parent.oid = inherited.inhparent
WHERE part.relkind = 'r' AND part.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
GROUP BY coalesce(parent.relname, part.relname)
ORDER BY table_name;

-- name: database_size
-- The bytes of everything in the schema. What is free inside the files is not known without reading them; the log is the
-- whole server's and not counted.
SELECT CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS BIGINT) AS used_bytes, CAST(0 AS BIGINT) AS free_bytes, CAST(0 AS BIGINT) AS log_bytes
FROM pg_class
WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema());
