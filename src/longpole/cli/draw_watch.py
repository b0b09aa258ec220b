"""What `longpole watch` shows, drawn for a place of so many columns and lines: executions, one tree, events."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from longpole.cli.draw import cell, muted, status_text
from longpole.cli.draw_state import in_hand, is_under_way
from longpole.cli.fitted_table import FittedTable
from longpole.cli.outline import Line, outline
from longpole.client.watching import Look, WatchedExecution
from longpole.model.status import ExecutionStatus
from longpole.reports.live_views import LiveEvent
from longpole.reports.numbers import NONE, UNKNOWN, count_text, counted, duration_text, short_count_text
from longpole.reports.views import ExecutionTree

_HEADINGS = ("  agent", "stage", "so far", "usual p50, p95", "now", "steps", "tokens")


def draw_executions(look: Look, *, chosen: str | None, now_s: float, lines: int) -> RenderableType:
    """As many rows as there is room for, the chosen one among them; says how many are not shown."""
    room = max(1, lines - 1)
    start, end = shown_rows([row.item.execution_id for row in look.rows], chosen, room)
    hidden = len(look.rows) - (end - start)
    if hidden and room > 1:
        start, end = shown_rows([row.item.execution_id for row in look.rows], chosen, room - 1)
        hidden = len(look.rows) - (end - start)
    passed_ns = round((now_s - look.looked_s) * 1e9)
    called = _called(look.rows)
    table = FittedTable(
        _HEADINGS,
        [_row(row, chosen, called.get(row.item.execution_id, ()), passed_ns) for row in look.rows[start:end]],
        texts=("  agent", "stage", "now"),
        shortened=("now", "stage", "  agent"),
        left_out=("stage", "tokens", "steps"),
    )
    return Group(table, muted(f"{count_text(hidden)} more above and below")) if hidden else table


def shown_rows(ids: Sequence[str], chosen: str | None, room: int) -> tuple[int, int]:
    """From which row to which, so that the chosen one is in the middle where it can be.

    >>> shown_rows("abcdefgh", "a", 3), shown_rows("abcdefgh", "e", 3), shown_rows("ab", None, 3)
    ((0, 3), (3, 6), (0, 2))
    """
    place = ids.index(chosen) if chosen in ids else 0
    start = max(0, min(place - room // 2, len(ids) - room))
    return start, min(len(ids), start + room)


def _called(rows: Sequence[WatchedExecution]) -> dict[str, list[str]]:
    """By execution, the agents that it has called and that still run."""
    called: dict[str, list[str]] = {}
    for row in rows:
        if row.running is not None and row.running.parent_execution_id is not None:
            called.setdefault(row.running.parent_execution_id, []).append(row.item.agent)
    return called


def _row(row: WatchedExecution, chosen: str | None, called: Sequence[str], passed_ns: int) -> tuple[Text, ...]:
    item = row.item
    is_chosen = item.execution_id == chosen
    agent = Text("▌ " if is_chosen else "  ", style="bold blue")
    return (
        agent.append(item.agent, "bold default" if is_chosen else "not bold default"),
        cell(item.stage or NONE),
        _so_far(row, passed_ns),
        muted(NONE if row.p50_ns is None else f"{duration_text(row.p50_ns)}, {duration_text(row.p95_ns)}"),
        _now(row, called, passed_ns),
        cell(f"{count_text(item.steps_completed)}/{count_text(item.steps_total)}"),
        cell(_tokens(row)),
    )


def so_far_ns(row: WatchedExecution, passed_ns: int) -> int | None:
    """How long an execution has run until now, or ran in all; `passed_ns` is how long ago it was looked at."""
    return row.item.duration_ns if row.running is None else row.running.so_far_ns + passed_ns


def _so_far(row: WatchedExecution, passed_ns: int) -> Text:
    """How long it takes; with a mark and in red beyond the 95th percentile of its agent."""
    took_ns = so_far_ns(row, passed_ns)
    if took_ns is not None and row.p95_ns is not None and took_ns > row.p95_ns:
        return Text(f"{duration_text(took_ns)} !", style="red")
    return cell(duration_text(took_ns))


def _now(row: WatchedExecution, called: Sequence[str], passed_ns: int) -> Text:
    """What it has in hand and for how long; yellow when 99 of 100 such calls were over by then."""
    if row.running is None:
        return status_text(row.item.status, row.item.error_type, row.item.model)
    if not row.running.in_hand:
        return Text(f"→ {', '.join(called)}", style="cyan") if called else muted("its own code")
    first, more = row.running.in_hand[0], len(row.running.in_hand) - 1
    what = first.name if first.category != "llm" else f"{first.model or 'a model'} ({first.name})"
    text = Text(f"{'◷ ' if first.is_waiting else ''}{what} {duration_text(first.so_far_ns + passed_ns)}")
    if first.p99_ns is not None and first.so_far_ns + passed_ns > first.p99_ns:
        text.append(f", p99 is {duration_text(first.p99_ns)}").stylize("yellow")
    return text.append(f", and {count_text(more)} more") if more else text


def _tokens(row: WatchedExecution) -> str:
    item = row.item
    if not item.model_calls:
        return NONE
    told = [each for each in (item.input_tokens, item.output_tokens) if each is not None]
    return short_count_text(sum(told)) if told else UNKNOWN


def draw_chosen(tree: ExecutionTree, *, lines: int, so_far_ns: int | None, top: int | None = None) -> RenderableType:
    """A verdict and the tree of an execution.

    Args:
        tree: the execution.
        lines: as many are drawn.
        so_far_ns: how long it has run until now; the tree itself ends with what was told last.
        top: so many lines of the tree are left out; without it as many that what is open can be seen.
    """
    rows = outline(tree, fold=True)
    room = room_for(tree, lines)
    start = first_line(rows, room) if top is None else min(max(0, top), max(0, len(rows) - room))
    shown = rows[start : start + room]
    table = FittedTable(
        ("step", "time", "state"),
        [(_name(line), cell(_time(line, so_far_ns)), _state(line)) for line in shown],
        texts=("step", "state"),
        shortened=("state", "step"),
        left_out=("state",),
    )
    hidden = len(rows) - len(shown)
    note = [muted(f"{counted(hidden, 'more line')}: enter, then j and k")] if hidden else []
    return Group(_verdict(tree, so_far_ns), *_in_hand(tree), Text(), table, *note)


def room_for(tree: ExecutionTree, lines: int) -> int:
    """Lines of a tree that are shown where there is room for so many."""
    return max(1, lines - 4 - len(_in_hand(tree)))


def _in_hand(tree: ExecutionTree) -> list[Text]:
    found = list(in_hand(tree)[:1])
    for text in found:
        text.no_wrap, text.overflow = True, "ellipsis"
    return found


def first_line(lines: Sequence[Line], room: int) -> int:
    """How many lines are left out at the top so that the last open one is shown."""
    last = max((place for place, line in enumerate(lines) if line.is_open), default=0)
    return max(0, min(last - room + 2, len(lines) - room))


def _verdict(tree: ExecutionTree, so_far_ns: int | None) -> Text:
    item = tree.execution
    text = Text(item.agent, style="bold", no_wrap=True, overflow="ellipsis")
    text.append(f" {item.execution_id[-8:]}  ", style="not bold dim")
    if item.duration_ns is None:
        text.append(f"{duration_text(so_far_ns or sum(tree.shares.values()))} so far")
    else:
        text.append(duration_text(item.duration_ns))
    text.append(" · ").append_text(status_text(item.status, item.error_type, item.model))
    if is_under_way(item) and item.status != ExecutionStatus.PENDING:
        text.append(f" · {count_text(item.steps_completed)} of {counted(item.steps_total, 'step')} done")
    return text


def _name(line: Line) -> Text:
    text = muted(line.guide)
    style = "bold not dim" if line.is_execution else "not dim"
    text.append(line.name, style=style)
    return text.append(f"  {line.note}") if line.note else text


def _time(line: Line, so_far_ns: int | None) -> str:
    if line.duration_ns is not None:
        return duration_text(line.duration_ns)
    if not line.is_open:
        return UNKNOWN
    return f"{duration_text(max(line.extent_ns, (so_far_ns or 0) - line.offset_ns))}…"


def _state(line: Line) -> Text:
    if line.status == ExecutionStatus.SUCCESS:
        return muted("✓")
    return status_text(line.status, line.error_type, line.model)


def draw_events(events: Sequence[LiveEvent], *, lines: int) -> RenderableType:
    """The last events, the latest at the bottom, a line each."""
    shown = events[-max(1, lines) :]
    return Group(*(event_line(event) for event in shown)) if shown else muted("Nothing has happened yet.")


def event_line(event: LiveEvent) -> Text:
    """When, whose, and what happened, on one line that is cut where there is no room."""
    text = Text(no_wrap=True, overflow="ellipsis").append(f"{event.at[11:19]} ", "dim")
    return text.append(event.agent or NONE, "bold").append("  ").append_text(_words(event))


def _words(event: LiveEvent) -> Text:
    if event.step is not None:
        step = event.step
        if event.kind == "step.started":
            return cell(f"began {step.name}" if step.first_token_ns is None else f"{step.name}: the answer comes")
        text = cell(f"ended {step.name} after {duration_text(step.duration_ns)}")
        return text if step.status == "success" else text.append(" ").append_text(_how(step.status, step.error_type))
    if event.execution is not None:
        node = event.execution
        if event.kind == "execution.started":
            return Text("began", style="blue")
        text = _how(node.status, node.error_type)
        return text if node.duration_ns is None else text.append(f" after {duration_text(node.duration_ns)}")
    if event.stage is not None:
        return cell(f"stage {event.stage.stage or event.stage.name} {event.stage.status or ''}".rstrip())
    if event.decision is not None:
        outcome = (event.decision.outcome or "considered").replace("_", " ")
        reason = f": {event.decision.reason}" if event.decision.reason else ""
        return cell(f"decided on {event.decision.candidate}, {outcome}{reason}")
    if event.finding is not None:
        return Text(f"could do better: {event.finding.title}", style="yellow")
    alert = event.alert or {}
    return Text(f"alert: {alert.get('title', '')}, {alert.get('state', '')}", style="red")


def _how(status: str, error_type: str | None) -> Text:
    return status_text(status, error_type)
