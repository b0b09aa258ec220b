-- Processes and what they say of themselves; whose a step is, which scopes and which unit of credits an execution has,
-- and for how many others a kept execution stands.

CREATE TABLE processes (
    workspace VARCHAR NOT NULL,
    process VARCHAR NOT NULL,
    service VARCHAR,
    version VARCHAR,
    environment VARCHAR,
    started_ns BIGINT,
    last_heard_ns BIGINT NOT NULL,
    ended_ns BIGINT,
    recorded BIGINT,
    dropped BIGINT,
    open_count BIGINT,
    background_ns BIGINT,
    caller_ns BIGINT,
    sent_bytes BIGINT,
    row_version BIGINT NOT NULL
);

ALTER TABLE executions ADD COLUMN credits_unit VARCHAR;
ALTER TABLE executions ADD COLUMN scopes VARCHAR;
ALTER TABLE executions ADD COLUMN tail_weight DOUBLE;
ALTER TABLE steps ADD COLUMN process VARCHAR;
