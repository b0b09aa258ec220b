"""The structs that answer questions about one execution or one agent; units and `null` as in `views`."""

from msgspec import Struct

from longpole.reports.change_views import MetricChange
from longpole.reports.shown import Shown
from longpole.reports.views import ExecutionItem


class FailedExecution(Struct, kw_only=True):
    """An execution that failed, timed out or crashed, what went in, and the stack of its error where one was sent."""

    execution: ExecutionItem
    input: object
    error_stack: str | None


class FailedPage(Struct, kw_only=True):
    """Executions that failed, the newest first. `next_cursor` is null on the last page."""

    items: list[FailedExecution]
    next_cursor: str | None


class SlowExecution(Struct, kw_only=True):
    """An execution that took long, and how much of that it waited for models.

    `model_ns` is the time in which at least one model call ran, those of called agents included; null without any.
    `overhead_ns` is the rest: parallel calls are not subtracted twice.
    """

    execution: ExecutionItem
    model_ns: int | None
    overhead_ns: int


class SlowPage(Struct, kw_only=True):
    """Executions that took long, the longest first. `next_cursor` is null on the last page."""

    items: list[SlowExecution]
    next_cursor: str | None


class LogEntry(Struct, kw_only=True):
    """A stage that an execution passed, or an instant in it.

    Of a stage, `status` and `duration_ns` are those of `StageNode`, and the time is when it was entered. Of everything
    else `stage` is the one that the execution was in. `data` is what was told beside the message.
    """

    time: str
    offset_ns: int
    kind: str
    name: str
    level: str | None
    stage: str | None
    status: str | None
    duration_ns: int | None
    message: str | None
    data: dict[str, object]


class ExecutionLog(Struct, kw_only=True):
    """One execution by itself, without its steps: what went in and out, its error, and what it told, in order of time.

    `input` and `output` are parsed where they were JSON.
    """

    execution: ExecutionItem
    input: object
    output: object
    error_stack: str | None
    entries: list[LogEntry]


class ModelCall(Struct, kw_only=True):
    """A call of a model with its request and response; `response` and `duration_ns` are null while it has no answer.

    `total_tokens` is input and output together, where the client told only that.
    """

    step_id: str
    name: str
    provider: str | None
    model: str | None
    status: str
    started_at: str
    offset_ns: int
    duration_ns: int | None
    first_token_ns: int | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    cost_usd: float | None
    error_type: str | None
    error_message: str | None
    request: object
    response: object


class ModelCalls(Struct, kw_only=True):
    """The model calls of one execution, in order of time, without those of agents that it called."""

    execution_id: str
    agent: str
    status: str
    calls: list[ModelCall]


class AgentCall(Struct, kw_only=True):
    """One agent called another. `depth` is 1 for what the top agent called."""

    depth: int
    parent_execution_id: str
    parent_agent: str
    child_execution_id: str
    child_agent: str
    reason: str | None
    status: str
    started_at: str
    duration_ns: int | None


class CallChain(Struct, kw_only=True):
    """The calls that led to an execution and all calls below it, each before those that it led to, in order of time."""

    execution_id: str
    agent: str
    calls: list[AgentCall]


class ErrorCount(Struct, kw_only=True):
    """How often an error ended an agent's executions; `error_type` is null where none was sent. `example` is one
    message of it, `mean_ns` how long those executions took."""

    error_type: str | None
    example: str | None
    executions: int
    mean_ns: int | None
    last_seen: str


class HourTotal(Struct, kw_only=True):
    """The executions that started in one hour (UTC). The mean leaves out skipped ones and those that run."""

    started: str
    executions: int
    success_rate: float | None
    mean_ns: int | None


class Hourly(Shown, kw_only=True):
    """The hours of a period in which anything started, the oldest first."""

    from_time: str
    to_time: str
    hours: list[HourTotal]


class AgentPerformance(Struct, kw_only=True):
    """How one agent did in a time range.

    Counts are of the executions that are kept; rates, times, calls, tokens and cost are estimates for all of them where
    some were sampled. Times leave skipped executions out. Model calls are the agent's own. `tokens` are input and
    output of the calls that told them, `mean_call_tokens` is over those calls.
    """

    agent: str
    executions: int
    executions_weight: float
    running: int
    succeeded: int
    failed: int
    timed_out: int
    crashed: int
    skipped: int
    success_rate: float | None
    mean_ns: int | None
    p50_ns: int | None
    p95_ns: int | None
    p99_ns: int | None
    errors: list[ErrorCount]
    model_calls: int
    model_calls_without_usage: int
    tokens: int | None
    mean_call_tokens: float | None
    mean_call_ns: int | None
    cost_usd: float | None
    last_seen: str | None


class AgentVersion(Struct, kw_only=True):
    """The executions of an agent that have one version; null is that of those that told none. Times and the rate leave
    skipped executions out."""

    version: str | None
    executions: int
    skipped: int
    first_at: str
    last_at: str
    success_rate: float | None
    p50_ns: int | None
    p95_ns: int | None
    mean_cost_usd: float | None


class AgentVersions(Struct, kw_only=True):
    """The versions of an agent, that which came last first."""

    agent: str
    versions: list[AgentVersion]


class AgentRun(Struct, kw_only=True):
    """An execution, as far as it tells why an agent did or did not do its work.

    `score`, `threshold` and `reason` are of its own decision whether to respond. `model_calls` are its own.
    `model_trouble` is "request_not_sent" where it stopped before it called a model, "response_not_received" where its
    last model call failed or has no answer yet; null where it succeeded, or where neither can be said.
    """

    execution_id: str
    agent: str
    status: str
    stage: str | None
    started_at: str
    duration_ns: int | None
    score: float | None
    threshold: float | None
    reason: str | None
    error_type: str | None
    error_message: str | None
    input: object
    model_calls: int
    model_trouble: str | None


class Considered(Struct, kw_only=True):
    """An execution of another agent considered the agent, and what came of it."""

    execution_id: str
    by: str
    by_status: str
    time: str
    score: float | None
    threshold: float | None
    outcome: str | None
    reason: str | None


class WhyNot(Struct, kw_only=True):
    """Why an agent did not do its work, from what was recorded; lists are newest first, and the newest entry decides.

    `outcome` is "fired" (it did), "running" (it, or what chose it), "failed" (so did it, or it timed out or crashed),
    "skipped" (it ran and decided against it), "below_threshold" (its score was too low for others), "blocked" (by a
    guard), "not_chosen" (others considered it and took another), "not_called" (it was chosen, and no execution of it
    followed), "upstream_failed" (what chose it failed or timed out, or something else of the conversation did),
    "never_considered", "never_registered" (others name it, and no program has registered or run it) or "unknown_agent"
    (no program has ever named it). Of the last two, `near_names` are like it.
    """

    agent: str
    outcome: str
    message: str
    is_registered: bool
    last_seen: str | None
    near_names: list[str]
    runs: list[AgentRun]
    considered: list[Considered]
    failed_before: list[AgentRun]


class TrendPoint(Struct, kw_only=True):
    """One day (UTC) of an operation. Percentiles are within 1 % and, as the mean, weighted where some were sampled."""

    day: str
    timings: int
    failed: int
    mean_ns: int
    p50_ns: int
    p95_ns: int
    p99_ns: int


class Trend(Struct, kw_only=True):
    """How an operation's durations went over the days, those without any left out, the oldest first.

    An operation is every step of that name and every execution of the agent of that name, as far as they have ended.
    `change` is the median of the later half of the days over that of the earlier half, less 1: 0.2 is 20 % slower. It
    is null where a half has under 30 timings, because it would be noise. `changes` are its change points, of the
    durations, the share of failures and the number of timings a day.
    """

    operation: str
    days: int
    timings: int
    failed: int
    p50_ns: int | None
    p95_ns: int | None
    p99_ns: int | None
    change: float | None
    points: list[TrendPoint]
    changes: list[MetricChange]
