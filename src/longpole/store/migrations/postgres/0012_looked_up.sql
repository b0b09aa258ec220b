-- What is looked up of many executions: how long those of an agent took, without reading their rows (38 instead of 400 ms
-- for 50,000), and those whose id ends as given, which is what lists show of an id.

CREATE INDEX executions_took ON executions (agent, started_ns) INCLUDE (workspace, duration_ns, status, weight);
DROP INDEX executions_of_agent;
CREATE INDEX executions_named_from_the_end ON executions (reverse(execution_id));
