-- Who is told of events, and what was sent.

CREATE TABLE IF NOT EXISTS @stored(webhooks)@on_cluster() (
    workspace String,
    name String,
    url String,
    secret String,
    kinds String,
    agent Nullable(String),
    changed_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, name);

@front(webhooks, name);

CREATE TABLE IF NOT EXISTS @stored(webhook_deliveries)@on_cluster() (
    workspace String,
    delivery_id String,
    name String,
    kind String,
    body String,
    created_ns Int64,
    attempts Int64,
    next_ns Nullable(Int64),
    delivered_ns Nullable(Int64),
    error Nullable(String),
    changed_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, delivery_id);

@front(webhook_deliveries, delivery_id);
