-- What could not be read or written.

-- name: dead_letter_list
-- The dead letters without what they hold, the one buried last first.
SELECT letter_id, server, workspace, kind, signal, body_format, reason, size_bytes, received_ns, buried_ns, attempts
FROM dead_letters
WHERE ($workspace IS NULL OR workspace = $workspace) AND ($kind IS NULL OR kind = $kind)
ORDER BY buried_ns DESC, letter_id
LIMIT $limit;

-- name: dead_letter
-- One dead letter with what it holds.
SELECT * FROM dead_letters WHERE letter_id = $letter_id AND ($workspace IS NULL OR workspace = $workspace);

-- name: dead_letter_count
-- How many dead letters there are, and the bytes that they hold.
SELECT count(*) AS letters, coalesce(sum(size_bytes), 0) AS size_bytes
FROM dead_letters
WHERE ($workspace IS NULL OR workspace = $workspace) AND ($kind IS NULL OR kind = $kind);

-- name: dead_bodies
-- The dead letters of a server's spool that hold a body, without it, the one buried last first.
SELECT letter_id, server, workspace, kind, signal, body_format, reason, size_bytes, received_ns, buried_ns, attempts
FROM dead_letters
WHERE server = $server AND kind = 'body'
ORDER BY buried_ns DESC, letter_id
LIMIT $limit;
