"""What is used up of a budget, and how much it will be at the end of its period at the pace of now. Periods are UTC."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import sqrt

from longpole.alerting.evaluate import Sample
from longpole.alerting.rules import Per, Rule
from longpole.model.clock import DAY_NS, HOUR_NS, MINUTE_NS
from longpole.store.engine import Engine

LEAST_UNITS = 4
"""So many whole units (days of a month, hours of a day) must be over before their pace is told."""

_FAR = 0.5
"""Of a budget: what will plainly use less than that is not forecast."""

_Z_80 = 1.2816
_SLOT_NS = {"hour": 5 * MINUTE_NS, "day": HOUR_NS, "week": HOUR_NS, "month": HOUR_NS}
_UNIT_SLOTS = {"hour": 1, "day": 1, "week": 24, "month": 24}
_LONGEST_RUN_NS = 6 * HOUR_NS


def period_start(per: Per, time_ns: int) -> int:
    """When the period of a time began.

    >>> from longpole.model.clock import from_rfc3339, to_rfc3339
    >>> [to_rfc3339(period_start(per, from_rfc3339("2026-11-21T14:05:00Z")))[:13] for per in ("hour", "week", "month")]
    ['2026-11-21T14', '2026-11-16T00', '2026-11-01T00']
    """
    if per == "hour":
        return time_ns - time_ns % HOUR_NS
    day = datetime.fromtimestamp(time_ns // 10**9, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if per == "week":
        day -= timedelta(days=day.weekday())
    elif per == "month":
        day = day.replace(day=1)
    return int(day.timestamp()) * 10**9


def period_end(per: Per, time_ns: int) -> int:
    """When the period of a time ends."""
    longest_ns = {"hour": HOUR_NS, "day": DAY_NS, "week": 7 * DAY_NS, "month": 31 * DAY_NS}[per]
    start_ns = period_start(per, time_ns)
    # The beginning of whatever period lies a longest period later.
    return period_start(per, start_ns + longest_ns)


def budget_moments(
    store: Engine, rule: Rule, from_ns: int, now_ns: int, *, is_one: bool
) -> Iterator[tuple[int, Mapping[str, Sample]]]:
    """By subject what was used at the end of each slot of a time range and now; only now with `is_one`."""
    assert rule.statistic is not None
    slot_ns = _SLOT_NS[rule.per]
    start_ns = period_start(rule.per, now_ns if is_one else max(0, from_ns))
    reach, field = rule.reach, rule.statistic.field
    asked = {
        "workspace": reach.workspace,
        "agent": reach.agent,
        "version": reach.version,
        "environment": reach.environment,
        "user": reach.user,
        "by_what": reach.by,
        "is_of_trees": reach.is_of_people,
        "since_ns": max(0, start_ns - _LONGEST_RUN_NS),
        "from_ns": start_ns,
        "to_ns": now_ns,
        "slot_ns": slot_ns,
    }
    slots = max(1, -(-(now_ns - start_ns) // slot_ns))
    used: dict[str, list[float]] = {} if reach.by else {"": [0.0] * slots}
    told: set[str] = set() if reach.by else {""}
    for row in store.rows("alert_executions", asked):
        series = used.setdefault(row["subject"], [0.0] * slots)
        series[min((row["slot_ns"] - start_ns) // slot_ns, slots - 1)] += float(row[f"{field}_total"])
        if row[f"{field}_weight"]:
            told.add(row["subject"])
    sums = {subject: [0.0, *accumulate(series)] for subject, series in used.items() if subject in told}
    for place in range(slots - 1 if is_one else 0, slots):
        time_ns = min(start_ns + (place + 1) * slot_ns, now_ns)
        first_ns = period_start(rule.per, time_ns - 1)
        first = (first_ns - start_ns) // slot_ns
        yield (
            time_ns,
            {
                subject: _sample(rule, of_subject[first : place + 2], time_ns, first_ns)
                for subject, of_subject in sums.items()
            },
        )


def _sample(rule: Rule, sums: Sequence[float], time_ns: int, first_ns: int) -> Sample:
    """What is used up, and will be. `sums` are running sums from the beginning of the period on, slot by slot."""
    spent = sums[-1] - sums[0]
    size, slot_ns = _UNIT_SLOTS[rule.per], _SLOT_NS[rule.per]
    whole, elapsed_ns = (time_ns - first_ns) // (slot_ns * size), max(1, time_ns - first_ns)
    left = (period_end(rule.per, first_ns) - time_ns) / (slot_ns * size)
    count = 1 if spent else 0
    is_far = spent * (1 + left * slot_ns * size / elapsed_ns) < rule.limit * _FAR
    if whole < LEAST_UNITS or left <= 0 or is_far:
        return Sample.exact(spent, count)
    units = [sums[(place + 1) * size] - sums[place * size] for place in range(whole)]
    expected, half = forecast_rest(units, left)
    return Sample(
        value=spent,
        low=spent,
        high=spent,
        count=count,
        ahead=spent + expected,
        ahead_low=spent + max(0.0, expected - half),
        ahead_high=spent + expected + half,
    )


def forecast_rest(units: Sequence[float], left: float) -> tuple[float, float]:
    """What `left` more units will use at the pace of the past ones, and by how much it may miss (80 %).

    The prediction interval of a sum of independent values: their scatter, and the error of their mean.

    >>> forecast_rest([10, 10, 10, 10], 5)
    (50.0, 0.0)
    """
    count = len(units)
    mean = sum(units) / count
    variance = sum((unit - mean) ** 2 for unit in units) / (count - 1)
    return mean * left, _Z_80 * sqrt(variance * (left + left * left / count))
