-- Alerts that fired, who is not to be told of them, where messages go and which were sent.

CREATE TABLE alerts (
    workspace VARCHAR NOT NULL,
    alert_id VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    since_ns BIGINT NOT NULL,
    fired_ns BIGINT,
    cleared_ns BIGINT,
    quiet_ns BIGINT,
    value DOUBLE,
    worst DOUBLE,
    limit_value DOUBLE NOT NULL,
    said VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    link VARCHAR NOT NULL,
    untold VARCHAR NOT NULL,
    acknowledged_by VARCHAR,
    acknowledged_ns BIGINT,
    changed_ns BIGINT NOT NULL
);

CREATE TABLE alert_silences (
    workspace VARCHAR NOT NULL,
    silence_id VARCHAR NOT NULL,
    rule_id VARCHAR,
    subject VARCHAR,
    until_ns BIGINT NOT NULL,
    silenced_by VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    created_ns BIGINT NOT NULL
);

CREATE TABLE alert_targets (
    workspace VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    changed_ns BIGINT NOT NULL
);

CREATE TABLE alert_deliveries (
    workspace VARCHAR NOT NULL,
    delivery_id VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    subject_line VARCHAR NOT NULL,
    message VARCHAR NOT NULL,
    created_ns BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_ns BIGINT,
    delivered_ns BIGINT,
    error VARCHAR,
    changed_ns BIGINT NOT NULL
);
