"""Which operations are called with the same arguments again, and what a cache would have saved."""

from longpole.analysis.cache_hits import CacheHits, Call, simulate_caches
from longpole.analysis.repeats import may_write
from longpole.analysis.span import Span
from longpole.model import clock
from longpole.model.clock import SECOND_NS
from longpole.reports.filter_values import LIMIT, Filter, Pairs, limit_of, read_given
from longpole.reports.finding_views import CacheRate, RepeatedOperation, Repeats
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.question import Question
from longpole.reports.rows import Row, dollars
from longpole.store.engine import Engine

MOST_CALLS = 5000
"""Calls of one operation that are played through the caches, the newest."""

MOST_SIMULATED = 8
"""Operations whose calls are."""

REPEAT_FILTERS: tuple[Filter, ...] = (*PERIOD_FILTERS, LIMIT)
"""The filters of `GET /api/analysis/repeats`; the limit is of operations."""


def repeats_of(store: Engine, period: Period, limit: int) -> Repeats:
    """The operations of a period, at most `limit`, of which the first `MOST_SIMULATED` have their caches."""
    rows = store.rows("repeated_operations", {**period.parameters, "limit": limit})
    return Repeats(
        from_time=period.from_time,
        to_time=period.to_time,
        operations=[_operation(store, period, row, number) for number, row in enumerate(rows)],
    )


def _operation(store: Engine, period: Period, row: Row, number: int) -> RepeatedOperation:
    calls = _calls(store, period, row) if number < MOST_SIMULATED else []
    starts = [call.started_ns for call in calls]
    span = Span(row["name"], row["category"], "", "", model=row["model"], tool=row["tool"])
    return RepeatedOperation(
        name=row["name"],
        category=row["category"],
        model=row["model"],
        calls=row["calls"],
        calls_weight=float(row["calls_weight"]),
        different_arguments=row["arguments"],
        total_ns=round(float(row["total_ns"])),
        cost_usd=dollars(row["cost_usd_nanos"]),
        may_write=may_write(span),
        looked_at=len(calls),
        looked_at_ns=max(starts) - min(starts) if starts else 0,
        caches=[_cache(hits) for hits in simulate_caches(calls)] if calls else [],
    )


def _calls(store: Engine, period: Period, row: Row) -> list[Call]:
    asked = {**period.parameters, "limit": MOST_CALLS, **{key: row[key] for key in ("name", "category", "model")}}
    return [
        Call(
            f"{call['workspace']} {call['argument_hash']}",
            call["started_ns"],
            call["duration_ns"],
            call["cost_usd_nanos"],
            float(call["weight"]),
        )
        for call in store.rows("calls_of_operation", asked)
    ]


def _cache(hits: CacheHits) -> CacheRate:
    return CacheRate(
        ttl_s=hits.ttl_ns // SECOND_NS,
        hit_rate=hits.rate,
        saved_ns=hits.saved_ns,
        saved_usd=dollars(hits.saved_usd_nanos),
    )


def _ask(store: Engine, pairs: Pairs) -> Repeats:
    given = read_given(pairs, REPEAT_FILTERS)
    return repeats_of(store, period_of(given, clock.now_ns()), limit_of(given.get("limit")))


REPEATS = Question(
    name="repeats",
    meaning="Operations called with the same arguments again, and what a cache would have saved by its time to live.",
    view=Repeats,
    filters=REPEAT_FILTERS,
    ask=_ask,
)
