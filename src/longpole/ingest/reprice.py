"""Prices stored model calls again: after an own price was set, changed or removed, or the public list is a newer one.

A call whose cost or price list is another one now is written again with its whole tree of executions, because what they
cost is the sum of their calls. That happens on the thread that stores everything else: nothing that arrives meanwhile
is lost. Trees that still run, or wait to be settled, are left as they are and counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from longpole.ingest.prices import Prices
from longpole.ingest.recognise_usage import CLIENT_PRICE, Priceable, priced_by
from longpole.model.batch import Batch
from longpole.model.category import Category
from longpole.model.event import Decision, Event, Score
from longpole.model.execution import Execution
from longpole.model.step import Step
from longpole.store.engine import Engine

CALLS_AT_ONCE = 50_000
TRACES_AT_ONCE = 200
_LARGEST = 2**63 - 1
_LLM = Category.LLM.value

Rewrite = Callable[[Callable[[], Batch]], None]
"""Stores what a function gives, and calls that where nobody else stores anything meanwhile: `Pipeline.rewrite`."""

Verdict = tuple[int | None, str | None]
"""Nano-dollars and the price list they come from."""


class Wanted(Struct, frozen=True, kw_only=True):
    """Which calls are priced again; `None` is all. `from_ns` is included, `to_ns` not."""

    workspace: str | None = None
    model: str | None = None
    from_ns: int = 0
    to_ns: int = _LARGEST


class Outcome(Struct, kw_only=True):
    """What was found, and what was written of it. Costs are of counted calls, weighted, in nano-dollars."""

    calls: int = 0
    changed: int = 0
    priced: int = 0
    unpriced: int = 0
    waiting: int = 0
    before_usd_nanos: float = 0
    after_usd_nanos: float = 0


class _Job(Struct, frozen=True):
    """What all parts of one run need."""

    store: Engine
    prices: Prices
    rewrite: Rewrite | None
    now_ns: int


class _Call(Struct, frozen=True, kw_only=True):
    """A row of the query `priced_calls`."""

    workspace: str
    trace_id: str
    is_counted: bool
    weight: float
    provider: str | None
    model: str | None
    operation: str | None
    started_ns: int
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    input_audio_tokens: int | None
    output_audio_tokens: int | None
    cache_write_1h_tokens: int | None
    price_tier: str | None
    cost_usd_nanos: int | None
    price_version: str | None


def reprice(store: Engine, prices: Prices, wanted: Wanted, rewrite: Rewrite | None, now_ns: int) -> Outcome:
    """Price stored calls again; what came of it.

    Args:
        store: where they are.
        prices: what holds now.
        wanted: which calls.
        rewrite: how changed trees are stored; without it nothing is, only told.
        now_ns: the time, at which changed trees are settled again: the rollups of their windows follow from it.

    Cost: 10 us a call that is looked at, 50 us a step of the trees that are written again.
    """
    outcome = Outcome()
    for from_ns, to_ns in _ranges(store, wanted):
        asked = {"workspace": wanted.workspace, "model": wanted.model, "from_ns": from_ns, "to_ns": to_ns}
        found: dict[str, set[str]] = {}
        changes: list[tuple[_Call, Verdict]] = []
        for row in store.rows("priced_calls", asked):
            call = msgspec.convert(row, _Call)
            verdict = _verdict(prices, call, call.cost_usd_nanos, call.price_version)
            _count(outcome, call, verdict)
            if verdict != (call.cost_usd_nanos, call.price_version):
                changes.append((call, verdict))
                found.setdefault(call.workspace, set()).add(call.trace_id)
        left = {
            (workspace, trace_id)
            for workspace, trace_ids in found.items()
            for trace_id in _price_traces(_Job(store, prices, rewrite, now_ns), workspace, sorted(trace_ids))
        }
        for call, verdict in changes:
            _count_change(outcome, call, verdict, is_waiting=(call.workspace, call.trace_id) in left)
    return outcome


def _ranges(store: Engine, wanted: Wanted) -> list[tuple[int, int]]:
    """Ranges of time with about `CALLS_AT_ONCE` calls each, whole hours where those do not hold more."""
    hour_ns = 3600 * 10**9
    asked = {
        "workspace": wanted.workspace,
        "model": wanted.model,
        "from_ns": wanted.from_ns,
        "to_ns": wanted.to_ns,
    }
    ranges: list[tuple[int, int]] = []
    calls = 0
    for row in store.rows("priced_hours", asked):
        start, end = max(row["hour_ns"], wanted.from_ns), min(row["hour_ns"] + hour_ns, wanted.to_ns)
        if ranges and calls + row["calls"] <= CALLS_AT_ONCE:
            ranges[-1] = (ranges[-1][0], end)
            calls += row["calls"]
        else:
            ranges.append((start, end))
            calls = row["calls"]
    return ranges


def _verdict(prices: Prices, call: Priceable, cost: int | None, version: str | None) -> Verdict:
    """What a call costs now. What a client said stays where nothing prices the call; so does what nobody marked."""
    priced = priced_by(prices, call)
    if priced is not None:
        return priced
    return (cost, version) if version in (None, CLIENT_PRICE) else (None, None)


def _count(outcome: Outcome, call: _Call, verdict: Verdict) -> None:
    outcome.calls += 1
    if call.is_counted:
        outcome.before_usd_nanos += (call.cost_usd_nanos or 0) * call.weight
        outcome.after_usd_nanos += (verdict[0] or 0) * call.weight


def _count_change(outcome: Outcome, call: _Call, verdict: Verdict, *, is_waiting: bool) -> None:
    if is_waiting:
        outcome.waiting += 1
        if call.is_counted:
            outcome.after_usd_nanos += ((call.cost_usd_nanos or 0) - (verdict[0] or 0)) * call.weight
        return
    outcome.changed += 1
    outcome.priced += call.cost_usd_nanos is None and verdict[0] is not None
    outcome.unpriced += call.cost_usd_nanos is not None and verdict[0] is None


def _price_traces(job: _Job, workspace: str, trace_ids: Sequence[str]) -> set[str]:
    """Price the trees of some traces again; those that were left, because something of their trees is not settled."""
    left: set[str] = set()

    def meant(some: Sequence[str]) -> list[str]:
        group = _whole_trees(job.store, workspace, some)
        left.update(trace_id for trace_id, is_waiting in group.items() if is_waiting)
        return sorted(trace_id for trace_id, is_waiting in group.items() if not is_waiting)

    for start in range(0, len(trace_ids), TRACES_AT_ONCE):
        some = trace_ids[start : start + TRACES_AT_ONCE]
        if job.rewrite is None:
            meant(some)
        else:  # what waits is asked there, too: before, more of a tree may come
            job.rewrite(lambda some=some: _priced_batch(job, workspace, meant(some)))
    return left


def _whole_trees(store: Engine, workspace: str, trace_ids: Sequence[str]) -> dict[str, bool]:
    """These traces and all that share a tree of executions with them, and whether something of those trees waits."""
    traces: set[str] = set()
    wanted, trees, waiting = set(trace_ids), set[str](), set[str]()
    trees_of: dict[str, set[str]] = {}
    while wanted:
        rows = store.rows("trees_of_traces", {"workspace": workspace, "trace_ids": sorted(wanted)})
        traces |= wanted
        new = {row["root_execution_id"] for row in rows} - trees
        trees |= new
        wanted = set()
        asked = {"workspace": workspace, "root_execution_ids": sorted(new)}
        for row in store.rows("traces_of_trees", asked) if new else ():
            trees_of.setdefault(row["trace_id"], set()).add(row["root_execution_id"])
            if row["is_waiting"]:
                waiting.add(row["root_execution_id"])
            wanted |= {row["trace_id"]} - traces
    return {trace_id: not waiting.isdisjoint(trees_of.get(trace_id, ())) for trace_id in traces}


def _priced_batch(job: _Job, workspace: str, trace_ids: Sequence[str]) -> Batch:
    """The rows of some traces, which are whole trees, with the costs of now."""
    asked, store = {"workspace": workspace, "trace_ids": [*trace_ids]}, job.store
    steps = [_priced_step(job.prices, msgspec.convert(row, Step)) for row in store.rows("trace_steps", asked)]
    before = [msgspec.convert(row, Execution) for row in store.rows("trace_executions", asked)]
    return Batch(
        replace=[(workspace, trace_id) for trace_id in trace_ids],
        executions=_summed(job, before, steps),
        steps=[step for step, _ in steps],
        events=[msgspec.convert(row, Event) for row in store.rows("trace_events", asked)],
        decisions=[msgspec.convert(row, Decision) for row in store.rows("trace_decisions", asked)],
        scores=[msgspec.convert(row, Score) for row in store.rows("trace_scores", asked)],
    )


def _priced_step(prices: Prices, step: Step) -> tuple[Step, int]:
    """The step with its cost of now, and how many more calls without a cost that makes: -1, 0 or 1."""
    if step.category != _LLM:
        return step, 0
    cost, version = _verdict(prices, step, step.cost_usd_nanos, step.price_version)
    if (cost, version) == (step.cost_usd_nanos, step.price_version):
        return step, 0
    more_unknown = (cost is None) - (step.cost_usd_nanos is None) if step.is_counted else 0
    return replace(step, cost_usd_nanos=cost, price_version=version), more_unknown


def _summed(job: _Job, executions: Sequence[Execution], steps: Iterable[tuple[Step, int]]) -> list[Execution]:
    """The executions with their own costs of now, and the sums of them and of what is below them."""
    own: dict[str, int | None] = {}
    unknown: dict[str, int] = {}
    for step, more_unknown in steps:
        if step.is_counted:
            own[step.execution_id] = _added(own.get(step.execution_id), step.cost_usd_nanos)
            unknown[step.execution_id] = unknown.get(step.execution_id, 0) + more_unknown
    priced: dict[str, Execution] = {}
    for row in executions:
        call_cost, version = row.call_cost_usd_nanos, row.price_version
        if row.category == _LLM or version is not None:  # else its model may be that of a call below it
            call_cost, version = _verdict(job.prices, _call_of(row), call_cost, version)
        if row.is_counted:
            own[row.execution_id] = _added(own.get(row.execution_id), call_cost)
            is_call = row.category == _LLM
            more = ((call_cost is None) - (row.call_cost_usd_nanos is None)) if is_call else 0
            unknown[row.execution_id] = unknown.get(row.execution_id, 0) + more
        priced[row.execution_id] = replace(row, call_cost_usd_nanos=call_cost, price_version=version)
    whole, whole_unknown = {**own}, {**unknown}
    for row in sorted(executions, key=lambda row: row.depth, reverse=True):
        above = row.parent_execution_id
        if above is not None:
            whole[above] = _added(whole.get(above), whole.get(row.execution_id))
            whole_unknown[above] = whole_unknown.get(above, 0) + whole_unknown.get(row.execution_id, 0)
    return [
        replace(
            row,
            self_cost_usd_nanos=own.get(name),
            cost_usd_nanos=whole.get(name),
            settled_ns=job.now_ns,
            model_calls_without_cost=max(0, row.model_calls_without_cost + whole_unknown.get(name, 0)),
        )
        for name, row in priced.items()
    ]


def _call_of(row: Execution) -> _Call:
    """An execution as the model call that it is, or that it tells the usage of."""
    told: Mapping[str, Any] = {
        name: getattr(row, f"call_{name}" if hasattr(row, f"call_{name}") else name) for name in _Call.__struct_fields__
    }
    return _Call(**told)


def _added(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other
