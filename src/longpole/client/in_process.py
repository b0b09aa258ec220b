"""The door to a store that nobody else holds: the reports, called directly."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from longpole.model import clock
from longpole.model.errors import StoreError
from longpole.reports.agent_performance import performance_of
from longpole.reports.call_chain import call_chain_of
from longpole.reports.coverage import coverage_of
from longpole.reports.execution_list import list_executions
from longpole.reports.execution_log import log_of
from longpole.reports.failed_executions import list_failed
from longpole.reports.filters import (
    read_agent_filters,
    read_execution_filters,
    read_failed_filters,
    read_gap_limit,
    read_process_filters,
    read_scope,
    read_slow_filters,
    read_trend_filters,
)
from longpole.reports.model_calls import model_calls_of
from longpole.reports.one_execution import tree_of
from longpole.reports.one_step import step_detail
from longpole.reports.overview import overview_of
from longpole.reports.processes import list_processes
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
from longpole.reports.views import Coverage, ExecutionPage, ExecutionTree, Overview, ProcessPage, StepDetail
from longpole.reports.why_not import why_not

if TYPE_CHECKING:
    from longpole.store.engine import Engine


class StoreDoor:
    """Questions to an open store, which it closes with itself."""

    def __init__(self, store: "Engine") -> None:
        self._store = store

    @classmethod
    def open(cls, address: Path | str) -> "StoreDoor":
        """Open the store: a database file with its lock, or a database server.

        Raises:
            StoreLocked: another process holds it.
            StoreTooNew: a newer Longpole made it.
            StoreError: DuckDB is not installed.
        """
        try:
            from longpole.store.store import open_store  # noqa: PLC0415 - DuckDB comes with longpole[server] only
        except ModuleNotFoundError as error:
            raise StoreError(
                f"The store cannot be opened: {error.name} is not installed. "
                "Expected the packages of longpole[server]. Run: pip install 'longpole[server]', "
                "or name a running server with --url."
            ) from None
        return cls(open_store(address))

    def executions(self, filters: Sequence[tuple[str, str]]) -> ExecutionPage:
        """What `GET /api/executions` answers."""
        return list_executions(self._store, read_execution_filters(filters))

    def execution(self, name: str, workspace: str | None) -> ExecutionTree:
        """What `GET /api/executions/{id}` answers."""
        return tree_of(self._store, name, workspace=workspace)

    def step(self, execution: str, step_id: str, workspace: str | None) -> StepDetail:
        """What `GET /api/executions/{id}/steps/{step_id}` answers."""
        return step_detail(self._store, execution, step_id, workspace=workspace)

    def coverage(self, execution: str, filters: Sequence[tuple[str, str]]) -> Coverage:
        """What `GET /api/executions/{id}/coverage` answers."""
        return coverage_of(self._store, execution, read_gap_limit(filters))

    def overview(self, filters: Sequence[tuple[str, str]]) -> Overview:
        """What `GET /api/overview` answers."""
        return overview_of(self._store, read_scope(filters))

    def processes(self, filters: Sequence[tuple[str, str]]) -> ProcessPage:
        """What `GET /api/processes` answers."""
        return list_processes(self._store, read_process_filters(filters))

    def log(self, execution: str, workspace: str | None) -> ExecutionLog:
        """What `GET /api/executions/{id}/log` answers."""
        return log_of(self._store, execution, workspace=workspace)

    def model_calls(self, execution: str, workspace: str | None) -> ModelCalls:
        """What `GET /api/executions/{id}/model-calls` answers."""
        return model_calls_of(self._store, execution, workspace=workspace)

    def calls(self, execution: str, workspace: str | None) -> CallChain:
        """What `GET /api/executions/{id}/calls` answers."""
        return call_chain_of(self._store, execution, workspace=workspace)

    def failed(self, filters: Sequence[tuple[str, str]]) -> FailedPage:
        """What `GET /api/analysis/failed-executions` answers."""
        return list_failed(self._store, read_failed_filters(filters))

    def slow(self, filters: Sequence[tuple[str, str]]) -> SlowPage:
        """What `GET /api/analysis/slow-executions` answers."""
        return list_slow(self._store, read_slow_filters(filters))

    def agent(self, filters: Sequence[tuple[str, str]]) -> AgentPerformance:
        """What `GET /api/analysis/agent` answers."""
        return performance_of(self._store, read_agent_filters(filters))

    def why_not(self, filters: Sequence[tuple[str, str]]) -> WhyNot:
        """What `GET /api/analysis/why-not` answers."""
        return why_not(self._store, read_agent_filters(filters))

    def trend(self, filters: Sequence[tuple[str, str]]) -> Trend:
        """What `GET /api/analysis/trend` answers."""
        return trend_of(self._store, read_trend_filters(filters), clock.now_ns())

    def close(self) -> None:
        """Close the store."""
        self._store.close()
