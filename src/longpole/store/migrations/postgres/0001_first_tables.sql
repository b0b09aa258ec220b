-- The tables, in the schema `longpole`. Columns are the fields of the structs in longpole.model, in their order; a name
-- that begins with `_` is the engine's own: `_writer` is the server that wrote the row. Texts are sorted by their bytes,
-- as in the other engines. Traces are in partitions by the day on which they were received (UTC), made by whoever writes
-- first into a day, dropped whole when they are too old.

CREATE TABLE executions (
    workspace TEXT COLLATE "C" NOT NULL,
    execution_id TEXT COLLATE "C" NOT NULL,
    trace_id TEXT COLLATE "C" NOT NULL,
    span_id TEXT COLLATE "C" NOT NULL,
    parent_span_id TEXT COLLATE "C",
    link_trace_id TEXT COLLATE "C",
    link_span_id TEXT COLLATE "C",
    parent_execution_id TEXT COLLATE "C",
    root_execution_id TEXT COLLATE "C" NOT NULL,
    depth BIGINT NOT NULL,
    call_reason TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    agent_id TEXT COLLATE "C",
    method TEXT COLLATE "C",
    name TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    stage TEXT COLLATE "C",
    started_ns BIGINT NOT NULL,
    ended_ns BIGINT,
    duration_ns BIGINT,
    received_ns BIGINT NOT NULL,
    trigger_type TEXT COLLATE "C",
    trigger_source TEXT COLLATE "C",
    session_id TEXT COLLATE "C",
    user_id TEXT COLLATE "C",
    version TEXT COLLATE "C",
    environment TEXT COLLATE "C",
    runtime_mode TEXT COLLATE "C",
    service TEXT COLLATE "C",
    scope TEXT COLLATE "C",
    process TEXT COLLATE "C",
    provider TEXT COLLATE "C",
    model TEXT COLLATE "C",
    tool TEXT COLLATE "C",
    call_input_tokens BIGINT,
    call_output_tokens BIGINT,
    call_cache_read_tokens BIGINT,
    call_cache_write_tokens BIGINT,
    call_reasoning_tokens BIGINT,
    call_cost_usd_nanos BIGINT,
    is_counted BOOLEAN NOT NULL,
    self_input_tokens BIGINT,
    self_output_tokens BIGINT,
    self_cost_usd_nanos BIGINT,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cache_read_tokens BIGINT,
    cache_write_tokens BIGINT,
    reasoning_tokens BIGINT,
    cost_usd_nanos BIGINT,
    price_version TEXT COLLATE "C",
    model_calls BIGINT NOT NULL,
    model_calls_without_usage BIGINT NOT NULL,
    model_calls_without_cost BIGINT NOT NULL,
    tool_calls BIGINT NOT NULL,
    api_calls_count BIGINT NOT NULL,
    retries BIGINT NOT NULL,
    agents_skipped BIGINT NOT NULL,
    steps_total BIGINT NOT NULL,
    steps_completed BIGINT NOT NULL,
    steps_failed BIGINT NOT NULL,
    credits DOUBLE PRECISION,
    memory_usage_mb DOUBLE PRECISION,
    execution_graph TEXT COLLATE "C",
    checkpoints TEXT COLLATE "C",
    weight DOUBLE PRECISION NOT NULL,
    error_type TEXT COLLATE "C",
    error_message TEXT COLLATE "C",
    failure_step_id TEXT COLLATE "C",
    first_token_ns BIGINT,
    code_file TEXT COLLATE "C",
    code_line BIGINT,
    code_function TEXT COLLATE "C",
    duration_bucket SMALLINT,
    self_ns BIGINT,
    critical_ns BIGINT,
    explained_ns BIGINT,
    category_ns TEXT COLLATE "C",
    path TEXT COLLATE "C",
    path_hash TEXT COLLATE "C",
    settled_ns BIGINT,
    row_version BIGINT NOT NULL,
    credits_unit TEXT COLLATE "C",
    scopes TEXT COLLATE "C",
    tail_weight DOUBLE PRECISION,
    _writer TEXT COLLATE "C" NOT NULL
) PARTITION BY RANGE (received_ns);

CREATE TABLE steps (
    workspace TEXT COLLATE "C" NOT NULL,
    trace_id TEXT COLLATE "C" NOT NULL,
    step_id TEXT COLLATE "C" NOT NULL,
    parent_step_id TEXT COLLATE "C",
    link_trace_id TEXT COLLATE "C",
    link_span_id TEXT COLLATE "C",
    execution_id TEXT COLLATE "C" NOT NULL,
    root_execution_id TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    step_type TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    started_ns BIGINT NOT NULL,
    ended_ns BIGINT,
    duration_ns BIGINT,
    received_ns BIGINT NOT NULL,
    step_index BIGINT NOT NULL,
    depth BIGINT NOT NULL,
    is_outside BOOLEAN NOT NULL,
    service TEXT COLLATE "C",
    environment TEXT COLLATE "C",
    version TEXT COLLATE "C",
    scope TEXT COLLATE "C",
    provider TEXT COLLATE "C",
    model TEXT COLLATE "C",
    tool TEXT COLLATE "C",
    input_tokens BIGINT,
    output_tokens BIGINT,
    cache_read_tokens BIGINT,
    cache_write_tokens BIGINT,
    reasoning_tokens BIGINT,
    cost_usd_nanos BIGINT,
    is_counted BOOLEAN NOT NULL,
    first_token_ns BIGINT,
    attempt BIGINT,
    error_type TEXT COLLATE "C",
    error_message TEXT COLLATE "C",
    code_file TEXT COLLATE "C",
    code_line BIGINT,
    code_function TEXT COLLATE "C",
    api_calls TEXT COLLATE "C",
    argument_hash TEXT COLLATE "C",
    duration_bucket SMALLINT,
    self_ns BIGINT,
    critical_ns BIGINT,
    slack_ns BIGINT,
    weight DOUBLE PRECISION NOT NULL,
    row_version BIGINT NOT NULL,
    process TEXT COLLATE "C",
    _writer TEXT COLLATE "C" NOT NULL
) PARTITION BY RANGE (received_ns);

CREATE TABLE events (
    workspace TEXT COLLATE "C" NOT NULL,
    trace_id TEXT COLLATE "C" NOT NULL,
    span_id TEXT COLLATE "C" NOT NULL,
    execution_id TEXT COLLATE "C",
    event_index BIGINT NOT NULL,
    time_ns BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C",
    message TEXT COLLATE "C",
    stage TEXT COLLATE "C",
    status TEXT COLLATE "C",
    duration_ns BIGINT,
    attributes TEXT COLLATE "C",
    received_ns BIGINT NOT NULL
) PARTITION BY RANGE (received_ns);

CREATE TABLE decisions (
    workspace TEXT COLLATE "C" NOT NULL,
    trace_id TEXT COLLATE "C" NOT NULL,
    span_id TEXT COLLATE "C" NOT NULL,
    execution_id TEXT COLLATE "C",
    event_index BIGINT NOT NULL,
    time_ns BIGINT NOT NULL,
    candidate TEXT COLLATE "C" NOT NULL,
    considered BOOLEAN NOT NULL,
    score DOUBLE PRECISION,
    threshold DOUBLE PRECISION,
    outcome TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    received_ns BIGINT NOT NULL
) PARTITION BY RANGE (received_ns);

CREATE TABLE bodies (
    workspace TEXT COLLATE "C" NOT NULL,
    trace_id TEXT COLLATE "C" NOT NULL,
    span_id TEXT COLLATE "C" NOT NULL,
    input TEXT COLLATE "C",
    output TEXT COLLATE "C",
    error_stack TEXT COLLATE "C",
    attributes TEXT COLLATE "C",
    resource TEXT COLLATE "C",
    received_ns BIGINT NOT NULL,
    row_version BIGINT NOT NULL
) PARTITION BY RANGE (received_ns);

CREATE TABLE agents (
    workspace TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    method TEXT COLLATE "C",
    service TEXT COLLATE "C",
    version TEXT COLLATE "C",
    environment TEXT COLLATE "C",
    code_file TEXT COLLATE "C",
    code_line BIGINT,
    code_function TEXT COLLATE "C",
    is_registered BOOLEAN NOT NULL,
    first_seen_ns BIGINT NOT NULL,
    last_seen_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, agent)
);

CREATE TABLE findings (
    workspace TEXT COLLATE "C" NOT NULL,
    finding_id TEXT COLLATE "C" NOT NULL,
    execution_id TEXT COLLATE "C",
    rule TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    advice TEXT COLLATE "C" NOT NULL,
    confidence TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    saving_ns BIGINT,
    saving_usd_nanos BIGINT,
    code_file TEXT COLLATE "C",
    code_line BIGINT,
    code_function TEXT COLLATE "C",
    raised_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, finding_id)
);

CREATE TABLE scores (
    workspace TEXT COLLATE "C" NOT NULL,
    execution_id TEXT COLLATE "C" NOT NULL,
    trace_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    value DOUBLE PRECISION,
    label TEXT COLLATE "C",
    comment TEXT COLLATE "C",
    time_ns BIGINT NOT NULL,
    received_ns BIGINT NOT NULL
) PARTITION BY RANGE (received_ns);

CREATE TABLE processes (
    workspace TEXT COLLATE "C" NOT NULL,
    process TEXT COLLATE "C" NOT NULL,
    service TEXT COLLATE "C",
    version TEXT COLLATE "C",
    environment TEXT COLLATE "C",
    started_ns BIGINT,
    last_heard_ns BIGINT NOT NULL,
    ended_ns BIGINT,
    recorded BIGINT,
    dropped BIGINT,
    open_count BIGINT,
    background_ns BIGINT,
    caller_ns BIGINT,
    sent_bytes BIGINT,
    row_version BIGINT NOT NULL,
    PRIMARY KEY (workspace, process)
);

CREATE TABLE workspaces (
    workspace TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C",
    created_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace)
);

CREATE TABLE keys (
    key_id TEXT COLLATE "C" NOT NULL,
    workspace TEXT COLLATE "C" NOT NULL,
    key_hash TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C",
    created_ns BIGINT NOT NULL,
    expires_ns BIGINT,
    revoked_ns BIGINT,
    PRIMARY KEY (key_id)
);

CREATE TABLE saved_views (
    workspace TEXT COLLATE "C" NOT NULL,
    view_id TEXT COLLATE "C" NOT NULL,
    page TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    view TEXT COLLATE "C" NOT NULL,
    changed_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, view_id)
);

CREATE TABLE alert_rules (
    workspace TEXT COLLATE "C" NOT NULL,
    rule_id TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    changed_ns BIGINT NOT NULL,
    PRIMARY KEY (workspace, rule_id)
);

CREATE TABLE prices (
    workspace TEXT COLLATE "C" NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    from_ns BIGINT NOT NULL,
    input_usd_nanos BIGINT,
    output_usd_nanos BIGINT,
    cache_read_usd_nanos BIGINT,
    cache_write_usd_nanos BIGINT,
    PRIMARY KEY (workspace, provider, model, from_ns)
);

CREATE TABLE rollups (
    window_ns BIGINT NOT NULL,
    width_ns BIGINT NOT NULL,
    workspace TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    weight DOUBLE PRECISION NOT NULL,
    duration_ns BIGINT NOT NULL,
    self_ns BIGINT NOT NULL,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cost_usd_nanos BIGINT,
    model_calls BIGINT NOT NULL,
    histogram TEXT COLLATE "C" NOT NULL,
    updated_ns BIGINT NOT NULL,
    PRIMARY KEY (window_ns, width_ns, workspace, kind, agent, name, category, status, version, environment)
);

CREATE TABLE dead_letters (
    letter_id TEXT COLLATE "C" NOT NULL,
    server TEXT COLLATE "C" NOT NULL,
    workspace TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    signal TEXT COLLATE "C",
    body_format TEXT COLLATE "C",
    reason TEXT COLLATE "C" NOT NULL,
    traceback TEXT COLLATE "C",
    content TEXT COLLATE "C" NOT NULL,
    size_bytes BIGINT NOT NULL,
    received_ns BIGINT NOT NULL,
    buried_ns BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (letter_id)
);

CREATE TABLE ingest_ledger (
    server TEXT COLLATE "C" NOT NULL,
    segment BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    stored_ns BIGINT NOT NULL,
    PRIMARY KEY (server)
);

CREATE TABLE leases (
    name TEXT COLLATE "C" NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    asked_ns BIGINT NOT NULL,
    until_ns BIGINT NOT NULL,
    PRIMARY KEY (name)
);

-- What each index is for; every one costs each write. Measured per batch of 5,000 steps with all columns, whose copying
-- takes 17 ms without any: trace_id 5 ms, root_execution_id 3, execution_id 3, started_ns as B-tree 4 and as BRIN 1
-- (rows lie nearly in the order of their starts). Values that few rows have are indexed where they are not null.

CREATE INDEX executions_of_trace ON executions (trace_id);
CREATE INDEX executions_named ON executions (execution_id);
CREATE INDEX executions_of_tree ON executions (root_execution_id);
CREATE INDEX executions_started ON executions (started_ns);
CREATE INDEX executions_of_agent ON executions (agent, started_ns);
CREATE INDEX executions_linking ON executions (link_trace_id) WHERE link_trace_id IS NOT NULL;
CREATE INDEX executions_called ON executions (parent_execution_id) WHERE parent_execution_id IS NOT NULL;
CREATE INDEX executions_of_session ON executions (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX executions_open ON executions (workspace, process) WHERE ended_ns IS NULL;
CREATE INDEX executions_failed ON executions (error_type) WHERE error_type IS NOT NULL;
CREATE INDEX executions_unsettled ON executions (received_ns) WHERE settled_ns IS NULL AND ended_ns IS NOT NULL;

CREATE INDEX steps_of_trace ON steps (trace_id);
CREATE INDEX steps_of_execution ON steps (execution_id);
CREATE INDEX steps_of_tree ON steps (root_execution_id);
CREATE INDEX steps_started ON steps USING brin (started_ns);
CREATE INDEX steps_linking ON steps (link_trace_id) WHERE link_trace_id IS NOT NULL;
CREATE INDEX steps_open ON steps (workspace, process) WHERE ended_ns IS NULL;
CREATE INDEX steps_failed ON steps (error_type) WHERE error_type IS NOT NULL;

CREATE INDEX events_of_trace ON events (trace_id);
CREATE INDEX decisions_of_trace ON decisions (trace_id);
CREATE INDEX decisions_about ON decisions (candidate);
CREATE INDEX scores_of_execution ON scores (execution_id);
CREATE INDEX scores_of_trace ON scores (trace_id);
CREATE INDEX bodies_of_span ON bodies (trace_id, span_id);
CREATE INDEX findings_of_execution ON findings (execution_id);

-- Texts in small letters, in every alphabet, whatever the database's own collation is; sorting by bytes alone knows
-- those of ASCII only. PostgreSQL 17 brings a collation for that, older ones have ICU's.
DO $body$
DECLARE
    found TEXT := (
        SELECT quote_ident(collname) FROM pg_collation
        WHERE
            collnamespace = 'pg_catalog'::REGNAMESPACE
            AND collname IN ('pg_c_utf8', 'unicode', 'und-x-icu', 'default')
            AND collencoding IN (-1, 6)
        ORDER BY array_position(ARRAY['pg_c_utf8', 'unicode', 'und-x-icu', 'default'], collname::TEXT)
        LIMIT 1
    );
BEGIN
    EXECUTE format(
        'CREATE FUNCTION longpole.in_small_letters(text TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE '
        'RETURN lower(text COLLATE pg_catalog.%s) COLLATE "C"', found
    );
END
$body$;

-- A text as JSON. What is no JSON becomes a JSON text; a NUL, which jsonb does not take, becomes U+FFFD.
CREATE FUNCTION longpole.json_of(content TEXT) RETURNS JSONB LANGUAGE plpgsql IMMUTABLE STRICT AS $body$
BEGIN
    RETURN content::JSONB;
EXCEPTION WHEN OTHERS THEN
    BEGIN
        RETURN replace(content, '\u0000', '\ufffd')::JSONB;
    EXCEPTION WHEN OTHERS THEN
        RETURN to_jsonb(content);
    END;
END
$body$;
