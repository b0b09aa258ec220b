-- What rollups say of model calls and whole trees, and when something was last seen. Of what is gone already it is
-- estimated: calls of which nothing is known told nothing. The others are computed again.

ALTER TABLE rollups
    ADD COLUMN model_calls_without_usage BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN model_call_ns BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN tree_model_calls BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN tree_model_calls_without_usage BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN tree_model_calls_without_cost BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN tree_tool_calls BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN last_seen_ns BIGINT NOT NULL DEFAULT 0;

DELETE FROM rollups WHERE kind NOT IN ('gone_execution', 'gone_step');

UPDATE rollups SET
    model_calls_without_usage = CASE WHEN input_tokens IS NULL AND output_tokens IS NULL THEN model_calls ELSE 0 END,
    model_call_ns = CASE WHEN model_calls > 0 THEN duration_ns ELSE 0 END,
    tree_model_calls = model_calls,
    tree_model_calls_without_usage =
        CASE WHEN input_tokens IS NULL AND output_tokens IS NULL THEN model_calls ELSE 0 END,
    tree_model_calls_without_cost = CASE WHEN cost_usd_nanos IS NULL THEN model_calls ELSE 0 END,
    tree_tool_calls =
        CASE WHEN kind = 'gone_step' AND category = 'tool' THEN CAST(floor(weight + 0.5) AS BIGINT) ELSE 0 END,
    last_seen_ns = window_ns;

CREATE INDEX rollups_of_kind ON rollups (kind, window_ns);
CREATE INDEX rollups_open ON rollups (kind) WHERE status IN ('pending', 'running', 'llm_request', 'llm_response');

-- Rows lie in the order of their receipt, and of their settling: what came lately is found in a few blocks.
CREATE INDEX executions_received ON executions USING brin (received_ns);
CREATE INDEX executions_settled ON executions USING brin (settled_ns);
CREATE INDEX steps_received ON steps USING brin (received_ns);
