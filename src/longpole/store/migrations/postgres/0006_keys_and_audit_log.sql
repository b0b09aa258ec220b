-- Keys with several rights and the sessions they open, when each was used last, and who changed what.

ALTER TABLE keys ADD COLUMN opened_by TEXT COLLATE "C";

CREATE TABLE key_uses (
    key_id TEXT COLLATE "C" NOT NULL,
    last_used_ns BIGINT NOT NULL,
    PRIMARY KEY (key_id)
);

CREATE TABLE audit_log (
    entry_id TEXT COLLATE "C" NOT NULL,
    at_ns BIGINT NOT NULL,
    workspace TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C",
    who TEXT COLLATE "C",
    deed TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C",
    address TEXT COLLATE "C",
    status BIGINT NOT NULL,
    PRIMARY KEY (entry_id)
);

CREATE INDEX audit_log_at ON audit_log (at_ns);
