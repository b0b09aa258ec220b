"""`longpole health`: how the server itself is, in words first."""

from rich.console import Group, RenderableType
from rich.text import Text

from longpole import settings
from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import AsJson, Data, Url
from longpole.client.server_health import server_health
from longpole.reports.health_views import NoiseItem, ProgramHealth, SenderHealth, ServerHealth, ServerParts, TimeSummary
from longpole.reports.health_words import refusal_text
from longpole.reports.numbers import NONE, UNKNOWN, bytes_text, counted, duration_text, short_count_text

_SIGNS = {"good": ("✓", "green"), "warn": ("!", "yellow"), "bad": ("✗", "red")}
_MOST_PROGRAMS = 20


def health_command(url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """Tell how the server is: what it took and refused, what is missing by program, how long its own work takes."""
    health = server_health(settings.load(url=url, data_folder=data))
    if as_json:
        print_json(health)
    else:
        console().print(draw_health(health))


def draw_health(health: ServerHealth) -> Group:
    """The words, the parts of the server, the programs, and the clients that were refused something."""
    parts: list[RenderableType] = [_words(health)]
    if health.server is not None:
        parts += [Text(), _figures(health.server), Text(), _times(health.server)]
    parts += [Text(), _programs(health.programs)]
    if health.server is not None and health.server.noise:
        parts += [Text(), _noise(health.server.noise)]
    refused = [] if health.server is None else [each for each in health.server.senders if each.refused]
    if refused:
        parts += [Text(), _senders(refused)]
    return Group(*parts)


def _words(health: ServerHealth) -> Text:
    text = Text()
    for place, word in enumerate(health.words):
        sign, style = _SIGNS[word.level]
        text.append("\n" if place else "").append(f"{sign} ", style).append(word.text)
    return text


def _figures(server: ServerParts) -> Text:
    letters = UNKNOWN if server.dead_letters is None else counted(server.dead_letters, "dead letter")
    memory = "" if server.memory_bytes is None else f", {bytes_text(server.memory_bytes)} of memory"
    lines = (
        f"Since {server.started_at[:16].replace('T', ' ')} UTC, version {server.version}",
        f"Taken: {counted(server.accepted.get('spans', 0), 'span')}, "
        f"{counted(server.accepted.get('logs', 0), 'log record')}, {counted(server.duplicates, 'span')} sent twice",
        f"Waiting: {bytes_text(server.unread_bytes)} to be read, {counted(server.open_spans, 'span')} in memory, "
        f"{bytes_text(server.spool_bytes)} of spool, {letters}",
        f"Process: {counted(server.threads, 'thread')}{memory}",
    )
    return Text("\n".join(lines))


def _times(server: ServerParts) -> FittedTable:
    rows = (
        ("commits to the store", server.commits),
        ("questions to the store", server.questions),
        ("waits for a thread", server.thread_waits),
        ("event loop late by", server.loop_lag),
    )
    return FittedTable(
        ("own work", "number", "p50", "p95", "p99"),
        [(cell(name), *_time(summary)) for name, summary in rows],
        texts=("own work",),
        shortened=("own work",),
        left_out=(),
    )


def _time(summary: TimeSummary) -> tuple[Text, ...]:
    if not summary.number:
        return cell("0"), cell(NONE), cell(NONE), cell(NONE)
    times = (summary.p50_ns, summary.p95_ns, summary.p99_ns)
    return cell(short_count_text(summary.number)), *(cell(duration_text(each)) for each in times)


def _programs(programs: list[ProgramHealth]) -> FittedTable | Text:
    if not programs:
        return Text("No program has sent anything since the server started.")
    return FittedTable(
        ("program", "spans", "logs", "missing", "dropped", "rejected", "heard (UTC)", "process"),
        [_program(each) for each in programs[:_MOST_PROGRAMS]],
        texts=("program", "heard (UTC)", "process"),
        shortened=("program", "process"),
        left_out=("logs", "process"),
    )


def _program(program: ProgramHealth) -> tuple[Text, ...]:
    return (
        cell(program.service or UNKNOWN),
        cell(short_count_text(program.spans)),
        cell(short_count_text(program.logs)),
        _loss(program.missing, "red"),
        _loss(program.dropped, "yellow"),
        _loss(sum(program.rejected.values()), "yellow"),
        muted(program.heard_at[5:19].replace("T", " ")),
        muted(program.process or NONE),
    )


def _loss(count: int | None, style: str) -> Text:
    if count is None:
        return muted(UNKNOWN)
    return Text(short_count_text(count) if count else NONE, style=style if count else "")


def _noise(rules: list[NoiseItem]) -> FittedTable:
    return FittedTable(
        ("rule against noise", "steps dropped", "steps folded"),
        [(cell(each.rule), cell(_steps(each.dropped)), cell(_steps(each.folded))) for each in rules],
        texts=("rule against noise",),
        shortened=("rule against noise",),
        left_out=(),
    )


def _steps(count: int) -> str:
    return short_count_text(count) if count else NONE


def _senders(senders: list[SenderHealth]) -> Text:
    text = Text("Refused:")
    for sender in senders:
        for reason, count in sender.refused.items():
            who = f"{sender.name} at {sender.address}"
            text.append(f"\n  {who}: {counted(count, 'request')} {refusal_text(reason)}")
    return text
