-- Questions about scores and findings.

-- name: scores_of_executions
-- The scores of some executions in order of time.
SELECT s.*, CAST(NULL AS VARCHAR) AS agent
FROM scores AS s
WHERE s.workspace = $workspace AND @in_list(s.execution_id, $execution_ids)
ORDER BY s.time_ns, s.execution_id, s.name;

-- name: score_list
-- The scores of executions that started in the time range, optional filters applied, newest first.
SELECT s.*, e.agent
FROM scores AS s
JOIN executions AS e ON e.workspace = s.workspace AND e.execution_id = s.execution_id
WHERE
    e.started_ns >= $from_ns
    AND e.started_ns < $to_ns
    AND ($workspace IS NULL OR s.workspace = $workspace)
    AND ($name IS NULL OR s.name = $name)
    AND ($label IS NULL OR s.label = $label)
    AND ($agent IS NULL OR e.agent = $agent)
    AND ($environment IS NULL OR e.environment = $environment)
    AND ($version IS NULL OR e.version = $version)
ORDER BY s.time_ns DESC, s.execution_id, s.name
LIMIT $limit;

-- name: findings_of_executions
-- The findings about some executions, by rule.
SELECT * FROM findings
WHERE workspace = $workspace AND @in_list(execution_id, $execution_ids)
ORDER BY rule, raised_ns, finding_id;
