"""The questions about change over time, as every door knows them.

What answers them needs numpy, which comes with longpole[server]. Who only asks a server has it not: so it is imported
when a store is asked.
"""

import re
from collections.abc import Mapping, Sequence

from longpole.model import clock
from longpole.model.clock import DAY_NS
from longpole.reports.change_views import Capacity, MetricChange, Regressions, Trends
from longpole.reports.filter_values import (
    LIMIT,
    SCOPE,
    Filter,
    Pairs,
    collect,
    limit_of,
    not_one_of,
    read_given,
    refused,
    single,
)
from longpole.reports.period import Period, period_of
from longpole.reports.question import Question
from longpole.store.engine import Engine

USUAL_DAYS = 60

CHANGE_FILTERS = (
    *SCOPE[:4],
    Filter(
        name="from",
        meaning=f"Started at this time or later, RFC 3339; {USUAL_DAYS} days before the end by default.",
        example="2026-11-01T00:00:00Z",
    ),
    Filter(name="to", meaning="Started before this time, RFC 3339; now by default.", example="2026-11-22T00:00:00Z"),
)
"""The filters of reports about change."""

REGRESSION_FILTERS = (
    *CHANGE_FILTERS,
    Filter(name="show", meaning="worse (by default) or all: what got better, and how much ran, too.", example="all"),
    LIMIT,
)
"""The filters of `GET /api/analysis/regressions`."""

TRENDS_FILTERS = (*CHANGE_FILTERS, LIMIT)
"""The filters of `GET /api/analysis/trends`; the limit is of agents."""


CAPACITY_FILTERS = (
    *CHANGE_FILTERS,
    Filter(
        name="rate_limit",
        meaning="name=calls/min or calls/h: a limit of an agent, model or tool; several by repeating it.",
        example="gpt-5.2-mini=500/min",
        is_repeatable=True,
    ),
    LIMIT,
)
"""The filters of `GET /api/analysis/capacity`; `limit` is of agents, models and tools."""

_RATE = re.compile(r"(.+)=([0-9]{1,12}(?:\.[0-9]{1,6})?) ?/ ?(min|h)")


def changes_period(given: Mapping[str, str], now_ns: int) -> Period:
    """The period that texts by name describe, by default the last 60 days.

    Raises:
        InvalidInput: a time cannot be read, or the range is empty.
    """
    if "from" in given:
        return period_of(given, now_ns)
    end_ns = period_of(given, now_ns).scope.to_ns
    return period_of({**given, "from": clock.to_rfc3339(max(0, end_ns - USUAL_DAYS * DAY_NS))}, now_ns)


def changes_of_days(
    name: str, starts_ns: list[int], fields: Mapping[str, Sequence[float | None]]
) -> list[MetricChange]:
    """The changes of one name's daily numbers, those of `series.FIELDS` that are given; unknown ones are `None`."""
    from longpole.reports.regressions import metric_changes  # noqa: PLC0415 - numpy
    from longpole.reports.series import table_of_days  # noqa: PLC0415 - numpy

    return metric_changes(table_of_days(name, starts_ns, fields))


def _ask_regressions(store: Engine, pairs: Pairs) -> Regressions:
    from longpole.reports.regressions import regressions_of  # noqa: PLC0415 - numpy

    given = read_given(pairs, REGRESSION_FILTERS)
    show = given.get("show", "worse")
    if show not in ("worse", "all"):
        raise not_one_of("show", show, ("worse", "all"))
    period = changes_period(given, clock.now_ns())
    return regressions_of(store, period, only_worse=show == "worse", limit=limit_of(given.get("limit")))


def _ask_trends(store: Engine, pairs: Pairs) -> Trends:
    from longpole.reports.trends import trends_of  # noqa: PLC0415 - numpy

    given = read_given(pairs, TRENDS_FILTERS)
    return trends_of(store, changes_period(given, clock.now_ns()), limit_of(given.get("limit")))


def _ask_capacity(store: Engine, pairs: Pairs) -> Capacity:
    from longpole.reports.capacity import capacity_of  # noqa: PLC0415 - numpy

    collected = collect(pairs, CAPACITY_FILTERS)
    limits = dict(_rate(text) for text in collected.pop("rate_limit", []))
    given = single(collected)
    period = changes_period(given, clock.now_ns())
    return capacity_of(store, period, limits=limits, limit=limit_of(given.get("limit")))


def _rate(text: str) -> tuple[str, float]:
    """A name and its calls an hour."""
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise refused("rate_limit", text, "a name, =, and calls per min or h", "Write it like gpt-5.2-mini=500/min.")
    return match[1], float(match[2]) * (60 if match[3] == "min" else 1)


REGRESSIONS = Question(
    name="regressions",
    meaning="When agents and steps became slower, dearer or less reliable, by how much, and what changed then.",
    view=Regressions,
    filters=REGRESSION_FILTERS,
    ask=_ask_regressions,
)

TRENDS = Question(
    name="trends",
    meaning="How every agent went over a period, and where its numbers changed.",
    view=Trends,
    filters=TRENDS_FILTERS,
    ask=_ask_trends,
)

CAPACITY = Question(
    name="capacity",
    meaning="How much of every agent, model and tool runs at once, where that is going, and when a limit is reached.",
    view=Capacity,
    filters=CAPACITY_FILTERS,
    ask=_ask_capacity,
)
