-- Who is told of events, and what was sent.

CREATE TABLE webhooks (
    workspace VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    secret VARCHAR NOT NULL,
    kinds VARCHAR NOT NULL,
    agent VARCHAR,
    changed_ns BIGINT NOT NULL
);

CREATE TABLE webhook_deliveries (
    workspace VARCHAR NOT NULL,
    delivery_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    created_ns BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_ns BIGINT,
    delivered_ns BIGINT,
    error VARCHAR,
    changed_ns BIGINT NOT NULL
);
