"""The REST routes of questions about one execution or one agent: read the address, ask the report, nothing else."""

from litestar import Response, get

from longpole.model import clock
from longpole.reports.agent_performance import performance_of
from longpole.reports.call_chain import call_chain_of
from longpole.reports.execution_log import log_of
from longpole.reports.failed_executions import list_failed
from longpole.reports.filters import (
    AGENT_FILTERS,
    FAILED_FILTERS,
    SLOW_FILTERS,
    TREND_FILTERS,
    read_agent_filters,
    read_failed_filters,
    read_slow_filters,
    read_trend_filters,
)
from longpole.reports.model_calls import model_calls_of
from longpole.reports.question_views import (
    AgentPerformance,
    CallChain,
    ExecutionLog,
    FailedPage,
    ModelCalls,
    SlowPage,
    Trend,
    WhyNot,
)
from longpole.reports.slow_executions import list_slow
from longpole.reports.trend import trend_of
from longpole.reports.why_not import why_not
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, WORKSPACE, Asked, answer, documented, workspace_of
from longpole.server.routes import ExecutionName, Store


@get(
    "/api/executions/{execution_id:str}/log",
    operation_class=documented([WORKSPACE]),
    responses=REFUSALS_OF_ONE,
    tags=["executions"],
)
async def get_log(request: Asked, store: Store, execution_id: ExecutionName) -> Response[ExecutionLog]:
    """One execution by itself: what went in and out, its error, its stages and everything it told."""
    workspace = workspace_of(request)
    return await answer(request, lambda: log_of(store, execution_id, workspace=workspace))


@get(
    "/api/executions/{execution_id:str}/model-calls",
    operation_class=documented([WORKSPACE]),
    responses=REFUSALS_OF_ONE,
    tags=["executions"],
)
async def get_model_calls(request: Asked, store: Store, execution_id: ExecutionName) -> Response[ModelCalls]:
    """The model calls of one execution, each with its request and response."""
    workspace = workspace_of(request)
    return await answer(request, lambda: model_calls_of(store, execution_id, workspace=workspace))


@get(
    "/api/executions/{execution_id:str}/calls",
    operation_class=documented([WORKSPACE]),
    responses=REFUSALS_OF_ONE,
    tags=["executions"],
)
async def get_calls(request: Asked, store: Store, execution_id: ExecutionName) -> Response[CallChain]:
    """Which agent called which: the way to an execution, and everything below it."""
    workspace = workspace_of(request)
    return await answer(request, lambda: call_chain_of(store, execution_id, workspace=workspace))


@get(
    "/api/analysis/failed-executions",
    operation_class=documented(FAILED_FILTERS),
    responses=REFUSALS,
    tags=["analysis"],
)
async def get_failed(request: Asked, store: Store) -> Response[FailedPage]:
    """A page of executions that failed, timed out or crashed, newest first, with their stacks."""
    filters = read_failed_filters(request.query_params.multi_items())
    return await answer(request, lambda: list_failed(store, filters))


@get("/api/analysis/slow-executions", operation_class=documented(SLOW_FILTERS), responses=REFUSALS, tags=["analysis"])
async def get_slow(request: Asked, store: Store) -> Response[SlowPage]:
    """A page of executions that took long, the longest first, and how much of that they waited for models."""
    filters = read_slow_filters(request.query_params.multi_items())
    return await answer(request, lambda: list_slow(store, filters))


@get("/api/analysis/agent", operation_class=documented(AGENT_FILTERS), responses=REFUSALS, tags=["analysis"])
async def get_agent(request: Asked, store: Store) -> Response[AgentPerformance]:
    """How one agent did in a time range: success, times, errors, what its model calls used."""
    filters = read_agent_filters(request.query_params.multi_items())
    return await answer(request, lambda: performance_of(store, filters))


@get("/api/analysis/why-not", operation_class=documented(AGENT_FILTERS), responses=REFUSALS, tags=["analysis"])
async def get_why_not(request: Asked, store: Store) -> Response[WhyNot]:
    """Why an agent did not do its work, with the evidence."""
    filters = read_agent_filters(request.query_params.multi_items())
    return await answer(request, lambda: why_not(store, filters))


@get("/api/analysis/trend", operation_class=documented(TREND_FILTERS), responses=REFUSALS, tags=["analysis"])
async def get_trend(request: Asked, store: Store) -> Response[Trend]:
    """How the durations of a step or an agent went over the days."""
    filters = read_trend_filters(request.query_params.multi_items())
    return await answer(request, lambda: trend_of(store, filters, clock.now_ns()))


QUESTION_ROUTES = (get_log, get_model_calls, get_calls, get_failed, get_slow, get_agent, get_why_not, get_trend)
"""All of them."""
