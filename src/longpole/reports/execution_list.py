"""Which executions ran: one page of them, filtered and sorted, and how to get the next."""

from collections.abc import Sequence
from typing import Any

from longpole.model import clock
from longpole.model.clock import HOUR_NS
from longpole.reports.filters import ExecutionFilters, Place, write_cursor
from longpole.reports.rows import Row, execution_item
from longpole.reports.views import ExecutionPage
from longpole.reports.whole_days import rows_by_days
from longpole.store.engine import Engine

_BY_DAYS = frozenset(("workspace", "agent", "environment", "version", "from_ns", "to_ns"))
_SLICES_NS = (24 * HOUR_NS, 7 * 24 * HOUR_NS)


def list_executions(store: Engine, filters: ExecutionFilters) -> ExecutionPage:
    """The page after `filters.after`, at most `filters.limit` executions.

    Rows that arrive between two pages neither hide nor repeat an execution, because a page begins behind a row and
    not behind a count. An execution whose sort value changes meanwhile (it ends, it gains tokens) may move over the
    page's edge; sorted by start or agent none does.
    """
    rows, next_cursor = page_of_rows(store, filters)
    return ExecutionPage(items=[execution_item(row) for row in rows], next_cursor=next_cursor)


def page_of_rows(store: Engine, filters: ExecutionFilters) -> tuple[Sequence[Row], str | None]:
    """The same page as rows, for reports that add to it, and the cursor of the next."""
    # One more than asked tells whether there is a next page.
    rows = _newest(store, filters) if _is_by_newest(filters) else store.rows("execution_page", _parameters(filters))
    kept = rows[: filters.limit]
    return kept, write_cursor(_place_of(kept[-1], filters)) if len(rows) > filters.limit else None


def _is_by_newest(filters: ExecutionFilters) -> bool:
    """Whether the newest come first, and not only the few of one session or caller."""
    return (filters.sort, filters.is_descending, filters.session, filters.parent) == ("started", True, None, None)


def _newest(store: Engine, filters: ExecutionFilters) -> Sequence[Row]:
    """The first rows by when they started: mostly a day or a week has enough of them, and the rest is not looked at.

    Where inputs and outputs are searched, the last hour in which something began is tried first. What came up to a day
    before it has to be searched as well on some databases, so that it takes half of what a day does.
    """
    asked = _parameters(filters)
    if filters.after is not None and filters.after.number is not None:
        asked["to_ns"] = min(filters.to_ns, filters.after.number + 1)
    end_ns = min(asked["to_ns"], clock.now_ns())
    searches = filters.text is not None or filters.attribute is not None
    if searches:
        named = {name: asked[name] for name in ("workspace", "agent", "from_ns")}
        last_ns = store.rows("last_start", {**named, "to_ns": end_ns})[0]["last_ns"]
        end_ns = filters.from_ns if last_ns is None else last_ns + 1
    for slice_ns in (HOUR_NS, *_SLICES_NS) if searches else _SLICES_NS:
        if end_ns - slice_ns > filters.from_ns:
            rows = store.rows("execution_page", {**asked, "from_ns": end_ns - slice_ns})
            if len(rows) > filters.limit:
                return rows
    return store.rows("execution_page", asked)


def matching_parameters(filters: ExecutionFilters) -> dict[str, Any]:
    """The filters as `@matching()` takes them: which executions, without the page of them."""
    attribute_key, attribute_value = filters.attribute or (None, None)
    scope_key, scope_value = filters.scope or (None, None)
    return {
        "workspace": filters.workspace,
        "agent": filters.agent,
        "environment": filters.environment,
        "version": filters.version,
        "from_ns": filters.from_ns,
        "to_ns": filters.to_ns,
        "statuses": None if filters.statuses is None else list(filters.statuses),
        "session": filters.session,
        "user": filters.user,
        "scope_key": scope_key,
        "scope_value": scope_value,
        "model": filters.model,
        "tool": filters.tool,
        "attribute_key": attribute_key,
        "attribute_value": attribute_value,
        "min_duration_ns": filters.min_duration_ns,
        "max_duration_ns": filters.max_duration_ns,
        "text": filters.text,
        "parent": filters.parent,
        "only_roots": filters.only_roots,
    }


def matching_rows(store: Engine, query: str, filters: ExecutionFilters, *, by: Sequence[str], **more: Any) -> list[Row]:
    """The answer of a query that adds up what `@matching()` finds; `by` are the columns that name a row.

    Days that are over are kept where a change of their executions is a change of what matches.
    """
    asked = {**matching_parameters(filters), **more}
    return rows_by_days(store, query, asked, by=by) if is_by_days(filters) else list(store.rows(query, asked))


def is_by_days(filters: ExecutionFilters) -> bool:
    """Whether an execution tells by itself that it matches, by what rollups know of it as well."""
    return not any(value for name, value in matching_parameters(filters).items() if name not in _BY_DAYS)


def _parameters(filters: ExecutionFilters) -> dict[str, Any]:
    after = filters.after
    return {
        **matching_parameters(filters),
        "sort": filters.sort,
        "is_descending": filters.is_descending,
        "limit": filters.limit + 1,
        "after_id": after and after.execution_id,
        "after_trace": after and after.trace_id,
        "after_span": after and after.span_id,
        "after_workspace": after and after.workspace,
        "after_has_no_key": None if after is None else int(after.number is None and after.text is None),
        "after_number": after and after.number,
        "after_text": after and after.text,
    }


def _place_of(row: Row, filters: ExecutionFilters) -> Place:
    return Place(
        sort=filters.sort,
        is_descending=filters.is_descending,
        number=row["number_key"],
        text=row["text_key"],
        execution_id=row["execution_id"],
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        workspace=row["workspace"],
    )
