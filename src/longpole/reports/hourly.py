"""Hour by hour: how many executions started, how they went and how long they took."""

from longpole.model import clock
from longpole.reports.filter_values import read_given
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.question import Question
from longpole.reports.question_views import Hourly, HourTotal
from longpole.reports.rows import Row
from longpole.reports.whole_days import rows_by_days
from longpole.store.engine import Engine


def hourly_of(store: Engine, period: Period) -> Hourly:
    """The hours of a period in which anything started."""
    rows = rows_by_days(store, "hour_cells", period.parameters, by=["hour_ns"])
    rows.sort(key=lambda row: row["hour_ns"])
    return Hourly(from_time=period.from_time, to_time=period.to_time, hours=[_hour(row) for row in rows])


def _hour(row: Row) -> HourTotal:
    finished, timed = float(row["finished_weight"]), float(row["timed_weight"])
    return HourTotal(
        started=clock.to_rfc3339(row["hour_ns"]),
        executions=row["executions"],
        success_rate=1 - float(row["failed_weight"]) / finished if finished else None,
        mean_ns=round(float(row["total_ns"]) / timed) if timed else None,
    )


HOURLY = Question(
    name="hourly",
    meaning="Hour by hour, how many executions started, how they went and how long they took.",
    view=Hourly,
    filters=PERIOD_FILTERS,
    ask=lambda store, pairs: hourly_of(store, period_of(read_given(pairs, PERIOD_FILTERS), clock.now_ns())),
)
