"""`longpole cost`: what model calls cost, by agent, model, user, session, day and more."""

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
from longpole.reports.cost_views import CostPart, Costs, PriceList
from longpole.reports.costs import COSTS, PARTS
from longpole.reports.numbers import NONE, UNKNOWN, cost_text, count_text, counted, share_text, short_count_text


def cost_command(
    by: Annotated[str, typer.Option(help=f"By what: {', '.join(PARTS)}.")] = "agent",
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    model: Annotated[str | None, typer.Option(help="Only calls of this model.")] = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(help="At most so many parts, up to 1000.")] = 20,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what model calls cost, who made them, and what nobody could price."""
    filters = as_pairs(
        by=by,
        workspace=workspace,
        agent=agent,
        environment=environment,
        version=version,
        model=model,
        from_=since_to_from(since, from_),
        to=to,
        limit=limit,
    )
    with open_answers(url, data) as answers:
        costs = answers.ask(COSTS, filters)
    if as_json:
        print_json(costs)
    else:
        console().print(draw_costs(costs))


def draw_costs(costs: Costs) -> RenderableType:
    """Sentences with the whole, the price lists and what is unknown; then the parts."""
    if not costs.total.calls:
        return Text("No model calls: nothing has cost anything that Longpole knows of.")
    lines = [Text(line) for line in _sentences(costs)]
    table = FittedTable(
        (costs.by, "cost", "share", "calls", "unpriced", "in", "cached", "out", "reasoning", "audio"),
        [_row(part) for part in costs.parts],
        texts=(costs.by,),
        shortened=(costs.by,),
        left_out=("audio", "reasoning", "cached", "unpriced", "share"),
    )
    left = [muted(f"{counted(costs.parts_left_out, 'more part')}: --limit shows them")] if costs.parts_left_out else []
    return Group(*lines, Text(), table, *left)


def _sentences(costs: Costs) -> list[str]:
    total = costs.total
    known = total.calls - total.calls_without_cost
    said = [f"{counted(total.calls, 'model call')} cost {cost_text(total.cost_usd)}"]
    if total.calls_without_cost:
        said[0] += f", as far as is known: the cost of {counted(total.calls_without_cost, 'call')} is {UNKNOWN}"
        untold = costs.unpriced_without_usage
        reasons = [(untold, "told no tokens"), (total.calls_without_cost - untold, "named no model with a price")]
        said.append(" and ".join(f"{count_text(count)} of them {why}" for count, why in reasons if count) + ".")
    said[0] += "."
    if known and costs.price_lists:
        said.append(f"Priced by {', '.join(_list(one) for one in costs.price_lists if one.cost_usd is not None)}.")
    return said


def _list(one: PriceList) -> str:
    name = "what was valid when they came" if one.price_version is None else one.price_version
    return f"{name} ({counted(one.calls, 'call')})"


def _row(part: CostPart) -> tuple[Text, ...]:
    audio = None
    if part.input_audio_tokens is not None or part.output_audio_tokens is not None:
        audio = (part.input_audio_tokens or 0) + (part.output_audio_tokens or 0)
    return (
        muted("not told") if part.name is None else Text(part.name),
        cell(cost_text(part.cost_usd)),
        muted(NONE) if part.share is None else cell(share_text(part.share)),
        cell(count_text(part.calls)),
        cell(count_text(part.calls_without_cost)) if part.calls_without_cost else muted(NONE),
        cell(short_count_text(part.input_tokens)),
        _tokens(part.cache_read_tokens),
        cell(short_count_text(part.output_tokens)),
        _tokens(part.reasoning_tokens),
        _tokens(audio),
    )


def _tokens(count: int | None) -> Text:
    return muted(NONE) if count is None else cell(short_count_text(count))
