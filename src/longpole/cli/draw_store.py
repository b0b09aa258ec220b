"""The drawings of `longpole store`: tables with bars, the room they take, the spool, the jobs; deletions."""

from rich.console import Group, RenderableType
from rich.text import Text

from longpole.cli.draw import cell, muted
from longpole.cli.fitted_table import FittedTable
from longpole.reports.numbers import NONE, bytes_text, count_text, counted, duration_text
from longpole.reports.store_views import Deletion, JobsState, JobState, SpoolState, StoreState, TableState

_WIDEST_BAR = 24
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def draw_state(state: StoreState, *, width: int) -> Group:
    """What the store holds, as far as it is known."""
    parts: list[RenderableType] = [_room(state), Text(), _tables(state.tables, width, log_bytes=state.log_bytes)]
    if state.spool is not None:
        parts += [Text(), _spool(state.spool)]
    if state.jobs is not None:
        parts += [Text(), _jobs(state.jobs)]
    return Group(*parts)


def draw_deletion(found: Deletion) -> Text:
    """What a deletion takes with it, as a sentence."""
    parts = [
        counted(found.executions, "execution"),
        counted(found.steps, "step"),
        counted(found.events, "event"),
        counted(found.bodies, "body", "bodies"),
        counted(found.scores, "score"),
    ]
    if found.dead_letters:
        parts.append(counted(found.dead_letters, "dead letter"))
    if not found.executions and not found.dead_letters:
        return Text("Nothing of that is stored.")
    text = Text(f"{', '.join(parts)} {'deleted' if found.is_done else 'would be deleted'}, whole trees.")
    if found.running:
        rest = "is still running: what it sends" if found.running == 1 else "are still running: what they send"
        text.append(f" {count_text(found.running)} {rest} afterwards begins anew.", "yellow")
    return text


def _room(state: StoreState) -> Text:
    text = Text(f"{bytes_text(state.used_bytes + state.log_bytes)} in use", style="bold")
    if state.limit_bytes:
        text.append(f" of {bytes_text(state.limit_bytes)} allowed", "not bold")
    if state.free_bytes:
        text.append(f", {bytes_text(state.free_bytes)} free in the files for what comes", "not bold")
    if state.log_bytes:
        text.append(f", {bytes_text(state.log_bytes)} of it still in the log", "not bold")
    return text


def _tables(tables: list[TableState], width: int, *, log_bytes: int) -> FittedTable | Text:
    if not any(table.rows for table in tables):
        return Text("The store is empty. Start an agent that records, or send OTLP to the server.")
    biggest = max(1, *(table.size_bytes for table in tables))
    bar_width = min(_WIDEST_BAR, max(8, width - 60))
    return FittedTable(
        ("table", "", "size", "rows", "oldest (UTC)"),
        [
            (
                cell(table.table.replace("_", " ")),
                Text(_bar(table.size_bytes / biggest, bar_width), style="blue"),
                cell(_size(table, log_bytes=log_bytes)),
                cell(count_text(table.rows)),
                muted(table.oldest[:16].replace("T", " ") if table.oldest else NONE),
            )
            for table in tables
        ],
        texts=("table", "", "oldest (UTC)"),
        shortened=("table",),
        left_out=("", "oldest (UTC)"),
    )


def _size(table: TableState, *, log_bytes: int) -> str:
    if table.size_bytes:
        return bytes_text(table.size_bytes)
    return "in the log" if table.rows and log_bytes else NONE


def _bar(share: float, width: int) -> str:
    eighths = round(share * width * 8)
    if share and not eighths:
        eighths = 1
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(width)


def _spool(spool: SpoolState) -> Text:
    if not spool.held_bytes:
        return Text("The spool is empty: everything that came is stored.")
    return Text(f"Spool: {bytes_text(spool.held_bytes)} on disk, {bytes_text(spool.pending_bytes)} wait to be read.")


def _jobs(jobs: JobsState) -> RenderableType:
    if not jobs.is_here:
        who = f"the server {jobs.holder}" if jobs.holder else "no server at this moment"
        return Text(f"The jobs are done by {who}.")
    return FittedTable(
        ("job", "every", "last run (UTC)", "took", "outcome"),
        [_job(job) for job in jobs.jobs],
        texts=("job", "last run (UTC)", "outcome"),
        shortened=("outcome",),
        left_out=("took", "every"),
    )


def _job(job: JobState) -> tuple[Text, ...]:
    outcome = Text(f"✗ {job.error}", style="red") if job.error else cell(job.outcome or "not yet")
    return (
        cell(job.name),
        cell(duration_text(job.every_s * 1e9)),
        muted(job.last_started[:19].replace("T", " ") if job.last_started else NONE),
        cell(NONE if job.last_duration_ns is None else duration_text(job.last_duration_ns)),
        outcome,
    )
