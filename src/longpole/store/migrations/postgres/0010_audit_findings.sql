-- Places in the code that an audit found, and what has become of them.

CREATE TABLE audit_findings (
    workspace TEXT COLLATE "C" NOT NULL,
    program TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    message TEXT COLLATE "C" NOT NULL,
    advice TEXT COLLATE "C" NOT NULL,
    confidence TEXT COLLATE "C" NOT NULL,
    reasons TEXT COLLATE "C" NOT NULL,
    code_file TEXT COLLATE "C" NOT NULL,
    code_line BIGINT NOT NULL,
    code_end_line BIGINT NOT NULL,
    code_column BIGINT NOT NULL,
    code_function TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    state_by TEXT COLLATE "C",
    state_reason TEXT COLLATE "C",
    first_seen_ns BIGINT NOT NULL,
    last_seen_ns BIGINT NOT NULL,
    gone_ns BIGINT,
    changed_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, program, fingerprint)
);
