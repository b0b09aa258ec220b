"""The report that a team opens on Monday: a period against the one before, and what to do first.

It asks the other questions for the same period and puts their answers into one struct, so that it says what they say.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from longpole.model import clock
from longpole.model.clock import DAY_NS, HOUR_NS
from longpole.reports.bottlenecks import BOTTLENECKS
from longpole.reports.change_questions import CAPACITY, REGRESSIONS
from longpole.reports.change_views import Regressions
from longpole.reports.costs import COSTS
from longpole.reports.failures import FAILURES
from longpole.reports.filter_values import SCOPE, Filter, Pairs, read_given, refused
from longpole.reports.opportunities import OPPORTUNITIES
from longpole.reports.period import Period, period_of
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.statistics import STATISTICS
from longpole.reports.weekly_agents import agents_of
from longpole.reports.weekly_views import InFlight, ReportScope, ReportStretch, WeeklyReport
from longpole.reports.weekly_words import sentences_of
from longpole.reports.weighted import weighted_quantiles
from longpole.store.engine import Engine

USUAL_PERIOD = "7d"
BEST_OPPORTUNITIES = 5
MOST_AGENTS = 12
MOST_LISTED = 8
MOST_CHANGES = 10
MOST_STRETCHES = 62
LONGEST_DAYS = 9999

REPORT_FILTERS = (
    *SCOPE[:4],
    Filter(name="period", meaning=f"How long: 24h, 7d, 4w; {USUAL_PERIOD} by default.", example="7d"),
    Filter(
        name="to", meaning="When it ends, RFC 3339; the end of this minute by default.", example="2026-11-23T00:00:00Z"
    ),
)
"""The filters of `GET /api/analysis/report`."""

_UNITS_NS = {"h": HOUR_NS, "d": DAY_NS, "w": 7 * DAY_NS}
_WIDTHS_NS = (HOUR_NS, DAY_NS, 7 * DAY_NS)
_LOOKED_BACK = 8  # periods, so that a change has levels on both sides to be found by
_LOOKED_BACK_NS = 60 * DAY_NS  # and no longer than that, unless the previous period is


def report_of(store: Engine, period: Period, name: str) -> WeeklyReport:
    """The report of a period. Cost: that of its parts, of which changes over time take most."""
    length_ns = period.length_ns
    back_ns = max(0, period.scope.to_ns - max(2 * length_ns, min(_LOOKED_BACK * length_ns, _LOOKED_BACK_NS)))
    pairs = _pairs(period, period.scope.from_ns)
    history = _pairs(period, back_ns)
    width_ns = _width_ns(length_ns)
    statistics = STATISTICS.ask(store, pairs)
    agents, left_out = agents_of(store, period, is_previous_whole=statistics.is_previous_whole, most=MOST_AGENTS)
    report = WeeklyReport(
        period=name,
        from_time=period.from_time,
        to_time=period.to_time,
        previous_from_time=statistics.previous_from_time,
        scope=_scope(period),
        sentences=[],
        statistics=statistics,
        width_ns=width_ns,
        stretches=_stretches(store, period, width_ns),
        in_flight=_in_flight(store, period),
        agents=agents,
        agents_left_out=left_out,
        opportunities=OPPORTUNITIES.ask(store, [*pairs, ("limit", str(BEST_OPPORTUNITIES))]).opportunities,
        changes=_changes(store, history, statistics.previous_from_time),
        failures=FAILURES.ask(store, [*pairs, ("limit", str(MOST_LISTED))]),
        bottlenecks=BOTTLENECKS.ask(store, [*pairs, ("limit", str(MOST_LISTED))]),
        costs=COSTS.ask(store, [*pairs, ("by", "model"), ("limit", str(MOST_LISTED))]),
        capacity=CAPACITY.ask(store, [*history, ("limit", str(MOST_LISTED))]),
    )
    report.sentences = sentences_of(report)
    return report


def _pairs(period: Period, from_ns: int) -> list[tuple[str, str]]:
    """The filters of the other questions for the time from `from_ns` to the end of the period."""
    scope = period.scope
    given = {
        "workspace": scope.workspace,
        "agent": scope.agent,
        "environment": scope.environment,
        "version": scope.version,
        "from": clock.to_rfc3339(from_ns),
        "to": period.to_time,
    }
    return [(name, text) for name, text in given.items() if text is not None]


def _scope(period: Period) -> ReportScope:
    scope = period.scope
    return ReportScope(
        workspace=scope.workspace, agent=scope.agent, environment=scope.environment, version=scope.version
    )


def _width_ns(length_ns: int) -> int:
    """The shortest of an hour, a day and a week of which a period has few enough; of a very long one some days."""
    for width_ns in _WIDTHS_NS:
        if length_ns <= MOST_STRETCHES * width_ns:
            return width_ns
    days = -(-length_ns // (MOST_STRETCHES * DAY_NS))
    return days * DAY_NS


def _stretches(store: Engine, period: Period, width_ns: int) -> list[ReportStretch]:
    rows: dict[int, list[Row]] = {}
    for row in store.rows("report_stretches", {**period.parameters, "width_ns": width_ns}):
        rows.setdefault(row["start_ns"], []).append(row)
    starts = range(period.scope.from_ns, period.scope.to_ns, width_ns)
    return [_stretch(start_ns, rows.get(start_ns, [])) for start_ns in starts]


def _stretch(start_ns: int, rows: Sequence[Row]) -> ReportStretch:
    weights = {row["timed_bucket"]: float(row["executions_weight"]) for row in rows if row["timed_bucket"] is not None}
    quantiles = weighted_quantiles(weights)
    tokens = _known_sum([row["tokens"] for row in rows])
    return ReportStretch(
        started=clock.to_rfc3339(start_ns),
        executions=sum(row["executions"] for row in rows),
        failed=sum(row["failed"] for row in rows),
        p50_ns=quantiles["p50_ns"],
        p95_ns=quantiles["p95_ns"],
        tokens=None if tokens is None else round(tokens),
        cost_usd=_dollars([row["cost_nanos"] for row in rows]),
    )


def _dollars(nanos: Sequence[Any]) -> float | None:
    total = _known_sum(nanos)
    return None if total is None else total / 1e9


def _known_sum(values: Sequence[Any]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return sum(known) if known else None


def _in_flight(store: Engine, period: Period) -> InFlight:
    """By the hour for a week, coarser for longer periods."""
    width_ns = HOUR_NS * max(1, -(-period.length_ns // (8 * DAY_NS)))
    starts = range(period.scope.from_ns, period.scope.to_ns, width_ns)
    average = [0.0] * len(starts)
    for row in store.rows("report_in_flight", {**period.parameters, "width_ns": width_ns}):
        place = (row["start_ns"] - starts.start) // width_ns
        average[place] = float(row["busy_ns"]) / min(width_ns, starts.stop - row["start_ns"])
    return InFlight(width_ns=width_ns, average=average)


def _changes(store: Engine, history: Pairs, since: str) -> Regressions:
    """Since the previous period began: what one report was too early to see is told by the next one."""
    found = REGRESSIONS.ask(store, [*history, ("show", "all"), ("limit", "100")])
    found.items = [change for change in found.items if change.latest >= since][:MOST_CHANGES]
    return found


def read_period(given: Mapping[str, str], now_ns: int) -> tuple[Period, str]:
    """The period that texts by name describe, and its length as it was written.

    Raises:
        InvalidInput: it is no length of time, or its end is no time.
    """
    text = given.get("period", USUAL_PERIOD).strip()
    match = re.fullmatch(r"([0-9]{1,5}) ?([hdw])", text, re.ASCII)
    length_ns = int(match[1]) * _UNITS_NS[match[2]] if match else 0
    if match is None or not 0 < length_ns <= LONGEST_DAYS * DAY_NS:
        raise refused(
            "period", text, f"a number of h, d or w, up to {LONGEST_DAYS} days", "Write it like 24h, 7d or 4w."
        )
    scope = {name: value for name, value in given.items() if name != "period"}
    to_ns = period_of(scope, now_ns).scope.to_ns
    from_time = clock.to_rfc3339(max(0, to_ns - length_ns))
    return period_of({**scope, "from": from_time}, now_ns), f"{match[1]}{match[2]}"


def _ask(store: Engine, pairs: Pairs) -> WeeklyReport:
    return report_of(store, *read_period(read_given(pairs, REPORT_FILTERS), clock.now_ns()))


REPORT = Question(
    name="report",
    meaning="A period against the one before: the five best opportunities, changes, failures, capacity and cost.",
    view=WeeklyReport,
    filters=REPORT_FILTERS,
    ask=_ask,
)
