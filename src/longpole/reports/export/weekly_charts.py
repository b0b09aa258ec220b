"""The cards of the weekly page that are charts: figures with small lines, executions, durations, cost, concurrency."""

from collections.abc import Sequence
from datetime import datetime

from longpole.model import clock
from longpole.model.clock import DAY_NS
from longpole.reports.export.charts import (
    ROUND_COUNTS,
    Bar,
    Mark,
    area_chart,
    band_chart,
    bar_chart,
    spark_line,
)
from longpole.reports.export.markup import Html, table, tag
from longpole.reports.numbers import cost_text, count_text, counted, duration_text, short_count_text
from longpole.reports.statistics_views import Figure
from longpole.reports.weekly_views import ReportStretch, WeeklyReport
from longpole.reports.weekly_words import (
    GOOD_IF_LESS,
    GOOD_IF_MORE,
    day_text,
    figure_change_text,
    time_text,
    value_text,
)

_TILES = (
    ("Executions", "executions", "count"),
    ("Success rate", "success_rate", "rate"),
    ("p50 duration", "p50_ns", "time"),
    ("p95 duration", "p95_ns", "time"),
    ("Cost", "cost_usd", "money"),
    ("Tokens", "tokens", "short"),
)
_MOST_LABELS = 8
_MOST_MARKS = 3


def card(heading: str, *content: Html | None, note: str | None = None, style: str | None = None) -> Html:
    """A card with its heading, and a note beside it."""
    head = tag("div", tag("h2", heading), tag("span", note, class_="m") if note else None, class_="hd")
    return tag("section", head, *content, class_=f"card {style or ''}".rstrip())


def figures(report: WeeklyReport) -> Html:
    """Six figures, each with its change and how it went."""
    series = {
        "executions": [float(one.executions) for one in report.stretches],
        "success_rate": [_success(one) for one in report.stretches],
        "p50_ns": [one.p50_ns for one in report.stretches],
        "p95_ns": [one.p95_ns for one in report.stretches],
        "cost_usd": [one.cost_usd for one in report.stretches],
        "tokens": [one.tokens for one in report.stretches],
    }
    tiles = [_tile(report, name, field, kind, series[field]) for name, field, kind in _TILES]
    return tag("section", *tiles, class_="card figures")


def _success(one: ReportStretch) -> float | None:
    return 1 - one.failed / one.executions if one.executions else None


def _tile(report: WeeklyReport, name: str, field: str, kind: str, series: Sequence[float | None]) -> Html:
    figure: Figure = getattr(report.statistics, field)
    value = (
        short_count_text(None if figure.value is None else round(figure.value))
        if kind == "short"
        else value_text(figure.value, kind)
    )
    return tag(
        "div",
        tag("span", name, class_="m"),
        tag("strong", value),
        tag("span", *change_of(figure, field, kind), class_="change"),
        spark_line(series, title=f"{name} over time"),
        class_="tile",
    )


def change_of(figure: Figure, field: str, kind: str) -> list[Html]:
    """By how much a figure changed, in words and, where that is more than noise, in colour."""
    if figure.previous is None:
        return [tag("span", "nothing before" if figure.value is not None else "", class_="s")]
    text = figure_change_text(figure, kind)
    if not text:
        return [tag("span", "no change known", class_="s")]
    if figure.is_notable is not True:
        words = "noise" if figure.is_notable is False else "too little to tell"
        return [tag("span", f"{text} · {words}", class_="s")]
    change = figure.change or 0.0
    arrow = "↑" if change > 0 else "↓"
    good, bad = (change > 0, change < 0) if field in GOOD_IF_MORE else (change < 0, change > 0)
    style = None if field not in GOOD_IF_MORE | GOOD_IF_LESS else "good" if good else "bad" if bad else None
    return [tag("b", f"{arrow} {text}", class_=style)]


def executions(report: WeeklyReport) -> Html:
    """How many ran, and how many of them failed."""
    bars = [
        Bar(one.failed, one.executions - one.failed, f"{_span(report, one)}: {_ran(one)}") for one in report.stretches
    ]
    failed = sum(one.failed for one in report.stretches)
    legend = tag(
        "p",
        tag("span", "ended well or still run", class_="key"),
        tag("span", f"failed {count_text(failed)}", class_="key bad"),
        class_="legend",
    )
    chart = bar_chart(
        bars, _labels(report), words=lambda value: short_count_text(round(value)), title="Executions over time",
        steps=ROUND_COUNTS,
    )  # fmt: skip
    return card(
        f"Executions {_by(report)}",
        legend,
        chart,
        note=_until(report),
    )


def _ran(one: ReportStretch) -> str:
    return f"{counted(one.executions, 'execution')}, {count_text(one.failed)} failed"


def durations(report: WeeklyReport) -> Html:
    """How long half and nineteen of twenty took at most, and when an agent became slower or faster."""
    tips = [
        f"{_span(report, one)}: p50 {duration_text(one.p50_ns)}, p95 {duration_text(one.p95_ns)}"
        for one in report.stretches
    ]
    chart = band_chart(
        [one.p50_ns for one in report.stretches], [one.p95_ns for one in report.stretches], _labels(report),
        tips=tips, words=duration_text, title="p50 and p95 of durations over time", marks=_marks(report),
    )  # fmt: skip
    legend = tag("p", tag("span", "p50", class_="key line"), tag("span", "p95", class_="key thin"), class_="legend")
    return card(f"Duration {_by(report)}", legend, chart, note="all agents together")


def _marks(report: WeeklyReport) -> list[Mark]:
    """By agent the latest change of its duration within the period, the latest first."""
    from_ns, to_ns = (clock.from_rfc3339(text) for text in (report.from_time, report.to_time))
    marks: dict[str, Mark] = {}
    for change in report.changes.items:
        at_ns = clock.from_rfc3339(change.at)
        first = change.changes[0]
        is_duration = first.metric in ("p50", "p95") and first.operation is None
        if is_duration and from_ns <= at_ns < to_ns and change.agent not in marks:
            word = "slower" if change.is_worse else "faster"
            marks[change.agent] = Mark((at_ns - from_ns) / (to_ns - from_ns), f"{change.agent} {word}")
    return [*marks.values()][:_MOST_MARKS]


def costs_by_time(report: WeeklyReport) -> Html:
    """What was spent when."""
    known = [one.cost_usd for one in report.stretches if one.cost_usd is not None]
    if not known:
        return card(
            f"Cost {_by(report)}",
            tag("p", "No cost is known: no model call told tokens that have a price.", class_="none"),
        )
    bars = [
        Bar(0.0, one.cost_usd or 0.0, f"{_span(report, one)}: {cost_text(one.cost_usd)}") for one in report.stretches
    ]
    chart = bar_chart(bars, _labels(report), words=cost_text, title="Cost over time")
    return card(f"Cost {_by(report)}", chart, note=cost_text(sum(known)))


def in_flight(report: WeeklyReport) -> Html:
    """How many executions ran at once."""
    average = report.in_flight.average
    from_ns = clock.from_rfc3339(report.from_time)
    width_ns = report.in_flight.width_ns
    most = max(range(len(average)), key=lambda place: average[place], default=0)
    note = f"at most {average[most]:.2g}, from {time_text(clock.to_rfc3339(from_ns + most * width_ns))} UTC"
    chart = area_chart(
        average, _labels(report), words=lambda value: f"{value:.3g}", title="Executions in flight over time"
    )
    return card("Executions at once", chart, note=f"averages of {_averaged(width_ns)}; {note}")


def numbers(report: WeeklyReport) -> Html:
    """What the charts by time show, as a table."""
    columns = [
        ("from (UTC)", ""),
        ("executions", "n"),
        ("failed", "n"),
        ("p50", "n"),
        ("p95", "n"),
        ("cost", "n"),
        ("tokens", "n"),
    ]
    rows = [
        [
            time_text(one.started),
            count_text(one.executions),
            count_text(one.failed),
            duration_text(one.p50_ns),
            duration_text(one.p95_ns),
            cost_text(one.cost_usd),
            count_text(one.tokens),
        ]
        for one in report.stretches
    ]
    summary = tag("summary", "The numbers of the charts by time")
    return tag("section", tag("details", summary, tag("div", table(columns, rows), class_="scroll")), class_="card")


def _until(report: WeeklyReport) -> str | None:
    """When days end, where that is not midnight."""
    end = report.to_time[11:16]
    return f"days until {end} UTC" if report.width_ns >= DAY_NS and end != "00:00" else None


def _by(report: WeeklyReport) -> str:
    return f"by {_width(report.width_ns)}"


def _width(width_ns: int) -> str:
    hours = width_ns // (DAY_NS // 24)
    words = {1: "hour", 24: "day", 168: "week"}
    if hours in words:
        return words[hours]
    return f"{hours // 24} days" if hours % 24 == 0 else f"{hours} hours"


def _averaged(width_ns: int) -> str:
    word = _width(width_ns)
    return {"hour": "an hour", "day": "a day", "week": "a week"}.get(word, word)


def _span(report: WeeklyReport, one: ReportStretch) -> str:
    end_ns = min(clock.from_rfc3339(one.started) + report.width_ns, clock.from_rfc3339(report.to_time))
    return f"{time_text(one.started)} to {time_text(clock.to_rfc3339(end_ns))} UTC"


def _labels(report: WeeklyReport) -> list[str]:
    """A label for each stretch, or empty where there are too many for all."""
    every = -(-len(report.stretches) // _MOST_LABELS)
    return [_label(report, one) if place % every == 0 else "" for place, one in enumerate(report.stretches)]


def _label(report: WeeklyReport, one: ReportStretch) -> str:
    """The hour it begins, or the day that most of it belongs to."""
    if report.width_ns < DAY_NS:
        return f"{datetime.fromisoformat(one.started):%H:%M}"
    middle = clock.to_rfc3339(clock.from_rfc3339(one.started) + DAY_NS // 2)
    moment = datetime.fromisoformat(middle)
    return f"{moment:%a} {moment.day}" if len(report.stretches) <= _MOST_LABELS else day_text(middle)
