-- Questions about what waited for what.

-- name: orders_of_steps
-- Of the latest executions of an agent that had one finished step of each of two names: in how many the second one
-- began before the first one had ended. Where one of them came again, as a model does after each tool, it says nothing.
WITH stood AS (
    SELECT
        execution_id,
        min(started_ns) AS began_ns,
        min(CASE WHEN name = $name THEN ended_ns END) AS first_ended_ns,
        min(CASE WHEN name = $second_name THEN started_ns END) AS second_began_ns
    FROM steps
    WHERE
        workspace = $workspace
        AND agent = $agent
        AND (name = $name OR name = $second_name)
        AND started_ns >= $from_ns
        AND started_ns < $to_ns
        AND ended_ns IS NOT NULL
    GROUP BY execution_id
    HAVING
        sum(CASE WHEN name = $name THEN 1 ELSE 0 END) = 1
        AND sum(CASE WHEN name = $second_name THEN 1 ELSE 0 END) = 1
), latest AS (
    SELECT first_ended_ns, second_began_ns
    FROM stood
    ORDER BY began_ns DESC, execution_id
    LIMIT $limit
)
SELECT count(*) AS executions, sum(CASE WHEN second_began_ns < first_ended_ns THEN 1 ELSE 0 END) AS otherwise
FROM latest;
