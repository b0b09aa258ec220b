-- Questions about webhooks: what is to be sent now, what was.

-- name: webhook_deliveries_due
-- What is to be tried now, the oldest first.
SELECT * FROM webhook_deliveries WHERE next_ns <= $before_ns ORDER BY created_ns, delivery_id LIMIT $limit;

-- name: webhook_deliveries_of
-- What was sent to the webhooks of a workspace, or of all, the latest first; only what was given up, if so asked.
SELECT *
FROM webhook_deliveries
WHERE
    ($workspace IS NULL OR workspace = $workspace)
    AND (NOT $only_dead OR (next_ns IS NULL AND delivered_ns IS NULL))
ORDER BY created_ns DESC, delivery_id
LIMIT $limit;
