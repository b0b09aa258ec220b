"""The report of a period in words: what matters most, one sentence each, the same through every door."""

from collections.abc import Iterator
from datetime import datetime

from longpole.reports.change_views import Regression
from longpole.reports.change_words import difference_text, levels_text, limit_text, signed_share
from longpole.reports.finding_views import OpportunityItem
from longpole.reports.numbers import cost_text, count_text, counted, duration_text, share_text
from longpole.reports.statistics_views import FailureGroup, Figure, Statistics
from longpole.reports.weekly_views import ReportAgent, WeeklyReport

FIGURES = (
    ("executions", "executions", "count"),
    ("success rate", "success_rate", "rate"),
    ("p50", "p50_ns", "time"),
    ("p95", "p95_ns", "time"),
    ("tokens", "tokens", "count"),
    ("cost", "cost_usd", "money"),
    ("cost of one", "mean_cost_usd", "money"),
)
"""Name, field of `Statistics`, and kind of the figures of a report."""

GOOD_IF_MORE = frozenset({"success_rate"})
GOOD_IF_LESS = frozenset({"p50_ns", "p95_ns", "mean_cost_usd", "cost_usd"})
_WATCHED = (
    ("success rate", "success_rate", "errors", "rate"),
    ("p50", "p50_ns", "p50", "time"),
    ("p95", "p95_ns", "p95", "time"),
)
"""Of agents: name, field, metric of changes, kind."""

_MOST = 3  # sentences about changes
_UNITS = {"h": "hour", "d": "day", "w": "week"}


def sentences_of(report: WeeklyReport) -> list[str]:
    """What ran, what changed, what to do first, what failed, what will not fit, what is not known; in this order."""
    if not report.statistics.executions.value:
        return [f"Nothing ran {range_text(report)}."]
    return list(_told(report))


def _told(report: WeeklyReport) -> Iterator[str]:
    yield _what_ran(report)
    yield from _against_before(report)
    yield from (sentence for agent in report.agents if (sentence := _agent(report, agent)))
    # By agent what says most; the report lists the rest.
    worse = {change.agent: change for change in reversed(report.changes.items) if change.is_worse}
    yield from (change_sentence(change) for change in [*worse.values()][::-1][:_MOST])
    if report.opportunities:
        yield opportunity_sentence(report.opportunities[0])
    if report.failures.groups and report.failures.executions:
        yield _failures(report)
    yield from (
        limit_text(one, one.limit) for one in report.capacity.resources if one.limit and _is_near(one.limit.days)
    )
    yield from _unknown(report)


def _what_ran(report: WeeklyReport) -> str:
    figures = report.statistics
    agents = len(report.agents) + report.agents_left_out
    told = [f"{share_text(figures.success_rate.value)} succeeded"] if figures.success_rate.value is not None else []
    if figures.p50_ns.value is not None:
        told += [f"p50 {duration_text(figures.p50_ns.value)}, p95 {duration_text(figures.p95_ns.value)}"]
    told.append(f"cost {cost_text(figures.cost_usd.value)}")
    ran = f"{counted(round(figures.executions.value or 0), 'execution')} of {counted(agents, 'agent')}"
    return f"{ran} in {length_text(report.period)}: {', '.join(told)}."


def _against_before(report: WeeklyReport) -> Iterator[str]:
    figures, before = report.statistics, before_text(report.period)
    if figures.executions.previous is None:
        yield f"Nothing ran in {before}, so nothing is compared."
        return
    moved = [
        _moved(name, getattr(figures, field), kind) for name, field, kind in FIGURES if _is_notable(figures, field)
    ]
    if moved:
        yield f"Against {before}: {', '.join(moved)}."
    else:
        yield f"All agents together, no figure changed by more than noise against {before}."
    if not figures.is_previous_whole:
        yield f"Not all of {before} is stored, so counts and sums are not compared."


def _is_notable(figures: Statistics, field: str) -> bool:
    figure: Figure = getattr(figures, field)
    return figure.is_notable is True


def _moved(name: str, figure: Figure, kind: str) -> str:
    levels = f"{value_text(figure.previous, kind)} → {value_text(figure.value, kind)}"
    return f"{name} {figure_change_text(figure, kind)} ({levels})"


def value_text(value: float | None, kind: str) -> str:
    """A figure in its unit."""
    if kind == "time":
        return duration_text(value)
    if kind == "rate":
        return share_text(value)
    if kind == "money":
        return cost_text(value)
    return count_text(None if value is None else round(value))


def figure_change_text(figure: Figure, kind: str) -> str:
    """By how much a figure changed: relative, of rates in points; empty where nothing is known."""
    if figure.change is None:
        return ""
    if kind != "rate":
        return signed_share(figure.change)
    return points_text(figure.change)


def points_text(change: float) -> str:
    """A difference of shares with its sign.

    >>> points_text(-0.009)
    '−0.9 points'
    """
    points = round(change * 100, 1)
    return f"{'+' if points > 0 else '−' if points < 0 else ''}{abs(points):.1f} points"


def _agent(report: WeeklyReport, agent: ReportAgent) -> str:
    """What got worse of an agent, unless a change of it tells that already; empty where nothing did."""
    of_agent = [one for change in report.changes.items if change.agent == agent.agent for one in change.changes]
    told = {one.metric for one in of_agent if one.operation is None and one.is_worse}
    worse = [
        _moved(name, figure, kind)
        for name, field, metric, kind in _WATCHED
        if metric not in told and _is_worse(figure := getattr(agent, field), field)
    ]
    return f"{agent.agent}: {', '.join(worse)}." if worse else ""


def _is_worse(figure: Figure, field: str) -> bool:
    change = figure.change or 0.0
    return figure.is_notable is True and (change < 0 if field in GOOD_IF_MORE else change > 0)


def change_sentence(change: Regression) -> str:
    """Who changed, since when, by how much, and what was new then."""
    first = change.changes[0]
    what = levels_text(first) if first.operation is None else f"{first.operation} {levels_text(first)}"
    difference = difference_text(first)
    text = f"{change.agent}: {what}{f' ({difference})' if difference else ''} since {day_text(first.at)}"
    if not change.changed_then:
        return f"{text}."
    cause = change.changed_then[0]
    before = "" if cause.before is None else f"{cause.before} → "
    return f"{text}, when {cause.kind} {before}{cause.after} came."


def opportunity_sentence(one: OpportunityItem) -> str:
    """What could be done better, what that would have saved, and where."""
    saving, title = saving_text(one), one.title.rstrip(".")
    start = f"Most is to be won here: {title}; {saving} in" if saving else f"To look at first: {title}; seen in"
    return f"{start} {counted(one.executions, 'execution')} of {one.agent}."


def saving_text(one: OpportunityItem) -> str:
    """Time and money that an opportunity would have saved in all; empty where it saves neither by itself."""
    told = [duration_text(one.saving_ns)] if one.saving_ns else []
    if one.saving_usd:
        told.append(cost_text(one.saving_usd))
    return " and ".join(told)


def confidence_text(confidence: str) -> str:
    """How sure a finding is.

    >>> confidence_text("high"), confidence_text("certain")
    ('high confidence', 'certain')
    """
    return confidence if confidence == "certain" else f"{confidence} confidence"


def _failures(report: WeeklyReport) -> str:
    group = report.failures.groups[0]
    count = counted(report.failures.executions, "execution")
    return f"{count} failed, most often by {error_name(group)} in {group.place} ({count_text(group.executions)})."


def error_name(group: FailureGroup) -> str:
    """The type of an error without its module, or what stands for it."""
    return (group.error_type or "").rpartition(".")[2] or "an error without a type"


def _unknown(report: WeeklyReport) -> Iterator[str]:
    total = report.costs.total
    if total.calls_without_cost:
        yield (
            f"Of {counted(total.calls, 'model call')} {count_text(total.calls_without_cost)} have no known price "
            "and are missing in the cost."
        )
    if report.failures.groups and not report.failures.is_complete:
        yield "There are more different errors than were read; rare ones are missing."


def _is_near(days: int | None) -> bool:
    return days is not None


def length_text(period: str) -> str:
    """The length of a period in words.

    >>> length_text("7d"), length_text("1d"), length_text("24h")
    ('7 days', '1 day', '24 hours')
    """
    return counted(int(period[:-1]), _UNITS[period[-1]])


def before_text(period: str) -> str:
    """The period before in words.

    >>> before_text("7d"), before_text("1d")
    ('the 7 days before', 'the day before')
    """
    return f"the {length_text(period).removeprefix('1 ')} before"


def range_text(report: WeeklyReport) -> str:
    """From when to when a report is; times of day are left out where both are midnight."""
    texts = [time_text(report.from_time), time_text(report.to_time)]
    if all(text.endswith(" 00:00") for text in texts):
        texts = [text.removesuffix(" 00:00") for text in texts]
    return f"from {texts[0]} to {texts[1]} UTC"


def time_text(text: str) -> str:
    """The day and the minute of an RFC 3339 time."""
    moment = datetime.fromisoformat(text)
    return f"{moment.day} {moment:%b %Y %H:%M}"


def day_text(text: str) -> str:
    """The day of an RFC 3339 time.

    >>> day_text("2026-11-05T00:00:00.000000Z")
    '5 Nov'
    """
    moment = datetime.fromisoformat(text)
    return f"{moment.day} {moment:%b}"
