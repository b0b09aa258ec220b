"""The newest executions of a period as one tree of step names, for a flame over many."""

from longpole.analysis.merged_tree import Call, Merged, merge_calls
from longpole.model import clock
from longpole.reports.filter_values import Filter, Pairs, read_given, whole_number
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.statistics_views import MergedStep, MergedSteps
from longpole.reports.together import rows_together
from longpole.store.engine import Engine

MOST_EXECUTIONS = 500
MOST_STEPS = 40_000
"""So many of their steps are read, the newest; the literal is in the query."""

MERGED_FILTERS = (
    *PERIOD_FILTERS,
    Filter(
        name="limit",
        meaning=f"At most so many executions, the newest; 1 to {MOST_EXECUTIONS}, which is usual.",
        example="100",
    ),
)
"""The filters of `GET /api/analysis/merged-steps`."""


def merged_steps_of(store: Engine, period: Period, limit: int) -> MergedSteps:
    """The newest executions of a period, by agent, merged by paths of names. Cost: one query of their steps."""
    asked = {**period.parameters, "limit": limit}
    executions, steps = rows_together(store, ("executions_to_merge", asked), ("steps_to_merge", asked))
    tops = {row["workspace"] + row["execution_id"]: row["trace_id"] + row["span_id"] for row in executions}
    known = {row["trace_id"] + row["step_id"] for row in steps}
    calls = [_call(row, row["trace_id"] + row["span_id"], None) for row in executions]
    for row in steps:
        parent = f"{row['trace_id']}{row['parent_step_id']}"
        top = tops.get(row["workspace"] + row["execution_id"])
        if top is not None:
            calls.append(_call(row, row["trace_id"] + row["step_id"], parent if parent in known else top))
    return MergedSteps(
        from_time=period.from_time,
        to_time=period.to_time,
        executions=len(executions),
        steps=len(steps),
        is_complete=len(executions) < limit and len(steps) < MOST_STEPS,
        nodes=[_view(node) for node in merge_calls(calls)],
    )


def _call(row: Row, key: str, parent: str | None) -> Call:
    return Call(
        key=key,
        parent=parent,
        name=row["name"],
        category=row["category"],
        total_ns=row["duration_ns"] or 0,
        self_ns=row["self_ns"] or 0,
        critical_ns=row["critical_ns"] or 0,
        weight=float(row["weight"]),
    )


def _view(node: Merged) -> MergedStep:
    return MergedStep(
        parent=node.parent,
        name=node.name,
        category=node.category,
        count=round(node.count),
        total_ns=round(node.total_ns),
        self_ns=round(node.self_ns),
        critical_ns=round(node.critical_ns),
    )


def _ask(store: Engine, pairs: Pairs) -> MergedSteps:
    given = read_given(pairs, MERGED_FILTERS)
    limit = whole_number("limit", given["limit"]) if "limit" in given else MOST_EXECUTIONS
    return merged_steps_of(store, period_of(given, clock.now_ns()), max(1, min(limit, MOST_EXECUTIONS)))


MERGED_STEPS = Question(
    name="merged-steps",
    meaning="The newest executions of each agent as one tree of step names, with counts and times added up.",
    view=MergedSteps,
    filters=MERGED_FILTERS,
    ask=_ask,
)
