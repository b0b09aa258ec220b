"""Stored traces as facts again, when late or re-sent spans of them arrive."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from longpole.ingest.facts import Facts
from longpole.ingest.resend import COMPARED
from longpole.ingest.settle import CALL_COLUMNS, EXECUTION_COPIES, STEP_COPIES
from longpole.ingest.versions import STORED, is_auto
from longpole.model.event import Body, Decision, Event
from longpole.model.execution import Execution, ExecutionKind
from longpole.model.ids import execution_id_of
from longpole.model.step import Step, StepType
from longpole.store.engine import Engine
from longpole.wire.attribute_values import OPERATION_CATEGORIES

_COMPARED_OF_EXECUTIONS = tuple(
    {*EXECUTION_COPIES, *(name.removeprefix("call_") for name in CALL_COLUMNS)}.intersection(COMPARED)
    - {"agent", "category", "weight"}
)
_COMPARED_OF_STEPS = tuple(name for name in STEP_COPIES if name in COMPARED and name != "weight")


class KnownTrace(Struct):
    """A stored trace.

    `compared` holds, per span, the fields that its row has, for comparing a re-sent span with it. `strays` are events
    of no known span, `bodies` what each span carried. `is_settled`: each of its executions is. `tail_weight` is the
    weight that tail sampling gave it, `None` if it did not; the weights in `facts` are without it.
    """

    trace_id: str
    facts: dict[str, Facts]
    compared: dict[str, Sequence[str]]
    strays: list[Event]
    bodies: dict[str, Body]
    is_settled: bool = True
    tail_weight: float | None = None


def find_known_traces(engine: Engine, workspace: str, trace_ids: Iterable[str], *, limit: int) -> list[KnownTrace]:
    """The stored ones of these traces, and the traces that links join with them.

    Args:
        engine: the store.
        workspace: whose traces.
        trace_ids: the traces that spans arrived for, and those that their links name.
        limit: so many traces are loaded by their links at most.

    Cost: a query that scans the trace ids of the workspace; five more if any trace is found.
    """
    asked: set[str] = set()
    found: set[str] = set()
    wanted = set(trace_ids)
    first = set(wanted)
    while wanted and len(found - first) < limit:
        rows = engine.rows("known_traces", {"workspace": workspace, "trace_ids": sorted(wanted)})
        asked |= wanted
        found.update(row["trace_id"] for row in rows)
        linked = {row["link_trace_id"] for row in rows if row["link_trace_id"] is not None}
        wanted = (found | linked) - asked
    if not found:
        return []
    return _load(engine, {"workspace": workspace, "trace_ids": sorted(found)})


def find_unsettled(engine: Engine, *, limit: int) -> dict[str, list[KnownTrace]]:
    """By workspace, the stored traces that ended and were not settled before the server stopped; the latest `limit`."""
    waiting: dict[str, list[str]] = {}
    for row in engine.rows("unsettled_traces", {"limit": limit}):
        waiting.setdefault(row["workspace"], []).append(row["trace_id"])
    return {
        workspace: find_known_traces(engine, workspace, trace_ids, limit=limit)
        for workspace, trace_ids in waiting.items()
    }


def _load(engine: Engine, parameters: Mapping[str, Any]) -> list[KnownTrace]:
    traces: dict[str, KnownTrace] = {}
    for row in engine.rows("trace_executions", parameters):
        execution = msgspec.convert(row, Execution)
        trace = _add(traces, facts_of_execution(execution), _COMPARED_OF_EXECUTIONS)
        trace.is_settled = trace.is_settled and execution.settled_ns is not None
        trace.tail_weight = execution.tail_weight or trace.tail_weight
    for row in engine.rows("trace_steps", parameters):
        _add(traces, facts_of_step(msgspec.convert(row, Step)), _COMPARED_OF_STEPS)
    for row in engine.rows("trace_events", parameters):
        event = msgspec.convert(row, Event)
        trace = traces.get(event.trace_id)
        if trace is not None:
            fact = trace.facts.get(event.span_id)
            (trace.strays if fact is None else fact.events).append(event)
    for row in engine.rows("trace_decisions", parameters):
        decision = msgspec.convert(row, Decision)
        trace = traces.get(decision.trace_id)
        if trace is not None and decision.span_id in trace.facts:
            trace.facts[decision.span_id].decisions.append(decision)
    for row in engine.rows("trace_bodies", parameters):
        if (trace := traces.get(row["trace_id"])) is not None:
            trace.bodies[row["span_id"]] = msgspec.convert(row, Body)
    for trace in traces.values():
        for fact in trace.facts.values():
            fact.weight /= trace.tail_weight or 1
            fact.events.sort(key=lambda event: event.event_index)
            fact.decisions.sort(key=lambda decision: decision.event_index)
    return list(traces.values())


def _add(traces: dict[str, KnownTrace], fact: Facts, compared: Sequence[str]) -> KnownTrace:
    trace = traces.get(fact.trace_id)
    if trace is None:
        trace = traces[fact.trace_id] = KnownTrace(fact.trace_id, {}, {}, [], {})
    trace.facts[fact.span_id] = fact
    trace.compared[fact.span_id] = compared
    return trace


def facts_of_execution(row: Execution) -> Facts:
    """What the span of a stored execution told by itself, as far as its row still says so."""
    columns = {name: getattr(row, name) for name in EXECUTION_COPIES}
    columns.update((name.removeprefix("call_"), getattr(row, name)) for name in CALL_COLUMNS)
    columns["agent"] = None if row.agent == row.name else row.agent
    columns["version"] = None if is_auto(row.version) else row.version
    has_own_id = row.execution_id != execution_id_of(row.trace_id, row.span_id)
    return replace(
        _blank(row.workspace, row.trace_id, row.span_id),
        **columns,
        kind=None if row.kind == ExecutionKind.ROOT else row.kind,
        execution_id=row.execution_id if has_own_id else None,
        call_reason=row.call_reason,
        recipe=STORED + row.version if row.version is not None and is_auto(row.version) else None,
        provider=row.provider,
        model=row.model,
        step_type=str(StepType.API_CALL if row.category in OPERATION_CATEGORIES else StepType.ACTION),
    )


def facts_of_step(row: Step) -> Facts:
    """What the span of a stored step told by itself; its place among the steps is counted again."""
    copies = {name: getattr(row, name) for name in STEP_COPIES}
    copies["version"] = None if is_auto(row.version) else row.version
    return replace(_blank(row.workspace, row.trace_id, row.step_id), **copies, parent_span_id=row.parent_step_id)


def _blank(workspace: str, trace_id: str, span_id: str) -> Facts:
    return Facts(
        workspace=workspace,
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=None,
        name="",
        kind=None,
        category="",
        step_type="",
        status="",
        started_ns=0,
        ended_ns=None,
        duration_ns=None,
        received_ns=0,
        events=[],
        decisions=[],
    )
