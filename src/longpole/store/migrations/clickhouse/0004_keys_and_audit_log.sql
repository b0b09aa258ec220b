-- Keys with several rights and the sessions they open, when each was used last, and who changed what.

@widen(keys,
    ADD COLUMN IF NOT EXISTS opened_by Nullable(String) AFTER revoked_ns
);

CREATE TABLE IF NOT EXISTS @stored(key_uses)@on_cluster() (
    key_id String,
    last_used_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (key_id);

@front(key_uses, key_id);

CREATE TABLE IF NOT EXISTS @stored(audit_log)@on_cluster() (
    entry_id String,
    at_ns Int64,
    workspace String,
    key_id Nullable(String),
    who Nullable(String),
    deed String,
    subject Nullable(String),
    address Nullable(String),
    status Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (entry_id);

@front(audit_log, entry_id);
