-- Places in the code that an audit found, and what has become of them.

CREATE TABLE audit_findings (
    workspace VARCHAR NOT NULL,
    program VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    message VARCHAR NOT NULL,
    advice VARCHAR NOT NULL,
    confidence VARCHAR NOT NULL,
    reasons VARCHAR NOT NULL,
    code_file VARCHAR NOT NULL,
    code_line BIGINT NOT NULL,
    code_end_line BIGINT NOT NULL,
    code_column BIGINT NOT NULL,
    code_function VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    state_by VARCHAR,
    state_reason VARCHAR,
    first_seen_ns BIGINT NOT NULL,
    last_seen_ns BIGINT NOT NULL,
    gone_ns BIGINT,
    changed_ns BIGINT NOT NULL
);
