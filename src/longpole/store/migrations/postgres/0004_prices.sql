-- What else a price hangs on, which price list each call was priced by, and own prices of these kinds of tokens.

ALTER TABLE executions
    ADD COLUMN call_input_audio_tokens BIGINT,
    ADD COLUMN call_output_audio_tokens BIGINT,
    ADD COLUMN call_cache_write_1h_tokens BIGINT,
    ADD COLUMN price_tier TEXT COLLATE "C";

ALTER TABLE steps
    ADD COLUMN input_audio_tokens BIGINT,
    ADD COLUMN output_audio_tokens BIGINT,
    ADD COLUMN cache_write_1h_tokens BIGINT,
    ADD COLUMN price_tier TEXT COLLATE "C",
    ADD COLUMN price_version TEXT COLLATE "C";

ALTER TABLE prices
    ADD COLUMN reasoning_usd_nanos BIGINT,
    ADD COLUMN input_audio_usd_nanos BIGINT,
    ADD COLUMN output_audio_usd_nanos BIGINT,
    ADD COLUMN request_usd_nanos BIGINT;
