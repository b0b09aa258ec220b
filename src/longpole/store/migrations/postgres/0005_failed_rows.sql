-- What failed, by time: one of a hundred rows, which questions about errors would otherwise look for among all of them.
-- The condition is that of `@failed`, so that the planner takes them; see docs/decisions/0019.

CREATE INDEX executions_that_failed ON executions (started_ns) WHERE status IN ('failed', 'timeout', 'crashed');

CREATE INDEX steps_that_failed ON steps (started_ns) WHERE status IN ('failed', 'timeout', 'crashed');
