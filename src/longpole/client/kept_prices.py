"""The price book of a store that this process holds, as a server does or a command where none runs."""

from collections.abc import Generator
from contextlib import contextmanager

from longpole.client.price_book import PriceBook
from longpole.ingest.offline import open_offline
from longpole.ingest.pipeline import Pipeline
from longpole.ingest.prices import Prices
from longpole.ingest.reprice import Wanted, reprice
from longpole.model import clock
from longpole.reports.cost_views import Repriced
from longpole.reports.own_prices import RepriceFilters
from longpole.settings import Settings, data_folder
from longpole.store.engine import Engine
from longpole.store.own_prices import own_prices


def price_book(store: Engine, pipeline: Pipeline, prices: Prices) -> PriceBook:
    """The book of a store that a pipeline writes to, where calls are priced by `prices`."""

    def again(asked: RepriceFilters) -> Repriced:
        wanted = Wanted(workspace=asked.workspace, model=asked.model, from_ns=asked.from_ns, to_ns=asked.to_ns)
        found = reprice(store, prices, wanted, None if asked.is_dry_run else pipeline.rewrite, clock.now_ns())
        return Repriced(
            is_done=not asked.is_dry_run,
            calls=found.calls,
            changed=found.changed,
            priced=found.priced,
            unpriced=found.unpriced,
            waiting=found.waiting,
            cost_before_usd=round(found.before_usd_nanos) / 1e9,
            cost_after_usd=round(found.after_usd_nanos) / 1e9,
        )

    return PriceBook(store, public_version=prices.version, write=pipeline.write, take=prices.take_own, reprice=again)


@contextmanager
def open_kept_prices(settings: Settings) -> Generator[PriceBook]:
    """The price book of a store whose data folder no server holds.

    Raises:
        StoreLocked: a server holds the folder.
    """
    with open_offline(settings, data_folder(settings)) as (store, pipeline):
        yield price_book(store, pipeline, Prices(own=own_prices(store)))
