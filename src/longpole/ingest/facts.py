"""What one span tells by itself, before its place in a tree is known."""

from msgspec import Struct

from longpole.model.event import Decision, Event


class Facts(Struct, kw_only=True, gc=False):
    """The outcome of `assemble.recognise`: every column that needs no other span.

    `kind` is "agent" or "workflow" for a span that is an execution in its own right, else None. The token counts and
    `cost_usd_nanos` are what this span itself reported; whether they count is decided in the tree. The same fields,
    under the same names, are columns of `executions` (there as `call_*`) and `steps`, so that a stored row can be
    turned back into facts when late spans of its trace arrive.
    """

    workspace: str
    trace_id: str
    span_id: str
    parent_span_id: str | None
    link_trace_id: str | None = None
    link_span_id: str | None = None
    name: str
    kind: str | None
    execution_id: str | None = None  # only when the program gave one
    agent: str | None = None
    agent_id: str | None = None
    method: str | None = None
    call_reason: str | None = None
    category: str
    step_type: str
    operation: str | None = None
    status: str
    stage: str | None = None
    started_ns: int
    ended_ns: int | None  # None while open
    duration_ns: int | None
    received_ns: int
    step_index: int | None = None
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
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    price_tier: str | None = None
    cost_usd_nanos: int | None = None
    price_version: str | None = None
    first_token_ns: int | None = None
    attempt: int | None = None
    steps_announced: int | None = None
    steps_reported: int | None = None  # completed, as the program counts
    credits: float | None = None
    credits_unit: str | None = None
    scopes: str | None = None
    memory_usage_mb: float | None = None
    execution_graph: str | None = None
    checkpoints: str | None = None
    weight: float = 1.0
    error_type: str | None = None
    error_message: str | None = None
    code_file: str | None = None
    code_line: int | None = None
    code_function: str | None = None
    api_calls: str | None = None
    argument_hash: str | None = None
    commit: str | None = None
    recipe: str | None = None  # of a model call: what makes it another version, see `wire.recipe`
    events: list[Event] = []
    decisions: list[Decision] = []
    row_version: int = 1
