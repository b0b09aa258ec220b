"""Which execution is meant: by its id, its trace's id, or as much of the id as a person types."""

from collections.abc import Sequence

from msgspec import Struct

from longpole.model.errors import InvalidInput, NotFound
from longpole.reports.rows import Row
from longpole.store.engine import Engine

LEAST_PART = 4
"""Shorter parts of an id are refused: they would scan everything to name nothing."""


class Found(Struct, frozen=True, kw_only=True):
    """Where an execution stands in the store."""

    workspace: str
    execution_id: str
    trace_id: str
    span_id: str
    root_execution_id: str
    agent: str


def find_execution(store: Engine, name: str, *, workspace: str | None = None) -> Found:
    """The execution that `name` means: an execution id, a trace id (its top execution), or a unique part of an id.

    A part is the beginning or the end of an execution id. The beginning of a trace id may name several executions
    of that trace; then its top one is meant.

    Raises:
        NotFound: nothing has this name, in this workspace if one is given.
        InvalidInput: the part names several executions; the message lists some of them.
    """
    exact = store.rows("executions_named", {"workspace": workspace, "id": name})
    if exact:
        return _found(exact[0])
    if len(name) < LEAST_PART:
        raise _unknown(name)
    matches = store.rows("executions_by_part", {"workspace": workspace, "part": name.lower()})
    if not matches:
        raise _unknown(name)
    if len({row["trace_id"] for row in matches}) == 1 and matches[0]["trace_id"].startswith(name.lower()):
        return find_execution(store, matches[0]["trace_id"], workspace=workspace)
    if len(matches) > 1:
        raise _ambiguous(name, matches)
    return _found(matches[0])


def _found(row: Row) -> Found:
    return Found(
        workspace=row["workspace"],
        execution_id=row["execution_id"],
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        root_execution_id=row["root_execution_id"],
        agent=row["agent"],
    )


def _unknown(name: str) -> NotFound:
    return NotFound(
        f"There is no execution {name[:100]!r}. Expected an execution id, a trace id, or the beginning or end "
        f"({LEAST_PART} characters or more) of an execution id. Look it up with GET /api/executions or 'longpole list'."
    )


def _ambiguous(name: str, matches: Sequence[Row]) -> InvalidInput:
    shown = ", ".join(f"{row['execution_id']} ({row['agent']})" for row in matches[:5])
    several = "more than ten" if len(matches) > 10 else str(len(matches))
    return InvalidInput(
        f"{name!r} names {several} executions: {shown}{', ...' if len(matches) > 5 else ''}. "
        "Expected a part that only one id begins or ends with. Use more of the id."
    )
