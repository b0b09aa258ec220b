-- What else a price hangs on, which price list each call was priced by, and own prices of these kinds of tokens.

ALTER TABLE executions ADD COLUMN call_input_audio_tokens BIGINT;
ALTER TABLE executions ADD COLUMN call_output_audio_tokens BIGINT;
ALTER TABLE executions ADD COLUMN call_cache_write_1h_tokens BIGINT;
ALTER TABLE executions ADD COLUMN price_tier VARCHAR;

ALTER TABLE steps ADD COLUMN input_audio_tokens BIGINT;
ALTER TABLE steps ADD COLUMN output_audio_tokens BIGINT;
ALTER TABLE steps ADD COLUMN cache_write_1h_tokens BIGINT;
ALTER TABLE steps ADD COLUMN price_tier VARCHAR;
ALTER TABLE steps ADD COLUMN price_version VARCHAR;

ALTER TABLE prices ADD COLUMN reasoning_usd_nanos BIGINT;
ALTER TABLE prices ADD COLUMN input_audio_usd_nanos BIGINT;
ALTER TABLE prices ADD COLUMN output_audio_usd_nanos BIGINT;
ALTER TABLE prices ADD COLUMN request_usd_nanos BIGINT;
