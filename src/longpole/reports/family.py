"""An execution and everything below it, as rows and as a tree."""

from collections.abc import Sequence

from msgspec import Struct

from longpole.model.long_list import LongList
from longpole.model.tree import Tree, grow_tree
from longpole.reports.rows import Row
from longpole.reports.together import rows_together
from longpole.reports.which_execution import Found
from longpole.store.engine import Engine


class Family(Struct, frozen=True, kw_only=True):
    """The rows of `executions` and `steps` in a subtree, and the tree of those that count in its times.

    `spans` are the tree's rows by position, executions first; steps that no execution encloses are in `steps` only.
    `related` are all rows under the same root, those outside of the subtree included.
    `until_ns` is the last moment that anything reported, or that the process of what is open was heard; what is still
    open ends there for now.
    """

    top: Row
    executions: Sequence[Row]
    steps: Sequence[Row]
    events: Sequence[Row]
    decisions: Sequence[Row]
    spans: Sequence[Row]
    related: Sequence[Row]
    tree: Tree
    position: int
    until_ns: int
    missing_parents: int


def load_family(store: Engine, found: Found) -> Family:
    """The subtree of an execution, in order of time."""
    tree = found.tree
    everything, all_steps = rows_together(store, ("executions_under_root", tree), ("steps_under_root", tree))
    executions = _below(everything, found.execution_id)
    members = {row["execution_id"] for row in executions}
    steps = [row for row in all_steps if row["execution_id"] in members]
    traces = {"workspace": found.workspace, "trace_ids": sorted({row["trace_id"] for row in (*executions, *steps)})}
    events = [row for row in store.rows("events_of_traces", traces) if row["execution_id"] in members]
    decisions = [row for row in store.rows("decisions_of_traces", traces) if row["execution_id"] in members]
    until_ns = max(_last_sign(executions, steps, events), _last_heard(store, found.workspace, executions))
    spans = [*executions, *(row for row in steps if not row["is_outside"])]
    keys, above = [span_key(row) for row in spans], [key_above(row) for row in spans]
    outside = [key_above(row) for row in steps if row["is_outside"]]
    related = LongList((*everything, *all_steps))
    top = next(row for row in executions if row["execution_id"] == found.execution_id)
    return Family(
        top=top,
        executions=executions,
        steps=steps,
        events=events,
        decisions=decisions,
        spans=spans,
        related=related,
        tree=_tree(spans, keys, above, until_ns),
        position=keys.index(span_key(top)),
        until_ns=until_ns,
        missing_parents=_count_missing([*above, *outside], keys, related),
    )


def is_execution(row: Row) -> bool:
    """Whether a row is one of `executions`, not of `steps`."""
    return "kind" in row


def span_of(row: Row) -> str:
    """The span id of a row of either table; unique within its trace."""
    return row["span_id"] if is_execution(row) else row["step_id"]


def parent_span_of(row: Row) -> str | None:
    """The span above a row of either table."""
    return row["parent_span_id"] if "kind" in row else row["parent_step_id"]


def span_key(row: Row) -> str:
    """What names a row of either table within its workspace."""
    # Asked for every row of a tree, more than once: each function called from here would take 5 ms of 20,000 steps.
    return row["trace_id"] + (row["span_id"] if "kind" in row else row["step_id"])


def key_above(row: Row) -> str | None:
    """What names the span above a row, as `span_key` does, if it says that there is one."""
    above = row["parent_span_id"] if "kind" in row else row["parent_step_id"]
    return None if above is None else row["trace_id"] + above


def _below(rows: Sequence[Row], execution_id: str) -> list[Row]:
    """The execution of this id and those below it, in the order of `rows`."""
    children: dict[str | None, list[str]] = {}
    for row in rows:
        children.setdefault(row["parent_execution_id"], []).append(row["execution_id"])
    members: set[str] = set()
    waiting = [execution_id]
    while waiting:
        member = waiting.pop()
        if member not in members:
            members.add(member)
            waiting.extend(children.get(member, ()))
    return [row for row in rows if row["execution_id"] in members]


def _last_sign(executions: Sequence[Row], steps: Sequence[Row], events: Sequence[Row]) -> int:
    moments = [row["started_ns"] for row in executions]
    moments += [row["started_ns"] for row in steps]
    moments += [row["ended_ns"] for row in (*executions, *steps) if row["ended_ns"] is not None]
    moments += [row["time_ns"] for row in events]
    return max(moments)


def _last_heard(store: Engine, workspace: str, executions: Sequence[Row]) -> int:
    """When a process of the open executions last gave a sign of life; 0 if none is open or none tells."""
    names = {row["process"] for row in executions if row["ended_ns"] is None and row["process"] is not None}
    if not names:
        return 0
    rows = store.rows("processes_named", {"workspace": workspace, "processes": sorted(names)})
    return max((row["last_heard_ns"] for row in rows), default=0)


def _tree(spans: Sequence[Row], keys: Sequence[str], above: Sequence[str | None], until_ns: int) -> Tree:
    parents = list(above)
    if any(row["link_span_id"] is not None for row in spans):
        known = set(keys)
        for at, row in enumerate(spans):
            if parents[at] not in known and row["link_trace_id"] is not None and row["link_span_id"] is not None:
                parents[at] = row["link_trace_id"] + row["link_span_id"]
    starts = [row["started_ns"] for row in spans]
    ends = [max(until_ns, row["started_ns"]) if row["ended_ns"] is None else row["ended_ns"] for row in spans]
    return grow_tree(keys, parents, starts, ends)


def _count_missing(above: Sequence[str | None], keys: Sequence[str], related: Sequence[Row]) -> int:
    """How many spans name one above them that never came: it is neither in the tree nor beside it."""
    known = {None, *keys}
    unseen = [key for key in above if key not in known]
    if not unseen:
        return 0
    known.update(span_key(row) for row in related)
    return sum(key not in known for key in unseen)
