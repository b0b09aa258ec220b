-- What else a price hangs on, which price list each call was priced by, and own prices of these kinds of tokens.

@widen(executions,
    ADD COLUMN IF NOT EXISTS call_input_audio_tokens Nullable(Int64) AFTER tail_weight,
    ADD COLUMN IF NOT EXISTS call_output_audio_tokens Nullable(Int64) AFTER call_input_audio_tokens,
    ADD COLUMN IF NOT EXISTS call_cache_write_1h_tokens Nullable(Int64) AFTER call_output_audio_tokens,
    ADD COLUMN IF NOT EXISTS price_tier LowCardinality(Nullable(String)) AFTER call_cache_write_1h_tokens
);

@widen(steps,
    ADD COLUMN IF NOT EXISTS input_audio_tokens Nullable(Int64) AFTER process,
    ADD COLUMN IF NOT EXISTS output_audio_tokens Nullable(Int64) AFTER input_audio_tokens,
    ADD COLUMN IF NOT EXISTS cache_write_1h_tokens Nullable(Int64) AFTER output_audio_tokens,
    ADD COLUMN IF NOT EXISTS price_tier LowCardinality(Nullable(String)) AFTER cache_write_1h_tokens,
    ADD COLUMN IF NOT EXISTS price_version LowCardinality(Nullable(String)) AFTER price_tier
);

@widen(prices,
    ADD COLUMN IF NOT EXISTS reasoning_usd_nanos Nullable(Int64) AFTER cache_write_usd_nanos,
    ADD COLUMN IF NOT EXISTS input_audio_usd_nanos Nullable(Int64) AFTER reasoning_usd_nanos,
    ADD COLUMN IF NOT EXISTS output_audio_usd_nanos Nullable(Int64) AFTER input_audio_usd_nanos,
    ADD COLUMN IF NOT EXISTS request_usd_nanos Nullable(Int64) AFTER output_audio_usd_nanos
);
