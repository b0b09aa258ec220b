-- What failed once more, in tables of its own: one of a hundred rows, which questions about errors would otherwise look
-- for among all of them. The engine keeps them alike; see docs/decisions/0019.

CREATE TABLE failed_executions AS SELECT * FROM executions WHERE status IN ('failed', 'timeout', 'crashed');

CREATE TABLE failed_steps AS SELECT * FROM steps WHERE status IN ('failed', 'timeout', 'crashed');
