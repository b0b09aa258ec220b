"""Hours of the day and days of the week that stand out: busy, failing or slow, and whether that is more than noise.

What repeats are days (or weeks): an hour stands out if it does so day after day, not because one day had an outage.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import exp, sqrt

from msgspec import Struct
from msgspec.structs import replace

from longpole.analysis.significance import LEAST_CELLS, Cell, contrast, corrected, levelled, pool, student_p
from longpole.model.clock import DAY_NS, HOUR_NS

WEEK_NS = 7 * DAY_NS

CLAIMED_BELOW = 0.001
"""The corrected p-value below which something is claimed: a report makes about eight sets of tests, and one in a
hundred answers may claim something that is not so."""

BUSY_RATIO = 1.25
"""How many times the even share a busy hour has at least."""

FAILING_DIFFERENCE = 0.02
"""How much more of a failing hour's executions fail than of the others', at least."""

SLOW_RATIO = 1.15
"""How many times as long an execution typically takes in a slow hour, at least."""

_MONDAY_NS = 4 * DAY_NS  # 1970-01-05
_LEAST_DAYS = 5


class HourCell(Struct, frozen=True, gc=False):
    """Everything that started in one hour: how many, who failed, and the logarithms of how long they took."""

    hour_ns: int
    executions: int
    weight: float
    failures: Cell
    logs: Cell
    total_ns: float


class ClockPattern(Struct, frozen=True, kw_only=True, gc=False):
    """One hour of the day (0 to 23) or day of the week (0 is Monday).

    `share` is its part of all executions; `typical_ns` is the geometric mean. `busy_p`, `failing_p` and `slow_p` are
    corrected for the number of hours, `None` where there is too little to tell; the claims are `False` then.
    """

    place: int
    executions: int
    weight: float
    share: float
    success_rate: float | None
    mean_ns: float | None
    typical_ns: float | None
    failure_rate_elsewhere: float | None = None
    times_as_long: float | None = None
    busy_p: float | None = None
    failing_p: float | None = None
    slow_p: float | None = None
    is_busy: bool = False
    is_failing: bool = False
    is_slow: bool = False


def hour_patterns(cells: Sequence[HourCell], from_ns: int, to_ns: int) -> list[ClockPattern]:
    """One pattern for each hour of the day, in order; `from_ns` to `to_ns` is what the cells are of."""
    days = _whole(cells, from_ns, to_ns, DAY_NS, 0)
    return _patterns(_levelled(cells), 24, lambda cell: cell.hour_ns % DAY_NS // HOUR_NS, days, DAY_NS)


def weekday_patterns(cells: Sequence[HourCell], from_ns: int, to_ns: int) -> list[ClockPattern]:
    """One pattern for each day of the week, Monday first. What repeats are days, for how busy it is weeks."""
    weeks = _whole(cells, from_ns, to_ns, WEEK_NS, _MONDAY_NS)
    by_day: dict[int, list[HourCell]] = {}
    for cell in cells:
        by_day.setdefault(cell.hour_ns - cell.hour_ns % DAY_NS, []).append(cell)
    days = [_joined(day_ns, found) for day_ns, found in sorted(by_day.items())]
    return _patterns(days, 7, lambda cell: (cell.hour_ns - _MONDAY_NS) // DAY_NS % 7, weeks, WEEK_NS, _MONDAY_NS)


def weekday_name(place: int) -> str:
    """The English name of a day of the week; 0 is Monday."""
    return datetime(2024, 1, 1 + place, tzinfo=UTC).strftime("%A")


def _levelled(cells: Sequence[HourCell]) -> list[HourCell]:
    """The same cells with the durations of every day moved to the level of all days."""
    by_day: dict[int, list[HourCell]] = {}
    for cell in cells:
        by_day.setdefault(cell.hour_ns - cell.hour_ns % DAY_NS, []).append(cell)
    logs = levelled([[cell.logs for cell in of_day] for of_day in by_day.values()])
    return [
        replace(cell, logs=moved)
        for of_day, moved_cells in zip(by_day.values(), logs, strict=True)
        for cell, moved in zip(of_day, moved_cells, strict=True)
    ]


def _joined(day_ns: int, cells: Sequence[HourCell]) -> HourCell:
    return HourCell(
        day_ns,
        sum(cell.executions for cell in cells),
        sum(cell.weight for cell in cells),
        pool(cell.failures for cell in cells),
        pool(cell.logs for cell in cells),
        sum(cell.total_ns for cell in cells),
    )


def _whole(cells: Iterable[HourCell], from_ns: int, to_ns: int, length_ns: int, origin_ns: int) -> set[int]:
    """The days or weeks with executions that lie in the time range as a whole: of a part, hours would be missing."""
    starts = {cell.hour_ns - (cell.hour_ns - origin_ns) % length_ns for cell in cells}
    return {start for start in starts if start >= from_ns and start + length_ns <= to_ns}


def _patterns(
    cells: Sequence[HourCell],
    places: int,
    place_of: Callable[[HourCell], int],
    rounds: set[int],
    round_ns: int,
    origin_ns: int = 0,
) -> list[ClockPattern]:
    groups: list[list[HourCell]] = [[] for _ in range(places)]
    for cell in cells:
        groups[place_of(cell)].append(cell)
    whole = sum(cell.weight for cell in cells)
    counted = [cell for cell in cells if cell.hour_ns - (cell.hour_ns - origin_ns) % round_ns in rounds]
    by_round: dict[int, dict[int, float]] = {start: {} for start in rounds}
    for cell in counted:
        of_round = by_round[cell.hour_ns - (cell.hour_ns - origin_ns) % round_ns]
        of_round[place_of(cell)] = of_round.get(place_of(cell), 0.0) + cell.weight
    found: list[ClockPattern] = []
    busy = _busy_ps(places, by_round)
    for place, group in enumerate(groups):
        others = [cell for other, cells_there in enumerate(groups) if other != place for cell in cells_there]
        found.append(_pattern(place, group, others, whole, busy[place]))
    return _claimed(found, places)


def _pattern(
    place: int, group: Sequence[HourCell], others: Sequence[HourCell], whole: float, busy_p: float | None
) -> ClockPattern:
    failures, logs = pool(cell.failures for cell in group), pool(cell.logs for cell in group)
    weight = sum(cell.weight for cell in group)
    failing = slow = None
    if len(group) >= LEAST_CELLS:
        failing = contrast([cell.failures for cell in group], [cell.failures for cell in others], is_rate=True)
        slow = contrast([cell.logs for cell in group], [cell.logs for cell in others])
    return ClockPattern(
        place=place,
        executions=sum(cell.executions for cell in group),
        weight=weight,
        share=weight / whole if whole else 0.0,
        success_rate=1 - failures.mean if failures.count else None,
        mean_ns=sum(cell.total_ns for cell in group) / logs.weight if logs.count else None,
        typical_ns=exp(logs.mean) if logs.count else None,
        failure_rate_elsewhere=None if failing is None else failing.theirs,
        times_as_long=None if slow is None else exp(slow.difference),
        busy_p=busy_p,
        failing_p=None if failing is None else failing.p_value,
        slow_p=None if slow is None else slow.p_value,
    )


def _busy_ps(places: int, by_round: Mapping[int, Mapping[int, float]]) -> list[float | None]:
    """How likely shares this far from even are by chance: days are what repeats, each with an excess over even.

    How much an hour's excess scatters from day to day is judged by all hours together, unless it scatters by itself.
    """
    rounds = [of_round for of_round in by_round.values() if sum(of_round.values()) >= places]
    days = len(rounds)
    if days < _LEAST_DAYS:
        return [None] * places
    excess = [
        [of_round.get(place, 0.0) - sum(of_round.values()) / places for of_round in rounds] for place in range(places)
    ]
    means = [sum(one) / days for one in excess]
    variances = [
        sum((value - mean) ** 2 for value in one) / (days - 1) for one, mean in zip(excess, means, strict=True)
    ]
    # Counts scatter by their root at least; a few equal days do not show less.
    chance = sum(sum(of_round.values()) for of_round in rounds) / places / days
    common = max(sum(variances) / places, chance)
    return [
        student_p(mean / sqrt(variance / days), days - 1)
        if variance > 2 * common
        else student_p(mean / sqrt(common / days), places * (days - 1))
        for mean, variance in zip(means, variances, strict=True)
    ]


def _claimed(found: Sequence[ClockPattern], places: int) -> list[ClockPattern]:
    busy, failing, slow = (_corrected(found, name) for name in ("busy_p", "failing_p", "slow_p"))
    return [
        ClockPattern(
            **{name: getattr(one, name) for name in _KEPT},
            busy_p=busy[one.place],
            failing_p=failing[one.place],
            slow_p=slow[one.place],
            is_busy=_is_claimed(busy[one.place], one.share * places >= BUSY_RATIO),
            is_failing=_is_claimed(
                failing[one.place],
                one.success_rate is not None
                and one.failure_rate_elsewhere is not None
                and 1 - one.success_rate - one.failure_rate_elsewhere >= FAILING_DIFFERENCE,
            ),
            is_slow=_is_claimed(slow[one.place], (one.times_as_long or 0.0) >= SLOW_RATIO),
        )
        for one in found
    ]


_KEPT = tuple(name for name in ClockPattern.__struct_fields__ if not name.startswith("is_") and not name.endswith("_p"))


def _corrected(found: Sequence[ClockPattern], name: str) -> dict[int, float | None]:
    told = [(one.place, getattr(one, name)) for one in found if getattr(one, name) is not None]
    values = corrected([value for _, value in told])
    return {one.place: None for one in found} | {place: p for (place, _), p in zip(told, values, strict=True)}


def _is_claimed(p_value: float | None, is_large: bool) -> bool:
    return p_value is not None and p_value < CLAIMED_BELOW and is_large
