"""Which agent called which: the way to an execution, and everything below it."""

from collections.abc import Iterable, Mapping, Sequence

from longpole.model import clock
from longpole.reports.filter_values import read_workspace
from longpole.reports.question import QuestionOfOne
from longpole.reports.question_views import AgentCall, CallChain
from longpole.reports.rows import Row
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine


def call_chain_of(store: Engine, execution: str, *, workspace: str | None = None) -> CallChain:
    """The calls around the execution that `execution` names, for which see `find_execution`.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several.
    """
    found = find_execution(store, execution, workspace=workspace)
    rows = store.rows("executions_under_root", found.tree)
    by_id = {row["execution_id"]: row for row in rows}
    members = [*_way_to(by_id, found.execution_id), *_below(rows, found.execution_id)]
    depths = _depths(members, by_id)
    return CallChain(
        execution_id=found.execution_id,
        agent=found.agent,
        calls=[
            _call(by_id[row["parent_execution_id"]], row, depths[row["execution_id"]])
            for row in members
            if row["parent_execution_id"] in by_id
        ],
    )


def _way_to(by_id: Mapping[str, Row], execution_id: str) -> list[Row]:
    """The execution and those that led to it, the top one first."""
    way: list[Row] = []
    name: str | None = execution_id
    while name is not None and (row := by_id.get(name)) is not None and row not in way:
        way.append(row)
        name = row["parent_execution_id"]
    return way[::-1]


def _below(rows: Sequence[Row], execution_id: str) -> Iterable[Row]:
    """What it called and what those called, depth first in order of time."""
    children: dict[str | None, list[Row]] = {}
    for row in rows:
        children.setdefault(row["parent_execution_id"], []).append(row)
    seen = {execution_id}
    waiting = children.get(execution_id, [])[::-1]
    while waiting:
        row = waiting.pop()
        if row["execution_id"] not in seen:
            seen.add(row["execution_id"])
            yield row
            waiting.extend(reversed(children.get(row["execution_id"], [])))


def _depths(members: Iterable[Row], by_id: Mapping[str, Row]) -> dict[str, int]:
    """How many calls lead to each; callers come before those that they called."""
    depths: dict[str, int] = {}
    for row in members:
        parent = row["parent_execution_id"]
        depths[row["execution_id"]] = depths.get(parent, 0) + 1 if parent in by_id else 0
    return depths


def _call(parent: Row, child: Row, depth: int) -> AgentCall:
    return AgentCall(
        depth=depth,
        parent_execution_id=parent["execution_id"],
        parent_agent=parent["agent"],
        child_execution_id=child["execution_id"],
        child_agent=child["agent"],
        reason=child["call_reason"],
        status=child["status"],
        started_at=clock.to_rfc3339(child["started_ns"]),
        duration_ns=child["duration_ns"],
    )


CALLS = QuestionOfOne(
    name="calls",
    meaning="Which agent called which: the way to an execution, and everything below it.",
    view=CallChain,
    ask=lambda store, execution, pairs: call_chain_of(store, execution, workspace=read_workspace(pairs)),
)
