"""The report of a period as one HTML file: readable offline, in both themes, on paper; it asks nobody for anything."""

from datetime import datetime, timedelta
from importlib import resources

from longpole.reports.export.markup import Html, joined, tag
from longpole.reports.export.weekly_charts import costs_by_time, durations, executions, figures, in_flight, numbers
from longpole.reports.export.weekly_lists import agents, capacity, changes, costs, failures, opportunities, time_spent
from longpole.reports.weekly_views import WeeklyReport
from longpole.reports.weekly_words import before_text, length_text, range_text

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What the browser may load for the page: nothing but the styles in it, whatever an agent is called."""

_NOTES = (
    "Counts are of stored executions; where some were sampled, rates, times and sums are estimates for all. "
    "A change is called one where noise would hardly explain it. "
    "What is unknown is left out of sums and said to be unknown."
)
_FIRST_STEPS = (
    "longpole serve                          # keeps what comes in, and answers",
    "longpole run -- python your_program.py  # records what it does",
    "longpole report --html report.html      # this page again, with something on it",
)
_MARK = "M12 2 5 22M12 2l7 20M12 2v20"


def render_weekly_page(report: WeeklyReport) -> str:
    """The page as text; some 60 kB for a week."""
    heading = title_of(report)
    style = resources.files("longpole.reports.export").joinpath("weekly_page.css").read_text(encoding="utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", **{"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        tag("meta", name="generator", content="Longpole"),
        tag("title", f"{heading} · {_days(report)} · Longpole"),
        tag("style", Html(style)),
    )
    ran = bool(report.statistics.executions.value)
    body = tag(
        "body", tag("main", _masthead(report, heading), _contents(report) if ran else _empty(report), _foot(report))
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def title_of(report: WeeklyReport) -> str:
    """What the report is called."""
    names = {"1d": "Daily report", "24h": "Daily report", "7d": "Weekly report", "1w": "Weekly report"}
    return names.get(report.period) or f"Report of {length_text(report.period)}"


def _masthead(report: WeeklyReport, heading: str) -> Html:
    scope = report.scope
    told = {
        "workspace": scope.workspace,
        "agent": scope.agent,
        "environment": scope.environment,
        "version": scope.version,
    }
    chips = [tag("span", f"{name} ", tag("b", text), class_="chip") for name, text in told.items() if text is not None]
    mark = tag("svg", tag("path", d=_MARK), class_="logo", aria_hidden="true", viewBox="0 0 24 24")
    return tag(
        "header",
        tag("p", mark, "Longpole", class_="brand"),
        tag("h1", heading),
        tag(
            "p",
            f"{range_text(report).removeprefix('from ')}, against {before_text(report.period)} ",
            *chips,
            class_="m",
        ),
    )


def _contents(report: WeeklyReport) -> Html:
    return joined(
        [
            _verdict(report.sentences),
            figures(report),
            opportunities(report),
            tag("div", executions(report), durations(report), class_="two"),
            changes(report),
            agents(report),
            tag("div", failures(report), time_spent(report), class_="two"),
            tag("div", costs(report), costs_by_time(report), class_="two wide-first"),
            tag("div", capacity(report), in_flight(report), class_="two wide-first"),
            numbers(report),
        ]
    )


def _verdict(sentences: list[str]) -> Html:
    first, *others = sentences
    items = [tag("li", sentence) for sentence in others]
    return tag("section", tag("p", first, class_="first"), tag("ul", *items) if items else None, class_="verdict")


def _empty(report: WeeklyReport) -> Html:
    return tag(
        "section",
        tag("p", report.sentences[0], class_="first"),
        tag("p", "A longer period may hold something, and other filters. To fill it:", class_="m"),
        tag("pre", "\n".join(_FIRST_STEPS)),
        class_="verdict",
    )


def _foot(report: WeeklyReport) -> Html:
    told = {"agent": report.scope.agent, "workspace": report.scope.workspace, "environment": report.scope.environment}
    options = "".join(f" --{name} {text!r}" for name, text in told.items() if text is not None)
    again = f"longpole report --period {report.period}{options} --html report.html"
    return tag("footer", tag("p", _NOTES), tag("p", "Made by ", tag("code", again)))


def _days(report: WeeklyReport) -> str:
    """The first and the last day, for the window's title."""
    first = datetime.fromisoformat(report.from_time)
    last = datetime.fromisoformat(report.to_time) - timedelta(microseconds=1)
    return f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
