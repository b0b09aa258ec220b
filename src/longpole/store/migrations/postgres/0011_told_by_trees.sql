-- What the tree of an execution tells of it: which tools its steps ran, by which errors they failed, and when the first and
-- the last span of the tree started; see decision 0030.

ALTER TABLE executions
    ADD COLUMN tools TEXT COLLATE "C",
    ADD COLUMN step_errors TEXT COLLATE "C",
    ADD COLUMN tree_from_ns BIGINT,
    ADD COLUMN tree_to_ns BIGINT;
