-- Keys with several rights and the sessions they open, when each was used last, and who changed what.

ALTER TABLE keys ADD COLUMN opened_by VARCHAR;

CREATE TABLE key_uses (
    key_id VARCHAR NOT NULL,
    last_used_ns BIGINT NOT NULL
);

CREATE TABLE audit_log (
    entry_id VARCHAR NOT NULL,
    at_ns BIGINT NOT NULL,
    workspace VARCHAR NOT NULL,
    key_id VARCHAR,
    who VARCHAR,
    deed VARCHAR NOT NULL,
    subject VARCHAR,
    address VARCHAR,
    status BIGINT NOT NULL
);
