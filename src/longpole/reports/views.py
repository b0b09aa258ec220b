"""The structs that REST, CLI, client and dashboard all show.

Points in time are RFC 3339 strings, times inside an execution integer nanoseconds from its start (`offset_ns`), money
US dollars as a float for reading (`cost_usd`; the store keeps integer nano-dollars), shares 0 to 1. `null` is unknown.
"""

from msgspec import Struct

from longpole.reports.node_views import ExecutionNode, StepNode
from longpole.reports.shown import Shown
from longpole.reports.tree_html import tree_html


class ExecutionItem(Shown, kw_only=True):
    """One row of the execution list. `duration_ns` is null while it runs; tokens and cost cover the whole subtree.

    `scopes` are what it belongs to beside its session and user, such as a vault. It stands for `weight` executions,
    more than one where executions were sampled.
    """

    execution_id: str
    trace_id: str
    parent_execution_id: str | None
    root_execution_id: str
    agent: str
    method: str | None
    kind: str
    status: str
    stage: str | None
    started_at: str
    ended_at: str | None
    duration_ns: int | None
    steps_total: int
    steps_completed: int
    steps_failed: int
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    model: str | None
    model_calls: int
    model_calls_without_usage: int
    model_calls_without_cost: int
    tool_calls: int
    retries: int
    agents_skipped: int
    error_type: str | None
    error_message: str | None
    session_id: str | None
    user_id: str | None
    version: str | None
    environment: str | None
    workspace: str
    service: str | None
    runtime_mode: str | None
    trigger_type: str | None
    trigger_source: str | None
    credits: float | None
    credits_unit: str | None
    scopes: dict[str, str] | None
    weight: float
    category_ns: dict[str, int] | None
    is_settled: bool


class ExecutionPage(Shown, kw_only=True):
    """A page of the list. `next_cursor` is null on the last page; `limit` was the most it could hold."""

    items: list[ExecutionItem]
    next_cursor: str | None


class EventNode(Struct, kw_only=True, omit_defaults=True):
    """An instant inside a tree."""

    span_id: str
    execution_id: str | None
    offset_ns: int
    name: str
    kind: str
    level: str | None = None
    message: str | None = None
    stage: str | None = None
    status: str | None = None
    duration_ns: int | None = None


class StageNode(Struct, kw_only=True, omit_defaults=True):
    """A stage that an execution inside a tree passed; `duration_ns` is null while it is in it.

    `status` is "started" (it is in it), "completed", "failed" (what ended the execution ended it) or "left_open" (the
    program forgot to complete it).
    """

    execution_id: str
    stage: str
    status: str
    offset_ns: int
    duration_ns: int | None = None
    message: str | None = None


class DecisionNode(Struct, kw_only=True, omit_defaults=True):
    """A candidate that was considered inside a tree, and what came of it."""

    span_id: str
    execution_id: str | None
    offset_ns: int
    candidate: str
    considered: bool = True
    score: float | None = None
    threshold: float | None = None
    outcome: str | None = None
    reason: str | None = None


class Usual(Struct, kw_only=True):
    """How this agent's other finished executions behave; absent under 30 of them, because percentiles would mislead."""

    executions: int
    p50_ns: int
    p95_ns: int
    slower_than: float


class PathStep(Struct, kw_only=True):
    """A stretch of the critical path, in order of time. The stretches sum to the execution's duration.

    `category` is that of the step, of a request below a model call that of the call.
    """

    node_id: str
    name: str
    category: str
    offset_ns: int
    duration_ns: int


class CoverageSummary(Struct, kw_only=True):
    """How much of an execution's wall time its steps explain (`share`, 0 to 1), and how many operations have times.

    `gaps` counts those longer than 100 ms; `largest_gap_ns` is the longest of any length, null without one.
    """

    share: float
    gaps: int
    largest_gap_ns: int | None
    operations: int
    timed: int


class ScoreItem(Struct, kw_only=True):
    """A judgement about an execution, made elsewhere: a number, a label, or both."""

    execution_id: str
    agent: str | None
    name: str
    value: float | None
    label: str | None
    comment: str | None
    time: str
    workspace: str


class FindingItem(Struct, kw_only=True):
    """Something worth telling about an execution, with its evidence. `saving_ns` lies on the critical path."""

    finding_id: str
    execution_id: str | None
    rule: str
    title: str
    advice: str
    confidence: str
    evidence: dict[str, object]
    saving_ns: int | None
    saving_usd: float | None
    code_file: str | None
    code_line: int | None
    code_function: str | None


class ProcessItem(Struct, kw_only=True):
    """A program with Longpole's SDK in it, by its last sign of life; counts are since its start, null is not told.

    `background_ns` is CPU of Longpole's threads, `caller_ns` an estimate of what recording took from the program's own.
    `overhead_share` is both together as a share of the wall time since the start, `cpu_ns_per_step` by recorded step.
    `ended_at` is when it said goodbye; without it, it runs or has vanished.
    """

    process: str
    service: str | None
    version: str | None
    environment: str | None
    workspace: str
    started_at: str | None
    last_heard_at: str
    ended_at: str | None
    recorded: int | None
    dropped: int | None
    open_count: int | None
    background_ns: int | None
    caller_ns: int | None
    sent_bytes: int | None
    overhead_share: float | None
    cpu_ns_per_step: float | None


class ClockItem(Struct, kw_only=True):
    """Two processes whose clocks are seen to differ: `skew_ns` is `process` minus `against`, negative is behind.

    The truth lies between `low_ns` and `high_ns`; without `low_ns` it may be further behind than `skew_ns`.
    `impossible` spans of `crossings` have times that cannot be. All times are shown as they were told.
    """

    process: str
    against: str
    skew_ns: int
    low_ns: int | None
    high_ns: int
    impossible: int
    crossings: int


class ExecutionTree(Shown, kw_only=True):
    """One execution with everything below it, as a skeleton: bodies come one by one from the step's own address.

    `shares` splits the duration into categories and sums to it exactly; `unexplained` is one of them. `doing` names
    the innermost steps (and executions without steps) that are open, or were when their process vanished. `processes`
    are those that the executions ran in, as far as they tell of themselves; `clocks` are those that are seen to differ.
    """

    execution: ExecutionItem
    started_at: str
    duration_ns: int | None
    usual: Usual | None
    shares: dict[str, int]
    critical_path: list[PathStep]
    executions: list[ExecutionNode]
    steps: list[StepNode]
    events: list[EventNode]
    decisions: list[DecisionNode]
    missing_parents: int
    coverage: CoverageSummary
    stages: list[StageNode]
    doing: list[str]
    scores: list[ScoreItem]
    processes: list[ProcessItem]
    clocks: list[ClockItem]

    def _repr_html_(self) -> str:
        return tree_html(self)


class Gap(Struct, kw_only=True):
    """Wall time that no step explains: inside one agent or step, after its child `before` and until its child `after`.

    `before` is null where the gap begins with `inside`, `after` where it ends with it. `stage` is the one that the
    execution was in when the gap began. The place in the code is that of `inside`.
    """

    offset_ns: int
    duration_ns: int
    inside: str
    inside_id: str
    is_agent: bool
    execution_id: str
    before: str | None
    before_id: str | None
    after: str | None
    after_id: str | None
    stage: str | None
    code_file: str | None
    code_line: int | None
    code_function: str | None


class UntimedOperation(Struct, kw_only=True):
    """An operation whose time is not known whole.

    `reason` is "open" (it still runs), "unended" (its end was never sent) or "no_parent" (the operation above it never
    arrived, so that nobody knows where its time belongs).
    """

    name: str
    span_id: str
    execution_id: str
    offset_ns: int
    reason: str


class Coverage(Struct, kw_only=True):
    """Which part of an execution's wall time its steps explain, and every gap longer than `gap_ns`, in order of time.

    `share` (0 to 1) and `unexplained_ns` count all gaps, short ones too, and every moment once. `duration_ns` is the
    time so far while `is_running`. All operations are timed if `timed` equals `operations`.
    """

    execution_id: str
    agent: str
    status: str
    is_running: bool
    duration_ns: int
    gap_ns: int
    share: float
    unexplained_ns: int
    largest_gap_ns: int | None
    operations: int
    timed: int
    gaps: list[Gap]
    untimed: list[UntimedOperation]


class StepDetail(Struct, kw_only=True):
    """Everything that is known about one step (or an execution's own span), bodies included.

    `attributes` and `resource` are as sent, after redaction; `input` and `output` are parsed where they were JSON.
    `tokens_per_second` are the output tokens over the time behind the first one. `total_tokens` is input and output
    together, where the client told only that.
    """

    step_id: str
    trace_id: str
    execution_id: str
    parent_step_id: str | None
    name: str
    category: str
    step_type: str | None
    operation: str | None
    status: str
    started_at: str
    ended_at: str | None
    offset_ns: int
    duration_ns: int | None
    self_ns: int | None
    critical_ns: int | None
    slack_ns: int | None
    first_token_ns: int | None
    tokens_per_second: float | None
    provider: str | None
    model: str | None
    tool: str | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    total_tokens: int | None
    cost_usd: float | None
    attempt: int | None
    error_type: str | None
    error_message: str | None
    error_stack: str | None
    code_file: str | None
    code_line: int | None
    code_function: str | None
    service: str | None
    scope: str | None
    input: object
    output: object
    attributes: dict[str, object]
    resource: dict[str, object]


class ScorePage(Struct, kw_only=True):
    """Scores, newest first, at most as many as were asked for."""

    items: list[ScoreItem]


class ProcessPage(Shown, kw_only=True):
    """Processes, the one heard last first, at most as many as were asked for."""

    items: list[ProcessItem]


class Totals(Struct, kw_only=True):
    """What is stored in the chosen time range. `executions + steps` is the number of distinct spans that are kept.

    `executions_weight` is for how many executions those stand: more where some were sampled. Counts of executions and
    steps are of those that are kept; rates, percentiles, calls, tokens and cost are estimates for all of them.
    """

    executions: int
    executions_weight: float
    steps: int
    running: int
    succeeded: int
    failed: int
    timed_out: int
    skipped: int
    crashed: int
    success_rate: float | None
    p50_ns: int | None
    p95_ns: int | None
    p99_ns: int | None
    model_calls: int
    model_calls_without_usage: int
    tool_calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    model_calls_without_cost: int


class AgentSummary(Struct, kw_only=True):
    """One agent over the time range; `executions` is 0 for an agent that is registered and never ran.

    Model calls, tokens and cost are the agent's own, without those of agents that it called.
    """

    agent: str
    is_registered: bool
    executions: int
    executions_weight: float
    running: int
    failed: int
    skipped: int
    success_rate: float | None
    p50_ns: int | None
    p95_ns: int | None
    p99_ns: int | None
    self_ns: int | None
    model_calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    last_seen: str | None


class CategorySummary(Struct, kw_only=True):
    """One category of steps over the time range. `total_ns` adds nested steps twice, `self_ns` each moment once."""

    category: str
    steps: int
    failed: int
    p50_ns: int | None
    p95_ns: int | None
    p99_ns: int | None
    total_ns: int
    self_ns: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


class RolledUp(Struct, kw_only=True):
    """How much of an answer comes from rollups, because retention has removed what they were made of.

    These are counted by windows of `window_ns` that begin at midnight UTC; percentiles are within `relative_error`.
    """

    executions: int
    steps: int
    window_ns: int
    relative_error: float


class Overview(Shown, kw_only=True):
    """The first page: what ran, how it went, where the time went.

    `rolled_up` is null where everything in the time range is still stored by itself. Percentiles of more than 100,000
    executions and steps together are within 1 %, those of fewer are exact.
    """

    totals: Totals
    agents: list[AgentSummary]
    categories: list[CategorySummary]
    rolled_up: RolledUp | None = None


class Problem(Struct, kw_only=True):
    """Problem details (RFC 9457), the body of every error answer."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
