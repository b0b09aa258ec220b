"""The door to a store that nobody else holds: the reports, called directly."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from longpole.client.installed import packages_of_server
from longpole.reports.coverage import coverage_of
from longpole.reports.execution_list import list_executions
from longpole.reports.export.exported_file import ExportedFile
from longpole.reports.export.one_execution_file import execution_file
from longpole.reports.filter_values import read_scope
from longpole.reports.filters import (
    read_execution_filters,
    read_gap_limit,
    read_process_filters,
)
from longpole.reports.one_execution import tree_of
from longpole.reports.one_step import step_detail
from longpole.reports.overview import overview_of
from longpole.reports.processes import list_processes
from longpole.reports.question import Question, QuestionOfOne, View
from longpole.reports.sql_answer import SqlAnswer, SqlBody, SqlDesk
from longpole.reports.views import Coverage, ExecutionPage, ExecutionTree, Overview, ProcessPage, StepDetail

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
        with packages_of_server():
            from longpole.store.store import open_store  # noqa: PLC0415 - DuckDB comes with longpole[server] only
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

    def ask(self, question: Question[View], filters: Sequence[tuple[str, str]]) -> View:
        """What the question's REST address answers."""
        return question.ask(self._store, filters)

    def ask_about(self, execution: str, question: QuestionOfOne[View], filters: Sequence[tuple[str, str]]) -> View:
        """What the question's REST address answers for an execution."""
        return question.ask(self._store, execution, filters)

    def sql(self, asked: SqlBody, *, timeout_s: float, row_limit: int) -> SqlAnswer:
        """What `POST /api/sql` answers."""
        return SqlDesk(self._store, timeout_s=timeout_s, row_limit=row_limit).answer(asked)

    def executions_file(self, filters: Sequence[tuple[str, str]]) -> ExportedFile:
        """What `GET /api/export/executions` answers."""
        with packages_of_server():
            from longpole.reports.export.executions_file import executions_file  # noqa: PLC0415 - Parquet needs DuckDB
        return executions_file(self._store, filters)

    def execution_file(self, execution: str, filters: Sequence[tuple[str, str]]) -> ExportedFile:
        """What `GET /api/executions/{id}/export` answers."""
        return execution_file(self._store, execution, filters)

    def close(self) -> None:
        """Close the store."""
        self._store.close()
