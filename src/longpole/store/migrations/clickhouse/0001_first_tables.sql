-- The first tables. Columns are the fields of the structs in longpole.model, in their order, then our own.
-- A row takes the place of the one with its sorting key and an older `_version`; `_is_deleted` says that nothing does.
-- By hour first, so that rows of one time lie together: reading with FINAL then merges neighbours alone.
-- Each statement may run again and changes nothing then.

CREATE TABLE IF NOT EXISTS @stored(executions)@on_cluster() (
    workspace String,
    execution_id String,
    trace_id String,
    span_id String,
    parent_span_id Nullable(String),
    link_trace_id Nullable(String),
    link_span_id Nullable(String),
    parent_execution_id Nullable(String),
    root_execution_id String,
    depth Int64,
    call_reason Nullable(String),
    kind LowCardinality(String),
    agent LowCardinality(String),
    agent_id Nullable(String),
    method LowCardinality(Nullable(String)),
    name String,
    category LowCardinality(String),
    operation LowCardinality(Nullable(String)),
    status LowCardinality(String),
    stage LowCardinality(Nullable(String)),
    started_ns Int64 CODEC(Delta(8), ZSTD(1)),
    ended_ns Nullable(Int64),
    duration_ns Nullable(Int64),
    received_ns Int64 CODEC(Delta(8), ZSTD(1)),
    trigger_type Nullable(String),
    trigger_source Nullable(String),
    session_id Nullable(String),
    user_id Nullable(String),
    version LowCardinality(Nullable(String)),
    environment LowCardinality(Nullable(String)),
    runtime_mode Nullable(String),
    service LowCardinality(Nullable(String)),
    scope Nullable(String),
    process Nullable(String),
    provider LowCardinality(Nullable(String)),
    model LowCardinality(Nullable(String)),
    tool LowCardinality(Nullable(String)),
    call_input_tokens Nullable(Int64),
    call_output_tokens Nullable(Int64),
    call_cache_read_tokens Nullable(Int64),
    call_cache_write_tokens Nullable(Int64),
    call_reasoning_tokens Nullable(Int64),
    call_cost_usd_nanos Nullable(Int64),
    is_counted Bool,
    self_input_tokens Nullable(Int64),
    self_output_tokens Nullable(Int64),
    self_cost_usd_nanos Nullable(Int64),
    input_tokens Nullable(Int64),
    output_tokens Nullable(Int64),
    cache_read_tokens Nullable(Int64),
    cache_write_tokens Nullable(Int64),
    reasoning_tokens Nullable(Int64),
    cost_usd_nanos Nullable(Int64),
    price_version Nullable(String),
    model_calls Int64,
    model_calls_without_usage Int64,
    model_calls_without_cost Int64,
    tool_calls Int64,
    api_calls_count Int64,
    retries Int64,
    agents_skipped Int64,
    steps_total Int64,
    steps_completed Int64,
    steps_failed Int64,
    credits Nullable(Float64),
    memory_usage_mb Nullable(Float64),
    execution_graph Nullable(String) CODEC(ZSTD(3)),
    checkpoints Nullable(String) CODEC(ZSTD(3)),
    weight Float64,
    error_type Nullable(String),
    error_message Nullable(String),
    failure_step_id Nullable(String),
    first_token_ns Nullable(Int64),
    code_file Nullable(String),
    code_line Nullable(Int64),
    code_function Nullable(String),
    duration_bucket Nullable(Int16),
    self_ns Nullable(Int64),
    critical_ns Nullable(Int64),
    explained_ns Nullable(Int64),
    category_ns Nullable(String),
    path Nullable(String),
    path_hash Nullable(String),
    settled_ns Nullable(Int64),
    row_version Int64,
    credits_unit Nullable(String),
    scopes Nullable(String),
    tail_weight Nullable(Float64),
    _writer LowCardinality(String),
    _version UInt64,
    _is_deleted UInt8,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.0001) GRANULARITY 1,
    INDEX by_execution_id execution_id TYPE bloom_filter(0.0001) GRANULARITY 1,
    INDEX by_root_execution_id root_execution_id TYPE bloom_filter(0.0001) GRANULARITY 1,
    INDEX by_link_trace_id link_trace_id TYPE bloom_filter(0.0001) GRANULARITY 1
)
ENGINE = @replacing(_version, _is_deleted)
PARTITION BY intDiv(received_ns, 86400000000000)
ORDER BY (workspace, intDiv(started_ns, 3600000000000), trace_id, span_id)
SETTINGS min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1;

@front(executions, trace_id);

CREATE TABLE IF NOT EXISTS @stored(steps)@on_cluster() (
    workspace String,
    trace_id String,
    step_id String,
    parent_step_id Nullable(String),
    link_trace_id Nullable(String),
    link_span_id Nullable(String),
    execution_id String,
    root_execution_id String,
    agent LowCardinality(String),
    name String,
    category LowCardinality(String),
    step_type LowCardinality(String),
    operation LowCardinality(Nullable(String)),
    status LowCardinality(String),
    started_ns Int64 CODEC(Delta(8), ZSTD(1)),
    ended_ns Nullable(Int64),
    duration_ns Nullable(Int64),
    received_ns Int64 CODEC(Delta(8), ZSTD(1)),
    step_index Int64,
    depth Int64,
    is_outside Bool,
    service LowCardinality(Nullable(String)),
    environment LowCardinality(Nullable(String)),
    version LowCardinality(Nullable(String)),
    scope Nullable(String),
    provider LowCardinality(Nullable(String)),
    model LowCardinality(Nullable(String)),
    tool LowCardinality(Nullable(String)),
    input_tokens Nullable(Int64),
    output_tokens Nullable(Int64),
    cache_read_tokens Nullable(Int64),
    cache_write_tokens Nullable(Int64),
    reasoning_tokens Nullable(Int64),
    cost_usd_nanos Nullable(Int64),
    is_counted Bool,
    first_token_ns Nullable(Int64),
    attempt Nullable(Int64),
    error_type Nullable(String),
    error_message Nullable(String),
    code_file Nullable(String),
    code_line Nullable(Int64),
    code_function Nullable(String),
    api_calls Nullable(String),
    argument_hash Nullable(String),
    duration_bucket Nullable(Int16),
    self_ns Nullable(Int64),
    critical_ns Nullable(Int64),
    slack_ns Nullable(Int64),
    weight Float64,
    row_version Int64,
    process Nullable(String),
    _writer LowCardinality(String),
    _version UInt64,
    _is_deleted UInt8,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.0001) GRANULARITY 1,
    INDEX by_execution_id execution_id TYPE bloom_filter(0.0001) GRANULARITY 1,
    INDEX by_root_execution_id root_execution_id TYPE bloom_filter(0.0001) GRANULARITY 1,
    INDEX by_link_trace_id link_trace_id TYPE bloom_filter(0.0001) GRANULARITY 1
)
ENGINE = @replacing(_version, _is_deleted)
PARTITION BY intDiv(received_ns, 86400000000000)
ORDER BY (workspace, intDiv(started_ns, 3600000000000), trace_id, step_id)
SETTINGS min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1;

@front(steps, trace_id);

CREATE TABLE IF NOT EXISTS @stored(events)@on_cluster() (
    workspace String,
    trace_id String,
    span_id String,
    execution_id Nullable(String),
    event_index Int64,
    time_ns Int64 CODEC(Delta(8), ZSTD(1)),
    name String,
    kind LowCardinality(String),
    level LowCardinality(Nullable(String)),
    message Nullable(String) CODEC(ZSTD(3)),
    stage LowCardinality(Nullable(String)),
    status LowCardinality(Nullable(String)),
    duration_ns Nullable(Int64),
    attributes Nullable(String) CODEC(ZSTD(3)),
    received_ns Int64 CODEC(Delta(8), ZSTD(1)),
    _content UInt64 DEFAULT cityHash64(time_ns, name, ifNull(message, ''), ifNull(attributes, '')),
    _version UInt64,
    _is_deleted UInt8,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.0001) GRANULARITY 1
)
ENGINE = @replacing(_version, _is_deleted)
PARTITION BY intDiv(received_ns, 86400000000000)
ORDER BY (workspace, intDiv(time_ns, 3600000000000), trace_id, span_id, event_index, _content)
SETTINGS min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1;

@front(events, trace_id);

CREATE TABLE IF NOT EXISTS @stored(decisions)@on_cluster() (
    workspace String,
    trace_id String,
    span_id String,
    execution_id Nullable(String),
    event_index Int64,
    time_ns Int64 CODEC(Delta(8), ZSTD(1)),
    candidate String,
    considered Bool,
    score Nullable(Float64),
    threshold Nullable(Float64),
    outcome Nullable(String),
    reason Nullable(String),
    received_ns Int64 CODEC(Delta(8), ZSTD(1)),
    _content UInt64 DEFAULT cityHash64(time_ns, candidate, ifNull(outcome, '')),
    _version UInt64,
    _is_deleted UInt8,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.0001) GRANULARITY 1
)
ENGINE = @replacing(_version, _is_deleted)
PARTITION BY intDiv(received_ns, 86400000000000)
ORDER BY (workspace, intDiv(time_ns, 3600000000000), trace_id, span_id, event_index, _content)
SETTINGS min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1;

@front(decisions, trace_id);

CREATE TABLE IF NOT EXISTS @stored(scores)@on_cluster() (
    workspace String,
    execution_id String,
    trace_id String,
    name String,
    value Nullable(Float64),
    label Nullable(String),
    comment Nullable(String),
    time_ns Int64 CODEC(Delta(8), ZSTD(1)),
    received_ns Int64 CODEC(Delta(8), ZSTD(1)),
    _content UInt64 DEFAULT cityHash64(time_ns, ifNull(value, 0), ifNull(label, ''), ifNull(comment, '')),
    _version UInt64,
    _is_deleted UInt8,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.0001) GRANULARITY 1,
    INDEX by_execution_id execution_id TYPE bloom_filter(0.0001) GRANULARITY 1
)
ENGINE = @replacing(_version, _is_deleted)
PARTITION BY intDiv(received_ns, 86400000000000)
ORDER BY (workspace, intDiv(time_ns, 3600000000000), trace_id, execution_id, name, _content)
SETTINGS min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1;

@front(scores, trace_id);

CREATE TABLE IF NOT EXISTS @stored(bodies)@on_cluster() (
    workspace String,
    trace_id String,
    span_id String,
    input Nullable(String) CODEC(ZSTD(3)),
    output Nullable(String) CODEC(ZSTD(3)),
    error_stack Nullable(String) CODEC(ZSTD(3)),
    attributes Nullable(String) CODEC(ZSTD(3)),
    resource Nullable(String) CODEC(ZSTD(3)),
    received_ns Int64 CODEC(Delta(8), ZSTD(1)),
    row_version Int64,
    _version UInt64,
    _is_deleted UInt8,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.0001) GRANULARITY 1
)
ENGINE = @replacing(_version, _is_deleted)
PARTITION BY intDiv(received_ns, 86400000000000)
ORDER BY (workspace, intDiv(received_ns, 3600000000000), trace_id, span_id)
SETTINGS min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1;

@front(bodies, trace_id);

CREATE TABLE IF NOT EXISTS @stored(agents_told)@on_cluster() (
    workspace String,
    agent LowCardinality(String),
    method LowCardinality(Nullable(String)),
    service LowCardinality(Nullable(String)),
    version LowCardinality(Nullable(String)),
    environment LowCardinality(Nullable(String)),
    code_file Nullable(String),
    code_line Nullable(Int64),
    code_function Nullable(String),
    is_registered Bool,
    first_seen_ns Int64,
    last_seen_ns Int64,
    _writer String,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, agent, _writer);

@front(agents_told, agent);

CREATE TABLE IF NOT EXISTS @stored(findings)@on_cluster() (
    workspace String,
    finding_id String,
    execution_id Nullable(String),
    rule String,
    title String,
    advice String,
    confidence String,
    evidence String,
    saving_ns Nullable(Int64),
    saving_usd_nanos Nullable(Int64),
    code_file Nullable(String),
    code_line Nullable(Int64),
    code_function Nullable(String),
    raised_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, finding_id);

@front(findings, finding_id);

CREATE TABLE IF NOT EXISTS @stored(processes_told)@on_cluster() (
    workspace String,
    process String,
    service LowCardinality(Nullable(String)),
    version LowCardinality(Nullable(String)),
    environment LowCardinality(Nullable(String)),
    started_ns Nullable(Int64),
    last_heard_ns Int64,
    ended_ns Nullable(Int64),
    recorded Nullable(Int64),
    dropped Nullable(Int64),
    open_count Nullable(Int64),
    background_ns Nullable(Int64),
    caller_ns Nullable(Int64),
    sent_bytes Nullable(Int64),
    row_version Int64,
    _writer String,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, process, _writer);

@front(processes_told, process);

CREATE TABLE IF NOT EXISTS @stored(workspaces)@on_cluster() (
    workspace String,
    title Nullable(String),
    created_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace);

@front(workspaces, workspace);

CREATE TABLE IF NOT EXISTS @stored(keys)@on_cluster() (
    key_id String,
    workspace String,
    key_hash String,
    scope String,
    title Nullable(String),
    created_ns Int64,
    expires_ns Nullable(Int64),
    revoked_ns Nullable(Int64),
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (key_id);

@front(keys, key_id);

CREATE TABLE IF NOT EXISTS @stored(saved_views)@on_cluster() (
    workspace String,
    view_id String,
    page String,
    title String,
    view String,
    changed_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, view_id);

@front(saved_views, view_id);

CREATE TABLE IF NOT EXISTS @stored(alert_rules)@on_cluster() (
    workspace String,
    rule_id String,
    title String,
    rule String,
    is_enabled Bool,
    changed_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, rule_id);

@front(alert_rules, rule_id);

CREATE TABLE IF NOT EXISTS @stored(prices)@on_cluster() (
    workspace String,
    provider LowCardinality(String),
    model LowCardinality(String),
    from_ns Int64,
    input_usd_nanos Nullable(Int64),
    output_usd_nanos Nullable(Int64),
    cache_read_usd_nanos Nullable(Int64),
    cache_write_usd_nanos Nullable(Int64),
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (workspace, provider, model, from_ns);

@front(prices, from_ns);

CREATE TABLE IF NOT EXISTS @stored(rollups)@on_cluster() (
    window_ns Int64,
    width_ns Int64,
    workspace String,
    kind String,
    agent String,
    name String,
    category String,
    status String,
    version String,
    environment String,
    "count" Int64,
    weight Float64,
    duration_ns Int64,
    self_ns Int64,
    input_tokens Nullable(Int64),
    output_tokens Nullable(Int64),
    cost_usd_nanos Nullable(Int64),
    model_calls Int64,
    histogram String CODEC(ZSTD(3)),
    updated_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (window_ns, width_ns, workspace, kind, agent, name, category, status, version, environment);

@front(rollups, window_ns);

CREATE TABLE IF NOT EXISTS @stored(dead_letters)@on_cluster() (
    letter_id String,
    server String,
    workspace Nullable(String),
    kind LowCardinality(String),
    signal Nullable(String),
    body_format Nullable(String),
    reason String,
    traceback Nullable(String),
    content String CODEC(ZSTD(3)),
    size_bytes Int64,
    received_ns Int64 CODEC(Delta(8), ZSTD(1)),
    buried_ns Int64,
    attempts Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (letter_id);

@front(dead_letters, letter_id);

CREATE TABLE IF NOT EXISTS @stored(ingest_ledger)@on_cluster() (
    server String,
    segment Int64,
    "offset" Int64,
    stored_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (server);

@front(ingest_ledger, server);

CREATE TABLE IF NOT EXISTS @stored(lease_claims)@on_cluster() (
    name String,
    holder String,
    asked_ns Int64,
    until_ns Int64,
    _since_ns Int64,
    _version UInt64,
    _is_deleted UInt8
)
ENGINE = @replacing(_version, _is_deleted)
ORDER BY (name, holder);

@front(lease_claims, name);

-- Every server has a row of its own for an agent or a process, so that no two of them write the same one.
CREATE VIEW IF NOT EXISTS agents@on_cluster() AS
SELECT
    workspace,
    agent,
    argMax(t.method, t.last_seen_ns) AS method,
    argMax(t.service, t.last_seen_ns) AS service,
    argMax(t.version, t.last_seen_ns) AS version,
    argMax(t.environment, t.last_seen_ns) AS environment,
    argMax(t.code_file, t.last_seen_ns) AS code_file,
    argMax(t.code_line, t.last_seen_ns) AS code_line,
    argMax(t.code_function, t.last_seen_ns) AS code_function,
    max(t.is_registered) AS is_registered,
    min(t.first_seen_ns) AS first_seen_ns,
    max(t.last_seen_ns) AS last_seen_ns
FROM agents_told AS t FINAL
GROUP BY workspace, agent;

CREATE VIEW IF NOT EXISTS processes@on_cluster() AS
SELECT
    workspace,
    process,
    argMax(t.service, t.last_heard_ns) AS service,
    argMax(t.version, t.last_heard_ns) AS version,
    argMax(t.environment, t.last_heard_ns) AS environment,
    min(t.started_ns) AS started_ns,
    max(t.last_heard_ns) AS last_heard_ns,
    max(t.ended_ns) AS ended_ns,
    max(t.recorded) AS recorded,
    max(t.dropped) AS dropped,
    argMax(t.open_count, t.last_heard_ns) AS open_count,
    max(t.background_ns) AS background_ns,
    max(t.caller_ns) AS caller_ns,
    max(t.sent_bytes) AS sent_bytes,
    max(t.row_version) AS row_version
FROM processes_told AS t FINAL
GROUP BY workspace, process;

-- Of the claims that had not run out when the last one was made, the earliest holds. Everybody who sees the same claims
-- sees the same holder.
CREATE VIEW IF NOT EXISTS leases@on_cluster() AS
SELECT name, holder, asked_ns, until_ns
FROM (SELECT *, max(asked_ns) OVER (PARTITION BY name) AS latest_ns FROM lease_claims FINAL)
WHERE until_ns > latest_ns
ORDER BY _since_ns, holder
LIMIT 1 BY name;
