"""The REST routes, one handler each: read the address, ask the report, nothing else."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import Parameter, SkipValidation

from longpole.reports.coverage import coverage_of
from longpole.reports.execution_list import list_executions
from longpole.reports.filter_values import WORKSPACE, read_scope
from longpole.reports.filters import (
    COVERAGE_FILTERS,
    LIST_FILTERS,
    OVERVIEW_FILTERS,
    PROCESS_FILTERS,
    SCORE_FILTERS,
    read_execution_filters,
    read_gap_limit,
    read_process_filters,
    read_score_filters,
)
from longpole.reports.one_execution import tree_of
from longpole.reports.one_step import step_detail
from longpole.reports.overview import overview_of
from longpole.reports.processes import list_processes
from longpole.reports.scores import list_scores
from longpole.reports.views import (
    Coverage,
    ExecutionPage,
    ExecutionTree,
    Overview,
    ProcessPage,
    ScorePage,
    StepDetail,
)
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, Asked, answer, answer_of_one, documented, workspace_of
from longpole.store.engine import Engine

ExecutionName = Annotated[
    str,
    Parameter(description="An execution id, a trace id, or the beginning or end of an execution id that only one has."),
]
StepName = Annotated[str, Parameter(description="A step's id, or the span id of an execution itself.")]
Store = NamedDependency[SkipValidation[Engine]]


@get("/api/executions", operation_class=documented(LIST_FILTERS), responses=REFUSALS, tags=["executions"])
async def get_executions(request: Asked, store: Store) -> Response[ExecutionPage]:
    """A page of executions, filtered and sorted."""
    filters = read_execution_filters(request.query_params.multi_items())
    return await answer(request, lambda: list_executions(store, filters))


@get(
    "/api/executions/{execution_id:str}",
    operation_class=documented([WORKSPACE]),
    responses=REFUSALS_OF_ONE,
    tags=["executions"],
)
async def get_execution(request: Asked, store: Store, execution_id: ExecutionName) -> Response[ExecutionTree]:
    """One execution with everything below it, as a skeleton without bodies."""
    workspace = workspace_of(request)
    return await answer_of_one(request, lambda: tree_of(store, execution_id, workspace=workspace))


@get(
    "/api/executions/{execution_id:str}/steps/{step_id:str}",
    operation_class=documented([WORKSPACE]),
    responses=REFUSALS_OF_ONE,
    tags=["executions"],
)
async def get_step(
    request: Asked, store: Store, execution_id: ExecutionName, step_id: StepName
) -> Response[StepDetail]:
    """One step with its bodies: input, output, attributes, error."""
    workspace = workspace_of(request)
    return await answer(request, lambda: step_detail(store, execution_id, step_id, workspace=workspace))


@get(
    "/api/executions/{execution_id:str}/coverage",
    operation_class=documented(COVERAGE_FILTERS),
    responses=REFUSALS_OF_ONE,
    tags=["executions"],
)
async def get_coverage(request: Asked, store: Store, execution_id: ExecutionName) -> Response[Coverage]:
    """How much of an execution's wall time its steps explain, and every gap that none explains."""
    limit = read_gap_limit(request.query_params.multi_items())
    return await answer_of_one(request, lambda: coverage_of(store, execution_id, limit))


@get("/api/overview", operation_class=documented(OVERVIEW_FILTERS), responses=REFUSALS, tags=["overview"])
async def get_overview(request: Asked, store: Store) -> Response[Overview]:
    """Totals, agents and categories of a time range."""
    scope = read_scope(request.query_params.multi_items())
    return await answer(request, lambda: overview_of(store, scope))


@get("/api/scores", operation_class=documented(SCORE_FILTERS), responses=REFUSALS, tags=["scores"])
async def get_scores(request: Asked, store: Store) -> Response[ScorePage]:
    """The scores of executions that started in a time range, newest first."""
    filters = read_score_filters(request.query_params.multi_items())
    return await answer(request, lambda: list_scores(store, filters))


@get("/api/processes", operation_class=documented(PROCESS_FILTERS), responses=REFUSALS, tags=["processes"])
async def get_processes(request: Asked, store: Store) -> Response[ProcessPage]:
    """The programs with Longpole's SDK in them, by their last sign of life, and what recording costs them."""
    filters = read_process_filters(request.query_params.multi_items())
    return await answer(request, lambda: list_processes(store, filters))
