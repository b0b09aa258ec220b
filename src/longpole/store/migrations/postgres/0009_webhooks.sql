-- Who is told of events, and what was sent.

CREATE TABLE webhooks (
    workspace TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C" NOT NULL,
    secret TEXT COLLATE "C" NOT NULL,
    kinds TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C",
    changed_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);

CREATE TABLE webhook_deliveries (
    workspace TEXT COLLATE "C" NOT NULL,
    delivery_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    created_ns BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_ns BIGINT,
    delivered_ns BIGINT,
    error TEXT COLLATE "C",
    changed_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, delivery_id)
);
