-- Alerts that fired, who is not to be told of them, where messages go and which were sent.

CREATE TABLE alerts (
    workspace TEXT COLLATE "C" NOT NULL,
    alert_id TEXT COLLATE "C" NOT NULL,
    rule_id TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    since_ns BIGINT NOT NULL,
    fired_ns BIGINT,
    cleared_ns BIGINT,
    quiet_ns BIGINT,
    value DOUBLE PRECISION,
    worst DOUBLE PRECISION,
    limit_value DOUBLE PRECISION NOT NULL,
    said TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    link TEXT COLLATE "C" NOT NULL,
    untold TEXT COLLATE "C" NOT NULL,
    acknowledged_by TEXT COLLATE "C",
    acknowledged_ns BIGINT,
    changed_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, alert_id)
);

CREATE TABLE alert_silences (
    workspace TEXT COLLATE "C" NOT NULL,
    silence_id TEXT COLLATE "C" NOT NULL,
    rule_id TEXT COLLATE "C",
    subject TEXT COLLATE "C",
    until_ns BIGINT NOT NULL,
    silenced_by TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    created_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, silence_id)
);

CREATE TABLE alert_targets (
    workspace TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C" NOT NULL,
    changed_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, target)
);

CREATE TABLE alert_deliveries (
    workspace TEXT COLLATE "C" NOT NULL,
    delivery_id TEXT COLLATE "C" NOT NULL,
    rule_id TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    subject_line TEXT COLLATE "C" NOT NULL,
    message TEXT COLLATE "C" NOT NULL,
    created_ns BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_ns BIGINT,
    delivered_ns BIGINT,
    error TEXT COLLATE "C",
    changed_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, delivery_id)
);
