"""How much runs at once, how much arrives, and when a limit will be reached."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from longpole.analysis.forecast import LONGEST_AHEAD, Forecast, Reached, forecast_all, when_reached
from longpole.model import clock
from longpole.model.clock import DAY_NS, HOUR_NS
from longpole.reports.change_views import Capacity, ForecastDay, LimitAhead, ResourceUse
from longpole.reports.period import Period
from longpole.reports.rows import Row
from longpole.reports.together import together
from longpole.reports.whole_days import rows_by_days, rows_kept
from longpole.store.engine import Engine

SHOWN_AHEAD = 28
_LEAST_LIMITED_HOURS = 3
_MOST_SWEPT, _LEAST_SWEPT = 24, 2
_CALLS_FOR_ALL = 500_000
"""With more calls than these in the period, fewer busiest hours are swept call by call; a sweep takes longer then."""


Floats = NDArray[np.float64]


class _Key(Struct, frozen=True, order=True):
    kind: str
    name: str


class _Use(Struct):
    """What was called of one resource, by hour: calls, time they took together, calls that met a rate limit."""

    calls: Floats
    busy_ns: Floats
    limited: Floats

    @property
    def busiest(self) -> int:
        """The place of the hour with most time, of several the one with most calls, the first."""
        return int(np.lexsort((-self.calls, -self.busy_ns))[0])


def capacity_of(store: Engine, period: Period, *, limits: Mapping[str, float], limit: int) -> Capacity:
    """The agents, models and tools of a period, at most `limit`.

    Args:
        store: what is asked.
        period: what it is about.
        limits: calls an hour by name of an agent, model or tool, where a limit is known.
        limit: at most so many, those with most time in flight first.
    """
    span, used = _used(store, period)
    answer = Capacity(from_time=period.from_time, to_time=period.to_time, first_day=None, resources=[])
    if not used:
        return answer
    order = sorted(used, key=lambda key: (-float(used[key].busy_ns.sum()), key))[:limit]
    days = range(span.start - span.start % DAY_NS, span.stop, DAY_NS)
    answer.first_day = clock.to_rfc3339(days.start)[:10]
    calls = [_by_day(used[key].calls, span, days).sum(axis=1) for key in order]
    ahead = _ahead(calls, SHOWN_AHEAD)
    reached = _limits_ahead(used, order, span, days, limits)
    swept = _swept(store, period, span, used, order)
    for place, key in enumerate(order):
        resource = _resource(key, used[key], span, days, swept.get(key))
        resource.growth_a_week = _growth(calls[place][1:-1].tolist(), ahead[place])
        resource.forecast = _forecast(days, ahead[place])
        resource.limit = reached.get(key)
        answer.resources.append(resource)
    return answer


def _used(store: Engine, period: Period) -> tuple[range, dict[_Key, _Use]]:
    """The hours in which anything ran, and what was called in each by resource."""
    asked = period.parameters
    hours_of = ("model_hours", "tool_hours", "agent_hours", "limited_hours")
    *told, met = together(*(partial(rows_by_days, store, query, asked, by=["kind", "name"]) for query in hours_of))
    rows = [row for of_kind in told for row in of_kind]
    if not rows:
        return range(0), {}
    times = [(_read(row["calls_by_hour"]), _read(row["busy_ns_by_hour"])) for row in rows]
    limits = {(row["kind"], row["name"]): _read(row["limited_by_hour"]) for row in met}
    hours = np.concatenate([calls.hours for calls, _ in times])
    span = range(int(hours.min()), int(hours.max()) + HOUR_NS, HOUR_NS)
    return span, {
        _Key(kind, name): _Use(calls.placed(span), busy_ns.placed(span), limits.get((kind, name), _NEVER).placed(span))
        for (kind, name), (calls, busy_ns) in zip(((row["kind"], row["name"]) for row in rows), times, strict=True)
    }


class _ByHour(Struct, frozen=True):
    """Numbers and the hours that they are of."""

    hours: NDArray[np.int64]
    numbers: Floats

    def placed(self, span: range) -> Floats:
        """A number for each hour of the span, 0 where there is none."""
        placed = np.zeros(len(span))
        placed[(self.hours - span.start) // HOUR_NS] = self.numbers
        return placed


_NEVER = _ByHour(np.array([], dtype=np.int64), np.array([], dtype=np.float64))


def _read(pairs: str) -> _ByHour:
    """Pairs of `hour:number`."""
    told = pairs.replace(":", " ").split()
    return _ByHour(np.array(told[::2], dtype=np.int64), np.array(told[1::2], dtype=np.float64))


def _by_day(by_hour: Floats, span: range, days: range) -> Floats:
    """A row for each day with its 24 hours; those before and after the span are 0."""
    before = (span.start - days.start) // HOUR_NS
    return np.pad(by_hour, (before, 24 * len(days) - before - len(by_hour))).reshape(len(days), 24)


def _swept(
    store: Engine, period: Period, span: range, used: Mapping[_Key, _Use], order: Sequence[_Key]
) -> dict[_Key, Row]:
    """For each resource the hour with its peak, of the hours that are swept: those that are the busiest of most."""
    wanted = [span[used[key].busiest] for key in order]
    calls = sum(float(use.calls.sum()) for use in used.values())
    most = max(_LEAST_SWEPT, min(_MOST_SWEPT, round(_MOST_SWEPT * _CALLS_FOR_ALL / max(calls, 1.0))))
    swept = sorted(set(wanted), key=lambda at: (-wanted.count(at), at))[:most]
    asked = [{**period.parameters, "from_ns": at, "to_ns": at + HOUR_NS} for at in swept]
    told = together(*(partial(rows_kept, store, "in_flight", given) for given in asked))
    found: dict[_Key, Row] = {}
    for at, rows in zip(swept, told, strict=True):
        for row in rows:
            key = _Key(row["kind"], row["what"])
            if key not in found or row["peak"] > found[key]["peak"]:
                found[key] = {**row, "hour_ns": at}
    return found


def _resource(key: _Key, use: _Use, span: range, days: range, swept: Row | None) -> ResourceUse:
    busiest = use.busiest if swept is None else (swept["hour_ns"] - span.start) // HOUR_NS
    return ResourceUse(
        kind=key.kind,
        name=key.name,
        calls=round(float(use.calls.sum())),
        limited=round(float(use.limited.sum())),
        in_flight=float(use.busy_ns.sum()) / (span.stop - span.start),
        busiest_hour=clock.to_rfc3339(span[busiest]),
        busiest_hour_calls=round(float(use.calls[busiest])),
        peak_in_flight=None if swept is None else swept["peak"],
        busy_share=None if swept is None else min(1.0, swept["busy_ns"] / HOUR_NS),
        calls_a_day=[round(calls) for calls in _by_day(use.calls, span, days).sum(axis=1).tolist()],
        in_flight_a_day=(_by_day(use.busy_ns, span, days).sum(axis=1) / DAY_NS).tolist(),
        growth_a_week=None,
        forecast=[],
        limit=None,
    )


def _forecast(days: range, ahead: Sequence[Forecast]) -> list[ForecastDay]:
    return [
        ForecastDay(
            day=clock.to_rfc3339(days.start + (len(days) + place) * DAY_NS)[:10],
            expected=day.expected,
            low=day.low,
            high=day.high,
        )
        for place, day in enumerate(ahead)
    ]


def _ahead(series: Sequence[Floats], ahead: int) -> list[list[Forecast]]:
    """The days after the last one; the first and last known ones may be partial and do not count."""
    rows = np.array(series)
    rows[:, [0, -1]] = np.nan
    return forecast_all(rows, ahead)


def _growth(whole: Sequence[float], ahead: Sequence[Forecast]) -> float | None:
    """By what share a week is expected to differ from the last whole one."""
    last = sum(whole[-7:])
    if len(ahead) < 7 or len(whole) < 7 or not last:
        return None
    return sum(day.expected for day in ahead[:7]) / last - 1


def _limits_ahead(
    used: Mapping[_Key, _Use], order: Sequence[_Key], span: range, days: range, given: Mapping[str, float]
) -> dict[_Key, LimitAhead]:
    """When the busiest hour of a day reaches the limit of each resource that has one."""
    limited = {key: limit for key in order if (limit := _limit(used[key], given.get(key.name)))}
    if not limited:
        return {}
    highest = [_by_day(used[key].calls, span, days).max(axis=1) for key in limited]
    found: dict[_Key, LimitAhead] = {}
    for (key, limit), hours, ahead in zip(limited.items(), highest, _ahead(highest, LONGEST_AHEAD), strict=True):
        most = float(hours.max())
        reached = Reached(0, 0, 0) if most >= limit else when_reached(ahead, limit)
        found[key] = LimitAhead(
            calls_an_hour=limit,
            is_seen=key.name not in given,
            used_share=most / limit,
            days=reached.expected,
            earliest_days=reached.earliest,
            latest_days=reached.latest,
        )
    return found


def _limit(use: _Use, given: float | None) -> float | None:
    """The limit on an hour's calls that was given, else the least of the hours in which calls met a rate limit."""
    met = np.sort(use.calls[use.limited > 0]).tolist()
    return given if given is not None else met[len(met) // 4] if len(met) >= _LEAST_LIMITED_HOURS else None
