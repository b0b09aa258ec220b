"""The answers of `ExecutionAnalytics`, in the names and units of the tracking guide.

Every field can be read both ways, `answer.status` and `answer["status"]`, because the guide does; `dict(answer)` is a
dictionary of it, and printed it looks like one. Durations are milliseconds, times RFC 3339 in UTC; `None` is unknown.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from longpole.model.frames import FrameLibrary
from longpole.reports.shown import answer_frame
from longpole.reports.shown_html import view_html


class GuideAnswer(Struct, frozen=True, kw_only=True):
    """What all of them have."""

    def __getitem__(self, name: str) -> Any:
        if name not in self.__struct_fields__:
            raise KeyError(name)
        return getattr(self, name)

    def _repr_html_(self) -> str:
        return view_html(self)

    def to_dataframe(self, part: str | None = None, *, library: FrameLibrary | None = None) -> Any:
        """A list of this answer as a data frame; without any list, the answer as one row. See `Shown.to_dataframe`."""
        return answer_frame(self, part, library)

    def __str__(self) -> str:
        return str(msgspec.to_builtins(self))

    def get(self, name: str, default: Any = None) -> Any:
        """The field of that name, or `default` where there is none."""
        return getattr(self, name) if name in self.__struct_fields__ else default

    def keys(self) -> tuple[str, ...]:
        """The names of all fields."""
        return self.__struct_fields__


class AgentExecution(GuideAnswer, frozen=True, kw_only=True):
    """One invocation of one agent. `tokens_used` covers the agents that it called.

    `output_data` is known only of an execution that was asked for by its id.
    """

    execution_id: str
    parent_execution_id: str | None
    agent_name: str
    method: str | None
    status: str
    current_stage: str | None
    started_at: str
    ended_at: str | None
    duration_ms: float | None
    conversation_id: str | None
    user_id: str | None
    vault_id: str | None
    llm_model: str | None
    tokens_used: int | None
    input_data: Any
    output_data: Any
    error_type: str | None
    error_message: str | None
    error_traceback: str | None


class AgentExecutionLog(GuideAnswer, frozen=True, kw_only=True):
    """A stage that an execution passed (`kind` is "stage"), or something that it told while it was in one.

    Of a stage, `status` is "started", "completed", "failed" or "left_open", and `timestamp` is when it was entered.
    """

    timestamp: str
    kind: str
    stage: str | None
    status: str | None
    duration_ms: float | None
    level: str | None
    message: str | None
    data: dict[str, Any]


class ExecutionWithLogs(GuideAnswer, frozen=True, kw_only=True):
    """An execution and what it told, in order of time."""

    execution: AgentExecution
    logs: list[AgentExecutionLog]


class AgentCallChain(GuideAnswer, frozen=True, kw_only=True):
    """One call of an agent by another; `depth` is 1 for what the top agent called."""

    depth: int
    parent_agent: str
    child_agent: str
    call_reason: str | None
    status: str
    duration_ms: float | None
    parent_execution_id: str
    child_execution_id: str


class CommonError(GuideAnswer, frozen=True, kw_only=True):
    """How often an error ended an agent's executions, with one message of it."""

    error_type: str | None
    error_message: str | None
    count: int


class LlmStats(GuideAnswer, frozen=True, kw_only=True):
    """An agent's own model calls; averages are over the calls that told."""

    total_calls: int
    total_tokens: int | None
    avg_tokens_per_call: float | None
    avg_latency_ms: float | None


class AgentPerformanceMetrics(GuideAnswer, frozen=True, kw_only=True):
    """How one agent did. `success_rate` (0 to 1) is of those that finished and were not skipped; `nan` without any.

    Durations leave skipped executions out.
    """

    agent_name: str
    total_executions: int
    successful: int
    failed: int
    skipped: int
    success_rate: float
    avg_duration_ms: float | None
    p50_duration_ms: float | None
    p95_duration_ms: float | None
    common_errors: list[CommonError]
    llm_stats: LlmStats
    cost_usd: float | None


class LlmInteraction(GuideAnswer, frozen=True, kw_only=True):
    """One call of a model. Without a response it has not come, or was not recorded."""

    model: str | None
    status: str
    request: Any
    response: Any
    tokens_used: int | None
    latency_ms: float | None
    error_type: str | None
    error_message: str | None


class LlmInteractions(GuideAnswer, frozen=True, kw_only=True):
    """The model calls of one execution: the fields are those of the latest one, `calls` has all, the oldest first.

    Without any call all fields are `None`.
    """

    execution_id: str
    model: str | None
    status: str | None
    request: Any
    response: Any
    tokens_used: int | None
    latency_ms: float | None
    calls: list[LlmInteraction]


class SlowRun(GuideAnswer, frozen=True, kw_only=True):
    """An execution that took long. `llm_latency_ms` is the time in which any model call ran, `overhead_ms` the rest."""

    execution_id: str
    agent_name: str
    method: str | None
    status: str
    started_at: str
    duration_ms: float
    llm_latency_ms: float | None
    overhead_ms: float


class RelevanceCheck(GuideAnswer, frozen=True, kw_only=True):
    """An execution of the agent, with its own decision whether to respond, if it made one.

    `model_trouble` is "request_not_sent" or "response_not_received" where one of them may be why it did not succeed.
    """

    execution_id: str
    status: str
    started_at: str
    relevance_score: float | None
    relevance_threshold: float | None
    relevance_reasoning: str | None
    input_data: Any
    error_type: str | None
    error_message: str | None
    model_trouble: str | None


class Consideration(GuideAnswer, frozen=True, kw_only=True):
    """Another agent considered this one."""

    considered_by: str
    timestamp: str
    score: float | None
    threshold: float | None
    outcome: str | None
    reasoning: str | None
    execution_id: str


class WhyNotFired(GuideAnswer, frozen=True, kw_only=True):
    """Why an agent did not do its work.

    `status` is "fired", "running", "skipped", "failed", or "never_invoked". `outcome` says it finer, in the words of
    `reports.question_views.WhyNot`.
    """

    status: str
    message: str
    executions: list[RelevanceCheck]
    outcome: str
    considered: list[Consideration]
    near_names: list[str]


def milliseconds(duration_ns: int | None) -> float | None:
    """Nanoseconds as milliseconds."""
    return None if duration_ns is None else duration_ns / 1e6


def added(parts: Sequence[int | None]) -> int | None:
    """The sum of what is known; `None` where nothing is."""
    known = [part for part in parts if part is not None]
    return sum(known) if known else None
