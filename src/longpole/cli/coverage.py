"""`longpole coverage`: the time of one execution that no step explains, for people and for builds that must fail."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from longpole.cli.draw import cell, console, error_console, muted, print_json, status_text
from longpole.cli.exit_codes import ExitCode
from longpole.cli.options import AsJson, Data, Url, Workspace, as_pairs, open_answers
from longpole.model.errors import NotFound
from longpole.reports.numbers import count_text, duration_text, share_text
from longpole.reports.views import Coverage, Gap, UntimedOperation

_WIDEST = 160
_WHY = {
    "open": "still open",
    "unended": "its end was never sent",
    "no_parent": "the step above it never arrived",
}


def coverage_command(
    execution: Annotated[
        str, typer.Argument(metavar="ID", help="An execution id, the beginning or end of one, or a trace id.")
    ],
    gap_ms: Annotated[float, typer.Option(min=0, help="Name gaps longer than so many milliseconds.")] = 100,
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Name every gap that no step explains; exit 1 if there is one or an operation without times, 2 if no such ID."""
    try:
        with open_answers(url, data) as answers:
            coverage = answers.coverage(execution, as_pairs(gap_ms=f"{gap_ms:f}", workspace=workspace))
    except NotFound as error:  # 1 would say that it has gaps
        error_console().print(str(error), style="bold red", soft_wrap=True)
        raise typer.Exit(ExitCode.WRONG_USE) from None
    if as_json:
        print_json(coverage)
    else:
        screen = console()
        screen.print(draw_coverage(coverage, width=screen.width))
    if coverage.gaps or coverage.timed < coverage.operations:
        raise typer.Exit(ExitCode.FAILED)


def draw_coverage(coverage: Coverage, *, width: int) -> Group:
    """The verdict, the execution as one bar with its numbered gaps, a line for each gap and each untimed operation."""
    parts: list[RenderableType] = [_verdict(coverage), muted(coverage.execution_id)]
    if coverage.duration_ns > 0:
        parts += [Text(), *_picture(coverage, min(width, _WIDEST))]
    if coverage.gaps:
        parts += [Text(), _gaps(coverage.gaps)]
    if coverage.untimed:
        parts += [Text(), _untimed(coverage.untimed)]
    return Group(*parts)


def _verdict(coverage: Coverage) -> Text:
    so_far = " so far" if coverage.is_running else ""
    text = Text().append(f"{coverage.agent}  ", "bold")
    text.append(f"{share_text(coverage.share)} of {duration_text(coverage.duration_ns)}{so_far} explained", "bold")
    text.append(" · ", "dim").append_text(status_text(coverage.status)).append("\n")
    text.append(_gap_words(coverage), "red" if coverage.gaps else "green").append(" · ", "dim")
    timed = f"{count_text(coverage.timed)} of {count_text(coverage.operations)} operations timed"
    return text.append(timed, "green" if coverage.timed == coverage.operations else "red")


def _gap_words(coverage: Coverage) -> str:
    count, limit = len(coverage.gaps), duration_text(coverage.gap_ns)
    words = f"{count_text(count)} gap{'s'[: count != 1]} over {limit}" if count else f"no gap over {limit}"
    if coverage.largest_gap_ns is None:
        return "no gap"
    return f"{words}, the longest {duration_text(coverage.largest_gap_ns)}"


def _picture(coverage: Coverage, width: int) -> list[Text]:
    """A bar on the execution's time, open where a gap is, and below it the gaps' numbers where there is room."""
    start, end = duration_text(0), duration_text(coverage.duration_ns)
    bar = ["━"] * width
    numbers = [" "] * width
    free_from = 0
    for number, gap in enumerate(coverage.gaps, start=1):
        first, last = _columns(gap, coverage.duration_ns, width)
        bar[first:last] = "░" * (last - first)
        label = str(number)
        if free_from <= first and first + len(label) <= width:
            numbers[first : first + len(label)] = label
            free_from = first + len(label) + 1
    drawn = Text("".join(bar))
    for place, sign in enumerate(bar):
        drawn.stylize("red" if sign == "░" else "dim", place, place + 1)
    axis = muted(start + end.rjust(max(width - len(start), len(end) + 1)))
    return [axis, drawn, Text("".join(numbers).rstrip())] if coverage.gaps else [axis, drawn]


def _columns(gap: Gap, whole_ns: int, width: int) -> tuple[int, int]:
    """The columns that a gap covers, at least one, from and to."""
    first = min(gap.offset_ns * width // whole_ns, width - 1)
    last = -(-(gap.offset_ns + gap.duration_ns) * width // whole_ns)
    return first, min(max(last, first + 1), width)


def _gaps(gaps: Sequence[Gap]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("gap", justify="right", no_wrap=True)
    table.add_column("at", justify="right", no_wrap=True)
    table.add_column("long", justify="right", no_wrap=True)
    table.add_column("inside", overflow="fold")
    table.add_column("between", overflow="fold")
    table.add_column("code", overflow="fold")
    for number, gap in enumerate(gaps, start=1):
        table.add_row(
            muted(str(number)),
            cell(duration_text(gap.offset_ns)),
            cell(duration_text(gap.duration_ns)),
            _inside(gap),
            _between(gap),
            _code(gap),
        )
    return table


def _inside(gap: Gap) -> Text:
    text = Text(gap.inside, style="bold" if gap.is_agent else "")
    return text if gap.stage is None else text.append(f" in {gap.stage}", style="not bold dim")


def _between(gap: Gap) -> Text:
    if gap.before is None and gap.after is None:
        return muted("no step at all")
    before = muted("its start") if gap.before is None else Text(gap.before)
    after = muted("its end") if gap.after is None else Text(gap.after)
    return Text().append_text(before).append(" → ", "dim").append_text(after)


def _code(gap: Gap) -> Text:
    if gap.code_file is None:
        return muted(gap.code_function or "unknown")
    return Text(gap.code_file if gap.code_line is None else f"{gap.code_file}:{gap.code_line}")


def _untimed(untimed: Sequence[UntimedOperation]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("without times", overflow="fold")
    table.add_column("began at", justify="right", no_wrap=True)
    table.add_column("because", overflow="fold")
    for operation in untimed:
        why = _WHY.get(operation.reason, operation.reason)
        table.add_row(cell(operation.name), cell(duration_text(operation.offset_ns)), cell(why))
    return table
