"""Hours and weekdays that stand out do so day after day."""

import random

from longpole.analysis.clock_patterns import HourCell, hour_patterns, weekday_name, weekday_patterns
from longpole.analysis.significance import Cell
from longpole.model.clock import DAY_NS, HOUR_NS

MONDAY_NS = 20_703 * DAY_NS


def cell(hour_ns: int, count: int, failed: int, log_mean: float = 20.0) -> HourCell:
    logs = Cell(count, count, count, count * log_mean, count * (log_mean**2 + 0.5))
    return HourCell(hour_ns, count, count, Cell(count, count, count, failed, failed), logs, count * 1e9)


def cells(
    days: int, *, bad: int = -1, busy: int = -1, slow: int = -1, outage: tuple[int, int] = (-1, -1)
) -> list[HourCell]:
    chance = random.Random(days)
    found: list[HourCell] = []
    for day in range(days):
        for hour in range(24):
            count = chance.randrange(35, 45) * (2 if hour == busy else 1)
            rate = 0.9 if (day, hour) == outage else 0.3 if hour == bad else 0.05
            failed = sum(chance.random() < rate for _ in range(count))
            log_mean = 20 + chance.gauss(0, 0.1) + (0.5 if hour == slow else 0)
            found.append(cell(MONDAY_NS + day * DAY_NS + hour * HOUR_NS, count, failed, log_mean))
    return found


def claims(days: int, **planted: object) -> list[tuple[int, str]]:
    found = hour_patterns(cells(days, **planted), MONDAY_NS, MONDAY_NS + days * DAY_NS)  # type: ignore[arg-type]
    return [(one.place, name) for one in found for name in ("is_busy", "is_failing", "is_slow") if getattr(one, name)]


def test_a_failing_a_slow_and_a_busy_hour_are_named_and_no_other() -> None:
    assert claims(7, bad=3) == [(3, "is_failing")]
    assert claims(7, slow=21) == [(21, "is_slow")]
    assert claims(7, busy=9) == [(9, "is_busy")]


def test_even_days_have_no_pattern_and_neither_has_one_outage() -> None:
    assert claims(14) == []
    assert claims(14, outage=(4, 13)) == []


def test_of_too_few_days_nothing_is_said() -> None:
    found = hour_patterns(cells(3, bad=3, busy=9), MONDAY_NS, MONDAY_NS + 3 * DAY_NS)
    assert [(one.busy_p, one.failing_p, one.slow_p) for one in found] == [(None, None, None)] * 24


def test_a_peak_is_no_number_of_executions() -> None:
    thousands = [cell(MONDAY_NS + hour * HOUR_NS, 5000 + hour % 3, 10) for hour in range(24 * 10)]
    assert not any(one.is_busy for one in hour_patterns(thousands, MONDAY_NS, MONDAY_NS + 10 * DAY_NS))


def test_a_part_of_a_day_does_not_make_its_hours_busy() -> None:
    whole = cells(8)
    part = [one for one in whole if one.hour_ns < MONDAY_NS + 7 * DAY_NS + 6 * HOUR_NS]
    found = hour_patterns(part, MONDAY_NS, MONDAY_NS + 7 * DAY_NS + 6 * HOUR_NS)
    assert not any(one.is_busy for one in found)


def test_shares_add_up_and_every_hour_is_there() -> None:
    found = hour_patterns(cells(7), MONDAY_NS, MONDAY_NS + 7 * DAY_NS)
    assert [one.place for one in found] == list(range(24))
    assert abs(sum(one.share for one in found) - 1) < 1e-9


def test_a_bad_weekday_needs_several_weeks() -> None:
    def weeks(number: int) -> list[bool]:
        made = [
            cell(one.hour_ns, 40, 12 if (one.hour_ns - MONDAY_NS) // DAY_NS % 7 == 2 else 2)
            for one in cells(7 * number)
        ]
        return [one.is_failing for one in weekday_patterns(made, MONDAY_NS, MONDAY_NS + 7 * number * DAY_NS)]

    assert not any(weeks(1))
    assert weeks(6) == [place == 2 for place in range(7)]
    assert weekday_name(2) == "Wednesday"


def test_nothing_at_all_is_no_pattern() -> None:
    assert all(one.executions == 0 and one.success_rate is None for one in hour_patterns([], 0, DAY_NS))
