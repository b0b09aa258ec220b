"""Which executions failed, timed out or crashed, each with the stack of its error."""

from longpole.reports.bodies import NO_BODY, bodies_of, span_of_row
from longpole.reports.execution_list import page_of_rows
from longpole.reports.filters import FAILED_FILTERS, ExecutionFilters, read_failed_filters
from longpole.reports.question import Question
from longpole.reports.question_views import FailedExecution, FailedPage
from longpole.reports.rows import Row, execution_item, parsed
from longpole.store.engine import Engine


def list_failed(store: Engine, filters: ExecutionFilters) -> FailedPage:
    """A page of the executions that `read_failed_filters` describes, the newest first."""
    rows, next_cursor = page_of_rows(store, filters)
    bodies = bodies_of(store, map(span_of_row, rows))
    items = [_failed(row, bodies.get(span_of_row(row), NO_BODY)) for row in rows]
    return FailedPage(items=items, next_cursor=next_cursor)


def _failed(row: Row, body: Row) -> FailedExecution:
    return FailedExecution(execution=execution_item(row), input=parsed(body["input"]), error_stack=body["error_stack"])


FAILED = Question(
    name="failed-executions",
    meaning="A page of executions that failed, timed out or crashed, newest first, with their stacks.",
    view=FailedPage,
    filters=FAILED_FILTERS,
    ask=lambda store, pairs: list_failed(store, read_failed_filters(pairs)),
)
