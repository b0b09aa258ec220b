"""What the critical path of many executions consists of, and which operations are slow."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from longpole import settings
from longpole.model import clock
from longpole.reports.filter_values import LIMIT, Filter, limit_of, read_given, whole_number
from longpole.reports.period import PERIOD_FILTERS, Period, Stretches, period_of, stretches_of
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.statistics_views import (
    Bottlenecks,
    BottleneckStep,
    OperationTotal,
    SlackShares,
    SlowOperation,
    SlowOperations,
    SlowStep,
)
from longpole.reports.together import rows_together
from longpole.reports.weighted import weighted_quantiles
from longpole.reports.whole_days import rows_by_days
from longpole.store.engine import Engine

MOST_STEPS = 400_000
"""Of more steps a part is looked at: stretches of time spread over the period. Within them all steps are read, so that
shares of executions are right; at 10M steps an answer takes 0.2 s instead of 0.8."""

SLOWEST = 10
MOST_OPERATIONS = 25

BOTTLENECK_FILTERS = (
    *PERIOD_FILTERS,
    Filter(name="limit", meaning=f"At most so many operations, 1 to {MOST_OPERATIONS}, which is usual.", example="10"),
)
"""The filters of `GET /api/analysis/bottlenecks`."""

SLOW_OPERATION_FILTERS = (
    *PERIOD_FILTERS,
    Filter(
        name="slow_ms", meaning="Slow from so many milliseconds on; `slow_operation_ms` by default.", example="1000"
    ),
    Filter(
        name="critical_ms",
        meaning="Critically slow from so many milliseconds on; `critical_operation_ms` by default.",
        example="5000",
    ),
    LIMIT,
)
"""The filters of `GET /api/analysis/slow-operations`; the limit is of operations over the limits."""

_Step = tuple[str, str]
"""Agent and name."""


def bottlenecks_of(store: Engine, period: Period, limit: int) -> Bottlenecks:
    """The operations of a period, those with most critical time first, at most `limit`."""
    looked = _looked(store, period)
    asked = period.parameters | looked.parameters
    totals, of_agents = rows_together(store, ("step_totals", asked), ("agents_on_path", asked))
    agents = {row["agent"]: row for row in of_agents}
    critical_ns = sum(float(row["path_ns"]) for row in (*totals, *agents.values()))
    shown = totals[:limit]
    detailed = _details(store, asked, shown)
    steps = [_step(row, detailed, agents, critical_ns) for row in shown]
    steps += [_own(row, critical_ns) for row in agents.values() if row["path_ns"]]
    steps.sort(key=lambda one: (-one.critical_ns, -one.self_ns, one.agent, one.name))
    scale = 1 / looked.share
    return Bottlenecks(
        from_time=period.from_time,
        to_time=period.to_time,
        executions=round(sum(row["executions"] for row in agents.values()) * scale),
        steps=round(sum(row["steps"] for row in totals) * scale),
        critical_ns=round(critical_ns * scale),
        looked_at_share=looked.share,
        operations=[_scaled(one, scale) for one in steps[:limit]],
    )


def _looked(store: Engine, period: Period) -> Stretches:
    given = {name: period.parameters[name] for name in ("workspace", "from_ns", "to_ns")}
    return stretches_of(period, rows_by_days(store, "steps_counted", given, by=[])[0]["steps"], MOST_STEPS)


def _details(store: Engine, asked: Mapping[str, Any], shown: Sequence[Row]) -> dict[_Step, dict[str, Any]]:
    """Of each operation that is shown: the executions on whose path it is, and, if sampled, its buckets of duration."""
    if not shown:
        return {}
    names = {**asked, "names": sorted({row["name"] for row in shown})}
    found: dict[_Step, dict[str, Any]] = {(row["agent"], row["name"]): {} for row in shown}
    for row in store.rows("steps_on_path", names):
        if (key := (row["agent"], row["name"])) in found:
            found[key]["on_path"] = row
    sampled = sorted(f"{row['agent']} {row['name']}" for row in shown if row["sampled"])
    if not sampled:
        return found
    of_agents = {key: value for key, value in names.items() if key != "agent"} | {"operations": sampled}
    for row in store.rows("step_buckets", of_agents):
        if (key := (row["agent"], row["name"])) in found:
            found[key].setdefault("buckets", {})[row["duration_bucket"]] = float(row["weight"])
    return found


def _step(
    row: Row, detailed: Mapping[_Step, Mapping[str, Any]], agents: Mapping[str, Row], critical_ns: float
) -> BottleneckStep:
    details = detailed[row["agent"], row["name"]]
    weight = float(row["steps_weight"])
    quantiles: Row = weighted_quantiles(details["buckets"]) if "buckets" in details else row
    mean_ns, stddev_ns = _mean_and_deviation(row)
    return BottleneckStep(
        agent=row["agent"],
        name=row["name"],
        category=row["category"],
        is_agent=False,
        steps=row["steps"],
        failed_share=float(row["failed_weight"]) / weight if weight else None,
        on_path_share=_on_path(details.get("on_path"), agents.get(row["agent"])),
        critical_share=float(row["path_ns"]) / critical_ns if critical_ns else 0.0,
        critical_ns=round(row["path_ns"]),
        self_ns=round(row["own_ns"]),
        mean_ns=mean_ns,
        stddev_ns=stddev_ns,
        p50_ns=quantiles["p50_ns"],
        p95_ns=quantiles["p95_ns"],
        p99_ns=quantiles["p99_ns"],
        slack=_slack(row),
    )


def _on_path(on_path: Row | None, of_agent: Row | None) -> float | None:
    """An execution that began before the stretch may have steps in it: the share is at most all."""
    if of_agent is None or not of_agent["executions_weight"]:
        return None
    return min(1.0, float(on_path["executions_weight"]) / float(of_agent["executions_weight"])) if on_path else 0.0


def _own(row: Row, critical_ns: float) -> BottleneckStep:
    """The time in which an agent itself was on the path: its code between its steps."""
    return BottleneckStep(
        agent=row["agent"],
        name=row["agent"],
        category="agent",
        is_agent=True,
        steps=row["executions"],
        failed_share=None,
        on_path_share=None,
        critical_share=float(row["path_ns"]) / critical_ns if critical_ns else 0.0,
        critical_ns=round(row["path_ns"]),
        self_ns=round(row["path_ns"]),
        mean_ns=round(float(row["path_ns"]) / float(row["executions_weight"])) if row["executions_weight"] else None,
        stddev_ns=None,
        p50_ns=None,
        p95_ns=None,
        p99_ns=None,
        slack=None,
    )


def _mean_and_deviation(row: Row) -> tuple[int | None, int | None]:
    weight = float(row["timed_weight"])
    if not weight:
        return None, None
    mean = float(row["total_ns"]) / weight
    return round(mean), round(sqrt(max(0.0, float(row["squares"]) / weight - mean * mean)))


def _slack(row: Row) -> SlackShares | None:
    weight = float(row["timed_weight"])
    if not weight:
        return None
    told = [
        float(row[name]) / weight for name in ("without_slack", "under_10_ms", "under_100_ms", "under_1_s", "over_1_s")
    ]
    return SlackShares(
        none=told[0],
        under_10_ms=told[1],
        under_100_ms=told[2],
        under_1_s=told[3],
        over_1_s=told[4],
        not_waited_for=max(0.0, 1.0 - sum(told)),
    )


def _scaled(one: BottleneckStep, scale: float) -> BottleneckStep:
    """Sums of the stretches that were looked at as estimates for the whole period."""
    if scale > 1:
        one.steps, one.critical_ns, one.self_ns = (
            round(value * scale) for value in (one.steps, one.critical_ns, one.self_ns)
        )
    return one


def slow_operations_of(store: Engine, period: Period, *, slow_ms: int, critical_ms: int, limit: int) -> SlowOperations:
    """The slow operations of a period; `limit` is of those over the limits."""
    looked = _looked(store, period)
    asked = period.parameters | looked.parameters
    limits = {"slow_ns": slow_ms * 10**6, "critical_ns": max(slow_ms, critical_ms) * 10**6, "limit": limit}
    totals, over_limits, longest = rows_together(
        store,
        ("step_own_times", asked),
        ("steps_over_limits", period.parameters | limits),
        ("longest_steps", {**period.parameters, "limit": SLOWEST}),
    )
    whole_ns = sum(float(row["own_ns"]) for row in totals)
    scale = 1 / looked.share
    return SlowOperations(
        from_time=period.from_time,
        to_time=period.to_time,
        looked_at_share=looked.share,
        slow_operation_ms=slow_ms,
        critical_operation_ms=critical_ms,
        slowest=[
            OperationTotal(
                agent=row["agent"],
                name=row["name"],
                category=row["category"],
                steps=round(row["steps"] * scale),
                self_ns=round(row["own_ns"] * scale),
                share=float(row["own_ns"]) / whole_ns,
            )
            for row in totals[:SLOWEST]
            if row["own_ns"]
        ],
        over_limits=[_slow_operation(row) for row in over_limits],
        longest_steps=[_slow_step(row) for row in longest],
    )


def _slow_operation(row: Row) -> SlowOperation:
    return SlowOperation(
        agent=row["agent"],
        name=row["name"],
        category=row["category"],
        slow=row["slow"],
        critical=row["critical"],
        longest_ns=row["longest_ns"],
        last_seen=clock.to_rfc3339(row["last_seen_ns"]),
    )


def _slow_step(row: Row) -> SlowStep:
    same = (
        "execution_id", "step_id", "agent", "name", "category", "status", "duration_ns", "self_ns", "critical_ns",
        "slack_ns", "model", "tool", "code_file", "code_line", "code_function",
    )  # fmt: skip
    return SlowStep(started_at=clock.to_rfc3339(row["started_ns"]), **{name: row[name] for name in same})


def _ask_bottlenecks(store: Engine, given: Mapping[str, str]) -> Bottlenecks:
    limit = MOST_OPERATIONS if "limit" not in given else limit_of(given["limit"])
    return bottlenecks_of(store, period_of(given, clock.now_ns()), min(limit, MOST_OPERATIONS))


def _ask_slow(store: Engine, given: Mapping[str, str]) -> SlowOperations:
    chosen = settings.in_force()
    slow, critical = given.get("slow_ms"), given.get("critical_ms")
    return slow_operations_of(
        store,
        period_of(given, clock.now_ns()),
        slow_ms=chosen.slow_operation_ms if slow is None else whole_number("slow_ms", slow),
        critical_ms=chosen.critical_operation_ms if critical is None else whole_number("critical_ms", critical),
        limit=limit_of(given.get("limit")),
    )


BOTTLENECKS = Question(
    name="bottlenecks",
    meaning="What the critical path of executions consists of: how often each step is on it, and how much it owns.",
    view=Bottlenecks,
    filters=BOTTLENECK_FILTERS,
    ask=lambda store, pairs: _ask_bottlenecks(store, read_given(pairs, BOTTLENECK_FILTERS)),
)

SLOW_OPERATIONS = Question(
    name="slow-operations",
    meaning="The operations with most time of their own, those over the limits, and the longest single steps.",
    view=SlowOperations,
    filters=SLOW_OPERATION_FILTERS,
    ask=lambda store, pairs: _ask_slow(store, read_given(pairs, SLOW_OPERATION_FILTERS)),
)
