-- What the tree of an execution tells of it: which tools its steps ran, by which errors they failed, and when the first and
-- the last span of the tree started; see decision 0030.

@widen(executions,
    ADD COLUMN IF NOT EXISTS tools LowCardinality(Nullable(String)) AFTER price_tier,
    ADD COLUMN IF NOT EXISTS step_errors LowCardinality(Nullable(String)) AFTER tools,
    ADD COLUMN IF NOT EXISTS tree_from_ns Nullable(Int64) AFTER step_errors,
    ADD COLUMN IF NOT EXISTS tree_to_ns Nullable(Int64) AFTER tree_from_ns
);
