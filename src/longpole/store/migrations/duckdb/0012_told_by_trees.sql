-- What the tree of an execution tells of it: which tools its steps ran, by which errors they failed, and when the first and
-- the last span of the tree started; see decision 0030.

ALTER TABLE executions ADD COLUMN tools VARCHAR;
ALTER TABLE executions ADD COLUMN step_errors VARCHAR;
ALTER TABLE executions ADD COLUMN tree_from_ns BIGINT;
ALTER TABLE executions ADD COLUMN tree_to_ns BIGINT;

ALTER TABLE failed_executions ADD COLUMN tools VARCHAR;
ALTER TABLE failed_executions ADD COLUMN step_errors VARCHAR;
ALTER TABLE failed_executions ADD COLUMN tree_from_ns BIGINT;
ALTER TABLE failed_executions ADD COLUMN tree_to_ns BIGINT;
