-- What rollups say of model calls and whole trees, and when something was last seen. Of what is gone already it is
-- estimated: calls of which nothing is known told nothing. Made anew, because DuckDB does not fill a column in the
-- transaction that adds it.

ALTER TABLE rollups RENAME TO rollups_before;

CREATE TABLE rollups (
    window_ns BIGINT NOT NULL,
    width_ns BIGINT NOT NULL,
    workspace VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    agent VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    environment VARCHAR NOT NULL,
    count BIGINT NOT NULL,
    weight DOUBLE NOT NULL,
    duration_ns BIGINT NOT NULL,
    self_ns BIGINT NOT NULL,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cost_usd_nanos BIGINT,
    model_calls BIGINT NOT NULL,
    histogram VARCHAR NOT NULL,
    updated_ns BIGINT NOT NULL,
    model_calls_without_usage BIGINT NOT NULL,
    model_call_ns BIGINT NOT NULL,
    tree_model_calls BIGINT NOT NULL,
    tree_model_calls_without_usage BIGINT NOT NULL,
    tree_model_calls_without_cost BIGINT NOT NULL,
    tree_tool_calls BIGINT NOT NULL,
    last_seen_ns BIGINT NOT NULL
);

INSERT INTO rollups
SELECT
    *,
    CASE WHEN input_tokens IS NULL AND output_tokens IS NULL THEN model_calls ELSE 0 END,
    CASE WHEN model_calls > 0 THEN duration_ns ELSE 0 END,
    model_calls,
    CASE WHEN input_tokens IS NULL AND output_tokens IS NULL THEN model_calls ELSE 0 END,
    CASE WHEN cost_usd_nanos IS NULL THEN model_calls ELSE 0 END,
    CASE WHEN kind = 'gone_step' AND category = 'tool' THEN CAST(floor(weight + 0.5) AS BIGINT) ELSE 0 END,
    window_ns
FROM rollups_before
WHERE kind IN ('gone_execution', 'gone_step');

DROP TABLE rollups_before;
