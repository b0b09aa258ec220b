"""`longpole repeats`: what is called with the same arguments again, and what a cache would have saved."""

from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from longpole.cli.draw import category_style, cell, console, muted, print_json
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
from longpole.reports.finding_views import CacheRate, RepeatedOperation, Repeats
from longpole.reports.numbers import NONE, count_text, counted, duration_text, share_text
from longpole.reports.repeats import REPEATS

_KEPT = ((60, "1 min"), (600, "10 min"), (3600, "1 h"), (86_400, "1 day"))


def repeats_command(
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(help="At most so many operations, up to 1000.")] = 20,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what is called with the same arguments again, and what a cache would have answered."""
    filters = as_pairs(
        workspace=workspace,
        agent=agent,
        environment=environment,
        version=version,
        from_=since_to_from(since, from_),
        to=to,
        limit=limit,
    )
    with open_answers(url, data) as answers:
        repeats = answers.ask(REPEATS, filters)
    if as_json:
        print_json(repeats)
    else:
        console().print(draw_repeats(repeats))


def draw_repeats(repeats: Repeats) -> Group:
    """What would help most in a sentence, then the operations with the hit rate of a cache by how long it keeps."""
    if not repeats.operations:
        return Group(Text("Nothing was called with the same arguments twice, as far as arguments were recorded."))
    table = FittedTable(
        ("operation", "calls", "different", "time", *(f"hits {word}" for _, word in _KEPT), "saves in 1 h"),
        [_row(operation) for operation in repeats.operations],
        texts=("operation",),
        shortened=("operation",),
        left_out=("hits 1 min", "hits 1 day", "different"),
    )
    parts = [_sentence(repeats), Text(), table]
    if any(operation.may_write for operation in repeats.operations):
        parts += [Text(), muted("* sounds as if it changed something: then its answer must not be kept")]
    return Group(*parts)


def _sentence(repeats: Repeats) -> Text:
    best = max(
        (one for one in repeats.operations if not one.may_write and one.caches),
        key=lambda one: _kept(one, 3600).saved_ns,
        default=None,
    )
    several = counted(len(repeats.operations), "operation is", "operations are")
    text = Text(f"{several} called with the same arguments again.")
    if best is not None and (cache := _kept(best, 3600)).hit_rate > 0:
        text.append(
            f" A cache that keeps {best.name} for an hour would answer {share_text(cache.hit_rate)} of its calls."
        )
    return text


def _row(operation: RepeatedOperation) -> tuple[Text, ...]:
    name = Text(operation.name + ("*" if operation.may_write else ""), style=category_style(operation.category))
    saved = _kept(operation, 3600).saved_ns if operation.caches else None
    return (
        name,
        cell(count_text(operation.calls)),
        cell(count_text(operation.different_arguments)),
        cell(duration_text(operation.total_ns)),
        *(cell(share_text(_kept(operation, ttl_s).hit_rate) if operation.caches else NONE) for ttl_s, _ in _KEPT),
        cell(NONE if saved is None else duration_text(saved)),
    )


def _kept(operation: RepeatedOperation, ttl_s: int) -> CacheRate:
    return next(cache for cache in operation.caches if cache.ttl_s == ttl_s)
