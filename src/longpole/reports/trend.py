"""How the durations of one operation went over the days."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from longpole.model import clock
from longpole.model.clock import DAY_NS
from longpole.model.histogram import add_histogram, unpack_histogram
from longpole.model.rollup import RollupKind
from longpole.reports.change_questions import changes_of_days
from longpole.reports.change_views import MetricChange
from longpole.reports.filter_values import LATEST_NS
from longpole.reports.filters import FAILED_STATUSES, TREND_FILTERS, TrendFilters, read_trend_filters
from longpole.reports.question import Question
from longpole.reports.question_views import Trend, TrendPoint
from longpole.reports.rows import Row
from longpole.reports.weighted import weighted_quantiles
from longpole.store.day_rollups import window_of
from longpole.store.engine import Engine

ENOUGH_FOR_CHANGE = 30


class _Group(Struct):
    """Timings of one day, or of several."""

    buckets: dict[int, float]
    timings: int = 0
    failed: int = 0
    weight: float = 0.0
    total_ns: float = 0.0

    def add(self, other: "_Group") -> None:
        add_histogram(self.buckets, other.buckets)
        self.timings += other.timings
        self.failed += other.failed
        self.weight += other.weight
        self.total_ns += other.total_ns


def trend_of(store: Engine, filters: TrendFilters, now_ns: int) -> Trend:
    """The trend of an operation over the last days, today included; empty where it has not run.

    What retention has removed is counted from the rollups, and so are days that are over where the engine prefers it.
    """
    today_ns = now_ns - now_ns % DAY_NS
    first_ns = max(0, today_ns - (filters.days - 1) * DAY_NS)
    days: dict[int, _Group] = {}
    for day_ns, group in _groups(store, filters, first_ns):
        days.setdefault(day_ns, _Group({})).add(group)
    whole = _together(days.values())
    quantiles = weighted_quantiles(whole.buckets)
    return Trend(
        operation=filters.operation,
        days=filters.days,
        timings=whole.timings,
        failed=whole.failed,
        p50_ns=quantiles["p50_ns"],
        p95_ns=quantiles["p95_ns"],
        p99_ns=quantiles["p99_ns"],
        change=_change(days, first_ns + filters.days * DAY_NS // 2),
        points=[_point(day_ns, group) for day_ns, group in sorted(days.items())],
        changes=_changes(filters.operation, days),
    )


def _changes(operation: str, days: Mapping[int, _Group]) -> list[MetricChange]:
    """The change points of the daily numbers."""
    if not days:
        return []
    starts_ns = list(range(min(days), max(days) + 1, DAY_NS))
    groups = [days.get(start_ns, _Group({})) for start_ns in starts_ns]
    quantiles = [weighted_quantiles(group.buckets) for group in groups]
    fields = {
        "timings": [group.timings for group in groups],
        "weight_sum": [group.weight for group in groups],
        "ended_weight": [group.timings for group in groups],
        "failed_weight": [group.failed for group in groups],
        "p50_ns": [each["p50_ns"] for each in quantiles],
        "p95_ns": [each["p95_ns"] for each in quantiles],
    }
    return changes_of_days(operation, starts_ns, fields)


def _groups(store: Engine, filters: TrendFilters, from_ns: int) -> Iterator[tuple[int, _Group]]:
    """By day, what rollups tell of what is gone, what they tell of what is stored, and what its rows tell."""
    asked = {
        "operation": filters.operation,
        "workspace": filters.workspace,
        "environment": filters.environment,
        "version": filters.version,
        "from_ns": from_ns,
        "to_ns": LATEST_NS,
    }
    kinds = {"kind": RollupKind.GONE_EXECUTION, "other_kind": RollupKind.GONE_STEP}
    for row in store.rows("rollups_of_operation", {**asked, **kinds}):
        yield row["window_ns"], _rolled(row)
    window = window_of(store, from_ns, LATEST_NS)
    if window is not None:
        kinds = {"kind": RollupKind.DAY_EXECUTION, "other_kind": RollupKind.DAY_NAME}
        ends = {"from_ns": window.days[0], "to_ns": window.days[-1] + 1}
        for row in store.rows("rollups_of_operation", {**asked, **kinds, **ends}):
            if row["window_ns"] in window.days:
                yield row["window_ns"], _rolled(row)
    for start_ns, end_ns in [(from_ns, LATEST_NS)] if window is None else window.ranges:
        for row in store.rows("operation_days", {**asked, "from_ns": start_ns, "to_ns": end_ns}):
            yield row["day_ns"], _counted(row)


def _rolled(row: Row) -> _Group:
    """The timings of a row of the rollups."""
    buckets = unpack_histogram(row["histogram"])
    return _Group(
        buckets=buckets,
        timings=row["count"],
        failed=row["count"] if row["status"] in FAILED_STATUSES else 0,
        weight=sum(buckets.values()),
        total_ns=float(row["duration_ns"]),
    )


def _counted(row: Row) -> _Group:
    """The timings of one bucket of durations."""
    weight = float(row["weight"])
    return _Group(
        buckets={row["duration_bucket"]: weight},
        timings=row["timings"],
        failed=row["failed"],
        weight=weight,
        total_ns=float(row["total_ns"]),
    )


def _together(groups: Iterable[_Group]) -> _Group:
    whole = _Group({})
    for group in groups:
        whole.add(group)
    return whole


def _change(days: Mapping[int, _Group], middle_ns: int) -> float | None:
    earlier = _together(group for day_ns, group in days.items() if day_ns < middle_ns)
    later = _together(group for day_ns, group in days.items() if day_ns >= middle_ns)
    if min(earlier.timings, later.timings) < ENOUGH_FOR_CHANGE:
        return None
    before, after = (weighted_quantiles(group.buckets)["p50_ns"] for group in (earlier, later))
    return after / before - 1 if before and after is not None else None


def _point(day_ns: int, group: _Group) -> TrendPoint:
    quantiles = weighted_quantiles(group.buckets)
    return TrendPoint(
        day=clock.to_rfc3339(day_ns)[:10],
        timings=group.timings,
        failed=group.failed,
        mean_ns=round(group.total_ns / group.weight),
        p50_ns=quantiles["p50_ns"] or 0,
        p95_ns=quantiles["p95_ns"] or 0,
        p99_ns=quantiles["p99_ns"] or 0,
    )


TREND = Question(
    name="trend",
    meaning="How the durations of a step or an agent went over the days.",
    view=Trend,
    filters=TREND_FILTERS,
    ask=lambda store, pairs: trend_of(store, read_trend_filters(pairs), clock.now_ns()),
)
