-- What rollups say of model calls and whole trees, and when something was last seen. Of what is there already it is
-- estimated: calls of which nothing is known told nothing. Rollups of what is stored are computed again.

ALTER TABLE @stored(rollups)@on_cluster()
    ADD COLUMN IF NOT EXISTS model_calls_without_usage Int64
        DEFAULT if(input_tokens IS NULL AND output_tokens IS NULL, model_calls, 0) AFTER updated_ns,
    ADD COLUMN IF NOT EXISTS model_call_ns Int64
        DEFAULT if(model_calls > 0, duration_ns, 0) AFTER model_calls_without_usage,
    ADD COLUMN IF NOT EXISTS tree_model_calls Int64 DEFAULT model_calls AFTER model_call_ns,
    ADD COLUMN IF NOT EXISTS tree_model_calls_without_usage Int64
        DEFAULT if(input_tokens IS NULL AND output_tokens IS NULL, model_calls, 0) AFTER tree_model_calls,
    ADD COLUMN IF NOT EXISTS tree_model_calls_without_cost Int64
        DEFAULT if(cost_usd_nanos IS NULL, model_calls, 0) AFTER tree_model_calls_without_usage,
    ADD COLUMN IF NOT EXISTS tree_tool_calls Int64
        DEFAULT if(kind = 'gone_step' AND category = 'tool', toInt64(floor(weight + 0.5)), 0)
        AFTER tree_model_calls_without_cost,
    ADD COLUMN IF NOT EXISTS last_seen_ns Int64 DEFAULT window_ns AFTER tree_tool_calls;

@front_anew(rollups, window_ns);
