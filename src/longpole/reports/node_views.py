"""The nodes of an execution's tree as they are answered."""

from msgspec import Struct


class ExecutionNode(Struct, kw_only=True, omit_defaults=True):
    """An execution inside a tree. `offset_ns` counts from the start of the tree's top execution."""

    execution_id: str
    span_id: str
    parent_execution_id: str | None
    parent_step_id: str | None = None
    agent: str
    method: str | None = None
    kind: str
    status: str
    stage: str | None = None
    offset_ns: int
    duration_ns: int | None = None
    self_ns: int | None = None
    critical_ns: int | None = None
    depth: int = 0
    call_reason: str | None = None
    model: str | None = None
    process: str | None = None
    checkpoints: object = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    error_type: str | None = None
    error_message: str | None = None
    code_file: str | None = None
    code_line: int | None = None
    category_ns: dict[str, int] | None = None


class StepNode(Struct, omit_defaults=True):
    """A step inside a tree, without its bodies. Absent fields have their default (null, 0 or false).

    `parent_step_id` names another step's `step_id` or an execution's `span_id`. `total_tokens` is input and output
    together, of a model call whose client told only that.
    """

    step_id: str
    execution_id: str
    name: str
    category: str
    status: str
    offset_ns: int
    parent_step_id: str | None = None
    duration_ns: int | None = None
    self_ns: int | None = None
    critical_ns: int | None = None
    slack_ns: int | None = None
    first_token_ns: int | None = None
    step_type: str | None = None
    operation: str | None = None
    model: str | None = None
    tool: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cost_usd: float | None = None
    attempt: int | None = None
    error_type: str | None = None
    is_outside: bool = False
