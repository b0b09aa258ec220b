"""One execution in the terminal: the verdict, where the time went, the tree with its bars, what did not fire.

A bar lies on one time axis. Its heavy part (━) is the critical path: the moments in which everything waited for this
very row; the light part (─) is the rest of its time. Read from top to bottom, the heavy parts fall like stairs.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from longpole.cli.draw import category_style, category_text, cell, muted, status_text
from longpole.cli.draw_state import in_hand, is_under_way, is_vanished, stage_line
from longpole.cli.draw_trust import draw_trust
from longpole.cli.outline import Line, outline
from longpole.model.category import Category
from longpole.model.status import ExecutionStatus
from longpole.reports.numbers import (
    UNKNOWN,
    cost_text,
    count_text,
    counted,
    duration_text,
    share_text,
    share_texts,
    short_count_text,
)
from longpole.reports.views import DecisionNode, ExecutionItem, ExecutionTree

MOST_LINES = 200
"""Lines of a tree that are drawn unless all are asked for."""

_NAME_SHARE = 0.4
_NARROWEST_BAR = 16
_WIDEST_STATUS = 24
_GAPS = 5
_WIDEST = 160


class _Axis(Struct, frozen=True):
    start_ns: int
    end_ns: int
    width: int

    def cells(self, offset_ns: int, duration_ns: int) -> range:
        """The columns that a stretch of time covers, at least one."""
        span = max(1, self.end_ns - self.start_ns)
        first = (offset_ns - self.start_ns) * self.width // span
        last = -(-(offset_ns + duration_ns - self.start_ns) * self.width // span)
        first = min(max(first, 0), self.width - 1)
        return range(first, min(max(last, first + 1), self.width))


def draw_tree(tree: ExecutionTree, *, width: int, show_all: bool = False) -> Group:
    """The drawing of a tree for a terminal of `width` columns.

    Unless `show_all`, four or more equal leaves in a row are one line, and a long tree ends after `MOST_LINES`.
    """
    lines = outline(tree, fold=not show_all)
    hidden = 0 if show_all else max(0, len(lines) - MOST_LINES)
    shown = lines[: len(lines) - hidden]
    parts: list[RenderableType] = [_verdict(tree), *in_hand(tree), _about(tree.execution), Text()]
    if tree.shares:
        parts += [_shares(tree), Text()]
    if tree.stages:
        parts += [stage_line(tree), Text()]
    parts.append(_rows(tree, shown, min(width, _WIDEST)))
    if hidden:
        parts.append(muted(f"… {count_text(hidden)} more lines. Show them with --all"))
    if tree.decisions:
        parts += [Text(), _decisions(tree.decisions)]
    parts += draw_trust(tree)
    if tree.missing_parents:
        names = counted(tree.missing_parents, "span names", "spans name")
        parts.append(Text(f"! {names} a parent that never arrived", "yellow"))
    return Group(*parts)


def _verdict(tree: ExecutionTree) -> Text:
    item, usual = tree.execution, tree.usual
    text = Text()
    text.append(item.agent, style="bold")
    if item.duration_ns is None:
        text.append(f"  {duration_text(sum(tree.shares.values()))} so far", style="bold")
    else:
        text.append(f"  {duration_text(item.duration_ns)}", style="bold")
    parts = [status_text(item.status, item.error_type)]
    if is_under_way(item) and item.steps_total and item.status != ExecutionStatus.PENDING:
        parts.append(Text(f"{count_text(item.steps_completed)} of {counted(item.steps_total, 'step')} done"))
    if usual is not None:
        quicker = share_text(usual.slower_than).replace(".0", "")
        parts.append(
            Text(f"slower than {quicker} of {count_text(usual.executions)} (usual {duration_text(usual.p50_ns)})")
        )
    if item.retries:
        parts.append(Text(counted(item.retries, "retry", "retries")))
    if item.agents_skipped:
        parts.append(Text(f"{counted(item.agents_skipped, 'agent')} skipped"))
    for part in parts:
        text.append(" · ", style="dim").append_text(part)
    return text


def _about(item: ExecutionItem) -> Text:
    parts = [f"{item.started_at[:19].replace('T', ' ')} UTC"]
    if not is_under_way(item):
        parts.append(counted(item.steps_total, "step"))
    if item.model_calls:
        parts.append(counted(item.model_calls, "model call"))
        parts.append(_tokens(item))
        parts.append(f"cost {cost_text(item.cost_usd)}")
    if item.credits is not None:
        parts.append(f"{item.credits:g} {item.credits_unit or 'credits'}")
    parts += [f"{name} {value}" for name, value in (item.scopes or {}).items()]
    if item.weight != 1:
        parts.append(f"stands for {item.weight:g} executions")
    for count, what in ((item.model_calls_without_usage, "tokens"), (item.model_calls_without_cost, "cost")):
        if 0 < count < item.model_calls:
            parts.append(f"{what} of {counted(count, 'call')} unknown")
    text = muted(" · ".join(parts) + f"\n{item.execution_id}")
    if item.error_message and not is_vanished(item):
        text = Text(item.error_message.strip().splitlines()[0][:400] + "\n", style="red").append_text(text)
    return text


def _tokens(item: ExecutionItem) -> str:
    if item.input_tokens is None and item.output_tokens is None:
        return f"tokens {UNKNOWN}"
    return f"{count_text(item.input_tokens)} tokens in, {count_text(item.output_tokens)} out"


def _shares(tree: ExecutionTree) -> Table:
    percents = share_texts(tree.shares)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    whole = max(1, sum(tree.shares.values()))
    for category, duration_ns in sorted(tree.shares.items(), key=lambda share: -share[1]):
        bar = "━" * max(1, round(30 * duration_ns / whole))
        table.add_row(
            category_text(category),
            cell(duration_text(duration_ns)),
            cell(percents[category]),
            Text(bar, style=category_style(category)),
        )
    return table


def _rows(tree: ExecutionTree, lines: Sequence[Line], width: int) -> Table:
    axis, name_width = _axis(lines, width)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("step", no_wrap=True, overflow="ellipsis", width=name_width)
    table.add_column(_scale(axis), no_wrap=True, width=axis.width)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("tokens", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True, overflow="ellipsis", max_width=_WIDEST_STATUS)
    path: dict[str, list[tuple[int, int]]] = {}
    for stretch in tree.critical_path:
        path.setdefault(stretch.node_id, []).append((stretch.offset_ns, stretch.duration_ns))
    for line in lines:
        critical = [stretch for node_id in line.node_ids for stretch in path.get(node_id, ())]
        table.add_row(
            _name(line),
            _bar(line, axis, critical),
            cell(_time(line)),
            cell(_known_tokens(line)),
            muted(line.note) if _is_well(line) else status_text(line.status, line.error_type, line.model),
        )
    return table


def _axis(lines: Sequence[Line], width: int) -> tuple[_Axis, int]:
    deepest = max((_name(line).cell_len for line in lines), default=10)
    times, tokens = (_widest("time", map(_time, lines)), _widest("tokens", map(_known_tokens, lines)))
    free = max(width - times - tokens - _WIDEST_STATUS - _GAPS, 10 + _NARROWEST_BAR)
    name_width = max(10, min(deepest, int(free * _NAME_SHARE) + 8, free - _NARROWEST_BAR))
    start_ns = min((line.offset_ns for line in lines), default=0)
    end_ns = max((line.offset_ns + line.extent_ns for line in lines), default=1)
    return _Axis(start_ns, end_ns, free - name_width), name_width


def _widest(heading: str, texts: Iterable[str]) -> int:
    return max(len(heading), *map(len, texts))


def _scale(axis: _Axis) -> Text:
    left, right = duration_text(axis.start_ns), duration_text(axis.end_ns)
    return Text(left + right.rjust(max(axis.width - len(left), len(right) + 1)))


def _name(line: Line) -> Text:
    text = muted(line.guide)
    text.append(line.name, style="bold not dim" if line.is_execution else "not dim")
    return text if _is_well(line) or not line.note else text.append(f"  {line.note}")


def _known_tokens(line: Line) -> str:
    if line.tokens is None:
        return UNKNOWN if line.category == Category.LLM and not line.is_open else ""
    return short_count_text(line.tokens)


def _is_well(line: Line) -> bool:
    """Whether its status need not be said, so that its note stands in that place."""
    return line.status == ExecutionStatus.SUCCESS


def _bar(line: Line, axis: _Axis, critical: Sequence[tuple[int, int]]) -> Text:
    style = "red" if line.status in ("failed", "crashed") else category_style(line.category)
    if line.status == "skipped":
        return Text(" " * axis.cells(line.offset_ns, line.extent_ns).start + "◇", style="dim")
    covered = axis.cells(line.offset_ns, line.extent_ns)
    marks = ["─" if place in covered else " " for place in range(axis.width)]
    for offset_ns, duration_ns in critical:
        for place in axis.cells(offset_ns, duration_ns):
            marks[place] = "━"
    if line.is_open:
        marks[covered[-1]] = "›"
    return Text("".join(marks), style=style)


def _time(line: Line) -> str:
    if line.duration_ns is None and not line.is_open:
        return UNKNOWN
    text = duration_text(line.extent_ns if line.duration_ns is None else line.duration_ns)
    return f"{text}…" if line.is_open else text


def _decisions(decisions: Sequence[DecisionNode]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("decided", no_wrap=True, overflow="ellipsis", max_width=32)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("reason", overflow="fold")
    for decision in decisions:
        table.add_row(
            cell(decision.candidate),
            cell(_score(decision)),
            cell(_outcome(decision)),
            cell(decision.reason or ""),
        )
    return table


def _outcome(decision: DecisionNode) -> str:
    if decision.outcome:
        return decision.outcome.replace("_", " ")
    return "considered" if decision.considered else "never considered"


def _score(decision: DecisionNode) -> str:
    if decision.score is None:
        return ""
    if decision.threshold is None:
        return f"{decision.score:.2f}"
    sign = "≥" if decision.score >= decision.threshold else "<"
    return f"{decision.score:.2f} {sign} {decision.threshold:.2f}"
