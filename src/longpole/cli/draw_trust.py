"""What is said about an execution beside its steps: scores, and how it was recorded."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from longpole.cli.draw import cell, muted
from longpole.reports.numbers import count_text, counted, duration_text, share_text
from longpole.reports.views import ClockItem, ExecutionTree, ProcessItem, ScoreItem


def draw_trust(tree: ExecutionTree) -> Sequence[RenderableType]:
    """The parts that have something to say, each after an empty line."""
    parts: list[RenderableType] = []
    if tree.scores:
        parts += [Text(), _scores(tree.scores)]
    parts += [Text(), _coverage(tree), *(recording_line(process) for process in tree.processes)]
    parts += [clock_line(clock) for clock in tree.clocks]
    return parts


def recording_line(process: ProcessItem) -> Text:
    """What one process tells of its recording; what it does not tell is left out."""
    text = muted("recording  ")
    words = [] if process.recorded is None else [counted(process.recorded, "step")]
    words += [] if process.open_count is None else [f"{count_text(process.open_count)} open"]
    text.append(" · ".join(words) or "counts unknown", "not dim")
    if process.dropped is not None:
        text.append(f" · {count_text(process.dropped)} dropped", "not dim yellow" if process.dropped else "not dim")
    if process.overhead_share is not None:
        text.append(f" · overhead {share_text(process.overhead_share)}", "not dim")
    if process.ended_at is None:
        text.append(f" · last heard {process.last_heard_at[11:19]} UTC", "not dim")
    else:
        text.append(f" · ended {process.ended_at[11:19]} UTC", "not dim")
    return text.append(f" · {process.process}")


def clock_line(clock: ClockItem) -> Text:
    """How far the clocks of two processes are apart."""
    side = "behind" if clock.skew_ns < 0 else "ahead of"
    at_least = "at least " if clock.low_ns is None else ""
    text = muted("clocks     ")
    text.append(
        f"{clock.process} is {at_least}{duration_text(abs(clock.skew_ns))} {side} {clock.against}", "not dim yellow"
    )
    spans = counted(clock.impossible, "span has", "spans have")
    return text.append(f" · {spans} times that cannot be, shown as told")


def _scores(scores: Sequence[ScoreItem]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("scored", no_wrap=True, overflow="ellipsis", max_width=32)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("label", no_wrap=True, overflow="ellipsis", max_width=24)
    table.add_column("comment", overflow="fold")
    for score in scores:
        value = "" if score.value is None else f"{score.value:g}"
        table.add_row(cell(score.name), cell(value), cell(score.label or ""), cell(score.comment or ""))
    return table


def _coverage(tree: ExecutionTree) -> Text:
    covered = tree.coverage
    text = muted("coverage   ").append(f"{share_text(covered.share)} explained", "not dim")
    if covered.largest_gap_ns is not None:
        text.append(f" · largest gap {duration_text(covered.largest_gap_ns)}", "not dim")
    timed = f"{count_text(covered.timed)} of {counted(covered.operations, 'operation')} timed"
    text.append(f" · {timed}", "not dim")
    if covered.gaps or covered.timed < covered.operations:
        text.append(" · see longpole coverage")
    return text
