"""How the durations of one operation went over the days."""

from collections.abc import Sequence

from msgspec import Struct

from longpole.model import clock
from longpole.reports.filter_values import LATEST_NS
from longpole.reports.filters import TREND_FILTERS, TrendFilters, read_trend_filters
from longpole.reports.question import Question
from longpole.reports.question_views import Trend, TrendPoint
from longpole.reports.rows import Row
from longpole.reports.weighted import weighted_quantiles
from longpole.store.engine import Engine

DAY_NS = 86_400 * 10**9
ENOUGH_FOR_CHANGE = 30


class _Group(Struct):
    """Timings of one day, or of several."""

    buckets: dict[int, float]
    timings: int = 0
    failed: int = 0
    weight: float = 0.0
    total_ns: float = 0.0

    def add(self, row: Row) -> None:
        bucket, weight = row["duration_bucket"], float(row["weight"])
        self.buckets[bucket] = self.buckets.get(bucket, 0.0) + weight
        self.timings += row["timings"]
        self.failed += row["failed"]
        self.weight += weight
        self.total_ns += float(row["total_ns"])


def trend_of(store: Engine, filters: TrendFilters, now_ns: int) -> Trend:
    """The trend of an operation over the last days, today included; empty where it has not run."""
    today_ns = now_ns - now_ns % DAY_NS
    first_ns = max(0, today_ns - (filters.days - 1) * DAY_NS)
    asked = {
        "operation": filters.operation,
        "workspace": filters.workspace,
        "environment": filters.environment,
        "version": filters.version,
        "from_ns": first_ns,
        "to_ns": LATEST_NS,
    }
    rows = store.rows("operation_days", asked)
    days: dict[int, _Group] = {}
    for row in rows:
        days.setdefault(row["day_ns"], _Group({})).add(row)
    whole = _grouped(rows)
    quantiles = weighted_quantiles(whole.buckets)
    return Trend(
        operation=filters.operation,
        days=filters.days,
        timings=whole.timings,
        failed=whole.failed,
        p50_ns=quantiles["p50_ns"],
        p95_ns=quantiles["p95_ns"],
        p99_ns=quantiles["p99_ns"],
        change=_change(rows, first_ns + filters.days * DAY_NS // 2),
        points=[_point(day_ns, group) for day_ns, group in sorted(days.items())],
    )


def _grouped(rows: Sequence[Row]) -> _Group:
    group = _Group({})
    for row in rows:
        group.add(row)
    return group


def _change(rows: Sequence[Row], middle_ns: int) -> float | None:
    earlier = _grouped([row for row in rows if row["day_ns"] < middle_ns])
    later = _grouped([row for row in rows if row["day_ns"] >= middle_ns])
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
