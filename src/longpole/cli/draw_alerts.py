"""Alerts on a terminal: what fires, what fired, rules in words, and what a rule would have done as a picture."""

from collections.abc import Sequence
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from longpole.alerting.units import Unit, quantity_text
from longpole.alerting.views import (
    AlertHistory,
    AlertItem,
    AlertPage,
    DeliveryItem,
    EpisodeItem,
    PreviewLine,
    RulePage,
    RulePreview,
    SilenceItem,
)
from longpole.cli.draw import cell, muted
from longpole.cli.fitted_table import FittedTable
from longpole.model.clock import from_rfc3339
from longpole.reports.numbers import counted, duration_text

_WIDTH, _HEIGHT = 68, 7
_LEVELS = {"critical": ("●", "red"), "warning": ("▲", "yellow")}
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def draw_firing(page: AlertPage) -> RenderableType:
    """What fires now, and what keeps people from hearing of it."""
    if not page.rules:
        return Text("There is no alert rule. Write some: docs/how-to/alerts.md, or the page /alerts of the dashboard.")
    if not page.items:
        lines: list[RenderableType] = [Text(f"Nothing fires. {counted(page.rules, 'rule')} watched.")]
    else:
        head = f"{counted(len(page.items), 'alert')} now, of {counted(page.rules, 'rule')}."
        lines = [Text(head, style="bold"), Text()]
        for item in page.items:
            lines += _firing(item)
    if page.pending:
        lines += [Text(), muted(f"{counted(len(page.pending), 'condition')} held not long enough yet.")]
    lines += [_silence(silence) for silence in page.silences]
    lines += [_undelivered(delivery) for delivery in page.undelivered[:5]]
    return Group(*lines)


def _firing(item: AlertItem) -> list[RenderableType]:
    mark, style = _LEVELS.get(item.level, ("●", "red"))
    head = Text(f"{mark} ", style=style).append(item.title, "bold")
    head.append(f"  {item.alert_id}", "not bold dim")
    since = f"  since {_when(item.fired_at)} UTC"
    if item.acknowledged_by:
        since += f", {item.acknowledged_by} looks after it"
    if item.is_silenced:
        since += ", silenced"
    return [head, _indented(item.said), muted(since)]


def _silence(silence: SilenceItem) -> Text:
    what = silence.rule_id or "every rule"
    subject = f" ({silence.subject})" if silence.subject else ""
    reason = f": {silence.reason}" if silence.reason else ""
    return muted(f"Silent until {_when(silence.until)} UTC: {what}{subject}, by {silence.silenced_by}{reason}")


def _undelivered(delivery: DeliveryItem) -> Text:
    said = f"Not delivered to {delivery.target} ({counted(delivery.attempts, 'try', 'tries')}, {delivery.state})"
    return Text(f"{said}: {delivery.error or 'not tried yet'}", style="yellow")


def draw_history(history: AlertHistory) -> RenderableType:
    """What fired as a table."""
    if not history.items:
        return Text("Nothing has fired.")
    table = FittedTable(
        ("fired (UTC)", "lasted", "rule", "why"),
        [_past(item) for item in history.items],
        texts=("fired (UTC)", "rule", "why"),
        shortened=("why", "rule"),
        left_out=("lasted",),
    )
    return Group(Text(f"{counted(len(history.items), 'alert')}, the latest first."), Text(), table)


def _past(item: AlertItem) -> tuple[Text, ...]:
    lasted = muted("still fires")
    if item.cleared_at and item.fired_at:
        lasted = cell(duration_text(from_rfc3339(item.cleared_at) - from_rfc3339(item.fired_at)))
    return muted(_when(item.fired_at)), lasted, cell(item.title), cell(item.said)


def draw_rules(page: RulePage) -> RenderableType:
    """Every rule in words."""
    if not page.items:
        return Text("There is no alert rule. Write some: docs/how-to/alerts.md, or the page /alerts of the dashboard.")
    lines: list[RenderableType] = []
    for item in page.items:
        head = Text(item.title, style="bold")
        if item.firing:
            head.append(f"  {counted(item.firing, 'alert')} now", "not bold red")
        lines += [head, _indented(item.words)]
        if item.trouble:
            lines.append(_indented(f"It cannot be looked at: {item.trouble}", "red"))
    if page.targets:
        lines += [Text(), muted("Targets: " + ", ".join(f"{one.target} ({one.address})" for one in page.targets))]
    return Group(*lines)


def draw_preview(name: str, preview: RulePreview) -> RenderableType:
    """What a rule would have done: a sentence, a picture of each subject that fired, and when."""
    days = max(1, round((from_rfc3339(preview.to_time) - from_rfc3339(preview.from_time)) / (86_400 * 10**9)))
    would = "would never have fired"
    if preview.fired:
        would = f"would have fired {'once' if preview.fired == 1 else f'{preview.fired:,} times'}"
    said = f"{name} {would} in the last {counted(days, 'day')}."
    if preview.unknown_past is not None:
        said = f"{name} {'fires' if preview.fired else 'does not fire'} now. {preview.unknown_past}"
    lines: list[RenderableType] = [Text(said, style="bold"), Text(preview.words)]
    shown = [line for line in preview.lines if any(value is not None for value in line.values)]
    if not shown:
        lines += [Text(), Text("Too little ran in that time for the watched value to be known.")]
    for line in shown[:3]:
        lines += [Text(), *draw_line(line, preview)]
    if preview.episodes:
        lines += [Text(), _episodes(preview.episodes)]
    return Group(*lines)


def draw_line(line: PreviewLine, preview: RulePreview) -> list[RenderableType]:
    """The watched value of a subject over time as columns, the limit as a dashed line; above it columns are red."""
    columns = _columns(line.values, _WIDTH, lowest=preview.is_below)
    known = [value for value in columns if value is not None]
    top = max([*known, preview.limit]) * 1.05 or 1.0
    unit = Unit(preview.unit)
    place = min(_HEIGHT - 1, int(preview.limit / top * _HEIGHT))
    lines: list[RenderableType] = [] if not line.subject else [Text(line.subject, style="bold")]
    for row in range(_HEIGHT - 1, -1, -1):
        text = Text()
        for value in columns:
            filled = 0 if value is None else min(8, max(0, round((value / top * _HEIGHT - row) * 8)))
            is_beyond = value is not None and (value < preview.limit if preview.is_below else value > preview.limit)
            mark = _EIGHTHS[filled]
            if filled == 0 and row == place:
                text.append("╌", "yellow")
            elif value is None and row == 0:
                text.append("·", "dim")
            else:
                text.append(mark, "red" if is_beyond else "blue")
        label = preview.limit_text if row == place else quantity_text(top / 1.05, unit) if row == _HEIGHT - 1 else ""
        lines.append(text.append(f" {label}", "dim"))
    gap = " " * max(1, len(columns) - 20)
    lines.append(muted(f"{preview.from_time[:10]}{gap}{preview.to_time[:10]}"))
    return lines


def _columns(values: Sequence[float | None], width: int, *, lowest: bool) -> list[float | None]:
    """The worst of each stretch, so that no short breach is lost."""
    count = min(width, len(values))
    bounds = [len(values) * place // count for place in range(count + 1)] if count else [0]
    found: list[float | None] = []
    for start, end in pairwise(bounds):
        known = [value for value in values[start:end] if value is not None]
        found.append((min(known) if lowest else max(known)) if known else None)
    return found


def _episodes(episodes: Sequence[EpisodeItem]) -> FittedTable:
    return FittedTable(
        ("fired (UTC)", "cleared (UTC)", "lasted", "worst", "why"),
        [
            (
                muted(_when(one.fired_at)),
                muted(_when(one.cleared_at)) if one.cleared_at else cell("still fires"),
                cell(duration_text(one.duration_ns)),
                cell(one.worst_text),
                cell(one.said),
            )
            for one in episodes[-50:]
        ],
        texts=("fired (UTC)", "cleared (UTC)", "why"),
        shortened=("why",),
        left_out=("lasted", "cleared (UTC)"),
    )


def _indented(text: str, style: str = "") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, 2))


def _when(time: str | None) -> str:
    return "" if time is None else time[:16].replace("T", " ")
