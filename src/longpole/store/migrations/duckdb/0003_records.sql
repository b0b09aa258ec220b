-- What people and servers keep beside the traces: one row for each key. How far a spool is stored is noted per server.

CREATE TABLE workspaces (
    workspace VARCHAR NOT NULL,
    title VARCHAR,
    created_ns BIGINT NOT NULL
);

CREATE TABLE keys (
    key_id VARCHAR NOT NULL,
    workspace VARCHAR NOT NULL,
    key_hash VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    title VARCHAR,
    created_ns BIGINT NOT NULL,
    expires_ns BIGINT,
    revoked_ns BIGINT
);

CREATE TABLE saved_views (
    workspace VARCHAR NOT NULL,
    view_id VARCHAR NOT NULL,
    page VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    view VARCHAR NOT NULL,
    changed_ns BIGINT NOT NULL
);

CREATE TABLE alert_rules (
    workspace VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    changed_ns BIGINT NOT NULL
);

CREATE TABLE prices (
    workspace VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    from_ns BIGINT NOT NULL,
    input_usd_nanos BIGINT,
    output_usd_nanos BIGINT,
    cache_read_usd_nanos BIGINT,
    cache_write_usd_nanos BIGINT
);

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
    updated_ns BIGINT NOT NULL
);

CREATE TABLE dead_letters (
    letter_id VARCHAR NOT NULL,
    server VARCHAR NOT NULL,
    workspace VARCHAR,
    kind VARCHAR NOT NULL,
    signal VARCHAR,
    body_format VARCHAR,
    reason VARCHAR NOT NULL,
    traceback VARCHAR,
    content VARCHAR NOT NULL,
    size_bytes BIGINT NOT NULL,
    received_ns BIGINT NOT NULL,
    buried_ns BIGINT NOT NULL,
    attempts BIGINT NOT NULL
);

CREATE TABLE ingest_ledger (
    server VARCHAR NOT NULL,
    segment BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    stored_ns BIGINT NOT NULL
);

CREATE TABLE leases (
    name VARCHAR NOT NULL,
    holder VARCHAR NOT NULL,
    asked_ns BIGINT NOT NULL,
    until_ns BIGINT NOT NULL
);

INSERT INTO ingest_ledger SELECT '', segment, "offset", 0 FROM spool_position;
DROP TABLE spool_position;
