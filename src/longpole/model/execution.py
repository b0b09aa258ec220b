"""One invocation of one agent: the row that is kept of it."""

from enum import StrEnum

from msgspec import Struct


class ExecutionKind(StrEnum):
    """Why a span is an execution: an agent, a workflow, or the root of a trace that has neither."""

    AGENT = "agent"
    WORKFLOW = "workflow"
    ROOT = "root"


class Execution(Struct, frozen=True, gc=False):
    """One row of the table `executions`; field order is column order.

    Times are integer nanoseconds (`*_ns`; `started_ns`, `ended_ns`, `received_ns`, `settled_ns` since 1970, the
    others spans of time), money integer nano-dollars. `None` means unknown, never zero. `call_*` is what this very
    span reported when it is itself a model call; `self_*` adds the leaf model calls of its own steps; the plain
    `input_tokens`, `output_tokens`, ... and `cost_usd_nanos` cover the whole subtree, child executions included.

    `scopes` is a JSON object as text, such as `{"vault_id": "v-7"}`. `weight` is for how many executions this one
    stands: that of its sender times `tail_weight`, which is `None` where the server did not sample. `tools` and
    `step_errors` are JSON lists as text: which tools its own steps ran, and by which errors they failed, each once and
    at most 100. `tree_from_ns` and `tree_to_ns` are when the first and the last span of its whole tree started, `None`
    for a tree over several traces. All four are `None` until it is settled.
    """

    workspace: str
    execution_id: str
    trace_id: str
    span_id: str
    parent_span_id: str | None
    link_trace_id: str | None
    link_span_id: str | None
    parent_execution_id: str | None
    root_execution_id: str
    depth: int
    call_reason: str | None
    kind: str
    agent: str
    agent_id: str | None
    method: str | None
    name: str
    category: str
    operation: str | None
    status: str
    stage: str | None
    started_ns: int
    ended_ns: int | None
    duration_ns: int | None
    received_ns: int
    trigger_type: str | None = None
    trigger_source: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    version: str | None = None
    environment: str | None = None
    runtime_mode: str | None = None
    service: str | None = None
    scope: str | None = None
    process: str | None = None
    provider: str | None = None
    model: str | None = None
    tool: str | None = None
    call_input_tokens: int | None = None
    call_output_tokens: int | None = None
    call_cache_read_tokens: int | None = None
    call_cache_write_tokens: int | None = None
    call_reasoning_tokens: int | None = None
    call_cost_usd_nanos: int | None = None
    is_counted: bool = False
    self_input_tokens: int | None = None
    self_output_tokens: int | None = None
    self_cost_usd_nanos: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd_nanos: int | None = None
    price_version: str | None = None
    model_calls: int = 0
    model_calls_without_usage: int = 0
    model_calls_without_cost: int = 0
    tool_calls: int = 0
    api_calls_count: int = 0
    retries: int = 0
    agents_skipped: int = 0
    steps_total: int = 0
    steps_completed: int = 0
    steps_failed: int = 0
    credits: float | None = None
    memory_usage_mb: float | None = None
    execution_graph: str | None = None
    checkpoints: str | None = None
    weight: float = 1.0
    error_type: str | None = None
    error_message: str | None = None
    failure_step_id: str | None = None
    first_token_ns: int | None = None
    code_file: str | None = None
    code_line: int | None = None
    code_function: str | None = None
    duration_bucket: int | None = None
    self_ns: int | None = None
    critical_ns: int | None = None
    explained_ns: int | None = None
    category_ns: str | None = None
    path: str | None = None
    path_hash: str | None = None
    settled_ns: int | None = None
    row_version: int = 1
    credits_unit: str | None = None
    scopes: str | None = None
    tail_weight: float | None = None
    call_input_audio_tokens: int | None = None
    call_output_audio_tokens: int | None = None
    call_cache_write_1h_tokens: int | None = None
    price_tier: str | None = None
    tools: str | None = None
    step_errors: str | None = None
    tree_from_ns: int | None = None
    tree_to_ns: int | None = None
