"""The report of a period for the terminal: sentences first, then a short section for each part."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from longpole.cli.draw import cell, muted
from longpole.cli.draw_change import change_text
from longpole.cli.fitted_table import FittedTable
from longpole.cli.spark import spark_line
from longpole.model.clock import DAY_NS
from longpole.reports.change_views import Regression, ResourceUse
from longpole.reports.change_words import cause_text, signed_share, when_text, where_text
from longpole.reports.cost_views import CostPart
from longpole.reports.finding_views import OpportunityItem
from longpole.reports.numbers import NONE, cost_text, count_text, counted, duration_text, share_text, short_count_text
from longpole.reports.statistics_views import BottleneckStep, FailureGroup, Figure
from longpole.reports.weekly_views import ReportAgent, ReportStretch, WeeklyReport
from longpole.reports.weekly_words import (
    confidence_text,
    error_name,
    figure_change_text,
    length_text,
    points_text,
    range_text,
    saving_text,
    value_text,
)

_MOST_CHANGES = 5
_MOST_FAILURES = 5
_MOST_STEPS = 5
_WIDTH = 14


def draw_report(report: WeeklyReport) -> RenderableType:
    """The whole report; where nothing ran, that sentence and what to try."""
    if not report.statistics.executions.value:
        return Group(
            Text(report.sentences[0]), muted("A longer period may hold something: longpole report --period 30d")
        )
    title = f"Report of {length_text(report.period)}, {range_text(report)}"
    first, *others = report.sentences
    parts: list[RenderableType] = [Text(title, style="bold"), Text(), Text(first)]
    parts += [Padding(Text(sentence), (0, 0, 0, 2), expand=False) for sentence in others]
    sections = (
        ("By time", [_over_time(report)]),
        ("What to do first", _opportunities(report.opportunities)),
        ("What changed", _changes(report)),
        ("Agents", _agents(report)),
        ("Failures", _failures(report)),
        ("Where the time goes", _time_spent(report.bottlenecks.operations)),
        ("Cost by model", _costs(report)),
        ("Capacity", _capacity(report.capacity.resources)),
    )
    for heading, drawn in sections:
        parts += [Text(), Text(heading, style="bold"), *drawn]
    return Group(*parts)


def _over_time(report: WeeklyReport) -> RenderableType:
    stretches: Sequence[ReportStretch] = report.stretches
    lines = (
        ("executions", [float(one.executions) for one in stretches], True),
        ("failed", [float(one.failed) for one in stretches], True),
        ("p50", [one.p50_ns for one in stretches], False),
        ("p95", [one.p95_ns for one in stretches], False),
        ("cost", [one.cost_usd for one in stretches], True),
    )
    text = Text()
    for name, values, is_from_zero in lines:
        text.append(f"{name:<11}", "dim").append(spark_line(values, 62, from_zero=is_from_zero)).append("\n")
    text.rstrip()
    return text


def _opportunities(found: Sequence[OpportunityItem]) -> list[RenderableType]:
    if not found:
        return [Text("Nothing was found that would have saved time or money.")]
    lines: list[RenderableType] = []
    for number, one in enumerate(found, 1):
        lines.append(Text(f"{number}. {one.title}", style="bold"))
        saving = saving_text(one)
        facts = Text().append(f"could save {saving} ", "green") if saving else Text("seen ")
        facts.append(f"in {counted(one.executions, 'execution')} of {one.agent} · {confidence_text(one.confidence)}")
        if one.code_file is not None:
            place = one.code_file if one.code_line is None else f"{one.code_file}:{one.code_line}"
            facts.append(f" · {place}", "dim")
        lines += [Padding(facts, (0, 0, 0, 3), expand=False), Padding(muted(one.advice), (0, 0, 0, 3), expand=False)]
    return lines


def _changes(report: WeeklyReport) -> list[RenderableType]:
    found = report.changes
    if not found.items:
        if not found.series:
            return [Text("Too little ran to tell whether anything changed.")]
        return [Text(f"Nothing moved by more than noise, of {counted(found.series, 'series', 'series')} of numbers.")]
    lines: list[RenderableType] = []
    for one in found.items[:_MOST_CHANGES]:
        lines += _change(one, has_hours=found.width_ns < DAY_NS)
    left = len(found.items) - _MOST_CHANGES
    if left > 0:
        lines.append(muted(f"and {counted(left, 'more change')}: longpole regressions --all"))
    return lines


def _change(one: Regression, *, has_hours: bool) -> list[RenderableType]:
    mark, style = ("▲", "red") if one.is_worse else ("▼", "green") if one.is_worse is False else ("◆", "blue")
    first = one.changes[0]
    head = Text(f"{mark} ", style=style).append(one.agent, "bold").append(": ", "default")
    if first.operation is not None:
        head.append(f"{first.operation} ")
    head.append_text(change_text(first)).append(f", since {when_text(one, has_hours=has_hours)}")
    told = [where_text(step) for step in one.slower[:1]] + [cause_text(cause) for cause in one.changed_then[:2]]
    return [head, *(Padding(muted(text), (0, 0, 0, 2), expand=False) for text in told)]


def _agents(report: WeeklyReport) -> list[RenderableType]:
    table = FittedTable(
        ("agent", "runs", "p50", "change", "over time", "p95", "p95 change", "failed", "more or less", "cost"),
        [_agent(one) for one in report.agents],
        texts=("agent", "over time"),
        shortened=("agent",),
        left_out=("over time", "p95 change", "cost"),
    )
    left = report.agents_left_out
    return [table, *([muted(f"and {counted(left, 'more agent')} with fewer runs")] if left else [])]


def _agent(one: ReportAgent) -> tuple[Text, ...]:
    rate = one.success_rate
    return (
        cell(one.agent),
        cell(value_text(one.executions.value, "count")),
        _ended(one.p50_ns),
        _moved(one.p50_ns, "time"),
        cell(spark_line(one.p50_over_time, _WIDTH)),
        _ended(one.p95_ns),
        _moved(one.p95_ns, "time"),
        muted(NONE) if rate.value is None else cell(share_text(1 - rate.value)),
        _moved(rate, "rate"),
        cell(cost_text(one.cost_usd.value)),
    )


def _ended(figure: Figure) -> Text:
    """A percentile; none where no execution ended."""
    return muted(NONE) if figure.value is None else cell(duration_text(figure.value))


def _moved(figure: Figure, kind: str) -> Text:
    """A change: dim unless it is more than noise. That of a success rate is told as that of failures."""
    if figure.change is None:
        return muted(NONE)
    change = -figure.change if kind == "rate" else figure.change
    text = points_text(change) if kind == "rate" else figure_change_text(figure, kind)
    return Text(text, ("red" if change > 0 else "green") if figure.is_notable else "dim")


def _failures(report: WeeklyReport) -> list[RenderableType]:
    groups = [group for group in report.failures.groups if group.executions][:_MOST_FAILURES]
    if not groups:
        return [Text("No execution failed.")]
    table = FittedTable(
        ("error", "where", "failed", "time lost", "since", "message"),
        [_failure(group) for group in groups],
        texts=("error", "where", "since", "message"),
        shortened=("message", "where", "error"),
        left_out=("message", "time lost", "since"),
    )
    return [table]


def _failure(group: FailureGroup) -> tuple[Text, ...]:
    return (
        cell(error_name(group)),
        cell(group.place),
        Text(count_text(group.executions), "red"),
        cell(duration_text(group.lost_ns)) if group.lost_ns else muted(NONE),
        cell(group.first_seen[:10]),
        muted(" ".join((group.example or "").split()) or NONE),
    )


def _time_spent(steps: Sequence[BottleneckStep]) -> list[RenderableType]:
    shown = [one for one in steps if one.critical_ns][:_MOST_STEPS]
    if not shown:
        return [Text("No execution of this time has settled with a critical path.")]
    table = FittedTable(
        ("step", "agent", "critical time", "on the path", "p50", "p95"),
        [
            (
                cell("between its steps" if one.is_agent else one.name),
                cell(one.agent),
                cell(share_text(one.critical_share)),
                muted(NONE) if one.on_path_share is None else cell(share_text(one.on_path_share)),
                muted(NONE) if one.p50_ns is None else cell(duration_text(one.p50_ns)),
                muted(NONE) if one.p95_ns is None else cell(duration_text(one.p95_ns)),
            )
            for one in shown
        ],
        texts=("step", "agent"),
        shortened=("step", "agent"),
        left_out=("p95",),
    )
    return [table]


def _costs(report: WeeklyReport) -> list[RenderableType]:
    if not report.costs.total.calls:
        return [Text("No model was called.")]
    table = FittedTable(
        ("model", "cost", "share", "calls", "input", "cached", "output"),
        [_model(part) for part in report.costs.parts],
        texts=("model",),
        shortened=("model",),
        left_out=("cached",),
    )
    return [table]


def _model(part: CostPart) -> tuple[Text, ...]:
    return (
        cell(part.name or "unknown model"),
        cell(cost_text(part.cost_usd)),
        muted(NONE) if part.share is None else cell(share_text(part.share)),
        cell(count_text(part.calls)),
        cell(short_count_text(part.input_tokens)),
        cell(short_count_text(part.cache_read_tokens)),
        cell(short_count_text(part.output_tokens)),
    )


def _capacity(used: Sequence[ResourceUse]) -> list[RenderableType]:
    table = FittedTable(
        ("name", "what", "calls", "in flight", "peak", "calls a day", "growth", "limited"),
        [
            (
                cell(one.name),
                muted(one.kind),
                cell(short_count_text(one.calls)),
                cell(f"{one.in_flight:.2g}"),
                cell(count_text(one.peak_in_flight)),
                cell(spark_line(one.calls_a_day, _WIDTH, from_zero=True)),
                cell(NONE if one.growth_a_week is None else signed_share(one.growth_a_week)),
                Text(count_text(one.limited), "red") if one.limited else muted(NONE),
            )
            for one in used
        ],
        texts=("name", "what", "calls a day"),
        shortened=("name",),
        left_out=("calls a day", "what"),
    )
    return [table]
