"""`ExecutionAnalyticsService`: tells of executions by id, and how they went, in the names of the analytics document.

    service = ExecutionAnalyticsService()
    await service.track_execution_start("order-4711", "claims-triage", "default", "api", {"claim": "CLM-48213"})
    await service.track_step_completion("order-4711", 0, "load policy", 120, "success")
    await service.track_execution_complete("order-4711", "success", {"decision": "pay"})
    analytics = await service.get_execution_analytics("claims-triage")

For programs that hear of executions rather than run them: a queue worker, a webhook. What is told goes the way of
everything that is recorded; what is read are the reports that REST and the command line show.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from longpole import settings
from longpole.client.asking import open_answers
from longpole.client.guide_answers import milliseconds
from longpole.model import clock
from longpole.model.category import Category
from longpole.model.errors import InvalidInput
from longpole.model.status import ExecutionStatus
from longpole.record.harmless import quiet
from longpole.record.site import text_of
from longpole.record.told_execution import ToldExecution
from longpole.record.told_executions import told_executions
from longpole.reports.agent_performance import AGENT
from longpole.reports.filter_values import Pairs
from longpole.reports.hourly import HOURLY
from longpole.reports.question_views import AgentPerformance, ErrorCount, HourTotal
from longpole.reports.statistics import STATISTICS
from longpole.reports.statistics_views import Statistics
from longpole.wire import longpole_names as names

PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class ExecutionMetrics:
    """One execution as this process has told it. `duration_ms` is how long it took, or has taken so far.

    `success_rate` and `error_rate` are the percentages of its steps that succeeded and failed, `avg_step_duration` is
    milliseconds; `None` as long as no step is told. `credits_consumed` is 0 unless the end told any.
    """

    execution_id: str
    agent_id: str
    status: str
    duration_ms: int
    credits_consumed: float
    success_rate: float | None
    error_rate: float | None
    avg_step_duration: float | None


class ExecutionAnalyticsService:
    """Tracks executions by their ids, and tells how an agent's executions went. It holds nothing: any instance will do.

    The methods `track_...` never raise and never wait. What they cannot keep (a status that there is not, an end
    without a start) is reported in the log `longpole`. Start, steps and end of an execution are told in one process;
    many may run at a time, told by any task or thread. One whose end is never told shows as running, and as crashed
    once the process is gone.

    `get_execution_analytics` asks whom `ExecutionAnalytics` asks, and raises what that raises. Rates are percentages.
    """

    @property
    def active_executions(self) -> dict[str, ExecutionMetrics]:
        """Those that run, by id, in order of start: of the whole process."""
        return {one.execution_id: _metrics(one) for one in told_executions.running}

    @property
    def execution_history(self) -> list[ExecutionMetrics]:
        """The latest thousand that have ended, the oldest first: of the whole process."""
        return [_metrics(one) for one in told_executions.ended]

    async def track_execution_start(
        self,
        execution_id: str,
        agent_id: str,
        workspace_id: str | None,
        trigger_type: str | None,
        input_data: Any = None,
        *,
        trigger_source: str | None = None,
        conversation_id: object = None,
        user_id: object = None,
        steps_total: int | None = None,
    ) -> None:
        """An execution starts.

        Args:
            execution_id: names this execution and no other; kept as it is.
            agent_id: the agent's name.
            workspace_id: whose data it is, where no keys are used; `None` is the configured workspace.
            trigger_type: what started it, such as "manual", "scheduled", "webhook" or "api".
            input_data: what it works on; kept like the arguments of a decorated function.
            trigger_source: where the trigger came from.
            conversation_id: the conversation that it belongs to.
            user_id: for whom it runs.
            steps_total: how many steps it is going to take, for the display of its progress.
        """
        facts = {
            names.WORKSPACE: None if workspace_id == settings.in_force().workspace else workspace_id,
            names.TRIGGER_TYPE: trigger_type,
            names.TRIGGER_SOURCE: trigger_source,
            "gen_ai.conversation.id": conversation_id,
            "user.id": user_id,
        }
        _start(execution_id, agent_id, input_data, facts, steps_total)

    async def track_step_completion(
        self,
        execution_id: str,
        step_index: int,
        step_name: str,
        duration_ms: float,
        status: str,
        output: Any = None,
        *,
        category: str = Category.PROCESSING,
        error: BaseException | str | None = None,
    ) -> None:
        """A step has just ended: it is shown as ending now and beginning `duration_ms` before.

        Args:
            execution_id: as it was started.
            step_index: its place among the steps, from 0.
            step_name: what it did.
            duration_ms: how long it took, milliseconds.
            status: how it ended: "success", "failed", "timeout" or "skipped".
            output: what came out; kept like the result of a decorated function.
            category: what it did with its time, a `Category` such as "llm", "tool" or "database".
            error: what went wrong, the exception or a text such as "ValueError: no rows".
        """
        _step(execution_id, step_index, step_name, duration_ms, status, output, category, error)

    async def track_execution_complete(
        self,
        execution_id: str,
        status: str,
        output_data: Any = None,
        error: BaseException | str | None = None,
        *,
        credits_consumed: float | None = None,
    ) -> None:
        """An execution has ended; its duration is that of the steady clock since its start was told.

        Args:
            execution_id: as it was started.
            status: how it ended: "success", "failed", "timeout" or "skipped".
            output_data: what came out; kept like the result of a decorated function.
            error: what went wrong, the exception or a text such as "ValueError: no rows".
            credits_consumed: what it used of a unit of yours.
        """
        _complete(execution_id, status, output_data, error, credits_consumed)

    async def get_execution_analytics(
        self, agent_id: str, time_range: timedelta = timedelta(days=7), *, workspace_id: str | None = None
    ) -> dict[str, Any]:
        """How the executions of an agent went that started in the last `time_range`: `statistics`,
        `execution_patterns` (by hour, those with executions), `failure_analysis` (the ten most frequent types of
        errors) and `success_rate`.

        Durations are milliseconds, of executions that ended and were not skipped. `success_rate` is the percentage of
        those that finished and were not skipped, `None` without any. `failed` counts timeouts and crashes too. Where
        executions were sampled, counts are of those that were kept, all else estimates it for all.

        Args:
            agent_id: the agent's name.
            time_range: how far to look back.
            workspace_id: whose data; every workspace unless one is given.

        Raises:
            InvalidInput: `time_range` is not above 0.
        """
        return await asyncio.to_thread(_analytics, agent_id, time_range, workspace_id)


@quiet
def _start(execution_id: str, agent: str, given: Any, facts: dict[str, Any], steps_total: int | None) -> None:
    told: dict[str, Any] = {name: text_of(value) for name, value in facts.items() if value is not None}
    if steps_total is not None:
        told[names.STEPS_TOTAL] = steps_total
    told_executions.start(text_of(execution_id), text_of(agent), given, told)


@quiet
def _step(
    execution_id: str,
    index: int,
    name: str,
    duration_ms: float,
    status: str,
    output: Any,
    category: str,
    error: BaseException | str | None,
) -> None:
    outcome = told_executions.outcome(status, error, output)
    told_executions.add_step(text_of(execution_id), text_of(name), text_of(category), duration_ms, outcome, index)


@quiet
def _complete(
    execution_id: str, status: str, output: Any, error: BaseException | str | None, credits: float | None
) -> None:
    outcome = told_executions.outcome(status, error, output)
    told_executions.end(text_of(execution_id), outcome, credits)


def _metrics(execution: ToldExecution) -> ExecutionMetrics:
    tally, outcome = execution.tally, execution.outcome
    return ExecutionMetrics(
        execution_id=execution.execution_id,
        agent_id=execution.agent,
        status=ExecutionStatus.RUNNING.value if outcome is None else outcome.status,
        duration_ms=execution.duration_ns // 1_000_000,
        credits_consumed=execution.credits or 0,
        success_rate=tally.succeeded / tally.steps * PERCENT if tally.steps else None,
        error_rate=tally.failed / tally.steps * PERCENT if tally.steps else None,
        avg_step_duration=tally.total_ms / tally.steps if tally.steps else None,
    )


def _analytics(agent: str, time_range: timedelta, workspace: str | None) -> dict[str, Any]:
    asked = _filters(agent, time_range, workspace)
    with open_answers() as answers:
        performance = answers.ask(AGENT, asked)
        hours = answers.ask(HOURLY, asked).hours
        statistics = answers.ask(STATISTICS, asked)
    return {
        "statistics": _statistics(performance, statistics),
        "execution_patterns": [_hour(one) for one in hours],
        "failure_analysis": [_failure(one) for one in performance.errors],
        "success_rate": _percent(performance.success_rate),
    }


def _filters(agent: str, time_range: timedelta, workspace: str | None) -> Pairs:
    length_ns = time_range // timedelta(microseconds=1) * 1000
    if length_ns <= 0:
        raise InvalidInput(
            f"time_range is {time_range}. Expected a time above 0 to look back. Write it like timedelta(days=7)."
        )
    since = clock.to_rfc3339(max(0, clock.now_ns() - length_ns))
    given = {"agent": agent, "from": since, "workspace": workspace}
    return [(name, value) for name, value in given.items() if value is not None]


def _statistics(performance: AgentPerformance, statistics: Statistics) -> dict[str, Any]:
    return {
        "total_executions": performance.executions,
        "successful": performance.succeeded,
        "failed": performance.failed + performance.timed_out + performance.crashed,
        "avg_duration": milliseconds(performance.mean_ns),
        "median_duration": milliseconds(performance.p50_ns),
        "p95_duration": milliseconds(performance.p95_ns),
        "total_credits": statistics.credits.value,
        "avg_credits": statistics.mean_credits.value,
    }


def _hour(one: HourTotal) -> dict[str, Any]:
    return {
        "hour": one.started,
        "execution_count": one.executions,
        "avg_duration": milliseconds(one.mean_ns),
        "success_rate": _percent(one.success_rate),
    }


def _failure(one: ErrorCount) -> dict[str, Any]:
    return {
        "error_type": one.error_type,
        "count": one.executions,
        "avg_duration_before_failure": milliseconds(one.mean_ns),
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else share * PERCENT
