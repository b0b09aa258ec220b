-- What model calls used and cost, who made them, by which price list; and what is needed to price them again.

-- name: cost_parts
-- By a part ('agent', 'model', 'provider', 'tier', 'day' (UTC), 'version', 'environment', 'workspace') and the price
-- list: what the counted model calls used. Sums are weighted.
WITH calls AS (
    SELECT
        CASE $by_what
            WHEN 'agent' THEN agent
            WHEN 'model' THEN model
            WHEN 'provider' THEN provider
            WHEN 'tier' THEN price_tier
            WHEN 'version' THEN version
            WHEN 'environment' THEN environment
            WHEN 'workspace' THEN workspace
        END AS part,
        CASE WHEN $by_what = 'day' THEN started_ns - started_ns % 86400000000000 END AS day_ns,
        price_version, weight, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
        input_audio_tokens, output_audio_tokens, cost_usd_nanos
    FROM steps
    WHERE
        is_counted
        AND @in_scope()
        AND ($model IS NULL OR model = $model)
    UNION ALL
    SELECT
        CASE $by_what
            WHEN 'agent' THEN agent
            WHEN 'model' THEN model
            WHEN 'provider' THEN provider
            WHEN 'tier' THEN price_tier
            WHEN 'version' THEN version
            WHEN 'environment' THEN environment
            WHEN 'workspace' THEN workspace
        END AS part,
        CASE WHEN $by_what = 'day' THEN started_ns - started_ns % 86400000000000 END AS day_ns,
        price_version, weight, call_input_tokens, call_output_tokens, call_cache_read_tokens, call_cache_write_tokens,
        call_reasoning_tokens, call_input_audio_tokens, call_output_audio_tokens, call_cost_usd_nanos
    FROM executions
    WHERE
        is_counted
        AND @in_scope()
        AND ($model IS NULL OR model = $model)
)
SELECT
    part,
    day_ns,
    price_version,
    sum(c.weight) AS calls,
    coalesce(sum(c.weight) FILTER (WHERE c.input_tokens IS NULL AND c.output_tokens IS NULL), 0) AS calls_without_usage,
    coalesce(sum(c.weight) FILTER (WHERE c.cost_usd_nanos IS NULL), 0) AS calls_without_cost,
    coalesce(
        sum(c.weight) FILTER (WHERE c.cost_usd_nanos IS NULL AND c.input_tokens IS NULL AND c.output_tokens IS NULL), 0
    ) AS unpriced_without_usage,
    sum(c.input_tokens * c.weight) AS input_tokens,
    sum(c.output_tokens * c.weight) AS output_tokens,
    sum(c.cache_read_tokens * c.weight) AS cache_read_tokens,
    sum(c.cache_write_tokens * c.weight) AS cache_write_tokens,
    sum(c.reasoning_tokens * c.weight) AS reasoning_tokens,
    sum(c.input_audio_tokens * c.weight) AS input_audio_tokens,
    sum(c.output_audio_tokens * c.weight) AS output_audio_tokens,
    sum(c.cost_usd_nanos * c.weight) AS cost_usd_nanos
FROM calls AS c
GROUP BY part, day_ns, price_version
ORDER BY part, day_ns, price_version;

-- name: cost_lists
-- By price list, what the counted model calls cost, how many cannot be priced and told no usage, and the tokens of
-- audio. Half of what the sums of `cost_parts` take.
WITH calls AS (
    SELECT
        price_version, weight, input_tokens, output_tokens, input_audio_tokens, output_audio_tokens, cost_usd_nanos
    FROM steps
    WHERE
        is_counted
        AND @in_scope()
    UNION ALL
    SELECT
        price_version, weight, call_input_tokens, call_output_tokens, call_input_audio_tokens, call_output_audio_tokens,
        call_cost_usd_nanos
    FROM executions
    WHERE
        is_counted
        AND @in_scope()
)
SELECT
    price_version,
    sum(c.weight) AS calls,
    coalesce(
        sum(c.weight) FILTER (WHERE c.cost_usd_nanos IS NULL AND c.input_tokens IS NULL AND c.output_tokens IS NULL), 0
    ) AS unpriced_without_usage,
    sum(c.cost_usd_nanos * c.weight) AS cost_usd_nanos,
    coalesce(sum(c.input_audio_tokens), 0) + coalesce(sum(c.output_audio_tokens), 0) AS audio_tokens
FROM calls AS c
GROUP BY price_version
ORDER BY price_version;

-- name: cost_people
-- By user ($by_what is 'user'), session, or all in one row ('all'): what the trees of executions that nobody called
-- used, the dearest first. `parts` is how many rows there were without the limit.
SELECT
    CASE $by_what WHEN 'user' THEN user_id WHEN 'session' THEN session_id END AS part,
    count(*) OVER () AS parts,
    sum(e.model_calls * e.weight) AS calls,
    sum(e.model_calls_without_usage * e.weight) AS calls_without_usage,
    sum(e.model_calls_without_cost * e.weight) AS calls_without_cost,
    sum(e.input_tokens * e.weight) AS input_tokens,
    sum(e.output_tokens * e.weight) AS output_tokens,
    sum(e.cache_read_tokens * e.weight) AS cache_read_tokens,
    sum(e.cache_write_tokens * e.weight) AS cache_write_tokens,
    sum(e.reasoning_tokens * e.weight) AS reasoning_tokens,
    sum(e.cost_usd_nanos * e.weight) AS cost_usd_nanos
FROM executions AS e
WHERE
    parent_execution_id IS NULL
    AND model_calls > 0
    AND @in_scope()
GROUP BY part
ORDER BY coalesce(sum(e.cost_usd_nanos * e.weight), 0) DESC, calls DESC, part
LIMIT $limit;

-- name: cost_people_audio
-- As above: audio tokens, of the few calls that had any.
SELECT
    CASE $by_what WHEN 'user' THEN e.user_id WHEN 'session' THEN e.session_id END AS part,
    sum(s.input_audio_tokens * s.weight) AS input_audio_tokens,
    sum(s.output_audio_tokens * s.weight) AS output_audio_tokens
FROM steps AS s
JOIN executions AS e ON e.workspace = s.workspace AND e.execution_id = s.root_execution_id
WHERE
    s.is_counted
    AND (s.input_audio_tokens IS NOT NULL OR s.output_audio_tokens IS NOT NULL)
    AND @in_scope(e)
GROUP BY part
ORDER BY part;

-- name: priced_hours
-- In which hours model calls began that told their usage, and how many; for pricing them again, some hours at a time.
SELECT hour_ns, sum(calls) AS calls
FROM (
    SELECT started_ns - started_ns % 3600000000000 AS hour_ns, 1 AS calls
    FROM steps
    WHERE
        category = 'llm'
        AND model IS NOT NULL
        AND input_tokens IS NOT NULL
        AND started_ns >= $from_ns
        AND started_ns < $to_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($model IS NULL OR model = $model)
    UNION ALL
    SELECT started_ns - started_ns % 3600000000000 AS hour_ns, 1 AS calls
    FROM executions
    WHERE
        (category = 'llm' OR price_version IS NOT NULL)
        AND model IS NOT NULL
        AND call_input_tokens IS NOT NULL
        AND started_ns >= $from_ns
        AND started_ns < $to_ns
        AND ($workspace IS NULL OR workspace = $workspace)
        AND ($model IS NULL OR model = $model)
) AS told
GROUP BY hour_ns
ORDER BY hour_ns;

-- name: priced_calls
-- The model calls of a time range that told their usage, with all that their price hangs on.
SELECT
    workspace, trace_id, is_counted, weight, provider, model, operation, started_ns, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens,
    cache_write_1h_tokens, price_tier, cost_usd_nanos, price_version
FROM steps
WHERE
    category = 'llm'
    AND model IS NOT NULL
    AND input_tokens IS NOT NULL
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($model IS NULL OR model = $model)
UNION ALL
SELECT
    workspace, trace_id, is_counted, weight, provider, model, operation, started_ns, call_input_tokens AS input_tokens,
    call_output_tokens AS output_tokens, call_cache_read_tokens AS cache_read_tokens,
    call_cache_write_tokens AS cache_write_tokens, call_reasoning_tokens AS reasoning_tokens,
    call_input_audio_tokens AS input_audio_tokens, call_output_audio_tokens AS output_audio_tokens,
    call_cache_write_1h_tokens AS cache_write_1h_tokens, price_tier, call_cost_usd_nanos AS cost_usd_nanos, price_version
FROM executions
WHERE
    (category = 'llm' OR price_version IS NOT NULL)
    AND model IS NOT NULL
    AND call_input_tokens IS NOT NULL
    AND started_ns >= $from_ns
    AND started_ns < $to_ns
    AND ($workspace IS NULL OR workspace = $workspace)
    AND ($model IS NULL OR model = $model);

-- name: traces_of_trees
-- The traces of some trees of executions, and whether something of each still waits to be settled.
SELECT trace_id, root_execution_id, max(CASE WHEN settled_ns IS NULL THEN 1 ELSE 0 END) AS is_waiting
FROM executions
WHERE workspace = $workspace AND @in_list(root_execution_id, $root_execution_ids)
GROUP BY trace_id, root_execution_id
UNION
SELECT trace_id, root_execution_id, 0 AS is_waiting
FROM steps
WHERE workspace = $workspace AND @in_list(root_execution_id, $root_execution_ids)
GROUP BY trace_id, root_execution_id;

-- name: trees_of_traces
-- The trees of executions that some traces have a part of.
SELECT root_execution_id FROM executions WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids)
UNION
SELECT root_execution_id FROM steps WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids);

-- name: trace_scores
-- All columns of the scores of the given traces, as the struct Score has them.
SELECT * FROM scores WHERE workspace = $workspace AND @in_list(trace_id, $trace_ids);
