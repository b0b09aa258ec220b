"""Which executions took long, and how much of that they waited for models."""

from collections.abc import Iterable, Sequence

from longpole.analysis.model_time import covered_ns
from longpole.reports.execution_list import page_of_rows
from longpole.reports.filters import SLOW_FILTERS, ExecutionFilters, read_slow_filters
from longpole.reports.question import Question
from longpole.reports.question_views import SlowExecution, SlowPage
from longpole.reports.rows import Row, execution_item
from longpole.store.engine import Engine

_Name = tuple[str, str]
"""Workspace and execution id."""
_Times = list[tuple[int, int]]


def list_slow(store: Engine, filters: ExecutionFilters) -> SlowPage:
    """A page of the executions that `read_slow_filters` describes, the longest first."""
    rows, next_cursor = page_of_rows(store, filters)
    times = _model_call_times(store, rows)
    return SlowPage(items=[_slow(row, times[_name(row)]) for row in rows], next_cursor=next_cursor)


def _slow(row: Row, times: _Times) -> SlowExecution:
    model_ns = covered_ns(times, row["started_ns"], row["ended_ns"]) if times else None
    return SlowExecution(
        execution=execution_item(row), model_ns=model_ns, overhead_ns=row["duration_ns"] - (model_ns or 0)
    )


def _model_call_times(store: Engine, rows: Sequence[Row]) -> dict[_Name, _Times]:
    """The times of the model calls of each of the executions, those of the agents that it called included."""
    asked = {"root_execution_ids": sorted({row["root_execution_id"] for row in rows})}
    found: dict[_Name, _Times] = {_name(row): [] for row in rows}
    if not found:
        return found
    parents = {
        _name(row): (row["workspace"], row["parent_execution_id"]) for row in store.rows("executions_of_trees", asked)
    }
    for call in store.rows("model_call_times", asked):
        for name in _and_above(_name(call), parents):
            if name in found:
                found[name].append((call["started_ns"], call["ended_ns"]))
    return found


def _and_above(name: _Name, parents: dict[_Name, tuple[str, str | None]]) -> Iterable[_Name]:
    seen: set[_Name] = set()  # parents come from outside: a cycle of them ends here
    while name not in seen:
        seen.add(name)
        yield name
        workspace, parent = parents.get(name, (name[0], None))
        if parent is None:
            return
        name = workspace, parent


def _name(row: Row) -> _Name:
    return row["workspace"], row["execution_id"]


SLOW = Question(
    name="slow-executions",
    meaning="A page of executions that took long, the longest first, and how much of that they waited for models.",
    view=SlowPage,
    filters=SLOW_FILTERS,
    ask=lambda store, pairs: list_slow(store, read_slow_filters(pairs)),
)
