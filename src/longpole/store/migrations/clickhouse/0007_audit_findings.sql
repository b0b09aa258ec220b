-- Places in the code that an audit found, and what has become of them.

CREATE TABLE IF NOT EXISTS @stored(audit_findings)@on_cluster() (
    workspace String,
    program String,
    fingerprint String,
    rule String,
    title String,
    message String,
    advice String,
    confidence String,
    reasons String,
    code_file String,
    code_line Int64,
    code_end_line Int64,
    code_column Int64,
    code_function String,
    state String,
    state_by Nullable(String),
    state_reason Nullable(String),
    first_seen_ns Int64,
    last_seen_ns Int64,
    gone_ns Nullable(Int64),
    changed_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, program, fingerprint);

@front(audit_findings, fingerprint);
