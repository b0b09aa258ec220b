"""`longpole patterns`: when, on which ways and with which inputs executions fail or take long."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import (
    Agent,
    AsJson,
    Data,
    Environment,
    From,
    Since,
    To,
    Url,
    Version,
    Workspace,
    as_pairs,
    open_answers,
    since_to_from,
)
from longpole.reports.input_patterns import INPUT_PATTERNS
from longpole.reports.numbers import NONE, cost_text, count_text, counted, duration_text, share_text
from longpole.reports.patterns import PATTERNS
from longpole.reports.statistics_views import InputPatterns, PathPattern, Patterns, TimePattern


def patterns_command(
    inputs: Annotated[bool, typer.Option("--inputs", help="Keys and values of inputs instead.")] = False,
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show when, on which ways, and with which inputs executions are many, fail or take long. A week by default."""
    filters = as_pairs(
        workspace=workspace,
        agent=agent,
        environment=environment,
        version=version,
        from_=since_to_from(since, from_),
        to=to,
    )
    with open_answers(url, data) as answers:
        found = answers.ask(INPUT_PATTERNS, filters) if inputs else answers.ask(PATTERNS, filters)
    if as_json:
        print_json(found)
    elif isinstance(found, InputPatterns):
        console().print(draw_input_patterns(found))
    else:
        console().print(draw_patterns(found))


def draw_patterns(patterns: Patterns) -> RenderableType:
    """What stands out in words, then hours, weekdays and ways."""
    if not any(one.executions for one in patterns.hours):
        return Text("Nothing has run in this time.")
    sentences = patterns.sentences or [_nothing_stands_out(patterns)]
    parts: list[RenderableType] = [*map(Text, sentences), Text(), _times("hour (UTC)", patterns.hours), Text()]
    parts.append(_times("weekday", patterns.weekdays))
    if patterns.paths:
        parts += [Text(), _paths(patterns.paths)]
    return Group(*parts)


def _nothing_stands_out(patterns: Patterns) -> str:
    judged = [one.failing_p for one in (*patterns.hours, *patterns.weekdays, *patterns.paths)]
    if all(p_value is None for p_value in judged):
        return "Too little has run to tell whether an hour, weekday or way stands out."
    return "No hour, weekday or way stands out by more than noise."


def _times(heading: str, times: list[TimePattern]) -> FittedTable:
    return FittedTable(
        (heading, "runs", "share", "success", "typical", "mean", "stands out"),
        [
            (
                Text(one.name),
                cell(count_text(one.executions)),
                cell(share_text(one.share)),
                _share(one.success_rate),
                _duration(one.typical_ns),
                _duration(one.mean_ns),
                _marks(busy=one.is_busy, failing=one.is_failing, slow=one.is_slow),
            )
            for one in times
            if one.executions
        ],
        texts=(heading, "stands out"),
        shortened=(heading,),
        left_out=("mean", "share"),
    )


def _paths(paths: list[PathPattern]) -> FittedTable:
    return FittedTable(
        ("way", "agent", "runs", "share", "success", "p50", "p95", "cost each", "stands out"),
        [
            (
                Text(one.path or one.path_hash),
                Text(one.agent),
                cell(count_text(one.executions)),
                cell(share_text(one.share)),
                _share(one.success_rate),
                _duration(one.p50_ns),
                _duration(one.p95_ns),
                muted(NONE) if one.mean_cost_usd is None else cell(cost_text(one.mean_cost_usd)),
                _marks(busy=False, failing=one.is_failing, slow=one.is_slow),
            )
            for one in paths
        ],
        texts=("way", "agent", "stands out"),
        shortened=("way", "agent"),
        left_out=("cost each", "share", "p95"),
    )


def _marks(*, busy: bool, failing: bool, slow: bool) -> Text:
    words = [word for word, is_so in (("busy", busy), ("fails more", failing), ("slow", slow)) if is_so]
    return Text(", ".join(words), style="red" if failing or slow else "") if words else muted(NONE)


def draw_input_patterns(found: InputPatterns) -> RenderableType:
    """What inputs have to do with failure and slowness in words, and which keys there are."""
    if not found.with_input:
        return Text("No inputs are stored of executions in this time.")
    looked = f"Looked at {count_text(found.with_input)} of {counted(found.executions, 'execution')}."
    sentences = [one.sentence for one in found.patterns] or [
        "No key or value of inputs goes with failure or long durations by more than noise."
    ]
    table = FittedTable(
        ("key", "in", "success"),
        [(Text(one.key), cell(share_text(one.share)), _share(one.success_rate)) for one in found.keys],
        texts=("key",),
        shortened=("key",),
        left_out=(),
    )
    return Group(*map(Text, sentences), muted(looked), Text(), table)


def _share(share: float | None) -> Text:
    return muted(NONE) if share is None else cell(share_text(share))


def _duration(duration_ns: int | None) -> Text:
    return muted(NONE) if duration_ns is None else cell(duration_text(duration_ns))
