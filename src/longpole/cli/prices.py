"""`longpole prices`: own prices of models, and stored calls priced again by them."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from longpole import settings
from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import AsJson, Data, From, To, Url, Workspace, as_pairs
from longpole.client.price_book import open_price_book
from longpole.reports.cost_views import NewPrice, PriceBookPage, PriceItem, Repriced
from longpole.reports.numbers import NONE, cost_text, counted

prices_app = typer.Typer(no_args_is_help=True, help="Own prices of models, where you know better than the public list.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="A model's name, or the beginning of names with a '*'.")]
Provider = Annotated[str, typer.Option(help="Only where this provider serves it; empty for whoever does.")]
Whose = Annotated[str, typer.Option("--workspace", help="The workspace it holds in.")]
FromTime = Annotated[str | None, typer.Option("--from", help="It holds from this time on (RFC 3339).")]


@prices_app.command("list")
def list_command(workspace: Workspace = None, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List own prices."""
    with open_price_book(settings.load(url=url, data_folder=data)) as book:
        page = book.prices(workspace)
    if as_json:
        print_json(page)
    else:
        console().print(draw_prices(page))


@prices_app.command("set")
def set_command(
    model: Model,
    input_usd: Annotated[float | None, typer.Option("--input", help="Dollars for a million input tokens.")] = None,
    output_usd: Annotated[float | None, typer.Option("--output", help="For a million output tokens.")] = None,
    cache_read_usd: Annotated[float | None, typer.Option("--cache-read", help="Of those read from a cache.")] = None,
    cache_write_usd: Annotated[float | None, typer.Option("--cache-write", help="Of those written to one.")] = None,
    reasoning_usd: Annotated[float | None, typer.Option("--reasoning", help="Of those spent on reasoning.")] = None,
    input_audio_usd: Annotated[float | None, typer.Option("--input-audio", help="Of audio that goes in.")] = None,
    output_audio_usd: Annotated[float | None, typer.Option("--output-audio", help="Of audio that comes out.")] = None,
    request_usd: Annotated[float | None, typer.Option("--request", help="For a million requests.")] = None,
    provider: Provider = "",
    workspace: Whose = "default",
    from_time: FromTime = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Set an own price. It holds for what arrives from now on; `recompute` prices what is stored."""
    new = NewPrice(
        model=model,
        provider=provider,
        workspace=workspace,
        from_time=from_time,
        input_usd=input_usd,
        output_usd=output_usd,
        cache_read_usd=cache_read_usd,
        cache_write_usd=cache_write_usd,
        reasoning_usd=reasoning_usd,
        input_audio_usd=input_audio_usd,
        output_audio_usd=output_audio_usd,
        request_usd=request_usd,
    )
    with open_price_book(settings.load(url=url, data_folder=data)) as book:
        kept = book.set_price(new)
    if as_json:
        print_json(kept)
    else:
        said = f"{_named(kept)} costs {_dollars(kept)}. Calls that are stored: longpole prices recompute"
        console().print(Text(said), soft_wrap=True)


@prices_app.command("remove")
def remove_command(
    model: Model,
    provider: Provider = "",
    workspace: Whose = "default",
    from_time: FromTime = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Remove the own prices of a model, all or the one from a time on."""
    asked = as_pairs(model=model, provider=provider or None, workspace=workspace, from_time=from_time)
    with open_price_book(settings.load(url=url, data_folder=data)) as book:
        gone = book.remove(asked)
    if as_json:
        print_json(gone)
    else:
        said = f"{counted(len(gone.items), 'own price')} removed. Calls that are stored: longpole prices recompute"
        console().print(Text(said), soft_wrap=True)


@prices_app.command("recompute")
def recompute_command(
    workspace: Workspace = None,
    model: Annotated[str | None, typer.Option(help="Only calls of this model.")] = None,
    from_: From = None,
    to: To = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Price stored calls again, by the own prices and the public list of now."""
    asked = as_pairs(workspace=workspace, model=model, from_=from_, to=to, dry_run="true" if dry_run else None)
    with open_price_book(settings.load(url=url, data_folder=data)) as book:
        found = book.recompute(asked)
    if as_json:
        print_json(found)
    else:
        console().print(Text(said_of(found)), soft_wrap=True)


def said_of(found: Repriced) -> str:
    """What pricing again did, as a sentence or two."""
    if not found.calls:
        return "No stored model call told its usage: nothing can be priced."
    parts = [
        f"{'Priced' if found.is_done else 'Would price'} {found.changed:,} of {counted(found.calls, 'call')} again"
    ]
    if found.priced:
        parts.append(f"{found.priced:,} had no cost before")
    if found.unpriced:
        parts.append(f"{found.unpriced:,} {'have' if found.is_done else 'would have'} none any more")
    if found.waiting:
        parts.append(f"{found.waiting:,} are left, because they still run")
    said = ", ".join(parts)
    return f"{said}. Known cost: {cost_text(found.cost_before_usd)} before, {cost_text(found.cost_after_usd)} now."


def draw_prices(page: PriceBookPage) -> RenderableType:
    """A sentence and the table."""
    if not page.items:
        return Text(f"No own prices: every model costs what {page.public_version} says. Set one: longpole prices set")
    sentence = (
        f"{counted(len(page.items), 'own price')}, dollars for a million tokens; else {page.public_version} counts."
    )
    table = FittedTable(
        (
            "model",
            "provider",
            "from",
            "input",
            "output",
            "cached",
            "written",
            "reasoning",
            "audio in",
            "audio out",
            "request",
        ),
        [_row(item) for item in page.items],
        texts=("model", "provider", "from"),
        shortened=("model", "provider"),
        left_out=("request", "audio out", "audio in", "reasoning", "written", "cached", "from"),
    )
    return Group(Text(sentence), Text(), table)


def _row(item: PriceItem) -> tuple[Text, ...]:
    is_always = item.from_time.startswith("1970-01-01T00:00:00")
    prices = (
        item.input_usd,
        item.output_usd,
        item.cache_read_usd,
        item.cache_write_usd,
        item.reasoning_usd,
        item.input_audio_usd,
        item.output_audio_usd,
        item.request_usd,
    )
    return (
        Text(item.model),
        Text(item.provider) if item.provider else muted("any"),
        muted("always") if is_always else Text(item.from_time[:16].replace("T", " ")),
        *(muted(NONE) if price is None else cell(cost_text(price)) for price in prices),
    )


def _named(item: PriceItem) -> str:
    return f"{item.model} of {item.provider}" if item.provider else item.model


def _dollars(item: PriceItem) -> str:
    parts = [
        f"{cost_text(price)} {what}"
        for price, what in (
            (item.input_usd, "in"),
            (item.output_usd, "out"),
            (item.cache_read_usd, "read from a cache"),
            (item.cache_write_usd, "written to a cache"),
            (item.reasoning_usd, "reasoning"),
            (item.input_audio_usd, "audio in"),
            (item.output_audio_usd, "audio out"),
        )
        if price is not None
    ]
    said = f"{', '.join(parts)} for a million tokens" if parts else ""
    if item.request_usd is None:
        return said
    request = f"{cost_text(item.request_usd)} for a million requests"
    return f"{said}, and {request}" if said else request
