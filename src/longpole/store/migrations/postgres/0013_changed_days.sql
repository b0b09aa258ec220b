-- How often something of a day was changed, whichever server did it: what servers have kept of answers about days that are
-- over is true until then; see decision 0032. A removal that does not say of which days counts for day -1.

CREATE TABLE changed_days (
    day BIGINT PRIMARY KEY,
    changes BIGINT NOT NULL
);
