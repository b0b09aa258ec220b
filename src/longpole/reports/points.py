"""Executions as points of time and duration, a fair part of them where there are many."""

from collections import Counter
from collections.abc import Sequence

from longpole.model import clock
from longpole.model.status import FAILED_STATUSES, ExecutionStatus
from longpole.reports.drawn import drawn_rows
from longpole.reports.execution_list import matching_parameters, matching_rows
from longpole.reports.filter_values import Pairs
from longpole.reports.filters import ExecutionFilters
from longpole.reports.listed_period import PICTURE_FILTERS, read_listed
from longpole.reports.picture_views import ExecutionPoint, Points, StatusCount
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.together import together
from longpole.store.engine import Engine

MOST_POINTS, MOST_FAILED = 2000, 500
"""So many are drawn in all, and so many of them at most failed, timed out or crashed."""


def points_of(store: Engine, filters: ExecutionFilters) -> Points:
    """The executions that `read_listed` describes as points, exact counts beside them."""
    counts = sorted(
        matching_rows(store, "statuses_counted", filters, by=["status"]), key=lambda row: str(row["status"])
    )
    failed = [row for row in counts if row["status"] in FAILED_STATUSES]
    others = [row for row in counts if row["status"] not in FAILED_STATUSES]
    bad = sum(row["timed"] for row in failed)
    good = sum(row["timed"] for row in others)
    most_good = MOST_POINTS - min(bad, MOST_FAILED)
    drawn = together(
        lambda: _drawn(store, filters, FAILED_STATUSES, bad, MOST_POINTS - min(good, MOST_POINTS - MOST_FAILED)),
        lambda: _drawn(store, filters, [one for one in ExecutionStatus if one not in FAILED_STATUSES], good, most_good),
    )
    rows = [row for part in drawn for row in part]
    shown = Counter(row["status"] for row in rows)
    return Points(
        from_time=clock.to_rfc3339(filters.from_ns),
        to_time=clock.to_rfc3339(filters.to_ns),
        executions=sum(row["executions"] for row in counts),
        one_in=good / len(drawn[1]) if drawn[1] else 1.0,
        failed_one_in=bad / len(drawn[0]) if drawn[0] else 1.0,
        statuses=[
            StatusCount(status=row["status"], executions=row["executions"], drawn=shown[row["status"]])
            for row in counts
        ],
        points=[_point(row, filters.from_ns) for row in sorted(rows, key=lambda row: row["started_ns"])],
    )


def _drawn(store: Engine, filters: ExecutionFilters, statuses: Sequence[str], count: int, most: int) -> Sequence[Row]:
    asked = {**matching_parameters(filters), "drawn_statuses": [str(status) for status in statuses]}
    return drawn_rows(store, "execution_points", asked, whole=count, most=most)


def _point(row: Row, from_ns: int) -> ExecutionPoint:
    return ExecutionPoint(
        execution_id=row["execution_id"],
        agent=row["agent"],
        status=row["status"],
        offset_ms=(row["started_ns"] - from_ns) // 10**6,
        duration_ns=row["duration_ns"],
    )


def _ask(store: Engine, pairs: Pairs) -> Points:
    return points_of(store, read_listed(store, pairs, clock.now_ns()))


POINTS = Question(
    name="points",
    meaning="Executions as points of time and duration, drawn fairly where there are many, with exact counts.",
    view=Points,
    filters=PICTURE_FILTERS,
    ask=_ask,
)
