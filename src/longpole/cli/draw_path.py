"""Totals, critical path, waits and what-ifs of one execution for the terminal: words first, then tables."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from longpole.cli.draw import category_style, category_text, category_words, cell, muted, status_text
from longpole.cli.fitted_table import FittedTable
from longpole.reports.numbers import count_text, counted, duration_text, share_text, share_texts
from longpole.reports.path_views import (
    CriticalPath,
    Evidence,
    ExecutionTotals,
    Join,
    Share,
    SpanTotal,
    TriedChange,
    Waiting,
    WaitKind,
    WhatIf,
)

MOST_ROWS = 20
"""Rows of one table; the JSON has all of them."""

_KIND_WORDS = {"first_token": "first token"}
_WIDEST_STRIP = 120


def draw_totals(totals: ExecutionTotals, *, width: int) -> Group:
    """The wall time as one bar with its shares, what models took, and the sums by category, agent, step and model."""
    parts: list[RenderableType] = [_head(totals)]
    models = f"{duration_text(totals.models_ns)} with a model call open, {duration_text(totals.overhead_ns)} without"
    parts.append(Text(f"{models}; {share_text(totals.coverage.share)} explained"))
    parts += [muted(totals.execution_id), Text(), _bar(totals.bar, totals.duration_ns, width), _legend(totals.bar)]
    tables = (
        ("category", totals.by_category),
        ("agent", totals.by_agent),
        ("step", totals.by_step),
        ("model", totals.by_model),
    )
    for heading, rows in tables:
        if rows:
            parts += [Text(), _sums(heading, rows[:MOST_ROWS]), *_more(len(rows))]
    return Group(*parts)


def draw_critical_path(found: CriticalPath, *, width: int) -> Group:
    """The longest steps that decide the duration, drawn as a strip and listed in order, then what could be slower."""
    parts: list[RenderableType] = [_head(found), Text(_path_words(found)), muted(found.execution_id), Text()]
    parts.append(_strip([(one.category, one.duration_ns) for one in found.path], found.duration_ns, width))
    begins = {one.node_id: one.offset_ns for one in reversed(found.path)}
    rows = [
        [
            cell(duration_text(begins[part.node_id])),
            Text(part.name, "bold" if part.is_agent else ""),
            category_text(part.category),
            cell(duration_text(part.critical_ns)),
            cell(share_text(part.share)),
            cell(duration_text(part.duration_ns)),
            muted(part.node_id),
        ]
        for part in sorted(found.parts[:MOST_ROWS], key=lambda part: begins[part.node_id])
    ]
    headings = ("at", "on the path", "category", "critical", "share", "took", "id")
    parts.append(_table(headings, rows, texts=("on the path", "category", "id"), shortened="on the path"))
    parts += _more(len(found.parts))
    if found.spare:
        rows = [
            [
                Text(step.name, "bold" if step.is_agent else ""),
                category_text(step.category),
                cell(duration_text(step.duration_ns)),
                muted("nobody waited") if step.slack_ns is None else cell(duration_text(step.slack_ns)),
                muted(step.node_id),
            ]
            for step in found.spare[:MOST_ROWS]
        ]
        headings = ("beside it", "category", "took", "slack", "id")
        table = _table(headings, rows, texts=("beside it", "category", "id"), shortened="beside it")
        parts += [Text(), table, *_more(found.spare_count)]
    return Group(*parts)


def draw_waiting(waiting: Waiting) -> Group:
    """Each kind of wait, then the joins at which branches waited for a straggler."""
    parts: list[RenderableType] = [_head(waiting), Text(_waiting_words(waiting)), muted(waiting.execution_id)]
    if waiting.kinds:
        parts += [Text(), _kinds(waiting.kinds)]
    if waiting.joins:
        parts += [Text(), _joins(waiting.joins[:MOST_ROWS]), *_more(waiting.join_count)]
    return Group(*parts)


def draw_what_if(found: WhatIf, *, width: int) -> Group:
    """What the changes bring together and each by itself, and the critical path then; without any, what to try."""
    parts: list[RenderableType] = [_head(found, duration_ns=found.before_ns)]
    if not found.changes:
        if not found.tries:
            return Group(*parts, Text("No change of its steps would make it quicker: their time is not on its path."))
        parts += [Text("What could be tried, each by itself:"), muted(found.execution_id), Text()]
        return Group(*parts, _tries(found.tries), *_doubts(found.tries), *_several(found))
    changes = sorted(found.changes, key=lambda change: -change.saving_ns)
    parts += [_verdict(found), muted(found.execution_id), Text(), _tries(changes), *_doubts(changes)]
    strip = _strip([(one.category, one.duration_ns) for one in found.critical_path], found.after_ns, width)
    return Group(*parts, Text(), muted("the critical path then"), strip)


_Headed = ExecutionTotals | CriticalPath | Waiting | WhatIf


def _head(found: _Headed, *, duration_ns: int | None = None) -> Text:
    if duration_ns is None and not isinstance(found, WhatIf):
        duration_ns = found.duration_ns
    so_far = " so far" if not isinstance(found, WhatIf) and found.is_running else ""
    text = Text().append(f"{found.agent}  ", "bold").append(f"{duration_text(duration_ns)}{so_far}", "bold")
    return text.append(" · ", "dim").append_text(status_text(found.status))


def _verdict(found: WhatIf) -> Text:
    if found.saving_ns == 0:
        return Text("It would take as long: what changes is not on the critical path.", "yellow")
    words = f"It would take {duration_text(found.after_ns)}: "
    if found.saving_ns < 0:
        return Text(f"{words}{duration_text(-found.saving_ns)} more ({share_text(-found.share)}).", "red")
    return Text(f"{words}{duration_text(found.saving_ns)} less ({share_text(found.share)}).", "green")


def _path_words(found: CriticalPath) -> str:
    agents = sum(part.is_agent for part in found.parts)
    who = [counted(len(found.parts) - agents, "step")] if len(found.parts) > agents else []
    who += [counted(agents, "agent")] if agents else []
    words = [f"{' and '.join(who)} on the critical path"]
    if found.parts:
        first = found.parts[0]
        words.append(f"{first.name} holds {share_text(first.share)} of it")
    if found.retries_ns:
        words.append(f"{duration_text(found.retries_ns)} of it in retries and limits")
    if found.outliving:
        words.append(f"{counted(found.outliving, 'step')} outlived the one above")
    if found.early:
        words.append(f"{counted(found.early, 'step')} began before the one above: the clocks differ")
    return "; ".join(words)


def _waiting_words(waiting: Waiting) -> str:
    if not waiting.kinds and not waiting.joins:
        return "It waited for nothing that was told: no first token, no limit, no queue, no join."
    critical_ns = sum(kind.critical_ns for kind in waiting.kinds)
    words = [f"{duration_text(critical_ns)} of the critical path were waits"] if critical_ns else []
    straggler = next((join for join in waiting.joins if join.is_critical and join.lead_ns), None)
    if straggler is not None:
        words.append(f"{straggler.straggler} held a join up by {duration_text(straggler.lead_ns)}")
    if not words:
        return "Nothing of what waited is on the critical path."
    return "; ".join(words)


def _bar(bar: Sequence[Share], whole_ns: int, width: int) -> Text:
    return _strip([(part.name, part.duration_ns) for part in bar], whole_ns, width)


def _strip(parts: Sequence[tuple[str, int]], whole_ns: int, width: int) -> Text:
    """Stretches of time in the colours of their categories, as wide as the terminal; dim is unexplained."""
    columns = min(width, _WIDEST_STRIP)
    text = Text()
    passed_ns = 0
    drawn = 0
    for category, duration_ns in parts:
        passed_ns += duration_ns
        until = round(passed_ns * columns / whole_ns) if whole_ns > 0 else 0
        if until > drawn:
            sign = "░" if category == "unexplained" else "━"
            text.append(sign * (until - drawn), category_style(category) or "dim")
            drawn = until
    return text


def _legend(bar: Sequence[Share]) -> Text:
    shares = share_texts({part.name: part.duration_ns for part in bar})
    text = Text()
    for part in bar:
        if text:
            text.append(" · ", "dim")
        style = category_style(part.name)
        text.append(f"{category_words(part.name)} {shares[part.name]}", style)
    return text


def _sums(heading: str, rows: Sequence[SpanTotal]) -> FittedTable:
    cells = [
        [
            category_text(row.name) if heading == "category" else Text(row.name),
            cell(count_text(row.count)),
            Text(count_text(row.failed), "red") if row.failed else muted("-"),
            cell(duration_text(row.total_ns)),
            cell(duration_text(row.self_ns)),
            cell(duration_text(row.critical_ns)),
            cell(share_text(row.share)),
        ]
        for row in rows
    ]
    headings = (heading, "count", "failed", "total", "own", "critical", "of wall time")
    left_out = ("failed", "total", "own")
    return FittedTable(headings, cells, texts=(heading,), shortened=(heading,), left_out=left_out)


def _kinds(kinds: Sequence[WaitKind]) -> FittedTable:
    rows = [
        [
            Text(_KIND_WORDS.get(kind.kind) or category_words(kind.kind)),
            cell(count_text(kind.count)),
            cell(duration_text(kind.critical_ns)),
            cell(share_text(kind.share)),
            cell(duration_text(kind.total_ns)),
            cell(duration_text(kind.p50_ns)),
            cell(duration_text(kind.longest_ns)),
            Text(kind.longest_name),
        ]
        for kind in kinds
    ]
    headings = ("wait for", "count", "critical", "share", "total", "p50", "longest", "longest of")
    texts = ("wait for", "longest of")
    return FittedTable(headings, rows, texts=texts, shortened=("longest of",), left_out=("p50", "total", "longest of"))


def _joins(joins: Sequence[Join]) -> FittedTable:
    rows = [
        [
            cell(duration_text(join.offset_ns)),
            Text(join.straggler, "bold" if join.is_critical else ""),
            cell(duration_text(join.lead_ns)),
            cell(count_text(join.branches)),
            cell(duration_text(join.waited_ns)),
            muted(f"the end of {join.inside}") if join.then is None else Text(join.then),
        ]
        for join in joins
    ]
    headings = ("join at", "straggler", "later by", "branches", "others waited", "before")
    texts = ("straggler", "before")
    return FittedTable(headings, rows, texts=texts, shortened=texts, left_out=("branches", "others waited"))


def _tries(tries: Sequence[TriedChange]) -> FittedTable:
    rows = [
        [
            Text(change.option),
            cell(duration_text(change.saving_ns)),
            cell(share_text(change.share)),
            cell(duration_text(change.after_ns)),
            cell(count_text(change.steps)),
        ]
        for change in tries
    ]
    headings = ("change", "saves", "share", "takes then", "steps")
    return FittedTable(headings, rows, texts=("change",), shortened=("change",), left_out=("steps", "takes then"))


def _several(found: WhatIf) -> Iterator[Text]:
    """How to ask for more than one change."""
    if len(found.tries) > 1:
        options = " ".join(change.option for change in found.tries[:2])
        yield muted(f"Several at once: longpole what-if {found.execution_id[:12]} {options}")


def _doubts(tries: Sequence[TriedChange]) -> Iterator[RenderableType]:
    """What speaks for and against running steps at once."""
    for change in tries:
        for evidence in change.evidence:
            yield _evidence(evidence)


def _evidence(evidence: Evidence) -> Text:
    signs = {"independent": ("✓", "green"), "dependent": ("!", "red")}
    sign, style = signs.get(evidence.verdict, ("?", "yellow"))
    text = Text().append(f"{sign} {evidence.first} and {evidence.second}: ", style)
    return text.append(f"{evidence.verdict}, confidence {evidence.confidence}").append(
        f" · {'; '.join(evidence.reasons)}", "dim"
    )


def _table(
    headings: Sequence[str], rows: Sequence[Sequence[Text]], *, texts: Sequence[str], shortened: str
) -> FittedTable:
    return FittedTable(headings, rows, texts=texts, shortened=(shortened,), left_out=("id", "took"))


def _more(count: int) -> list[Text]:
    left = count - MOST_ROWS
    return [muted(f"… {counted(left, 'more')}" if left == 1 else f"… {count_text(left)} more")] if left > 0 else []
