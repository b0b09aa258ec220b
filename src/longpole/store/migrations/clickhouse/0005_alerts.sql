-- Alerts that fired, who is not to be told of them, where messages go and which were sent.

CREATE TABLE IF NOT EXISTS @stored(alerts)@on_cluster() (
    workspace String,
    alert_id String,
    rule_id String,
    title String,
    subject String,
    level String,
    state String,
    unit String,
    since_ns Int64,
    fired_ns Nullable(Int64),
    cleared_ns Nullable(Int64),
    quiet_ns Nullable(Int64),
    value Nullable(Float64),
    worst Nullable(Float64),
    limit_value Float64,
    said String,
    evidence String,
    link String,
    untold String,
    acknowledged_by Nullable(String),
    acknowledged_ns Nullable(Int64),
    changed_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, alert_id);

@front(alerts, alert_id);

CREATE TABLE IF NOT EXISTS @stored(alert_silences)@on_cluster() (
    workspace String,
    silence_id String,
    rule_id Nullable(String),
    subject Nullable(String),
    until_ns Int64,
    silenced_by String,
    reason String,
    created_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, silence_id);

@front(alert_silences, silence_id);

CREATE TABLE IF NOT EXISTS @stored(alert_targets)@on_cluster() (
    workspace String,
    target String,
    url String,
    changed_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, target);

@front(alert_targets, target);

CREATE TABLE IF NOT EXISTS @stored(alert_deliveries)@on_cluster() (
    workspace String,
    delivery_id String,
    rule_id String,
    target String,
    subject_line String,
    message String,
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

@front(alert_deliveries, delivery_id);
