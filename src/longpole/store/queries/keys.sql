-- Questions about keys.

-- name: audit_entries
-- Who changed what, the newest first.
SELECT *
FROM audit_log
WHERE ($workspace IS NULL OR workspace = $workspace)
    AND ($deed IS NULL OR deed = $deed)
    AND ($key_id IS NULL OR key_id = $key_id)
    AND at_ns >= $from_ns AND at_ns < $to_ns
ORDER BY at_ns DESC, entry_id
LIMIT $limit;
