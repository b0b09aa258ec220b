"""One execution with everything below it: what the waterfall and the terminal's tree draw."""

from collections.abc import Mapping

from msgspec import convert

from longpole.analysis.clock_skew import Crossing, find_skews
from longpole.model import clock
from longpole.model.long_list import LongList
from longpole.model.status import ExecutionStatus
from longpole.model.tree import NO_PARENT
from longpole.reports.coverage import summarize
from longpole.reports.critical_path import path_steps
from longpole.reports.family import Family, is_execution, load_family, parent_span_of, span_key, span_of
from longpole.reports.measure_tree import Measures, measure_family
from longpole.reports.rows import (
    Row,
    category_times,
    dollars,
    execution_item,
    parsed,
    process_item,
    score_item,
)
from longpole.reports.stages import stages_of
from longpole.reports.total_tokens import total_tokens_of
from longpole.reports.views import (
    ClockItem,
    DecisionNode,
    EventNode,
    ExecutionNode,
    ExecutionTree,
    ProcessItem,
    StepNode,
    Usual,
)
from longpole.reports.weighted import by_group, joined, weighted_quantiles
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

ENOUGH_FOR_USUAL = 30
"""Fewer other executions give no percentile that deserves the name."""


def tree_of(store: Engine, execution: str, *, workspace: str | None = None) -> ExecutionTree:
    """The execution that `execution` names, with its steps, child executions, events and decisions.

    While it runs, shares, critical path and own times are those "so far": up to the last moment that anything below it
    reported. Everything is in order of time. For what `execution` may be, see `find_execution`.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several.
    """
    family = load_family(store, find_execution(store, execution, workspace=workspace))
    measures = measure_family(family)
    top = family.top
    origin_ns = top["started_ns"]
    members = {"workspace": top["workspace"], "execution_ids": [row["execution_id"] for row in family.executions]}
    totals = total_tokens_of(store, family)
    positions = {} if measures.self_ns is None else {span_key(row): at for at, row in enumerate(family.spans)}
    return ExecutionTree(
        execution=execution_item(top),
        started_at=clock.to_rfc3339(origin_ns),
        duration_ns=top["duration_ns"],
        usual=_usual(store, family),
        shares=measures.shares,
        critical_path=path_steps(family, measures.path, origin_ns=origin_ns),
        executions=[execution_node(row, origin_ns, _own(row, positions, measures)) for row in family.executions],
        steps=LongList(step_node(row, origin_ns, _own(row, positions, measures), totals) for row in family.steps),
        events=[event_node(row, origin_ns) for row in family.events],
        decisions=[decision_node(row, origin_ns) for row in family.decisions],
        missing_parents=family.missing_parents,
        coverage=summarize(family),
        stages=stages_of(family),
        doing=_doing(family),
        scores=[score_item(row) for row in store.rows("scores_of_executions", members)],
        processes=_processes(store, family),
        clocks=_clocks(family),
    )


def _clocks(family: Family) -> list[ClockItem]:
    return [convert(skew, ClockItem, from_attributes=True) for skew in find_skews(_crossings(family))]


def _crossings(family: Family) -> list[Crossing]:
    """The spans whose process is another than that of the span above them. Mostly there is one process only."""
    told = [row for row in family.related if row["process"] is not None]
    if len({row["process"] for row in told}) < 2:
        return []
    members = {row["execution_id"] for row in family.executions}
    above_of = {span_key(row): row for row in told}
    found: list[tuple[int, str, Crossing]] = []
    for row in told:
        parent = parent_span_of(row)
        above = None if parent is None else above_of.get(row["trace_id"] + parent)
        if above is None or above["process"] == row["process"] or row["execution_id"] not in members:
            continue
        crossing = Crossing(
            process=row["process"],
            against=above["process"],
            category=above["kind"] if is_execution(above) else above["category"],
            started_ns=row["started_ns"],
            ended_ns=row["ended_ns"],
            above_started_ns=above["started_ns"],
            above_ended_ns=above["ended_ns"],
        )
        found.append((row["started_ns"], span_of(row), crossing))
    return [crossing for _, _, crossing in sorted(found, key=lambda one: one[:2])]


def _processes(store: Engine, family: Family) -> list[ProcessItem]:
    names = sorted({row["process"] for row in family.executions if row["process"] is not None})
    if not names:
        return []
    asked = {"workspace": family.top["workspace"], "processes": names}
    return [process_item(row) for row in store.rows("processes_named", asked)]


def _doing(family: Family) -> list[str]:
    """Span ids of what was in hand at the end of what is known: innermost open or crashed, in order of start."""
    tree, spans = family.tree, family.spans
    if not any(row["ended_ns"] is None or row["status"] == ExecutionStatus.CRASHED for row in spans):
        return []
    has_more = [False] * len(tree)
    found: list[int] = []
    for node in reversed(list(tree.below(family.position))):  # children before their parents
        row = spans[node]
        if row["ended_ns"] is not None and row["status"] != ExecutionStatus.CRASHED:
            continue
        if not has_more[node]:
            found.append(node)
        if tree.parents[node] != NO_PARENT:
            has_more[tree.parents[node]] = True
    return [span_of(spans[node]) for node in sorted(found, key=lambda node: tree.starts[node])]


Own = tuple[int | None, int | None, int | None]
"""A span's own time, critical time and slack in nanoseconds."""


def _own(row: Row, positions: dict[str, int], measures: Measures) -> Own:
    if measures.self_ns is None or measures.weights is None:
        return row["self_ns"], row["critical_ns"], row.get("slack_ns")
    position = positions.get(span_key(row))
    if position is None:
        return None, None, None
    weights = measures.weights
    return measures.self_ns[position], weights.critical_ns.get(position, 0), weights.slack_ns.get(position)


def _usual(store: Engine, family: Family) -> Usual | None:
    top = family.top
    if top["status"] == ExecutionStatus.SKIPPED:
        return None
    so_far_ns = family.until_ns - top["started_ns"]
    parameters = {
        "workspace": top["workspace"],
        "agent": top["agent"],
        "execution_id": top["execution_id"],
        "duration_ns": so_far_ns if top["duration_ns"] is None else top["duration_ns"],
    }
    row = store.rows("usual_durations", {**parameters, "started_ns": top["started_ns"]})[0]
    if row["executions"] < ENOUGH_FOR_USUAL:
        return None
    p50_ns, p95_ns = row["p50_ns"], row["p95_ns"]
    if row["weight"] != row["executions"]:
        del parameters["duration_ns"]
        buckets = joined(list(by_group(store.rows("usual_duration_weights", parameters), "agent").values()))
        weighted = weighted_quantiles(buckets)
        p50_ns, p95_ns = weighted["p50_ns"] or p50_ns, weighted["p95_ns"] or p95_ns
    return Usual(
        executions=row["executions"],
        p50_ns=p50_ns,
        p95_ns=p95_ns,
        slower_than=row["quicker_weight"] / row["weight"],
    )


def execution_node(row: Row, origin_ns: int, own: Own) -> ExecutionNode:
    """A row of `executions` inside a tree whose top execution started at `origin_ns`."""
    return ExecutionNode(
        execution_id=row["execution_id"],
        span_id=row["span_id"],
        parent_execution_id=row["parent_execution_id"],
        parent_step_id=row["parent_span_id"],
        agent=row["agent"],
        method=row["method"],
        kind=row["kind"],
        status=row["status"],
        stage=row["stage"],
        offset_ns=row["started_ns"] - origin_ns,
        duration_ns=row["duration_ns"],
        self_ns=own[0],
        critical_ns=own[1],
        depth=row["depth"],
        call_reason=row["call_reason"],
        model=row["model"],
        process=row["process"],
        checkpoints=parsed(row["checkpoints"]),
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cost_usd=dollars(row["cost_usd_nanos"]),
        error_type=row["error_type"],
        error_message=row["error_message"],
        code_file=row["code_file"],
        code_line=row["code_line"],
        category_ns=category_times(row["category_ns"]),
    )


def step_node(row: Row, origin_ns: int, own: Own, totals: Mapping[str, int]) -> StepNode:
    """A row of `steps` inside a tree; `totals` has input and output together of calls that told only that, by id."""
    # By position: a third of the time that 20,000 of them take by name (30 ms).
    return StepNode(
        row["step_id"], row["execution_id"], row["name"], row["category"], row["status"],
        row["started_ns"] - origin_ns, row["parent_step_id"], row["duration_ns"], own[0], own[1], own[2],
        row["first_token_ns"], row["step_type"], row["operation"], row["model"], row["tool"], row["input_tokens"],
        row["output_tokens"], totals.get(row["step_id"]), dollars(row["cost_usd_nanos"]), row["attempt"],
        row["error_type"], row["is_outside"],
    )  # fmt: skip


def event_node(row: Row, origin_ns: int) -> EventNode:
    """A row of `events` inside a tree."""
    return EventNode(
        span_id=row["span_id"],
        execution_id=row["execution_id"],
        offset_ns=row["time_ns"] - origin_ns,
        name=row["name"],
        kind=row["kind"],
        level=row["level"],
        message=row["message"],
        stage=row["stage"],
        status=row["status"],
        duration_ns=row["duration_ns"],
    )


def decision_node(row: Row, origin_ns: int) -> DecisionNode:
    """A row of `decisions` inside a tree."""
    return DecisionNode(
        span_id=row["span_id"],
        execution_id=row["execution_id"],
        offset_ns=row["time_ns"] - origin_ns,
        candidate=row["candidate"],
        considered=row["considered"],
        score=row["score"],
        threshold=row["threshold"],
        outcome=row["outcome"],
        reason=row["reason"],
    )
