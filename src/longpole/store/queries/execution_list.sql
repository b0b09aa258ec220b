-- Questions about many executions: one page of the list.

-- name: execution_page
-- One page of executions after a place in the order, optional filters applied; unknown sort values come last.
-- The order is (has no sort value, sort value, execution_id, trace_id, span_id, workspace), the last four ascending
-- always; `$after_id` null means from the start. Statuses are a list, or null for all. Steps and bodies of an execution
-- come after its start, but for clocks that differ: by a day at most, so that older days need not be searched.
WITH @carrying(),
candidates AS (
    SELECT
        workspace, execution_id, trace_id, span_id, parent_execution_id, root_execution_id, agent, method, kind,
        status, stage, started_ns, ended_ns, duration_ns, steps_total, steps_completed, steps_failed, input_tokens,
        output_tokens, cache_read_tokens, reasoning_tokens, cost_usd_nanos, model, model_calls,
        model_calls_without_usage, model_calls_without_cost, tool_calls, retries, agents_skipped, error_type,
        error_message, session_id, user_id, version, environment, service, runtime_mode, trigger_type, trigger_source,
        credits, credits_unit, scopes, weight, category_ns, settled_ns,
        CASE $sort
            WHEN 'started' THEN started_ns
            WHEN 'duration' THEN duration_ns
            WHEN 'tokens' THEN
                CASE
                    WHEN input_tokens IS NULL AND output_tokens IS NULL THEN NULL
                    ELSE coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
                END
            WHEN 'cost' THEN cost_usd_nanos
        END AS number_key,
        CASE $sort WHEN 'status' THEN status WHEN 'agent' THEN agent END AS text_key
    FROM executions
    WHERE @matching()
),
ranked AS (
    SELECT *, CASE WHEN number_key IS NULL AND text_key IS NULL THEN 1 ELSE 0 END AS has_no_key
    FROM candidates
)
SELECT *
FROM ranked
WHERE
    (
        $after_id IS NULL
        OR has_no_key > $after_has_no_key
        OR (
            has_no_key = $after_has_no_key
            AND (
                ($is_descending AND (number_key < $after_number OR text_key < $after_text))
                OR (NOT $is_descending AND (number_key > $after_number OR text_key > $after_text))
                OR (
                    (has_no_key = 1 OR number_key = $after_number OR text_key = $after_text)
                    AND (execution_id, trace_id, span_id, workspace) > ($after_id, $after_trace, $after_span, $after_workspace)
                )
            )
        )
    )
ORDER BY
    has_no_key,
    CASE WHEN $is_descending THEN number_key END DESC,
    CASE WHEN NOT $is_descending THEN number_key END ASC,
    CASE WHEN $is_descending THEN text_key END DESC,
    CASE WHEN NOT $is_descending THEN text_key END ASC,
    execution_id, trace_id, span_id, workspace
LIMIT $limit;
