"""The cards of the weekly page that are lists: what to do, what changed, agents, failures, time, cost, capacity."""

from collections.abc import Sequence

from longpole.model.category import Category
from longpole.model.clock import DAY_NS
from longpole.reports.change_views import MetricChange, Regression, ResourceUse
from longpole.reports.change_words import (
    cause_text,
    difference_text,
    levels_text,
    limit_text,
    limited_text,
    signed_share,
    sureness_text,
    where_text,
)
from longpole.reports.cost_views import CostPart
from longpole.reports.export.charts import share_bar, spark_bars, spark_line
from longpole.reports.export.markup import Html, joined, table, tag
from longpole.reports.export.weekly_charts import card
from longpole.reports.finding_views import OpportunityItem
from longpole.reports.numbers import (
    NONE,
    cost_text,
    count_text,
    counted,
    duration_text,
    share_text,
    short_count_text,
)
from longpole.reports.statistics_views import BottleneckStep, FailureGroup, Figure
from longpole.reports.weekly_views import ReportAgent, WeeklyReport
from longpole.reports.weekly_words import (
    confidence_text,
    day_text,
    error_name,
    figure_change_text,
    points_text,
    saving_text,
    time_text,
    value_text,
)

_SHOWN_CHANGES = 6
_SHOWN_SIGNS = 4
_SHOWN_STEPS = 2
_SHOWN_FAILURES = 5
_SHOWN_TIMES = 6
_WEEK = 7
_STYLES: dict[str, tuple[str, str]] = {
    Category.LLM: ("gen", "model"),
    "llm_wait": ("wait", "first token"),
    "tool": ("tool", "tool"),
    "http": ("tool", "http"),
    "agent_comm": ("tool", "agents"),
    "database": ("db", "database"),
    "cache": ("db", "cache"),
    "retrieval": ("db", "retrieval"),
    "retry": ("retry", "retry"),
    "rate_limit": ("retry", "rate limit"),
    "queue": ("queue", "queue"),
    "blocked_loop": ("block", "blocked loop"),
    "barrier_wait": ("join", "join"),
    "agent": ("muted", "unexplained"),
    "processing": ("own", "own code"),
}


def opportunities(report: WeeklyReport) -> Html:
    """The best ones, each with what it would have saved, on what evidence, where, and what to do."""
    best = report.opportunities
    if not best:
        text = "Nothing was found that would have saved time or money. Executions are looked at once they have ended."
        return card("Best opportunities", tag("p", text, class_="none"))
    most = max(one.saving_ns for one in best) or 1
    items = [_opportunity(number, one, one.saving_ns / most) for number, one in enumerate(best, 1)]
    note = "each by itself; savings overlap, so they do not add up"
    heading = "The best opportunity" if len(best) == 1 else f"The {_number_word(len(best))} best opportunities"
    return card(heading, tag("ol", *items, class_="best"), note=note)


def _number_word(number: int) -> str:
    return ("", "one", "two", "three", "four", "five")[number]


def _opportunity(number: int, one: OpportunityItem, share: float) -> Html:
    facts = [counted(one.executions, "execution"), one.agent]
    if one.saving_ns:
        facts.append(f"{duration_text(one.saving_ns / max(1, one.executions))} each")
    if one.most_saving_ns and one.executions > 1:
        facts.append(f"at most {duration_text(one.most_saving_ns)}")
    facts.append(confidence_text(one.confidence))
    place = _place(one.code_file, one.code_line, one.code_function)
    saving = saving_text(one)
    saved = tag("strong", f"−{saving}", class_="good") if saving else None
    return tag(
        "li",
        tag("span", str(number), class_="rank", aria_hidden="true"),
        tag("div", tag("h3", one.title), saved, class_="top"),
        share_bar(share, "good") if saving else None,
        tag("p", " · ".join(facts), *([" · ", place] if place else []), class_="m"),
        tag("p", *_prose(one.advice)),
    )


def _prose(text: str) -> list[str]:
    """A sentence of which what stands between backticks is code."""
    return [tag("code", part) if place % 2 else part for place, part in enumerate(text.split("`"))]


def _place(file: str | None, line: int | None, function: str | None) -> Html | None:
    if file is None and function is None:
        return None
    where = function if file is None else file if line is None else f"{file}:{line}"
    return tag("code", where, title=function if file is not None else None)


def changes(report: WeeklyReport) -> Html:
    """What got worse, then what got better, then what merely changed."""
    found = report.changes
    heading = "What changed"
    if not found.items:
        text = f"No number of any agent or step moved by more than noise since {day_text(report.previous_from_time)}."
        if not found.series:
            text = "Too little ran to tell whether anything changed: it takes eight days or hours with enough in each."
        return card(heading, tag("p", text, class_="none"), note=_looked(report))
    order = {True: 0, False: 1, None: 2}
    items = sorted(found.items, key=lambda one: order[one.is_worse])
    shown = [_change(report, one) for one in items[:_SHOWN_CHANGES]]
    left = len(items) - len(shown)
    more = tag("p", f"{counted(left, 'more change')}: longpole regressions --all", class_="m more") if left else None
    return card(heading, tag("div", *shown, class_="changes"), more, note=_looked(report))


def _looked(report: WeeklyReport) -> str | None:
    if not report.changes.series:
        return None
    looked = counted(report.changes.series, "series", "series")
    return f"of {looked} of numbers since {time_text(report.changes.from_time)[:-6]}"


def _change(report: WeeklyReport, one: Regression) -> Html:
    mark, style, word = {
        True: ("▲", "bad", "worse"),
        False: ("▼", "good", "better"),
        None: ("◆", "", "changed"),
    }[one.is_worse]
    first = one.changes[0]
    rows = [("what", _sign(change)) for change in one.changes[:_SHOWN_SIGNS]]
    if len(one.changes) > _SHOWN_SIGNS:
        rows.append(("", Html(counted(len(one.changes) - _SHOWN_SIGNS, "more sign"))))
    rows += [("where", joined([where_text(step)])) for step in one.slower[:_SHOWN_STEPS]]
    rows += [("then", joined([cause_text(cause)])) for cause in one.changed_then]
    if not one.changed_then:
        rows.append(("then", tag("span", "no new version, model, commit or prompt at that time", class_="m")))
    if one.earliest != one.latest:
        rows.append(("when", Html(f"between {_moment(report, one.earliest)} and {_moment(report, one.latest)}")))
    if one.first_bad is not None:
        rows.append(("first", tag("code", one.first_bad.execution_id)))
    seen = ""
    lines: list[Html] = []
    for name, text in rows:
        lines += [tag("dt", "" if name == seen else name), tag("dd", text)]
        seen = name
    head = tag(
        "h3", tag("span", f"{mark} {word}", class_=f"chip {style}"), f" {one.agent} ",
        tag("span", f"since {_moment(report, first.at)}, {sureness_text(first.confidence)}", class_="m"),
    )  # fmt: skip
    return tag("article", head, tag("dl", *lines))


def _moment(report: WeeklyReport, text: str) -> str:
    return day_text(text) if report.changes.width_ns >= DAY_NS else time_text(text)


def _sign(change: MetricChange) -> Html:
    style = {True: "bad", False: "good", None: None}[change.is_worse]
    what = levels_text(change) if change.operation is None else f"{change.operation}: {levels_text(change)}"
    difference = difference_text(change)
    return joined([what, " " if difference else "", tag("b", difference, class_=style) if difference else None])


def agents(report: WeeklyReport) -> Html:
    """Every agent against the period before."""
    if not report.agents:
        return Html()
    columns = [
        ("agent", ""), ("runs", "n"), ("change", "n"), ("p50", "n"), ("change", "n"), ("over time", "sp"), ("p95", "n"),
        ("change", "n"), ("failed", "n"), ("change", "n"), ("cost", "n"), ("change", "n"),
    ]  # fmt: skip
    more = f"{counted(report.agents_left_out, 'more agent')} with fewer runs; " if report.agents_left_out else ""
    note = f"{more}grey changes may be noise, grey lines are the time before"
    return card(
        "Agents", tag("div", table(columns, [_agent(one) for one in report.agents]), class_="scroll"), note=note
    )


def _agent(one: ReportAgent) -> list[str]:
    return [
        tag("span", tag("b", one.agent), class_="name"),
        value_text(one.executions.value, "count"),
        _moved(one.executions, "executions", "count"),
        _ended(one.p50_ns),
        _moved(one.p50_ns, "p50_ns", "time"),
        spark_line(one.p50_over_time, title=f"p50 of {one.agent} over time", before=len(one.p50_over_time) // 2),
        _ended(one.p95_ns),
        _moved(one.p95_ns, "p95_ns", "time"),
        NONE if one.success_rate.value is None else share_text(1 - one.success_rate.value),
        _moved(one.success_rate, "success_rate", "rate"),
        cost_text(one.cost_usd.value),
        _moved(one.cost_usd, "cost_usd", "money"),
    ]


def _ended(figure: Figure) -> str:
    """A percentile; none where no execution ended."""
    return NONE if figure.value is None else duration_text(figure.value)


def _moved(figure: Figure, field: str, kind: str) -> Html:
    """A change: grey unless it is more than noise. Of the success rate it is told as that of failures."""
    is_rate = field == "success_rate"
    change = figure.change
    if change is None:
        return tag("span", "new" if field == "executions" and figure.previous is None else NONE, class_="m")
    text = points_text(-change) if is_rate else figure_change_text(figure, kind)
    if not figure.is_notable:
        return tag("span", text, class_="m")
    is_worse = change < 0 if is_rate else change > 0
    arrow = "↑" if (change > 0) != is_rate else "↓"
    style = None if field == "executions" else "bad" if is_worse else "good"
    return tag("b", f"{arrow} {text}", class_=style)


def failures(report: WeeklyReport) -> Html:
    """The groups that failed most executions."""
    found = report.failures
    groups = [group for group in found.groups if group.executions][:_SHOWN_FAILURES]
    healed = f"{counted(found.healed, 'error')} failed a step only" if found.healed else None
    if not groups:
        return card("Failures", tag("p", "No execution failed.", class_="none"), note=healed)
    most = max(group.executions for group in groups)
    items = [_failure(group, group.executions / most) for group in groups]
    over_time = spark_bars([float(one.failed) for one in report.stretches], title="Failed executions over time")
    note = ", ".join(filter(None, (counted(found.executions, "execution"), healed)))
    return card("Failures", over_time, tag("ul", *items, class_="errors"), note=note)


def _failure(group: FailureGroup, share: float) -> Html:
    facts = [f"since {day_text(group.first_seen)}"]
    if group.lost_ns:
        facts.append(f"{duration_text(group.lost_ns)} lost")
    if group.lost_cost_usd:
        facts.append(f"{cost_text(group.lost_cost_usd)} lost")
    if group.retried:
        facts.append(f"a retry healed {count_text(group.retried)} of the {count_text(group.looked_at)} newest")
    names = ", ".join(group.agents[:3]) + (
        f" and {count_text(len(group.agents) - 3)} more" if len(group.agents) > 3 else ""
    )
    head = tag(
        "div",
        tag("h3", error_name(group), tag("span", f" in {group.place}", class_="m")),
        tag("strong", count_text(group.executions)),
        class_="top",
    )
    message = tag("p", tag("code", _short(group.example)), class_="message") if group.example else None
    return tag("li", head, share_bar(share), message, tag("p", " · ".join([names, *facts]), class_="m"))


def _short(text: str, most: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def time_spent(report: WeeklyReport) -> Html:
    """What the critical paths consist of."""
    found = report.bottlenecks
    steps = [one for one in found.operations if one.critical_ns][:_SHOWN_TIMES]
    if not steps:
        text = "No execution of this time has settled with a critical path."
        return card("Where the time goes", tag("p", text, class_="none"))
    most = max(one.critical_share for one in steps)
    items = [_step(one, one.critical_share / most) for one in steps]
    note = "share of the critical paths"
    if found.looked_at_share < 1:
        note += f", from {share_text(found.looked_at_share)} of the time"
    return card("Where the time goes", tag("ul", *items, class_="spent"), note=note)


def _step(one: BottleneckStep, share: float) -> Html:
    style, word = _STYLES.get(one.category, ("own", one.category.replace("_", " ")))
    facts = [word] if one.is_agent else [one.agent, word]
    if one.on_path_share is not None:
        facts.append(f"on the path in {share_text(one.on_path_share)}")
    if one.p50_ns is not None:
        facts.append(f"p50 {duration_text(one.p50_ns)}, p95 {duration_text(one.p95_ns)}")
    name = f"{one.agent}, between its steps" if one.is_agent else one.name
    head = tag("div", tag("h3", name), tag("strong", share_text(one.critical_share)), class_="top")
    return tag("li", head, share_bar(share, style), tag("p", " · ".join(facts), class_="m"))


def costs(report: WeeklyReport) -> Html:
    """What models cost."""
    found = report.costs
    if not found.total.calls:
        return card("Cost by model", tag("p", "No model was called.", class_="none"))
    columns = [
        ("model", ""),
        ("", "bar"),
        ("share", "n"),
        ("cost", "n"),
        ("calls", "n"),
        ("input", "n"),
        ("cached", "n"),
        ("output", "n"),
    ]
    rows = [_model(part) for part in found.parts]
    notes: list[Html] = []
    if found.parts_left_out:
        notes.append(tag("p", f"{counted(found.parts_left_out, 'more model')} cost less.", class_="m more"))
    if found.total.calls_without_cost:
        notes.append(tag("p", _unpriced(report), class_="warn more"))
    return card(
        "Cost by model",
        tag("div", table(columns, rows), class_="scroll"),
        *notes,
        note=f"{cost_text(found.total.cost_usd)} for the calls of this time",
    )


def _unpriced(report: WeeklyReport) -> str:
    found = report.costs
    without = found.total.calls_without_cost
    text = f"{counted(without, 'call')} of {count_text(found.total.calls)} have no known price"
    silent = found.unpriced_without_usage
    return (
        f"{text}: {counted(silent, 'call')} of them told no tokens."
        if silent
        else f"{text}: their models are not in the price list."
    )


def _model(part: CostPart) -> list[str]:
    return [
        tag("b", part.name or "unknown model"),
        share_bar(part.share or 0.0, "gen"),
        NONE if part.share is None else share_text(part.share),
        cost_text(part.cost_usd),
        count_text(part.calls),
        short_count_text(part.input_tokens),
        short_count_text(part.cache_read_tokens),
        short_count_text(part.output_tokens),
    ]


def capacity(report: WeeklyReport) -> Html:
    """What runs at once, and what will not fit."""
    used = report.capacity.resources
    if not used:
        return card("Capacity", tag("p", "Nothing ran.", class_="none"))
    told = [limit_text(one, one.limit) for one in used if one.limit is not None]
    told += [limited_text(one) for one in used if one.limited and one.limit is None]
    columns = [
        ("name", ""), ("what", ""), ("calls", "n"), ("a day", "sp"), ("next 7 days", "n"), ("growth", "n"),
        ("in flight", "n"), ("peak", "n"), ("limited", "n"),
    ]  # fmt: skip
    sentences = tag("ul", *(tag("li", text) for text in told), class_="limits") if told else None
    return card(
        "Capacity", sentences, tag("div", table(columns, [_resource(one) for one in used]), class_="scroll"),
        note=f"since {time_text(report.capacity.from_time)[:-6]}; next 7 days within 80 % bounds",
    )  # fmt: skip


def _resource(one: ResourceUse) -> list[str]:
    week = one.forecast[:_WEEK]
    bounds = [
        short_count_text(round(sum(values))) for values in zip(*((day.low, day.high) for day in week), strict=True)
    ]
    ahead = "–".join(bounds) if len(week) == _WEEK else "too little to tell"
    return [
        tag("b", one.name),
        tag("span", one.kind, class_="m"),
        short_count_text(one.calls),
        spark_line(_whole_days(one.calls_a_day), title=f"calls of {one.name} by day", is_from_zero=True),
        ahead,
        NONE if one.growth_a_week is None else signed_share(one.growth_a_week),
        f"{one.in_flight:.2g}",
        count_text(one.peak_in_flight),
        tag("b", count_text(one.limited), class_="bad") if one.limited else NONE,
    ]


def _whole_days(calls: Sequence[int]) -> list[float]:
    """Without the first and the last day, which may be partial."""
    return [float(count) for count in (calls[1:-1] if len(calls) > 3 else calls)]
