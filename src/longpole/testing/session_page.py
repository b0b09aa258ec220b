"""The measured tests as one HTML file: readable offline, in both themes; it asks nobody for anything."""

from collections.abc import Sequence
from importlib import resources

from longpole.reports.export.execution_words import KINDS, kind_of
from longpole.reports.export.markup import Html, joined, table, tag
from longpole.reports.numbers import UNKNOWN, cost_text, count_text, duration_text, share_texts
from longpole.testing.baseline_change import BaselineChange, MeasureChange
from longpole.testing.change_text import (
    NAMES,
    change_text,
    interval_text,
    notes_of,
    runs_text,
    value_text,
    verdict_word,
)
from longpole.testing.measured_test import MeasuredTest
from longpole.testing.session_text import HEADINGS, cells_of, headline
from longpole.testing.spent import Part

_STEP_COLUMNS = (
    ("step", ""),
    ("kind", ""),
    ("own time", "n"),
    ("times", "n"),
    ("input", "n"),
    ("output", "n"),
    ("cost", "n"),
)
# Nobody was asked here when the first token came.
_NAMES = {kind: name for kind, (name, _) in KINDS.items()} | {"gen": "Model calls"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_MARK = "M12 2 5 22M12 2l7 20M12 2v20"
_STYLE = """
.mix{display:flex;height:12px}.mix i{border-radius:0;min-width:2px}
.mix .none{background:var(--card);box-shadow:inset 0 0 0 1px var(--subtle)}
.test{padding:10px 0;border-top:1px solid var(--line)}.hd+.test{border-top:0;padding-top:0}
.test details,.scroll+details{margin-top:8px}
td:first-child{white-space:normal;min-width:220px}
"""


def page_of(tests: Sequence[MeasuredTest], change: BaselineChange | None) -> str:
    """The page as text; about 20 kB and 2 kB a test."""
    style = resources.files("longpole.reports.export").joinpath("weekly_page.css").read_text(encoding="utf-8")
    ordered = sorted(tests, key=lambda test: test.name)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", **{"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        tag("title", "Measured tests · Longpole"),
        tag("style", Html(style + _STYLE)),
    )
    mark = tag("svg", tag("path", d=_MARK), class_="logo", aria_hidden="true", viewBox="0 0 24 24")
    masthead = tag("header", tag("p", mark, "Longpole", class_="brand"), tag("h1", "Measured tests"))
    body = [masthead, _verdict(ordered, change)]
    if ordered:
        body += [_changes(change), _table(ordered), _times(ordered)]
    return f"<!doctype html>\n{tag('html', head, tag('body', tag('main', *body)), lang='en')}\n"


def _verdict(tests: Sequence[MeasuredTest], change: BaselineChange | None) -> Html:
    notes = [] if change is None else notes_of(change)
    text = headline(tests, change) if tests else "No test that ran has longpole_budget: nothing was measured."
    items = tag("ul", *(tag("li", note) for note in notes)) if notes else None
    return tag("section", tag("p", text, class_="first"), items, class_="verdict")


def _changes(change: BaselineChange | None) -> Html:
    if change is None or not change.operations:
        return joined([])
    told = [*change.told("worse"), *change.told("better")]
    rest = [
        (one.name, each) for one in change.operations for each in one.changes if each.verdict not in ("worse", "better")
    ]
    parts: list[Html] = []
    if told:
        parts.append(tag("div", _change_table(told), class_="scroll"))
    else:
        parts.append(tag("p", "Nothing changed for certain.", class_="none"))
    if rest:
        parts.append(
            tag("details", tag("summary", "Everything else"), tag("div", _change_table(rest), class_="scroll"))
        )
    return _card("Against the baseline", "geometric means of durations, means of counters", *parts)


def _change_table(told: Sequence[tuple[str, MeasureChange]]) -> Html:
    columns = [("test", ""), ("figure", ""), ("verdict", ""), ("baseline", "n"), ("now", "n"), ("change", "n")]
    columns += [("95 % interval", "n"), ("runs", "n")]
    rows = [
        (
            name,
            NAMES[one.measure],
            _verdict_chip(one),
            value_text(one, one.base),
            value_text(one, one.head),
            change_text(one),
            interval_text(one),
            runs_text(one),
        )
        for name, one in told
    ]
    return table(columns, rows)


def _verdict_chip(change: MeasureChange) -> Html:
    look = {"worse": "chip bad", "better": "chip good"}.get(change.verdict, "chip")
    sign = {"worse": "▲ ", "better": "▼ "}.get(change.verdict, "")
    return tag("span", sign + verdict_word(change), class_=look)


def _table(tests: Sequence[MeasuredTest]) -> Html:
    columns = [(name, "n" if number else "") for number, name in enumerate(HEADINGS)]
    found = tag("div", table(columns, [cells_of(test) for test in tests]), class_="scroll")
    return _card("What each test used", "medians of durations, ranges of everything else", found)


def _times(tests: Sequence[MeasuredTest]) -> Html:
    shown = [_time_of(test) for test in tests if test.runs and test.runs[-1].parts]
    if not shown:
        return _card("Where the time went", "", tag("p", "No step was recorded.", class_="none"))
    return _card("Where the time went", "own time of the steps of the last run, by kind", *shown)


def _time_of(test: MeasuredTest) -> Html:
    parts = test.runs[-1].parts
    sums: dict[str, int] = {}
    for kind in KINDS:
        own = sum(part.self_ns for part in parts if kind_of(part.category) == kind)
        if own:
            sums[kind] = own
    shares = share_texts(sums)
    whole = sum(sums.values()) or 1
    pieces = [
        tag(
            "i",
            class_=kind,
            style=f"width:{own / whole * 100:.2f}%",
            title=f"{_NAMES[kind]}: {duration_text(own)}, {shares[kind]}",
        )
        for kind, own in sums.items()
    ]
    legend = " · ".join(f"{_NAMES[kind]} {shares[kind]}" for kind in sums)
    steps = tag("div", table(_STEP_COLUMNS, [_step(part) for part in parts]), class_="scroll")
    return tag(
        "div",
        tag("h3", test.name),
        tag("span", *pieces, class_="meter mix", role="img", aria_label=legend),
        tag("p", legend, class_="m"),
        tag("details", tag("summary", "Its steps"), steps),
        class_="test",
    )


def _step(part: Part) -> tuple[str, ...]:
    is_call = part.category == "llm"

    def told(value: int | None) -> str:
        return count_text(value) if value is not None else UNKNOWN if is_call else "–"

    cost = None if part.cost_usd_nanos is None else part.cost_usd_nanos / 1e9
    return (
        part.name,
        part.category.replace("_", " "),
        duration_text(part.self_ns),
        count_text(part.count),
        told(part.input_tokens),
        told(part.output_tokens),
        cost_text(cost) if cost is not None or is_call else "–",
    )


def _card(heading: str, note: str, *parts: Html) -> Html:
    head = tag("div", tag("h2", heading), tag("span", note, class_="m"), class_="hd")
    return tag("section", head, *parts, class_="card")
