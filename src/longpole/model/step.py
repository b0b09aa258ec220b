"""A timed operation inside an execution: the row that is kept of it."""

from enum import StrEnum

from msgspec import Struct


class StepType(StrEnum):
    """The execution analytics specification's `step_type`."""

    ACTION = "action"
    DECISION = "decision"
    LOOP = "loop"
    API_CALL = "api_call"


class Step(Struct, frozen=True, gc=False):
    """One row of the table `steps`; field order is column order.

    `step_id` is unique within `trace_id`; `parent_step_id` names a step or an execution's `span_id`, and may name
    something that never arrived. `is_outside` marks a step of the trace that no execution encloses (an HTTP server
    span above its agent); it is shown with the execution but counts in none of its times. `is_counted` marks the
    leaf model calls, the only steps whose tokens and cost enter a sum. `None` means unknown, never zero.

    Not keyword-only: by position a row costs 0.2 us, by name 2.5. Only `ingest.settle` does that.
    """

    workspace: str
    trace_id: str
    step_id: str
    parent_step_id: str | None
    link_trace_id: str | None
    link_span_id: str | None
    execution_id: str
    root_execution_id: str
    agent: str
    name: str
    category: str
    step_type: str
    operation: str | None
    status: str
    started_ns: int
    ended_ns: int | None
    duration_ns: int | None
    received_ns: int
    step_index: int = 0
    depth: int = 0
    is_outside: bool = False
    service: str | None = None
    environment: str | None = None
    version: str | None = None
    scope: str | None = None
    provider: str | None = None
    model: str | None = None
    tool: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd_nanos: int | None = None
    is_counted: bool = False
    first_token_ns: int | None = None
    attempt: int | None = None
    error_type: str | None = None
    error_message: str | None = None
    code_file: str | None = None
    code_line: int | None = None
    code_function: str | None = None
    api_calls: str | None = None
    argument_hash: str | None = None
    duration_bucket: int | None = None
    self_ns: int | None = None
    critical_ns: int | None = None
    slack_ns: int | None = None
    weight: float = 1.0
    row_version: int = 1
    process: str | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    price_tier: str | None = None
    price_version: str | None = None
