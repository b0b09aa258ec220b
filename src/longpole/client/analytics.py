"""`ExecutionAnalytics`: the questions of the tracking guide, asked from a program or a prompt.

    from longpole import ExecutionAnalytics

    print(ExecutionAnalytics.debug_why_agent_didnt_fire("PsychologistAgent", conversation_id=conversation_id))

They are the reports that REST and the dashboard show, in the guide's names and units.
"""

from math import nan
from typing import Any

from longpole.client.answer_list import AnswerList
from longpole.client.asking import asked_filters, chosen_workspace, open_answers
from longpole.client.change_questions import ChangeQuestions
from longpole.client.cost_questions import CostQuestions
from longpole.client.execution_questions import ExecutionQuestions
from longpole.client.finding_questions import FindingQuestions
from longpole.client.guide_answers import (
    AgentCallChain,
    AgentExecution,
    AgentExecutionLog,
    AgentPerformanceMetrics,
    CommonError,
    Consideration,
    ExecutionWithLogs,
    LlmInteraction,
    LlmInteractions,
    LlmStats,
    RelevanceCheck,
    SlowRun,
    WhyNotFired,
    added,
    milliseconds,
)
from longpole.client.path_questions import PathQuestions
from longpole.client.report_questions import ReportQuestions
from longpole.client.running_questions import RunningQuestions
from longpole.client.statistics_questions import StatisticsQuestions
from longpole.model.event import EventKind
from longpole.reports.agent_performance import AGENT
from longpole.reports.call_chain import CALLS
from longpole.reports.execution_log import LOG
from longpole.reports.failed_executions import FAILED
from longpole.reports.filter_values import MOST
from longpole.reports.model_calls import MODEL_CALLS
from longpole.reports.question_views import AgentPerformance, AgentRun, ExecutionLog, LogEntry, ModelCall
from longpole.reports.slow_executions import SLOW
from longpole.reports.views import ExecutionItem
from longpole.reports.why_not import WHY_NOT

_AS_IN_THE_GUIDE = {"fired", "running", "skipped", "failed"}


class ExecutionAnalytics(
    ExecutionQuestions,
    FindingQuestions,
    StatisticsQuestions,
    ChangeQuestions,
    PathQuestions,
    CostQuestions,
    ReportQuestions,
    RunningQuestions,
):
    """Questions about what agents did. Every method is called on the class, and waits for its answer.

    It asks the server that `configure()` or the settings name (`url`, else `endpoint`), else one that runs on this
    machine, else the store in the data folder, which must then be held by nobody. `workspace` is the configured one
    unless another is given. What was recorded a moment ago may not have arrived yet; `longpole.flush()` sends it.

    Every method raises `NotFound` for an execution that does not exist, `InvalidInput` for a part of an id that several
    have, and `ServerUnreachable` when there is nobody to ask.
    """

    @classmethod
    def debug_why_agent_didnt_fire(
        cls,
        agent_name: str,
        conversation_id: object = None,
        vault_id: object = None,
        *,
        hours: float | None = None,
        workspace: str | None = None,
    ) -> WhyNotFired:
        """Why an agent did not do its work: in a conversation, in a vault, or at all.

        Args:
            agent_name: exactly; for a name that nobody knows the answer has those like it.
            conversation_id: only what belongs to it.
            vault_id: only what belongs to it.
            hours: how far to look back; without it, as far as there is data.
            workspace: whose data.
        """
        asked = asked_filters(
            agent=agent_name, session=conversation_id, vault_id=vault_id, hours=hours, workspace=workspace
        )
        with open_answers() as answers:
            found = answers.ask(WHY_NOT, asked)
        return WhyNotFired(
            status=found.outcome if found.outcome in _AS_IN_THE_GUIDE else "never_invoked",
            message=found.message,
            executions=[_relevance_check(run) for run in found.runs],
            outcome=found.outcome,
            considered=[
                Consideration(
                    considered_by=one.by,
                    timestamp=one.time,
                    score=one.score,
                    threshold=one.threshold,
                    outcome=one.outcome,
                    reasoning=one.reason,
                    execution_id=one.execution_id,
                )
                for one in found.considered
            ],
            near_names=found.near_names,
        )

    @classmethod
    def get_stage_timeline(cls, execution_id: object, *, workspace: str | None = None) -> AnswerList[AgentExecutionLog]:
        """The stages that an execution passed, in order of time; empty if it told of none."""
        log = _log(execution_id, workspace)
        stages = (_log_line(entry) for entry in log.entries if entry.kind == EventKind.STAGE)
        return AnswerList(AgentExecutionLog, stages)

    @classmethod
    def get_failed_executions(
        cls,
        vault_id: object = None,
        hours: float | None = 24,
        *,
        agent_name: str | None = None,
        conversation_id: object = None,
        limit: int = MOST,
        workspace: str | None = None,
    ) -> AnswerList[AgentExecution]:
        """The executions that failed, timed out or crashed, the newest first.

        Args:
            vault_id: only what belongs to it.
            hours: started within so many hours; `None` is all there is.
            agent_name: only this agent.
            conversation_id: only what belongs to it.
            limit: at most so many, 1 to 1,000.
            workspace: whose data.
        """
        asked = asked_filters(
            agent=agent_name, session=conversation_id, vault_id=vault_id, hours=hours, workspace=workspace, limit=limit
        )
        with open_answers() as answers:
            page = answers.ask(FAILED, asked)
        found = (_execution(one.execution, given=one.input, stack=one.error_stack) for one in page.items)
        return AnswerList(AgentExecution, found)

    @classmethod
    def analyze_agent_performance(
        cls, agent_name: str, vault_id: object = None, hours: float | None = 24, *, workspace: str | None = None
    ) -> AgentPerformanceMetrics:
        """How one agent did: executions, success, durations, errors and model calls.

        Args:
            agent_name: exactly. Of an agent that has not run all counts are 0.
            vault_id: only what belongs to it.
            hours: started within so many hours; `None` is all there is.
            workspace: whose data.
        """
        asked = asked_filters(agent=agent_name, vault_id=vault_id, hours=hours, workspace=workspace)
        with open_answers() as answers:
            return _metrics(answers.ask(AGENT, asked))

    @classmethod
    def get_llm_interactions(cls, execution_id: object, *, workspace: str | None = None) -> LlmInteractions:
        """The model calls of an execution, with request and response as far as the content mode kept them."""
        with open_answers() as answers:
            found = answers.ask_about(str(execution_id), MODEL_CALLS, workspace=chosen_workspace(workspace))
        calls = [_interaction(call) for call in found.calls]
        last = calls[-1] if calls else None
        return LlmInteractions(
            execution_id=found.execution_id,
            model=last and last.model,
            status=last and last.status,
            request=last and last.request,
            response=last and last.response,
            tokens_used=last and last.tokens_used,
            latency_ms=last and last.latency_ms,
            calls=calls,
        )

    @classmethod
    def get_execution_call_chain(
        cls, execution_id: object, *, workspace: str | None = None
    ) -> AnswerList[AgentCallChain]:
        """The calls that led to an execution and all calls below it, each before those that it led to."""
        with open_answers() as answers:
            found = answers.ask_about(str(execution_id), CALLS, workspace=chosen_workspace(workspace))
        calls = (
            AgentCallChain(
                depth=call.depth,
                parent_agent=call.parent_agent,
                child_agent=call.child_agent,
                call_reason=call.reason,
                status=call.status,
                duration_ms=milliseconds(call.duration_ns),
                parent_execution_id=call.parent_execution_id,
                child_execution_id=call.child_execution_id,
            )
            for call in found.calls
        )
        return AnswerList(AgentCallChain, calls)

    @classmethod
    def find_slow_executions(
        cls,
        threshold_ms: float = 5000,
        vault_id: object = None,
        hours: float | None = 24,
        *,
        agent_name: str | None = None,
        limit: int = MOST,
        workspace: str | None = None,
    ) -> AnswerList[SlowRun]:
        """The executions that took at least `threshold_ms`, the longest first.

        Args:
            threshold_ms: milliseconds.
            vault_id: only what belongs to it.
            hours: started within so many hours; `None` is all there is.
            agent_name: only this agent.
            limit: at most so many, 1 to 1,000.
            workspace: whose data.
        """
        asked = asked_filters(agent=agent_name, vault_id=vault_id, hours=hours, workspace=workspace, limit=limit)
        with open_answers() as answers:
            page = answers.ask(SLOW, [*asked, ("min_duration_ns", str(round(threshold_ms * 1e6)))])
        runs = (
            SlowRun(
                execution_id=one.execution.execution_id,
                agent_name=one.execution.agent,
                method=one.execution.method,
                status=one.execution.status,
                started_at=one.execution.started_at,
                duration_ms=(one.execution.duration_ns or 0) / 1e6,
                llm_latency_ms=milliseconds(one.model_ns),
                overhead_ms=one.overhead_ns / 1e6,
            )
            for one in page.items
        )
        return AnswerList(SlowRun, runs)

    @classmethod
    def get_execution_with_logs(cls, execution_id: object, *, workspace: str | None = None) -> ExecutionWithLogs:
        """An execution and everything that it told: stages, log lines, decisions, in order of time."""
        log = _log(execution_id, workspace)
        return ExecutionWithLogs(execution=_whole(log), logs=[_log_line(entry) for entry in log.entries])

    @classmethod
    def get_execution(cls, execution_id: object, *, workspace: str | None = None) -> AgentExecution:
        """One execution; `execution_id` may be a trace id, or a part of an execution id that only one has."""
        return _whole(_log(execution_id, workspace))


def _log(execution_id: object, workspace: str | None) -> ExecutionLog:
    with open_answers() as answers:
        return answers.ask_about(str(execution_id), LOG, workspace=chosen_workspace(workspace))


def _whole(log: ExecutionLog) -> AgentExecution:
    return _execution(log.execution, given=log.input, result=log.output, stack=log.error_stack)


def _execution(item: ExecutionItem, *, given: Any = None, result: Any = None, stack: str | None) -> AgentExecution:
    return AgentExecution(
        execution_id=item.execution_id,
        parent_execution_id=item.parent_execution_id,
        agent_name=item.agent,
        method=item.method,
        status=item.status,
        current_stage=item.stage,
        started_at=item.started_at,
        ended_at=item.ended_at,
        duration_ms=milliseconds(item.duration_ns),
        conversation_id=item.session_id,
        user_id=item.user_id,
        vault_id=(item.scopes or {}).get("vault_id"),
        llm_model=item.model,
        tokens_used=added((item.input_tokens, item.output_tokens)),
        input_data=given,
        output_data=result,
        error_type=item.error_type,
        error_message=item.error_message,
        error_traceback=stack,
    )


def _log_line(entry: LogEntry) -> AgentExecutionLog:
    return AgentExecutionLog(
        timestamp=entry.time,
        kind=entry.kind,
        stage=entry.stage,
        status=entry.status,
        duration_ms=milliseconds(entry.duration_ns),
        level=entry.level,
        message=entry.message,
        data=entry.data,
    )


def _metrics(found: AgentPerformance) -> AgentPerformanceMetrics:
    return AgentPerformanceMetrics(
        agent_name=found.agent,
        total_executions=found.executions,
        successful=found.succeeded,
        failed=found.failed + found.timed_out + found.crashed,
        skipped=found.skipped,
        success_rate=nan if found.success_rate is None else found.success_rate,
        avg_duration_ms=milliseconds(found.mean_ns),
        p50_duration_ms=milliseconds(found.p50_ns),
        p95_duration_ms=milliseconds(found.p95_ns),
        common_errors=[
            CommonError(error_type=error.error_type, error_message=error.example, count=error.executions)
            for error in found.errors
        ],
        llm_stats=LlmStats(
            total_calls=found.model_calls,
            total_tokens=found.tokens,
            avg_tokens_per_call=found.mean_call_tokens,
            avg_latency_ms=milliseconds(found.mean_call_ns),
        ),
        cost_usd=found.cost_usd,
    )


def _interaction(call: ModelCall) -> LlmInteraction:
    tokens = added((call.input_tokens, call.output_tokens))
    return LlmInteraction(
        model=call.model,
        status=call.status,
        request=call.request,
        response=call.response,
        tokens_used=call.total_tokens if tokens is None else tokens,
        latency_ms=milliseconds(call.duration_ns),
        error_type=call.error_type,
        error_message=call.error_message,
    )


def _relevance_check(run: AgentRun) -> RelevanceCheck:
    return RelevanceCheck(
        execution_id=run.execution_id,
        status=run.status,
        started_at=run.started_at,
        relevance_score=run.score,
        relevance_threshold=run.threshold,
        relevance_reasoning=run.reason,
        input_data=run.input,
        error_type=run.error_type,
        error_message=run.error_message,
        model_trouble=run.model_trouble,
    )
