"""Which execution is meant: by its id, its trace's id, or as much of the id as a person types."""

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from longpole.model.errors import InvalidInput, NotFound
from longpole.reports.rows import Row
from longpole.store.engine import Engine

LEAST_PART = 4
"""Shorter parts of an id are refused: they would scan everything to name nothing."""

_PART = re.compile(r"[0-9a-f]{4,31}")
"""What is shorter than the id of a trace, but may be a part of one."""

_TRACE = re.compile(r"[0-9a-f]{32}")
"""A trace's id, as nearly every client sends one."""

_MOST_SHOWN = 10


class Found(Struct, frozen=True, kw_only=True):
    """Where an execution stands in the store."""

    workspace: str
    execution_id: str
    trace_id: str
    span_id: str
    root_execution_id: str
    agent: str
    tree_from_ns: int | None
    tree_to_ns: int | None

    @property
    def tree(self) -> dict[str, Any]:
        """Its whole tree, as queries ask for one."""
        return {name: getattr(self, name) for name in _TREE}


_TREE = ("workspace", "root_execution_id", "tree_from_ns", "tree_to_ns")


def tree_of_row(row: Row) -> dict[str, Any]:
    """The whole tree of a row of `executions`, as queries ask for one."""
    return {name: row[name] for name in _TREE}


def find_execution(store: Engine, name: str, *, workspace: str | None = None) -> Found:
    """The execution that `name` means: an execution id, a trace id (its top execution), or a unique part of an id.

    A part is the beginning or the end of an execution id. The beginning of a trace id may name several executions
    of that trace; then its top one is meant.

    Raises:
        NotFound: nothing has this name, in this workspace if one is given.
        InvalidInput: the part names several executions; the message lists some of them.
    """
    queries = ["executions_named", "executions_of_trace"]
    if _TRACE.fullmatch(name):
        queries.reverse()  # what it most likely is comes first: one scan of a million executions instead of two
    elif _PART.fullmatch(name):
        queries.pop()
    found = next((each for query in queries if (each := _named(store, query, name, workspace))), None)
    if found is None and len(name) >= LEAST_PART:
        found = _by_part(store, name, workspace)
    if found is None:
        raise _unknown(name)
    return found


def _named(store: Engine, query: str, name: str, workspace: str | None) -> Found | None:
    exact = store.rows(query, {"workspace": workspace, "id": name})
    return found_of(exact[0]) if exact else None


def _by_part(store: Engine, name: str, workspace: str | None) -> Found | None:
    part = name.lower()
    matches = store.rows("executions_by_part", {"workspace": workspace, "part": part})
    if len(matches) < 2:
        return found_of(matches[0]) if matches else None
    trace_id = matches[0]["trace_id"]
    if len({row["trace_id"] for row in matches}) > 1 or not trace_id.startswith(part):
        raise _ambiguous(name, matches)
    if len(matches) > _MOST_SHOWN:  # the top one may not be among them
        return _named(store, "executions_of_trace", trace_id, workspace)
    return found_of(min(matches, key=_place))


def _place(row: Row) -> tuple[bool, int, int, str]:
    return row["parent_execution_id"] is not None, row["depth"], row["started_ns"], row["execution_id"]


def found_of(row: Row) -> Found:
    """Where the execution of a row stands: its own columns or those of `executions_named`."""
    return Found(
        workspace=row["workspace"],
        execution_id=row["execution_id"],
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        root_execution_id=row["root_execution_id"],
        agent=row["agent"],
        tree_from_ns=row["tree_from_ns"],
        tree_to_ns=row["tree_to_ns"],
    )


def _unknown(name: str) -> NotFound:
    return NotFound(
        f"There is no execution {name[:100]!r}. Expected an execution id, a trace id, or the beginning or end "
        f"({LEAST_PART} characters or more) of an execution id. Look it up with GET /api/executions or 'longpole list'."
    )


def _ambiguous(name: str, matches: Sequence[Row]) -> InvalidInput:
    shown = ", ".join(f"{row['execution_id']} ({row['agent']})" for row in matches[:5])
    several = "more than ten" if len(matches) > _MOST_SHOWN else str(len(matches))
    return InvalidInput(
        f"{name!r} names {several} executions: {shown}{', ...' if len(matches) > 5 else ''}. "
        "Expected a part that only one id begins or ends with. Use more of the id."
    )
